//! The reverb: a room made of sixteen delays that feed each other.

use super::table::{Class, Kind, Make, OutRate, Param, Ports, ProcCx};
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::lines::{Glide, Lines};
use crate::dsp::unit::BLOCK;
use crate::dsp::{F8, wide};
use crate::rt::{Block, Processor, Status};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "reverb",
    aliases: &[],
    class: Class::Effect,
    summary: "A room.",
    details: "A feedback delay network of sixteen lines with a Hadamard matrix and an absorbent filter in \
              each (J.-M. Jot, A. Chaigne, \"Digital delay networks for designing artificial \
              reverberators\", AES 90, 1991), behind four Schroeder all-passes a channel. Slow rotations \
              move the matrix, without loss, so that no resonance stays (S. Schlecht, E. Habets, \
              \"Time-varying feedback matrices in feedback delay networks\", JASA 138, 2015). The level \
              of the room stays the same whatever its decay.",
    ports: Ports::Widen,
    params: &[
        Param::number("size", "ratio", (0.0, 1.0), 0.6, "From a box (0) to a cathedral (1)."),
        Param::number("decay", "s", (0.05, 60.0), 2.0, "Time in which it falls by 60 dB (RT60).")
            .exponential(),
        Param::number("damp", "ratio", (0.0, 1.0), 0.4, "How much faster treble dies away."),
        Param::number("predelay", "s", (0.0, 0.5), 0.01, "Time before the room answers."),
        Param::number("mix", "ratio", (0.0, 1.0), 0.3, "0 is dry, 1 is only the room."),
        Param::number("width", "ratio", (0.0, 1.0), 1.0, "0 is a mono room, 1 a wide one."),
    ],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| Ok(Box::new(Reverb::new(cx)))),
    example: "track(\"a\", saw(110) * 0.1).fx(reverb(#{size: 0.8, decay: 3.0}))",
}];

/// Lengths of the lines at size 1 and 48 kHz, in frames: primes, so that their echoes do not coincide.
const LENGTHS: [[f32; LANES]; 2] = [
    [1693.0, 1867.0, 2089.0, 2297.0, 2521.0, 2767.0, 3041.0, 3343.0],
    [1777.0, 1979.0, 2203.0, 2411.0, 2647.0, 2909.0, 3191.0, 3517.0],
];

/// Lengths of the all-passes before them, left and right, at 48 kHz.
const DIFFUSERS: [[usize; 4]; 2] = [[149, 211, 379, 523], [163, 229, 353, 557]];

/// Longest wait before the room answers, in seconds.
const PREDELAY: f64 = 0.5;

/// log2 of 10^-3: what a line of one RT60 is turned down by.
const SIXTY_DB: f32 = -9.965_784;

/// Level below which the room is taken for silent (-130 dB).
const QUIET: f32 = 3e-7;

struct Reverb {
    rate: f64,
    channels: usize,
    wait: Lines,
    waiting: Glide,
    diffusers: [Vec<AllPass>; 2],
    lines: [Lines; 2],
    /// The absorbent filters.
    states: [F8; 2],
    /// Delays of the lines, as they glide to another size.
    lengths: [[Glide; LANES]; 2],
    /// Phase of the movement of the matrix, in cycles.
    phase: f32,
    idle: usize,
}

impl Reverb {
    fn new(cx: &ProcCx) -> Reverb {
        let scale = cx.rate / 48_000.0;
        let longest = (4000.0 * scale) as usize + 2 * BLOCK;
        let line = || Lines::new(LANES, longest);
        let side = |lengths: [usize; 4]| {
            lengths.iter().map(|n| AllPass::new((*n as f64 * scale) as usize + 1)).collect()
        };
        Reverb {
            rate: cx.rate,
            channels: cx.channels,
            wait: Lines::new(2, (PREDELAY * cx.rate) as usize + 2 * BLOCK),
            waiting: Glide::default(),
            diffusers: DIFFUSERS.map(side),
            lines: [line(), line()],
            states: [F8::ZERO; 2],
            lengths: [[Glide::default(); LANES]; 2],
            phase: 0.0,
            idle: usize::MAX / 2,
        }
    }

    /// The input, waiting and then diffused: lane 0 left, lane 1 right.
    fn enter(&mut self, block: &Block) -> ([F8; BLOCK], f32) {
        let (left, right) =
            (block.ins.get(0), block.ins.get(if self.channels > 1 { 1 } else { 0 }));
        let mut x = [F8::ZERO; BLOCK];
        let mut peak = 0.0f32;
        for (x, (l, r)) in x.iter_mut().zip(left.iter().zip(right)) {
            x.0[0] = *l;
            x.0[1] = *r;
            peak = peak.max(l.abs()).max(r.abs());
        }
        self.wait.write(&x);
        let target = f64::from(block.params[3].to).clamp(0.0, PREDELAY) * self.rate;
        // Two frames at least, so that the moving read has its neighbours.
        let (from, step) = self.waiting.step(libm::rint(target.max(2.0)), BLOCK);
        let start = self.wait.now() - BLOCK as i64;
        for lane in 0..2 {
            if step == 0.0 && from == libm::floor(from) {
                self.wait.read(lane, start - from as i64, &mut x);
            } else {
                self.wait.read_moving(lane, start as f64 - from, 1.0 - step, &mut x);
            }
            let mut frames: [f32; BLOCK] = core::array::from_fn(|i| x[i].0[lane]);
            self.diffusers[lane].iter_mut().for_each(|pass| pass.run(&mut frames));
            x.iter_mut().zip(frames).for_each(|(x, y)| x.0[lane] = y);
        }
        (x, peak)
    }

    /// Cosines and sines of the angles by which pairs of lines are turned into each other now.
    fn rotation(&self) -> (F8, F8) {
        let speeds = F8([1.0, 2.0, 3.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
        let places = F8([0.0, 0.31, 0.62, 0.13, 0.44, 0.75, 0.26, 0.87]);
        let angle = (speeds * self.phase + places).sin_cycles() * 0.12;
        (angle.cos_cycles(), angle.sin_cycles())
    }

    /// Moves the heads of one half of the lines and reads them; returns their lengths.
    fn read(&mut self, half: usize, size: f32, out: &mut [F8; BLOCK]) -> F8 {
        let scale = (self.rate / 48_000.0) as f32;
        let lengths = F8(LENGTHS[half]) * ((0.25 + 0.75 * size) * scale);
        let lengths = lengths.max(80.0).round();
        let line = &self.lines[half];
        let heads: [(f64, f64); LANES] = core::array::from_fn(|lane| {
            self.lengths[half][lane].step(f64::from(lengths.0[lane]), BLOCK)
        });
        if heads.iter().all(|&(from, step)| step == 0.0 && from == libm::floor(from)) {
            line.read_all(&heads.map(|(from, _)| line.now() - from as i64), out);
            return lengths;
        }
        for (lane, (from, step)) in heads.into_iter().enumerate() {
            if step == 0.0 && from == libm::floor(from) {
                line.read(lane, line.now() - from as i64, out);
            } else {
                line.read_moving(lane, line.now() as f64 - from, 1.0 - step, out);
            }
        }
        lengths
    }
}

/// What the lines lose in one turn, for lines of `lengths` frames: the gain at 0 Hz and the coefficient
/// of the one-pole filter that makes treble die away faster (Jot and Chaigne, 1991).
fn absorption(lengths: F8, rate: f32, decay: f32, damp: f32) -> (F8, F8) {
    let turns = lengths * (SIXTY_DB / (rate * decay));
    // At half the sample rate the decay is this many times shorter.
    let faster = F8::splat(5.64 * damp).exp2();
    let treble = (turns * (faster - 1.0)).exp2();
    (turns.exp2(), (F8::ONE - treble) / (F8::ONE + treble))
}

/// The Hadamard matrix of order 16 over two halves of lanes, scaled to keep power.
#[inline(always)]
fn hadamard(a: F8, b: F8) -> (F8, F8) {
    let (a, b) = (a + b, a - b);
    (turn::<1>(turn::<2>(turn::<4>(a))) * 0.25, turn::<1>(turn::<2>(turn::<4>(b))) * 0.25)
}

/// One stage of the fast Walsh-Hadamard transform: sums and differences of lanes `D` apart.
#[inline(always)]
fn turn<const D: usize>(x: F8) -> F8 {
    let mut y = [0.0; LANES];
    for i in 0..LANES {
        let other = x.0[i ^ D];
        y[i] = if i & D == 0 { other + x.0[i] } else { other - x.0[i] };
    }
    F8(y)
}

wide::wide! {
    /// One block of the network. `ends` are the ends of the lines (two halves), in whose place come their
    /// new beginnings; `wet` gets what leaves; `loss` are gains and poles of the absorbent filters, `turn`
    /// and `step` the rotation; `x` enters at `level`, left in lane 0, right in lane 1.
    fn circulate(
        states: &mut [F8; 2],
        ends: &mut [&mut [F8; BLOCK]; 2],
        wet: &mut [[F8; BLOCK]; 2],
        loss: &[(F8, F8); 2],
        turn: (F8, F8),
        step: (F8, F8),
        x: &[F8; BLOCK],
        level: f32
    ) {
        let [a, b] = ends;
        let [mut state_a, mut state_b] = *states;
        let [(gain_a, pole_a), (gain_b, pole_b)] = *loss;
        let mut turn = turn;
        for i in 0..BLOCK {
            one_frame();
            state_a = a[i] * gain_a + (state_a - a[i] * gain_a) * pole_a;
            state_b = b[i] * gain_b + (state_b - b[i] * gain_b) * pole_b;
            (wet[0][i], wet[1][i]) = (state_a * SIGNS, state_b * SIGNS);
            let turned = state_a * turn.0 + state_b * turn.1;
            let (mixed_a, mixed_b) = hadamard(turned, state_b * turn.0 - state_a * turn.1);
            turn = (turn.0 + step.0, turn.1 + step.1);
            a[i] = mixed_a + SIGNS * (x[i].0[0] * level);
            b[i] = mixed_b + SIGNS * (x[i].0[1] * level);
        }
        *states = [state_a, state_b];
    }
}

/// Signs with which the input enters the lines and the output leaves them.
const SIGNS: F8 = F8([1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0]);

impl Processor for Reverb {
    fn process(&mut self, block: &mut Block) -> Status {
        let (x, peak) = self.enter(block);
        let param = |i: usize, lo: f32, hi: f32| {
            let x = block.params[i].to;
            if x > lo { if x < hi { x } else { hi } } else { lo }
        };
        let (size, decay, damp) = (param(0, 0.0, 1.0), param(1, 0.05, 60.0), param(2, 0.0, 1.0));
        let (mut a, mut b) = ([F8::ZERO; BLOCK], [F8::ZERO; BLOCK]);
        let lengths = [self.read(0, size, &mut a), self.read(1, size, &mut b)];
        let rate = self.rate as f32;
        let (gain_a, pole_a) = absorption(lengths[0], rate, decay, damp);
        let (gain_b, pole_b) = absorption(lengths[1], rate, decay, damp);
        // The power that comes back each turn is made up for, so that the level does not depend on it.
        let mean = (gain_a.sum() + gain_b.sum()) / 16.0;
        let level = (1.0 - mean * mean).max(0.0).sqrt();
        let (turn, end) = (self.rotation(), {
            self.phase += (0.11 * BLOCK as f64 / self.rate) as f32;
            self.phase -= if self.phase >= 1.0 { 1.0 } else { 0.0 };
            self.rotation()
        });
        let step = (end.0 - turn.0, end.1 - turn.1);
        let step = (step.0 * (1.0 / BLOCK as f32), step.1 * (1.0 / BLOCK as f32));
        let mut wet = [[F8::ZERO; BLOCK]; 2];
        let loss = [(gain_a, pole_a), (gain_b, pole_b)];
        circulate(&mut self.states, &mut [&mut a, &mut b], &mut wet, &loss, turn, step, &x, level);
        self.lines[0].write(&a);
        self.lines[1].write(&b);
        let mut sums = [[0.0; BLOCK]; 2];
        sums.iter_mut().zip(&wet).for_each(|(sum, wet)| wide::add_sums(sum, wet));
        let loudest = self.leave(block, &sums);
        let loud = peak > 0.0 || loudest > QUIET;
        self.idle = if loud { 0 } else { self.idle.saturating_add(BLOCK) };
        if self.idle <= self.longest() {
            return Status::Playing;
        }
        block.outs.iter_mut().for_each(|out| out.0.fill(0.0));
        Status::Silent
    }

    fn reset(&mut self) {
        (0..LANES).for_each(|lane| self.lines.iter_mut().for_each(|line| line.reset(lane)));
        (0..2).for_each(|lane| self.wait.reset(lane));
        self.diffusers.iter_mut().flatten().for_each(AllPass::reset);
        self.states = [F8::ZERO; 2];
        self.idle = usize::MAX / 2;
    }

    fn tail(&self) -> usize {
        // The longest decay; `Status::Silent` ends it as soon as nothing is left.
        (61.0 * self.rate) as usize
    }
}

impl Reverb {
    /// Frames after which nothing can come any more out of a silent network.
    fn longest(&self) -> usize {
        ((PREDELAY + 0.15) * self.rate) as usize
    }

    /// Writes dry and wet; returns the peak of the wet part.
    fn leave(&self, block: &mut Block, [wet_left, wet_right]: &[[f32; BLOCK]; 2]) -> f32 {
        let (mix, width) = (block.params[4], block.params[5]);
        let (dry_left, dry_right) =
            (block.ins.get(0), block.ins.get(if self.channels > 1 { 1 } else { 0 }));
        let mut peak = 0.0f32;
        let unit = |x: f32| if x > 0.0 { if x < 1.0 { x } else { 1.0 } } else { 0.0 };
        let [left, right] = block.outs else { return 0.0 };
        for (i, (l, r)) in wet_left.iter().zip(wet_right).enumerate() {
            let (mix, width) = (unit(mix.at(i)), unit(width.at(i)));
            // As loud as the input: eight lines a side, of equal power.
            let (middle, side) = ((l + r) * 0.22, (l - r) * 0.22 * width);
            peak = peak.max(l.abs()).max(r.abs());
            left.0[i] = dry_left[i] + (middle + side - dry_left[i]) * mix;
            right.0[i] = dry_right[i] + (middle - side - dry_right[i]) * mix;
        }
        peak
    }
}

/// M. R. Schroeder's all-pass: dense echoes, flat spectrum.
struct AllPass {
    ring: Vec<f32>,
    at: usize,
}

impl AllPass {
    fn new(frames: usize) -> AllPass {
        AllPass { ring: vec![0.0; frames], at: 0 }
    }

    /// In stretches that end where the ring does: within one, no frame depends on another.
    fn run(&mut self, x: &mut [f32]) {
        let mut done = 0;
        while done < x.len() {
            let frames = (x.len() - done).min(self.ring.len() - self.at);
            let ring = &mut self.ring[self.at..self.at + frames];
            for (x, ring) in x[done..done + frames].iter_mut().zip(ring) {
                let new = *x + *ring * 0.6;
                *x = *ring - new * 0.6;
                *ring = new;
            }
            done += frames;
            self.at = if self.at + frames == self.ring.len() { 0 } else { self.at + frames };
        }
    }

    fn reset(&mut self) {
        self.ring.fill(0.0);
    }
}
