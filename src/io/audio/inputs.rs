//! The way of the input: from the thread that records into the callback of the output, by a ring.

use ringbuf::HeapCons;
use ringbuf::traits::{Consumer, Observer};

/// The reading end of the input. Its ring is filled by another stream of the same rate.
pub(super) struct Inputs {
    ring: HeapCons<f32>,
    channels: usize,
    /// Interleaved, [`super::Format::max_frames`] long.
    scratch: Vec<f32>,
    /// Whether the ring has held a buffer in reserve since it last ran dry.
    primed: bool,
}

impl Inputs {
    /// Reads `ring`, whose frames have `channels` samples; at most `max_frames` frames a time.
    pub(super) fn new(ring: HeapCons<f32>, channels: u16, max_frames: u32) -> Inputs {
        let channels = usize::from(channels);
        let scratch = vec![0.0; channels * max_frames as usize];
        Inputs { ring, channels, scratch, primed: false }
    }

    /// The next `frames` frames, interleaved, and whether they are true: silence stands in for what has not come.
    /// A buffer is held in reserve, as the two streams take turns in either order; what piles up beyond three,
    /// because the clocks of two devices differ, is dropped. Called on the audio thread.
    pub(super) fn read(&mut self, frames: usize) -> (&[f32], bool) {
        let wanted = (frames * self.channels).min(self.scratch.len());
        let out = &mut self.scratch[..wanted];
        let there = self.ring.occupied_len();
        if wanted > 0 && there > 4 * wanted {
            // Whole buffers: the other side may be in the middle of a frame.
            self.ring.skip((there / wanted - 2) * wanted);
        }
        let enough = if self.primed { wanted } else { 2 * wanted };
        let was_primed = self.primed;
        self.primed = there >= enough;
        if self.primed {
            self.ring.pop_slice(out);
        } else {
            out.fill(0.0);
        }
        (out, self.primed || !was_primed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbuf::HeapRb;
    use ringbuf::traits::{Producer, Split};

    #[test]
    fn a_buffer_stays_in_reserve_gaps_are_told_and_surplus_is_dropped() {
        let (mut tx, rx) = HeapRb::<f32>::new(64).split();
        let mut inputs = Inputs::new(rx, 1, 4);
        let mut next = 0.0;
        let mut push = |n: usize| {
            for _ in 0..n {
                next += 1.0;
                tx.try_push(next).expect("room");
            }
        };
        assert_eq!(inputs.read(4), (&[0.0; 4][..], true), "nothing yet, which is no gap");
        push(4);
        assert_eq!(inputs.read(4), (&[0.0; 4][..], true), "held in reserve");
        push(4);
        assert_eq!(inputs.read(4), (&[1.0, 2.0, 3.0, 4.0][..], true));
        assert_eq!(inputs.read(4), (&[5.0, 6.0, 7.0, 8.0][..], true), "from the reserve");
        assert_eq!(inputs.read(4), (&[0.0; 4][..], false), "a gap");
        push(24);
        assert_eq!(inputs.read(4), (&[25.0, 26.0, 27.0, 28.0][..], true), "two buffers stay");
    }
    #[test]
    fn channels_keep_their_places_when_surplus_is_dropped_in_the_middle_of_a_frame() {
        let (mut tx, rx) = HeapRb::<f32>::new(64).split();
        let mut inputs = Inputs::new(rx, 2, 4);
        for sample in 0..35 {
            tx.try_push((sample % 2) as f32).expect("room");
        }
        assert_eq!(inputs.read(4), (&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0][..], true));
    }
}
