//! Conversion between sample rates with a band-limited, linear-phase polyphase filter.
//!
//! A Kaiser-windowed sinc (J. F. Kaiser, "Nonrecursive Digital Filter Design Using the I0-sinh
//! Window Function", ISCAS 1974), evaluated as J. O. Smith describes in "Digital Audio Resampling"
//! (CCRMA, 2002). It is written here because the output must not depend on the machine: `rubato`
//! chooses an AVX, SSE or NEON kernel at run time, which rounds differently, without a way to pin
//! the scalar one, and computes its table with the platform's sine. This one uses `libm` and a
//! fixed order of summation.

use super::{AudioFile, LoopPoint};

/// Filter length either side of its centre, in samples of the lower rate: a transition band of 1.8 kHz at 44.1 kHz.
const HALF_WIDTH: usize = 96;
/// Kaiser window parameter for 120 dB of stop-band attenuation: 0.1102 (A - 8.7).
const BETA: f64 = 12.265;
/// Cutoff relative to the lower Nyquist frequency, so that the stop band starts just there:
/// the transition band is (A - 7.95) / (14.36 N) of the rate wide, with N taps.
const CUTOFF: f64 = 0.959;
/// Rows of the filter table; between two rows, coefficients are interpolated linearly (error below
/// -118 dB). Ratios with fewer phases than this, which are all the usual ones, are exact.
const MAX_PHASES: usize = 1024;
/// Coefficients that the table may have in all (32 MiB): for extreme ratios the filter is so long,
/// and so smooth, that fewer rows do.
const MAX_COEFFICIENTS: usize = 1 << 22;
/// Frames resampled at a time where a whole file is.
const BLOCK: usize = 4096;
/// Partial sums that are added at the end, in this order.
const LANES: usize = 8;

/// Resamples a stream of any length. It adds no delay: output frame n is the input at time n / rate.
pub struct Resampler {
    /// Output advances by `step` / `phases` input frames.
    step: u64,
    phases: u64,
    /// Filter taps, a multiple of [`LANES`].
    taps: usize,
    /// Rows of `taps` coefficients; one more row than phases, so that there is always a next one.
    table: Vec<f64>,
    rows: usize,
    /// Input from `first` on, channels x frames; zeros before the first frame of the stream.
    input: Vec<Vec<f64>>,
    /// Stream position of the first frame in `input`.
    first: i64,
    received: u64,
    produced: u64,
    output: Vec<Vec<f32>>,
}

impl Resampler {
    /// A resampler of `channels` channels from one rate to another, in hertz (both at least 1). The
    /// filter's length, and with it time and memory, grows with `from` / `to`.
    pub fn new(from: u32, to: u32, channels: usize) -> Self {
        let (from, to) = (from.max(1), to.max(1));
        let divisor = gcd(from, to);
        let (step, phases) = (u64::from(from / divisor), u64::from(to / divisor));
        // When the rate goes down, the filter gets longer and lower by the same factor.
        let scale = (f64::from(to) / f64::from(from)).min(1.0);
        let half = (HALF_WIDTH as f64 / scale).ceil() as usize;
        let taps = (2 * half).next_multiple_of(LANES);
        let rows = (phases as usize).min(MAX_PHASES).min(MAX_COEFFICIENTS / taps).max(1);
        let identity = step == phases;
        let table = if identity { Vec::new() } else { design(rows, taps, CUTOFF * scale) };
        let before = taps / 2 - 1;
        Self {
            step,
            phases,
            taps: if identity { 0 } else { taps },
            table,
            rows,
            input: vec![vec![0.0; before]; channels],
            first: -(before as i64),
            received: 0,
            produced: 0,
            output: vec![Vec::new(); channels],
        }
    }

    /// Takes a block and gives all output that it completes; both are channels x frames.
    pub fn process(&mut self, block: &[&[f32]]) -> &[Vec<f32>] {
        if self.taps == 0 {
            for (to, from) in self.output.iter_mut().zip(block) {
                to.clear();
                to.extend_from_slice(from);
            }
            return &self.output;
        }
        for (to, from) in self.input.iter_mut().zip(block) {
            to.extend(from.iter().map(|&sample| f64::from(sample)));
        }
        self.received += block.first().map_or(0, |c| c.len()) as u64;
        let available = self.first + self.input.first().map_or(0, Vec::len) as i64;
        let complete = available - (self.taps / 2) as i64;
        self.run(complete)
    }

    /// Gives the output that is left at the end of the stream; its total length is that of the
    /// input times the ratio of the rates, rounded up to a whole frame.
    pub fn finish(&mut self) -> &[Vec<f32>] {
        self.output.iter_mut().for_each(Vec::clear);
        if self.taps == 0 {
            return &self.output;
        }
        let half = self.taps / 2;
        for channel in &mut self.input {
            channel.extend(std::iter::repeat_n(0.0, half));
        }
        self.run(self.received as i64)
    }

    /// Computes the output whose time lies before input frame `end`.
    fn run(&mut self, end: i64) -> &[Vec<f32>] {
        self.output.iter_mut().for_each(Vec::clear);
        loop {
            let numerator = u128::from(self.produced) * u128::from(self.step);
            let frame = (numerator / u128::from(self.phases)) as i64;
            if frame >= end {
                break;
            }
            let phase = (numerator % u128::from(self.phases)) as u64;
            let start = (frame - self.first) as usize - (self.taps / 2 - 1);
            self.produce(start, phase);
            self.produced += 1;
        }
        self.forget();
        &self.output
    }

    fn produce(&mut self, start: usize, phase: u64) {
        let position = phase * self.rows as u64;
        let row = (position / self.phases) as usize;
        let between = (position % self.phases) as f64 / self.phases as f64;
        let coefficients = &self.table[row * self.taps..][..2 * self.taps];
        let (here, next) = coefficients.split_at(self.taps);
        for (output, input) in self.output.iter_mut().zip(&self.input) {
            let window = &input[start..start + self.taps];
            let mut sample = dot(window, here);
            if between > 0.0 {
                sample += between * (dot(window, next) - sample);
            }
            output.push(sample as f32);
        }
    }

    /// Drops input that no later output needs.
    fn forget(&mut self) {
        let numerator = u128::from(self.produced) * u128::from(self.step);
        let next = (numerator / u128::from(self.phases)) as i64 - (self.taps / 2 - 1) as i64;
        let held = self.input.first().map_or(0, Vec::len);
        let unneeded = ((next - self.first).max(0) as usize).min(held);
        for channel in &mut self.input {
            channel.drain(..unneeded);
        }
        self.first += unneeded as i64;
    }
}

/// Resamples a whole file to `rate` hertz: exact length (rounded up to a frame), no delay. Loop
/// points move with the audio, to the nearest frame.
pub fn resample(file: &AudioFile, rate: u32) -> AudioFile {
    let mut resampler = Resampler::new(file.rate, rate, file.channels.len());
    let mut channels: Vec<Vec<f32>> = vec![Vec::new(); file.channels.len()];
    for start in (0..file.frames()).step_by(BLOCK) {
        let end = file.frames().min(start + BLOCK);
        let block: Vec<&[f32]> = file.channels.iter().map(|c| &c[start..end]).collect();
        for (channel, part) in channels.iter_mut().zip(resampler.process(&block)) {
            channel.extend_from_slice(part);
        }
    }
    for (channel, rest) in channels.iter_mut().zip(resampler.finish()) {
        channel.extend_from_slice(rest);
    }
    let frames = channels.first().map_or(0, Vec::len) as u64;
    let loops = scale_loops(&file.loops, file.rate, rate, frames);
    AudioFile { rate, channels, loops, root_key: file.root_key }
}

/// Loop points at another rate; those that do not survive the rounding are dropped.
pub fn scale_loops(loops: &[LoopPoint], from: u32, to: u32, frames: u64) -> Vec<LoopPoint> {
    let scale = |frame: u64| {
        let (frame, from, to) = (u128::from(frame), u128::from(from), u128::from(to));
        (((2 * frame * to + from) / (2 * from)) as u64).min(frames)
    };
    loops
        .iter()
        .map(|point| LoopPoint { start: scale(point.start), end: scale(point.end), ..*point })
        .filter(|point| point.start < point.end)
        .collect()
}

/// The filter at `rows` + 1 equidistant fractions of an input frame, each row summing to 1, so that
/// a constant comes out as it went in. `cutoff` is relative to the input's Nyquist frequency.
fn design(rows: usize, taps: usize, cutoff: f64) -> Vec<f64> {
    let half = (taps / 2) as f64;
    let mut table = Vec::with_capacity((rows + 2) * taps);
    for row in 0..=rows {
        let fraction = row as f64 / rows as f64;
        let start = table.len();
        for tap in 0..taps {
            let distance = tap as f64 - (half - 1.0) - fraction;
            table.push(sinc(distance * cutoff) * kaiser(distance / half));
        }
        let sum: f64 = table[start..].iter().sum();
        table[start..].iter_mut().for_each(|c| *c /= sum);
    }
    table.extend(std::iter::repeat_n(0.0, taps));
    table
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { libm::sin(std::f64::consts::PI * x) / (std::f64::consts::PI * x) }
}

/// The Kaiser window, without its constant factor, for x in -1..=1.
fn kaiser(x: f64) -> f64 {
    bessel_i0(BETA * (1.0 - x * x).max(0.0).sqrt())
}

/// Modified Bessel function of the first kind and order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

fn dot(input: &[f64], coefficients: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (x, c) in input.chunks_exact(LANES).zip(coefficients.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * c[lane];
        }
    }
    sums.iter().sum()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
