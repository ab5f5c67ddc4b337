//! Banks: alike terms of a sum become programs of eight terms, in parts that may run on any thread.

use super::*;
use crate::dsp::unit::Ramp8;
use crate::graph::program::{Built, Outside};
use crate::nodes::stereo;
use crate::rt::bank::{Bank, GAIN, Group, Part, SHARED, Shared, Tap};

/// Units that a part has at most, over all of its programs, if that is one at least: enough work to be
/// handed to another thread, few enough that a bank gives work to several. A bank is cut by what it is,
/// never by the number of threads, since the cut decides the order in which its terms are added.
const PART: usize = 40;

/// The terms of each part.
pub(in crate::graph) fn parts(terms: &[Net]) -> impl Iterator<Item = &[Net]> {
    let programs = (PART / terms[0].insts.len().max(1)).max(1);
    terms.chunks(programs * LANES)
}

/// The job of part `terms` of the bank that `inst` is; `first` is the first term of the whole bank.
pub(in crate::graph) fn part(
    name: String,
    inst: &Inst,
    first: &Net,
    terms: &[Net],
    rate: f64,
) -> Job {
    let outs: Vec<u16> = (0..u16::from(inst.outs)).collect();
    let bank = Box::new(bank(first, [terms].into_iter(), rate).0);
    let task = ProcessTask::new(bank, Vec::new(), outs.clone(), Vec::new(), inst.node.0);
    let bench = Bench::new(outs.len(), 0);
    Job::new(vec![name], vec![Task::Process(Box::new(task))], bench, outs)
}

/// The bank of these parts. What is the same signal in all terms is taken from `first`, and made once a
/// part.
pub(super) fn bank<'a>(
    first: &Net,
    parts: impl Iterator<Item = &'a [Net]>,
    rate: f64,
) -> (Bank, Inside) {
    let mut made = Vec::new();
    let (shape, code) = (first.identity(), first.code());
    let mut inside = Inside { shape, code, ..Inside::default() };
    let mut groups = 0;
    for terms in parts {
        let mut maker = Maker { first, rate, groups, part: made.len() as u16, inside };
        let part = maker.part(terms);
        inside = maker.inside;
        inside.shape.push_str(&format!(" {}", terms.len()));
        groups += part.groups.len() as u16;
        made.push(part);
    }
    (Bank::new(made), inside)
}

/// Makes a part of a bank, and notes where its constants are.
struct Maker<'a> {
    first: &'a Net,
    rate: f64,
    /// Groups and parts before this one.
    groups: u16,
    part: u16,
    inside: Inside,
}

impl Maker<'_> {
    fn part(&mut self, terms: &[Net]) -> Part {
        let taps = taps(&terms[0]);
        let mut shared = shared(terms, self.first);
        let is_shared = |tap: &Path| out(tap.wire).is_some_and(|(i, _)| shared.contains(&i));
        if taps.iter().all(is_shared) {
            return self.one_signal(terms, &taps);
        }
        if taps.iter().any(is_shared) {
            shared.clear();
        }
        self.inside.shape.push_str(&format!(" {shared:?}"));
        let wires: Vec<Wire> = taps.iter().map(|tap| tap.wire).collect();
        let insts = needed(&terms[0], &wires, &shared);
        let (mut groups, mut buffers, mut loads) = (Vec::new(), 0, Vec::new());
        for (group, members) in (0..).zip(terms.chunks(LANES)) {
            let nets: Vec<&Net> = members.iter().collect();
            let built = self.program(&nets, &insts, &wires, u64::from(group));
            let gain = |tap: &Path| {
                F8(core::array::from_fn(|lane| nets.get(lane).map_or(0.0, |net| tap.gain(net))))
            };
            self.note(&nets, &built, self.groups + group);
            groups.push(self.group(
                &taps,
                built,
                self.groups + group,
                gain,
                &mut buffers,
                &mut loads,
            ));
        }
        Part { groups, pool: pool(buffers), shared: self.made_once(&shared, &loads) }
    }

    /// Terms that are one signal at several levels: it is made once, and the levels are added up.
    fn one_signal(&mut self, terms: &[Net], taps: &[Path]) -> Part {
        let wires: Vec<Wire> = taps.iter().map(|tap| tap.wire).collect();
        let insts = needed(self.first, &wires, &BTreeSet::new());
        let built = self.program(&[self.first], &insts, &wires, 0);
        let gain = |tap: &Path| {
            let total: f64 = terms.iter().map(|term| f64::from(tap.gain(term))).sum();
            F8(core::array::from_fn(|lane| if lane == 0 { total as f32 } else { 0.0 }))
        };
        self.inside.shape.push_str(" one");
        self.note(&[self.first], &built, self.groups);
        let (mut buffers, mut loads) = (0, Vec::new());
        let group = self.group(taps, built, self.groups, gain, &mut buffers, &mut loads);
        Part { groups: vec![group], pool: pool(buffers), shared: None }
    }

    /// The program of what all terms share, and where the groups expect it.
    fn made_once(&mut self, shared: &BTreeSet<u32>, loads: &[Outside]) -> Option<Shared> {
        let wires = loads.iter().map(|load| load.wire);
        let wires: Vec<Wire> = wires.map(|(inst, port)| Wire::Out { inst, port }).collect();
        let insts = needed(self.first, &wires, &BTreeSet::new());
        if insts.is_empty() {
            return None;
        }
        debug_assert!(insts.iter().all(|i| shared.contains(i)));
        // One member: its values are in all lanes.
        let built = self.program(&[self.first], &insts, &wires, 0);
        self.note(&[self.first], &built, SHARED + self.part);
        let moves = loads.iter().map(|load| (built.kept[&load.wire], load.source)).collect();
        Some(Shared { program: built.program, pool: pool(built.buffers), moves })
    }

    fn program(&self, members: &[&Net], insts: &[u32], wires: &[Wire], group: u64) -> Built {
        let keep: BTreeSet<(u32, u8)> = wires.iter().filter_map(|w| out(*w)).collect();
        let keep: Vec<(u32, u8)> = keep.into_iter().collect();
        let (keep, splat, reserved, rate) = (&keep, false, 0, self.rate);
        build(&Request { members, splat, insts, keep, reserved, rate, group })
    }

    fn group(
        &mut self,
        taps: &[Path],
        built: Built,
        group: u16,
        gain: impl Fn(&Path) -> F8,
        buffers: &mut usize,
        loads: &mut Vec<Outside>,
    ) -> Group {
        let mut outs = Vec::new();
        for (channel, tap) in (0..).zip(taps) {
            let gain = gain(tap);
            for (lane, value) in (0..).zip(gain.0) {
                let scalar = GAIN + channel;
                self.inside.constants.push(Tune { part: group, scalar, lane, value });
            }
            let from = out(tap.wire).map_or(Source::Scalar(0), |wire| built.kept[&wire]);
            outs.push(Tap { from, gain: Ramp8 { from: gain, to: gain } });
        }
        (*buffers, *loads) = ((*buffers).max(built.buffers), built.loads);
        Group { outs, program: built.program }
    }

    /// Notes the constants of a program that stands at `group`.
    fn note(&mut self, nets: &[&Net], built: &Built, group: u16) {
        for (lane, net) in (0..).zip(nets) {
            let tune = |(&input, &scalar)| tune(net, input, group, scalar, lane);
            self.inside.constants.extend(built.consts.iter().filter_map(tune));
        }
    }
}

fn out(wire: Wire) -> Option<(u32, u8)> {
    if let Wire::Out { inst, port } = wire { Some((inst, port)) } else { None }
}

/// Instances that are the same signal in all terms: made from one node, out of such signals alone.
fn shared(terms: &[Net], first: &Net) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for (i, inst) in first.insts.iter().enumerate() {
        let alike = |net: &Net| net.insts[i].node == inst.node && net.insts[i].ins == inst.ins;
        let inside = |wire: &Wire| out(*wire).is_none_or(|(from, _)| found.contains(&from));
        if terms.iter().all(alike) && inst.ins.iter().all(inside) {
            found.insert(i as u32);
        }
    }
    found
}

/// The instances that `wires` depend on, in order, but for those in `without`.
fn needed(net: &Net, wires: &[Wire], without: &BTreeSet<u32>) -> Vec<u32> {
    let mut open: Vec<u32> = wires.iter().filter_map(|w| out(*w)).map(|w| w.0).collect();
    let mut found = BTreeSet::new();
    while let Some(inst) = open.pop() {
        if !without.contains(&inst) && found.insert(inst) {
            open.extend(net.insts[inst as usize].ins.iter().filter_map(|w| out(*w)).map(|w| w.0));
        }
    }
    found.into_iter().collect()
}

/// An output of a term: a wire, times the constants of the gains and panoramas (inputs of instances, and
/// channels of the latter) between it and the end of the term.
struct Path {
    wire: Wire,
    gains: Vec<(u32, u8)>,
}

/// The outputs of a term. Constant gains and panoramas at its end become factors of the sum, so that they
/// cost no pass of their own.
fn taps(term: &Net) -> Vec<Path> {
    let path = |wire: &Wire| {
        let mut path = Path { wire: *wire, gains: Vec::new() };
        while let Some((inst, port)) = out(path.wire) {
            let unit = &term.insts[inst as usize];
            let audio = unit.ins.first().is_some_and(|w| term.rate(*w) == Rate::Audio);
            let held = unit.ins.len() == 2 && matches!(unit.ins[1], Wire::Const(_));
            if !(audio && held && matches!(unit.what.name(), "mul" | "gain" | "pan")) {
                break;
            }
            path.gains.push((inst, port));
            path.wire = unit.ins[0];
        }
        path
    };
    term.outs.iter().map(path).collect()
}

impl Path {
    /// The product of the constants in `net`.
    fn gain(&self, net: &Net) -> f32 {
        let factor = |&(inst, port): &(u32, u8)| {
            let unit = &net.insts[inst as usize];
            let Wire::Const(x) = unit.ins[1] else { return 1.0 };
            match unit.what.name() {
                "pan" => stereo::level(x as f32)[port as usize],
                _ => x as f32,
            }
        };
        self.gains.iter().map(factor).product()
    }
}
