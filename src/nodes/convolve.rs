//! Convolution with a recorded impulse response: real rooms, cabinets, anything linear.

use super::table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports, ProcCx, Sample};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::BLOCK;
use crate::dsp::wide;
use crate::rt::{Block, Processor, Status};
use crate::session::Recipe;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "convolve",
    aliases: &["convolution"],
    class: Class::Effect,
    summary: "The sound of a recorded room or speaker.",
    details: "Uniformly partitioned convolution, overlap-save, with a delay line of spectra (G. Garcia, \
              \"Optimal Filter Partition for Efficient Convolution with Short Input/Output Delay\", AES \
              113, 2002; F. Wefers, \"Partitioned Convolution Algorithms for Real-Time Auralization\", \
              2015). The products of older partitions are spread over the blocks between two transforms. \
              Late by one partition less a block of 64 frames (so by nothing with `partition: 64`), dry \
              and wet alike, which the graph compensates. A response of one channel serves both sides; \
              of two, each its own; of four, left to left, left to right, right to left, right to right.",
    ports: Ports::Widen,
    params: &[
        Param::other("path", ParamKind::Text, "", "The impulse response, an audio file."),
        Param::number("mix", "ratio", (0.0, 1.0), 0.35, "0 is dry, 1 is only the response."),
        Param::number("gain", "dB", (-60.0, 40.0), 0.0, "Level of the response."),
        Param {
            default: 1.0,
            ..Param::other("normalize", ParamKind::Flag, "",
                "Scale the response to unit energy, so that the level stays about the same.")
        },
        Param::number("partition", "frames", (64.0, 4096.0), 256.0,
            "Frames of a partition, rounded up to a power of two: short ones are early, long ones cheap.")
        .fixed(),
    ],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| Ok(Box::new(Convolve::new(cx)?))),
    example: "track(\"a\", saw(110) * 0.1).fx(convolve(\"hall.wav\", 0.4))",
}];

/// Longest response, in seconds: what a mistaken file (a song) would exceed.
const LONGEST: f64 = 60.0;

/// Spectrum of one partition: real parts, then imaginary parts, in lanes.
type Bins = Vec<F8>;

struct Convolve {
    channels: usize,
    partition: usize,
    /// Lanes of the real (or imaginary) parts of a spectrum.
    half: usize,
    parts: usize,
    frames: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    routes: Vec<Route>,
    inputs: Vec<Input>,
    /// Sum of products, and the output that is being played, for left and right.
    sums: [Bins; 2],
    ready: [Vec<f32>; 2],
    /// Blocks of the present partition that have come in.
    filled: usize,
    /// Where the newest spectra stand in the rings.
    turn: usize,
    time: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    idle: usize,
}

/// A response from an input to an output.
struct Route {
    input: usize,
    output: usize,
    /// Partitions x bins.
    response: Bins,
}

/// An input channel.
struct Input {
    /// The last partition and the one that comes in.
    recent: Vec<f32>,
    /// The dry sound, as late as the wet.
    dry: Vec<f32>,
    /// Spectra of the last partitions, a ring.
    spectra: Bins,
}

impl Convolve {
    fn new(cx: &ProcCx) -> Result<Convolve, String> {
        let path = cx.settings.text("path");
        if path.is_empty() {
            return Err("convolve has no file; write convolve(\"hall.wav\")".into());
        }
        let sample = cx.assets.sample(path)?;
        let frames = sample.frames();
        if frames == 0 || !matches!(sample.channels.len(), 1 | 2 | 4) {
            let n = sample.channels.len();
            let path = Recipe::parse(path);
            return Err(format!(
                "{path} has {frames} frames on {n} channels; an impulse response has 1, 2 or 4 channels"
            ));
        }
        if frames as f64 > LONGEST * cx.rate {
            let path = Recipe::parse(path);
            return Err(format!(
                "{path} is longer than {LONGEST} s; cut it to the response itself"
            ));
        }
        let wanted = cx.settings.number("partition").clamp(64.0, 4096.0) as usize;
        let partition = wanted.next_power_of_two();
        let mut planner = RealFftPlanner::<f32>::new();
        let forward = planner.plan_fft_forward(2 * partition);
        let inverse = planner.plan_fft_inverse(2 * partition);
        let half = (partition + 1).div_ceil(LANES);
        let parts = frames.div_ceil(partition);
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        let mut convolve = Convolve {
            channels: cx.channels.clamp(1, 2),
            partition,
            half,
            parts,
            frames,
            time: vec![0.0; 2 * partition],
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
            routes: Vec::new(),
            inputs: Vec::new(),
            sums: [vec![F8::ZERO; 2 * half], vec![F8::ZERO; 2 * half]],
            ready: [vec![0.0; partition], vec![0.0; partition]],
            filled: 0,
            turn: 0,
            idle: usize::MAX / 2,
        };
        convolve.inputs = (0..convolve.channels)
            .map(|_| Input {
                recent: vec![0.0; 2 * partition],
                dry: vec![0.0; partition],
                spectra: vec![F8::ZERO; 2 * half * parts],
            })
            .collect();
        let scale = scale(&sample, cx.settings.flag("normalize"));
        convolve.route(&sample, scale);
        Ok(convolve)
    }

    /// Transforms the partitions of every response that is needed.
    fn route(&mut self, sample: &Sample, scale: f32) {
        let last = self.channels - 1;
        let ways: &[(usize, usize, usize)] = match sample.channels.len() {
            1 => &[(0, 0, 0), (last, 1, 0)],
            2 => &[(0, 0, 0), (last, 1, 1)],
            _ => &[(0, 0, 0), (0, 1, 1), (last, 0, 2), (last, 1, 3)],
        };
        // A mono sound enters a true-stereo response on both sides, at half its level each.
        let share = if sample.channels.len() == 4 && self.channels == 1 { 0.5 } else { 1.0 };
        for &(input, output, channel) in ways {
            let mut response = vec![F8::ZERO; 2 * self.half * self.parts];
            let bins = response.chunks_exact_mut(2 * self.half);
            for (part, bins) in sample.channels[channel].chunks(self.partition).zip(bins) {
                self.time.fill(0.0);
                for (y, x) in self.time.iter_mut().zip(part) {
                    *y = x * scale * share;
                }
                self.transform();
                pack(&self.spectrum, bins, self.half);
            }
            self.routes.push(Route { input, output, response });
        }
    }

    /// The spectrum of `time`; the buffers have the lengths that the plan asks for, so it cannot fail.
    fn transform(&mut self) {
        let done = self.forward.process_with_scratch(
            &mut self.time,
            &mut self.spectrum,
            &mut self.scratch,
        );
        debug_assert!(done.is_ok());
    }

    /// Adds the products of partitions `from..to` to the sums; partition 0 is the newest, at `turn`.
    fn multiply(&mut self, turn: usize, from: usize, to: usize) {
        let (size, half) = (2 * self.half, self.half);
        for route in &self.routes {
            let (re, im) = self.sums[route.output].split_at_mut(half);
            for part in from..to.min(self.parts) {
                let slot = (turn + self.parts - part) % self.parts;
                let x = &self.inputs[route.input].spectra[slot * size..(slot + 1) * size];
                let h = &route.response[part * size..(part + 1) * size];
                wide::add_products(re, im, x, h);
            }
        }
    }
}

/// What the response is multiplied by: the transforms' own factor, and 1 / root of the energy.
fn scale(sample: &Sample, normalize: bool) -> f32 {
    if !normalize {
        return 1.0;
    }
    let energy = |x: &Vec<f32>| x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
    let loudest = sample.channels.iter().map(energy).fold(0.0, f64::max);
    if loudest > 0.0 { (1.0 / libm::sqrt(loudest)) as f32 } else { 1.0 }
}

/// Splits a spectrum into lanes of real and of imaginary parts.
fn pack(spectrum: &[Complex<f32>], bins: &mut [F8], half: usize) {
    for (i, bin) in spectrum.iter().enumerate() {
        bins[i / LANES].0[i % LANES] = bin.re;
        bins[half + i / LANES].0[i % LANES] = bin.im;
    }
}

impl Processor for Convolve {
    fn process(&mut self, block: &mut Block) -> Status {
        let blocks = self.partition / BLOCK;
        let at = self.filled * BLOCK;
        let mut sound = 0.0f32;
        for (c, input) in self.inputs.iter_mut().enumerate() {
            let x = block.ins.get(c);
            input.recent[self.partition + at..][..BLOCK].copy_from_slice(x);
            sound = x.iter().fold(sound, |m, x| m.max(x.abs()));
        }
        self.idle = if sound > 0.0 { 0 } else { self.idle.saturating_add(BLOCK) };
        // The older partitions: a share in each block, counted from the one that is coming in (0).
        let next = (self.turn + 1) % self.parts;
        let older = self.parts - 1;
        let from = 1 + older * self.filled / blocks;
        let to = 1 + older * (self.filled + 1) / blocks;
        self.multiply(next, from, to);
        self.filled += 1;
        if self.filled == blocks {
            self.finish(next);
        }
        self.leave(block);
        if self.idle > self.tail() { Status::Silent } else { Status::Playing }
    }

    fn reset(&mut self) {
        for input in &mut self.inputs {
            input.recent.fill(0.0);
            input.dry.fill(0.0);
            input.spectra.fill(F8::ZERO);
        }
        self.sums.iter_mut().for_each(|s| s.fill(F8::ZERO));
        self.ready.iter_mut().for_each(|r| r.fill(0.0));
        self.filled = 0;
        self.idle = usize::MAX / 2;
    }

    fn latency(&self) -> usize {
        self.partition - BLOCK
    }

    fn tail(&self) -> usize {
        self.frames + 2 * self.partition
    }
}

impl Convolve {
    /// A partition is complete: transforms it, adds its own product, transforms the sums back.
    fn finish(&mut self, turn: usize) {
        let size = 2 * self.half;
        for c in 0..self.inputs.len() {
            self.time.copy_from_slice(&self.inputs[c].recent);
            self.transform();
            let input = &mut self.inputs[c];
            pack(&self.spectrum, &mut input.spectra[turn * size..(turn + 1) * size], self.half);
            let (old, new) = input.recent.split_at_mut(self.partition);
            old.copy_from_slice(new);
            input.dry.copy_from_slice(new);
        }
        self.multiply(turn, 0, 1);
        self.turn = turn;
        let factor = 1.0 / (2 * self.partition) as f32;
        for (sum, ready) in self.sums.iter_mut().zip(&mut self.ready) {
            let last = self.spectrum.len() - 1;
            for (i, bin) in self.spectrum.iter_mut().enumerate() {
                bin.re = sum[i / LANES].0[i % LANES];
                bin.im = sum[self.half + i / LANES].0[i % LANES];
            }
            // Of a real signal, these two are real; the plan insists.
            (self.spectrum[0].im, self.spectrum[last].im) = (0.0, 0.0);
            let done = self.inverse.process_with_scratch(
                &mut self.spectrum,
                &mut self.time,
                &mut self.scratch,
            );
            debug_assert!(done.is_ok());
            for (y, x) in ready.iter_mut().zip(&self.time[self.partition..]) {
                *y = x * factor;
            }
            sum.fill(F8::ZERO);
        }
        self.filled = 0;
    }

    /// Writes 64 frames of what is ready, with the dry sound that belongs to them.
    fn leave(&self, block: &mut Block) {
        // Just after a partition was finished its first block is due; before, the blocks that follow.
        let at = self.filled * BLOCK;
        let level = |db: f32| F8::splat(db.clamp(-120.0, 60.0) / 6.020_6).exp2().0[0];
        let (from, to) = (level(block.params[1].from), level(block.params[1].to));
        let per = 1.0 / BLOCK as f32;
        for (c, out) in block.outs.iter_mut().enumerate().take(2) {
            let dry = &self.inputs[c.min(self.channels - 1)].dry[at..at + BLOCK];
            let wet = &self.ready[c][at..at + BLOCK];
            for i in 0..BLOCK {
                let mix = block.params[0].at(i).max(0.0).min(1.0);
                let gain = from + (to - from) * (i as f32 * per);
                out.0[i] = dry[i] + (wet[i] * gain - dry[i]) * mix;
            }
        }
    }
}
