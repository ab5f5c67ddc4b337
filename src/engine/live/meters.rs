//! Peaks a strip: raised by the audio side, read and lowered by the control side.

use super::Live;
use crate::graph::Compiled;
use crate::rt::{Buffer, Renderer, Tap};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names of strips that a [`Live`] can meter and record; those that come after so many others are heard
/// only.
const SLOTS: usize = 1024;

/// The slot of the master: what the device gets.
pub(super) const MASTER: u16 = 0;

/// The level of a strip after its fader; of the master, what the device gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    /// Name of the track or bus, or `master`.
    pub name: String,
    /// Largest magnitude left and right since the last call, linear; 1 is full scale.
    pub peak: [f32; 2],
}

/// The slots of strips: a name keeps its own through all edits.
#[derive(Default)]
pub(super) struct Slots(BTreeMap<String, u16>);

impl Slots {
    /// Puts taps at the strips of `compiled`. Control thread.
    pub fn tap(&mut self, compiled: &mut Compiled) {
        let (master, latency) = (compiled.schedule.master, compiled.schedule.latency);
        let strips = compiled.strips.iter().filter(|strip| strip.post != master);
        compiled.schedule.taps = strips
            .filter_map(|strip| {
                let early = latency.saturating_sub(strip.latency) as u32;
                let slot = self.slot(&strip.name)?;
                let levels = [strip.level; 2];
                Some(Tap { slot, early, post: strip.post, levels, heard: [None; 2] })
            })
            .collect();
    }

    /// The slot of a name; `None` if too many came before it.
    fn slot(&mut self, name: &str) -> Option<u16> {
        let next = self.0.len() + 1;
        match self.0.get(name) {
            Some(slot) => Some(*slot),
            None if next == SLOTS => None,
            None => {
                self.0.insert(name.to_string(), next as u16);
                Some(next as u16)
            }
        }
    }

    /// The name of a slot.
    pub fn name(&self, slot: u16) -> Option<&str> {
        self.0.iter().find(|(_, s)| **s == slot).map(|(name, _)| name.as_str())
    }
}

/// Bits of the largest magnitudes by slot, left and right.
pub(super) struct Peaks(Vec<[AtomicU32; 2]>);

impl Default for Peaks {
    fn default() -> Peaks {
        Peaks((0..SLOTS).map(|_| Default::default()).collect())
    }
}

impl Peaks {
    /// Takes in the block that was just rendered, of which `output` is what the device gets. Audio thread.
    pub fn note(&self, renderer: &Renderer, output: &[Buffer; 2]) {
        for channel in 0..2 {
            self.raise(MASTER, channel, output[channel].peak());
        }
        for (tap, channels) in renderer.taps() {
            for (channel, heard) in channels.iter().enumerate() {
                if let Some((buffer, gain)) = heard {
                    self.raise(tap.slot, channel, buffer.peak() * gain.from.max(gain.to));
                }
            }
        }
    }

    fn raise(&self, slot: u16, channel: usize, now: f32) {
        let Some(peak) = self.0.get(slot as usize) else { return };
        let (peak, now) = (&peak[channel], now.to_bits());
        // Magnitudes are in the order of their bits. The look before spares the bus.
        if now > peak.load(Ordering::Relaxed) {
            peak.fetch_max(now, Ordering::Relaxed);
        }
    }

    fn take(&self, slot: u16) -> [f32; 2] {
        let Some(peak) = self.0.get(slot as usize) else { return [0.0; 2] };
        [0, 1].map(|channel| f32::from_bits(peak[channel].swap(0, Ordering::Relaxed)))
    }
}

impl Live {
    /// The peaks of all tracks and buses of what plays, in the order of the script, and of the master, since
    /// the last call. A strip that is not heard (muted) is at 0.
    pub fn take_meters(&mut self) -> Vec<Meter> {
        let session = &self.music.session;
        let names =
            session.tracks.iter().map(|t| &t.name).chain(session.buses.iter().map(|b| &b.name));
        let peaks = &self.shared.peaks;
        let mut meters: Vec<Meter> = names
            .map(|name| {
                let peak = self.graphs.slots.0.get(name).map_or([0.0; 2], |slot| peaks.take(*slot));
                Meter { name: name.clone(), peak }
            })
            .collect();
        meters.push(Meter { name: "master".into(), peak: peaks.take(MASTER) });
        meters
    }
}
