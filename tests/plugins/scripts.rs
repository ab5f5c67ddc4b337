//! Plugins in scripts: what is rendered, and what is said of mistakes.

use super::built::root;
use super::rig::noise;
use rhapsode::diag::Diagnostic;
use rhapsode::engine::offline::Tail;
use rhapsode::plugin::scan::Options as Scan;
use rhapsode::runtime::{Installed, Piece, Sound};
use rhapsode::{Length, Options, Runtime};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

/// The fixtures and Zam's plugins.
pub fn installed() -> Arc<Installed> {
    static INSTALLED: LazyLock<(Arc<Installed>, tempfile::TempDir)> = LazyLock::new(|| {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_rhapsode"));
        rhapsode::plugin::serve_by(program.clone());
        let cache = tempfile::tempdir().expect("makes a folder");
        let fixtures = ["good", "many", "nan", "unsorted", "hang", "crash-process", "refuses"];
        let mut scan = Scan::new();
        scan.program = program;
        scan.cache = cache.path().into();
        scan.paths = fixtures.iter().map(|name| root().join(name)).collect();
        let zam = ["ZamDelay", "ZaMaximX2", "ZaMultiCompX2", "ZamComp", "ZamEQ2"];
        for format in ["vst3", "clap"] {
            let file = |name| PathBuf::from(format!("/usr/lib/{format}/{name}.{format}"));
            scan.paths.extend(zam.map(file));
        }
        (Arc::new(Installed::new(scan)), cache)
    });
    INSTALLED.0.clone()
}

/// Plugins run in processes of their own.
pub fn runtime() -> Runtime {
    Runtime::new().plugins(installed())
}

pub fn piece(source: &str) -> Piece {
    runtime().eval(source).unwrap_or_else(|e| panic!("{source}\n{e:#?}"))
}

/// So many seconds of a script, without a ceiling.
pub fn rendered(source: &str, seconds: f64) -> Sound {
    let options = Options {
        length: Length::Seconds(seconds),
        tail: Tail::None,
        ceiling: None,
        ..Options::default()
    };
    piece(source).render(options).unwrap_or_else(|e| panic!("{source}\n{e:#?}"))
}

pub fn errors(source: &str) -> Vec<Diagnostic> {
    match runtime().eval(source) {
        Err(errors) => errors,
        Ok(piece) => piece.start(Options::default()).err().expect("an error"),
    }
}

pub fn peak(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |m, x| m.max(x.abs()))
}

#[test]
fn an_effect_in_a_chain_does_what_it_does_by_itself() {
    let dry = rendered(r#"track("a", noise() * 0.3);"#, 0.5);
    for format in ["vst3", "clap"] {
        let wet = rendered(
            &format!(
                r#"track("a", noise() * 0.3).fx(plugin("{format}:Fixture Gain").set("Factor", 0.5) |> gain(0.5));"#
            ),
            0.5,
        );
        assert!(peak(&wet.left) > 0.05, "{format}");
        for (wet, dry) in wet.left.iter().zip(&dry.left) {
            assert_eq!(*wet, dry * 0.25, "{format}");
        }
    }
}

/// A real plugin in a script, on a bus and as the master's, gives what it gives when it is called by hand.
#[test]
fn a_real_plugin_gives_the_same_bits_as_by_hand() {
    use super::rig::{RATE, index, through, zam};
    use rhapsode::plugin::{Format, Setup};
    let dry = rendered(r#"track("a", saw(110) * 0.2);"#, 1.0);
    let mut delay = zam("ZamDelay", Format::Vst3);
    for (name, value) in [("Time", 250.0), ("Feedback", 0.5), ("Dry/Wet", 0.25)] {
        let index = index(&*delay, name);
        delay.set(index, value).unwrap();
    }
    let setup = Setup { offline: true, ..Setup::new(RATE) };
    let want = through(&mut *delay, &setup, &dry.left, &dry.right);
    let echo =
        r#"plugin("ZamDelay").set("time", "250 ms").set("Feedback", 0.5).norm("Dry/Wet", 0.25)"#;
    for song in [
        format!(r#"track("a", saw(110) * 0.2).fx({echo});"#),
        format!(r#"track("a", saw(110) * 0.2).output("b"); bus("b", {echo});"#),
        format!(r#"track("a", saw(110) * 0.2); master({echo});"#),
        format!(r#"track("a", saw(110) * 0.2 |> {echo});"#),
    ] {
        let got = rendered(&song, 1.0);
        let wrong = (0..want[0].len()).find(|&i| got.left[i] != want[0][i]);
        assert_eq!(wrong, None, "{song}: {:?}", wrong.map(|i| (got.left[i], want[0][i])));
        assert!(got.right == got.left, "{song}: it has one channel");
    }
}

/// A dry path beside a late plugin, in a chain, on a bus and nested, cancels what went through it.
#[test]
fn latencies_are_compensated_everywhere() {
    let late = r#"plugin("ZaMaximX2").set("Threshold", 0)"#;
    let later = r#"plugin("Fixture Latency").set("Frames", 777)"#;
    for song in [
        format!(r#"track("a", noise() * 0.05).fx({late} - dry());"#),
        format!(r#"track("a", noise() * 0.05).fx(({late} |> {later} |> {late}) - dry());"#),
        format!(r#"track("a", noise() * 0.05).fx(({late} + ({later} |> {later})) - dry() * 2);"#),
        format!(
            r#"track("a", noise() * 0.05).send("b", -1); bus("b", {late} |> ({later} * 0.5 + dry() * 0.5));"#
        ),
        format!(
            r#"track("a", noise() * 0.05).send("b").output("c"); bus("b", {later}).output("c");
               bus("c", {late}); track("d", tap("a") * -2);"#
        ),
    ] {
        let sound = rendered(&song, 0.5);
        assert_eq!(peak(&sound.left).max(peak(&sound.right)), 0.0, "{song}");
    }
    let alone = rendered(&format!(r#"track("a", noise() * 0.05).fx({later});"#), 0.5);
    let dry = rendered(r#"track("a", noise() * 0.05);"#, 0.5);
    assert_eq!(alone.left, dry.left, "a file begins where the music does");
}

#[test]
fn an_instrument_plays_patterns_and_takes_expressions() {
    let note = |rest: &str| {
        rendered(
            &format!(
                r#"tempo(120); track("k", plugin("Fixture Sine").set("Level", 1)).play({rest});"#
            ),
            1.0,
        )
    };
    let plain = note(r#"note("a4 ~ a4 ~").gate(0.5)"#);
    assert_eq!(plain.left[0], 0.0);
    assert!(peak(&plain.left[1..12_000]) > 0.5, "{}", peak(&plain.left[..12_000]));
    assert_eq!(peak(&plain.left[12_001..48_000]), 0.0, "it ends with its gate");
    let higher = note(r#"note("a5").gate(1)"#);
    let ups = |x: &[f32]| x.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    assert!((878..=881).contains(&ups(&higher.left)), "{}", ups(&higher.left));
    let tuned = note(r#"note("a4").gate(1).param("tuning", 12)"#);
    assert!((878..=881).contains(&ups(&tuned.left)), "{}", ups(&tuned.left));
}

/// Patterns move parameters at their frames, signals once a block.
#[test]
fn patterns_and_signals_move_parameters() {
    let one = "(noise() * 0 + 0.5)";
    let song = format!(
        r#"tempo(120); track("a", {one}).fx(plugin("Fixture Gain").set("Factor", 1)).play(m("0.25 0.5 1 2").param("Factor", "0.25 0.5 1 2"));"#
    );
    let sound = rendered(&song, 2.0);
    let want = |i: usize| [0.125, 0.25, 0.5, 1.0][i / 24_000];
    let wrong = (0..96_000).find(|&i| sound.left[i] != want(i));
    assert_eq!(wrong, None, "frame {wrong:?}: {:?}", wrong.map(|i| sound.left[i]));
    let song =
        format!(r#"track("a", {one}).fx(plugin("Fixture Gain").set("Factor", ramp(0, 2, 4)));"#);
    let sound = rendered(&song, 2.0);
    for (i, x) in sound.left.iter().enumerate() {
        let line = (i - i % 64) as f32 / 96_000.0;
        assert!((x - line).abs() < 1e-5, "frame {i}: {x}, not {line}");
    }
}

/// A signal at audio rate moves a parameter at its frames: jumps exactly, slopes to a thousandth of the range.
#[test]
fn signals_at_audio_rate_move_parameters_at_their_frames() {
    let of = |fx: &str| rendered(&format!(r#"track("a", noise() * 0 + 0.5).fx({fx});"#), 0.1);
    for signal in ["square(313) * 0.4 + 0.5", "sine(7) * 0.9 + 1", "sine(2000) * 0.9 + 1"] {
        let moved = of(&format!(r#"plugin("Fixture Gain").set("Factor", {signal})"#));
        let want = of(&format!("gain({signal})"));
        assert!(peak(&want.left) > 0.2, "{signal}");
        for (i, (got, want)) in moved.left.iter().zip(&want.left).enumerate() {
            assert!((got - want).abs() < 1.1e-3, "{signal}, frame {i}: {got}, not {want}");
        }
    }
}

#[test]
fn a_side_chain_hears_another_track() {
    let sound = rendered(
        r#"track("kick", noise() * 0 + 0.75).mute();
           track("a", noise() * 0 + 0.5).fx(plugin("Fixture Ducker", #{sidechain: "kick"}));"#,
        0.2,
    );
    assert_eq!(peak(&sound.left), 0.125);
    let said = &errors(
        r#"track("k", noise()); track("a", noise()).fx(plugin("Fixture Gain", #{sidechain: "k"}));"#,
    )[0];
    assert!(said.message.contains("has no side-chain"), "{said:?}");
}

#[test]
fn a_mono_plugin_is_lifted_to_both_channels() {
    let comp = r#"plugin("ZamComp").set("Threshold", -30).set("Ratio", 10)"#;
    let stereo = rendered(&format!(r#"track("a", noise() |> pan(0.5) |> {comp});"#), 0.2);
    let dry = rendered(r#"track("a", noise() |> pan(0.5));"#, 0.2);
    assert!(stereo.left != stereo.right && stereo.left != dry.left);
    // Each channel by itself: as loud as if it were alone.
    let right =
        rendered(&format!(r#"track("a", (noise() |> pan(0.5) |> pan(1)) * 1.0 |> {comp});"#), 0.2);
    assert_eq!(peak(&right.left), 0.0);
    // One channel in and two out: both channels are heard together.
    let spread = rendered(r#"track("a", noise() |> pan(0.5) |> plugin("Fixture Refuses"));"#, 0.1);
    for (i, (l, r)) in spread.left.iter().zip(&spread.right).enumerate() {
        assert_eq!((*l, *r), (0.5 * (dry.left[i] + dry.right[i]), -*l), "frame {i}");
    }
}

/// A bypass lets sound pass as late as the plugin is, so that nothing moves.
#[test]
fn a_bypass_keeps_time() {
    let song = |on: bool| {
        format!(
            r#"track("a", noise() * 0.05).fx(plugin("Fixture Latency", #{{bypass: {on}}}).set("Frames", 300) |> plugin("Fixture Gain", #{{bypass: {on}}}).set("Factor", 0.5));"#
        )
    };
    let dry = rendered(r#"track("a", noise() * 0.05);"#, 0.2);
    let (off, on) = (rendered(&song(true), 0.2), rendered(&song(false), 0.2));
    assert_eq!(off.left[64..], dry.left[64..]);
    assert!(on.left.iter().zip(&dry.left).all(|(wet, dry)| *wet == dry * 0.5));
}

/// Notes go through MIDI effects to what plays the track, in their order: built in, hosted, a kit.
#[test]
fn notes_go_through_midi_effects() {
    let ups = |x: &[f32]| x.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    let up = |n: i32| format!(r#"plugin("Fixture Transposer").set("Semitones", {n})"#);
    for (source, fx, hertz) in [
        ("instrument(|v| sine(v.freq) * v.gate)", up(12), 880),
        (r#"plugin("Fixture Sine").set("Level", 1)"#, up(-12), 220),
        (r#"plugin("Fixture Sine").set("Level", 1)"#, format!("{} |> {}", up(24), up(-12)), 880),
    ] {
        let song = format!(
            r#"tempo(60); track("k", {source}).midi_fx({fx}).play(note("a4 ~ ~ ~").gate(1));"#
        );
        let sound = rendered(&song, 1.5);
        let found = ups(&sound.left[..48_000]);
        assert!(found.abs_diff(hertz) < 3, "{song}: {found}");
        assert!(peak(&sound.left[52_800..]) < 1e-3, "it ends: {song}");
    }
    let said = errors(
        r#"track("k", instrument(|v| sine(v.freq))).midi_fx(plugin("Fixture Gain")).play("a4");"#,
    );
    assert!(said[0].message.contains("sends no notes"), "{said:?}");
}

/// An automation file moves parameters along the piece, at its frames.
#[test]
fn an_automation_file_moves_parameters() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let file = folder.path().join("moves.json");
    let song = r#"tempo(120); length_bars(1); track("a", noise() * 0 + 0.5).fx(plugin("Fixture Gain").automation("moves.json"));"#;
    let write = |text: &str| std::fs::write(&file, text).expect("writes");
    let runtime = || runtime().base(folder.path());
    write(r#"{"Factor": {"0": 1, "0.25s": 2, "12017": 0.5, "50%": 0, "75%": 1}}"#);
    let options =
        Options { tail: Tail::None, ceiling: None, length: Length::Script, ..Options::default() };
    let sound = runtime().eval(song).unwrap().render(options).unwrap();
    let at = |i: usize| f64::from(sound.left[i]) * 2.0;
    assert!((at(6_000) - 1.5).abs() < 0.01, "{}", at(6_000));
    assert!((at(12_016) - 2.0).abs() < 0.01 && (at(12_017) - 0.5).abs() < 1e-6);
    assert!(at(48_000) < 1e-6 && (at(60_000) - 0.5).abs() < 0.01, "{}", at(60_000));
    assert!((at(95_000) - 1.0).abs() < 1e-6);
    write(r#"{"Factr": 1, "Mode": {"0": "Hott"}}"#);
    let said = runtime().eval(song).unwrap().start(Options::default()).err().expect("errors");
    let text: Vec<String> = said.iter().map(|d| d.message.clone()).collect();
    assert!(text.iter().any(|t| t.contains("Factr") && t.contains("moves.json")), "{text:?}");
    assert!(text.iter().any(|t| t.contains("Hott")), "{text:?}");
    write("{\n  \"Gain\": }");
    let said = runtime().eval(song).unwrap().start(Options::default()).err().expect("errors");
    assert!(said[0].message.contains("line 2, column"), "{said:?}");
}

/// A render has the same bits on any number of threads.
#[test]
fn threads_change_no_bit() {
    let mut song = String::new();
    for i in 0..6 {
        song.push_str(&format!(
            r#"track("t{i}", noise() * 0.1).fx(plugin("ZamDelay").set("Time", {}) |> plugin("ZamEQ2")).send("x", 0.3);"#,
            100 + i * 20
        ));
    }
    song.push_str(r#"bus("x", plugin("ZaMultiCompX2")); master(plugin("ZaMaximX2"));"#);
    let there = piece(&song);
    let of = |threads| {
        let length = Length::Seconds(0.7);
        there.render(Options { length, threads, ..Options::default() }).expect("renders")
    };
    let (one, three) = (of(1), of(3));
    assert!(peak(&one.left) > 0.05 && one == three);
    assert_ne!(noise(8, 1), noise(8, 2));
}
