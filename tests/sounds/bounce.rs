//! What the piece itself sounds like, as a recorded sound.

use crate::desk::*;
use rhapsode::engine::offline::Tail;
use rhapsode::nodes::table::Assets;
use rhapsode::world::Observer;
use rhapsode::{Length, Options, Piece};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// An instrument with noise in it, and a track that plays it: what is random is the same, too.
const RIFF: &str = "tempo(90); swing(0.2); \
    let synth = instrument(|v| (saw(v.freq) + noise() * 0.1) |> lowpass(1200) |> gain(adsr(v.gate, 0.01, 0.1, 0.5, 0.2))); \
    let a = track(\"a\", synth).play(note(\"<c3 g3> e3*3 [b3 c4]\").degrade_by(0.2)).fx(delay(0.21)).gain(0.7).pan(0.2);";

/// The sound that the first sampler of a piece plays: channels x frames.
fn sampled(piece: &Piece) -> Vec<Vec<f32>> {
    let text = piece.session().nodes.iter().find_map(|n| n.text("path")).expect("a sampler");
    piece.shared_library().sample(text).unwrap_or_else(|e| panic!("{e}")).channels.clone()
}

fn eval(desk: &Desk, script: &str) -> Piece {
    desk.runtime().eval(script).unwrap_or_else(|e| panic!("{script}\n{e:#?}"))
}

/// What a sound is.
fn sound(desk: &Desk, prelude: &str, sound: &str) -> Vec<Vec<f32>> {
    sampled(&eval(desk, &format!("{prelude} track(\"out\", sampler({sound}));")))
}

/// What a script renders to in so many seconds and a second more.
fn rendered(desk: &Desk, script: &str, seconds: f64) -> [Vec<f32>; 2] {
    let (length, tail) = (Length::Seconds(seconds), Tail::Seconds(1.0));
    let options = Options { length, tail, ceiling: None, ..Options::default() };
    let sound = eval(desk, script).render(options).unwrap_or_else(|e| panic!("{e:#?}"));
    [sound.left, sound.right]
}

fn same(heard: &[Vec<f32>], wanted: &[Vec<f32>]) {
    assert_eq!(heard.len(), wanted.len(), "channels");
    for (heard, wanted) in heard.iter().zip(wanted) {
        assert_eq!(heard.len(), wanted.len(), "frames");
        let other = heard.iter().zip(wanted).position(|(a, b)| a.to_bits() != b.to_bits());
        assert_eq!(other, None, "the first other frame");
        assert!(wanted.iter().any(|x| x.abs() > 0.01), "there is something to be heard");
    }
}

#[test]
fn a_track_is_bounced_as_it_sounds() {
    let desk = Desk::new();
    let wanted = rendered(&desk, RIFF, 4.0);
    assert_ne!(wanted[0], wanted[1]);
    same(&sound(&desk, RIFF, "a.bounce(4.0, #{tail: 1})"), &wanted);
    same(&sound(&desk, RIFF, "bounce(a, #{bars: 1.5, tail: 1})"), &wanted);
    let muted = "a.mute(); track(\"b\", saw(50)).fx(reverb()); master(drive(0.9));";
    same(&sound(&desk, &format!("{RIFF}{muted}"), "bounce(a, 4.0, #{tail: 1.0})"), &wanted);
}

#[test]
fn a_signal_and_an_instrument_that_is_played() {
    let desk = Desk::new();
    let signal =
        "tempo(60); let s = (sine(220) + noise() * 0.1) |> lowpass(lfo(\"sine\", 3) * 500 + 900);";
    let wanted = rendered(&desk, &format!("{signal} track(\"bounce\", s);"), 1.0);
    let heard = sound(&desk, signal, "bounce(s, 1, #{tail: 1})");
    same(&heard, &wanted[..1]);
    let played =
        RIFF.replace("\"a\"", "\"bounce\"").replace(".fx(delay(0.21)).gain(0.7).pan(0.2)", "");
    let wanted = rendered(&desk, &played, 2.0);
    let call = "bounce(synth, note(\"<c3 g3> e3*3 [b3 c4]\").degrade_by(0.2), 2.0, #{tail: 1})";
    same(&sound(&desk, RIFF, call), &wanted[..1]);
}

#[test]
fn it_is_cut_turned_round_and_bounced_again() {
    let desk = Desk::new();
    let whole = sound(&desk, RIFF, "a.bounce(2)");
    let frames = whole[0].len();
    assert_eq!(frames, 96_000);
    let turned =
        "process_buffer(a.bounce(2), |x, y| { for i in 0..x.len() { y[i] = x[-1 - i]; } })";
    let back: Vec<Vec<f32>> = whole.iter().map(|x| x.iter().rev().copied().collect()).collect();
    same(&sound(&desk, RIFF, turned), &back);
    let quarter: Vec<Vec<f32>> = back.iter().map(|x| x[24_000..48_000].to_vec()).collect();
    same(&sound(&desk, RIFF, &format!("{turned}.slice(4)[1]")), &quarter);
    let again = format!(
        "bounce(sampler({turned}, #{{play: \"one_shot\"}}), note(\"c4\").velocity(1).slow(8), 2.0)"
    );
    same(&sound(&desk, RIFF, &again), &back);
}

#[test]
fn the_seed_of_the_render_is_its_seed() {
    let desk = Desk::new();
    let script = format!("seed(3); {RIFF} track(\"out\", sampler(a.bounce(2)));");
    let seeded = |seed| sampled(&desk.runtime().seed(seed).eval(&script).expect("evaluates"));
    same(&seeded(3), &sampled(&eval(&desk, &script)));
    assert!(seeded(4) != seeded(3));
}

#[test]
fn an_edit_of_something_else_leaves_it_alone() {
    let desk = Desk::new();
    let text = |script: &str| {
        let piece = eval(&desk, script);
        piece.session().nodes.iter().find_map(|n| n.text("path")).expect("a sampler").to_string()
    };
    let script = format!("{RIFF} a.mute(); track(\"out\", sampler(a.bounce(2)));");
    let before = text(&script);
    assert_eq!(text(&format!("\n\n {script} track(\"more\", saw(90));")), before);
    assert_ne!(text(&script.replace("1200", "1300")), before);
    assert_ne!(text(&script.replace("e3*3", "e3*2")), before);
    assert_ne!(text(&script.replace("tempo(90)", "tempo(91)")), before);
}

#[test]
fn a_recording_that_it_plays_is_heard_when_it_is_saved_anew() {
    let desk = Desk::new();
    let script = "tempo(60); let inner = sampler(\"loop.wav\", #{play: \"one_shot\"}); \
        track(\"out\", sampler(bounce(inner, note(\"c4\").velocity(1).slow(4), 0.5)));";
    let runtime = desk.runtime();
    let piece = runtime.eval(script).expect("evaluates");
    same(&sampled(&piece), &[desk.sound[..24_000].to_vec()]);
    let real = desk.folder.path().join("loop.wav").canonicalize().expect("is there");
    let library = piece.shared_library();
    let text = piece.session().nodes.iter().find_map(|n| n.text("path")).expect("a sampler");
    assert!(library.behind(text).contains(&real) && library.files().contains(&real));
    let other = noise(99, 80_000);
    write(&real, &other);
    let next = runtime.eval_after(script, &piece).expect("evaluates");
    same(&sampled(&next), &[other[..24_000].to_vec()]);
}

#[test]
fn it_is_rendered_once_as_long_as_somebody_plays_it() {
    let desk = Desk::new();
    let piece = eval(&desk, &format!("{RIFF} track(\"out\", sampler(a.bounce(2)));"));
    let text = piece.session().nodes.iter().find_map(|n| n.text("path")).expect("a sampler");
    let library = piece.shared_library();
    let [first, second] = [(); 2].map(|()| library.sample(text).expect("is made"));
    assert!(Arc::ptr_eq(&first, &second));
}

/// A sound of many parts is made once, however many of them are played and whatever they are made of.
#[test]
fn what_is_cut_out_of_it_and_made_of_it_is_rendered_once() {
    let (desk, renders) = (Desk::new(), Arc::new(AtomicUsize::new(0)));
    let count = renders.clone();
    let runtime = desk.runtime().observed(Observer::new(move |done, total| {
        count.fetch_add(usize::from(done >= total), Relaxed);
        true
    }));
    let script = format!(
        "{RIFF} let turned = a.bounce(2) |> process_buffer(|x, y| {{ for i in 0..x.len() {{ y[i] = x[-1 - i]; }} }}); \
         track(\"parts\", sampler(turned.slice(8))).play(n(\"0 7 3*2 5\")); \
         track(\"hits\", sampler(a.bounce(2).slice(\"onsets\"))).play(n(\"0 1\"));"
    );
    let piece = runtime.eval(&script).expect("evaluates");
    let sound = piece.render(Options::default()).expect("is rendered");
    assert!(sound.left.iter().any(|x| x.abs() > 0.01), "it is heard");
    assert_eq!(renders.load(Relaxed), 1);
    piece.render(Options::default()).expect("is rendered again");
    let more = format!("{script} track(\"more\", saw(90));");
    let next = runtime.eval_after(&more, &piece).expect("evaluates");
    next.render(Options::default()).expect("is rendered with more");
    assert_eq!(renders.load(Relaxed), 1);
}

/// Nobody waits without knowing for what, or without a way out.
#[test]
fn how_far_it_is_can_be_watched_and_it_can_be_stopped() {
    let desk = Desk::new();
    let script = format!("{RIFF} track(\"out\", sampler(a.bounce(2, #{{tail: 1}})));");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watched = |stop: f64| {
        let seen = seen.clone();
        let observer = Observer::new(move |done, total| {
            seen.lock().expect("nobody panics").push((done, total));
            done < stop || done >= total
        });
        desk.runtime().observed(observer).eval(&script).expect("evaluates")
    };
    sampled(&watched(9.0));
    let all = std::mem::take(&mut *seen.lock().expect("nobody panics"));
    assert!(all.len() > 20 && all.iter().all(|(_, total)| *total == 3.0), "{all:?}");
    assert!(all.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{all:?}");
    assert_eq!(all.last(), Some(&(3.0, 3.0)));
    let errors = watched(0.5).start(Options::default()).err().expect("it is stopped");
    assert!(errors[0].message.contains("it was stopped before it was rendered"), "{errors:?}");
    let all = std::mem::take(&mut *seen.lock().expect("nobody panics"));
    assert!(all.iter().filter(|(done, _)| *done < 3.0).all(|(done, _)| *done < 0.7), "{all:?}");
    assert_eq!(all.last(), Some(&(3.0, 3.0)), "what is shown ends");
}

#[test]
fn what_goes_wrong_within_it_is_told() {
    let desk = Desk::new();
    let script = "let f = dsp(|t| 1.0 / (t - t), #{}); track(\"out\", sampler(bounce(f, 0.1)));";
    let mut offline = eval(&desk, script).start(Options::default()).expect("starts");
    let told = offline.take_warnings();
    assert!(told.iter().any(|w| w.message.starts_with("in a bounce: ")), "{told:?}");
}

#[test]
fn what_cannot_be_bounced_is_refused() {
    let desk = Desk::new();
    for (call, said) in [
        ("bounce(5, 2.0)", "takes a sound or a track"),
        ("bounce(lowpass(5), 2.0)", "takes a sound or a track"),
        ("bounce(synth, 2.0)", "nothing plays this instrument"),
        ("bounce(saw(5), 0)", "must know how long"),
        ("bounce(saw(5), 1000)", "600"),
        ("bounce(saw(5), #{bar: 2})", "has no option `bar` Some(\"did you mean `bars`?"),
        ("bounce(saw(5), true, 2.0)", "is played by a pattern"),
        ("bounce(synth, note(\"c4*10000\"), 90.0)", "more than 20000 events"),
        ("bounce(audio_in(1), 2.0)", "comes in"),
        ("bounce(saw(5) * tap(\"a\"), 2.0)", "listens to another track"),
        ("bounce(bus(\"b\", reverb()), 2.0)", "takes a sound or a track"),
        (
            "{ let s = (); instrument(|v| { s = v.env; saw(v.freq) }); bounce(saw(5) * s, 1) }",
            "voice",
        ),
    ] {
        let script = format!("{RIFF} track(\"out\", sampler({call}));");
        let wrong = desk.wrong(&desk.runtime(), &script);
        assert!(wrong.contains(said), "{call}: {wrong}");
    }
}

#[test]
fn a_rig_keeps_it_and_damaged_ones_are_refused() {
    let desk = Desk::new();
    let piece = eval(&desk, &format!("{RIFF} a.mute(); track(\"out\", sampler(a.bounce(2)));"));
    let wanted = sampled(&piece);
    let rig = rhapsode::session::Rig::of(piece.session()).to_json();
    let file = desk.folder.path().join("rig.json");
    std::fs::write(&file, &rig).expect("writes");
    same(&sampled(&eval(&desk, "load_rig(\"rig.json\");")), &wanted);
    // Nodes inside are looked at as closely as those outside.
    let damaged = rig.replacen("\\\"kind\\\":\\\"lowpass\\\"", "\\\"kind\\\":\\\"lowpath\\\"", 1);
    assert_ne!(damaged, rig);
    std::fs::write(&file, damaged).expect("writes");
    let wrong = desk.wrong(&desk.runtime(), "load_rig(\"rig.json\");");
    assert!(wrong.contains("lowpath"), "{wrong}");
}
