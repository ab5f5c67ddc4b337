//! Last pass: the nets of one job (one strip, or several of one shape) become tasks and buffers.

mod bank;
mod lanes;
mod processors;

pub(super) use bank::{part, parts};

use super::layout::{Fixed, Inside, Seat};
use super::net::{Export, Inst, Net, What, Wire};
use super::program::{Colours, Request, build};
use super::voice::{tune, voices};
use crate::diag::Diagnostic;
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{Rate, Source};
use crate::nodes::ParamKind;
use crate::nodes::table::{Assets, ProcCx};
use crate::rt::block::Ramp;
use crate::rt::job::{
    Bench, From, Import, Job, LaneTask, Level, LineLoad, LineStore, Load, PortRef, ProcessTask,
    Store, Task,
};
use crate::rt::kit::Kit;
use crate::rt::processor::{Processor, Vacant};
use crate::rt::program::pool;
use crate::rt::update::Tune;
use crate::session::Session;
use std::collections::{BTreeMap, BTreeSet};

/// A strip's net with the wires of its exports, two channels each.
pub(super) struct StripNet {
    pub name: String,
    pub net: Net,
    /// What leaves, in port order: left and right.
    pub exports: Vec<(Export, [Wire; 2])>,
}

/// Where a parameter that is not driven by a signal can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamTarget {
    /// Task of the job.
    pub task: u16,
    /// Index for [`crate::rt::EventKind::Param`].
    pub index: u16,
}

/// A job, and where things are in it.
pub(super) struct BuiltJob {
    pub job: Job,
    /// For each member: task of each instance that takes notes.
    pub players: Vec<BTreeMap<u32, u16>>,
    /// For each member: settable parameters by path.
    pub params: Vec<BTreeMap<String, Vec<ParamTarget>>>,
    /// For each member: where its instances run.
    pub seats: Vec<Vec<Seat>>,
    /// Buffers, and what the plan says of them.
    pub buffers: usize,
}

/// What the builder needs from outside.
pub(super) struct Site<'a> {
    pub session: &'a Session,
    pub rate: f64,
    pub assets: &'a dyn Assets,
    /// Where an export of a strip is found; for late ones the feedback line.
    pub port: &'a mut dyn FnMut(usize, Export, u16, bool) -> From,
}

type Key = (usize, u32, u8);

/// Builds the job of `members`, all of one shape.
pub(super) fn job(members: &[StripNet], site: &mut Site) -> Result<BuiltJob, Vec<Diagnostic>> {
    let stages = stages(&members[0].net);
    let uses = uses(members, &stages);
    let mut builder = Builder {
        members,
        stages: &stages,
        uses,
        tasks: Vec::new(),
        colours: Colours::default(),
        buffers: BTreeMap::new(),
        lines: BTreeMap::new(),
        line_values: Vec::new(),
        players: vec![BTreeMap::new(); members.len()],
        seats: members.iter().map(|m| vec![Seat::Outside; m.net.insts.len()]).collect(),
        params: vec![BTreeMap::new(); members.len()],
        diags: Vec::new(),
    };
    let last = stages.iter().copied().max().unwrap_or(0);
    for stage in 0..=last {
        builder.imports(stage, site);
        builder.lanes(stage, site);
        builder.processors(stage, site);
        builder.release(stage);
    }
    let exports = builder.exports();
    if builder.diags.iter().any(|d| d.severity == crate::diag::Severity::Error) {
        return Err(builder.diags);
    }
    let buffers = builder.colours.count as usize;
    let mut bench = Bench::new(buffers, builder.line_values.len());
    bench.lines.values.copy_from_slice(&builder.line_values);
    let names = members.iter().map(|m| m.name.clone()).collect();
    let links = builder.links();
    Ok(BuiltJob {
        job: Job::new(names, builder.tasks, bench, exports).linked(links),
        players: builder.players,
        seats: builder.seats,
        params: builder.params,
        buffers,
    })
}

/// The stage of each instance: light instances of a stage are one program, run before its processors.
fn stages(net: &Net) -> Vec<usize> {
    let mut stages: Vec<usize> = Vec::new();
    for inst in &net.insts {
        let mut stage = 0;
        for wire in &inst.ins {
            if let Wire::Out { inst: from, .. } = wire {
                let heavy = !net.insts[*from as usize].what.is_light();
                let imported = net.insts[*from as usize].what.is_gathered();
                let step = usize::from(heavy && !imported && inst.what.is_light());
                stage = stage.max(stages[*from as usize] + step);
            }
        }
        stages.push(stage);
    }
    stages
}

/// The last stage in which each wire is read from a buffer; exports are read at the very end.
fn uses(members: &[StripNet], stages: &[usize]) -> BTreeMap<(u32, u8), usize> {
    let net = &members[0].net;
    let mut uses: BTreeMap<(u32, u8), usize> = BTreeMap::new();
    for (i, inst) in net.insts.iter().enumerate() {
        for wire in &inst.ins {
            if let Wire::Out { inst: from, port } = wire {
                let source = &net.insts[*from as usize];
                let inside = source.what.is_light()
                    && inst.what.is_light()
                    && stages[*from as usize] == stages[i];
                if !inside {
                    let last = uses.entry((*from, *port)).or_insert(0);
                    *last = (*last).max(stages[i]);
                }
            }
        }
    }
    for (_, wires) in members.iter().flat_map(|m| &m.exports) {
        for wire in wires {
            if let Wire::Out { inst, port } = wire {
                uses.insert((*inst, *port), usize::MAX);
            }
        }
    }
    uses
}

struct Builder<'a> {
    members: &'a [StripNet],
    stages: &'a [usize],
    uses: BTreeMap<(u32, u8), usize>,
    tasks: Vec<Task>,
    colours: Colours,
    /// Buffer of a member's wire.
    buffers: BTreeMap<Key, u16>,
    /// Line of a member's control wire.
    lines: BTreeMap<Key, u16>,
    line_values: Vec<Ramp>,
    players: Vec<BTreeMap<u32, u16>>,
    seats: Vec<Vec<Seat>>,
    params: Vec<BTreeMap<String, Vec<ParamTarget>>>,
    diags: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    fn net(&self) -> &'a Net {
        &self.members[0].net
    }

    fn buffer(&mut self, key: Key) -> u16 {
        if let Some(id) = self.buffers.get(&key) {
            return *id;
        }
        let id = self.colours.take();
        self.buffers.insert(key, id);
        id
    }

    fn line(&mut self, value: f32) -> u16 {
        self.line_values.push(Ramp::constant(value));
        (self.line_values.len() - 1) as u16
    }

    fn of_stage(&self, stage: usize) -> Vec<u32> {
        (0..self.stages.len() as u32).filter(|&i| self.stages[i as usize] == stage).collect()
    }

    fn imports(&mut self, stage: usize, site: &mut Site) {
        let members = self.members;
        for index in self.of_stage(stage) {
            for (member, strip) in members.iter().enumerate() {
                let inst = &strip.net.insts[index as usize];
                if !inst.what.is_gathered() {
                    continue;
                }
                if let What::Inlet(_) = inst.what {
                    self.seats[member][index as usize] = Seat::Inlet;
                }
                for channel in 0..inst.outs {
                    let to = self.buffer((member, index, channel));
                    let imports = imports(&inst.what, channel, to, site);
                    self.tasks.push(Task::Gather(to, imports));
                }
            }
        }
    }

    /// Gives back the buffers that no later stage reads.
    fn release(&mut self, stage: usize) {
        let uses = &self.uses;
        let done: Vec<Key> = self
            .buffers
            .keys()
            .copied()
            .filter(|&(_, inst, port)| {
                inst != u32::MAX && uses.get(&(inst, port)).is_none_or(|&last| last <= stage)
            })
            .collect();
        let mut freed = BTreeSet::new();
        for key in done {
            // The entry goes, so that a buffer is given back once.
            if self.stages[key.1 as usize] <= stage
                && let Some(id) = self.buffers.remove(&key)
                && freed.insert(id)
            {
                self.colours.give_back(id);
            }
        }
    }

    /// Tasks that hear the notes of other tasks: from, to.
    fn links(&self) -> Vec<(u16, u16)> {
        let mut links = Vec::new();
        for (member, seats) in self.members.iter().zip(&self.seats) {
            let insts = &member.net.insts;
            let task = |i: usize| match seats[i] {
                Seat::Processor { task, .. } => Some(task),
                _ => None,
            };
            for (i, inst) in insts.iter().enumerate() {
                let Some(path) = &inst.feeds else { continue };
                let to = insts.iter().position(|other| other.path == *path);
                links.extend(task(i).zip(to.and_then(task)));
            }
        }
        links
    }

    /// The buffers of the exports, in port order; constants and missing wires are a silent buffer.
    fn exports(&mut self) -> Vec<u16> {
        let members = self.members;
        let mut ids = Vec::new();
        for (m, member) in members.iter().enumerate() {
            for (_, wires) in &member.exports {
                for wire in wires {
                    ids.push(self.audio_wire(m, *wire));
                }
            }
        }
        ids
    }
}

/// What channel `channel` of an import is the sum of, as it is added to buffer `to`.
fn imports(what: &What, channel: u8, to: u16, site: &mut Site) -> Vec<Import> {
    let port = u16::from(channel);
    match what {
        What::Import(sources) => sources
            .iter()
            .map(|s| Import {
                from: (site.port)(s.strip, s.export, port, s.late),
                level: Level::new(s.was.unwrap_or(s.gain) as f32, s.gain as f32),
                to,
            })
            .collect(),
        What::Parts(parts) => {
            let port = |&(level, job): &(u16, u16)| PortRef { level, job, port };
            let level = Level::new(1.0, 1.0);
            let import = |p| Import { from: From::Port(port(p)), level, to };
            parts.iter().map(import).collect()
        }
        What::Inlet(channels) => {
            let from = From::Inlet(channels[usize::from(channel)]);
            vec![Import { from, level: Level::new(1.0, 1.0), to }]
        }
        _ => Vec::new(),
    }
}

/// Where an export of a strip stands among the ports of its job.
pub(super) fn port_ref(level: usize, job: usize, first: usize, channel: u16) -> PortRef {
    PortRef { level: level as u16, job: job as u16, port: first as u16 + channel }
}
