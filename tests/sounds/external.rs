//! Programs over sounds: files, pipes, what is kept, what fails and how it is told.

use crate::desk::*;
use rhapsode::Runtime;
use std::path::Path;

/// A runtime that may run programs, with a script called `name` beside the recording that does `text`.
fn with_program(desk: &Desk, name: &str, text: &str) -> Runtime {
    use std::os::unix::fs::PermissionsExt;
    let path = desk.folder.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("writes");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("permits");
    desk.runtime().allow_external()
}

/// How often the program has run, which adds a line to `runs` each time.
fn runs(desk: &Desk) -> usize {
    let text = std::fs::read_to_string(desk.folder.path().join("runs")).unwrap_or_default();
    text.lines().count()
}

fn unlike(desk: &mut Desk, seed: u32) {
    // Nobody has kept anything of this sound.
    let own = std::process::id() ^ seed.wrapping_mul(2_654_435_761);
    desk.sound = noise(own, 9_600);
    write(&desk.folder.path().join("loop.wav"), &desk.sound);
}

fn made_by(command: &str) -> String {
    once("", &format!("external(\"{command}\", \"loop.wav\")"))
}

#[test]
fn a_program_reads_and_writes_files_or_pipes() {
    let mut desk = Desk::new();
    unlike(&mut desk, 1);
    let runtime = desk.runtime().allow_external();
    for command in [
        "cp {in} {out}",
        "cat",
        "cat {in}",
        "dd of={out} status=none",
        "sh -c 'cat $0 > $1' {in} {out}",
    ] {
        let heard = play(&runtime, &made_by(command), 0.3);
        assert_eq!(heard[..9_600], desk.sound[..], "{command}");
    }
    // As a method, of a part, and cut again.
    let part = once("", "sound_file(\"loop.wav\").slice(2)[1].external(\"cat\").slice(2)[1]");
    assert_eq!(play(&runtime, &part, 0.3)[..2_400], desk.sound[7_200..]);
}

#[test]
fn sox_reverses_what_goes_through_it() {
    let mut desk = Desk::new();
    unlike(&mut desk, 2);
    let runtime = desk.runtime().allow_external();
    let back: Vec<f32> = desk.sound.iter().rev().copied().collect();
    let heard = play(&runtime, &made_by("sox {in} {out} reverse"), 0.3);
    let off = heard.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 1e-6, "{off}");
    // Another rate and format comes back at the rate of the piece.
    let heard = play(&runtime, &made_by("sox {in} -r 24000 -b 16 -t wav - lowpass 3000"), 0.3);
    assert!(heard[..9_000].iter().any(|x| x.abs() > 0.01));
    assert!(heard[9_700..].iter().all(|x| *x == 0.0), "as long as it was");
}

#[test]
fn what_was_made_is_kept_until_something_changes() {
    let mut desk = Desk::new();
    unlike(&mut desk, 3);
    let runtime = with_program(&desk, "twice.sh", "echo run >> runs; cat");
    let script = made_by("./twice.sh");
    let first = play(&runtime, &script, 0.3);
    assert_eq!((first[..9_600].to_vec(), runs(&desk)), (desk.sound.clone(), 1));
    // Another piece, as of another run of the program: from the cache of the platform.
    play(&runtime, &script, 0.3);
    assert_eq!(runs(&desk), 1);
    // Other words.
    play(&runtime, &made_by("./twice.sh again"), 0.3);
    assert_eq!(runs(&desk), 2);
    // Another sound.
    let before = desk.sound.clone();
    unlike(&mut desk, 4);
    let heard = play(&runtime, &script, 0.3);
    assert_eq!(runs(&desk), 3);
    assert!(heard[..9_600] == desk.sound[..] && before != desk.sound);
    // Another program of that name.
    let runtime = with_program(&desk, "twice.sh", "echo run again >> runs; cat $PWD/other.wav");
    write(&desk.folder.path().join("other.wav"), &before);
    assert_eq!(play(&runtime, &script, 0.3)[..9_600], before[..]);
    assert_eq!(runs(&desk), 4);
}

#[test]
fn in_a_piece_that_follows_it_is_not_run_again() {
    let mut desk = Desk::new();
    unlike(&mut desk, 5);
    let runtime = with_program(&desk, "count.sh", "echo run >> runs; cat");
    let piece = runtime.eval(&made_by("./count.sh")).expect("evaluates");
    assert_eq!(runs(&desk), 0, "nothing runs while the script is evaluated");
    heard(&piece, 0.1);
    let next = runtime.eval_after(&format!("{}.gain(0.5)", made_by("./count.sh")), &piece).unwrap();
    assert_eq!(heard(&next, 0.3)[..9_600], desk.sound.iter().map(|x| x * 0.5).collect::<Vec<_>>());
    assert_eq!(runs(&desk), 1);
    // The program is watched, as the sound is.
    next.fresh().expect("compiles");
    let files = next.library().files();
    let has = |name: &str| files.iter().any(|f| f.ends_with(name));
    assert!(has("count.sh") && has("loop.wav"), "{files:?}");
}

#[test]
fn it_must_be_allowed() {
    let desk = Desk::new();
    let told = desk.wrong(&desk.runtime(), &made_by("touch ran"));
    assert!(
        told.contains("`touch ran` would run a program") && told.contains("--allow-external"),
        "{told}"
    );
    assert!(!desk.folder.path().join("ran").exists());
    // A rig that names a program is refused as well.
    let allowed = desk.runtime().allow_external();
    let piece = allowed.eval(&made_by("touch ran")).expect("evaluates");
    let rig = rhapsode::session::Rig::of(piece.session()).to_json();
    std::fs::write(desk.folder.path().join("rig.json"), rig).expect("writes");
    let load = "load_rig(\"rig.json\"); track(\"a\").play(note(\"c4\"))";
    let told = desk.wrong(&desk.runtime(), load);
    assert!(told.contains("`touch ran` would run a program"), "{told}");
    assert!(!desk.folder.path().join("ran").exists());
    let told = desk.wrong(&allowed, load);
    assert!(told.contains("wrote no sound that can be read to its standard output"), "{told}");
    assert!(desk.folder.path().join("ran").exists(), "it runs in the folder of the script");
}

#[test]
fn what_goes_wrong_is_told_with_what_to_do() {
    let mut desk = Desk::new();
    unlike(&mut desk, 6);
    let runtime = with_program(
        &desk,
        "bad.sh",
        "for i in 1 2 3 4 5; do echo line $i >&2; done; echo the disk is sad >&2; exit 3",
    );
    let plain = desk.folder.path().join("plain.sh");
    std::fs::write(&plain, "#!/bin/sh\n").expect("writes");
    for (command, parts) in [
        (
            "./bad.sh",
            vec![
                "failed (exit status: 3)",
                "saying: line 3 | line 4 | line 5 | the disk is sad",
                "try it in a terminal",
            ],
        ),
        ("no-such-program {in} {out}", vec!["there is no program `no-such-program`", "install it"]),
        ("/no/such/program", vec!["there is no program `/no/such/program`"]),
        ("./none.sh", vec!["there is no file \"./none.sh\""]),
        ("../bad.sh", vec!["leaves the folder of the script"]),
        ("./plain.sh", vec!["cannot be run", "chmod +x"]),
        ("true {in} {out}", vec!["wrote no sound that can be read to {out}"]),
        ("echo {in}", vec!["wrote no sound that can be read to its standard output"]),
        ("cat 'x", vec!["a quote that does not end"]),
        (" ", vec!["an empty command line"]),
    ] {
        let told = desk.wrong(&runtime, &made_by(command));
        parts.into_iter().for_each(|part| assert!(told.contains(part), "{command}: {told}"));
    }
    let told = desk.wrong(&runtime, &once("", "external(\"cat\", 3)"));
    assert!(told.contains("takes a command line and a sound, not 3"), "{told}");
    let told =
        desk.wrong(&runtime, &once("", "external(\"cat\", sound_file(\"loop.wav\").slice())"));
    assert!(told.contains("takes one sound, and this is the onsets of \"loop.wav\""), "{told}");
}

#[test]
fn the_program_has_an_option_for_it() {
    let mut desk = Desk::new();
    unlike(&mut desk, 8);
    let song = desk.folder.path().join("song.rhai");
    std::fs::write(&song, format!("length_bars(1); {}", made_by("cat"))).expect("writes");
    let render = |options: &[&str]| {
        let out = desk.folder.path().join("out.wav");
        let run = std::process::Command::new(env!("CARGO_BIN_EXE_rhapsode"))
            .arg("render")
            .args([&song, Path::new("-o"), &out])
            .args(options)
            .output()
            .expect("runs");
        (run.status.success(), String::from_utf8_lossy(&run.stderr).to_string())
    };
    let (well, told) = render(&[]);
    assert!(!well && told.contains("--allow-external"), "{told}");
    let (well, told) = render(&["--allow-external"]);
    assert!(well, "{told}");
}

#[test]
fn a_bounce_goes_through_a_program_once() {
    let desk = Desk::new();
    let runtime = with_program(&desk, "count.sh", "echo run >> runs; cat");
    let riff = "tempo(60); let b = bounce(saw(110) |> lowpass(900), 0.2);";
    let script = |sound: &str| {
        format!(
            "{riff} track(\"a\", sampler({sound}, #{{play: \"one_shot\"}}))\
             .play(note(\"c4\").slow(4).velocity(1))"
        )
    };
    let wanted = play(&runtime, &script("b"), 0.3);
    assert!(wanted[..9_600].iter().any(|x| x.abs() > 0.1));
    assert!(play(&runtime, &script("b.external(\"./count.sh\")"), 0.3) == wanted);
    // Rendered again, the samples are the same, and known.
    assert!(play(&runtime, &script("external(\"./count.sh\", b)"), 0.3) == wanted);
    assert_eq!(runs(&desk), 1);
    let back = play(&runtime, &script("b.external(\"sox {in} {out} reverse\")"), 0.3);
    let turned = wanted[..9_600].iter().rev();
    let off = back.iter().zip(turned).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 1e-6, "{off}");
}

#[test]
fn a_program_within_a_bounce_must_be_allowed() {
    let desk = Desk::new();
    let made = "sampler(external(\"touch ran\", sound_file(\"loop.wav\")))";
    let script = format!("track(\"a\", sampler(bounce({made}, note(\"c4\"), 0.2)))");
    let told = desk.wrong(&desk.runtime(), &script);
    assert!(told.contains("`touch ran` would run a program"), "{told}");
    let piece = desk.runtime().allow_external().eval(&script).expect("evaluates");
    let rig = rhapsode::session::Rig::of(piece.session()).to_json();
    std::fs::write(desk.folder.path().join("rig.json"), rig).expect("writes");
    let told = desk.wrong(&desk.runtime(), "load_rig(\"rig.json\");");
    assert!(told.contains("`touch ran` would run a program"), "{told}");
    assert!(!desk.folder.path().join("ran").exists());
}

#[test]
fn programs_stand_behind_sounds_in_a_chain() {
    let mut desk = Desk::new();
    unlike(&mut desk, 8);
    let runtime = desk.runtime().allow_external();
    let back: Vec<f32> = desk.sound.iter().rev().copied().collect();
    let prelude = "fn soft(x) { for i in 0..x.len() { x[i] = x[i] * 0.5; } } \
        let back = external(\"sox {in} {out} reverse\") |> process_buffer(soft);";
    for chain in [
        "\"loop.wav\" |> back",
        "sound_file(\"loop.wav\") |> external(\"cat\") |> back",
        "\"loop.wav\" |> process_buffer(|x, scale| { for i in 0..x.len() { x[i] = x[i] * scale; } }, #{scale: 0.5}) |> external(\"sox {in} {out} reverse\")",
    ] {
        let heard = play(&runtime, &once(prelude, chain), 0.3);
        let off = heard.iter().zip(&back).map(|(a, b)| (a - b * 0.5).abs()).fold(0.0, f32::max);
        assert!(off < 1e-6, "{chain}: {off}");
    }
    let told = desk.wrong(&runtime, &once("", "saw(110) |> external(\"cat\")"));
    assert!(told.contains("recorded sounds, not a signal") && told.contains("bounce("), "{told}");
    let told = desk.wrong(&runtime, "track(\"a\", saw(110)).fx(external(\"cat\"))");
    assert!(told.contains("an effect of whole sounds"), "{told}");
}

#[test]
fn a_program_that_is_given_nothing_is_a_sound() {
    let desk = Desk::new();
    let runtime = desk.runtime().allow_external();
    let script =
        once("", "external(\"sox -r 48000 -n -c 1 -b 32 -e float {out} synth 0.2 sine 440\")");
    let heard = play(&runtime, &script, 0.3);
    let sine = |i: usize| libm::sin(std::f64::consts::TAU * 440.0 * i as f64 / 48_000.0) as f32;
    let off = heard[..9_600].iter().enumerate().map(|(i, x)| (x - sine(i)).abs());
    assert!(off.clone().fold(0.0, f32::max) < 1e-3, "{:?}", off.fold(0.0, f32::max));
    assert!(heard[9_700..].iter().all(|x| *x == 0.0));
    let told = desk
        .wrong(&runtime, &once("", "external(\"sh -c 'echo nothing to say >&2; exit 3' {out}\")"));
    assert!(told.contains("nothing to say") && told.contains("exit status: 3"), "{told}");
}
