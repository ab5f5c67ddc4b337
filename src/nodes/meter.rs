//! The meter: lets sound through and measures its peak and its power.

use super::table::{Class, Kind, Make, OutRate, Ports};
use crate::dsp::unit::BLOCK;
use crate::rt::{Block, Processor, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "meter",
    aliases: &[],
    class: Class::Effect,
    summary: "Lets sound through and measures it.",
    details: "Sample peak since it was last read, and the power over 300 ms (the integration time of a \
              VU meter, IEC 60268-17). The sound is not changed.",
    ports: Ports::Linked,
    params: &[],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| {
        Ok(Box::new(Meter::new(cx.rate, cx.channels, Arc::new(Levels::default()))))
    }),
    example: "track(\"a\", saw(110) * 0.2).fx(meter())",
}];

/// What a meter measured, to be read from any thread.
#[derive(Debug, Default)]
pub struct Levels {
    /// Bits of the largest magnitude since the last reading (magnitudes are ordered as integers).
    peak: AtomicU32,
    /// Bits of the root mean square over 300 ms.
    rms: AtomicU32,
}

impl Levels {
    /// Largest sample magnitude of any channel since the last call.
    pub fn take_peak(&self) -> f32 {
        f32::from_bits(self.peak.swap(0, Ordering::Relaxed))
    }

    /// Root of the mean square of all channels, over about 300 ms.
    pub fn rms(&self) -> f32 {
        f32::from_bits(self.rms.load(Ordering::Relaxed))
    }
}

/// Passes its input on and publishes its [`Levels`].
pub struct Meter {
    levels: Arc<Levels>,
    channels: usize,
    square: f32,
    share: f32,
}

impl Meter {
    /// A meter of `channels` channels that publishes to `levels`.
    #[must_use]
    pub fn new(rate: f64, channels: usize, levels: Arc<Levels>) -> Meter {
        let share = (1.0 - libm::exp(-(BLOCK as f64) / (0.3 * rate))) as f32;
        Meter { levels, channels: channels.max(1), square: 0.0, share }
    }
}

impl Processor for Meter {
    fn process(&mut self, block: &mut Block) -> Status {
        let (mut peak, mut sum) = (0.0f32, 0.0f32);
        for c in 0..self.channels {
            let input = block.ins.get(c);
            for x in input {
                peak = if x.abs() > peak { x.abs() } else { peak };
                sum += x * x;
            }
            if let Some(out) = block.outs.get_mut(c) {
                out.0 = *input;
            }
        }
        let mean = sum / (BLOCK * self.channels) as f32;
        self.square += (mean - self.square) * self.share;
        if !self.square.is_finite() {
            self.square = 0.0;
        }
        self.levels.peak.fetch_max(peak.to_bits(), Ordering::Relaxed);
        self.levels.rms.store(self.square.sqrt().to_bits(), Ordering::Relaxed);
        // Once the reading has fallen below -120 dB there is nothing to go on for.
        if peak == 0.0 && self.square < 1e-12 { Status::Silent } else { Status::Playing }
    }

    fn reset(&mut self) {
        self.square = 0.0;
    }

    fn tail(&self) -> usize {
        (10.0 * BLOCK as f32 / self.share) as usize
    }
}
