//! Periodic oscillators: the sine; band-limited saw, square and triangle.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::unit::{Io, Unit, Wire};

const FREQ: Param = Param::number("freq", "Hz", (0.0, 20_000.0), 440.0, "Frequency.").exponential();

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "sine",
    aliases: &[],
    class: Class::Source,
    summary: "A sine wave.",
    details: "A phase accumulator and a degree-9 odd polynomial (error below -120 dB).",
    ports: Ports::Source(1),
    params: &[FREQ, Param::number("phase", "cycles", (0.0, 1.0), 0.0, "Phase offset.")],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| {
        Box::new(Sine { phase: F8::ZERO, scale: F8::splat(1.0 / cx.rate as f32) })
    }),
    example: "track(\"a\", sine(220) * 0.2)",
}];

struct Sine {
    /// In cycles, -0.5..0.5.
    phase: F8,
    scale: F8,
}

impl Unit for Sine {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (freq, offset) = (io.ins.wire(0), io.ins.wire(1));
        let out = io.outs.audio(0);
        let mut phase = self.phase;
        match (freq, offset) {
            (Wire::Const(f), Wire::Const(o)) => {
                let step = f * self.scale;
                for y in out.iter_mut() {
                    *y = (phase + o).sin_cycles();
                    phase = phase + step;
                }
            }
            _ => {
                for (i, y) in out.iter_mut().enumerate() {
                    *y = (phase + offset.at(i, n)).sin_cycles();
                    phase = phase + freq.at(i, n) * self.scale;
                }
            }
        }
        self.phase = phase - phase.round();
    }

    fn reset(&mut self, lane: usize) {
        self.phase.0[lane] = 0.0;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
