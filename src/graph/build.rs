//! Last pass: the nets of one job (one strip, or several of one shape) become tasks and buffers.

use super::net::{Export, Inst, Net, What, Wire};
use super::program::{Colours, Request, build};
use super::voice::voices;
use crate::diag::Diagnostic;
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{Rate, Source};
use crate::nodes::table::{Assets, ProcCx};
use crate::nodes::{Make, ParamKind};
use crate::rt::bank::Bank;
use crate::rt::block::Ramp;
use crate::rt::job::{
    Bench, From, Import, Job, LaneTask, LineLoad, LineStore, Load, PortRef, ProcessTask, Store,
    Task,
};
use crate::rt::kit::Kit;
use crate::rt::processor::Processor;
use crate::rt::program::pool;
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
    pub params: Vec<BTreeMap<String, ParamTarget>>,
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
    bench.lines.copy_from_slice(&builder.line_values);
    let names = members.iter().map(|m| m.name.clone()).collect();
    Ok(BuiltJob {
        job: Job::new(names, builder.tasks, bench, exports),
        players: builder.players,
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
                let imported = matches!(net.insts[*from as usize].what, What::Import(_));
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
    params: Vec<BTreeMap<String, ParamTarget>>,
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
        for index in self.of_stage(stage) {
            for member in 0..self.members.len() {
                let What::Import(sources) = &self.members[member].net.insts[index as usize].what
                else {
                    continue;
                };
                for channel in 0..2u8 {
                    let to = self.buffer((member, index, channel));
                    let imports = sources
                        .iter()
                        .map(|s| Import {
                            from: (site.port)(s.strip, s.export, u16::from(channel), s.late),
                            gain: s.gain as f32,
                            to,
                        })
                        .collect();
                    self.tasks.push(Task::Gather(to, imports));
                }
            }
        }
    }

    /// The program of a stage.
    fn lanes(&mut self, stage: usize, site: &Site) {
        let net = self.net();
        let insts: Vec<u32> = self
            .of_stage(stage)
            .into_iter()
            .filter(|&i| net.insts[i as usize].what.is_light())
            .collect();
        if insts.is_empty() {
            return;
        }
        let keep: Vec<(u32, u8)> = insts
            .iter()
            .flat_map(|&i| (0..net.insts[i as usize].outs).map(move |p| (i, p)))
            .filter(|w| self.uses.contains_key(w))
            .collect();
        let nets: Vec<&Net> = self.members.iter().map(|m| &m.net).collect();
        let built = build(&Request {
            members: &nets,
            splat: false,
            insts: &insts,
            keep: &keep,
            reserved: 0,
            rate: site.rate,
            group: 0,
        });
        let task = self.tasks.len() as u16;
        self.note_params(&built.consts, task);
        let (loads, line_loads) = self.loads(&built.loads);
        let (stores, line_stores) = self.stores(&built.kept, &keep);
        let lanes = LaneTask::new(
            built.program,
            pool(built.buffers),
            loads,
            line_loads,
            stores,
            line_stores,
        );
        self.tasks.push(Task::Lanes(Box::new(lanes)));
    }

    /// Remembers where constants that are parameters stand.
    fn note_params(&mut self, consts: &BTreeMap<(u32, usize), u16>, task: u16) {
        for (&(index, input), &scalar) in consts {
            for (member, strip) in self.members.iter().enumerate() {
                let inst = &strip.net.insts[index as usize];
                let What::Unit(kind) = inst.what else { continue };
                let wires: Vec<_> = kind.params.iter().filter(|p| p.is_wire()).collect();
                let first = inst.ins.len() - wires.len();
                if let Some(param) = input.checked_sub(first).and_then(|k| wires.get(k)) {
                    let index = scalar * LANES as u16 + member as u16;
                    let path = format!("{}.{}", inst.path, param.name);
                    self.params[member].entry(path).or_insert(ParamTarget { task, index });
                }
            }
        }
    }

    fn loads(&mut self, outside: &[super::program::Outside]) -> (Vec<Load>, Vec<LineLoad>) {
        let (mut loads, mut lines) = (Vec::new(), Vec::new());
        for from in outside {
            for member in 0..self.members.len() {
                let key = (member, from.wire.0, from.wire.1);
                let lane = member as u8;
                match from.source {
                    Source::Audio(wire) => {
                        loads.push(Load { buffer: self.buffer(key), wire, lane })
                    }
                    Source::Scalar(scalar) => {
                        if let Some(&line) = self.lines.get(&key) {
                            lines.push(LineLoad { line, scalar, lane });
                        }
                    }
                }
            }
        }
        (loads, lines)
    }

    fn stores(
        &mut self,
        kept: &BTreeMap<(u32, u8), Source>,
        keep: &[(u32, u8)],
    ) -> (Vec<Store>, Vec<LineStore>) {
        let (mut stores, mut lines) = (Vec::new(), Vec::new());
        for wire in keep {
            let source = kept[wire];
            for member in 0..self.members.len() {
                let (key, lane) = ((member, wire.0, wire.1), member as u8);
                if self.as_audio(*wire) {
                    stores.push(Store { wire: source, lane, buffer: self.buffer(key) });
                }
                if self.as_line(*wire) {
                    let line = self.line(0.0);
                    self.lines.insert(key, line);
                    lines.push(LineStore { wire: source, lane, line });
                }
            }
        }
        (stores, lines)
    }

    /// Whether a kept wire is read as audio: by a processor's audio input, a program (if it is audio),
    /// or an export.
    fn as_audio(&self, wire: (u32, u8)) -> bool {
        let net = self.net();
        let is = |w: &Wire| *w == Wire::Out { inst: wire.0, port: wire.1 };
        let exported = self.members[0].exports.iter().any(|(_, wires)| wires.iter().any(is));
        let audio = net.insts[wire.0 as usize].rate == Rate::Audio;
        exported
            || net.insts.iter().any(|inst| match &inst.what {
                What::Processor(..) => audio_inputs(inst).any(|w| is(&w)),
                _ => audio && inst.what.is_light() && inst.ins.iter().any(is),
            })
    }

    /// Whether a kept wire is read as a line: by a processor's number, or (if it is control) a program.
    fn as_line(&self, wire: (u32, u8)) -> bool {
        let net = self.net();
        let is = |w: &Wire| *w == Wire::Out { inst: wire.0, port: wire.1 };
        let audio = net.insts[wire.0 as usize].rate == Rate::Audio;
        net.insts.iter().any(|inst| match &inst.what {
            What::Processor(..) => number_inputs(inst).any(|w| is(&w)),
            _ => !audio && inst.what.is_light() && inst.ins.iter().any(is),
        })
    }

    fn processors(&mut self, stage: usize, site: &mut Site) {
        for index in self.of_stage(stage) {
            for member in 0..self.members.len() {
                let strip = &self.members[member];
                let inst = &strip.net.insts[index as usize];
                if inst.what.is_light() || matches!(inst.what, What::Import(_)) {
                    continue;
                }
                match self.processor(strip, inst, site) {
                    Ok(processor) => self.process_task(member, index, processor),
                    Err(diags) => self.diags.extend(diags),
                }
            }
        }
    }

    fn processor(
        &self,
        strip: &StripNet,
        inst: &Inst,
        site: &Site,
    ) -> Result<Box<dyn Processor>, Vec<Diagnostic>> {
        let outs = inst.outs as usize;
        let voices = |index| voices(site.session, index, site.rate, &strip.name, outs);
        match &inst.what {
            What::Instrument(index) => Ok(Box::new(voices(*index)?.0)),
            What::Kit(sounds, chokes) => {
                let sounds = sounds.iter().map(|&i| voices(i)).collect::<Result<Vec<_>, _>>()?;
                Ok(Box::new(Kit::new(sounds, chokes.clone())))
            }
            What::Bank(terms) => Ok(Box::new(bank(terms, site.rate))),
            What::Processor(kind, channels) => {
                let (Make::Processor(make), Some(settings)) = (kind.make, &inst.settings) else {
                    unreachable!("What::Processor is made of Make::Processor, with settings")
                };
                let (channels, seed) = (*channels, inst.seed);
                let cx = ProcCx { rate: site.rate, channels, settings, seed, assets: site.assets };
                make(&cx).map_err(|message| vec![Diagnostic::error(message, inst.place.clone())])
            }
            _ => unreachable!("light instances are built into programs"),
        }
    }

    fn process_task(&mut self, member: usize, index: u32, processor: Box<dyn Processor>) {
        let inst = &self.members[member].net.insts[index as usize];
        let (audio, numbers): (Vec<Wire>, Vec<Wire>) =
            (audio_inputs(inst).collect(), number_inputs(inst).collect());
        let ins = audio.into_iter().map(|w| self.audio_wire(member, w)).collect();
        let params: Vec<u16> = numbers.into_iter().map(|w| self.number_wire(member, w)).collect();
        let outs = (0..inst.outs).map(|port| self.buffer((member, index, port))).collect();
        let task = self.tasks.len() as u16;
        self.players[member].insert(index, task);
        if let What::Processor(kind, _) = inst.what {
            let names = kind.params.iter().filter(|p| p.kind == ParamKind::Number);
            for (k, param) in names.enumerate() {
                let target = ParamTarget { task, index: k as u16 };
                self.params[member].insert(format!("{}.{}", inst.path, param.name), target);
            }
        }
        let task = ProcessTask::new(processor, ins, outs, params, inst.node.0);
        self.tasks.push(Task::Process(Box::new(task)));
    }

    /// The buffer of an audio input; silence has one of its own.
    fn audio_wire(&mut self, member: usize, wire: Wire) -> u16 {
        match wire {
            Wire::Out { inst, port } => self.buffer((member, inst, port)),
            // A constant other than 0 has been made audio before it came here.
            _ => match self.buffers.get(&(member, u32::MAX, 0)) {
                Some(id) => *id,
                None => {
                    // Never written to, so it must not be one that an earlier task has used.
                    let id = self.colours.fresh();
                    self.buffers.insert((member, u32::MAX, 0), id);
                    id
                }
            },
        }
    }

    fn number_wire(&mut self, member: usize, wire: Wire) -> u16 {
        match wire {
            Wire::Const(x) => self.line(x as f32),
            Wire::Out { inst, port } => match self.lines.get(&(member, inst, port)) {
                Some(line) => *line,
                None => self.line(0.0),
            },
            Wire::Voice(_) => self.line(0.0),
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

/// The audio inputs of a processor: its own, then side-chains.
fn audio_inputs(inst: &Inst) -> impl Iterator<Item = Wire> + '_ {
    inputs(inst, true)
}

/// The numeric parameters of a processor, in table order.
fn number_inputs(inst: &Inst) -> impl Iterator<Item = Wire> + '_ {
    inputs(inst, false)
}

fn inputs(inst: &Inst, audio: bool) -> impl Iterator<Item = Wire> + '_ {
    let (channels, kinds): (usize, Vec<ParamKind>) = match &inst.what {
        What::Processor(kind, channels) => {
            (*channels, kind.params.iter().filter(|p| p.is_wire()).map(|p| p.kind).collect())
        }
        _ => (0, Vec::new()),
    };
    inst.ins.iter().enumerate().filter_map(move |(i, wire)| {
        let is_audio = i < channels || kinds.get(i - channels) == Some(&ParamKind::Audio);
        (is_audio == audio).then_some(*wire)
    })
}

/// The bank of alike terms.
fn bank(terms: &[Net], rate: f64) -> Bank {
    let (mut groups, mut masks) = (Vec::new(), Vec::new());
    let (mut outs, mut buffers) = (Vec::new(), 0);
    for (group, members) in terms.chunks(LANES).enumerate() {
        let nets: Vec<&Net> = members.iter().collect();
        let insts: Vec<u32> = (0..nets[0].insts.len() as u32).collect();
        let keep: Vec<(u32, u8)> = nets[0]
            .outs
            .iter()
            .filter_map(|w| match w {
                Wire::Out { inst, port } => Some((*inst, *port)),
                _ => None,
            })
            .collect();
        let group = group as u64;
        let request = Request {
            members: &nets,
            splat: false,
            insts: &insts,
            keep: &keep,
            reserved: 0,
            rate,
            group,
        };
        let built = build(&request);
        outs = keep.iter().map(|w| built.kept[w]).collect();
        buffers = buffers.max(built.buffers);
        masks.push(F8(core::array::from_fn(|lane| if lane < nets.len() { 1.0 } else { 0.0 })));
        groups.push(built.program);
    }
    Bank::new(groups, pool(buffers), outs, masks)
}

/// Where an export of a strip stands among the ports of its job.
pub(super) fn port_ref(level: usize, job: usize, first: usize, channel: u16) -> PortRef {
    PortRef { level: level as u16, job: job as u16, port: first as u16 + channel }
}
