//! Functions of the script over whole sounds: run once, offline, on the control side.

use crate::ir::Program;
use crate::jit::{self, Call, LANES, Memory, Pace, Wire};
use crate::nodes::table::Sample;
use std::sync::Arc;

/// Steps that the loops of a function may take for a channel: some seconds of work.
const FUEL: i64 = 1 << 34;
/// Frames that a sound may have: half an hour at 48 kHz.
const MOST: usize = 30 * 60 * 48_000;

/// What `program` makes of `source`: what it writes into `y`, or else into `x`, or `left` and `right`.
pub(super) fn process(
    program: &Program,
    params: &[f64],
    length: f64,
    source: &Sample,
) -> Result<Sample, String> {
    let has = |name: &str| program.arrays.iter().any(|array| array.name == name);
    let frames = source.frames();
    let longer = if has("y") { (frames as f64 * length).round().max(1.0) as usize } else { frames };
    if frames == 0 || longer > MOST {
        return Err(format!("a sound of {longer} frames is too long to be made, or empty"));
    }
    let mut sized = program.clone();
    for array in sized.arrays.iter_mut().filter(|array| array.whole) {
        array.len = if array.name == "y" { longer } else { frames } as u32;
    }
    let code = jit::made(Arc::new(sized), &vec![Pace::Line; params.len()]);
    let channels = &source.channels;
    let mut made = Sample { sustain_loop: None, ..source.clone() };
    if has("left") {
        let both = [&channels[0], channels.get(1).unwrap_or(&channels[0])];
        let inside = [("left", both[0]), ("right", both[1])].map(|(n, c)| (n, c.as_slice()));
        made.channels = run(&code, params, &inside, &["left", "right"])?;
    } else {
        let out = if has("y") { "y" } else { "x" };
        let one = |channel: &Vec<f32>| run(&code, params, &[("x", channel)], &[out]);
        let all: Result<Vec<_>, String> = channels.iter().map(one).collect();
        made.channels = all?.into_iter().flatten().collect();
    }
    Ok(made)
}

/// Runs the code once, with these arrays; returns those called `outs`.
fn run(
    code: &jit::Code,
    params: &[f64],
    ins: &[(&str, &[f32])],
    outs: &[&str],
) -> Result<Vec<Vec<f32>>, String> {
    let mut memory = Memory::new(code.program(), 1);
    for (name, samples) in ins {
        let array = memory.array(0, name).into_iter().flatten();
        array.zip(*samples).for_each(|(word, x)| *word = f64::from(*x).to_bits());
    }
    let lines: Vec<[f32; LANES]> = params.iter().map(|x| [*x as f32; LANES]).collect();
    let wire = |line: &[f32; LANES]| Wire {
        audio: std::ptr::null(),
        from: line.as_ptr(),
        to: line.as_ptr(),
    };
    let wires: Vec<Wire> = lines.iter().map(wire).collect();
    let (seeds, mut scratch) = ([1; LANES], vec![0; code.scratch()]);
    let mut call = Call {
        fuel: FUEL,
        memory: memory.lane(0),
        stride: memory.stride() as u64,
        seeds: seeds.as_ptr(),
        wires: wires.as_ptr(),
        ..Call::of(1)
    };
    // SAFETY: there is a wire for each parameter and memory for the lane; nothing goes out but through the arrays.
    let fault = unsafe { code.run(&mut call, 1, true, &mut scratch) };
    if let Some(fault) = fault {
        let (what, hint) = fault.blame.words();
        let line = code.program().place(fault.at).map_or(0, |place| place.line);
        return Err(format!("{what} (line {line}); {hint}"));
    }
    let mut made = Vec::new();
    for name in outs {
        let words = memory.array(0, name).unwrap_or_default().iter();
        let samples: Vec<f32> = words.map(|word| f64::from_bits(*word) as f32).collect();
        if samples.iter().any(|x| !x.is_finite()) {
            let what = "the function has made something that is not a number";
            return Err(format!("{what}; look for a division by zero"));
        }
        made.push(samples);
    }
    Ok(made)
}
