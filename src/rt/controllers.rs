//! Knobs, faders and wheels: messages become steps of the values that units read, and move mapped parameters.

mod heard;
mod map;

pub use map::{Knob, Map};

use self::heard::{Ear, Heard};
use super::midi::Arrival;
use crate::dsp::controls::Steps;
use crate::units::{Controller, PORTS};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Controllers that scripts of one performance can listen to, all told.
pub const CONTROLLERS: usize = 256;

/// Which controller of which device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The controller.
    pub controller: Controller,
    /// Channel 1..=16; 0 for any.
    pub channel: u8,
    /// Number of the port; `None` for any.
    pub port: Option<u8>,
}

impl Source {
    /// Packed, with 0 for none.
    fn pack(self) -> u64 {
        let (kind, number) = match self.controller {
            Controller::Cc(n) => (1, u16::from(n)),
            Controller::Cc14(n) => (2, u16::from(n)),
            Controller::Nrpn(n) => (3, n),
            Controller::Rpn(n) => (4, n),
            Controller::Bend => (5, 0),
            Controller::Pressure => (6, 0),
        };
        let port = self.port.map_or(0, |port| u64::from(port) + 1);
        port << 32 | u64::from(self.channel) << 24 | u64::from(number) << 8 | kind
    }

    fn unpack(packed: u64) -> Option<Source> {
        let (kind, number) = (packed & 0xff, (packed >> 8) as u16);
        let controller = match kind {
            1 => Controller::Cc(number as u8),
            2 => Controller::Cc14(number as u8),
            3 => Controller::Nrpn(number),
            4 => Controller::Rpn(number),
            5 => Controller::Bend,
            6 => Controller::Pressure,
            _ => return None,
        };
        let port = (packed >> 32).checked_sub(1).map(|port| port as u8);
        Some(Source { controller, channel: (packed >> 24) as u8, port })
    }
}

/// A controller that is listened to.
struct Seat {
    /// The packed [`Source`]; 0 while nobody sits here.
    source: AtomicU64,
    /// What the controller has sent of a value in two parts.
    raw: AtomicU32,
    steps: Arc<Steps>,
}

/// The controllers of a performance: the control thread gives out places, the audio thread writes values. A
/// controller keeps its place and its value through all edits.
pub struct Panel {
    seats: Vec<Seat>,
    used: AtomicUsize,
    /// The controller that was moved last, packed, and above it how many times any was, as far as there is room.
    touched: AtomicU64,
}

impl Panel {
    /// Room for [`CONTROLLERS`] controllers. Control thread.
    #[must_use]
    pub fn new() -> Arc<Panel> {
        let seat = |_| Seat {
            source: AtomicU64::new(0),
            raw: AtomicU32::new(0),
            steps: Arc::new(Steps::default()),
        };
        Arc::new(Panel {
            seats: (0..CONTROLLERS).map(seat).collect(),
            used: AtomicUsize::new(0),
            touched: AtomicU64::new(0),
        })
    }

    /// The value of `source`; `None` if there is no room for one more. Control thread, of which there is one.
    #[must_use]
    pub fn steps(&self, source: Source) -> Option<Arc<Steps>> {
        let packed = source.pack();
        let used = self.used.load(Ordering::Relaxed);
        if let Some(seat) = self.seats[..used].iter().find(|s| s.packed() == packed) {
            return Some(seat.steps.clone());
        }
        let seat = self.seats.get(used)?;
        seat.source.store(packed, Ordering::Relaxed);
        self.used.store(used + 1, Ordering::Release);
        Some(seat.steps.clone())
    }

    /// The controller that was moved last, with its channel and port, and how many times any was (modulo 2^16). Any
    /// thread.
    #[must_use]
    pub fn touched(&self) -> (u16, Option<Source>) {
        let touched = self.touched.load(Ordering::Relaxed);
        ((touched >> 48) as u16, Source::unpack(touched & ((1 << 48) - 1)))
    }

    fn touch(&self, source: Source) {
        let count = (self.touched.load(Ordering::Relaxed) >> 48).wrapping_add(1);
        self.touched.store(count << 48 | source.pack(), Ordering::Relaxed);
    }

    /// Lets all values have been what they are now, for a performance whose frames count from 0 again. While
    /// nothing plays.
    pub fn rewind(&self) {
        for seat in &self.seats[..self.used.load(Ordering::Acquire)] {
            if let Some(value) = seat.steps.now() {
                seat.steps.restart(value);
            }
        }
    }
}

impl Seat {
    fn packed(&self) -> u64 {
        self.source.load(Ordering::Relaxed)
    }
}

/// What hears controllers. Belongs to the renderer, so that edits leave it alone.
pub struct Controllers {
    panel: Option<Arc<Panel>>,
    /// What each channel of each port is in the middle of saying.
    ears: Vec<[Ear; 16]>,
}

impl Controllers {
    /// For a performance with this panel; offline there is none. Control thread.
    #[must_use]
    pub fn new(panel: Option<Arc<Panel>>) -> Controllers {
        let ports = if panel.is_some() { PORTS } else { 0 };
        Controllers { panel, ears: vec![[Ear::default(); 16]; ports] }
    }

    /// Takes a message in that is heard at its frame, no earlier than those before it, in the block that is about to
    /// be rendered. Audio thread: no allocation, free or lock.
    pub fn receive(&mut self, arrival: Arrival, maps: &[Map]) {
        let Arrival { frame, port, bytes } = arrival;
        let channel = bytes[0] & 15;
        let Some(ear) = self.ears.get_mut(usize::from(port)) else { return };
        let Some(heard) = ear[usize::from(channel)].listen(bytes) else { return };
        if let (Some(panel), Some(controller)) = (&self.panel, heard.controller()) {
            panel.touch(Source { controller, channel: channel + 1, port: Some(port) });
        }
        let heard = |source: &Source, raw: &AtomicU32| {
            let here = source.port.is_none_or(|p| p == port)
                && (source.channel == 0 || source.channel == channel + 1);
            here.then(|| heard.value(source.controller, raw)).flatten()
        };
        let panel = self.panel.iter();
        let seats = panel.flat_map(|p| &p.seats[..p.used.load(Ordering::Acquire)]);
        for seat in seats {
            if let Some(source) = Source::unpack(seat.packed())
                && let Some(value) = heard(&source, &seat.raw)
            {
                seat.steps.step(frame, value);
            }
        }
        for map in maps {
            if let Some(value) = heard(&map.source, &map.knob.raw) {
                map.turn(value, bytes[2], frame, maps);
            }
        }
    }
}

/// A 14-bit wheel as -1..1, with 0 exactly in the middle.
fn wheel(value: u16) -> f32 {
    let value = f32::from(value) - 8192.0;
    value / if value > 0.0 { 8191.0 } else { 8192.0 }
}

impl Heard {
    /// The controller that it is about; none for those that only choose a parameter.
    fn controller(&self) -> Option<Controller> {
        Some(match *self {
            Heard::Control { parameter: Some((true, number, _)), .. } => Controller::Rpn(number),
            Heard::Control { parameter: Some((false, number, _)), .. } => Controller::Nrpn(number),
            Heard::Control { number: 98..=101, .. } => return None,
            Heard::Control { number, .. } => Controller::Cc(number),
            Heard::Bend(_) => Controller::Bend,
            Heard::Pressure(_) => Controller::Pressure,
        })
    }

    /// What it says of `controller`, if it is about that: 0..1, the wheel -1..1.
    fn value(&self, controller: Controller, raw: &AtomicU32) -> Option<f32> {
        let fine = |value: u16| f32::from(value) / 16_383.0;
        match (controller, *self) {
            (Controller::Cc(n), Heard::Control { number, value, .. }) if n == number => {
                Some(f32::from(value) / 127.0)
            }
            (Controller::Cc14(n), Heard::Control { number, value, .. }) if n == number => {
                // The coarse half sets the fine one to 0, says the standard.
                raw.store(u32::from(value) << 7, Ordering::Relaxed);
                Some(fine(u16::from(value) << 7))
            }
            (Controller::Cc14(n), Heard::Control { number, value, .. }) if n + 32 == number => {
                let whole = raw.load(Ordering::Relaxed) as u16 & 0x3f80 | u16::from(value);
                Some(fine(whole))
            }
            (
                Controller::Nrpn(n),
                Heard::Control { parameter: Some((false, number, value)), .. },
            )
            | (Controller::Rpn(n), Heard::Control { parameter: Some((true, number, value)), .. })
                if n == number =>
            {
                Some(fine(value))
            }
            (Controller::Bend, Heard::Bend(value)) => Some(wheel(value)),
            (Controller::Pressure, Heard::Pressure(value)) => Some(f32::from(value) / 127.0),
            _ => None,
        }
    }
}
