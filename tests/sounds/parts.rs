//! Parts of sounds: by time, equal, by onset; by themselves, by number, in kits.

use crate::desk::*;

const CUT: &str = "let s = sound_file(\"loop.wav\");";

/// That `heard` begins with `wanted`, and is silent after it.
fn is(heard: &[f32], wanted: &[f32]) {
    let same = heard.iter().zip(wanted).position(|(a, b)| a != b);
    assert_eq!(same, None, "the first other frame of {}", wanted.len());
    // The reader of the sampler rings for two frames.
    assert!(heard[wanted.len() + 3..].iter().all(|x| *x == 0.0), "silent after {}", wanted.len());
}

#[test]
fn a_sound_as_a_value_is_its_file() {
    let desk = Desk::new();
    let file = play(&desk.runtime(), &once("", "\"loop.wav\""), 2.5);
    is(&file, &desk.sound);
    assert_eq!(play(&desk.runtime(), &once(CUT, "s"), 2.5), file);
}

#[test]
fn split_at_gives_what_is_before_between_and_after_the_times() {
    let desk = Desk::new();
    let parts = format!("{CUT} let parts = s.split_at([0.5, 1.25]);");
    for (i, range) in [0..24_000, 24_000..60_000, 60_000..96_000].into_iter().enumerate() {
        let heard = play(&desk.runtime(), &once(&parts, &format!("parts[{i}]")), 2.5);
        is(&heard, &desk.sound[range]);
    }
    let count = format!(
        "{CUT} if s.split_at(0.5).len() != 2 || s.split_at([0, 1]).len() != 2 {{ throw \"no\" }}"
    );
    play(&desk.runtime(), &once(&count, "s"), 0.1);
}

#[test]
fn slices_are_equal_parts_or_begin_at_times() {
    let desk = Desk::new();
    let runtime = desk.runtime();
    for i in [0, 5, 6] {
        let edge = |i: usize| 96_000 * i / 7;
        let heard = play(&runtime, &once(CUT, &format!("s.slice(7)[{i}]")), 2.5);
        is(&heard, &desk.sound[edge(i)..edge(i + 1)]);
    }
    let at = |i: usize| once(CUT, &format!("s.slice([0.25, 0.5])[{i}]"));
    is(&play(&runtime, &at(0), 2.5), &desk.sound[12_000..24_000]);
    is(&play(&runtime, &at(1), 2.5), &desk.sound[24_000..]);
    // A part of a part.
    let twice = once(CUT, "s.slice(2)[1].split_at(0.5)[1]");
    is(&play(&runtime, &twice, 2.5), &desk.sound[72_000..]);
}

#[test]
fn a_list_of_sounds_is_played_by_number_in_its_order() {
    let desk = Desk::new();
    let runtime = desk.runtime();
    // Twelve parts of 8,000 frames: their order is that of numbers, not of texts.
    let heard = play(&runtime, &numbers(CUT, "s.slice(12)", "0 2 11 10"), 4.0);
    for (second, part) in [0, 2, 11, 10].into_iter().enumerate() {
        let from = second * 48_000;
        is(&heard[from..from + 40_000], &desk.sound[part * 8_000..(part + 1) * 8_000]);
    }
    let files = numbers("", "[\"loop.wav\", sound_file(\"loop.wav\").slice(2)[1]]", "1 ~ 0 ~");
    let heard = play(&runtime, &files, 4.0);
    is(&heard[..90_000], &desk.sound[48_000..]);
    assert_eq!(heard[96_000..191_000], desk.sound[..95_000]);
}

#[test]
fn a_kit_has_sounds_by_name_that_choke_each_other() {
    let desk = Desk::new();
    let kit = format!(
        "tempo(60); {CUT} let p = s.slice(4); track(\"a\", kit(#{{bd: p[0], hh: p[2], oh: \"loop.wav\", choke: [[\"hh\", \"oh\"]]}}))\
         .play(s(\"bd oh hh ~\").velocity(1))"
    )
    .replace("let s = ", "let s0 = ")
    .replace("s.slice", "s0.slice");
    let heard = play(&desk.runtime(), &kit, 4.0);
    is(&heard[..47_000], &desk.sound[..24_000]);
    assert_eq!(heard[48_000..96_000], desk.sound[..48_000]);
    // The open one was cut off by the closed one.
    is(&heard[96_000 + 24_010..], &[]);
}

/// Bursts of noise, each louder than what is left of the last, at these frames.
fn bursts(at: &[usize]) -> Vec<f32> {
    let mut sound = vec![0.0; 96_000];
    for (n, start) in at.iter().enumerate() {
        for (i, x) in noise(n as u32 + 7, 9_000).into_iter().enumerate() {
            let fall = 1.0 - i as f32 / 9_000.0;
            sound[start + i] += (x + if i == 0 { 0.4 } else { 0.0 }) * fall * fall;
        }
    }
    sound
}

#[test]
fn onsets_are_found_to_the_frame() {
    let at = [4_800, 19_123, 40_001, 77_777];
    let desk = Desk::with(bursts(&at));
    let runtime = desk.runtime();
    for (i, start) in at.into_iter().enumerate() {
        let end = at.get(i + 1).copied().unwrap_or(96_000);
        for parts in ["s.slice()", "s.slice(\"onsets\")", "s.slice(\"onsets\", 0.6)"] {
            let heard = play(&runtime, &once(CUT, &format!("{parts}[{i}]")), 2.0);
            is(&heard[..92_000], &desk.sound[start..end]);
        }
    }
    let heard = play(&runtime, &numbers(CUT, "s.slice()", "3 1 0 2"), 4.0);
    is(&heard[48_000..90_000], &desk.sound[at[1]..at[2]]);
    is(&heard[96_000..140_000], &desk.sound[at[0]..at[1]]);
}

#[test]
fn a_sound_without_onsets_is_one_part() {
    let desk = Desk::with(vec![0.25; 20_000]);
    is(&play(&desk.runtime(), &once(CUT, "s.slice()[0]"), 1.0), &desk.sound);
}

#[test]
fn mistakes_are_explained() {
    let desk = Desk::with(bursts(&[4_800, 40_000]));
    let runtime = desk.runtime();
    for (part, message) in [
        ("s.slice(0)", "`slice` takes a number of equal parts"),
        ("s.slice([1.0, 0.5])", "each after the one before"),
        ("s.split_at(\"x\")", "`split_at` takes times in seconds"),
        ("s.slice()[-1]", "counted from the first, 0, not -1"),
        ("s[3]", "is one sound and has no part 3"),
        ("s.slice()[9]", "\"loop.wav\" has 2 onsets, numbered from 0, and no number 9"),
        ("s.split_at(7.0)[1]", "\"loop.wav\" from 7 s on is empty: \"loop.wav\" is 2.000 s long"),
        ("[s, 3]", "`path` of `sampler` must be a file, or a sound, not a list"),
        ("sound_file(\"lop.wav\")", "did you mean \"loop.wav\"?"),
    ] {
        let told = desk.wrong(&runtime, &once(CUT, part));
        assert!(told.contains(message), "{part}: {told}");
    }
    let both = "track(\"a\", kit(#{a: \"loop.wav\", b: instrument(|v| sine(v.freq))})).play(\"a\")";
    assert!(desk.wrong(&runtime, both).contains("not of both"));
    let node = "track(\"a\", kit(#{bd: sampler(\"loop.wav\")})).play(\"bd\")";
    assert!(
        desk.wrong(&runtime, node).contains("kit(#{bd: \\\"bd.wav\\\"})"),
        "{}",
        desk.wrong(&runtime, node)
    );
    // A mistake in a list is told once.
    let errors =
        runtime.eval("track(\"a\", sampler([sound_file(\"loop.wav\"), sound_file(\"x.wav\")]))");
    assert_eq!(errors.err().map(|e| e.len()), Some(1));
    let list = "track(\"a\", noise()).fx(convolve(sound_file(\"loop.wav\").slice(2)))";
    assert!(desk.wrong(&runtime, list).contains("take one of them, such as `parts[0]`"));
}

#[test]
fn what_the_guide_shows_can_be_heard() {
    let desk = Desk::with(bursts(&[4_800, 40_000]));
    for name in ["break.wav", "hat.wav", "open.wav"] {
        write(&desk.folder.path().join(name), &noise(3, 9_600));
    }
    let guide = std::fs::read_to_string("docs/sounds.md").expect("is there");
    let shown: Vec<&str> =
        guide.split("```rhai\n").skip(1).filter_map(|s| s.split("```").next()).collect();
    assert_eq!(shown.len(), 4);
    for script in &shown[..3] {
        let piece = desk.runtime().eval(script).unwrap_or_else(|e| panic!("{e:#?}"));
        let sound = piece.render(rhapsode::Options::default()).unwrap_or_else(|e| panic!("{e:#?}"));
        assert!(sound.left.iter().any(|x| x.abs() > 0.01));
    }
    // The last one needs `ffmpeg`; it is evaluated.
    desk.runtime().allow_external().eval(shown[3]).unwrap_or_else(|e| panic!("{e:#?}"));
}
