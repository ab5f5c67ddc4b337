//! Functions of the script as nodes: a kind for each way to be joined, a unit that runs the code.

mod kinds;
mod pair;
mod run;
mod seam;

pub use kinds::{LENGTH, Purpose, kind};

use super::table::{Kind, find};
use crate::dsp::F8;
use crate::dsp::controls::Board;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{BLOCK, Frames, Io, Mishap, Ramp8, Rate, Unit, UnitCx};
use crate::ir::{Blame, Clock, Op, Program, Role};
use crate::jit::{self, Call, Code, FUEL, Fault, Memory, Pace};
use crate::session::{Arg, Node};
use pair::Pair;
use seam::Seam;
use std::any::Any;
use std::sync::Arc;

/// The argument of a node that has its function.
pub const FUNCTION: &str = "function";

/// The flag of a function of one channel that is to do both.
pub const PAIR: &str = "pair";

/// Whether both channels of a stereo sound can go through one instance of a node's function, side by side: a straight
/// function of one channel. (What is random has a seed a channel.)
#[must_use]
pub fn pairs(node: &Node) -> bool {
    let Some(Arg::Program(program)) = node.args.get(FUNCTION) else { return false };
    let sound = matches!(Purpose::of(&node.kind), Some(Purpose::Sound | Purpose::Shape));
    let mono = (program.interface.audio(), program.interface.outs) == (1, 1);
    let random = |op: &Op| matches!(op, Op::Random(..));
    let insts = || program.blocks.iter().flat_map(|block| &block.insts);
    sound && mono && program.is_straight() && !insts().any(|inst| random(&inst.op))
}

/// The kind of a node: of the table, or that of its function.
#[must_use]
pub fn kind_of(node: &Node) -> Option<&'static Kind> {
    match node.args.get(FUNCTION) {
        Some(Arg::Program(program)) => Some(kind(program, Purpose::of(&node.kind)?)),
        _ => find(&node.kind),
    }
}

/// A function over lanes.
pub struct Function {
    /// As the script says it now: code may be older, from before it was moved in its file.
    program: Arc<Program>,
    code: Arc<Code>,
    memory: Memory,
    /// For each wire of the function, which input of the unit it is.
    sources: Vec<usize>,
    wires: Vec<jit::Wire>,
    /// Lines by wire.
    lines: Vec<Ramp8>,
    seeds: [i64; LANES],
    lanes: usize,
    /// It makes a line for each range, of its value at both ends.
    line: bool,
    /// What goes out of it then.
    ends: Box<[F8; 2]>,
    /// What it hears where that is in no buffer: both channels together, if it hears one and makes two.
    heard: Option<Box<Frames>>,
    /// Both channels, one as the other.
    pair: Option<Pair>,
    /// Channels that it makes.
    outs: usize,
    /// What the interpreter works with.
    scratch: Vec<u64>,
    mishap: Option<Mishap>,
    /// A loop in it had no end: it is silent from now on.
    stopped: bool,
    seam: Seam,
    tail: usize,
    /// Frames since something was heard of it.
    still: usize,
}

impl Function {
    /// An instance of `program`. Control thread.
    #[must_use]
    pub fn new(program: &Arc<Program>, cx: &UnitCx, line: bool) -> Function {
        let inputs = &program.interface.inputs;
        let params = inputs.len() - program.interface.audio();
        let heard = cx.ins.len().saturating_sub(params);
        let source = |wire: usize| match inputs[wire].role {
            Role::Audio => wire.min(heard.saturating_sub(1)),
            _ => heard + wire - program.interface.audio(),
        };
        let sources: Vec<usize> = (0..inputs.len()).map(source).collect();
        let pace = |source: &usize| match cx.ins.get(*source) {
            Some(Rate::Audio) if !line => Pace::Audio,
            _ => Pace::Line,
        };
        let mut paces: Vec<Pace> = sources.iter().map(pace).collect();
        let two = program.interface.audio() == 1 && heard == 2;
        let pairs = cx.settings.flag(PAIR);
        if two {
            paces[0] = Pace::Audio;
        }
        let members = cx.lanes.clamp(1, LANES);
        let lanes = if pairs { members.max(2) } else { members };
        let code = jit::code(program, &paces, lanes);
        // A lane that has no other one beside it is computed with one that nobody hears.
        let rooms = if code.is_wide() { lanes.next_multiple_of(2) } else { lanes };
        let pair = pairs.then(|| Pair::new(members, rooms, inputs.len()));
        let turns = if matches!(pair, Some(Pair::Turns(_))) { 2 } else { 1 };
        let wire =
            jit::Wire { audio: std::ptr::null(), from: std::ptr::null(), to: std::ptr::null() };
        Function {
            memory: Memory::new(program, rooms * turns),
            wires: vec![wire; inputs.len()],
            lines: vec![Ramp8::default(); inputs.len()],
            seeds: cx.seeds.map(|seed| seed as i64),
            ends: Box::new([F8::ZERO; 2]),
            heard: two.then(|| Box::new([F8::ZERO; BLOCK])),
            outs: if pairs { 2 } else { program.interface.outs as usize },
            pair,
            scratch: vec![0; code.scratch()],
            tail: tail(program),
            program: program.clone(),
            still: usize::MAX,
            code,
            sources,
            lanes,
            line,
            mishap: None,
            stopped: false,
            seam: Seam::default(),
        }
    }

    /// Notes when something was last heard of it, if that matters.
    fn listen(&mut self, io: &mut Io) {
        if self.tail == 0 || self.tail == usize::MAX {
            return;
        }
        let loud = (0..self.outs)
            .any(|channel| io.outs.audio(channel).iter().any(|y| y.abs().largest() >= INAUDIBLE));
        self.still = if loud { 0 } else { self.still.saturating_add(io.frames) };
    }

    /// Notes what went wrong, and makes the range what is silenced.
    fn fail(&mut self, fault: Fault, io: &mut Io) {
        let place = self.program.place(fault.at).cloned().unwrap_or_default();
        self.stopped |= fault.blame == Blame::Fuel;
        let place = (place.file, place.line, place.column);
        self.mishap = Some(Mishap { what: fault.blame.code(), place });
        for channel in 0..self.outs {
            io.outs.audio(channel).fill(F8::splat(f32::NAN));
            if self.line {
                io.outs.ramp(channel, F8::ZERO, F8::ZERO);
            }
        }
    }

    fn silence(&self, io: &mut Io) {
        for channel in 0..self.outs {
            io.outs.audio(channel).fill(F8::ZERO);
            if self.line {
                io.outs.ramp(channel, F8::ZERO, F8::ZERO);
            }
        }
    }
}

/// Level below which nothing is heard: -140 dB.
const INAUDIBLE: f32 = 1e-7;

/// How long it may be silent after its input, and sound again: what was written to one array may go through all others.
fn tail(program: &Program) -> usize {
    let restless = |op: &Op| matches!(op, Op::Random(..) | Op::Clock(Clock::Seconds | Clock::Beat));
    let insts = || program.blocks.iter().flat_map(|block| &block.insts);
    if program.interface.audio() == 0 || insts().any(|inst| restless(&inst.op)) {
        return usize::MAX;
    }
    program.kept().map(|array| array.len as usize).sum()
}

impl Unit for Function {
    fn process(&mut self, io: &mut Io) {
        if self.stopped {
            return self.silence(io);
        }
        let resting = self.join(io);
        let (frames, meta) = (io.frames, io.meta);
        let span = (meta.beat_end - meta.beat, frames as f64 / meta.rate);
        let inverse = 1.0 / frames as f64;
        let (rows, step) = if self.line { (2, 1.0) } else { (frames as u64, inverse) };
        let mut outs = [std::ptr::null_mut(); 2];
        if self.line {
            outs[0] = self.ends.as_mut_ptr().cast::<f32>();
        } else {
            for (channel, out) in outs.iter_mut().enumerate() {
                let rows = io.outs.audio(channel);
                if io.lanes != u8::MAX {
                    // Lanes at rest are left out below: what others left in them must not be heard.
                    rows.fill(F8::ZERO);
                }
                *out = rows.as_mut_ptr().cast::<f32>();
            }
        }
        let mut call = Call {
            frames: rows,
            inverse: step,
            lane: 0,
            fuel: FUEL,
            fault: 0,
            seconds: meta.seconds,
            seconds_step: span.1 * step,
            beat: meta.beat,
            beat_step: span.0 * step,
            tempo: meta.bpm,
            memory: std::ptr::null_mut(),
            stride: self.memory.stride() as u64,
            seeds: self.seeds.as_ptr(),
            wires: self.wires.as_ptr(),
            outs,
        };
        let fault = match self.pair {
            Some(_) => self.both(&mut call, resting, io),
            None => self.lanes(&mut call, resting, (0, io.lanes)),
        };
        if let Some(fault) = fault {
            return self.fail(fault, io);
        }
        if self.line {
            return io.outs.ramp(0, self.ends[0], self.ends[1]);
        }
        self.listen(io);
        for channel in 0..self.outs {
            self.seam.smooth(channel, io.outs.audio(channel));
        }
    }

    fn reset(&mut self, lane: usize) {
        self.memory.reset(lane);
        match self.pair {
            Some(Pair::Lanes { .. }) if lane == 0 => self.memory.reset(1),
            Some(Pair::Turns(second)) => self.memory.reset(second + lane),
            _ => {}
        }
        self.seam.reset(lane);
    }

    fn sounding(&self) -> Option<u8> {
        None
    }

    fn connect(&mut self, _: &mut dyn Board) {}

    fn latency(&self) -> usize {
        0
    }

    fn tail(&self) -> usize {
        // An echo of what has just been heard may come however long the input has been silent.
        if self.still < self.tail { usize::MAX - 1 } else { self.tail }
    }

    fn mishap(&mut self) -> Option<Mishap> {
        self.mishap.take()
    }

    fn inherit(&mut self, before: &mut dyn Unit) -> bool {
        let before: &mut dyn Any = before;
        let Some(before) = before.downcast_mut::<Function>() else { return false };
        if Arc::ptr_eq(&self.code, &before.code) && self.lanes == before.lanes {
            // It does the same: the one that has played plays on, but knows where it stands now.
            std::mem::swap(&mut self.program, &mut before.program);
            return false;
        }
        self.memory.inherit(&mut before.memory);
        self.seam.begin(&before.seam, self.outs);
        true
    }
}
