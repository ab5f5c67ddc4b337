//! A Rust program with nodes of its own: plain functions of several shapes, registered, called by a script, rendered.

use rhapsode::nodes::table::ProcCx;
use rhapsode::nodes::{Param, adapt};
use rhapsode::rt::{Block, Processor, Status};
use rhapsode::{Options, Runtime};

/// A function item is as good as a closure: no state, every channel, every voice.
fn eighths(x: f32) -> f32 {
    (x * 8.0).round() / 8.0
}

/// A delay line owns memory, so it is a processor: it has its memory before it plays.
struct Echo {
    lines: Vec<Vec<f32>>,
    at: usize,
}

impl Echo {
    fn new(cx: &ProcCx) -> Echo {
        let frames = (0.25 * cx.rate) as usize;
        Echo { lines: vec![vec![0.0; frames]; cx.channels], at: 0 }
    }
}

impl Processor for Echo {
    fn process(&mut self, block: &mut Block) -> Status {
        let frames = self.lines.first().map_or(1, Vec::len);
        for (ch, (line, out)) in self.lines.iter_mut().zip(block.outs.iter_mut()).enumerate() {
            for (i, (x, y)) in block.ins.get(ch).iter().zip(&mut out.0).enumerate() {
                let place = (self.at + i) % frames;
                *y = x + 0.5 * line[place];
                line[place] = *x;
            }
        }
        self.at = (self.at + 64) % frames;
        Status::Playing
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(|line| line.fill(0.0));
    }

    fn tail(&self) -> usize {
        self.lines.first().map_or(0, Vec::len)
    }
}

/// Adds the nodes of this program to those that scripts can call.
fn nodes() -> Result<(), String> {
    adapt("eighths", eighths).doc("Rounds to eighths.").register()?;

    // One channel and a parameter, which may be a signal.
    let amount =
        Param::number("amount", "ratio", (0.0, 1.0), 0.5, "How much of the cube is taken away.");
    adapt("mirror", |x: f32, amount: f32| x - amount * x * x * x).param(amount).register()?;

    // Left and right together.
    adapt("swap", |[left, right]: [f32; 2]| [right, left]).doc("Left for right.").register()?;

    // With a state: made for a sample rate, once for each channel and voice.
    adapt("slow", |rate: f64| {
        let (mut z, step) = (0.0, (500.0 / rate) as f32);
        move |x: f32| {
            z += (x - z) * step;
            z
        }
    })
    .register()?;

    // Blocks of 64 frames of one channel.
    adapt("backwards", |block: &mut [f32]| block.reverse()).register()?;

    // Whatever needs memory.
    adapt("slap", |cx: &ProcCx| Ok(Box::new(Echo::new(cx)) as Box<dyn Processor>)).register()?;
    Ok(())
}

/// Runs the example.
pub fn main() {
    nodes().expect("the names are free");
    let script = "
        length_bars(1);
        let bass = instrument(|v| saw(v.freq) * v.gate |> eighths() |> slow());
        track(\"bass\", bass).play(note(\"c2 eb2 g2 bb2\")).fx(mirror(lfo(\"sine\", 1).range(0, 1)) |> slap());
        track(\"noise\", noise() * 0.1).fx(backwards() |> pan(-0.5) |> swap());
    ";
    let piece = Runtime::new().eval(script).expect("the script is right");
    let sound = piece.render(Options::default()).expect("it compiles");
    let peak = |side: &[f32]| side.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    let (left, right) = (peak(&sound.left), peak(&sound.right));
    println!("{} frames, peaks {left:.3} {right:.3}", sound.left.len());
    assert!(sound.left.len() >= 96_000 && left > 0.1 && right > left * 0.5);
}
