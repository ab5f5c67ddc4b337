//! Another machine computes the same bits: aarch64, under emulation.
//!
//! Functions of numbers (`libm`, which is plain Rust) are not compiled for it: what they were asked here, and what they
//! answered, is recorded, and played back there, where each question must be the same to the bit.

use super::bench::{self, FRAMES, RATE, program};
use super::corpus::{CORPUS, HELPERS, feed};
use cranelift_codegen::isa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::default_libcall_names;
use cranelift_object::{ObjectBuilder, ObjectModule};
use rhapsode::ir::maths::{FUNCTIONS, Form};
use rhapsode::ir::{Program, random};
use rhapsode::jit::{Call, LANES, Memory, Pace, Wire, define_in};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;

const BLOCKS: usize = 3;

thread_local! {
    /// What functions of numbers were asked and have answered: bits.
    static LOG: RefCell<Vec<[u64; 3]>> = const { RefCell::new(Vec::new()) };
}

fn log(x: u64, y: u64, z: f64) -> f64 {
    LOG.with(|log| log.borrow_mut().push([x, y, z.to_bits()]));
    z
}

extern "C" fn one<const I: usize>(x: f64) -> f64 {
    log(x.to_bits(), 0, FUNCTIONS[I].of(&[x]))
}

extern "C" fn two<const I: usize>(x: f64, y: f64) -> f64 {
    log(x.to_bits(), y.to_bits(), FUNCTIONS[I].of(&[x, y]))
}

extern "C" fn drawn(seed: i64, count: i64) -> f64 {
    log(seed as u64, count as u64, random(seed, count))
}

macro_rules! recorders {
    ($($i:literal)*) => { [$((one::<$i> as *const u8, two::<$i> as *const u8)),*] };
}

/// Functions that record, by the index of what they stand for.
fn recorders() -> Vec<(*const u8, *const u8)> {
    let all = recorders!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
    assert!(all.len() >= FUNCTIONS.len());
    all.to_vec()
}

/// The corpus, as far as it can be compiled for elsewhere.
fn programs() -> Vec<Arc<Program>> {
    let all = CORPUS.iter().map(|(args, body)| {
        let text = format!("{HELPERS}fn f({args}) {{ {body} }}");
        program(&text, &bench::call(args))
    });
    all.filter(|p| !p.arrays.iter().any(|a| a.fixed)).collect()
}

/// A function here: rows out, and the numbers that it keeps.
fn here(programs: &[Arc<Program>]) -> Vec<Vec<u32>> {
    let mut flags = settings::builder();
    flags.set("opt_level", "speed").expect("a flag");
    let isa = cranelift_native::builder().expect("this machine");
    let isa = isa.finish(settings::Flags::new(flags)).expect("this machine");
    let mut builder = JITBuilder::with_isa(isa, default_libcall_names());
    for (i, (f, recorder)) in FUNCTIONS.iter().zip(recorders()).enumerate() {
        builder.symbol(
            format!("f{i}"),
            if matches!(f.form, Form::One(_)) { recorder.0 } else { recorder.1 },
        );
    }
    builder.symbol("random", drawn as *const u8);
    let mut module = JITModule::new(builder);
    let ids: Vec<_> = programs
        .iter()
        .enumerate()
        .map(|(i, p)| define_in(&mut module, &format!("p{i}"), p, &paces(p), 1).expect("compiles"))
        .collect();
    module.finalize_definitions().expect("links");
    let run = |(p, id): (&Arc<Program>, &cranelift_module::FuncId)| {
        let address = module.get_finalized_function(*id);
        // SAFETY: it was made with this signature.
        let entry: unsafe extern "C" fn(*mut Call) = unsafe { std::mem::transmute(address) };
        run(p, entry)
    };
    programs.iter().zip(&ids).map(run).collect()
}

fn paces(program: &Program) -> Vec<Pace> {
    vec![Pace::Audio; program.interface.inputs.len()]
}

fn run(program: &Arc<Program>, entry: unsafe extern "C" fn(*mut Call)) -> Vec<u32> {
    let mut memory = Memory::new(program, 1);
    let seeds = [7i64; LANES];
    let mut all = Vec::new();
    for block in 0..BLOCKS {
        let rows = rows(program, block);
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
        unsafe { entry(&mut call) };
        assert_eq!(call.fault, 0);
        for channel in out.iter().take(program.interface.outs as usize) {
            all.extend(channel.iter().map(|row| number(row[0])));
        }
    }
    all
}

/// The bits of a number; any that is none is the same.
fn number(x: f32) -> u32 {
    if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() }
}

fn rows(program: &Program, block: usize) -> Vec<Vec<[f32; LANES]>> {
    let wires = 0..program.interface.inputs.len();
    wires
        .map(|wire| (0..FRAMES).map(|i| [feed(wire, block * FRAMES + i); LANES]).collect())
        .collect()
}

/// The functions compiled for aarch64, as an object file.
fn object(programs: &[Arc<Program>]) -> Vec<u8> {
    let mut flags = settings::builder();
    flags.set("opt_level", "speed").expect("a flag");
    let isa = isa::lookup_by_name("aarch64-unknown-linux-gnu").expect("compiled in");
    let isa = isa.finish(settings::Flags::new(flags)).expect("aarch64");
    let builder = ObjectBuilder::new(isa, "functions", default_libcall_names()).expect("an object");
    let mut module = ObjectModule::new(builder);
    for (i, p) in programs.iter().enumerate() {
        define_in(&mut module, &format!("p{i}"), p, &paces(p), 1).expect("compiles for aarch64");
    }
    module.finish().emit().expect("an object file")
}

/// A program in C around the functions: it makes their calls, answers what they ask, and prints what goes out.
fn around(programs: &[Arc<Program>], log: &[[u64; 3]]) -> String {
    let mut c = String::from(include_str!("arm.c"));
    let list = |x: &[u64]| x.iter().map(|x| format!("0x{x:x}u")).collect::<Vec<_>>().join(",");
    let flat: Vec<u64> = log.iter().flatten().copied().collect();
    let _ = writeln!(c, "static const u64 log_[] = {{{}}};\nstatic u64 at_;", list(&flat));
    for (i, f) in FUNCTIONS.iter().enumerate() {
        let _ = match f.form {
            Form::One(_) => {
                writeln!(c, "double f{i}(double x) {{ return answer(bits(x), 0, log_, &at_); }}")
            }
            Form::Two(_) => writeln!(
                c,
                "double f{i}(double x, double y) {{ return answer(bits(x), bits(y), log_, &at_); }}"
            ),
        };
    }
    let _ = writeln!(c, "double random_(u64 x, u64 y) __asm__(\"random\");");
    let _ = writeln!(c, "double random_(u64 x, u64 y) {{ return answer(x, y, log_, &at_); }}");
    for i in 0..programs.len() {
        let _ = writeln!(c, "void p{i}(struct call *);");
    }
    c.push_str("int main(void) {\n");
    for (i, p) in programs.iter().enumerate() {
        let first: Vec<u64> = p.state.iter().map(|s| s.first).collect();
        let _ = writeln!(
            c,
            "{{ static u64 m[] = {{{}}}; static float in[{}][64][8];",
            list(&[first, vec![0; p.kept().count() + 1]].concat()),
            p.interface.inputs.len().max(1)
        );
        for (k, a) in p.kept().enumerate() {
            let elements: Vec<u64> = a.first.iter().copied().cycle().take(a.len as usize).collect();
            let _ = writeln!(
                c,
                "static u64 a{k}[] = {{{}}}; m[{}] = (u64)a{k};",
                list(&elements),
                p.state.len() + k
            );
        }
        for block in 0..BLOCKS {
            for (w, rows) in rows(p, block).iter().enumerate() {
                let bits: Vec<u64> = rows.iter().map(|r| u64::from(r[0].to_bits())).collect();
                let _ = writeln!(
                    c,
                    "{{ static const u64 x[] = {{{}}}; fill(in[{w}], x); }}",
                    list(&bits)
                );
            }
            let _ = writeln!(
                c,
                "run(p{i}, m, in, {}, {}, {block});",
                p.interface.inputs.len(),
                p.interface.outs
            );
        }
        c.push_str("}\n");
    }
    c.push_str("return 0; }\n");
    c
}

#[test]
fn aarch64_computes_the_same_bits() {
    let programs = programs();
    assert!(programs.len() >= 40, "{}", programs.len());
    LOG.with(|log| log.borrow_mut().clear());
    let want: Vec<Vec<u32>> = here(&programs);
    let log = LOG.with(|log| log.borrow().clone());
    assert!(log.len() > 1_000, "functions of numbers were asked");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("functions.o"), object(&programs)).expect("written");
    std::fs::write(path("around.c"), around(&programs, &log)).expect("written");
    let gcc = Command::new("aarch64-linux-gnu-gcc")
        .args(["-static", "-O0", "-o"])
        .args([path("run"), path("around.c"), path("functions.o")])
        .output()
        .expect("setup/test.sh installs gcc-aarch64-linux-gnu");
    assert!(gcc.status.success(), "{}", String::from_utf8_lossy(&gcc.stderr));
    let run = Command::new("qemu-aarch64").arg(path("run")).output();
    let run = run.expect("setup/test.sh installs qemu-user");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).expect("text");
    let found: Vec<u32> =
        text.lines().map(|x| number(f32::from_bits(x.parse().expect("bits")))).collect();
    assert_eq!(found.len(), want.iter().map(Vec::len).sum::<usize>());
    let mut at = 0;
    for (program, want) in programs.iter().zip(want) {
        assert!(found[at..at + want.len()] == want, "aarch64 differs: {:?}", program.blocks);
        at += want.len();
    }
}
