//! Runs a function of a script three ways: as machine code, interpreted, and by Rhai itself.

use rhai::{CallFnOptions, Dynamic, Engine, Map, Scope};
use rhapsode::ir::maths::{FUNCTIONS, Form};
use rhapsode::ir::{Blame, Program, Type, random};
use rhapsode::jit::{Call, Code, Fault, LANES, Memory, Pace, Wire};
use rhapsode::session::Arg;
use rhapsode::world::Memory as Files;
use std::collections::BTreeMap;
use std::sync::Arc;

pub const RATE: f64 = 48_000.0;
pub const FRAMES: usize = 64;

/// The program that `call`, an expression such as `dsp(f)`, makes of the script `text`.
pub fn program(text: &str, call: &str) -> Arc<Program> {
    try_program(text, call).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// The same, or the first error as `line:column message (hint)`.
pub fn try_program(text: &str, call: &str) -> Result<Arc<Program>, String> {
    let call = format!(
        "{text}\nlet made = {call};\ntrack(\"t\", noise() |> gain(1.0)).fx(dry() |> made);"
    );
    let source = call
        .replace("dry() |> made", "if type_of(made) == \"Signal\" { gain(made) } else { made }");
    let world: Arc<dyn rhapsode::world::World> = Arc::new(Files::new());
    let made = rhapsode::script::evaluate(&source, "test.rhai", &world).map_err(|errors| {
        let e = &errors[0];
        let hint = e.hint.clone().unwrap_or_default();
        format!("{}:{} {} ({hint})", e.place.line, e.place.column, e.message)
    })?;
    let program = made.session.nodes.iter().flat_map(|n| n.args.values()).find_map(|a| match a {
        Arg::Program(program) => Some(program.clone()),
        _ => None,
    });
    program.ok_or_else(|| "no program".to_string())
}

/// What came of a run: frames of the first channel by lane, the numbers and arrays of each lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub outs: Vec<Vec<u32>>,
    pub numbers: Vec<Vec<u64>>,
    pub fault: Option<Fault>,
}

/// Any number that is not one is the same.
fn same(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

/// What comes in: by wire and frame.
pub type Feed<'a> = &'a dyn Fn(usize, usize) -> f32;

/// Runs `blocks` blocks of `lanes` lanes; every lane hears the same.
pub fn run(
    program: &Arc<Program>,
    native: bool,
    lanes: usize,
    blocks: usize,
    feed: Feed,
) -> Outcome {
    let inputs = program.interface.inputs.len();
    let code = Code::new(program.clone(), &vec![Pace::Audio; inputs], lanes, native);
    assert_eq!(code.is_native(), native, "machine code can be made here");
    run_code(&code, lanes, blocks, feed)
}

pub fn run_code(code: &Code, lanes: usize, blocks: usize, feed: Feed) -> Outcome {
    let program = code.program();
    let inputs = program.interface.inputs.len();
    let lanes = if code.is_wide() { lanes.max(2) } else { 1 };
    let mut memory = Memory::new(program, lanes);
    let mut scratch = vec![0; code.scratch()];
    let seeds = [7i64; LANES];
    let mut outs = vec![Vec::new(); lanes];
    let mut fault = None;
    for block in 0..blocks {
        let rows: Vec<Vec<[f32; LANES]>> = (0..inputs)
            .map(|wire| (0..FRAMES).map(|i| [feed(wire, block * FRAMES + i); LANES]).collect())
            .collect();
        let wires: Vec<Wire> = rows
            .iter()
            .map(|r| Wire {
                audio: r.as_ptr().cast(),
                from: std::ptr::null(),
                to: std::ptr::null(),
            })
            .collect();
        let mut out = [vec![[0.0f32; LANES]; FRAMES], vec![[0.0f32; LANES]; FRAMES]];
        let start = (block * FRAMES) as f64;
        let mut call = Call {
            seconds: start / RATE,
            seconds_step: 1.0 / RATE,
            beat: start / 24_000.0,
            beat_step: 1.0 / 24_000.0,
            memory: memory.lane(0),
            stride: memory.stride() as u64,
            seeds: seeds.as_ptr(),
            wires: wires.as_ptr(),
            outs: [out[0].as_mut_ptr().cast(), out[1].as_mut_ptr().cast()],
            ..Call::of(FRAMES)
        };
        // SAFETY: all that the call points to has eight lanes and lives to the end of this turn.
        fault = fault.or(unsafe { code.run(&mut call, lanes, false, &mut scratch) });
        for (lane, outs) in outs.iter_mut().enumerate() {
            for channel in out.iter().take(program.interface.outs as usize) {
                outs.extend(channel.iter().map(|row| {
                    same(f64::from(row[lane])) as u32 ^ (same(f64::from(row[lane])) >> 32) as u32
                }));
            }
        }
    }
    let number = |(bits, of): (&u64, Type)| match of {
        Type::Float => same(f64::from_bits(*bits)),
        _ => *bits,
    };
    let types: Vec<Type> = program.state.iter().map(|s| s.of).collect();
    let numbers =
        |lane| memory.numbers(lane).iter().zip(types.iter().copied()).map(number).collect();
    let floats = |lane: usize| memory.arrays(lane).iter().flatten().copied().collect::<Vec<u64>>();
    let numbers = (0..lanes)
        .map(|lane| {
            let mut all: Vec<u64> = numbers(lane);
            all.extend(floats(lane));
            all
        })
        .collect();
    Outcome { outs, numbers, fault }
}

/// An engine with the deterministic functions, as the project's own has them.
pub fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_fast_operators(false).set_max_expr_depths(0, 0);
    for f in FUNCTIONS {
        match f.form {
            Form::One(f1) => {
                engine.register_fn(f.name, move |x: f64| f1(x));
                engine.register_fn(f.name, move |x: i64| f1(x as f64));
            }
            Form::Two(f2) => {
                engine.register_fn(f.name, move |x: f64, y: f64| f2(x, y));
                engine.register_fn(f.name, move |x: i64, y: f64| f2(x as f64, y));
                engine.register_fn(f.name, move |x: f64, y: i64| f2(x, y as f64));
            }
        }
    }
    engine.register_fn("min", |x: i64, y: i64| x.min(y));
    engine.register_fn("max", |x: i64, y: i64| x.max(y));
    engine.register_fn("fract", |_: i64| 0.0);
    engine.register_fn("lerp", |a: f64, b: f64, t: f64| a + (b - a) * t);
    engine.register_fn("select", |c: bool, a: Dynamic, b: Dynamic| if c { a } else { b });
    let comparisons: [(&str, fn(f64, f64) -> bool); 6] = [
        ("==", |x, y| x == y),
        ("!=", |x, y| x != y),
        ("<", |x, y| x < y),
        ("<=", |x, y| x <= y),
        (">", |x, y| x > y),
        (">=", |x, y| x >= y),
    ];
    for (name, holds) in comparisons {
        engine.register_fn(name, holds);
        engine.register_fn(name, move |x: i64, y: f64| holds(x as f64, y));
        engine.register_fn(name, move |x: f64, y: i64| holds(x, y as f64));
    }
    engine.register_fn("clamp", |x: f64, lo: f64, hi: f64| {
        let x = if x < lo { lo } else { x };
        if x > hi { hi } else { x }
    });
    engine
}

/// Rhai's own run of the function `f` in `text`: the outputs as the bits of `f32`, and the numbers of `this`.
pub fn by_rhai(
    text: &str,
    program: &Program,
    frames: usize,
    feed: Feed,
) -> (Vec<u32>, BTreeMap<String, u64>) {
    let mut engine = engine();
    let counter = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let next = counter.clone();
    engine.register_fn("random", move || {
        random(7, next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    });
    let mut scope = Scope::new();
    #[allow(deprecated)] // Not deprecated but volatile, says Rhai.
    engine.on_var(|name, index, cx| {
        let own = index > 0 || cx.scope().contains(name);
        Ok(match name {
            "TAU" if !own => Some(Dynamic::from(core::f64::consts::TAU)),
            "PI" if !own => Some(Dynamic::from(core::f64::consts::PI)),
            "sample_rate" if !own => Some(Dynamic::from(RATE)),
            _ => None,
        })
    });
    let ast = engine.compile(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    engine.run_ast_with_scope(&mut scope, &ast).unwrap();
    let mut this = Map::new();
    for state in &program.state {
        let first = match state.of {
            Type::Float => Dynamic::from(f64::from_bits(state.first)),
            Type::Int => Dynamic::from(state.first as i64),
            Type::Bool => Dynamic::from(state.first != 0),
        };
        // What the script says itself is not given.
        if !text.contains(&format!("this.{} ??", state.name)) {
            put(&mut this, &state.name, first);
        }
    }
    for array in program.kept() {
        put(&mut this, &array.name, Dynamic::from_array(Vec::new()));
    }
    let mut this = Dynamic::from_map(this);
    let params: Vec<String> = ast
        .iter_functions()
        .find(|f| f.name == "f")
        .unwrap()
        .params
        .iter()
        .map(|p| (*p).to_string())
        .collect();
    let mut outs = vec![Vec::new(); program.interface.outs as usize];
    for frame in 0..frames {
        let args: Vec<Dynamic> = params
            .iter()
            .map(|name| {
                let block = (frame / FRAMES * FRAMES) as f64;
                let inside = (frame % FRAMES) as f64;
                match name.as_str() {
                    "t" => Dynamic::from(block / RATE + 1.0 / RATE * inside),
                    "beat" => Dynamic::from(block / 24_000.0 + 1.0 / 24_000.0 * inside),
                    "bpm" => Dynamic::from(120.0),
                    name => {
                        let wire =
                            program.interface.inputs.iter().position(|i| i.name == name).unwrap();
                        Dynamic::from(f64::from(feed(wire, frame)))
                    }
                }
            })
            .collect();
        let options = CallFnOptions::new().eval_ast(false).bind_this_ptr(&mut this);
        let value: Dynamic = engine
            .call_fn_with_options(options, &mut scope, &ast, "f", args)
            .unwrap_or_else(|e| panic!("{e}\n{text}"));
        let number = |v: &Dynamic| v.as_float().or_else(|_| v.as_int().map(|i| i as f64)).unwrap();
        let values: Vec<f64> = match value.read_lock::<rhai::Array>() {
            Some(list) => list.iter().map(number).collect(),
            None => vec![number(&value)],
        };
        for (channel, x) in values.into_iter().enumerate() {
            let bits = same(f64::from(x as f32));
            outs[channel].push(bits as u32 ^ (bits >> 32) as u32);
        }
    }
    let mut found = BTreeMap::new();
    for state in program.state.iter().filter(|s| s.name != "random()") {
        let value = get(&this, &state.name);
        let bits = match state.of {
            Type::Float => {
                same(value.as_float().or_else(|_| value.as_int().map(|i| i as f64)).unwrap())
            }
            Type::Int => value.as_int().unwrap() as u64,
            Type::Bool => u64::from(value.as_bool().unwrap()),
        };
        found.insert(state.name.clone(), bits);
    }
    // Blocks of the first channel, then of the second, as machine code is asked for them.
    let mut all = Vec::new();
    for block in 0..frames / FRAMES {
        for channel in &outs {
            all.extend_from_slice(&channel[block * FRAMES..(block + 1) * FRAMES]);
        }
    }
    (all, found)
}

fn put(map: &mut Map, path: &str, value: Dynamic) {
    match path.split_once('.') {
        None => {
            map.insert(path.into(), value);
        }
        Some((first, rest)) => {
            let inner = map.entry(first.into()).or_insert_with(|| Dynamic::from_map(Map::new()));
            if let Some(mut inner) = inner.write_lock::<Map>() {
                put(&mut inner, rest, value);
            }
        }
    }
}

fn get(value: &Dynamic, path: &str) -> Dynamic {
    path.split('.').fold(value.clone(), |value, part| {
        value.read_lock::<Map>().and_then(|m| m.get(part).cloned()).unwrap_or(Dynamic::UNIT)
    })
}

/// A call of `dsp` with a value for each of these arguments that needs one.
pub fn call(args: &str) -> String {
    let known = ["x", "left", "right", "t", "beat", "bpm", "freq", "gate", "velocity", "note"];
    let open = args.split(", ").filter(|name| !known.contains(name));
    let options: Vec<String> = open.map(|name| format!("{name}: 0.5")).collect();
    format!("dsp(f, #{{{}}})", options.join(", "))
}

/// Checks that all three ways agree on `blocks` blocks of the function `f` of `text`; on 1, 2 and 4 lanes.
pub fn agree(text: &str, args: &str, blocks: usize, feed: Feed) -> Arc<Program> {
    let program = program(text, &call(args));
    let plain = run(&program, false, 1, blocks, feed);
    if plain.fault.is_some_and(|fault| fault.blame == Blame::Fuel) {
        // It is too long for a block: then it must be too long for machine code as well.
        assert_eq!(run(&program, true, 1, blocks, feed).fault, plain.fault, "{text}");
        return program;
    }
    assert_eq!(plain.fault, None, "{text}");
    for lanes in [1, 2, 4] {
        let native = run(&program, true, lanes, blocks, feed);
        for lane in 0..native.outs.len() {
            assert_eq!(
                native.outs[lane], plain.outs[0],
                "machine code, lane {lane} of {lanes}\n{text}"
            );
            assert_eq!(
                native.numbers[lane], plain.numbers[0],
                "state, lane {lane} of {lanes}\n{text}"
            );
        }
        assert_eq!(native.fault, None, "{text}");
    }
    let (outs, numbers) = by_rhai(text, &program, blocks * FRAMES, feed);
    let first = outs.iter().zip(&plain.outs[0]).position(|(a, b)| a != b);
    assert_eq!(first, None, "Rhai differs at this frame\n{text}");
    for (at, state) in program.state.iter().enumerate() {
        if let Some(bits) = numbers.get(&state.name) {
            assert_eq!(
                plain.numbers[0][at], *bits,
                "this.{} differs from Rhai's\n{text}",
                state.name
            );
        }
    }
    program
}
