//! The clock of others: the music goes where a MIDI clock goes, and no note is lost or played twice.

#[path = "live/stage.rs"]
mod stage;

use rhapsode::engine::live::{News, Quant};
use rhapsode::rt::Arrival;
use rhapsode::session::Port;
use rhapsode::units::Way;
use stage::{RATE, Stage};

/// A click on every quarter note.
const CLICKS: &str = "sync_to(\"master\"); tempo(120);
    track(\"a\", instrument(|v| sine(0, #{phase: 0.25}) * v.gate)).play(note(\"c3*4\").gate(0.3));";

/// A sequencer that sends its clock, each message late by something.
struct Master {
    port: u8,
    /// Seconds of the next tick, and from tick to tick.
    next: f64,
    period: f64,
    jitter: f64,
    noise: u64,
    /// Messages that go out before the tick that is due then.
    says: Vec<(f64, [u8; 3])>,
}

impl Master {
    fn new(bpm: f64, jitter: f64) -> Master {
        let port = Port::named("master").number(Way::In).expect("a number");
        Master { port, next: 0.0, period: 60.0 / bpm / 24.0, jitter, noise: 11, says: Vec::new() }
    }

    fn tempo(&mut self, bpm: f64) {
        self.period = 60.0 / bpm / 24.0;
    }

    fn say(&mut self, at: f64, bytes: [u8; 3]) {
        self.says.push((at, bytes));
    }

    /// Sends what is due before `seconds`.
    fn send(&mut self, stage: &mut Stage, seconds: f64) {
        loop {
            let message = match self.says.first() {
                Some(&(at, _)) if at <= self.next && at < seconds => self.says.remove(0),
                _ if self.next < seconds => {
                    let at = self.next;
                    self.next += self.period;
                    self.noise =
                        self.noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
                    let random = (self.noise >> 40) as f64 / f64::from(1 << 24);
                    (at + self.jitter * random, [0xf8, 0, 0])
                }
                _ => return,
            };
            let frame = (message.0 * RATE).round() as u64;
            stage.performer.hear(Arrival { frame, port: self.port, bytes: message.1 });
        }
    }

    /// Plays on to `seconds`, in buffers of so many frames.
    fn play_in(&mut self, stage: &mut Stage, seconds: f64, buffer: usize) {
        while (stage.left.len() as f64) < seconds * RATE {
            let end = stage.left.len() + buffer;
            self.send(stage, end as f64 / RATE);
            stage.step();
        }
    }

    /// The same in usual ones.
    fn play(&mut self, stage: &mut Stage, seconds: f64) {
        self.play_in(stage, seconds, 256);
    }
}

/// Seconds at which clicks begin, from `from` on.
fn onsets(stage: &Stage, from: f64) -> Vec<f64> {
    let rises = |w: &[f32]| w[0] < 0.1 && w[1] >= 0.1;
    let found = stage.left.windows(2).enumerate().filter(|(_, w)| rises(w));
    // A voice is that loud six frames after its note.
    found.map(|(i, _)| (i + 1 - 6) as f64 / RATE).filter(|t| *t >= from).collect()
}

#[test]
fn the_tempo_is_that_of_a_jittered_clock() {
    let mut stage = Stage::new(CLICKS);
    let mut master = Master::new(126.0, 2e-3);
    master.play(&mut stage, 40.0);
    let all = onsets(&stage, 0.0);
    for pair in all.windows(2) {
        let gap = pair[1] - pair[0];
        assert!(
            (0.45..0.52).contains(&gap),
            "{gap} s at {}: a note was lost or played twice",
            pair[0]
        );
    }
    let late = onsets(&stage, 20.0);
    for bar in late.windows(9) {
        let bpm = 8.0 * 60.0 / (bar[8] - bar[0]);
        assert!((bpm - 126.0).abs() < 0.05, "{bpm} bpm at {}", bar[0]);
    }
    let told = stage.news.iter().any(|n| matches!(n, News::Told(t) if t.contains("master")));
    assert!(told, "{:?}", stage.news);
}

#[test]
fn start_begins_at_the_next_tick_and_stays_with_the_clock() {
    for (buffer, jitter, bound) in [(128, 0.0, 2.0 / RATE), (128, 2e-3, 1.5e-3), (1024, 0.0, 0.03)]
    {
        let mut stage = Stage::with(CLICKS, &[buffer]);
        let mut master = Master::new(100.0, jitter);
        master.say(3.011, [0xfa, 0, 0]);
        master.play_in(&mut stage, 20.0, buffer);
        let first = (3.011 / 0.025f64).ceil() * 0.025 + jitter / 2.0;
        let heard = onsets(&stage, 3.0);
        let off = |i: usize| heard[i] - first - 0.6 * i as f64;
        assert!(off(0).abs() < bound, "{buffer}: the first is {} ms off", off(0) * 1e3);
        for i in 1..heard.len() {
            assert!(
                off(i).abs() < bound.min(6e-3).max(1.5e-3),
                "{buffer}: {i} is {} ms off",
                off(i) * 1e3
            );
        }
        assert_eq!(heard.len(), ((20.0 - first) / 0.6).ceil() as usize, "{heard:?}");
    }
}

#[test]
fn stop_holds_continue_goes_on_and_song_position_jumps() {
    let song = "sync_to(\"master\"); track(\"a\", instrument(|v| sine(0, #{phase: 0.25}) * v.gate * v.velocity)).play(note(\"c3 c3 c3 c3\").velocity(\"<[0.2 0.3 0.4 0.5] [0.6 0.7 0.8 0.9]>\"));";
    let mut stage = Stage::with(song, &[128]);
    let mut master = Master::new(120.0, 0.0);
    master.say(1.01, [0xfa, 0, 0]);
    master.say(2.77, [0xfc, 0, 0]);
    master.say(4.01, [0xfb, 0, 0]);
    master.say(5.51, [0xfc, 0, 0]);
    master.say(6.01, [0xf2, 28, 0]);
    master.say(6.02, [0xfb, 0, 0]);
    master.play_in(&mut stage, 8.0, 128);
    let level = |t: f64| (stage.left[(t * RATE) as usize] * 10.0).round() / 10.0;
    let heard = |times: &[f64]| times.iter().map(|t| level(*t)).collect::<Vec<f32>>();
    // From 1.0208 on, at 120 bpm.
    assert_eq!(heard(&[1.1, 1.6, 2.1, 2.6]), [0.2, 0.3, 0.4, 0.5]);
    assert_eq!(heard(&[2.80, 3.0, 3.5, 3.9]), [0.0; 4], "stopped, and no note hangs");
    // Stopped after 84 ticks at 3.5 beats: on from the 85th.
    assert_eq!(heard(&[4.5, 5.0, 5.4]), [0.6, 0.7, 0.8]);
    assert_eq!(heard(&[5.6, 5.9]), [0.0; 2]);
    // 28 sixteenths are seven beats.
    assert_eq!(heard(&[6.2, 6.7, 7.2]), [0.9, 0.2, 0.3]);
}

#[test]
fn a_tempo_that_changes_is_followed_without_losing_a_note() {
    let mut stage = Stage::new(CLICKS);
    let mut master = Master::new(120.0, 1e-3);
    master.say(2.01, [0xfa, 0, 0]);
    for (bpm, until) in [(120.0, 10.0), (90.0, 20.0), (150.0, 30.0), (152.0, 40.0)] {
        master.tempo(bpm);
        master.play(&mut stage, until);
    }
    let all = onsets(&stage, 2.0);
    for pair in all.windows(2) {
        let gap = pair[1] - pair[0];
        assert!((0.3..0.85).contains(&gap), "{gap} s at {}", pair[0]);
    }
    // The clock has ticked this often since its start: so many clicks are due.
    let beats = 8.0 * 2.0 + 10.0 * 1.5 + 10.0 * 2.5 + 10.0 * 152.0 / 60.0;
    assert!((all.len() as f64 - beats).abs() <= 1.0, "{} clicks in {beats} beats", all.len());
    let end = onsets(&stage, 37.0);
    let bpm = (end.len() - 1) as f64 * 60.0 / (end[end.len() - 1] - end[0]);
    assert!((bpm - 152.0).abs() < 0.3, "{bpm}");
}

#[test]
fn a_clock_that_falls_silent_is_told_and_missed_by_nobody() {
    let mut stage = Stage::new(CLICKS);
    let mut master = Master::new(110.0, 1e-3);
    master.play(&mut stage, 10.0);
    stage.news.clear();
    stage.play_to(16.0);
    let warned = |n: &News| matches!(n, News::Warning(d) if d.message.contains("silent"));
    assert_eq!(stage.news.iter().filter(|n| warned(n)).count(), 1, "{:?}", stage.news);
    let heard = onsets(&stage, 11.0);
    let bpm = (heard.len() - 1) as f64 * 60.0 / (heard[heard.len() - 1] - heard[0]);
    assert!((bpm - 110.0).abs() < 0.05, "{bpm}");
    master.next = 16.0;
    master.play(&mut stage, 20.0);
    assert!(stage.news.iter().any(|n| matches!(n, News::Told(_))), "it is followed again");
}

#[test]
fn edits_keep_the_time_of_the_clock_and_give_it_back() {
    let mut stage = Stage::new(CLICKS);
    let mut master = Master::new(126.0, 1e-3);
    master.say(1.01, [0xfa, 0, 0]);
    for i in 1..40 {
        master.play(&mut stage, 3.0 + 0.37 * f64::from(i));
        let quant = [Quant::Bar, Quant::Now, Quant::Beats(1.0)][i as usize % 3];
        stage.edit(
            &format!("{CLICKS} track(\"b\", noise() * 0.01).fx(lowpass({}));", 300 + i),
            quant,
        );
    }
    master.play(&mut stage, 20.0);
    let all = onsets(&stage, 2.0);
    for pair in all.windows(2) {
        let gap = pair[1] - pair[0];
        assert!((gap - 60.0 / 126.0).abs() < 0.02, "{gap} s at {}", pair[0]);
    }
    // Without `sync_to` the piece has its own tempo again, from the edit on, without a break.
    let at = stage.edit(&CLICKS.replace("sync_to(\"master\");", ""), Quant::Bar) as f64 / RATE;
    master.play(&mut stage, 28.0);
    let after = onsets(&stage, at - 0.01);
    for pair in after.windows(2) {
        assert!((pair[1] - pair[0] - 0.5).abs() < 1e-3, "{} at {}", pair[1] - pair[0], pair[0]);
    }
    assert!(after[0] - at < 0.01, "{} {at}", after[0]);
}

#[test]
fn lfos_go_with_the_clock() {
    let song =
        "sync_to(\"master\"); track(\"a\", sine(0, #{phase: 0.25})).fx(gain(lfo(\"ramp\", 1)));";
    let mut stage = Stage::new(song);
    let mut master = Master::new(90.0, 0.0);
    master.say(1.01, [0xfa, 0, 0]);
    master.play(&mut stage, 12.0);
    let first = (1.01 / (master.period)).ceil() * master.period;
    for t in [6.0, 7.3, 9.1, 11.7] {
        let want = ((t - first) * 1.5).fract();
        let got = f64::from(stage.left[(t * RATE) as usize]);
        assert!((got - want).abs() < 0.01, "{got} and not {want} at {t}");
    }
}

/// What goes out while `source` is played in buffers of so many frames.
fn sent(source: &str, seconds: f64, buffer: usize) -> Vec<(u64, u8)> {
    let mut stage = Stage::with(source, &[buffer]);
    let mut all = Vec::new();
    while (stage.left.len() as f64) < seconds * RATE {
        stage.step();
        stage.performer.take_outgoing(|m| all.push((m.frame, m.bytes[0])));
    }
    all
}

#[test]
fn the_clock_that_goes_out_ticks_at_its_frames() {
    for (source, beat) in [
        ("tempo(120);", (|s: f64| s * 2.0) as fn(f64) -> f64),
        ("tempo(137.3);", |s| s * 137.3 / 60.0),
        // An exponential of time: d(beat)/dt is the tempo.
        ("tempo_ramp([[0, 60], [16, 180]]);", |s| 8.0 * libm::expm1(s * 7.5 / 60.0)),
    ] {
        let all = sent(
            &format!("{source} midi_clock_out(\"box\"); track(\"a\", noise() * 0.1);"),
            6.0,
            100,
        );
        assert_eq!(&all[..2], &[(0, 0xfa), (0, 0xf8)], "{source}");
        let ticks: Vec<u64> = all.iter().filter(|m| m.1 == 0xf8).map(|m| m.0).collect();
        assert_eq!(ticks.len() + 1, all.len());
        for (i, frame) in ticks.iter().enumerate() {
            // Where the tick is due, by bisection.
            let (mut early, mut late) = (0.0, 10.0);
            for _ in 0..60 {
                let middle = (early + late) / 2.0;
                if beat(middle) * 24.0 < i as f64 { early = middle } else { late = middle }
            }
            let off = *frame as f64 - early * RATE;
            assert!(off.abs() < 0.6, "{source}: tick {i} is {off} frames off");
        }
        let due = (beat(6.0) * 24.0).floor() as usize;
        assert!(ticks.len().abs_diff(due + 1) <= 1, "{source}: {} of {due}", ticks.len());
    }
}

#[test]
fn a_clock_joins_leaves_and_goes_on_over_edits() {
    let plain = "track(\"a\", noise() * 0.1);";
    let ticking = format!("midi_clock_out(\"box\"); {plain}");
    let mut stage = Stage::new(plain);
    let mut all = Vec::new();
    let mut play = |stage: &mut Stage, seconds: f64| {
        while (stage.left.len() as f64) < seconds * RATE {
            stage.step();
            stage.performer.take_outgoing(|m| all.push((m.frame, m.bytes)));
        }
        std::mem::take(&mut all)
    };
    assert!(play(&mut stage, 1.3).is_empty());
    let at = stage.edit(&ticking, Quant::Now);
    let joined = play(&mut stage, 2.0);
    assert!(joined[0].0 >= at && joined[0].1 == [0xf8, 0, 0], "{:?}", joined[0]);
    let go = joined.iter().position(|m| m.1[0] == 0xf2).expect("it says where it is");
    // At 120 bpm a sixteenth is 6000 frames.
    assert_eq!(u64::from(joined[go].1[1]) * 6000, joined[go].0);
    assert_eq!([joined[go + 1].1[0], joined[go + 2].1[0]], [0xfb, 0xf8]);
    stage.edit(&format!("{ticking} track(\"b\", saw(50) * 0.1);"), Quant::Now);
    let on = play(&mut stage, 3.0);
    assert!(on.iter().all(|m| m.1[0] == 0xf8) && (47..50).contains(&on.len()), "{}", on.len());
    assert!(on.windows(2).all(|w| w[1].0 - w[0].0 == 1000));
    stage.edit(plain, Quant::Now);
    let left = play(&mut stage, 4.0);
    assert_eq!(left.last().map(|m| m.1[0]), Some(0xfc));
    stage.edit(&ticking, Quant::Now);
    play(&mut stage, 5.0);
    stage.live.end();
    assert_eq!(play(&mut stage, 5.05).iter().filter(|m| m.1[0] == 0xfc).count(), 1);
}
