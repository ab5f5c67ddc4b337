//! Playing by hand and playing what is outside: messages in and out of the engine, at their frames.

#[path = "live/stage.rs"]
mod stage;

use rhapsode::engine::live::Quant;
use rhapsode::rt::midi::UNPLUGGED;
use rhapsode::rt::{Arrival, Outgoing};
use rhapsode::session::{Port, Way};
use stage::{RATE, Stage};

/// A tone of the note's pitch while it is held, without any ramp.
const ORGAN: &str = "let organ = instrument(|v| sine(v.freq) * v.gate * v.velocity * 0.5);";

fn port(name: &str) -> u8 {
    Port::named(name).number(Way::In).expect("a number")
}

fn hear(stage: &mut Stage, port: u8, frame: u64, bytes: [u8; 3]) {
    stage.performer.hear(Arrival { frame, port, bytes });
}

fn sent(stage: &mut Stage) -> Vec<Outgoing> {
    let mut all = Vec::new();
    stage.performer.take_outgoing(|message| all.push(message));
    all
}

/// The first frame from `from` on with a sound louder than `level`.
fn onset(left: &[f32], from: usize, level: f32) -> Option<usize> {
    left.iter().skip(from).position(|x| x.abs() > level).map(|i| from + i)
}

fn peak(left: &[f32]) -> f32 {
    left.iter().fold(0.0, |a, x| a.max(x.abs()))
}

/// Frequency by zero crossings upward, in hertz.
fn pitch(x: &[f32]) -> f64 {
    let ups: Vec<usize> = (1..x.len()).filter(|&i| x[i - 1] < 0.0 && x[i] >= 0.0).collect();
    let (first, last) = (ups[0], ups[ups.len() - 1]);
    (ups.len() - 1) as f64 * RATE / (last - first) as f64
}

#[test]
fn a_note_begins_and_ends_at_its_frame_on_its_channel_and_port() {
    let source = format!("{ORGAN} track(\"a\", organ).midi_in(\"hand one\", 2);");
    let mut stage = Stage::with(&source, &[100, 37, 256]);
    let (one, other) = (port("hand one"), port("hand another"));
    hear(&mut stage, one, 1000, [0x91, 69, 127]);
    hear(&mut stage, one, 3000, [0x81, 69, 0]);
    hear(&mut stage, one, 6000, [0x90, 69, 127]);
    hear(&mut stage, other, 8000, [0x91, 69, 127]);
    stage.play_to(0.25);
    let left = &stage.left;
    assert_eq!(peak(&left[..1000]), 0.0);
    assert_eq!(onset(left, 0, 1e-6), Some(1001), "a sine begins at 0");
    assert!(peak(&left[2900..3000]) > 0.3);
    assert_eq!(peak(&left[3000..]), 0.0, "the other channel and the other port are not heard");
    assert!((pitch(&left[1000..3000]) - 440.0).abs() < 1.0);
}

#[test]
fn pedals_hold_bend_bends_and_expression_reaches_the_voices() {
    let source = "let i = instrument(|v| sine(v.freq) * v.gate * (0.1 + v.param(\"pressure\") * 0.2 \
                  + v.param(\"modulation\") * 0.4), #{bend: 12}); track(\"a\", i).midi_in(\"hand two\");";
    let mut stage = Stage::new(source);
    let keys = port("hand two");
    for (frame, bytes) in [
        (0, [0x90, 57, 100]),
        (4800, [0xb0, 64, 127]),
        (9600, [0x80, 57, 0]),
        (14_400, [0xd0, 127, 0]),
        (19_200, [0xb0, 1, 127]),
        (24_000, [0xe0, 127, 127]),
        (28_800, [0xb0, 64, 0]),
    ] {
        hear(&mut stage, keys, frame, bytes);
    }
    stage.play_to(0.7);
    let left = &stage.left;
    let level = |from: usize| peak(&left[from + 200..from + 4700]);
    assert!((level(0) - 0.1).abs() < 0.01, "{}", level(0));
    assert!((level(9600) - 0.1).abs() < 0.01, "held by the pedal");
    assert_eq!(peak(&left[28_800..]), 0.0, "released with the pedal");
    // A note that is only held by the pedal has no key, so expression passes it by; bend does not.
    assert!((pitch(&left[24_300..28_700]) - 440.0).abs() < 2.0, "{}", pitch(&left[24_300..28_700]));
    let mut stage = Stage::new(source);
    for (frame, bytes) in [
        (0, [0x90, 57, 100]),
        (4800, [0xd0, 127, 0]),
        (9600, [0xb0, 1, 127]),
        (14_400, [0xa0, 57, 0]),
    ] {
        hear(&mut stage, keys, frame, bytes);
    }
    stage.play_to(0.5);
    let level = |from: usize| peak(&stage.left[from + 200..from + 4700]);
    assert!((level(4800) - 0.3).abs() < 0.01, "{}", level(4800));
    assert!((level(9600) - 0.7).abs() < 0.01, "{}", level(9600));
    assert!((level(14_400) - 0.5).abs() < 0.01, "pressure of the key alone: {}", level(14_400));
}

#[test]
fn sostenuto_holds_what_sounds_and_the_soft_pedal_softens() {
    let source = format!("{ORGAN} track(\"a\", organ).midi_in(\"hand three\");");
    let mut stage = Stage::new(&source);
    let keys = port("hand three");
    for (frame, bytes) in [
        (0, [0x90, 57, 127]),
        (1000, [0xb0, 66, 127]),
        (2000, [0x80, 57, 0]),
        (10_000, [0xb0, 66, 0]),
        (12_000, [0xb0, 66, 127]),
        (12_100, [0x90, 57, 127]),
        (14_000, [0x80, 57, 0]),
        (16_000, [0xb0, 67, 127]),
        (16_100, [0x90, 57, 127]),
    ] {
        hear(&mut stage, keys, frame, bytes);
    }
    stage.play_to(0.5);
    let left = &stage.left;
    assert!((peak(&left[3000..9900]) - 0.5).abs() < 0.01, "held by sostenuto");
    assert_eq!(peak(&left[10_000..12_000]), 0.0);
    assert_eq!(peak(&left[14_000..16_000]), 0.0, "what begins later is not held");
    assert!((peak(&left[16_200..20_000]) - 0.315).abs() < 0.01);
}

#[test]
fn a_sampler_has_the_pedals_and_the_bends_of_an_instrument() {
    let dir = tempfile::tempdir().expect("a folder");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE as u32,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create(dir.path().join("tone_c4.wav"), spec).expect("a file");
    let turn = |i: u32| (f64::from(i) * 440.0 / RATE * std::f64::consts::TAU) as f32;
    (0..96_000).for_each(|i| file.write_sample(libm::sinf(turn(i)) * 0.5).expect("written"));
    file.finalize().expect("written");
    let source = "track(\"a\", sampler(\"tone_c4.wav\", #{release: 0.005})).midi_in(\"hand five\", #{mpe: true});";
    let piece = rhapsode::Runtime::new().base(dir.path()).eval(source).expect("right");
    let mut stage = Stage::of(piece.fresh().expect("compiles"), &[256]);
    let keys = port("hand five");
    for (frame, bytes) in [
        (0, [0x91, 60, 127]),
        // Two of the 48 semitones that a note of MPE can be bent by, on its own channel; all of them on another.
        (3000, [0xe1, 85, 66]),
        (6000, [0xe2, 127, 127]),
        (9000, [0xb1, 66, 127]),
        (10_000, [0x81, 60, 0]),
        (16_000, [0xb1, 66, 0]),
        (24_000, [0xb1, 67, 127]),
        (24_000, [0xe1, 0, 64]),
        (24_100, [0x91, 60, 127]),
    ] {
        hear(&mut stage, keys, frame, bytes);
    }
    stage.play_to(0.7);
    let left = &stage.left;
    let near = |range: std::ops::Range<usize>, hz: f64| {
        let pitch = pitch(&left[range.clone()]);
        assert!((pitch - hz).abs() < 1.5, "{range:?}: {pitch} and not {hz}");
    };
    near(100..2900, 440.0);
    let bent = 440.0 * libm::exp2(341.0 / 8191.0 * 48.0 / 12.0);
    near(4000..5900, bent);
    near(6000..8900, bent);
    near(11_000..15_900, bent);
    let loud = peak(&left[100..2900]);
    assert!((peak(&left[11_000..15_900]) - loud).abs() < 0.02, "held by sostenuto");
    assert!(peak(&left[19_000..24_000]) < 1e-3, "and let go");
    near(24_200..30_000, 440.0);
    let soft = peak(&left[25_000..30_000]) / loud;
    assert!(soft < 0.95, "the soft pedal: {soft}");
}

#[test]
fn each_note_of_mpe_is_bent_alone() {
    let source = format!("{ORGAN} track(\"a\", organ).midi_in(\"hand four\", #{{mpe: true}});");
    let mut stage = Stage::new(&source);
    let keys = port("hand four");
    // An octave down by 12 of 48 semitones, said before the note; the other channel is not bent.
    hear(&mut stage, keys, 0, [0xe1, 0, 48]);
    hear(&mut stage, keys, 10, [0x91, 69, 127]);
    hear(&mut stage, keys, 9_600, [0x81, 69, 0]);
    hear(&mut stage, keys, 9_700, [0x92, 69, 127]);
    hear(&mut stage, keys, 19_200, [0xe2, 0, 80]);
    stage.play_to(0.6);
    let at = |from: usize| pitch(&stage.left[from..from + 9000]);
    assert!((at(300) - 220.0).abs() < 1.0, "{}", at(300));
    assert!((at(9_900) - 440.0).abs() < 1.0, "{}", at(9_900));
    assert!((at(19_400) - 880.0).abs() < 1.0, "bent while it sounds: {}", at(19_400));
}

#[test]
fn kits_have_the_keys_of_general_midi() {
    let source = "let tone = |f| instrument(|v| sine(f) * v.gate * 0.5); \
                  track(\"a\", kit(#{bd: tone.call(100), sn: tone.call(1000)})).midi_in(\"hand five\");";
    let mut stage = Stage::new(source);
    let keys = port("hand five");
    for (frame, bytes) in [
        (0, [0x99, 38, 127]),
        (9000, [0x89, 38, 0]),
        (9600, [0x99, 36, 127]),
        (19_000, [0x89, 36, 0]),
        (19_200, [0x99, 81, 127]),
    ] {
        hear(&mut stage, keys, frame, bytes);
    }
    stage.play_to(0.5);
    assert!((pitch(&stage.left[..9000]) - 1000.0).abs() < 2.0);
    assert!((pitch(&stage.left[9600..18_900]) - 100.0).abs() < 2.0);
    assert_eq!(peak(&stage.left[19_200..]), 0.0, "a key without a drum");
}

#[test]
fn row_25_the_notes_of_a_port_that_is_gone_are_ended() {
    let source = format!("{ORGAN} track(\"a\", organ).midi_in(\"hand six\");");
    let mut stage = Stage::new(&source);
    let keys = port("hand six");
    hear(&mut stage, keys, 0, [0x90, 57, 127]);
    hear(&mut stage, keys, 0, [0x95, 64, 127]);
    hear(&mut stage, keys, 100, [0xb0, 64, 127]);
    hear(&mut stage, keys, 9600, [UNPLUGGED, 0, 0]);
    stage.play_to(0.3);
    assert!(peak(&stage.left[9000..9600]) > 0.3);
    assert_eq!(peak(&stage.left[9600..]), 0.0);
}

#[test]
fn a_held_key_outlives_edits_and_ends_when_its_track_no_longer_listens() {
    let keys = port("hand seven");
    let source = |fx: &str| {
        format!(
            "{ORGAN} track(\"a\", organ).midi_in(\"hand seven\"){fx}; track(\"b\", saw(50) * 0.0);"
        )
    };
    let mut stage = Stage::new(&source(""));
    hear(&mut stage, keys, 0, [0x90, 57, 127]);
    stage.play_to(0.2);
    stage.edit(&source(".fx(gain(0.5))"), Quant::Now);
    stage.play_to(0.6);
    let now = stage.left.len();
    assert!((peak(&stage.left[now - 4800..]) - 0.25).abs() < 0.01, "it sounds on");
    let frame = now as u64 + 100;
    hear(&mut stage, keys, frame, [0x80, 57, 0]);
    stage.play_to(0.8);
    assert_eq!(peak(&stage.left[now + 100..]), 0.0, "and is let go by its key");
    hear(&mut stage, keys, 40_000, [0x90, 57, 127]);
    stage.play_to(1.0);
    let at = stage.edit(
        &format!("{ORGAN} track(\"a\", organ).fx(gain(0.5)); track(\"b\", saw(50) * 0.0);"),
        Quant::Now,
    );
    stage.play_to(1.4);
    assert!(peak(&stage.left[at as usize - 2000..at as usize]) > 0.2);
    assert_eq!(peak(&stage.left[at as usize + 4800..]), 0.0, "nothing hangs");
}

const HARDWARE: &str =
    "tempo(120); track(\"hw\", midi_out(\"synth\", 3)).play(note(\"c4 e4 g4 b4\").gate(0.5));";

fn outlet(name: &str) -> u8 {
    Port::named(name).number(Way::Out).expect("a number")
}

#[test]
fn patterns_play_what_is_outside_at_exact_frames() {
    let mut stage = Stage::new(HARDWARE);
    stage.play_to(1.99);
    let all = sent(&mut stage);
    let want = [60, 64, 67, 71].iter().zip(0u64..).flat_map(|(&key, i)| {
        let port = outlet("synth");
        let from = i * 24_000;
        [
            Outgoing { frame: from, port, bytes: [0x92, key, 102] },
            Outgoing { frame: from + 12_000, port, bytes: [0x82, key, 64] },
        ]
    });
    assert_eq!(all, want.collect::<Vec<_>>());
    assert_eq!(peak(&stage.left), 0.0);
}

#[test]
fn latency_sends_messages_earlier_and_edits_neither_lose_nor_repeat_any() {
    let source = |extra: &str| {
        format!(
            "tempo(120); track(\"hw\", midi_out(\"late synth\", 1, #{{latency: 0.02}}))\
             .play(note(\"c4*16\").gate(0.5)); {extra}"
        )
    };
    let mut stage = Stage::new(&source(""));
    for i in 0..40 {
        stage.play_to(0.05 + f64::from(i) * 0.1);
        stage.edit(&source(&format!("track(\"t{i}\", saw(50) * 0.0);")), Quant::Now);
    }
    stage.play_to(4.5);
    let all = sent(&mut stage);
    let begins: Vec<u64> = all.iter().filter(|m| m.bytes[0] == 0x90).map(|m| m.frame).collect();
    let want: Vec<u64> = (0..37).map(|i: u64| (i * 6000).saturating_sub(960)).collect();
    assert_eq!(begins, want);
    let ends = all.iter().filter(|m| m.bytes[0] == 0x80).count();
    assert_eq!(ends, begins.len() - 1, "the last one sounds");
}

#[test]
fn a_muted_or_removed_track_ends_its_notes_and_panic_silences_the_port() {
    let pad = "track(\"hw\", midi_out(\"pad\", 1)).play(note(\"c4\"))";
    let mut stage = Stage::new(&format!("tempo(60); {pad};"));
    stage.play_to(0.5);
    let at = stage.edit(&format!("tempo(60); {pad}.mute();"), Quant::Now);
    stage.play_to(1.5);
    let all = sent(&mut stage);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!((all[1].bytes, all[1].frame), ([0x80, 60, 64], at));
    stage.edit(&format!("tempo(60); {pad};"), Quant::Now);
    stage.play_to(4.5);
    assert_eq!(sent(&mut stage).len(), 1, "it begins with its next note");
    let at = stage.edit("tempo(60);", Quant::Now);
    stage.play_to(5.0);
    let all = sent(&mut stage);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!((all[0].bytes, all[0].frame), ([0x80, 60, 64], at));

    let mut stage = Stage::new(&format!("tempo(60); {pad};"));
    stage.play_to(0.5);
    let _ = sent(&mut stage);
    stage.live.panic();
    stage.play_to(0.6);
    let bytes: Vec<[u8; 3]> = sent(&mut stage).iter().map(|m| m.bytes).collect();
    assert_eq!(bytes, [[0x80, 60, 64], [0xb0, 123, 0], [0xb0, 120, 0]]);
}

#[test]
fn notes_send_controllers_programs_and_bends_along() {
    let source = "tempo(120); track(\"hw\", midi_out(\"params\", 1, #{program: 5}))\
                  .play(note(\"c4\").param(\"cc74\", 0.5).param(\"program\", 7).param(\"bend\", -1).pan(1));";
    let mut stage = Stage::new(source);
    stage.play_to(0.1);
    let bytes: Vec<[u8; 3]> = sent(&mut stage).iter().map(|m| m.bytes).collect();
    let want = [
        [0xc0, 5, 0],
        [0xe0, 0, 0],
        [0xc0, 7, 0],
        [0xb0, 74, 64],
        [0xb0, 10, 127],
        [0x90, 60, 102],
    ];
    assert_eq!(bytes, want);
}

#[test]
fn a_keyboard_plays_hardware_as_it_is() {
    let source = "track(\"thru\", midi_out(\"module\", 5)).midi_in(\"hand eight\");";
    let mut stage = Stage::new(source);
    let keys = port("hand eight");
    let messages =
        [[0x90, 60, 100], [0xb0, 20, 3], [0xe0, 1, 65], [0xd0, 9, 0], [0xc0, 8, 0], [0x80, 60, 5]];
    for (i, bytes) in messages.into_iter().enumerate() {
        hear(&mut stage, keys, 100 + i as u64, bytes);
    }
    stage.play_to(0.1);
    let got: Vec<(u64, [u8; 3])> = sent(&mut stage).iter().map(|m| (m.frame, m.bytes)).collect();
    let want: Vec<(u64, [u8; 3])> =
        messages.iter().zip(100..).map(|(&[s, a, b], f)| (f, [s | 4, a, b])).collect();
    assert_eq!(got, want);
}

#[test]
fn a_port_without_a_name_is_an_error_of_the_script() {
    let Err(errors) = rhapsode::Runtime::new().eval("track(\"a\", midi_out(\"\", 1));") else {
        panic!("is wrong")
    };
    assert!(errors[0].message.contains("needs the name of a port"), "{errors:?}");
    assert_eq!((errors[0].place.line, errors[0].place.column), (1, 12));
}
