//! A plugin on the audio thread: events, signals and sound of a block, to an audio half and back.

mod bypass;
mod heard;
mod line;
mod moves;
mod notes;
mod time;

use self::bypass::Bypass;
use self::heard::Heard;
use self::line::Line;
use self::moves::Moves;
use self::notes::Notes;
use self::time::transport;
use super::event::MOST;
use super::parking::{Half, Parking};
use super::{Curve, Event, EventKind, Outcome};
use crate::dsp::unit::BLOCK;
use crate::rt::{Block, Processor, Status};
use std::any::Any;
use std::sync::Arc;

/// How a plugin is joined to the graph, in channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Inputs of the processor that go to the main bus.
    pub input: usize,
    /// Inputs that follow and go to the side-chain.
    pub sidechain: usize,
    /// Outputs.
    pub output: usize,
    /// What goes in is heard in place of what comes out.
    pub bypass: bool,
}

/// A parameter that the graph can move.
#[derive(Clone, Debug, PartialEq)]
pub struct Mover {
    /// Its index in the description.
    pub index: u32,
    /// From the values of the graph to normalised ones; none if they are normalised.
    pub curve: Option<Curve>,
    /// What it is, normalised, when nothing moves it.
    pub initial: f64,
}

impl Mover {
    fn normalise(&self, value: f32) -> f64 {
        let value = f64::from(value);
        self.curve.as_ref().map_or(value.max(0.0).min(1.0), |curve| curve.normalise(value))
    }
}

/// An instance, as all processors that play it one after the other share it.
pub struct Home {
    /// Where the audio half is between them.
    pub parking: Parking,
    /// Parameters that were set when the instance was made: index and value as the graph has it.
    pub opened: Box<[(u32, f32)]>,
    /// Parameters that events can move.
    pub movers: Arc<[Mover]>,
    /// Frames by which the output is late.
    pub latency: usize,
    /// Frames for which it may ring on.
    pub tail: usize,
    /// Semitones of a full pitch bend.
    pub bend: f32,
}

/// What moves the parameters of an instance.
#[derive(Debug, Default)]
pub struct Moved {
    /// By audio inputs behind those of the buses, frame by frame.
    pub traces: Vec<Mover>,
    /// By the processor's parameters.
    pub lines: Vec<Mover>,
    /// Along the piece: frame, parameter, normalised value; by frame.
    pub points: Vec<(u64, u32, f64)>,
}

/// The processor of a plugin.
pub struct Played {
    home: Arc<Home>,
    /// Keeps the instance for as long as it is played.
    _instance: Arc<dyn Any + Send + Sync>,
    half: Option<Half>,
    joined: Joined,
    traces: Box<[Line]>,
    lines: Box<[Line]>,
    /// Parameters that an edit has let go: they return to what they are by themselves.
    released: Vec<(u32, f64)>,
    events: Vec<Event>,
    notes: Notes,
    moves: Moves,
    heard: Heard,
    bypass: Bypass,
    /// The plugin has ended, or is not there.
    ended: bool,
    /// What it has sent in the last block has not been drained.
    ran: bool,
}

impl Played {
    /// A processor for the instance at `home`. Control thread.
    #[must_use]
    pub fn new(
        home: Arc<Home>,
        instance: Arc<dyn Any + Send + Sync>,
        joined: Joined,
        moved: Moved,
    ) -> Played {
        let lines = |all: Vec<Mover>| all.into_iter().map(Line::new).collect();
        Played {
            _instance: instance,
            half: None,
            released: Vec::with_capacity(MOST / 4),
            events: Vec::with_capacity(MOST),
            notes: Notes::new(home.bend),
            moves: Moves::new(moved.points),
            heard: Heard::new(home.bend),
            bypass: Bypass::new(joined, home.latency),
            joined,
            traces: lines(moved.traces),
            lines: lines(moved.lines),
            ended: false,
            ran: false,
            home,
        }
    }

    /// Takes the half, if nobody plays it.
    fn arrive(&mut self) {
        let Some((half, played)) = self.home.parking.take() else { return };
        self.half = Some(half);
        for line in self.traces.iter_mut().chain(&mut self.lines).filter(|_| !played) {
            let opened = self.home.opened.iter().find(|o| o.0 == line.mover.index);
            line.last = opened.map_or(f64::NAN, |o| line.mover.normalise(o.1));
        }
    }

    /// The events of a block: first what the graph's lines have come to, then what happens.
    fn gather(&mut self, block: &Block) {
        self.events.clear();
        let at =
            |offset, index, value| Event { offset, kind: EventKind::Parameter { index, value } };
        for (index, value) in self.released.drain(..) {
            self.events.push(at(0, index, value));
        }
        let first = self.joined.input + self.joined.sidechain;
        for (k, line) in self.traces.iter_mut().enumerate() {
            line.trace(block.ins.get(first + k), &mut self.events);
        }
        for (k, (line, ramp)) in self.lines.iter_mut().zip(block.params).enumerate() {
            let set = |e: &crate::rt::Event| matches!(e.kind, crate::rt::EventKind::Param { index, .. } if usize::from(index) == k);
            // What an event sets in this block, it sets at its frame.
            let still = block.events.iter().any(set);
            line.draw(*ramp, still, &mut self.events);
        }
        self.moves.write(block.meta, &mut self.events);
        for event in block.events {
            match event.kind {
                crate::rt::EventKind::Param { index, value } => {
                    let (index, lines) = (index as usize, self.lines.len());
                    let mover = match self.lines.get_mut(index) {
                        Some(line) => {
                            line.last = line.mover.normalise(value);
                            &line.mover
                        }
                        None => match self.home.movers.get(index - lines) {
                            Some(mover) => mover,
                            None => continue,
                        },
                    };
                    if self.events.len() < MOST {
                        let value = mover.normalise(value);
                        self.events.push(at(event.offset, mover.index, value));
                    }
                }
                kind => self.notes.write(event.offset, kind, &mut self.events),
            }
        }
    }

    /// Runs the plugin; whether it did.
    fn run(&mut self, block: &mut Block) -> Outcome {
        let Some(half) = &mut self.half else { return Outcome::Failed };
        let Joined { input, sidechain, output, .. } = self.joined;
        let mut feed = |bus: usize, channel: usize, from: usize| {
            let to = half.input(bus, channel);
            let frames = to.len().min(BLOCK);
            to[..frames].copy_from_slice(&block.ins.get(from)[..frames]);
        };
        (0..input).for_each(|c| feed(0, c, c));
        (0..sidechain).for_each(|c| feed(1, c, input + c));
        let outcome = half.process(BLOCK, &self.events, &transport(block.meta));
        for (c, out) in block.outs.iter_mut().enumerate().take(output) {
            let from = half.output(0, c);
            if from.len() == BLOCK { out.0.copy_from_slice(from) } else { out.0.fill(0.0) }
        }
        outcome
    }
}

impl Processor for Played {
    fn process(&mut self, block: &mut Block) -> Status {
        if self.half.is_none() {
            self.arrive();
        }
        self.gather(block);
        let outcome = self.run(block);
        self.ran = true;
        let plays = matches!(outcome, Outcome::Playing | Outcome::Silent) && !self.joined.bypass;
        self.bypass.settle(block, plays);
        let ends = outcome == Outcome::Failed && !self.ended;
        self.ended = outcome == Outcome::Failed;
        match outcome {
            _ if ends => Status::Ended,
            Outcome::Silent => Status::Silent,
            _ => Status::Playing,
        }
    }

    fn reset(&mut self) {
        self.notes.forget();
        self.heard.forget();
        self.bypass.reset();
        if let Some(half) = &mut self.half {
            half.reset();
        }
    }

    fn inherit(&mut self, before: &mut dyn Processor) -> bool {
        let before: &mut dyn Any = before;
        let Some(before) = before.downcast_mut::<Played>() else { return false };
        if !Arc::ptr_eq(&self.home, &before.home) {
            return true;
        }
        if before.half.is_none() {
            before.arrive();
        }
        std::mem::swap(&mut self.half, &mut before.half);
        self.ended = before.ended;
        std::mem::swap(&mut self.notes, &mut before.notes);
        std::mem::swap(&mut self.heard, &mut before.heard);
        std::mem::swap(&mut self.released, &mut before.released);
        if self.joined == (Joined { bypass: self.joined.bypass, ..before.joined }) {
            self.bypass.copy(&before.bypass);
        }
        for line in self.traces.iter_mut().chain(&mut self.lines) {
            let mut all = before.traces.iter().chain(&before.lines);
            let same = all.find(|b| b.mover.index == line.mover.index);
            line.last = same.map_or(f64::NAN, |b| b.last);
        }
        for line in before.traces.iter().chain(&before.lines) {
            let (index, initial) = (line.mover.index, line.mover.initial);
            let mut all = self.traces.iter().chain(&self.lines);
            let driven = all.any(|l| l.mover.index == index);
            if !driven && self.released.len() < self.released.capacity() {
                self.released.push((index, initial));
            }
        }
        true
    }

    fn drain_notes(&mut self, f: &mut dyn FnMut(crate::rt::Event)) {
        // A block in which it slept has sent nothing.
        let ran = std::mem::take(&mut self.ran);
        if let Some(half) = self.half.as_ref().filter(|_| ran) {
            half.sent().events().iter().for_each(|event| self.heard.read(event, f));
        }
    }

    fn latency(&self) -> usize {
        self.home.latency
    }

    fn tail(&self) -> usize {
        self.home.tail
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        if let Some(half) = self.half.take() {
            self.home.parking.put(half);
        }
    }
}
