//! A live player whose device is the test.

#![allow(dead_code, reason = "each test uses a part of the stage")]

use rhapsode::engine::live::{Fresh, Live, News, Performer, Quant};
use rhapsode::engine::{Length, Options, offline::Tail};
use rhapsode::runtime::{Piece, Runtime};

pub const RATE: f64 = 48_000.0;

pub const SONG: &str = r#"
    tempo(126);
    let acid = instrument(|v| saw(v.freq) * 0.3 |> lowpass(400 + lfo("sine", 0.3) * 300) |> gain(adsr(v.gate, #{release: 0.2})));
    track("acid", acid).play(note("c2 [eb2 g2] c3 bb2")).fx(delay(0.25, #{feedback: 0.4})).send("hall", 0.3);
    track("bells", instrument(|v| sine(v.freq * 2) * v.gate * 0.2)).play(note("<c5 e5> g5*2")).pan(lfo("sine", 0.2).range(-0.5, 0.5));
    bus("hall", reverb(#{decay: 2, mix: 1}));
    master(limiter(-1));
"#;

pub struct Stage {
    pub live: Live,
    pub performer: Performer,
    pub left: Vec<f32>,
    pub right: Vec<f32>,
    pub news: Vec<News>,
    /// Frames that the device asks for, in turn.
    buffers: Vec<usize>,
    turn: usize,
}

impl Stage {
    pub fn new(source: &str) -> Stage {
        Stage::with(source, &[256])
    }

    pub fn with(source: &str, buffers: &[usize]) -> Stage {
        Stage::of(fresh(source), buffers)
    }

    pub fn of(fresh: Fresh, buffers: &[usize]) -> Stage {
        let (mut live, performer) = Live::new(fresh, Some(1.0));
        live.set_buffer(*buffers.iter().max().expect("a buffer") as u64);
        let (left, right, news) = (Vec::new(), Vec::new(), Vec::new());
        Stage { live, performer, left, right, news, buffers: buffers.to_vec(), turn: 0 }
    }

    /// Plays one buffer.
    pub fn step(&mut self) {
        let news = &mut self.news;
        self.live.tick(|n| news.push(n));
        let frames = self.buffers[self.turn % self.buffers.len()];
        self.turn += 1;
        let mut out = vec![0.0; frames * 2];
        self.performer.render(&mut out, 2);
        for frame in out.chunks(2) {
            self.left.push(frame[0]);
            self.right.push(frame[1]);
        }
    }

    /// Plays at least until `seconds`.
    pub fn play_to(&mut self, seconds: f64) {
        while (self.left.len() as f64) < seconds * RATE {
            self.step();
        }
    }

    pub fn edit(&mut self, source: &str, quant: Quant) -> u64 {
        self.live.commit(fresh(source), quant, &|_| false).expect("compiles")
    }
}

pub fn piece(source: &str) -> Piece {
    Runtime::new().eval(source).unwrap_or_else(|e| panic!("{e:#?}"))
}

pub fn fresh(source: &str) -> Fresh {
    piece(source).fresh().expect("compiles")
}

/// What `render` writes, with the latency of the graph left in.
pub fn rendered(source: &str, seconds: f64) -> (Vec<f32>, Vec<f32>) {
    let options =
        Options { length: Length::Seconds(seconds), tail: Tail::None, ..Options::default() };
    let sound = piece(source).render(options).expect("renders");
    (sound.left, sound.right)
}

/// The left channel of a stage that plays `source`.
pub fn played(source: &str, seconds: f64) -> Vec<f32> {
    let mut stage = Stage::new(source);
    stage.play_to(seconds);
    stage.left
}

/// The left channel of a stage that plays `before`, and `after` from 1 s on; and the edit's frame.
pub fn edited(before: &str, after: &str, seconds: f64) -> (Vec<f32>, u64) {
    let mut stage = Stage::new(before);
    stage.play_to(1.0);
    let at = stage.edit(after, Quant::Now);
    stage.play_to(seconds);
    (stage.left, at)
}

pub fn peak(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |m, x| m.max(x.abs()))
}

pub fn same(a: &[f32], b: &[f32], what: &str) {
    let n = a.len().min(b.len());
    if let Some(i) = (0..n).find(|&i| a[i].to_bits() != b[i].to_bits()) {
        panic!("{what}: frame {i} of {n} is {} and not {}", a[i], b[i]);
    }
}
