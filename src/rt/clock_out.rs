//! MIDI clock for others: 24 ticks a quarter note, each at the frame that is nearest to it.

use super::midi::Outgoing;
use crate::dsp::unit::{BLOCK, Meta};
use crate::units::PORTS;

/// Ticks of a quarter note, and of a sixteenth, in which song positions count.
const TICKS: f64 = 24.0;
const SIXTEENTH: i64 = 6;
/// Beats by which musical time may be off before that is a jump.
const JUMP: f64 = 1e-3;

/// The ports that get a clock; part of a schedule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clocks {
    /// Their numbers.
    pub ports: Vec<u8>,
    /// Frames by which messages are to be early: what they take until they leave.
    pub early: u64,
}

/// Sends the clock. Belongs to the renderer, so that it ticks on over edits.
pub struct ClockOut {
    /// Ports, and whether they were told to run.
    ports: Vec<(u8, bool)>,
    /// The tick that is due next, and where the music was left; none before the first block.
    next: Option<(i64, f64)>,
    /// All is said: the music fades out.
    over: bool,
}

impl ClockOut {
    /// Nothing is sent so far. Control thread.
    #[must_use]
    pub fn new() -> ClockOut {
        ClockOut { ports: Vec::with_capacity(PORTS), next: None, over: false }
    }

    /// Whether there is nothing to do for `clocks`.
    pub(super) fn is_idle(&self, clocks: &Clocks) -> bool {
        self.over || self.ports.is_empty() && clocks.ports.is_empty()
    }

    /// Sends what is due in a block. `meta` is of the block that is `early` frames later than the one that is rendered,
    /// in which the music is at `beat`. Audio thread.
    pub(super) fn run(
        &mut self,
        (meta, beat): (&Meta, f64),
        clocks: &Clocks,
        mut send: impl FnMut(Outgoing),
    ) {
        let now = meta.frame.saturating_sub(clocks.early);
        let keeps = |port: u8| clocks.ports.contains(&port);
        for &(port, runs) in self.ports.iter().filter(|p| p.1 && !keeps(p.0)) {
            debug_assert!(runs);
            send(Outgoing { frame: now, port, bytes: [0xfc, 0, 0] });
        }
        self.ports.retain(|p| keeps(p.0));
        for &port in &clocks.ports {
            if !self.ports.iter().any(|p| p.0 == port) && self.ports.len() < PORTS {
                self.ports.push((port, false));
            }
        }
        let first = |beat: f64| (beat * TICKS - 1e-6).ceil() as i64;
        let mut tick = match self.next {
            Some((tick, left)) if (left - meta.beat).abs() < JUMP => tick,
            Some(_) => {
                self.stop(now, &mut send);
                first(meta.beat)
            }
            // What the first block is too late for goes out at once.
            None => first(beat),
        };
        let per = (meta.beat_end - meta.beat) / BLOCK as f64;
        while (tick as f64) < meta.beat_end * TICKS {
            let offset = (tick as f64 / TICKS - meta.beat) / per.max(1e-12);
            let at = (meta.frame as f64 + offset).round() as u64;
            self.tick(tick, at.saturating_sub(clocks.early).max(now), &mut send);
            tick += 1;
        }
        self.next = Some((tick, meta.beat_end));
    }

    /// A tick, and before it what sets those going that do not run: the beginning, or the place at a sixteenth.
    fn tick(&mut self, tick: i64, frame: u64, send: &mut impl FnMut(Outgoing)) {
        for (port, runs) in &mut self.ports {
            let mut say = |bytes| send(Outgoing { frame, port: *port, bytes });
            if !*runs && tick == 0 {
                say([0xfa, 0, 0]);
                *runs = true;
            } else if !*runs && tick > 0 && tick % SIXTEENTH == 0 {
                let place = (tick / SIXTEENTH).min(0x3fff) as u16;
                say([0xf2, (place & 127) as u8, (place >> 7) as u8]);
                say([0xfb, 0, 0]);
                *runs = true;
            }
            say([0xf8, 0, 0]);
        }
    }

    /// Another device hears a port now: it is told where the music is, at the next sixteenth. Audio thread.
    pub(super) fn greet(&mut self, port: u8) {
        self.ports.iter_mut().filter(|p| p.0 == port).for_each(|p| p.1 = false);
    }

    /// Tells all that run to stop, and says nothing any more. Audio thread.
    pub(super) fn end(&mut self, frame: u64, send: &mut impl FnMut(Outgoing)) {
        self.stop(frame, send);
        self.over = true;
    }

    fn stop(&mut self, frame: u64, send: &mut impl FnMut(Outgoing)) {
        for (port, runs) in self.ports.iter_mut().filter(|p| p.1) {
            send(Outgoing { frame, port: *port, bytes: [0xfc, 0, 0] });
            *runs = false;
        }
    }
}

impl Default for ClockOut {
    fn default() -> Self {
        ClockOut::new()
    }
}
