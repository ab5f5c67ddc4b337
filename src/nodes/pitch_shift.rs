//! The pitch shifter: higher or lower, in the same time.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::lines::hermite;
use crate::dsp::unit::BLOCK;
use crate::rt::{Block, Processor, Ramp, Status};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "pitch_shift",
    aliases: &[],
    class: Class::Effect,
    summary: "Makes sound higher or lower without making it shorter or longer.",
    details: "A read head runs through the recent past at another speed; when it comes to an end it \
              jumps, by the distance at which the waveform is most like where it leaves, and fades over \
              at most 10 ms: time-domain splicing (S. Roucos, A. Wilgus, \"High quality time-scale modification \
              for speech\", ICASSP 1985; W. Verhelst, M. Roelands, \"WSOLA\", ICASSP 1993). Clean for \
              voices and single notes, a little rough for thick chords. All channels jump together. \
              Reports 21 ms of latency, the middle of where the head moves.",
    ports: Ports::Linked,
    params: &[
        Param::number(
            "semitones",
            "semitones",
            (-24.0, 24.0),
            0.0,
            "By how much; fractions are fine.",
        ),
        Param::number("mix", "ratio", (0.0, 1.0), 1.0, "Less than 1 adds the sound as it was."),
    ],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| Ok(Box::new(PitchShift::new(cx.rate, cx.channels)))),
    example: "track(\"a\", saw(110) * 0.2).fx(pitch_shift(7))",
}];

/// Frames that the ring holds, at least, in seconds.
const MEMORY: f64 = 0.12;

struct PitchShift {
    /// The past, a ring a channel, and their sum, in which the best jump is sought.
    rings: Vec<Vec<f32>>,
    sum: Vec<f32>,
    mask: usize,
    /// Frames written.
    at: usize,
    /// Distances of the heads from the newest frame: the one that is heard, the one that fades.
    head: f64,
    old: f64,
    /// Frames of fade left, of `fade_length`.
    fade: usize,
    fade_length: usize,
    scale: Scale,
    heard: f32,
    ratio: f64,
    idle: usize,
}

/// Distances in frames, at the sample rate.
#[derive(Clone, Copy)]
struct Scale {
    /// Where the head stands while nothing is shifted: the latency.
    middle: usize,
    /// Nearest place that it comes to before it jumps, and furthest.
    near: usize,
    far: usize,
    /// Shortest jump, and how much longer one may be: a period of 50 Hz.
    jump: usize,
    search: usize,
    /// Frames that are compared.
    compare: usize,
    fade: usize,
    /// Frames skipped in the first, coarse search.
    coarse: usize,
}

impl PitchShift {
    fn new(rate: f64, channels: usize) -> PitchShift {
        let frames = |at_48k: f64| (at_48k * rate / 48_000.0) as usize;
        let size = (frames(MEMORY * 48_000.0) + 2 * BLOCK).next_power_of_two();
        let scale = Scale {
            middle: frames(1024.0),
            near: frames(420.0),
            far: frames(1640.0),
            jump: frames(240.0),
            search: frames(960.0),
            compare: frames(512.0),
            fade: frames(480.0),
            coarse: frames(4.0).max(1),
        };
        PitchShift {
            rings: vec![vec![0.0; size]; channels.max(1)],
            sum: vec![0.0; size],
            mask: size - 1,
            at: 0,
            head: scale.middle as f64,
            old: scale.middle as f64,
            fade: 0,
            fade_length: 1,
            scale,
            heard: 0.0,
            ratio: 1.0,
            idle: usize::MAX / 2,
        }
    }

    fn ratio(&mut self, semitones: f32) -> f64 {
        if semitones != self.heard && !semitones.is_nan() {
            self.heard = semitones;
            self.ratio = libm::exp2(f64::from(semitones.clamp(-24.0, 24.0)) / 12.0);
        }
        self.ratio
    }

    /// Jumps if the head has come too near, or too far. `ratio` is that of the coming frames.
    fn jump(&mut self, ratio: f64) {
        if self.fade > 0 {
            return;
        }
        let speed = (ratio - 1.0).abs();
        if ratio > 1.0 && self.head < self.scale.near as f64 {
            self.splice(1.0, speed);
        } else if ratio < 1.0 && self.head > self.scale.far as f64 {
            self.splice(-1.0, speed);
        }
    }

    fn splice(&mut self, direction: f64, speed: f64) {
        let distance = self.best(direction);
        self.old = self.head;
        self.head += direction * distance;
        // The fade is over when half of the distance is used up, and before the head that leaves has
        // come to the newest frame.
        let room = (distance * 0.5).min(self.scale.near as f64 - 8.0) / speed;
        self.fade = (room as usize).clamp(8, self.scale.fade);
        self.fade_length = self.fade;
    }

    /// The jump after which the waveform goes on most like before.
    fn best(&self, direction: f64) -> f64 {
        let Scale { jump, search, coarse, .. } = self.scale;
        let mut best = jump + search / 2;
        let mut top = 0.0f32;
        // Long ones first: of equals, they need the fewest jumps.
        for j in (jump..=jump + search).rev().step_by(coarse) {
            let like = self.likeness(direction, j, coarse);
            if like > top {
                (top, best) = (like, j);
            }
        }
        if top == 0.0 {
            return best as f64;
        }
        let (low, high) = (best.saturating_sub(coarse), best + coarse);
        let mut fine = 0.0f32;
        for j in low..=high {
            let like = self.likeness(direction, j, 1);
            if like > fine {
                (fine, best) = (like, j);
            }
        }
        // The top of a parabola through the best and its neighbours.
        let (a, c) = (self.likeness(direction, best - 1, 1), self.likeness(direction, best + 1, 1));
        let bend = a - 2.0 * fine + c;
        let shift = if bend < 0.0 { (0.5 * (a - c) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        best as f64 + f64::from(shift)
    }

    /// Normalised correlation of the past around the head with that `j` frames away.
    fn likeness(&self, direction: f64, j: usize, stride: usize) -> f32 {
        let compare = self.scale.compare;
        let here = self.at.wrapping_sub(self.head as usize);
        let there = if direction > 0.0 { here.wrapping_sub(j) } else { here.wrapping_add(j) };
        let before = compare / 2;
        let (mut product, mut power) = (0.0f32, 1e-12f32);
        for k in (0..compare).step_by(stride) {
            let a = self.sum[here.wrapping_add(k).wrapping_sub(before) & self.mask];
            let b = self.sum[there.wrapping_add(k).wrapping_sub(before) & self.mask];
            product += a * b;
            power += b * b;
        }
        product / power.sqrt()
    }

    /// The sample of channel `c`, `distance` frames before the newest.
    #[inline(always)]
    fn read(&self, c: usize, distance: f64) -> f32 {
        let whole = distance as usize;
        let back = whole + usize::from((whole as f64) < distance);
        let t = (back as f64 - distance) as f32;
        let first = self.at.wrapping_sub(back + 1);
        let ring = &self.rings[c];
        let point = |i: usize| ring[first.wrapping_add(i) & self.mask];
        if t == 0.0 { point(1) } else { hermite([point(0), point(1), point(2), point(3)], t) }
    }
}

impl Processor for PitchShift {
    fn process(&mut self, block: &mut Block) -> Status {
        let (from, to) = (self.ratio(block.params[0].from), self.ratio(block.params[0].to));
        let mix: Ramp = block.params[1];
        let step = (to - from) / BLOCK as f64;
        let mut sound = 0.0f32;
        for c in 0..self.rings.len() {
            sound = block.ins.get(c).iter().fold(sound, |m, x| m.max(x.abs()));
        }
        self.idle = if sound > 0.0 { 0 } else { self.idle.saturating_add(BLOCK) };
        for i in 0..BLOCK {
            let mut sum = 0.0;
            for (c, ring) in self.rings.iter_mut().enumerate() {
                let x = block.ins.get(c)[i];
                ring[self.at & self.mask] = x;
                sum += x;
            }
            self.sum[self.at & self.mask] = sum;
            let ratio = from + step * i as f64;
            self.jump(ratio);
            let share = self.fade as f32 / self.fade_length as f32;
            // A smooth step, so that neither end of the fade has a corner.
            let share = share * share * (3.0 - 2.0 * share);
            let mix = mix.at(i).max(0.0).min(1.0);
            for (c, out) in block.outs.iter_mut().enumerate().take(self.rings.len()) {
                let mut wet = self.read(c, self.head);
                if self.fade > 0 {
                    wet += (self.read(c, self.old) - wet) * share;
                }
                let dry = self.read(c, self.scale.middle as f64);
                out.0[i] = dry + (wet - dry) * mix;
            }
            self.at = self.at.wrapping_add(1);
            let bound = (self.mask - 2 * BLOCK) as f64;
            self.head = (self.head + 1.0 - ratio).clamp(4.0, bound);
            self.old = (self.old + 1.0 - ratio).clamp(4.0, bound);
            self.fade = self.fade.saturating_sub(1);
        }
        if self.idle > self.tail() { Status::Silent } else { Status::Playing }
    }

    fn reset(&mut self) {
        self.rings.iter_mut().for_each(|r| r.fill(0.0));
        self.sum.fill(0.0);
        self.head = self.scale.middle as f64;
        self.fade = 0;
        self.idle = usize::MAX / 2;
    }

    fn latency(&self) -> usize {
        self.scale.middle
    }

    fn tail(&self) -> usize {
        self.mask + 1
    }
}
