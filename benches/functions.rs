//! Functions of scripts beside the same maths written in Rust: one lane, blocks of 64 frames, f64.

use criterion::{Criterion, Throughput};
use rhai::{CallFnOptions, Dynamic, Engine, Map, Scope};
use rhapsode::ir::Program;
use rhapsode::jit::{Call, Code, LANES, Memory, Pace, Wire};
use rhapsode::session::Arg;
use std::hint::black_box;
use std::sync::Arc;

const RATE: f64 = 48_000.0;
const FRAMES: usize = 64;

/// One function: its text, and the same in Rust over a block of rows, as compiled code reads and writes them.
struct Pair {
    name: &'static str,
    text: &'static str,
    rust: fn(&mut [f64; 8], &[[f32; LANES]; FRAMES], &mut [[f32; LANES]; FRAMES]),
}

const PAIRS: &[Pair] = &[
    Pair {
        name: "biquad",
        text: "fn f(x) { let y = 0.2 * x + 0.3 * this.x1 + 0.1 * this.x2 + 0.4 * this.y1 - 0.2 * this.y2; \
               this.x2 = this.x1; this.x1 = x; this.y2 = this.y1; this.y1 = y; y }",
        rust: |s, x, out| {
            let [mut x1, mut x2, mut y1, mut y2, ..] = *s;
            for (x, out) in x.iter().zip(out) {
                let x = f64::from(x[0]);
                let y = 0.2 * x + 0.3 * x1 + 0.1 * x2 + 0.4 * y1 - 0.2 * y2;
                (x2, x1, y2, y1) = (x1, x, y1, y);
                out[0] = y as f32;
            }
            s[..4].copy_from_slice(&[x1, x2, y1, y2]);
        },
    },
    Pair {
        name: "polyblep saw",
        text: "fn f(x) { let dt = (220.0 + x) / sample_rate; this.p += dt; if this.p >= 1.0 { this.p -= 1.0; } let p = this.p; \
               let b = if p < dt { let q = p / dt; q + q - q * q - 1.0 } else if p > 1.0 - dt { let q = (p - 1.0) / dt; q * q + q + q + 1.0 } else { 0.0 }; \
               2.0 * p - 1.0 - b }",
        rust: |s, x, out| {
            let mut p = s[0];
            for (x, out) in x.iter().zip(out) {
                let dt = (220.0 + f64::from(x[0])) / RATE;
                p += dt;
                if p >= 1.0 {
                    p -= 1.0;
                }
                let b = if p < dt {
                    let q = p / dt;
                    q + q - q * q - 1.0
                } else if p > 1.0 - dt {
                    let q = (p - 1.0) / dt;
                    q * q + q + q + 1.0
                } else {
                    0.0
                };
                out[0] = (2.0 * p - 1.0 - b) as f32;
            }
            s[0] = p;
        },
    },
    Pair {
        name: "one-pole",
        text: "fn f(x) { this.z += (x - this.z) * 0.1; this.z }",
        rust: |s, x, out| {
            let mut z = s[0];
            for (x, out) in x.iter().zip(out) {
                z += (f64::from(x[0]) - z) * 0.1;
                out[0] = z as f32;
            }
            s[0] = z;
        },
    },
    Pair {
        name: "ladder",
        text: "fn f(x) { let g = 0.2; let u = tanh(x - 2.0 * this.d); this.a += g * (u - this.a); this.b += g * (this.a - this.b); \
               this.c += g * (this.b - this.c); this.d += g * (this.c - this.d); this.d }",
        rust: |s, x, out| {
            let [mut a, mut b, mut c, mut d, ..] = *s;
            let g = 0.2;
            for (x, out) in x.iter().zip(out) {
                let u = libm::tanh(f64::from(x[0]) - 2.0 * d);
                a += g * (u - a);
                b += g * (a - b);
                c += g * (b - c);
                d += g * (c - d);
                out[0] = d as f32;
            }
            s[..4].copy_from_slice(&[a, b, c, d]);
        },
    },
    Pair {
        name: "sine lfo",
        text: "fn f(x) { this.p += 2.0 / sample_rate; if this.p >= 1.0 { this.p -= 1.0; } sin(TAU * this.p) * 0.5 + 0.5 + x * 0.0 }",
        rust: |s, x, out| {
            let mut p = s[0];
            for (x, out) in x.iter().zip(out) {
                p += 2.0 / RATE;
                if p >= 1.0 {
                    p -= 1.0;
                }
                out[0] = (libm::sin(core::f64::consts::TAU * p) * 0.5 + 0.5 + f64::from(x[0]) * 0.0)
                    as f32;
            }
            s[0] = p;
        },
    },
    Pair {
        name: "rational tanh",
        text: "fn f(x) { let c = clamp(x * 2.0, -3.0, 3.0); c * (27.0 + c * c) / (27.0 + 9.0 * c * c) }",
        rust: |_, x, out| {
            for (x, out) in x.iter().zip(out) {
                let c = (f64::from(x[0]) * 2.0).max(-3.0).min(3.0);
                out[0] = (c * (27.0 + c * c) / (27.0 + 9.0 * c * c)) as f32;
            }
        },
    },
];

fn program(text: &str) -> Arc<Program> {
    let source = format!("{text}\ntrack(\"t\", noise()).fx(dsp(f));");
    let world: Arc<dyn rhapsode::world::World> = Arc::new(rhapsode::world::Memory::new());
    let made = rhapsode::script::evaluate(&source, "bench.rhai", &world).expect("compiles");
    let mut args = made.session.nodes.iter().flat_map(|n| n.args.values());
    args.find_map(|a| if let Arg::Program(p) = a { Some(p.clone()) } else { None })
        .expect("a program")
}

fn input() -> [[f32; LANES]; FRAMES] {
    core::array::from_fn(|i| [libm::sinf(i as f32 * 0.3); LANES])
}

/// A function that runs one block of so many lanes.
fn block(program: &Arc<Program>, native: bool, lanes: usize) -> impl FnMut() + use<> {
    let code = Code::new(program.clone(), &[Pace::Audio], lanes, native);
    let mut memory = Memory::new(program, LANES);
    let mut scratch = vec![0; code.scratch()];
    let (rows, mut out, seeds) = (input(), [[0.0f32; LANES]; FRAMES], [1i64; LANES]);
    move || {
        let wires =
            [Wire { audio: rows.as_ptr().cast(), from: std::ptr::null(), to: std::ptr::null() }];
        let mut call = Call {
            seconds_step: 1.0 / RATE,
            memory: memory.lane(0),
            stride: memory.stride() as u64,
            seeds: seeds.as_ptr(),
            wires: wires.as_ptr(),
            outs: [out.as_mut_ptr().cast(), std::ptr::null_mut()],
            ..Call::of(FRAMES)
        };
        // SAFETY: all that the call points to has eight lanes and lives as long as it.
        let fault = unsafe {
            code.run(&mut call, if code.is_wide() { lanes.max(2) } else { 1 }, false, &mut scratch)
        };
        assert!(fault.is_none());
        black_box(&out);
    }
}

/// Rhai's own interpreter on one frame.
fn by_rhai(text: &str) -> impl FnMut() + use<> {
    let mut engine = Engine::new();
    engine.register_fn("clamp", |x: f64, lo: f64, hi: f64| x.max(lo).min(hi));
    let text = text.replace("sample_rate", "48000.0").replace("TAU", "6.283185307179586");
    let ast = engine.compile(text).expect("compiles");
    let names = ["x1", "x2", "y1", "y2", "p", "z", "a", "b", "c", "d"];
    let mut this: Dynamic =
        names.iter().map(|n| ((*n).into(), Dynamic::from(0.0))).collect::<Map>().into();
    let mut scope = Scope::new();
    move || {
        let options = CallFnOptions::new().eval_ast(false).bind_this_ptr(&mut this);
        let y: f64 =
            engine.call_fn_with_options(options, &mut scope, &ast, "f", (0.3,)).expect("runs");
        black_box(y);
    }
}

fn functions(c: &mut Criterion) {
    for pair in PAIRS {
        let program = program(pair.text);
        let mut group = c.benchmark_group(format!("functions/{}", pair.name));
        group.throughput(Throughput::Elements(FRAMES as u64));
        let (rows, mut out, mut state) = (input(), [[0.0f32; LANES]; FRAMES], [0.0; 8]);
        group.bench_function("rust", |b| {
            b.iter(|| {
                (pair.rust)(black_box(&mut state), black_box(&rows), black_box(&mut out));
            });
        });
        let mut compiled = block(&program, true, 1);
        group.bench_function("compiled", |b| b.iter(&mut compiled));
        for lanes in [2, 4] {
            let mut wide = block(&program, true, lanes);
            group.bench_function(format!("compiled, {lanes} lanes"), |b| b.iter(&mut wide));
        }
        let mut plain = block(&program, false, 1);
        group.bench_function("interpreted form", |b| b.iter(&mut plain));
        group.throughput(Throughput::Elements(1));
        let mut rhai = by_rhai(pair.text);
        group.bench_function("rhai", |b| b.iter(&mut rhai));
        group.bench_function("compiling", |b| {
            b.iter(|| black_box(Code::new(program.clone(), &[Pace::Audio], 1, true)));
        });
        group.finish();
    }
}

/// 64 voices that sound, by nodes and by a function: 1 s of sound.
fn voices(c: &mut Criterion) {
    use rhapsode::engine::{Length, Options, offline::Tail};
    let song = |voice: &str| {
        let notes: Vec<String> = (0..64).map(|i| (30 + i).to_string()).collect();
        format!(
            "tempo(60); {FUNCTIONS}\ntrack(\"v\", instrument({voice}, #{{voices: 64}})).gain(0.01).play(note(\"{}\").slow(4));",
            notes.join(",")
        )
    };
    let nodes = "|v| (saw(v.freq) |> lowpass(1000 + lfo(\"sine\", 2.0) * 800, 0.9)) * adsr(v.gate)";
    // The corner once a block and in straight lines between, as the node has it; and at every frame.
    let own = "|v| dsp(voice, #{g: signal(corner, #{lfo: lfo(\"sine\", 2.0)})}) * adsr(v.gate)";
    let each =
        "|v| dsp(|freq, lfo| voice(freq, corner(lfo)), #{lfo: lfo(\"sine\", 2.0)}) * adsr(v.gate)";
    for (name, voice) in [("nodes", nodes), ("function", own), ("function, tan each frame", each)] {
        let piece = rhapsode::runtime::Runtime::new()
            .eval(&song(voice))
            .unwrap_or_else(|e| panic!("{e:#?}"));
        c.bench_function(&format!("functions/64 voices/{name}"), |b| {
            b.iter(|| {
                let options = Options {
                    length: Length::Seconds(1.0),
                    tail: Tail::None,
                    ..Options::default()
                };
                black_box(piece.render(options).expect("renders"));
            });
        });
    }
}

/// The voice of `benches/tasks/t2kr.rhai` as functions.
const FUNCTIONS: &str = "
fn saw_at(freq) {
    let dt = freq / sample_rate;
    this.p += dt;
    if this.p >= 1.0 { this.p -= 1.0; }
    let p = this.p;
    let b = if p < dt { let q = p / dt; q + q - q * q - 1.0 } else if p > 1.0 - dt { let q = (p - 1.0) / dt; q * q + q + q + 1.0 } else { 0.0 };
    2.0 * p - 1.0 - b
}
fn corner(lfo) { tan(PI * (1000.0 + lfo * 800.0) / sample_rate) }
fn voice(freq, g) {
    let x = saw_at(freq);
    let k = 1.0 / 0.9;
    let a1 = 1.0 / (1.0 + g * (g + k));
    let v3 = x - this.ic2;
    let v1 = a1 * this.ic1 + g * a1 * v3;
    let v2 = this.ic2 + g * a1 * this.ic1 + g * g * a1 * v3;
    this.ic1 = 2.0 * v1 - this.ic1;
    this.ic2 = 2.0 * v2 - this.ic2;
    v2
}
";

criterion::criterion_group!(benches, functions, voices);
criterion::criterion_main!(benches);
