//! Where notes begin: a pulse at each onset.

use super::{Window, blocks};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::BLOCK;
use crate::nodes::table::{Class, Kind, Make, OutRate, Param, Ports, ProcCx};
use crate::rt::{Block, Processor, Status};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

pub(super) const KIND: Kind = Kind {
    name: "onset",
    aliases: &["onsets"],
    class: Class::Analyser,
    summary: "A pulse, 1 and then falling, at each beginning of a note.",
    details: "Rises of the logarithmic spectrum from one 5 ms hop to the next (spectral flux), against \
              their own recent mean: J. P. Bello et al., \"A Tutorial on Onset Detection in Music \
              Signals\", IEEE TSAP 13(5), 2005; S. Boeck, F. Krebs, M. Schedl, \"Evaluating the online \
              capabilities of onset detection methods\", ISMIR 2012. 5 to 15 ms late, which is not \
              compensated.",
    ports: Ports::Analyse,
    params: &[
        Param::number("sensitivity", "ratio", (0.0, 1.0), 0.5, "1 hears the softest beginnings."),
        Param::number("decay", "s", (0.001, 10.0), 0.1, "Time in which the pulse falls by 60 dB.")
            .exponential(),
        Param::number("gap", "s", (0.01, 2.0), 0.05, "Shortest time between two onsets."),
    ],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| Ok(Box::new(Onset::new(cx)))),
    example: "track(\"a\", saw(110) * onset(noise() * 0.1))",
};

/// Hops over which the mean is taken.
const HISTORY: usize = 20;

struct Onset {
    rate: f64,
    window: Window,
    shape: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    time: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// First bin of each band, and the end of the last.
    bands: Vec<usize>,
    /// Logarithmic magnitudes of the last hop, by band.
    last: Vec<F8>,
    flux: [f32; HISTORY],
    hop: usize,
    /// Frames since the last onset.
    since: usize,
    level: f32,
}

impl Onset {
    fn new(cx: &ProcCx) -> Onset {
        let size = blocks(0.02 * cx.rate).next_power_of_two();
        let forward = RealFftPlanner::<f32>::new().plan_fft_forward(size);
        let tau = core::f64::consts::TAU;
        let hann = |i: usize| (0.5 - 0.5 * libm::cos(tau * i as f64 / size as f64)) as f32;
        let spectrum = forward.make_output_vec();
        let bands = bands(spectrum.len());
        Onset {
            rate: cx.rate,
            window: Window::new(size, blocks(0.005 * cx.rate)),
            shape: (0..size).map(hann).collect(),
            time: vec![0.0; size],
            scratch: vec![Complex::default(); forward.get_scratch_len()],
            last: vec![F8::ZERO; (bands.len() - 1).div_ceil(LANES)],
            bands,
            spectrum,
            forward,
            flux: [0.0; HISTORY],
            hop: 0,
            since: usize::MAX / 2,
            level: 0.0,
        }
    }

    /// Mean rise of the logarithmic spectrum over the bands since the last hop.
    fn rise(&mut self) -> f32 {
        for ((y, x), w) in self.time.iter_mut().zip(&self.window.frames).zip(&self.shape) {
            *y = x * w;
        }
        // The buffers have the lengths that the plan asks for, so it cannot fail.
        let done = self.forward.process_with_scratch(
            &mut self.time,
            &mut self.spectrum,
            &mut self.scratch,
        );
        debug_assert!(done.is_ok());
        let scale = 4.0 / self.time.len() as f32;
        let mut rise = F8::ZERO;
        for (i, last) in self.last.iter_mut().enumerate() {
            let mut magnitude = F8::ZERO;
            for (m, band) in magnitude.0.iter_mut().zip(self.bands[i * LANES..].windows(2)) {
                let power = |bin: &Complex<f32>| bin.re * bin.re + bin.im * bin.im;
                let loudest = self.spectrum[band[0]..band[1]].iter().map(power).fold(0.0, f32::max);
                *m = loudest.sqrt() * scale;
            }
            // Compressed so that -60 dB counts a little and 0 dB not too much.
            let now = (magnitude * 1000.0 + 1.0).log2();
            rise += (now - *last).max(0.0);
            *last = now;
        }
        rise.sum() / (self.bands.len() - 1) as f32
    }

    /// Whether a note begins in this hop.
    fn begins(&mut self, sensitivity: f32) -> bool {
        let rise = self.rise();
        let mean = self.flux.iter().sum::<f32>() / HISTORY as f32;
        self.flux[self.hop % HISTORY] = rise;
        self.hop = (self.hop + 1) % HISTORY;
        let hard = 1.0 - sensitivity;
        rise > mean * (1.3 + 2.0 * hard) + 0.02 + 0.4 * hard
    }
}

/// First bins of bands that are a fifth of an octave wide, or one bin, and the end of the last.
fn bands(bins: usize) -> Vec<usize> {
    let mut edges = vec![1];
    let mut edge = 1;
    while edge < bins {
        edge = (edge + 1).max((edge as f64 * 1.15) as usize).min(bins);
        edges.push(edge);
    }
    edges
}

impl Processor for Onset {
    fn process(&mut self, block: &mut Block) -> Status {
        let unit = |x: f32| x.max(0.0).min(1.0);
        let gap = f64::from(block.params[2].to).clamp(0.005, 10.0) * self.rate;
        self.since = self.since.saturating_add(BLOCK);
        if self.window.push(block)
            && self.begins(unit(block.params[0].to))
            && self.since as f64 >= gap
        {
            self.since = 0;
            self.level = 1.0;
        }
        let decay = f64::from(block.params[1].to).max(1e-4).min(100.0);
        let fall = libm::exp(-6.907_755 / (decay * self.rate)) as f32;
        for i in 0..BLOCK {
            for out in block.outs.iter_mut() {
                out.0[i] = self.level;
            }
            self.level *= fall;
        }
        if self.level < 1e-6 {
            self.level = 0.0;
        }
        let still = self.level == 0.0 && self.flux.iter().all(|f| *f == 0.0);
        if still { Status::Silent } else { Status::Playing }
    }

    fn reset(&mut self) {
        self.window.reset();
        self.last.fill(F8::ZERO);
        self.flux = [0.0; HISTORY];
        self.level = 0.0;
        self.since = usize::MAX / 2;
    }

    fn tail(&self) -> usize {
        (20.0 * self.rate) as usize
    }
}
