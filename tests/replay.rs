//! A log played again gives the samples that were heard, whatever was played and whenever.

#[path = "live/stage.rs"]
mod stage;

use rhapsode::engine::live::{Entry, Quant, Replay};
use rhapsode::rt::Arrival;
use rhapsode::session::Port;
use rhapsode::units::Way;
use stage::{RATE, SONG, Stage, fresh, peak, same};
use std::collections::BTreeMap;

/// A performance that is logged; what is heard waits in `stage`.
struct Played {
    stage: Stage,
    entries: Vec<Entry>,
    /// Texts by the number of the edit; 0 is the first.
    texts: BTreeMap<u64, String>,
}

impl Played {
    fn new(text: &str, buffers: &[usize]) -> Played {
        let mut stage = Stage::with(text, buffers);
        let entries = stage.live.take_log().expect("whole");
        Played { stage, entries, texts: BTreeMap::from([(0, text.to_string())]) }
    }

    fn play_to(&mut self, seconds: f64) {
        while (self.stage.left.len() as f64) < seconds * RATE {
            self.stage.step();
            self.entries.extend(self.stage.live.take_log().expect("whole"));
        }
    }

    fn edit(&mut self, text: &str, quant: Quant) {
        self.stage.edit(text, quant);
        self.texts.insert(self.stage.live.commits(), text.to_string());
    }

    fn hear(&mut self, port: &str, frame: u64, bytes: [u8; 3]) {
        let port = Port::named(port).number(Way::In).expect("a number");
        self.stage.performer.hear(Arrival { frame, port, bytes });
    }

    /// Plays the log again and compares.
    fn again(mut self) {
        self.entries.extend(self.stage.live.take_log().expect("whole"));
        let mut replay = Replay::new(fresh(&self.texts[&0]), Some(1.0), 0.0, 0);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut render = |replay: &mut Replay| {
            for frame in replay.render().chunks(2) {
                left.push(frame[0]);
                right.push(frame[1]);
            }
        };
        for entry in self.entries {
            while entry.at().is_some_and(|at| at > replay.frame()) {
                render(&mut replay);
            }
            replay.take(entry, |n| Ok(fresh(&self.texts[&n]))).expect("it can be followed");
        }
        while replay.frame() < self.stage.left.len() as u64 {
            render(&mut replay);
        }
        assert!(peak(&left) > 0.05, "there is sound");
        same(&left, &self.stage.left, "left");
        same(&right, &self.stage.right, "right");
    }
}

#[test]
fn edits_in_quick_succession_are_heard_again() {
    let reverb = SONG.replace("delay(0.25, #{feedback: 0.4})", "reverb(#{decay: 6})");
    let other = SONG.replace("<c5 e5> g5*2", "e5*3 [b5 d6]*2").replace("tempo(126)", "tempo(90)");
    let texts = [SONG, &reverb, &other, "track(\"x\", noise() * 0.05);", &reverb, SONG, &other];
    for (seed, buffers) in [(0_usize, vec![256]), (3, vec![1, 37, 512, 1000, 64])] {
        let mut played = Played::new(SONG, &buffers);
        for i in 0..40 {
            played.play_to(0.11 * f64::from(i + 1));
            let quant = [Quant::Now, Quant::Beats(0.5), Quant::Bar][(i as usize + seed) % 3];
            played.edit(texts[(i as usize * 5 + seed) % texts.len()], quant);
        }
        played.play_to(6.0);
        played.again();
    }
}

#[test]
fn what_is_played_by_hand_is_heard_again() {
    let text = r#"
        let keys = instrument(|v| saw(v.freq) * adsr(v.gate) * v.velocity * 0.3 |> lowpass(cc(74).range(200, 4000)));
        track("keys", keys).midi_in("replayed hands").fx(delay(0.2));
        map(71, "keys/delay.mix", 0, 1);
    "#;
    let mut played = Played::new(text, &[100, 37, 256]);
    for i in 0..60_u64 {
        // Some come too late for their frame.
        let frame = (i * 3111).saturating_sub(i % 7 * 400);
        let key = 40 + (i * 7 % 40) as u8;
        played.play_to(i as f64 * 0.06);
        played.hear("replayed hands", frame, [0x90, key, 100]);
        played.hear("replayed hands", frame + 2500, [0x80, key, 0]);
        played.hear(
            "replayed hands",
            frame + 100,
            [0xb0, 70 + (i % 5) as u8, (i * 13 % 128) as u8],
        );
        if i == 20 {
            played.edit(&text.replace("0.3 |>", "0.2 |> drive(3) |>"), Quant::Now);
        }
        if i == 41 {
            played.stage.live.panic();
        }
    }
    played.play_to(4.0);
    played.stage.live.end();
    played.play_to(4.2);
    assert_eq!(peak(&played.stage.left[198_000..]), 0.0, "it has ended");
    played.again();
}

#[test]
fn somebody_elses_time_is_followed_again() {
    let text = "sync_to(\"replayed clock\"); tempo(120); track(\"a\", instrument(|v| sine(v.freq) * adsr(v.gate) * 0.4))
        .play(note(\"c3*8 e4 g3*3\")); track(\"b\", saw(100) * 0.1 |> lowpass(lfo(\"sine\", 1).range(100, 900)));";
    let mut played = Played::new(text, &[256]);
    let mut tick = 0.3;
    played.hear("replayed clock", (0.29 * RATE) as u64, [0xfa, 0, 0]);
    for i in 0..400 {
        played.play_to(tick);
        played.hear("replayed clock", (tick * RATE) as u64, [0xf8, 0, 0]);
        tick += 60.0 / 24.0 / (110.0 + 10.0 * f64::from(i % 90) / 90.0);
        if i == 250 {
            played.hear("replayed clock", (tick * RATE) as u64, [0xfc, 0, 0]);
        }
        if i == 300 {
            played.hear("replayed clock", (tick * RATE) as u64, [0xfb, 0, 0]);
            played.edit(&text.replace("g3*3", "b3*5"), Quant::Bar);
        }
    }
    played.play_to(9.0);
    let turns = played.entries.iter().filter(|e| matches!(e, Entry::Step(_))).count();
    assert!(turns > 10, "{turns} new tempi");
    played.again();
}
