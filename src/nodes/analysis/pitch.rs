//! The pitch of a single voice, in hertz, as a control signal.

use super::{Window, blocks};
use crate::nodes::table::{Class, Kind, Make, OutRate, Param, Ports, ProcCx};
use crate::rt::{Block, Processor, Ramp, Status};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

pub(super) const KIND: Kind = Kind {
    name: "pitch",
    aliases: &["pitch_tracker"],
    class: Class::Analyser,
    summary: "The pitch of a voice or a single instrument, in hertz.",
    details: "YIN (A. de Cheveigne, H. Kawahara, \"YIN, a fundamental frequency estimator for speech and \
              music\", JASA 111(4), 2002), steps 1 to 5, every 10 ms over two of the longest periods; the \
              difference function by fast correlation. What has no clear pitch, or is below -60 dB, \
              leaves the last pitch standing; 0 before the first. About 30 ms late, which is not \
              compensated: it follows.",
    ports: Ports::Analyse,
    params: &[
        Param::number("threshold", "ratio", (0.01, 0.5), 0.15, "How irregular a pitch may be."),
        Param::number("lowest", "Hz", (20.0, 1000.0), 50.0, "Lowest pitch that is looked for.")
            .fixed(),
        Param::number(
            "highest",
            "Hz",
            (100.0, 5000.0),
            2000.0,
            "Highest pitch that is looked for.",
        )
        .fixed(),
    ],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| Ok(Box::new(Pitch::new(cx)))),
    example: "track(\"a\", saw(110) |> lowpass(pitch(saw(110)) * 4))",
};

struct Pitch {
    rate: f64,
    window: Window,
    /// Frames that are summed, and shortest and longest period.
    width: usize,
    shortest: usize,
    longest: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    time: Vec<f32>,
    first: Vec<Complex<f32>>,
    whole: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// The normalised difference function, by period.
    difference: Vec<f32>,
    heard: Ramp,
}

impl Pitch {
    fn new(cx: &ProcCx) -> Pitch {
        let lowest = cx.settings.number("lowest").clamp(20.0, 1000.0);
        let highest = cx.settings.number("highest").clamp(lowest * 2.0, 5000.0);
        let longest = (cx.rate / lowest) as usize + 2;
        let width = blocks(longest as f64);
        let size = width + blocks(longest as f64 + 2.0);
        let length = size.next_power_of_two();
        let mut planner = RealFftPlanner::<f32>::new();
        let forward = planner.plan_fft_forward(length);
        let inverse = planner.plan_fft_inverse(length);
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Pitch {
            rate: cx.rate,
            window: Window::new(size, blocks(0.01 * cx.rate)),
            width,
            shortest: ((cx.rate / highest) as usize).max(2),
            longest,
            time: vec![0.0; length],
            first: forward.make_output_vec(),
            whole: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
            difference: vec![0.0; longest + 2],
            heard: Ramp::constant(0.0),
        }
    }

    /// Correlation of the first `width` frames of the window with all of it, into `time`.
    fn correlate(&mut self) {
        // The buffers have the lengths that the plans ask for, so the transforms cannot fail.
        self.time.fill(0.0);
        self.time[..self.width].copy_from_slice(&self.window.frames[..self.width]);
        let a =
            self.forward.process_with_scratch(&mut self.time, &mut self.first, &mut self.scratch);
        self.time.fill(0.0);
        self.time[..self.window.frames.len()].copy_from_slice(&self.window.frames);
        let b =
            self.forward.process_with_scratch(&mut self.time, &mut self.whole, &mut self.scratch);
        let factor = 1.0 / self.time.len() as f32;
        let last = self.whole.len() - 1;
        for (i, (x, y)) in self.whole.iter_mut().zip(&self.first).enumerate() {
            let (re, im) = (x.re * y.re + x.im * y.im, x.im * y.re - x.re * y.im);
            *x = Complex {
                re: re * factor,
                im: if i == 0 || i == last { 0.0 } else { im * factor },
            };
        }
        let c =
            self.inverse.process_with_scratch(&mut self.whole, &mut self.time, &mut self.scratch);
        debug_assert!(a.is_ok() && b.is_ok() && c.is_ok());
    }

    /// The period in frames, if there is a clear one.
    fn period(&mut self, threshold: f32) -> Option<f64> {
        let x = &self.window.frames;
        let square = |i: usize| f64::from(x[i]) * f64::from(x[i]);
        let power: f64 = (0..self.width).map(square).sum();
        if power < 1e-6 * self.width as f64 {
            return None;
        }
        self.correlate();
        let x = &self.window.frames;
        let square = |i: usize| f64::from(x[i]) * f64::from(x[i]);
        let (mut shifted, mut sum) = (power, 0.0);
        self.difference[0] = 1.0;
        for tau in 1..self.difference.len() {
            shifted += square(tau + self.width - 1) - square(tau - 1);
            let d = (power + shifted - 2.0 * f64::from(self.time[tau])).max(0.0);
            sum += d;
            self.difference[tau] = if sum > 0.0 { (d * tau as f64 / sum) as f32 } else { 1.0 };
        }
        let d = &self.difference;
        let mut tau = (self.shortest..self.longest).find(|&t| d[t] < threshold)?;
        while tau + 1 < self.longest && d[tau + 1] < d[tau] {
            tau += 1;
        }
        let (a, b, c) = (f64::from(d[tau - 1]), f64::from(d[tau]), f64::from(d[tau + 1]));
        let bend = a - 2.0 * b + c;
        let shift = if bend > 0.0 { (0.5 * (a - c) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        Some(tau as f64 + shift)
    }
}

impl Processor for Pitch {
    fn process(&mut self, block: &mut Block) -> Status {
        self.heard.from = self.heard.to;
        if self.window.push(block) {
            let threshold = block.params[0].to.max(0.01).min(0.9);
            if let Some(period) = self.period(threshold) {
                self.heard.to = (self.rate / period) as f32;
                if self.heard.from == 0.0 {
                    self.heard.from = self.heard.to;
                }
            }
        }
        for out in block.outs.iter_mut() {
            for (i, y) in out.0.iter_mut().enumerate() {
                *y = self.heard.at(i);
            }
        }
        Status::Playing
    }

    fn reset(&mut self) {
        self.window.reset();
        self.heard = Ramp::constant(0.0);
    }

    fn tail(&self) -> usize {
        // It holds the last pitch.
        usize::MAX
    }
}
