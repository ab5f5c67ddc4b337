//! Echoes: a delay with feedback, and one that bounces between left and right.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::lines::{Glide, Lines};
use crate::dsp::unit::{BLOCK, Ins, Io, Kernel, Meta, UnitCx};

const TIME: Param =
    Param::number("time", "s", (0.0001, 60.0), 0.375, "Time from one echo to the next.")
        .exponential();
const FEEDBACK: Param =
    Param::number("feedback", "ratio", (0.0, 0.99), 0.4, "Level of an echo in the one before it.");
const MIX: Param =
    Param::number("mix", "ratio", (0.0, 1.0), 0.35, "0 is dry, 1 is only the echoes.");
const DAMP: Param = Param::number(
    "damp",
    "ratio",
    (0.0, 1.0),
    0.2,
    "How much treble each repeat loses: 0 none, 1 all above 300 Hz.",
);
const BEATS: Param = Param::number(
    "time_beats",
    "beats",
    (0.0, 64.0),
    0.0,
    "Time in beats, following the tempo; if above 0 it stands in for `time`.",
);
const MAX: Param = Param::number(
    "max_time",
    "s",
    (0.01, 60.0),
    4.0,
    "Longest time that there is memory for; longer ones are clamped.",
)
.fixed();

const DETAILS: &str = "A time that does not move is rounded to a whole frame and read without \
    interpolation, so that echoes lose nothing but what `damp` takes. A time that moves glides like a \
    tape, at half a frame a frame at most, read by a four-point Hermite polynomial (O. Niemitalo, \
    \"Polynomial Interpolators\", 2001).";

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "delay",
        aliases: &["echo"],
        class: Class::Effect,
        summary: "Echoes that repeat and fade.",
        details: DETAILS,
        ports: Ports::Each,
        params: &[TIME, FEEDBACK, MIX, DAMP, BEATS, MAX],
        rate: OutRate::Audio,
        make: Make::Unit(|cx| {
            Box::new(Delay { loops: Loop::new(cx), line: Lines::growing(cx.lanes, frames(cx)) })
        }),
        example: "track(\"a\", saw(110)).fx(delay(0.375, 0.5, 0.3))",
    },
    Kind {
        name: "pingpong",
        aliases: &[],
        class: Class::Effect,
        summary: "Echoes that bounce between left and right.",
        details: "The sum of both channels enters the left line; each line feeds the other, so that \
                  the echoes come from the left, the right, the left again. See `delay` for the time.",
        ports: Ports::Stereo,
        params: &[TIME, FEEDBACK, MIX, DAMP, BEATS, MAX],
        rate: OutRate::Audio,
        make: Make::Unit(|cx| {
            Box::new(PingPong {
                loops: Loop::new(cx),
                left: Lines::growing(cx.lanes, frames(cx)),
                right: Lines::growing(cx.lanes, frames(cx)),
                state: F8::ZERO,
            })
        }),
        example: "track(\"a\", saw(110)).fx(pingpong(0.25, 0.5))",
    },
];

/// Shortest delay, in frames: what four-point interpolation needs.
const SHORTEST: f64 = 4.0;

fn frames(cx: &UnitCx) -> usize {
    (cx.settings.number("max_time").clamp(0.01, 60.0) * cx.rate) as usize + BLOCK + 8
}

/// What the two have in common: where the heads are, the loop's gain and its damping filter.
struct Loop {
    rate: f64,
    lanes: usize,
    longest: f64,
    glides: [Glide; LANES],
    /// Delay at the start of the range and its step, lane by lane.
    heads: [(f64, f64); LANES],
    state: F8,
    tail: usize,
}

/// The parameters of one range: value at its start, step per frame.
struct Lot {
    feedback: (F8, F8),
    mix: (F8, F8),
    /// Coefficient of the damping filter; 1 is open.
    open: F8,
}

impl Loop {
    fn new(cx: &UnitCx) -> Loop {
        let longest = cx.settings.number("max_time").clamp(0.01, 60.0) * cx.rate;
        Loop {
            rate: cx.rate,
            lanes: cx.lanes.clamp(1, LANES),
            longest,
            glides: [Glide::default(); LANES],
            heads: [(longest, 0.0); LANES],
            state: F8::ZERO,
            tail: usize::MAX / 2,
        }
    }

    /// Reads the parameters, which stand from wire `base` on, and moves the heads.
    #[inline(always)]
    fn prepare(&mut self, ins: &Ins, base: usize, frames: usize, meta: &Meta) -> Lot {
        let (time, beats) = (ins.wire(base).last(), ins.wire(base + 4).last());
        let steady = ins.wire(base).first() == time && ins.wire(base + 4).first() == beats;
        let per_beat = 60.0 / meta.bpm.clamp(1.0, 10_000.0);
        let mut longest = 0.0f64;
        for lane in 0..self.lanes {
            let (beats, time) = (f64::from(beats.0[lane]), f64::from(time.0[lane]));
            let seconds = if beats > 0.0 { beats * per_beat } else { time };
            // `max` and `min` also turn what is not a number into a bound.
            let target = (seconds * self.rate).max(SHORTEST).min(self.longest);
            let target = if steady { libm::rint(target) } else { target };
            self.heads[lane] = self.glides[lane].step(target, frames);
            longest = longest.max(target);
        }
        let (from, to) = (ins.wire(base + 1).first(), ins.wire(base + 1).last());
        let (from, to) = (from.clamp(0.0, 0.99), to.clamp(0.0, 0.99));
        // Repeats until the loop has lost 90 dB (15 octaves).
        let repeats = F8::splat(15.0) / -from.max(to).clamp(1e-3, 0.99).log2();
        self.tail = (longest * (2.0 + f64::from(repeats.largest()))) as usize;
        let damp = ins.wire(base + 3).last().clamp(0.0, 1.0);
        let corner = (damp * -6.0).exp2() * (20_000.0 / self.rate as f32);
        let open = F8::ONE - (corner * (-core::f32::consts::TAU)).exp();
        let (a, b) = (ins.wire(base + 2).first(), ins.wire(base + 2).last());
        let (a, b) = (a.clamp(0.0, 1.0), b.clamp(0.0, 1.0));
        let per = 1.0 / frames as f32;
        Lot {
            feedback: (from, (to - from) * per),
            mix: (a, (b - a) * per),
            open: damp.gt(0.0).select(open, F8::ONE),
        }
    }

    /// Frames back from the newest that the range may read.
    #[inline(always)]
    fn furthest(&self, frames: usize) -> usize {
        let mut furthest = 0.0f64;
        for &(from, step) in &self.heads[..self.lanes] {
            furthest = furthest.max(from.max(from + step * frames as f64));
        }
        furthest as usize + BLOCK + 4
    }

    /// How many frames, of those from `start` on, can be read before one of them must be written.
    #[inline(always)]
    fn chunk(&self, start: usize, frames: usize) -> usize {
        let mut nearest = f64::MAX;
        for &(from, step) in &self.heads[..self.lanes] {
            nearest = nearest.min(from.min(from + step * frames as f64));
        }
        ((nearest - 3.0).max(1.0) as usize).min(frames - start)
    }

    /// Reads the chunk that begins `start` frames into the range.
    #[inline(always)]
    fn read(&self, line: &Lines, start: usize, out: &mut [F8]) {
        let whole = |&(from, step): &(f64, f64)| step == 0.0 && from == from.floor();
        if self.heads[..self.lanes].iter().all(whole) {
            let starts = core::array::from_fn(|lane| line.now() - self.heads[lane].0 as i64);
            line.read_all(&starts, out);
            return;
        }
        for lane in 0..self.lanes {
            let (from, step) = self.heads[lane];
            if step == 0.0 && from == from.floor() {
                line.read(lane, line.now() - from as i64, out);
            } else {
                let position = line.now() as f64 - (from + step * start as f64);
                line.read_moving(lane, position, 1.0 - step, out);
            }
        }
    }

    fn reset(&mut self, lane: usize) {
        self.glides[lane].reset();
        self.state.0[lane] = 0.0;
    }
}

struct Delay {
    loops: Loop,
    line: Lines,
}

impl Kernel for Delay {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let input = io.ins.wire(0);
        let Lot { mut feedback, mut mix, open } = self.loops.prepare(&io.ins, 1, n, io.meta);
        self.line.need(self.loops.furthest(n));
        let mut scratch = [F8::ZERO; BLOCK];
        let input = input.frames(n, &mut scratch);
        let out = io.outs.audio(0);
        let mut echo = [F8::ZERO; BLOCK];
        let mut state = self.loops.state;
        let mut start = 0;
        while start < n {
            let size = self.loops.chunk(start, n);
            self.loops.read(&self.line, start, &mut echo[..size]);
            for i in 0..size {
                one_frame();
                let (x, wet) = (input[start + i], echo[i]);
                state = state + (wet - state) * open;
                out[start + i] = x + (wet - x) * mix.0;
                echo[i] = x + state * feedback.0;
                feedback.0 += feedback.1;
                mix.0 += mix.1;
            }
            self.line.write(&echo[..size]);
            start += size;
        }
        self.loops.state = state;
    }

    fn reset(&mut self, lane: usize) {
        self.loops.reset(lane);
        if lane < self.line.lanes() {
            self.line.reset(lane);
        }
    }

    fn tail(&self) -> usize {
        self.loops.tail
    }
}

struct PingPong {
    loops: Loop,
    left: Lines,
    right: Lines,
    /// Of the damping filter of the right line.
    state: F8,
}

impl Kernel for PingPong {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (x, y) = (io.ins.wire(0), io.ins.wire(1));
        let Lot { mut feedback, mut mix, open } = self.loops.prepare(&io.ins, 2, n, io.meta);
        let furthest = self.loops.furthest(n);
        self.left.need(furthest);
        self.right.need(furthest);
        let mut scratch = [[F8::ZERO; BLOCK]; 2];
        let [spare, other] = &mut scratch;
        let (x, y) = (x.frames(n, spare), y.frames(n, other));
        let (out_left, out_right) = io.outs.stereo();
        let (mut a, mut b) = ([F8::ZERO; BLOCK], [F8::ZERO; BLOCK]);
        let (mut state_left, mut state_right) = (self.loops.state, self.state);
        let mut start = 0;
        while start < n {
            let size = self.loops.chunk(start, n);
            self.loops.read(&self.left, start, &mut a[..size]);
            self.loops.read(&self.right, start, &mut b[..size]);
            for i in 0..size {
                one_frame();
                let (l, r) = (x[start + i], y[start + i]);
                let (wet_left, wet_right) = (a[i], b[i]);
                state_left = state_left + (wet_left - state_left) * open;
                state_right = state_right + (wet_right - state_right) * open;
                out_left[start + i] = l + (wet_left - l) * mix.0;
                out_right[start + i] = r + (wet_right - r) * mix.0;
                a[i] = (l + r) * 0.5 + state_right * feedback.0;
                b[i] = state_left * feedback.0;
                feedback.0 += feedback.1;
                mix.0 += mix.1;
            }
            self.left.write(&a[..size]);
            self.right.write(&b[..size]);
            start += size;
        }
        (self.loops.state, self.state) = (state_left, state_right);
    }

    fn reset(&mut self, lane: usize) {
        self.loops.reset(lane);
        self.state.0[lane] = 0.0;
        if lane < self.left.lanes() {
            self.left.reset(lane);
            self.right.reset(lane);
        }
    }

    fn tail(&self) -> usize {
        self.loops.tail.saturating_mul(2)
    }
}
