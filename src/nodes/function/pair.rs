//! Both channels of a stereo sound in one instance of a function of one channel: two lanes where only one would be used.

use super::Function;
use crate::dsp::F8;
use crate::dsp::unit::{BLOCK, Frames, Io, Wire};
use crate::jit::{Call, Fault};

/// How the channels go through it.
pub enum Pair {
    /// Side by side: each wire with a lane for each channel, and what goes out.
    Lanes { wires: Vec<Frames>, out: Box<Frames> },
    /// One after the other, for there are lanes enough: the first lane of the second one in the memory.
    Turns(usize),
}

impl Pair {
    /// For `lanes` lanes of `wires` wires. Control thread.
    #[must_use]
    pub fn new(lanes: usize, rooms: usize, wires: usize) -> Pair {
        let silence = [F8::ZERO; BLOCK];
        match lanes {
            1 => Pair::Lanes { wires: vec![silence; wires], out: Box::new(silence) },
            _ => Pair::Turns(rooms),
        }
    }
}

/// The first lanes of two wires as two lanes.
fn side_by_side(rows: &mut Frames, left: Wire, right: Wire, frames: usize) {
    // Both at once: what is stored in halves is slow to read as a whole.
    let put = |row: &mut F8, x: f32, y: f32| row.0[..2].copy_from_slice(&[x, y]);
    if let (Wire::Audio(left), Wire::Audio(right)) = (&left, &right) {
        for (row, (x, y)) in rows.iter_mut().zip(left.iter().zip(*right)).take(frames) {
            put(row, x.0[0], y.0[0]);
        }
        return;
    }
    for (i, row) in rows.iter_mut().enumerate().take(frames) {
        put(row, left.at(i, frames).0[0], right.at(i, frames).0[0]);
    }
}

impl Function {
    /// Joins what both channels hear. Parameters have been joined as for one.
    fn pack(&mut self, io: &Io) {
        let Some(Pair::Lanes { wires, .. }) = &mut self.pair else { return };
        for (k, (rows, &source)) in wires.iter_mut().zip(&self.sources).enumerate() {
            let line = &mut self.lines[k];
            (line.from.0[1], line.to.0[1]) = (line.from.0[0], line.to.0[0]);
            let (left, right) = match k {
                0 => (io.ins.wire(0), io.ins.wire(1)),
                _ => (io.ins.wire(source), io.ins.wire(source)),
            };
            if k == 0 || matches!(left, Wire::Audio(_)) {
                side_by_side(rows, left, right, io.frames);
                self.wires[k].audio = rows.as_ptr().cast::<f32>();
            }
        }
    }

    /// Runs both channels.
    pub(super) fn both(&mut self, call: &mut Call, resting: bool, io: &mut Io) -> Option<Fault> {
        match &mut self.pair {
            Some(Pair::Lanes { out, .. }) => {
                call.outs[0] = out.as_mut_ptr().cast::<f32>();
                self.pack(io);
                call.wires = self.wires.as_ptr();
                let fault = self.lanes(call, resting, (0, u8::MAX));
                let Some(Pair::Lanes { out, .. }) = &self.pair else { return fault };
                let left = io.outs.audio(0).iter_mut();
                left.zip(out.iter()).for_each(|(y, x)| y.0[0] = x.0[0]);
                let right = io.outs.audio(1).iter_mut();
                right.zip(out.iter()).for_each(|(y, x)| y.0[0] = x.0[1]);
                fault
            }
            Some(Pair::Turns(second)) => {
                let second = *second;
                let mut fault = None;
                for (channel, first) in [(0, 0), (1, second)] {
                    self.wires[0].audio = self.rows(io.ins.wire(channel), io.frames);
                    call.wires = self.wires.as_ptr();
                    call.outs[0] = io.outs.audio(channel).as_mut_ptr().cast::<f32>();
                    fault = fault.or(self.lanes(call, resting, (first, io.lanes)));
                }
                fault
            }
            None => None,
        }
    }

    /// A wire as audio.
    fn rows(&mut self, wire: Wire, frames: usize) -> *const f32 {
        match (wire, &mut self.heard) {
            (Wire::Audio(rows), _) => rows.as_ptr().cast::<f32>(),
            (wire, Some(heard)) => {
                for (i, y) in heard.iter_mut().enumerate().take(frames) {
                    *y = wire.at(i, frames);
                }
                heard.as_ptr().cast::<f32>()
            }
            (_, None) => super::run::SILENCE.as_ptr().cast::<f32>(),
        }
    }
}
