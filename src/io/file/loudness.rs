//! Measuring of level and loudness.

use ebur128::{EbuR128, Mode};

/// Level and loudness of a signal. Silence has every level at negative infinity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// Integrated loudness in LUFS (ITU-R BS.1770-4, EBU R 128); negative infinity below the gate of -70 LUFS.
    pub integrated_lufs: f64,
    /// Loudness range in LU (EBU Tech 3342).
    pub range_lu: f64,
    /// Largest true peak of any channel in dBTP (BS.1770-4 annex 2).
    pub true_peak_dbtp: f64,
    /// Largest sample of any channel in dBFS.
    pub peak_dbfs: f64,
    /// Root mean square over all channels in dBFS: a full-scale sine has -3.01.
    pub rms_dbfs: f64,
}

/// Measures a signal as it passes.
pub struct Meter {
    /// `None` for rates and channel counts outside the standard's reach: levels are measured then, loudness is not.
    ebu: Option<EbuR128>,
    channels: usize,
    peak: f32,
    square_sum: f64,
    samples: u64,
}

impl Meter {
    /// A meter for `channels` channels at `rate` hertz. One channel is measured as one loudspeaker,
    /// two as left and right, six as 5.1.
    pub fn new(rate: u32, channels: usize) -> Self {
        let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK;
        let ebu = EbuR128::new(channels as u32, rate, mode).ok();
        Self { ebu, channels, peak: 0.0, square_sum: 0.0, samples: 0 }
    }

    /// A meter of peak and mean square alone, which costs next to nothing: loudness is not measured
    /// and true peaks are taken for the largest sample.
    pub fn levels_only(channels: usize) -> Self {
        Self { ebu: None, channels, peak: 0.0, square_sum: 0.0, samples: 0 }
    }

    /// Adds a block, channels x frames.
    pub fn add(&mut self, channels: &[&[f32]]) {
        for &sample in channels.iter().copied().flatten() {
            self.peak = self.peak.max(sample.abs());
            self.square_sum += f64::from(sample) * f64::from(sample);
        }
        self.samples += channels.iter().map(|c| c.len() as u64).sum::<u64>();
        if let Some(ebu) = &mut self.ebu {
            // Fails only for a wrong number of channels; then loudness is not measured.
            if ebu.add_frames_planar_f32(channels).is_err() {
                self.ebu = None;
            }
        }
    }

    /// Largest absolute sample so far, linear.
    pub fn peak(&self) -> f32 {
        self.peak
    }

    /// The measurement of everything added so far.
    pub fn loudness(&self) -> Loudness {
        let rms =
            if self.samples == 0 { 0.0 } else { (self.square_sum / self.samples as f64).sqrt() };
        let ebu = self.ebu.as_ref();
        let true_peak = (0..self.channels as u32)
            .filter_map(|channel| ebu?.true_peak(channel).ok())
            // Interpolation can miss the largest sample itself.
            .fold(f64::from(self.peak), f64::max);
        Loudness {
            integrated_lufs: ebu
                .and_then(|e| e.loudness_global().ok())
                .unwrap_or(f64::NEG_INFINITY),
            range_lu: ebu.and_then(|e| e.loudness_range().ok()).unwrap_or(0.0),
            true_peak_dbtp: decibels(true_peak),
            peak_dbfs: decibels(f64::from(self.peak)),
            rms_dbfs: decibels(rms),
        }
    }
}

/// Amplitude to decibels; 0 gives negative infinity.
fn decibels(amplitude: f64) -> f64 {
    20.0 * libm::log10(amplitude)
}
