//! Playing live: what is heard is what `render` writes, and an edit changes nothing but what it edits.

use rhapsode::engine::live::{Live, News, Performer, Quant};
use rhapsode::engine::{Length, Options, offline::Tail};
use rhapsode::runtime::{Piece, Runtime};

const RATE: f64 = 48_000.0;

/// A live player whose device is the test.
struct Stage {
    live: Live,
    performer: Performer,
    left: Vec<f32>,
    right: Vec<f32>,
    news: Vec<News>,
    /// Frames that the device asks for, in turn.
    buffers: Vec<usize>,
    turn: usize,
}

impl Stage {
    fn new(source: &str) -> Stage {
        Stage::with(source, &[256])
    }

    fn with(source: &str, buffers: &[usize]) -> Stage {
        let piece = piece(source);
        let (mut live, performer) =
            Live::new(piece.session(), RATE, piece.library(), Some(1.0)).expect("compiles");
        live.set_buffer(*buffers.iter().max().expect("a buffer") as u64);
        let (left, right, news) = (Vec::new(), Vec::new(), Vec::new());
        Stage { live, performer, left, right, news, buffers: buffers.to_vec(), turn: 0 }
    }

    /// Plays at least until `seconds`.
    fn play_to(&mut self, seconds: f64) {
        while (self.left.len() as f64) < seconds * RATE {
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
    }

    fn edit(&mut self, source: &str, quant: Quant) -> u64 {
        let piece = piece(source);
        self.live.commit(piece.session(), piece.library(), quant, &|_| false).expect("compiles")
    }
}

fn piece(source: &str) -> Piece {
    Runtime::new().eval(source).unwrap_or_else(|e| panic!("{e:#?}"))
}

/// What `render` writes, with the latency of the graph left in.
fn rendered(source: &str, seconds: f64) -> (Vec<f32>, Vec<f32>) {
    let options =
        Options { length: Length::Seconds(seconds), tail: Tail::None, ..Options::default() };
    let sound = piece(source).render(options).expect("renders");
    (sound.left, sound.right)
}

fn same(a: &[f32], b: &[f32], what: &str) {
    let n = a.len().min(b.len());
    if let Some(i) = (0..n).find(|&i| a[i].to_bits() != b[i].to_bits()) {
        panic!("{what}: frame {i} of {n} is {} and not {}", a[i], b[i]);
    }
}

const SONG: &str = r#"
    tempo(126);
    let acid = instrument(|v| saw(v.freq) * 0.3 |> lowpass(400 + lfo("sine", 0.3) * 300) |> gain(adsr(v.gate, #{release: 0.2})));
    track("acid", acid).play(note("c2 [eb2 g2] c3 bb2")).fx(delay(0.25, #{feedback: 0.4})).send("hall", 0.3);
    track("bells", instrument(|v| sine(v.freq * 2) * v.gate * 0.2)).play(note("<c5 e5> g5*2")).pan(lfo("sine", 0.2).range(-0.5, 0.5));
    bus("hall", reverb(#{decay: 2, mix: 1}));
    master(limiter(-1));
"#;

#[test]
fn what_the_device_gets_is_what_render_writes() {
    let want = rendered(SONG, 6.0);
    for buffers in [vec![64], vec![256], vec![1, 37, 512, 1000, 64]] {
        let mut stage = Stage::with(SONG, &buffers);
        stage.play_to(6.5);
        // The limiter's latency is taken off a file.
        let late = stage.left.iter().position(|x| *x != 0.0).expect("sound")
            - want.0.iter().position(|x| *x != 0.0).expect("sound");
        same(&stage.left[late..], &want.0, "left");
        same(&stage.right[late..], &want.1, "right");
        assert_eq!(late, 240 + 33);
    }
}

#[test]
fn the_same_script_saved_again_changes_no_bit() {
    let mut before = Stage::new(SONG);
    before.play_to(5.0);
    for quant in [Quant::Now, Quant::Beats(0.25), Quant::Bar] {
        let mut after = Stage::new(SONG);
        for i in 1..30 {
            after.play_to(f64::from(i) * 0.13);
            after.edit(&format!("{SONG}\n// a comment"), quant);
        }
        after.play_to(5.0);
        let swaps = after.news.iter().filter(|n| matches!(n, News::Swapped { .. })).count();
        assert!(swaps >= 2, "{quant:?}: {swaps} swaps");
        same(&after.left, &before.left, "left");
        same(&after.right, &before.right, "right");
    }
}
