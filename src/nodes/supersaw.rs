//! Seven detuned saws in one source.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::phase::Phase8;
use crate::dsp::random::mix;
use crate::dsp::unit::{Io, Kernel, UnitCx, Wire};
use crate::dsp::{F8, blep};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "supersaw",
    aliases: &[],
    class: Class::Source,
    summary: "Seven band-limited saws, detuned and mixed.",
    details: "Detuning and mixing laws of the Roland JP-8000, measured by A. Szabo (\"How to Emulate the \
              Super Saw\", KTH 2010); as loud as one saw at any mix. Each voice begins with phases of its \
              own.",
    ports: Ports::Source(1),
    params: &[
        Param::number("freq", "Hz", (0.0, 20_000.0), 440.0, "Frequency.").exponential(),
        Param::number("detune", "ratio", (0.0, 1.0), 0.4, "How far the six others are detuned."),
        Param::number("mix", "ratio", (0.0, 1.0), 0.7, "Level of the six others."),
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| Box::new(SuperSaw::new(cx))),
    example: "track(\"a\", supersaw(220, 0.4, 0.8) * 0.2)",
}];

const SAWS: usize = 7;
/// Relative detuning of each saw at full detune; the middle one is in tune.
const OFFSETS: [f32; SAWS] =
    [0.0, -0.110_023_13, -0.062_884_39, -0.019_523_56, 0.019_912_21, 0.062_165_38, 0.107_452_42];
/// Szabo's polynomial from knob to detuning, highest power first.
const DETUNE: [f64; 12] = [
    10_028.731_289_163_4,
    -50_818.865_204_592_4,
    111_363.480_872_936_8,
    -138_150.676_108_054_8,
    106_649.667_915_829_2,
    -53_046.964_275_187_5,
    17_019.951_858_008,
    -3_425.083_659_131_8,
    404.270_393_838_8,
    -24.187_882_439_1,
    0.671_741_763_4,
    0.003_011_559_6,
];

struct SuperSaw {
    phases: [Phase8; SAWS],
    scale: f32,
    seeds: [u64; LANES],
    /// The knob for which `detune` was worked out.
    known: (F8, F8),
}

impl SuperSaw {
    fn new(cx: &UnitCx) -> SuperSaw {
        let mut unit = SuperSaw {
            phases: [Phase8::default(); SAWS],
            scale: (1.0 / cx.rate) as f32,
            seeds: cx.seeds,
            known: (F8::splat(-1.0), F8::ZERO),
        };
        (0..LANES).for_each(|lane| Kernel::reset(&mut unit, lane));
        unit
    }

    fn detune(&mut self, knob: F8) -> F8 {
        if self.known.0 != knob {
            let law = |x: f32| DETUNE.iter().fold(0.0, |sum, c| sum * f64::from(x) + c) as f32;
            self.known = (knob, knob.clamp(0.0, 1.0).map(law));
        }
        self.known.1
    }
}

/// Levels of the middle saw and of each other one.
#[inline(always)]
fn levels(knob: F8) -> (F8, F8) {
    let x = knob.clamp(0.0, 1.0);
    let middle = F8::splat(0.997_85) - x * 0.553_66;
    let side = (x * -0.737_64 + 1.284_1) * x + 0.044_372;
    let power = F8::ONE / (middle * middle + side * side * 6.0).sqrt();
    (middle * power, side * power)
}

impl Kernel for SuperSaw {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (freq, detune, mix) = (io.ins.wire(0), io.ins.wire(1), io.ins.wire(2));
        let spread = self.detune(detune.first());
        let (middle, side) = levels(mix.first());
        let (middle_end, side_end) = levels(mix.last());
        let out = io.outs.audio(0);
        for (k, offset) in OFFSETS.iter().enumerate() {
            let scale = (spread * *offset + 1.0) * self.scale;
            let (from, to) = if k == 0 { (middle, middle_end) } else { (side, side_end) };
            let (mut level, slope) = (from, (to - from) * (1.0 / n as f32));
            let mut phase = self.phases[k];
            let frames = |cycles: F8| F8::splat(0.5) / cycles.abs().clamp(1e-9, 0.499_999_9);
            if let Wire::Const(f) = freq {
                let (step, frames) = (Phase8::from_cycles(f * scale), frames(f * scale));
                for y in out.iter_mut() {
                    one_frame();
                    let saw = blep::saw(phase.half_cycles(), frames) * level;
                    *y = if k == 0 { saw } else { *y + saw };
                    phase = phase.plus(step);
                    level += slope;
                }
            } else {
                for (i, y) in out.iter_mut().enumerate() {
                    one_frame();
                    let cycles = freq.at(i, n) * scale;
                    let saw = blep::saw(phase.half_cycles(), frames(cycles)) * level;
                    *y = if k == 0 { saw } else { *y + saw };
                    phase = phase.plus(Phase8::from_cycles(cycles));
                    level += slope;
                }
            }
            self.phases[k] = phase;
        }
    }

    fn reset(&mut self, lane: usize) {
        let mut seed = self.seeds[lane];
        for phase in &mut self.phases {
            seed = mix(seed);
            phase.0[lane] = (seed >> 32) as u32;
        }
        // The next voice in this lane begins elsewhere.
        self.seeds[lane] = seed;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
