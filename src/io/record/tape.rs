//! The audio side of a recording: blocks go to a ring, those without room are counted.

use crate::dsp::unit::BLOCK;
use crate::rt::{Buffer, Ramp};
use ringbuf::traits::{Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The slot of the master.
pub const MASTER: u16 = 0;

/// Seconds of sound that the ring holds, so that a disk may sleep that long.
const SECONDS: usize = 5;

/// Strips that may come while it records without making that time shorter.
const MORE: usize = 4;

/// One block of one strip.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    /// The strip.
    pub slot: u16,
    /// Frames by which the strip is earlier than the master: it must be put that much later to line up.
    pub early: u32,
    /// First frame, as counted by the renderer.
    pub frame: u64,
    /// Left and right.
    pub sound: [Buffer; 2],
}

/// A block of a strip, as the renderer has it.
#[derive(Clone, Copy, Debug)]
pub struct Sound<'a> {
    /// The strip.
    pub slot: u16,
    /// As in [`Packet`].
    pub early: u32,
    /// Left and right with their gains; a channel that is silent is `None`.
    pub channels: [Option<(&'a Buffer, Ramp)>; 2],
}

/// How far the audio side is.
pub(super) struct Gauge {
    /// First frame of the recording; [`u64::MAX`] before it.
    first: AtomicU64,
    /// The frame after the last block that was taken or lost.
    next: AtomicU64,
    lost: AtomicU64,
    stop: AtomicBool,
}

impl Gauge {
    /// The first frame, and the one after the last block: all of the ring that is before it is there.
    pub fn range(&self) -> Option<(u64, u64)> {
        let next = self.next.load(Ordering::Acquire);
        let first = self.first.load(Ordering::Relaxed);
        (first != u64::MAX).then_some((first, next))
    }

    /// Frames for which there was no room.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Tells the audio side that nothing is wanted any more.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The end of the ring that the audio side writes to. Made, and freed, on a control thread.
pub struct Tape {
    ring: HeapProd<Packet>,
    gauge: Arc<Gauge>,
    stems: bool,
}

/// A ring for `stems` strips and the master, at `rate` hertz; without `stems`, the master alone.
pub(super) fn tape(rate: u32, stems: Option<usize>) -> (Box<Tape>, HeapCons<Packet>, Arc<Gauge>) {
    let strips = 1 + stems.map_or(0, |stems| stems + MORE);
    let blocks = (rate as usize * SECONDS).div_ceil(BLOCK);
    let silence = Packet { slot: 0, early: 0, frame: 0, sound: [Buffer::SILENCE; 2] };
    let mut ring = HeapRb::new(blocks * strips);
    // Every page is touched here, so that the audio thread never waits for one.
    ring.push_iter(std::iter::repeat(silence));
    ring.clear();
    let (ring, packets) = ring.split();
    let gauge = Arc::new(Gauge {
        first: AtomicU64::new(u64::MAX),
        next: AtomicU64::new(0),
        lost: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    (Box::new(Tape { ring, gauge: gauge.clone(), stems: stems.is_some() }), packets, gauge)
}

impl Tape {
    /// Whether it can be taken off. Audio thread.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.gauge.stop.load(Ordering::Relaxed)
    }

    /// Takes the block that begins at `frame`: the master, and the strips if they are wanted. Audio thread: no
    /// allocation, free, lock or system call.
    pub fn write<'a>(
        &mut self,
        frame: u64,
        master: &[Buffer; 2],
        strips: impl ExactSizeIterator<Item = Sound<'a>>,
    ) {
        if self.gauge.first.load(Ordering::Relaxed) == u64::MAX {
            self.gauge.first.store(frame, Ordering::Relaxed);
        }
        let packets = if self.stems { 1 + strips.len() } else { 1 };
        if self.ring.vacant_len() >= packets {
            let _ = self.ring.try_push(Packet { slot: MASTER, early: 0, frame, sound: *master });
            if self.stems {
                self.write_strips(frame, strips);
            }
        } else {
            self.gauge.lost.fetch_add(BLOCK as u64, Ordering::Relaxed);
        }
        self.gauge.next.store(frame + BLOCK as u64, Ordering::Release);
    }

    fn write_strips<'a>(&mut self, frame: u64, strips: impl Iterator<Item = Sound<'a>>) {
        for Sound { slot, early, channels } in strips {
            // The writer knows what is not said to be silent.
            if channels.iter().any(Option::is_some) {
                let sound = channels.map(|heard| heard.map_or(Buffer::SILENCE, scaled));
                let _ = self.ring.try_push(Packet { slot, early, frame, sound });
            }
        }
    }
}

/// A block with its gain; what is not turned down keeps its bits.
fn scaled((buffer, gain): (&Buffer, Ramp)) -> Buffer {
    let mut scaled = *buffer;
    if gain != Ramp::constant(1.0) {
        for (i, x) in scaled.0.iter_mut().enumerate() {
            *x *= gain.at(i);
        }
    }
    scaled
}
