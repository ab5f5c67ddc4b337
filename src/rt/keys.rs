//! Notes and expression played by hand: messages become events for the tasks that listen.

use super::event::EventKind;
use super::job::Timed;
use super::midi::{Arrival, Expression, NO_SOUND, Route, UNPLUGGED, note_id};
use super::update::TaskSpot;
use super::voices::BEND_SLOT;
use crate::units::PORTS;
use std::collections::VecDeque;

/// Messages that wait for their frame; more are dropped.
const WAITING: usize = 2048;
/// Semitones that a note of MPE is bent by at most, unless the sender says another range (RP-053, 2.4).
const MPE_BEND: f32 = 48.0;

/// What a channel of a port has come to.
#[derive(Clone, Copy)]
struct Channel {
    /// Keys that are held.
    held: u128,
    /// -1..1.
    bend: f32,
    /// 0..1.
    pressure: f32,
    /// 0..1.
    timbre: f32,
    /// 0..1.
    modulation: f32,
    /// The registered parameter that data entry sets; 0 is the range of the bend.
    parameter: [u8; 2],
    /// Semitones of a full bend where the sender has said them.
    range: Option<f32>,
}

impl Channel {
    const NEW: Channel = Channel {
        held: 0,
        bend: 0.0,
        pressure: 0.0,
        timbre: 0.5,
        modulation: 0.0,
        parameter: [127; 2],
        range: None,
    };
}

/// The keyboards: what is held and bent on each channel of each port. Belongs to the renderer, so that a key that
/// is held over an edit is let go by its own release.
pub struct Keys {
    waiting: VecDeque<Arrival>,
    channels: Vec<[Channel; 16]>,
}

impl Keys {
    /// Room for [`PORTS`] ports. Control thread.
    #[must_use]
    pub fn new() -> Keys {
        Keys {
            waiting: VecDeque::with_capacity(WAITING),
            channels: vec![[Channel::NEW; 16]; PORTS],
        }
    }

    /// Takes a message in, behind all that are not later. Audio thread.
    pub fn hear(&mut self, arrival: Arrival) {
        if self.waiting.len() == self.waiting.capacity() {
            return;
        }
        self.waiting.push_back(arrival);
        let mut i = self.waiting.len() - 1;
        while i > 0 && self.waiting[i - 1].frame > arrival.frame {
            self.waiting.swap(i - 1, i);
            i -= 1;
        }
    }

    /// The next message before `frame`.
    pub(super) fn next(&mut self, frame: u64) -> Option<Arrival> {
        self.waiting.front().filter(|a| a.frame < frame)?;
        self.waiting.pop_front()
    }

    /// Plays a message: gives `send` the events for those of `routes` that hear it.
    pub(super) fn play(&mut self, arrival: Arrival, routes: &[Route], mut send: impl FnMut(Timed)) {
        let Arrival { frame, port, bytes: [status, a, b] } = arrival;
        let Some(channels) = self.channels.get_mut(usize::from(port)) else { return };
        if status == UNPLUGGED {
            (0..16).for_each(|c| calm(channels, (port, c), routes, frame, true, &mut send));
            return;
        }
        if !(0x80..0xf0).contains(&status) {
            return;
        }
        let (kind, number) = (status & 0xf0, status & 15);
        let (a, b) = (a & 127, b & 127);
        if kind == 0xb0 && (120..=127).contains(&a) && a != 122 {
            // All sound off, all notes off and the modes, which imply it; 121 resets the controllers.
            return calm(channels, (port, number), routes, frame, a != 121, &mut send);
        }
        for route in routes.iter().filter(|r| r.hears(port, number)) {
            let mut to = Desk { route, to: route.to, frame, send: &mut send };
            if route.raw {
                to.send(EventKind::Midi { bytes: [status, a, b] });
            } else {
                to.play(channels, port, number, kind, (a, b));
            }
        }
        let channel = &mut channels[usize::from(number)];
        let (low, high) = (f32::from(a) / 127.0, f32::from(b) / 127.0);
        match (kind, a) {
            (0x90, _) if b > 0 => channel.held |= 1 << a,
            (0x80 | 0x90, _) => channel.held &= !(1 << a),
            (0xd0, _) => channel.pressure = low,
            (0xe0, _) => channel.bend = bend(a, b),
            (0xb0, 1) => channel.modulation = high,
            (0xb0, 74) => channel.timbre = high,
            (0xb0, 101) => channel.parameter[0] = b,
            (0xb0, 100) => channel.parameter[1] = b,
            (0xb0, 98 | 99) => channel.parameter = [127; 2],
            (0xb0, 6) if channel.parameter == [0, 0] => channel.range = Some(f32::from(b)),
            _ => {}
        }
    }

    /// Lets go what is held and was heard by `route`, on the task `to` which that plays now.
    pub(super) fn abandon(
        &self,
        route: &Route,
        to: TaskSpot,
        frame: u64,
        mut send: impl FnMut(Timed),
    ) {
        let Some(channels) = self.channels.get(usize::from(route.port)) else { return };
        for (number, channel) in (0..16).zip(channels) {
            if route.hears(route.port, number) {
                let mut desk = Desk { route, to, frame, send: &mut send };
                each(channel.held, |key| desk.off(route.port, number, key));
            }
        }
    }

    /// Forgets all that is held and waits: it was silenced.
    pub(super) fn reset(&mut self) {
        self.waiting.clear();
        self.channels.iter_mut().flatten().for_each(|channel| channel.held = 0);
    }
}

impl Default for Keys {
    fn default() -> Self {
        Keys::new()
    }
}

/// -1..1, with 0 exactly in the middle.
fn bend(low: u8, high: u8) -> f32 {
    let value = i32::from(high) << 7 | i32::from(low);
    let value = (value - 8192) as f32;
    value / if value > 0.0 { 8191.0 } else { 8192.0 }
}

fn each(keys: u128, mut f: impl FnMut(u8)) {
    let mut left = keys;
    while left != 0 {
        let key = left.trailing_zeros() as u8;
        f(key);
        left &= left - 1;
    }
}

/// Takes the bend, the pressure and the pedals of a channel back, and ends its notes if it `lets_go`.
fn calm(
    channels: &mut [Channel; 16],
    (port, number): (u8, u8),
    routes: &[Route],
    frame: u64,
    lets_go: bool,
    send: &mut impl FnMut(Timed),
) {
    let held = &mut channels[usize::from(number)].held;
    let ended = if lets_go { std::mem::take(held) } else { 0 };
    for route in routes.iter().filter(|r| r.hears(port, number)) {
        let mut to = Desk { route, to: route.to, frame, send };
        each(ended, |key| to.off(port, number, key));
        for pedal in [64, 66, 67] {
            to.pedal(number, pedal, 0);
        }
        if route.raw {
            to.send(EventKind::Midi { bytes: [0xe0 | number, 0, 64] });
        } else {
            to.play(channels, port, number, 0xe0, (0, 64));
            to.play(channels, port, number, 0xd0, (0, 0));
        }
    }
    let channel = &mut channels[usize::from(number)];
    *channel = Channel { held: channel.held, range: channel.range, ..Channel::NEW };
}

/// Where events of one route are written.
struct Desk<'a, F> {
    route: &'a Route,
    to: TaskSpot,
    frame: u64,
    send: &'a mut F,
}

impl<F: FnMut(Timed)> Desk<'_, F> {
    fn send(&mut self, kind: EventKind) {
        let to = self.to;
        (self.send)(Timed { frame: self.frame, level: to.level, job: to.job, task: to.task, kind });
    }

    fn off(&mut self, port: u8, number: u8, key: u8) {
        self.send(match self.route.raw {
            true => EventKind::Midi { bytes: [0x80 | number, key, 64] },
            false => EventKind::NoteOff { id: note_id(port, number, key) },
        });
    }

    fn pedal(&mut self, number: u8, pedal: u8, value: u8) {
        self.send(match self.route.raw {
            true => EventKind::Midi { bytes: [0xb0 | number, pedal, value] },
            false => EventKind::Control { number: pedal, value: f32::from(value) / 127.0 },
        });
    }

    /// One message of a channel, for an instrument.
    fn play(&mut self, channels: &[Channel; 16], port: u8, number: u8, kind: u8, (a, b): (u8, u8)) {
        let channel = &channels[usize::from(number)];
        let Expression { pressure, timbre, modulation } = self.route.expression;
        let id = note_id(port, number, a);
        // On the channels of MPE these concern single notes.
        let whole = self.route.hosted && !(self.route.mpe && number != 0);
        match kind {
            0xb0 | 0xd0 if whole => self.send(EventKind::Midi { bytes: [kind, a, b] }),
            0x90 if b > 0 => {
                if channel.held >> a & 1 == 1 {
                    self.send(EventKind::NoteOff { id });
                }
                let key = match &self.route.sounds {
                    Some(sounds) => match sounds[usize::from(a)] {
                        NO_SOUND => return,
                        sound => f32::from(sound),
                    },
                    None => f32::from(a),
                };
                let bend = self.route.mpe.then_some(BEND_SLOT);
                for (slot, value) in [
                    (pressure, channel.pressure),
                    (timbre, channel.timbre),
                    (modulation, channel.modulation),
                    (bend, channel.bend * self.note_range(channel)),
                ] {
                    if let Some(slot) = slot {
                        self.send(EventKind::NoteParam { id, slot, value });
                    }
                }
                let velocity = f32::from(b) / 127.0;
                self.send(EventKind::NoteOn { id, key, velocity });
            }
            0x80 | 0x90 => self.send(EventKind::NoteOff { id }),
            0xa0 => {
                if let Some(slot) = pressure {
                    let value = f32::from(b) / 127.0;
                    self.send(EventKind::NoteParam { id, slot, value });
                }
            }
            0xd0 => self.all(channel.held, port, number, pressure, f32::from(a) / 127.0),
            0xe0 if self.route.mpe && number != 0 => {
                let value = bend(a, b) * self.note_range(channel);
                self.all(channel.held, port, number, Some(BEND_SLOT), value);
            }
            0xe0 => {
                let range = channel.range.unwrap_or(self.route.bend);
                self.send(EventKind::Bend { semitones: bend(a, b) * range });
            }
            0xb0 => {
                let value = f32::from(b) / 127.0;
                match a {
                    1 => self.all(channel.held, port, number, modulation, value),
                    74 => self.all(channel.held, port, number, timbre, value),
                    64 | 66 | 67 => self.pedal(number, a, b),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Semitones that a channel of MPE bends its note by at most.
    fn note_range(&self, channel: &Channel) -> f32 {
        channel.range.unwrap_or(MPE_BEND)
    }

    /// A parameter of all notes of a channel.
    fn all(&mut self, held: u128, port: u8, number: u8, slot: Option<u16>, value: f32) {
        if let Some(slot) = slot {
            each(held, |key| {
                self.send(EventKind::NoteParam { id: note_id(port, number, key), slot, value });
            });
        }
    }
}
