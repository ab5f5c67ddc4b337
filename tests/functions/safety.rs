//! What goes wrong in a function is cut, silenced and named; everything else goes on.

use super::bench::{FRAMES, program, run};
use rhapsode::engine::{Length, Options, offline::Tail};
use rhapsode::ir::{Blame, Program};
use rhapsode::jit::{Code, FUEL, Fault, Pace};
use rhapsode::nodes::function::Purpose;
use rhapsode::runtime::Runtime;
use std::sync::Arc;

fn fault(body: &str) -> (Option<Fault>, Arc<Program>) {
    let program = program(&format!("fn f(x) {{\n{body}\n}}"), "dsp(f)");
    let feed = |_: usize, frame: usize| frame as f32;
    let plain = run(&program, false, 1, 2, &feed);
    let native = run(&program, true, 1, 2, &feed);
    assert_eq!(plain.fault, native.fault, "{body}");
    (native.fault, program)
}

#[test]
fn every_fault_is_found_and_its_place_is_known() {
    let cases: &[(&str, Blame, u32)] = &[
        ("let i = 0;\nwhile i < 1 { }\nx", Blame::Fuel, 3),
        ("loop { }\nx", Blame::Fuel, 2),
        ("this.line.pad(4, 0.0);\nthis.line[x.to_int()]", Blame::Index, 3),
        ("this.line.pad(4, 0.0);\nthis.line[-x.to_int()] = x;\nx", Blame::Index, 3),
        ("let n = x.to_int() - 3;\n7 / n", Blame::Division, 3),
        ("let n = x.to_int() - 3;\n(7 % n) * 0.1", Blame::Division, 3),
        ("let n = 4611686018427387904 + x.to_int();\n(n + n) * 0.0", Blame::Overflow, 3),
        ("let n = x.to_int() + 3037000500;\n(n * n) * 0.0", Blame::Overflow, 3),
        ("let y = x / (x - 5.0);\ny.to_int() * 0.5", Blame::Whole, 3),
    ];
    for (body, blame, line) in cases {
        let (fault, program) = fault(body);
        let fault = fault.unwrap_or_else(|| panic!("no fault: {body}"));
        assert_eq!(fault.blame, *blame, "{body}");
        assert_eq!(program.place(fault.at).map(|p| p.line), Some(*line), "{body}");
    }
    assert_eq!(fault("this.line.pad(128, 0.0);\nthis.line[x.to_int()]").0, None);
}

#[test]
fn a_loop_may_take_as_many_turns_as_there_is_fuel() {
    let turns = FUEL / FRAMES as i64 / 8;
    let body = format!("let s = 0.0; let i = 0;\nwhile i < {turns} {{ s += 0.5; i += 1; }}\ns");
    assert_eq!(fault(&body).0, None);
    assert_eq!(
        fault(&body.replace(&turns.to_string(), "1000000")).0.map(|f| f.blame),
        Some(Blame::Fuel)
    );
}

fn rendered(text: &str) -> (Vec<f32>, Vec<f32>, Vec<String>) {
    let options = Options { length: Length::Seconds(0.5), tail: Tail::None, ..Options::default() };
    let piece = Runtime::new().eval(text).unwrap_or_else(|e| panic!("{e:#?}"));
    let mut offline = piece.start(options).expect("renders");
    let (mut left, mut right) = (Vec::new(), Vec::new());
    while offline.advance() {
        for (l, r) in offline.frames() {
            left.push(l);
            right.push(r);
        }
    }
    let warnings = offline.take_warnings();
    let warnings = warnings.iter().map(|w| format!("{}: {}", w.place.line, w.message)).collect();
    (left, right, warnings)
}

#[test]
fn the_sound_of_everything_else_goes_on() {
    let good = "track(\"good\", saw(110) * 0.2 |> lowpass(800));\n";
    let want = rendered(good);
    for (bad, name) in [
        ("dsp(|x| {\nloop { }\nx })", "a loop took too many turns"),
        (
            "dsp(|x| { this.l.pad(4, 0.0);\nthis.l[(x * 0.0).to_int() + 9] })",
            "an index was outside",
        ),
        ("dsp(|x| (x - x) / (x - x))", "not a number"),
        ("dsp(|x| 1.0 / (x - x))", "not a number"),
    ] {
        let text = format!("{good}track(\"bad\", noise()).fx({bad});");
        let (left, right, warnings) = rendered(&text);
        assert!(left == want.0 && right == want.1, "{bad} is heard");
        assert!(warnings.iter().any(|w| w.contains(name)), "{bad}: {warnings:?}");
    }
}

#[test]
fn a_fault_in_a_voice_silences_its_instrument_alone() {
    let good = "track(\"good\", saw(110) * 0.2);\n";
    let bad =
        "track(\"bad\", instrument(|v| dsp(|freq| { loop { } freq }))).play(note(\"c3 e3\"));";
    let (left, _, warnings) = rendered(&format!("{good}{bad}"));
    assert!(left == rendered(good).0, "it is heard");
    assert!(warnings.iter().any(|w| w.contains("too many turns")), "{warnings:?}");
}

/// Kilobytes of memory that this process has mapped, and those of them that may be executed.
fn mapped() -> (u64, u64) {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let size = |line: &str| {
        let (from, to) = line.split_whitespace().next()?.split_once('-')?;
        let hex = |x| u64::from_str_radix(x, 16).ok();
        Some((hex(to)? - hex(from)?) / 1024)
    };
    let all = maps.lines().filter_map(size).sum();
    let code = maps.lines().filter(|l| l.contains(" r-x")).filter_map(size).sum();
    (all, code)
}

#[test]
#[cfg(target_os = "linux")]
fn two_thousand_recompilations_leave_no_memory_behind() {
    // In a process of its own: what other tests do at the same time is not its doing.
    let status = std::process::Command::new(std::env::current_exe().expect("a program"))
        .args(["--ignored", "--exact", "safety::recompiling_two_thousand_times"])
        .status();
    assert!(status.expect("it runs").success());
}

#[test]
#[ignore = "part of two_thousand_recompilations_leave_no_memory_behind"]
fn recompiling_two_thousand_times() {
    let text = |i: usize| format!("fn f(x) {{ this.z = this.z * 0.{i:03} + x; this.z }}");
    let programs: Vec<Arc<Program>> = (0..50).map(|i| program(&text(i), "dsp(f)")).collect();
    let once = |i: usize| {
        let program = &programs[i % programs.len()];
        let kind = rhapsode::nodes::function::kind(program, Purpose::Sound);
        assert_eq!(kind.name, "f");
        let code = Code::new(program.clone(), &[Pace::Audio], 1, true);
        assert!(code.is_native());
    };
    (0..200).for_each(once);
    let before = mapped();
    (200..2200).for_each(once);
    let after = mapped();
    assert!(after.1 <= before.1 + 64, "executable: {} kB, then {} kB", before.1, after.1);
    assert!(after.0 <= before.0 + 20_000, "all: {} kB, then {} kB", before.0, after.0);
}
