//! Rows 1 to 4: scripts that are wrong, endless or too large, saved while the music plays.

use crate::memory::{alone, most};
use crate::program::{Program, begin, read};
use crate::stage::{rendered, same};
use rhapsode::diag::Diagnostic;
use rhapsode::runtime::Runtime;
use std::time::{Duration, Instant};

/// Never the same twice, so that a piece of it is found.
const SONG: &str = r#"
track("hiss", noise() * 0.1 |> lowpass(900 + lfo("sine", 0.7) * 500));
track("bells", instrument(|v| sine(v.freq * 2) * adsr(v.gate) * 0.2)).play(note("<c5 e5> g5*3"));
record("take.wav");
"#;

/// A script that is wrong: what is added to the song, where the fault is, and words of the message.
struct Wrong {
    script: &'static str,
    place: &'static str,
    words: &'static [&'static str],
}

/// Saves wrong scripts while the song plays: each is told with its place and a hint, and what is heard is what
/// would have been heard. Returns how long each message took.
fn survives(wrong: &[Wrong]) -> Vec<Duration> {
    let mut program = Program::live(SONG, &["--quant", "now"]);
    program.expect("Recording into");
    let mut took = Vec::new();
    for Wrong { script, place, words } in wrong {
        std::thread::sleep(Duration::from_millis(300));
        let from = program.said.len();
        let saved = Instant::now();
        program.save(&format!("{SONG}{script}\n"));
        program.expect("Nothing was changed");
        took.push(saved.elapsed());
        let said = program.said[from..].join("\n");
        let place = format!("song.rhai:{place} ]");
        for word in words.iter().chain([&place.as_str()]) {
            assert!(said.contains(word), "no `{word}` in: {said}");
        }
    }
    std::thread::sleep(Duration::from_millis(500));
    program.signal(libc::SIGINT);
    program.expect("Recorded");
    assert!(program.end().success());
    let (left, right) = rendered(SONG, 60.0);
    let [l, r] = read(&program.file("take.wav"));
    let from = begin(&l, &left);
    assert!(l.len() > 14_400 * (wrong.len() + 1), "{} frames", l.len());
    assert!(from + l.len() <= left.len(), "it took more than a minute");
    same(&l, &left[from..], "left");
    same(&r, &right[from..], "right");
    took
}

#[test]
fn row_01_a_syntax_error_changes_no_bit_and_has_its_place_and_a_hint() {
    survives(&[
        Wrong { script: "track(\"c\", sine(220)", place: "5:21", words: &["is missing", "`)`"] },
        Wrong { script: "let spawn = 3;", place: "5:5", words: &["a word of the language"] },
        Wrong { script: "let a = [1, 2;", place: "5:14", words: &["array literal"] },
    ]);
}

#[test]
fn row_02_a_runtime_error_changes_no_bit_also_inside_a_pattern() {
    survives(&[
        Wrong {
            script: "track(\"c\", sine(220) |> lowpas(800));",
            place: "5:25",
            words: &["`lowpas`", "did you mean `lowpass`"],
        },
        Wrong { script: "let x = [1][3];", place: "5:13", words: &["only 1 element", "╰──"] },
        Wrong {
            script: "track(\"c\", instrument(|v| sine(v.freq) * adsr(v.gate)))\
                     .play(note(\"60 62\").fmap(|v| v + nowhere));",
            place: "5:89",
            words: &["`nowhere` is not defined", "declare it"],
        },
    ]);
}

fn errors(script: &str) -> Vec<Diagnostic> {
    Runtime::new().eval(script).err().unwrap_or_else(|| panic!("it is right: {script}"))
}

#[test]
fn row_03_an_endless_loop_is_stopped_within_250_ms() {
    let words = &["was stopped", "never ends"];
    let took = survives(&[
        Wrong { script: "loop { }", place: "5:6", words },
        Wrong { script: "fn f() { while true { } }\nf();", place: "6:1", words },
    ]);
    // The interpreter gives up after 250 ms of work (`bad_input.rs` looks at that alone); the machine may be loaded.
    assert!(took.iter().all(|t| *t < Duration::from_secs(10)), "{took:?}");
}

#[test]
fn row_04_bombs_name_their_limit_and_do_not_fill_the_memory() {
    alone("scripts::bombs");
    survives(&[
        Wrong { script: "fn f(n) { f(n + 1) + 1 }\nf(0);", place: "6:1", words: &["64 deep"] },
        Wrong { script: "let s = \"ab\"; loop { s += s; }", place: "5:24", words: &["65,536"] },
        Wrong { script: "let a = []; a.pad(10_000_000, 0);", place: "5:15", words: &["10,000"] },
        Wrong {
            script: "let m = #{a: 1}; loop { m = #{a: m, b: m}; }",
            place: "5:40",
            words: &["4,096"],
        },
    ]);
}

#[test]
#[ignore = "counts bytes, so it is started by the test above in a process of its own"]
fn bombs() {
    let bombs = [
        ("fn f(n) { f(n + 1) + 1 }\nf(0);", "64 deep"),
        ("let s = \"ab\"; loop { s += s; }", "65,536 characters"),
        ("let a = []; a.pad(10_000_000, 0);", "10,000 values"),
        ("let a = [1]; loop { a = [a, a]; }", "10,000 values"),
        ("let m = #{a: 1}; loop { m = #{a: m, b: m}; }", "4,096 entries"),
        ("let a = []; loop { a += [a, a]; }", "10,000 values"),
    ];
    for (script, limit) in bombs {
        let (errors, bytes) = most(|| errors(script));
        let said = format!("{} {}", errors[0].message, errors[0].hint.clone().unwrap_or_default());
        assert!(said.contains(limit), "{script}: {said}");
        assert!(bytes < 64 << 20, "{script}: {bytes} bytes");
    }
}
