//! A task that runs a lane program, between the buffers of a job and the lanes.

use super::{Bench, SILENCE, Trouble};
use crate::dsp::controls::Board;
use crate::dsp::lanes::LANES;
use crate::dsp::transpose::{to_lanes, to_rows};
use crate::dsp::unit::{BLOCK, Meta, Ramp8, Source};
use crate::rt::block::Ramp;
use crate::rt::event::{Event, EventKind};
use crate::rt::program::{Pool, Program};
use crate::rt::update::Constant;

/// Copies a buffer into a lane of an audio wire, before the program runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Buffer of the job.
    pub buffer: u16,
    /// Wire in the program's pool.
    pub wire: u16,
    /// Lane.
    pub lane: u8,
}

/// Copies a control line into a lane of a scalar, before the program runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineLoad {
    /// Line of the job.
    pub line: u16,
    /// Scalar of the program.
    pub scalar: u16,
    /// Lane.
    pub lane: u8,
}

/// Copies a lane of a wire into a buffer, after the program has run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Store {
    /// Wire of the program.
    pub wire: Source,
    /// Lane.
    pub lane: u8,
    /// Buffer of the job.
    pub buffer: u16,
}

/// Copies a lane of a wire into a control line, after the program has run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStore {
    /// Wire of the program.
    pub wire: Source,
    /// Lane.
    pub lane: u8,
    /// Line of the job.
    pub line: u16,
}

/// A wire and the buffer of the job that each of its lanes is copied from or to.
struct Joint<W> {
    wire: W,
    buffers: [Option<u16>; LANES],
}

/// Lanes in use from which a wire is copied as a whole.
const MANY: usize = 3;

impl<W: Copy + PartialEq> Joint<W> {
    /// Puts together what belongs to one wire.
    fn join(parts: impl Iterator<Item = (W, u8, u16)>) -> Vec<Joint<W>> {
        let mut joints: Vec<Joint<W>> = Vec::new();
        for (wire, lane, buffer) in parts {
            let at = joints.iter().position(|joint| joint.wire == wire).unwrap_or_else(|| {
                joints.push(Joint { wire, buffers: [None; LANES] });
                joints.len() - 1
            });
            joints[at].buffers[lane as usize] = Some(buffer);
        }
        joints
    }

    /// Lanes in use, and their buffers.
    fn lanes(&self) -> impl Iterator<Item = (usize, u16)> + '_ {
        self.buffers.iter().enumerate().filter_map(|(lane, buffer)| Some((lane, (*buffer)?)))
    }
}

impl Joint<u16> {
    /// Copies the buffers to the lanes.
    fn load(&self, bench: &Bench, pool: &mut Pool) {
        const ZEROS: &[f32] = &[0.0; BLOCK];
        let Some(to) = &mut pool[self.wire as usize] else { return };
        let row = |id: u16| bench.buffers[id as usize].as_ref().map_or(ZEROS, |b| &b.0[..]);
        if self.lanes().count() >= MANY {
            to_lanes(&self.buffers.map(|id| id.map_or(ZEROS, row)), &mut to[..]);
            return;
        }
        for (lane, id) in self.lanes() {
            to.iter_mut().zip(row(id)).for_each(|(y, x)| y.0[lane] = *x);
        }
    }
}

impl Joint<Source> {
    /// Copies the lanes to the buffers; returns their peak.
    fn store(&self, bench: &mut Bench, program: &Program, pool: &Pool) -> f32 {
        let mut rows = [[0.0; BLOCK]; LANES];
        match self.wire {
            Source::Audio(k) => {
                let Some(from) = &pool[k as usize] else { return 0.0 };
                if self.lanes().count() >= MANY {
                    to_rows(&from[..], &mut rows);
                } else {
                    for (lane, _) in self.lanes() {
                        rows[lane].iter_mut().zip(from.iter()).for_each(|(y, x)| *y = x.0[lane]);
                    }
                }
            }
            Source::Scalar(k) => {
                for (lane, _) in self.lanes() {
                    let line = lane_of(&program.scalars[k as usize], lane);
                    rows[lane].iter_mut().enumerate().for_each(|(i, y)| *y = line.at(i));
                }
            }
        }
        let mut peak = 0.0f32;
        for (lane, id) in self.lanes() {
            let Some(to) = &mut bench.buffers[id as usize] else { continue };
            to.0 = rows[lane];
            let level = to.peak();
            peak = if level > peak { level } else { peak };
            bench.silent[id as usize] = level == 0.0;
        }
        peak
    }
}

/// A lane program and how it is joined to the job.
pub struct LaneTask {
    program: Program,
    pool: Pool,
    loads: Vec<Joint<u16>>,
    line_loads: Vec<LineLoad>,
    stores: Vec<Joint<Source>>,
    lines: Vec<LineStore>,
    /// Scalars that an event has moved in the last block, and their number.
    moved: Vec<u16>,
    endless: bool,
    idle: usize,
    asleep: bool,
}

impl LaneTask {
    /// Joins `program` to the buffers and lines of a job.
    #[must_use]
    pub fn new(
        program: Program,
        pool: Pool,
        loads: Vec<Load>,
        line_loads: Vec<LineLoad>,
        stores: Vec<Store>,
        lines: Vec<LineStore>,
    ) -> LaneTask {
        LaneTask {
            // A program that computes control lines must run, whatever it hears.
            endless: program.endless() || !lines.is_empty(),
            program,
            pool,
            loads: Joint::join(loads.iter().map(|l| (l.wire, l.lane, l.buffer))),
            line_loads,
            stores: Joint::join(stores.iter().map(|s| (s.wire, s.lane, s.buffer))),
            lines,
            moved: Vec::with_capacity(256),
            idle: 0,
            asleep: false,
        }
    }

    /// Takes in a parameter event: `index` is scalar * 8 + lane. It moves there over the coming block.
    pub fn accept(&mut self, event: Event) {
        if let EventKind::Param { index, value } = event.kind {
            let (scalar, lane) = (index / 8, usize::from(index % 8));
            if let Some(ramp) = self.program.scalars.get_mut(scalar as usize) {
                ramp.to.0[lane] = value;
                if self.moved.len() < self.moved.capacity() {
                    self.moved.push(scalar);
                }
            }
        }
    }

    /// Takes over the state of operation `from` of another task as operation `to`, and its constants.
    pub(in crate::rt) fn adopt(
        &mut self,
        to: u16,
        old: &mut LaneTask,
        from: u16,
        constants: &[Constant],
    ) {
        let (to, from) = (to as usize, from as usize);
        let (new, before) = (&mut self.program.ops[to].unit, &mut old.program.ops[from].unit);
        if !new.inherit(&mut **before) {
            std::mem::swap(new, before);
        }
        for constant in constants {
            let was = old.program.scalars[constant.from as usize];
            let scalar = &mut self.program.scalars[constant.to as usize];
            if !constant.changed {
                *scalar = was;
            } else if self.moved.len() < self.moved.capacity() {
                scalar.from = was.to;
                self.moved.push(constant.to);
            }
        }
    }

    /// Sleeps if `old`, whose units have all come here, did.
    pub(in crate::rt) fn sleep_like(&mut self, old: &LaneTask) {
        (self.idle, self.asleep) = (old.idle, old.asleep);
    }

    /// Joins it to controllers. Control thread.
    pub fn connect(&mut self, board: &mut dyn Board) {
        self.program.connect(board);
    }

    /// Forgets all state.
    pub fn reset(&mut self) {
        (0..LANES).for_each(|lane| self.program.reset(lane));
    }

    /// Runs the block; returns the node with which something is wrong, if there is one.
    pub fn run(&mut self, bench: &mut Bench, meta: &Meta) -> Option<(u32, Trouble)> {
        let silent = |joint: &Joint<u16>| joint.lanes().all(|(_, id)| bench.silent[id as usize]);
        let quiet = !self.endless && self.loads.iter().all(silent);
        self.idle = if quiet { self.idle.saturating_add(BLOCK) } else { 0 };
        if quiet && self.asleep {
            self.silence(bench);
            return None;
        }
        self.loads.iter().for_each(|joint| joint.load(bench, &mut self.pool));
        for load in &self.line_loads {
            let line = bench.lines.values[load.line as usize];
            let scalar = &mut self.program.scalars[load.scalar as usize];
            scalar.from.0[load.lane as usize] = line.from;
            scalar.to.0[load.lane as usize] = line.to;
        }
        self.program.run(&mut self.pool, 0, BLOCK, meta);
        self.store_lines(bench);
        let peak = self.store(bench);
        self.settle();
        // A unit may know better how long it rings once it has run: an echo, by its feedback.
        self.asleep = quiet && peak < SILENCE && self.idle > self.program.tail();
        let mishap = self.program.mishap().map(|(node, what)| (node, Trouble::Mishap(what)));
        if peak < f32::INFINITY && mishap.is_none() {
            return None;
        }
        let culprit = mishap.or_else(|| Some((self.culprit(), Trouble::NotANumber)));
        self.silence(bench);
        self.reset();
        culprit
    }

    /// Copies the outputs to the job's buffers; returns their peak.
    fn store(&self, bench: &mut Bench) -> f32 {
        let mut peak = 0.0f32;
        for joint in &self.stores {
            let level = joint.store(bench, &self.program, &self.pool);
            peak = if level > peak { level } else { peak };
        }
        peak
    }

    fn silence(&self, bench: &mut Bench) {
        self.stores.iter().flat_map(Joint::lanes).for_each(|(_, buffer)| bench.silence(buffer));
    }

    fn store_lines(&mut self, bench: &mut Bench) {
        for store in &self.lines {
            let lane = store.lane as usize;
            bench.lines.values[store.line as usize] = match store.wire {
                Source::Scalar(k) => lane_of(&self.program.scalars[k as usize], lane),
                Source::Audio(k) => match &self.pool[k as usize] {
                    Some(f) => Ramp { from: f[0].0[lane], to: f[BLOCK - 1].0[lane] },
                    None => Ramp::default(),
                },
            };
        }
    }

    /// Ends the moves of parameters that events began.
    fn settle(&mut self) {
        for &scalar in &self.moved {
            let ramp = &mut self.program.scalars[scalar as usize];
            ramp.from = ramp.to;
        }
        self.moved.clear();
    }

    /// The first unit whose output is not finite.
    fn culprit(&self) -> u32 {
        let bad = |out: &Option<Source>| match out {
            Some(Source::Audio(k)) => self.pool[*k as usize]
                .as_ref()
                .is_some_and(|f| f.iter().any(|x| x.0.iter().any(|v| !v.is_finite()))),
            Some(Source::Scalar(k)) => {
                self.program.scalars[*k as usize].to.0.iter().any(|v| !v.is_finite())
            }
            None => false,
        };
        let op = self.program.ops.iter().find(|op| op.outs.iter().any(bad));
        op.map_or(u32::MAX, |op| op.node)
    }
}

fn lane_of(ramp: &Ramp8, lane: usize) -> Ramp {
    Ramp { from: ramp.from.0[lane], to: ramp.to.0[lane] }
}
