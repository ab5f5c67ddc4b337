//! No click where other code takes over: the step between what was heard and what follows is let go slowly.

use crate::dsp::F8;

/// Frames that it takes: 5 ms at 48 kHz.
const FRAMES: usize = 240;

/// What the output of a unit was, and what is left of the step after its code has been swapped.
#[derive(Default)]
pub struct Seam {
    /// The last frame of each channel.
    last: [F8; 2],
    step: [F8; 2],
    /// Frames since the swap; the step is not known yet at 0.
    since: [Option<usize>; 2],
    /// One bit a lane that has begun anew since the swap: there is no step in it.
    anew: u8,
}

impl Seam {
    /// Begins after `before`, where other code has taken over for `channels` channels.
    pub fn begin(&mut self, before: &Seam, channels: usize) {
        self.last = before.last;
        self.since[..channels].fill(Some(0));
        self.anew = 0;
    }

    /// A lane begins anew.
    pub fn reset(&mut self, lane: usize) {
        self.anew |= 1 << lane;
        self.step.iter_mut().for_each(|step| step.0[lane] = 0.0);
    }

    /// Adds what is left of the step to a range, and remembers how it ends.
    pub fn smooth(&mut self, channel: usize, out: &mut [F8]) {
        if let Some(since) = self.since[channel] {
            if since == 0 {
                let step = self.last[channel] - out[0];
                for (lane, own) in self.step[channel].0.iter_mut().enumerate() {
                    *own = if self.anew & (1 << lane) == 0 { step.0[lane] } else { 0.0 };
                }
            }
            let part = |i: usize| 1.0 - (since + i).min(FRAMES) as f32 / FRAMES as f32;
            for (i, y) in out.iter_mut().enumerate() {
                *y += self.step[channel] * part(i);
            }
            let now = since + out.len();
            self.since[channel] = (now < FRAMES).then_some(now);
        }
        if let Some(last) = out.last() {
            self.last[channel] = *last;
        }
    }
}
