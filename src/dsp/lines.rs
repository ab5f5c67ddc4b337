//! Delay lines, one a lane: exact whole-frame reads, and four-point reads while the delay moves.

use super::lanes::{F8, LANES};
use super::transpose::{Row, to_lanes, to_rows};
use super::unit::BLOCK;

/// Rings of equal length, one for each lane in use; all are written together.
pub struct Lines {
    data: Vec<f32>,
    lanes: usize,
    /// Memory of one lane, in frames.
    size: usize,
    /// Of the part of it that is in use, a power of two; less one.
    mask: i64,
    /// Absolute number of the next frame to be written.
    at: i64,
    /// First frame that counts, lane by lane: what is older reads as zero, so that a reset costs nothing.
    birth: [i64; LANES],
}

impl Lines {
    /// `lanes` lines (1..=8) that remember at least `frames` frames. Allocates: control thread.
    #[must_use]
    pub fn new(lanes: usize, frames: usize) -> Lines {
        let size = (frames + 8).next_power_of_two();
        let lanes = lanes.clamp(1, LANES);
        Lines {
            data: vec![0.0; size * lanes],
            lanes,
            size,
            mask: size as i64 - 1,
            at: 0,
            birth: [0; LANES],
        }
    }

    /// The same, which uses no more of its memory than [`Lines::need`] has asked for: short delays stay in
    /// the cache, and what is never touched is never given by the system.
    #[must_use]
    pub fn growing(lanes: usize, frames: usize) -> Lines {
        let mut lines = Lines::new(lanes, frames);
        lines.mask = lines.mask.min(1023);
        lines
    }

    /// Makes room for reads up to `frames` back. Moves what is remembered if it must grow.
    #[inline(always)]
    pub fn need(&mut self, frames: usize) {
        if frames + 8 > self.mask as usize + 1 {
            self.grow(frames + 8);
        }
    }

    fn grow(&mut self, frames: usize) {
        while (self.mask as usize + 1) < frames.min(self.size) {
            let old = self.mask + 1;
            let mask = 2 * old - 1;
            for line in self.data.chunks_exact_mut(self.size) {
                for frame in (self.at - old).max(0)..self.at {
                    line[(frame & mask) as usize] = line[(frame & self.mask) as usize];
                }
            }
            // What had been overwritten in the smaller ring is nowhere in the larger one.
            for birth in &mut self.birth {
                *birth = (*birth).max(self.at - old);
            }
            self.mask = mask;
        }
    }

    /// Number of lanes that have memory.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Absolute number of the next frame to be written.
    #[inline(always)]
    #[must_use]
    pub fn now(&self) -> i64 {
        self.at
    }

    /// Forgets what `lane` holds, at no cost.
    pub fn reset(&mut self, lane: usize) {
        self.birth[lane] = self.at;
    }

    #[inline(always)]
    fn get(&self, lane: usize, frame: i64) -> f32 {
        if frame < self.birth[lane] {
            return 0.0;
        }
        self.data[lane * self.size + (frame & self.mask) as usize]
    }

    /// Writes `x`, lane by lane, as the next frames.
    #[inline(always)]
    pub fn write(&mut self, x: &[F8]) {
        for x in x.chunks(BLOCK) {
            let mut rows = [[0.0; BLOCK]; LANES];
            to_rows(x, &mut rows);
            let size = self.mask as usize + 1;
            let first = (self.at & self.mask) as usize;
            let split = x.len().min(size - first);
            for (lane, row) in rows[..self.lanes].iter().enumerate() {
                let line = &mut self.data[lane * self.size..][..size];
                line[first..first + split].copy_from_slice(&row[..split]);
                line[..x.len() - split].copy_from_slice(&row[split..x.len()]);
            }
            self.at += x.len() as i64;
        }
    }

    /// Reads at most [`BLOCK`] frames into all lanes of `out`, those of each lane from its own of `starts`
    /// on; all of them must have been written. Lanes without memory read as zero.
    #[inline(always)]
    pub fn read_all(&self, starts: &[i64; LANES], out: &mut [F8]) {
        const ZEROS: Row = [0.0; BLOCK];
        let size = self.mask as usize + 1;
        let mut copies = [ZEROS; LANES];
        let mut rows: [&[f32]; LANES] = [&ZEROS; LANES];
        for ((lane, copy), row) in copies.iter_mut().enumerate().zip(&mut rows).take(self.lanes) {
            let first = (starts[lane] & self.mask) as usize;
            if starts[lane] >= self.birth[lane] && first + out.len() <= size {
                *row = &self.data[lane * self.size + first..][..out.len()];
                continue;
            }
            // Over the end of the ring, or from before it was born.
            for (i, y) in copy[..out.len()].iter_mut().enumerate() {
                *y = self.get(lane, starts[lane] + i as i64);
            }
            *row = &*copy;
        }
        to_lanes(&rows, out);
    }

    /// Reads the frames from `start` on into `lane` of `out`; all of them must have been written.
    #[inline(always)]
    pub fn read(&self, lane: usize, start: i64, out: &mut [F8]) {
        let size = self.mask as usize + 1;
        if start < self.birth[lane] {
            for (i, y) in out.iter_mut().enumerate() {
                y.0[lane] = self.get(lane, start + i as i64);
            }
            return;
        }
        let line = &self.data[lane * self.size..][..size];
        let first = (start & self.mask) as usize;
        let split = out.len().min(size - first);
        let (head, rest) = out.split_at_mut(split);
        for (y, x) in head.iter_mut().zip(&line[first..]) {
            y.0[lane] = *x;
        }
        for (y, x) in rest.iter_mut().zip(line) {
            y.0[lane] = *x;
        }
    }

    /// Reads at `start`, `start + speed`, ... between frames, with a four-point third-order Hermite
    /// polynomial (L. de Soras / O. Niemitalo, "Polynomial Interpolators", 2001). The two frames after
    /// the last position must have been written.
    #[inline(always)]
    pub fn read_moving(&self, lane: usize, start: f64, speed: f64, out: &mut [F8]) {
        for (i, y) in out.iter_mut().enumerate() {
            let position = start + speed * i as f64;
            // Truncation is the floor here but for what lies before the beginning.
            let at = position as i64 - i64::from(position < 0.0);
            let points = [
                self.get(lane, at - 1),
                self.get(lane, at),
                self.get(lane, at + 1),
                self.get(lane, at + 2),
            ];
            y.0[lane] = hermite(points, (position - at as f64) as f32);
        }
    }
}

/// Value at `t` (0..1) between the two middle ones of four points.
#[inline(always)]
#[must_use]
pub fn hermite([a, b, c, d]: [f32; 4], t: f32) -> f32 {
    let slope = (c - a) * 0.5;
    let curve = a - 2.5 * b + 2.0 * c - 0.5 * d;
    let bend = 0.5 * (d - a) + 1.5 * (b - c);
    ((bend * t + curve) * t + slope) * t + b
}

/// A delay, in frames, that glides to where it should be like a tape: never by more than half a frame a
/// frame, so that a jump of the time bends the pitch by an octave at most and never clicks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Glide {
    /// Frames; nothing before the first range.
    now: Option<f64>,
}

impl Glide {
    /// Where the delay is, and by how much it moves each frame, on the way to `target` over `frames`.
    #[inline(always)]
    pub fn step(&mut self, target: f64, frames: usize) -> (f64, f64) {
        let from = self.now.unwrap_or(target);
        let want = (target - from) / frames as f64;
        let step = want.clamp(-0.5, 0.5);
        self.now = Some(if want == step { target } else { from + step * frames as f64 });
        (from, step)
    }

    /// Forgets where it was: the next target is taken at once.
    pub fn reset(&mut self) {
        self.now = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_that_grows_remembers_what_it_held() {
        let mut lines = Lines::growing(2, 10_000);
        let frames: Vec<F8> = (0..3000).map(|i| F8::splat(i as f32)).collect();
        lines.write(&frames[..1500]);
        lines.need(900);
        lines.need(4000);
        lines.write(&frames[1500..]);
        let mut out = [F8::ZERO; 3000];
        lines.read(1, 0, &mut out);
        for (i, y) in out.iter().enumerate() {
            // The first ring held the 1024 frames before frame 1500.
            let want = if i < 1500 - 1024 { 0.0 } else { i as f32 };
            assert_eq!(y.0[1], want, "frame {i}");
        }
    }
}
