//! Effects of a delay that moves: vibrato, chorus, flanger.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::phase::Phase8;
use crate::dsp::ring::Ring;
use crate::dsp::unit::{Io, Kernel, UnitCx};

const RATE: Param =
    Param::number("rate", "Hz", (0.0, 20.0), 0.8, "Cycles in a second.").exponential();
const MIX: Param =
    Param::number("mix", "ratio", (0.0, 1.0), 0.5, "0 only the input, 1 only the effect.");
const DETAILS: &str = "Delay lines read between frames by third-order Lagrange interpolation (J. Dattorro, \
                       \"Effect Design, Part 2\", JAES 1997); right moves a quarter cycle after left.";

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "vibrato",
        aliases: &[],
        class: Class::Effect,
        summary: "Moves the pitch up and down.",
        details: "A delay that moves along a sine, read by third-order Lagrange interpolation. Late by half \
                  of its largest delay.",
        ports: Ports::Each,
        params: &[
            Param::number("rate", "Hz", (0.1, 20.0), 5.5, "Cycles in a second.").exponential(),
            Param::number(
                "depth",
                "semitones",
                (0.0, 2.0),
                0.3,
                "Largest change of pitch either way.",
            ),
        ],
        rate: OutRate::Audio,
        make: Make::Unit(|cx| Box::new(Vibrato::new(cx))),
        example: "track(\"a\", saw(220) * 0.2 |> vibrato(5, 0.4))",
    },
    Kind {
        name: "chorus",
        aliases: &[],
        class: Class::Effect,
        summary: "Thickens: three late copies that drift in pitch, spread over both sides.",
        details: DETAILS,
        ports: Ports::Stereo,
        params: &[
            RATE,
            Param::number("depth", "ratio", (0.0, 1.0), 0.4, "How far the copies drift."),
            MIX,
        ],
        rate: OutRate::Audio,
        make: Make::Unit(|cx| Box::new(Sweep::new(cx, &CHORUS))),
        example: "track(\"a\", saw(110) * 0.2 |> chorus(0.7, 0.5))",
    },
    Kind {
        name: "flanger",
        aliases: &[],
        class: Class::Effect,
        summary: "A comb that sweeps: one very late copy with feedback.",
        details: DETAILS,
        ports: Ports::Stereo,
        params: &[
            Param::number("rate", "Hz", (0.0, 20.0), 0.25, "Cycles in a second.").exponential(),
            Param::number("depth", "ratio", (0.0, 1.0), 0.7, "How far it sweeps."),
            MIX,
            Param::number(
                "feedback",
                "ratio",
                (-0.98, 0.98),
                0.5,
                "How much of the copy is fed back.",
            ),
        ],
        rate: OutRate::Audio,
        make: Make::Unit(|cx| Box::new(Sweep::new(cx, &FLANGER))),
        example: "track(\"a\", saw(110) * 0.2 |> flanger(0.2, 0.8, 0.5, 0.7))",
    },
];

/// The slowest vibrato sets the longest delay.
const SLOWEST: f32 = 0.1;

struct Vibrato {
    rings: Vec<Ring>,
    phase: Phase8,
    rate: f32,
}

fn rings(cx: &UnitCx, seconds: f64) -> Vec<Ring> {
    let longest = (cx.rate * seconds) as usize + 4;
    (0..cx.lanes.clamp(1, LANES)).map(|_| Ring::new(longest)).collect()
}

impl Vibrato {
    fn new(cx: &UnitCx) -> Vibrato {
        Vibrato { rings: rings(cx, 0.2), phase: Phase8::default(), rate: cx.rate as f32 }
    }
}

impl Kernel for Vibrato {
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (x, rate, depth) = (io.ins.wire(0), io.ins.wire(1), io.ins.wire(2));
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            let rate = rate.at(i, n).clamp(SLOWEST, 20.0);
            // A delay of m sin(w t) changes the pitch by a factor of up to 1 + m w.
            let change = (depth.at(i, n).clamp(0.0, 2.0) * (1.0 / 12.0)).exp2() - 1.0;
            let reach = change / (rate * core::f32::consts::TAU) * self.rate;
            let reach = reach.min(0.1 * self.rate);
            let delay = reach * (self.phase.sin() + 1.0) + 1.0;
            self.phase = self.phase.plus(Phase8::from_cycles(rate * (1.0 / self.rate)));
            let x = x.at(i, n);
            *y = F8::ZERO;
            for (lane, ring) in self.rings.iter_mut().enumerate() {
                ring.push(x.0[lane]);
                y.0[lane] = ring.read(delay.0[lane]);
            }
        }
    }

    fn reset(&mut self, lane: usize) {
        if let Some(ring) = self.rings.get_mut(lane) {
            ring.clear();
        }
        self.phase.0[lane] = 0;
    }

    fn tail(&self) -> usize {
        (0.2 * self.rate) as usize
    }
}

/// What tells a chorus from a flanger.
struct Design {
    /// Shortest delay and sweep at full depth, in seconds.
    delay: (f32, f32),
    copies: usize,
    feeds_back: bool,
}

static CHORUS: Design = Design { delay: (0.007, 0.008), copies: 3, feeds_back: false };
static FLANGER: Design = Design { delay: (0.0003, 0.007), copies: 1, feeds_back: true };

struct Sweep {
    design: &'static Design,
    rings: [Vec<Ring>; 2],
    phase: Phase8,
    rate: f32,
}

impl Sweep {
    fn new(cx: &UnitCx, design: &'static Design) -> Sweep {
        let longest = f64::from(design.delay.0 + design.delay.1);
        let rings = [rings(cx, longest), rings(cx, longest)];
        Sweep { design, rings, phase: Phase8::default(), rate: cx.rate as f32 }
    }

    /// The delays of a side's copies, in frames, from the phase of its first.
    fn delays(&self, phase: Phase8, depth: F8) -> [F8; 3] {
        let (shortest, sweep) = self.design.delay;
        let third = Phase8([u32::MAX / 3; LANES]);
        let mut phase = phase;
        core::array::from_fn(|_| {
            let part = (phase.sin() + 1.0) * 0.5;
            phase = phase.plus(third);
            (part * depth * sweep + shortest) * self.rate
        })
    }
}

impl Kernel for Sweep {
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let wire = |i: usize| io.ins.wire(i);
        let (ins, rate, depth, mix) = ([wire(0), wire(1)], wire(2), wire(3), wire(4));
        let feedback = self.design.feeds_back.then(|| wire(5));
        let copies = self.design.copies;
        let level = 1.0 / (copies as f32).sqrt();
        let (left, right) = io.outs.stereo();
        for (i, (l, r)) in left.iter_mut().zip(right).enumerate() {
            one_frame();
            let depth = depth.at(i, n).clamp(0.0, 1.0);
            let mix = mix.at(i, n).clamp(0.0, 1.0);
            let back = feedback.map_or(F8::ZERO, |w| w.at(i, n).clamp(-0.98, 0.98));
            let quarter = self.phase.plus(Phase8([0x4000_0000; LANES]));
            for (side, y) in [l, r].into_iter().enumerate() {
                let delays = self.delays(if side == 0 { self.phase } else { quarter }, depth);
                let x = ins[side].at(i, n);
                *y = F8::ZERO;
                for (lane, ring) in self.rings[side].iter_mut().enumerate() {
                    // The frame now coming in is not in the ring yet: delays count from it.
                    let read = |d: &F8| ring.read(d.0[lane] - 1.0);
                    let wet = delays[..copies].iter().map(read).sum::<f32>() * level;
                    let fed = x.0[lane] + wet * back.0[lane];
                    ring.push(if fed.abs() < 1e-20 { 0.0 } else { fed });
                    y.0[lane] = x.0[lane] * (1.0 - mix.0[lane]) + wet * mix.0[lane];
                }
            }
            let step = Phase8::from_cycles(rate.at(i, n).clamp(0.0, 20.0) * (1.0 / self.rate));
            self.phase = self.phase.plus(step);
        }
    }

    fn reset(&mut self, lane: usize) {
        for rings in &mut self.rings {
            if let Some(ring) = rings.get_mut(lane) {
                ring.clear();
            }
        }
        self.phase.0[lane] = 0;
    }

    fn tail(&self) -> usize {
        // 0.98 a turn of at most 8 ms: 60 dB in 340 turns.
        if self.design.feeds_back {
            (3.0 * self.rate) as usize
        } else {
            (0.02 * self.rate) as usize
        }
    }
}
