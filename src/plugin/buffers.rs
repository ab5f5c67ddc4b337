//! The samples of an instance: planar channels at fixed addresses, as 32 bits and, if asked for, as 64.

use super::{BLOCK, Bus};
use std::ptr::NonNull;

/// One block of every channel of one direction. Addresses stay the same as long as it lives.
struct Side<T> {
    samples: NonNull<T>,
    channels: usize,
}

impl<T: Copy + Default> Side<T> {
    fn new(channels: usize) -> Side<T> {
        let samples: Box<[T]> = vec![T::default(); channels * BLOCK].into();
        let samples = Box::into_raw(samples).cast::<T>();
        // A box's address is never null; an empty one's dangles and is not read.
        Side { samples: NonNull::new(samples).unwrap_or(NonNull::dangling()), channels }
    }

    /// Where a channel begins.
    fn at(&self, channel: usize) -> *mut T {
        assert!(channel < self.channels, "channel {channel} of {}", self.channels);
        // SAFETY: inside the allocation, as was just checked.
        unsafe { self.samples.as_ptr().add(channel * BLOCK) }
    }

    fn channel(&self, channel: usize) -> &[T] {
        // SAFETY: a whole channel of initialised samples; plugins write only while `process` has `&mut`.
        unsafe { std::slice::from_raw_parts(self.at(channel), BLOCK) }
    }

    fn channel_mut(&mut self, channel: usize) -> &mut [T] {
        // SAFETY: as above, and `self` is borrowed for as long.
        unsafe { std::slice::from_raw_parts_mut(self.at(channel), BLOCK) }
    }
}

impl<T> Drop for Side<T> {
    fn drop(&mut self) {
        let samples =
            std::ptr::slice_from_raw_parts_mut(self.samples.as_ptr(), self.channels * BLOCK);
        // SAFETY: this is the box that `new` took apart.
        drop(unsafe { Box::from_raw(samples) });
    }
}

// SAFETY: it owns its samples.
unsafe impl<T: Send> Send for Side<T> {}

/// Where the channels of each bus begin.
pub struct Places(Vec<(usize, usize)>);

impl Places {
    /// Those of buses whose channels lie one after the other.
    pub fn new(buses: &[Bus]) -> Places {
        let mut first = 0;
        let places = buses.iter().map(|bus| {
            first += bus.channels;
            (first - bus.channels, bus.channels)
        });
        Places(places.collect())
    }

    /// The channels of all buses.
    pub fn channels(&self) -> usize {
        self.0.last().map_or(0, |(first, channels)| first + channels)
    }

    /// The place of a channel of a bus, if there is one.
    pub fn find(&self, bus: usize, channel: usize) -> Option<usize> {
        let &(first, channels) = self.0.get(bus)?;
        (channel < channels).then_some(first + channel)
    }
}

/// The samples of all buses, with tables of pointers as the formats want them.
pub struct Buffers {
    ins: Side<f32>,
    outs: Side<f32>,
    in_places: Places,
    out_places: Places,
    wide: Option<(Side<f64>, Side<f64>)>,
    /// Pointers to the channels of all inputs, then of all outputs.
    narrow_table: Box<[*mut f32]>,
    wide_table: Box<[*mut f64]>,
}

// SAFETY: the tables point into what it owns.
unsafe impl Send for Buffers {}

impl Buffers {
    /// Silence for these buses.
    pub fn new(inputs: &[Bus], outputs: &[Bus], double: bool) -> Buffers {
        let (in_places, out_places) = (Places::new(inputs), Places::new(outputs));
        let (i, o) = (in_places.channels(), out_places.channels());
        let (ins, outs) = (Side::new(i), Side::new(o));
        let wide = double.then(|| (Side::new(i), Side::new(o)));
        let table = (0..i).map(|c| ins.at(c)).chain((0..o).map(|c| outs.at(c)));
        let narrow_table = table.collect();
        let wide_table = wide.iter().flat_map(|(ins, outs): &(Side<f64>, Side<f64>)| {
            (0..i).map(|c| ins.at(c)).chain((0..o).map(|c| outs.at(c))).collect::<Vec<_>>()
        });
        let wide_table = wide_table.collect();
        Buffers { ins, outs, in_places, out_places, wide, narrow_table, wide_table }
    }

    /// Whether plugins see 64-bit samples.
    pub fn double(&self) -> bool {
        self.wide.is_some()
    }

    /// An input channel, to be written.
    pub fn input(&mut self, bus: usize, channel: usize) -> &mut [f32] {
        match self.in_places.find(bus, channel) {
            Some(at) => self.ins.channel_mut(at),
            None => &mut [],
        }
    }

    /// An output channel.
    pub fn output(&self, bus: usize, channel: usize) -> &[f32] {
        self.out_places.find(bus, channel).map_or(&[], |at| self.outs.channel(at))
    }

    /// For each bus, inputs first: whether it is an input, the number of its channels, and its parts of the
    /// tables (32 bits, 64 bits or null). The pointers hold as long as `self` does.
    pub fn layout(&mut self) -> Vec<(bool, usize, *mut *mut f32, *mut *mut f64)> {
        let (narrow, wide) = (self.narrow_table.as_mut_ptr(), self.wide_table.as_mut_ptr());
        let outs = self.in_places.channels();
        let ins = self.in_places.0.iter().map(|&(first, n)| (true, first, n));
        let all = ins.chain(self.out_places.0.iter().map(|&(first, n)| (false, outs + first, n)));
        let double = self.wide.is_some();
        all.map(|(input, first, channels)| {
            // SAFETY: the channels of a bus lie in the tables, one after the other.
            let narrow = unsafe { narrow.add(first) };
            let wide = if double {
                // SAFETY: as above; this table is as long.
                unsafe { wide.add(first) }
            } else {
                std::ptr::null_mut()
            };
            (input, channels, narrow, wide)
        })
        .collect()
    }

    /// Before a block: silences the outputs and widens the inputs. Audio thread.
    pub fn before(&mut self, frames: usize) {
        for c in 0..self.outs.channels {
            self.outs.channel_mut(c)[..frames].fill(0.0);
        }
        let Some((ins, outs)) = &mut self.wide else { return };
        for c in 0..self.ins.channels {
            for (to, from) in ins.channel_mut(c)[..frames].iter_mut().zip(self.ins.channel(c)) {
                *to = f64::from(*from);
            }
        }
        for c in 0..outs.channels {
            outs.channel_mut(c)[..frames].fill(0.0);
        }
    }

    /// Lets the tables point to the frame `start` of every channel. Audio thread.
    pub fn aim(&mut self, start: usize) {
        assert!(start < BLOCK, "frame {start} of a block");
        let ins = (0..self.ins.channels).map(|c| self.ins.at(c));
        let all = ins.chain((0..self.outs.channels).map(|c| self.outs.at(c)));
        for (place, channel) in self.narrow_table.iter_mut().zip(all) {
            // SAFETY: inside the channel, as was just checked.
            *place = unsafe { channel.add(start) };
        }
        let Some((ins, outs)) = &self.wide else { return };
        let all = (0..ins.channels).map(|c| ins.at(c));
        let all = all.chain((0..outs.channels).map(|c| outs.at(c)));
        for (place, channel) in self.wide_table.iter_mut().zip(all) {
            // SAFETY: as above.
            *place = unsafe { channel.add(start) };
        }
    }

    /// After a block: narrows the outputs. Audio thread.
    pub fn after(&mut self, frames: usize) {
        let Some((_, outs)) = &self.wide else { return };
        for c in 0..outs.channels {
            for (to, from) in self.outs.channel_mut(c)[..frames].iter_mut().zip(outs.channel(c)) {
                *to = *from as f32;
            }
        }
    }

    /// Zeroes the outputs, where a plugin failed. Audio thread.
    pub fn silence(&mut self) {
        (0..self.outs.channels).for_each(|c| self.outs.channel_mut(c).fill(0.0));
    }
}
