//! A task that runs one processor.

use super::{Bench, SILENCE, Trouble};
use crate::dsp::controls::Board;
use crate::dsp::unit::{BLOCK, Meta};
use crate::rt::block::{Block, Buffer, Inputs, Ramp};
use crate::rt::event::{Event, EventKind};
use crate::rt::midi::Outgoing;
use crate::rt::processor::{Processor, Status};
use crate::rt::update::Tune;

/// Events that a processor can get in one block; more are dropped.
const EVENTS: usize = 1024;

/// A processor and the buffers and lines that it is joined to.
pub struct ProcessTask {
    processor: Box<dyn Processor>,
    ins: Vec<u16>,
    outs: Vec<u16>,
    /// Lines of the numeric parameters, in table order.
    params: Vec<u16>,
    node: u32,
    events: Vec<Event>,
    ramps: Vec<Ramp>,
    #[expect(
        clippy::vec_box,
        reason = "boxes move between here and the bench; their buffers do not"
    )]
    taken: Vec<Box<Buffer>>,
    tail: usize,
    /// Frames since the last input that was not silent.
    idle: usize,
    asleep: bool,
}

impl ProcessTask {
    /// Joins `processor`, made from `node`, to buffers and lines of a bench.
    #[must_use]
    pub fn new(
        processor: Box<dyn Processor>,
        ins: Vec<u16>,
        outs: Vec<u16>,
        params: Vec<u16>,
        node: u32,
    ) -> ProcessTask {
        ProcessTask {
            tail: processor.tail(),
            ramps: vec![Ramp::default(); params.len()],
            taken: Vec::with_capacity(outs.len()),
            events: Vec::with_capacity(EVENTS),
            processor,
            ins,
            outs,
            params,
            node,
            idle: 0,
            asleep: false,
        }
    }

    /// Takes in an event of the coming block.
    pub fn accept(&mut self, event: Event) {
        if self.events.len() < self.events.capacity() {
            self.events.push(event);
        }
    }

    /// Takes over the processor of another task, and changes constants inside it.
    pub(in crate::rt) fn adopt(&mut self, old: &mut ProcessTask, tunes: &[Tune]) {
        if !self.processor.inherit(&mut *old.processor) {
            std::mem::swap(&mut self.processor, &mut old.processor);
        }
        (self.tail, self.idle, self.asleep) = (old.tail, old.idle, old.asleep);
        tunes.iter().for_each(|tune| self.processor.tune(*tune));
    }

    /// Whether it sends MIDI out.
    #[must_use]
    pub fn sends(&self) -> bool {
        self.processor.sends()
    }

    /// What it has sent out since the last call, through `f`.
    pub fn drain_outgoing(&mut self, f: &mut dyn FnMut(Outgoing)) {
        self.processor.drain_outgoing(f);
    }

    /// The notes that it has sent in the last block, through `f`.
    pub fn drain_notes(&mut self, f: &mut dyn FnMut(Event)) {
        self.processor.drain_notes(f);
    }

    /// Joins it to controllers. Control thread.
    pub fn connect(&mut self, board: &mut dyn Board) {
        self.processor.connect(board);
    }

    /// Forgets all state.
    pub fn reset(&mut self) {
        self.events.clear();
        self.processor.reset();
    }

    /// Runs the block; returns the node if something is wrong with it.
    pub fn run(&mut self, bench: &mut Bench, meta: &Meta) -> Option<(u32, Trouble)> {
        let quiet = self.events.is_empty() && self.ins.iter().all(|&b| bench.silent[b as usize]);
        self.idle = if quiet { self.idle.saturating_add(BLOCK) } else { 0 };
        if quiet && self.asleep {
            self.outs.iter().for_each(|&id| bench.silence(id));
            return None;
        }
        for (ramp, &line) in self.ramps.iter_mut().zip(&self.params) {
            *ramp = bench.lines.values[line as usize];
        }
        self.set_params(bench);
        for &id in &self.outs {
            self.taken.extend(bench.buffers[id as usize].take());
        }
        let status = self.processor.process(&mut Block {
            ins: Inputs::new(&self.ins, &bench.buffers),
            outs: &mut self.taken,
            events: &self.events,
            params: &self.ramps,
            meta,
        });
        self.events.clear();
        let mut peak = 0.0f32;
        for (buffer, &id) in self.taken.drain(..).zip(&self.outs) {
            let level = buffer.peak();
            peak = if level > peak { level } else { peak };
            bench.silent[id as usize] = level == 0.0;
            bench.buffers[id as usize] = Some(buffer);
        }
        self.asleep =
            quiet && (status == Status::Silent || (self.idle > self.tail && peak < SILENCE));
        if peak < f32::INFINITY {
            return (status == Status::Ended).then_some((self.node, Trouble::Ended));
        }
        self.outs.iter().for_each(|&id| bench.silence(id));
        let trouble = self.processor.mishap().map_or(Trouble::NotANumber, Trouble::Mishap);
        self.processor.reset();
        Some((self.node, trouble))
    }

    /// Applies parameter events: the line moves there over this block and stays.
    fn set_params(&mut self, bench: &mut Bench) {
        for event in &self.events {
            if let EventKind::Param { index, value } = event.kind
                && let Some(&line) = self.params.get(index as usize)
            {
                self.ramps[index as usize].to = value;
                bench.lines.values[line as usize] = Ramp::constant(value);
            }
        }
    }
}
