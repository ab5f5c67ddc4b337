//! A knob that is mapped to a parameter: it takes it over when it meets its value, and lets go when that changes.

use super::Source;
use crate::dsp::controls::Target;
use crate::units::{Controller, Taper, Turning};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a mapping has come to; the same through all edits that keep it.
#[derive(Debug)]
pub struct Knob {
    /// Its number, from 1.
    pub number: u32,
    /// Bits of its position when it was last heard, 0..1; not a number before that.
    place: AtomicU32,
    /// What the controller has sent of a value in two parts.
    pub(super) raw: AtomicU32,
}

impl Knob {
    /// A knob that has not been heard. Numbers count from 1 and are given once.
    #[must_use]
    pub fn new(number: u32) -> Knob {
        let place = AtomicU32::new(f32::NAN.to_bits());
        Knob { number, place, raw: AtomicU32::new(0) }
    }

    /// Where it was when it was last heard, 0..1. Any thread.
    #[must_use]
    pub fn place(&self) -> Option<f32> {
        Some(f32::from_bits(self.place.load(Ordering::Relaxed))).filter(|p| !p.is_nan())
    }

    /// It is known to stand at `place`: a motor has moved it there. Any thread.
    pub fn put(&self, place: f32) {
        self.place.store(place.to_bits(), Ordering::Relaxed);
    }
}

/// A controller and the parameter that it moves.
#[derive(Clone, Debug)]
pub struct Map {
    /// The controller.
    pub source: Source,
    /// The parameter.
    pub target: Arc<Target>,
    /// Values at the ends of the knob.
    pub ends: (f64, f64),
    /// What lies between.
    pub taper: Taper,
    /// How the controller speaks.
    pub turning: Turning,
    /// It takes over only when it meets the value.
    pub takeover: bool,
    /// A parameter that is held is not given to a mapping of lower priority.
    pub priority: i32,
    /// What it has come to.
    pub knob: Arc<Knob>,
}

impl Map {
    /// The place of what the parameter is now, 0..1.
    #[must_use]
    pub fn stands(&self) -> f32 {
        self.taper.place(f64::from(self.target.now()), self.ends) as f32
    }

    /// Whether it holds the parameter.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.target.holder() == Some(self.knob.number)
    }

    /// The controller has said `value` (0..1, the wheel -1..1) and `data` at `frame`. Audio thread, before the block.
    pub(super) fn turn(&self, value: f32, data: u8, frame: u64, maps: &[Map]) {
        let value = match self.source.controller {
            Controller::Bend => (value + 1.0) * 0.5,
            _ => value,
        };
        let before = self.knob.place();
        let place = match self.turning.steps(data) {
            None => value,
            Some(steps) => {
                let from = if self.holds() { before.unwrap_or(0.0) } else { self.stands() };
                (from + steps as f32 / 127.0).clamp(0.0, 1.0)
            }
        };
        self.knob.put(place);
        if !self.holds() {
            let stronger = |map: &Map| {
                map.priority > self.priority
                    && Arc::ptr_eq(&map.target, &self.target)
                    && map.holds()
            };
            let free = !self.takeover || self.turning != Turning::Absolute;
            if maps.iter().any(stronger) || !(free || self.meets(before, place)) {
                return;
            }
            // From where it is.
            self.target.steps.restart(self.target.now());
            self.target.hold(self.knob.number);
        }
        self.target.steps.step(frame, self.taper.value(f64::from(place), self.ends) as f32);
    }

    /// Whether a knob that was at `before` and is at `place` has met the parameter: has come within a step of it, or
    /// gone past it.
    fn meets(&self, before: Option<f32>, place: f32) -> bool {
        let goal = self.stands();
        let near = match self.taper {
            Taper::Stepped(n) => 0.5 / f32::from(n.max(2)) + 1e-6,
            _ => 1.01 / 127.0,
        };
        let past = |before: f32| (before - goal) * (place - goal) <= 0.0;
        (place - goal).abs() <= near || before.is_some_and(past)
    }
}
