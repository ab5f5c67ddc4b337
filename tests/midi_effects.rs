//! MIDI effects written in the script: what comes in, goes through a function, and plays.

#[path = "live/stage.rs"]
mod stage;

use rhapsode::engine::live::{Effects, LATENCY};
use rhapsode::engine::{Clock, Live};
use rhapsode::rt::Arrival;
use rhapsode::session::{MidiEffect, Port, Session, Way};
use stage::{RATE, Stage, piece};

/// Effects at work, and what they have sent.
struct Desk {
    effects: Effects,
    session: Session,
    sent: Vec<Arrival>,
    told: Vec<String>,
}

impl Desk {
    fn new(source: &str) -> Desk {
        let session = Session::default();
        let (effects, sent, told) = (Effects::default(), Vec::new(), Vec::new());
        let mut desk = Desk { effects, session, sent, told };
        desk.play(source);
        desk
    }

    fn play(&mut self, source: &str) {
        self.session = piece(source).session().clone();
        let clock = Clock::new(&self.session, RATE);
        self.effects.follow(&self.session, clock, |arrival| self.sent.push(arrival));
    }

    fn hear(&mut self, frame: u64, bytes: &[u8]) -> Vec<[u8; 3]> {
        let port = self.session.effects[0].port.number(Way::In).expect("a number");
        let told = self.effects.hear((frame, port, bytes), |arrival| self.sent.push(arrival));
        self.told.extend(told);
        self.take().into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// What was sent since, with frames that leave the latency out.
    fn take(&mut self) -> Vec<(u64, [u8; 3])> {
        let late = (LATENCY * RATE) as u64;
        self.sent.drain(..).map(|a| (a.frame.saturating_sub(late), a.bytes)).collect()
    }
}

#[test]
fn functions_change_add_and_drop_messages() {
    let mut desk = Desk::new(
        "let keys = midi_in(\"fx one\"); on_midi(keys, |m| { if m.kind == \"control\" { return (); } \
         if m.note < 48 { [m.transpose(12), m.transpose(19).louder(0.5)] } else { m } });",
    );
    assert_eq!(desk.hear(0, &[0x90, 60, 100]), [[0x90, 60, 100]]);
    assert_eq!(desk.hear(0, &[0x92, 40, 100]), [[0x92, 52, 100], [0x92, 59, 50]]);
    assert_eq!(desk.hear(0, &[0x80, 40, 7]), [[0x80, 52, 7], [0x80, 59, 4]]);
    assert_eq!(desk.hear(0, &[0xb0, 1, 1]), [[0; 3]; 0]);
    assert_eq!(desk.told, [""; 0]);
}

#[test]
fn the_library_has_chords_splits_curves_strums_and_arpeggios() {
    let with = |effect: &str| {
        Desk::new(&format!(
            "tempo(120); import \"std/midi\" as midi; on_midi(\"fx two\", {effect}, #{{ticks: 4}});"
        ))
    };
    let mut chord = with("midi::chord([0, 4, 7])");
    assert_eq!(chord.hear(0, &[0x90, 60, 9]), [[0x90, 60, 9], [0x90, 64, 9], [0x90, 67, 9]]);
    let mut split = with("midi::split(60)");
    assert_eq!(split.hear(0, &[0x95, 59, 9]), [[0x90, 59, 9]]);
    assert_eq!(split.hear(0, &[0x95, 60, 9]), [[0x91, 60, 9]]);
    assert_eq!(split.hear(0, &[0xb5, 64, 9]), [[0xb0, 64, 9], [0xb1, 64, 9]]);
    let mut curve = with("midi::velocity_curve(2)");
    assert_eq!(curve.hear(0, &[0x90, 60, 64]), [[0x90, 60, 32]]);
    assert_eq!(curve.hear(0, &[0x90, 60, 127]), [[0x90, 60, 127]]);
    let mut strum = with("midi::strum(0.01)");
    for key in [60, 64, 67] {
        strum.effects.hear((4800, port(&strum), &[0x90, key, 9]), |a| strum.sent.push(a));
    }
    let frames: Vec<u64> = strum.take().iter().map(|s| s.0).collect();
    assert_eq!(frames, [4800, 5280, 5760]);
}

fn port(desk: &Desk) -> u8 {
    desk.session.effects[0].port.number(Way::In).expect("a number")
}

#[test]
fn an_arpeggio_plays_what_is_held_on_exact_sixteenths() {
    let mut desk = Desk::new(
        "tempo(120); import \"std/midi\" as midi; on_midi(\"fx three\", midi::arpeggio(\"up\"), #{ticks: 4});",
    );
    assert!(desk.hear(100, &[0x90, 64, 100]).is_empty());
    assert!(desk.hear(200, &[0x90, 60, 100]).is_empty());
    let mut all = Vec::new();
    // As the thread does it: now and then, for what has been played.
    for frame in (1000..26_000).step_by(700) {
        let told = desk.effects.tick(frame, |arrival| desk.sent.push(arrival));
        assert_eq!(told, [""; 0]);
        all.extend(desk.take());
    }
    let begun: Vec<(u64, u8)> =
        all.iter().filter(|(_, b)| b[0] == 0x90).map(|(frame, b)| (*frame, b[1])).collect();
    assert_eq!(begun, [(6000, 60), (12_000, 64), (18_000, 60), (24_000, 64)]);
    let ended: Vec<(u64, u8)> =
        all.iter().filter(|(_, b)| b[0] == 0x80).map(|(frame, b)| (*frame, b[1])).collect();
    assert_eq!(ended, [(12_000, 60), (18_000, 64), (24_000, 60)]);
    desk.hear(26_000, &[0x80, 60, 0]);
    desk.hear(26_000, &[0x80, 64, 0]);
    desk.effects.tick(40_000, |arrival| desk.sent.push(arrival));
    assert_eq!(desk.take(), [(30_000, [0x80, 64, 64])], "nothing is held, nothing hangs");
}

#[test]
fn an_effect_that_stays_keeps_its_memory_and_one_that_goes_ends_its_notes() {
    let counting = |extra: &str| {
        format!(
            "on_midi(\"fx four\", |m| {{ if !(\"n\" in this) {{ this.n = 0.0; }} this.n += 1.0; m.transpose(this.n) }}); {extra}"
        )
    };
    let mut desk = Desk::new(&counting(""));
    desk.hear(0, &[0x90, 60, 9]);
    let output = MidiEffect::output(&Port::named("fx four")).number(Way::In);
    // The same function, though the script is another: it is told by its source, which is all of it.
    desk.play("on_midi(\"fx four\", |m| m);");
    assert_eq!(desk.sent.len(), 1);
    assert_eq!(Some(desk.sent[0].port), output);
    assert_eq!(desk.sent[0].bytes[0], 0xff, "its notes are let go");
}

#[test]
fn what_is_wrong_with_an_effect_is_told_with_its_place() {
    let Err(errors) = rhapsode::Runtime::new().eval("on_midi(\"k\", 5);") else {
        panic!("is wrong")
    };
    assert!(errors[0].message.contains("takes a function of messages"), "{errors:?}");
    let mut desk = Desk::new("on_midi(\"fx five\", |m| throw \"no luck\");");
    assert!(desk.hear(0, &[0x90, 60, 9]).is_empty());
    assert!(desk.told[0].contains("no luck"), "{:?}", desk.told);
    let mut desk = Desk::new("on_midi(\"fx five\", |m| #{kind: \"noise\"});");
    desk.hear(0, &[0x90, 60, 9]);
    assert!(desk.told[0].contains("`noise` is no kind of message"), "{:?}", desk.told);
}

#[test]
fn tracks_hear_the_effect_in_place_of_the_port() {
    let source = "let organ = instrument(|v| v.gate * 0.5); let keys = midi_in(\"fx six\"); \
                  on_midi(keys, |m| m); track(\"a\", organ).midi_in(keys);";
    let mut stage = Stage::new(source);
    let play = |stage: &mut Stage, port: Port, frame| {
        let port = port.number(Way::In).expect("a number");
        stage.performer.hear(Arrival { frame, port, bytes: [0x90, 60, 100] });
    };
    play(&mut stage, Port::named("fx six"), 100);
    stage.play_to(0.1);
    assert!(stage.left.iter().all(|x| *x == 0.0), "what comes straight is not heard");
    play(&mut stage, MidiEffect::output(&Port::named("fx six")), 6000);
    stage.play_to(0.3);
    assert_eq!(stage.left.iter().position(|x| *x != 0.0), Some(6001), "a line from 0");
    let _: &Live = &stage.live;
}
