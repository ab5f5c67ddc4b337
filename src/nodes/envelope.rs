//! Envelopes of voices: attack, decay, sustain, release; and the one-shot percussive shape.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::unit::{BLOCK, Io, Kernel, UnitCx};

const GATE: Param = Param::number(
    "gate",
    "",
    (0.0, 1.0),
    0.0,
    "Above 0 while the note is held: `v.gate` of a voice.",
);
const ATTACK: Param =
    Param::number("attack", "s", (0.0, 60.0), 0.005, "Time from the present level to 1.")
        .exponential();
const RELEASE: Param =
    Param::number("release", "s", (0.0, 60.0), 0.2, "Time from the present level to 0.")
        .exponential();
const DETAILS: &str = "Each segment is an exponential towards a level a little beyond its end, as of a \
                       capacitor that charges (attack: 1.43 times the way; decay and release: 1.007 times), \
                       and lasts its time to the frame. A new note starts from the present level. \
                       It keeps its voice alive until the level is 0.";

const ENVELOPE: Kind = Kind {
    name: "",
    aliases: &[],
    class: Class::Control,
    summary: "",
    details: DETAILS,
    ports: Ports::Source(1),
    params: &[],
    rate: OutRate::Audio,
    make: Make::Structural,
    example: "",
};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "adsr",
        summary: "An envelope 0..1: attack, decay to a sustained level, release.",
        params: &[
            GATE,
            ATTACK,
            Param::number("decay", "s", (0.0, 60.0), 0.1, "Time from 1 to the sustained level.")
                .exponential(),
            Param::number("sustain", "ratio", (0.0, 1.0), 0.7, "Level while the note is held."),
            RELEASE,
        ],
        make: Make::Unit(|cx| Box::new(Envelope::new(cx, Form::Adsr))),
        example: "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate, 0.005, 0.2, 0.3, 0.4)))",
        ..ENVELOPE
    },
    Kind {
        name: "ar",
        summary: "An envelope 0..1: attack, full level while the note is held, release.",
        params: &[GATE, ATTACK, RELEASE],
        make: Make::Unit(|cx| Box::new(Envelope::new(cx, Form::Held))),
        example: "track(\"a\", instrument(|v| sine(v.freq) * ar(v.gate, 0.1, 0.5)))",
        ..ENVELOPE
    },
    Kind {
        name: "perc",
        summary: "A percussive envelope 0..1: attack, then release, however long the note is held.",
        params: &[GATE, ATTACK, RELEASE],
        make: Make::Unit(|cx| Box::new(Envelope::new(cx, Form::OneShot))),
        example: "track(\"a\", instrument(|v| sine(v.freq) * perc(v.gate, 0.001, 0.3)))",
        ..ENVELOPE
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Adsr,
    Held,
    OneShot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Attack,
    Decay,
    Sustain,
    Release,
}

/// Curvature: how many time constants a segment lasts.
const RISE: f32 = 1.2;
const FALL: f32 = 5.0;

struct Envelope {
    form: Form,
    rate: f32,
    stage: [Stage; LANES],
    held: [bool; LANES],
    /// Frames of the segment that have been rendered, and its length.
    done: [u32; LANES],
    length: [u32; LANES],
    /// The level is `target + rest`; a segment begins with `start` as its rest.
    target: F8,
    rest: F8,
    start: F8,
    /// Time constants in the segment, and the part of the rest that each frame takes away.
    curve: F8,
    loss: F8,
}

/// Parameters of one range, lane by lane; times in frames.
struct Times {
    attack: F8,
    decay: F8,
    release: F8,
    sustain: (F8, F8),
}

impl Envelope {
    fn new(cx: &UnitCx, form: Form) -> Envelope {
        Envelope {
            form,
            rate: cx.rate as f32,
            stage: [Stage::Idle; LANES],
            held: [false; LANES],
            done: [0; LANES],
            length: [u32::MAX; LANES],
            target: F8::ZERO,
            rest: F8::ZERO,
            start: F8::ZERO,
            curve: F8::ZERO,
            loss: F8::ZERO,
        }
    }

    /// Starts a segment of `lane` from `level` to `end`; tells whether it lasts at all.
    fn segment(
        &mut self,
        lane: usize,
        stage: Stage,
        level: f32,
        end: f32,
        frames: f32,
        curve: f32,
    ) -> bool {
        let frames = F8::splat(frames).clamp(0.0, 16_000_000.0).round().0[0];
        if frames < 1.0 {
            return false;
        }
        let x = F8::splat(curve / frames);
        let exact = F8::ONE - (-x).exp();
        // 1 - e^-x without cancellation.
        let series = x * (F8::ONE - x * 0.5 * (F8::ONE - x * (1.0 / 3.0) * (F8::ONE - x * 0.25)));
        let loss = x.lt(0.05).select(series, exact);
        let overshoot = 1.0 / (1.0 - F8::splat(-curve).exp().0[0]);
        let target = level + (end - level) * overshoot;
        self.stage[lane] = stage;
        (self.done[lane], self.length[lane]) = (0, frames as u32);
        self.target.0[lane] = target;
        self.rest.0[lane] = level - target;
        self.start.0[lane] = level - target;
        self.curve.0[lane] = curve;
        self.loss.0[lane] = loss.0[0];
        true
    }

    /// Holds `lane` at `level`.
    fn hold(&mut self, lane: usize, stage: Stage, level: f32) {
        self.stage[lane] = stage;
        (self.done[lane], self.length[lane]) = (0, u32::MAX);
        self.target.0[lane] = level;
        (self.rest.0[lane], self.start.0[lane], self.loss.0[lane]) = (0.0, 0.0, 0.0);
    }

    fn release(&mut self, lane: usize, level: f32, times: &Times) {
        if level <= 0.0
            || !self.segment(lane, Stage::Release, level, 0.0, times.release.0[lane], FALL)
        {
            self.hold(lane, Stage::Idle, 0.0);
        }
    }

    fn attack(&mut self, lane: usize, level: f32, times: &Times) {
        if !self.segment(lane, Stage::Attack, level, 1.0, times.attack.0[lane], RISE) {
            self.after_attack(lane, times);
        }
    }

    fn after_attack(&mut self, lane: usize, times: &Times) {
        match self.form {
            Form::OneShot => self.release(lane, 1.0, times),
            Form::Held => self.hold(lane, Stage::Sustain, 1.0),
            Form::Adsr => {
                let sustain = times.sustain.0.0[lane];
                if !self.segment(lane, Stage::Decay, 1.0, sustain, times.decay.0[lane], FALL) {
                    self.hold(lane, Stage::Sustain, sustain);
                }
            }
        }
    }

    /// What follows when the segment of `lane` has lasted its time.
    fn next(&mut self, lane: usize, times: &Times) {
        match self.stage[lane] {
            Stage::Attack => self.after_attack(lane, times),
            Stage::Decay => self.hold(lane, Stage::Sustain, times.sustain.0.0[lane]),
            Stage::Release => self.hold(lane, Stage::Idle, 0.0),
            Stage::Idle | Stage::Sustain => {}
        }
    }

    fn gates(&mut self, gate: F8, times: &Times) {
        for lane in 0..LANES {
            let held = gate.0[lane] > 0.0;
            if held == self.held[lane] {
                continue;
            }
            self.held[lane] = held;
            let level = self.target.0[lane] + self.rest.0[lane];
            if held {
                self.attack(lane, level, times);
            } else if self.form != Form::OneShot {
                self.release(lane, level, times);
            }
        }
    }

    /// Rests anew from the frames counted, so that rounding never adds up over a long segment.
    #[inline(always)]
    fn refresh(&mut self) {
        let part = F8(core::array::from_fn(|i| self.done[i] as f32 / self.length[i].max(1) as f32));
        self.rest = self.start * (-(part * self.curve)).exp();
    }
}

impl Kernel for Envelope {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let time = |i: usize| io.ins.wire(i).first() * self.rate;
        let times = if self.form == Form::Adsr {
            let sustain = io.ins.wire(3);
            let ends = (sustain.first().clamp(0.0, 1.0), sustain.last().clamp(0.0, 1.0));
            Times { attack: time(1), decay: time(2), release: time(4), sustain: ends }
        } else {
            let full = (F8::ONE, F8::ONE);
            Times { attack: time(1), decay: F8::ZERO, release: time(2), sustain: full }
        };
        // On the grid of blocks, so that a lane's bits do not depend on what other lanes do.
        if io.meta.frame.is_multiple_of(BLOCK as u64) {
            self.refresh();
        }
        self.gates(io.ins.wire(0).first(), &times);
        let per_frame = (times.sustain.1 - times.sustain.0) * (1.0 / n as f32);
        let out = io.outs.audio(0);
        let mut at = 0;
        while at < n {
            let mut len = n - at;
            let mut slope = F8::ZERO;
            for lane in 0..LANES {
                len = len.min((self.length[lane] - self.done[lane]) as usize);
                if self.stage[lane] == Stage::Sustain && self.form == Form::Adsr {
                    self.target.0[lane] = times.sustain.0.0[lane] + per_frame.0[lane] * at as f32;
                    slope.0[lane] = per_frame.0[lane];
                }
            }
            let (mut target, mut rest, loss) = (self.target, self.rest, self.loss);
            for y in &mut out[at..at + len] {
                one_frame();
                *y = target + rest;
                rest = rest - rest * loss;
                target += slope;
            }
            (self.target, self.rest) = (target, rest);
            at += len;
            for lane in 0..LANES {
                if self.length[lane] == u32::MAX {
                    continue;
                }
                self.done[lane] += len as u32;
                if self.done[lane] == self.length[lane] {
                    self.next(lane, &times);
                }
            }
        }
    }

    fn reset(&mut self, lane: usize) {
        self.hold(lane, Stage::Idle, 0.0);
        self.held[lane] = false;
    }

    fn sounding(&self) -> Option<u8> {
        let bit = |lane: usize| u8::from(self.stage[lane] != Stage::Idle) << lane;
        Some((0..LANES).fold(0, |bits, lane| bits | bit(lane)))
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
