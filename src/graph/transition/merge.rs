//! The old and the new net of a strip as one net.

use super::Origins;
use crate::dsp::fade::Shape;
use crate::dsp::unit::Rate;
use crate::graph::edit::{Side, Step, common, steps};
use crate::graph::layout::{Inside, Layout, Seat};
use crate::graph::net::{Export, Hosted, Inst, Net, What, Wire};
use crate::session::NodeId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Makes one net of two.
pub(super) struct Merger<'a> {
    pub was: Option<&'a Layout>,
    pub now: Option<&'a Layout>,
    /// Index of an old strip among the merged ones.
    pub index: &'a [usize],
    /// Strips that the new music has and hears.
    pub living: &'a BTreeSet<usize>,
    start: &'a Arc<AtomicU64>,
    frames: u32,
    /// Whether what is removed rings on.
    may_ring: bool,
    pairs: Vec<(usize, usize)>,
    pub net: Net,
    pub origins: Origins,
    /// Instance of the merged net by instance of the old one, and of the new one.
    pub old: BTreeMap<usize, u32>,
    pub new: BTreeMap<usize, u32>,
    /// Instances of the merged net whose inputs have been faded out: they ring on.
    pub ringing: BTreeSet<u32>,
    /// Instances of the merged net whose inputs are being faded in.
    pub swelling: BTreeSet<u32>,
    /// Instances of the merged net that both nets have, or that hear one.
    pub shared: BTreeSet<u32>,
    pub differs: bool,
    pub rings: usize,
}

impl<'a> Merger<'a> {
    pub fn new(
        was: Option<&'a Layout>,
        now: Option<&'a Layout>,
        (index, living): (&'a [usize], &'a BTreeSet<usize>),
        (start, frames): (&'a Arc<AtomicU64>, u32),
        may_ring: bool,
        stale: &dyn Fn(&str) -> bool,
    ) -> Merger<'a> {
        let pairs = match (was, now) {
            (Some(was), Some(now)) => {
                let (a, b) = (Side::new(was, &|_| false), Side::new(now, stale));
                common(&a, &b)
            }
            _ => Vec::new(),
        };
        Merger {
            was,
            now,
            index,
            living,
            start,
            frames,
            may_ring,
            pairs,
            net: Net::default(),
            origins: Vec::new(),
            old: BTreeMap::new(),
            new: BTreeMap::new(),
            ringing: BTreeSet::new(),
            swelling: BTreeSet::new(),
            shared: BTreeSet::new(),
            differs: false,
            rings: 0,
        }
    }

    /// Fills the net; returns its exports.
    pub fn merge(&mut self) -> Vec<(Export, [Wire; 2])> {
        self.net.played = self.now.and_then(|now| now.strip.net.played);
        self.imports();
        // `common` has left no circle.
        for step in steps(self.was, self.now, &self.pairs).unwrap_or_default() {
            match step {
                Step::Leave(i) => self.leave(i),
                Step::Enter(j) => self.enter(j),
                Step::Stay(i, j) => self.stay(i, j),
            }
        }
        self.exports()
    }

    pub fn push(&mut self, inst: Inst, old: Option<usize>, new: Option<usize>) -> u32 {
        self.net.insts.push(inst);
        self.origins.push((old, new));
        (self.net.insts.len() - 1) as u32
    }

    pub fn wire(map: &BTreeMap<usize, u32>, wire: Wire) -> Wire {
        match wire {
            Wire::Out { inst, port } => Wire::Out { inst: map[&(inst as usize)], port },
            other => other,
        }
    }

    pub fn is_in(set: &BTreeSet<u32>, wire: Wire) -> bool {
        matches!(wire, Wire::Out { inst, .. } if set.contains(&inst))
    }

    /// An instance that the new net has not.
    fn leave(&mut self, i: usize) {
        self.differs = true;
        let Some(was) = self.was else { return };
        let mut inst = was.strip.net.insts[i].clone();
        let ins: Vec<Wire> = inst.ins.iter().map(|w| Self::wire(&self.old, *w)).collect();
        // A plugin that goes on elsewhere in the strip rings there.
        let moved = same_plugin(&inst, self.now).is_some();
        let rings = self.may_ring
            && inst.tail > 0
            && !moved
            && ins.iter().any(|w| self.net.rate(*w) == Rate::Audio);
        let soft = rings || ins.iter().any(|w| Self::is_in(&self.ringing, *w));
        inst.ins = self.soften(ins, soft, Shape::Out);
        if !inst.path.starts_with('~') {
            inst.path.insert(0, '~');
        }
        // What it feeds may have gone, or be fed by another now.
        inst.feeds = None;
        inst.node = NodeId(u32::MAX);
        inst.ghost = ghost(&was.seats[i]);
        let tail = inst.tail;
        let at = self.push(inst, Some(i), None);
        self.old.insert(i, at);
        self.mark(at);
        if soft {
            self.ringing.insert(at);
        }
        if rings {
            self.rings = self.rings.max(tail);
        }
    }

    /// An instance that the old net had not.
    fn enter(&mut self, j: usize) {
        self.differs = true;
        let Some(now) = self.now else { return };
        let mut inst = now.strip.net.insts[j].clone();
        let ins: Vec<Wire> = inst.ins.iter().map(|w| Self::wire(&self.new, *w)).collect();
        let rings = inst.tail > 0 && ins.iter().any(|w| self.net.rate(*w) == Rate::Audio);
        let soft = rings || ins.iter().any(|w| Self::is_in(&self.swelling, *w));
        inst.ins = self.soften(ins, soft, Shape::In);
        // A plugin that stood elsewhere in the strip, where both nets could not run as one, comes from there.
        let before = same_plugin(&inst, self.was);
        let at = self.push(inst, before, Some(j));
        self.new.insert(j, at);
        self.mark(at);
        if soft {
            self.swelling.insert(at);
        }
    }

    /// An instance of both nets.
    fn stay(&mut self, i: usize, j: usize) {
        let (Some(was), Some(now)) = (self.was, self.now) else { return };
        let mut inst = now.strip.net.insts[j].clone();
        let before = &was.strip.net.insts[i];
        inst.ins = match (&before.what, &inst.what) {
            (What::Plugin(a), What::Plugin(b)) => self.plugin((a, &before.ins), (b, &inst.ins)),
            _ => before.ins.iter().zip(&inst.ins).map(|(a, b)| self.both(*a, *b)).collect(),
        };
        inst.ghost = ghost(&now.seats[j]);
        let at = self.push(inst, Some(i), Some(j));
        self.old.insert(i, at);
        self.new.insert(j, at);
        self.shared.insert(at);
    }

    /// The inputs of a plugin that lives on, whatever drives it before and after.
    fn plugin(&mut self, was: (&Hosted, &[Wire]), now: (&Hosted, &[Wire])) -> Vec<Wire> {
        let (old, new) = (&was.0.joints, &now.0.joints);
        let mut wire = |k: usize, b: Wire| {
            let before = match k.checked_sub(new.audio()) {
                // An input that is new fades in.
                None if k < new.buses() => {
                    Some(was.1[..old.buses()].get(k).copied().unwrap_or(Wire::Const(0.0)))
                }
                // A value is not faded as a sound is.
                None => None,
                Some(k) => {
                    let at = old.driven.iter().position(|d| *d == new.driven[k]);
                    at.map(|at| was.1[old.audio() + at])
                }
            };
            match before {
                Some(a) => self.both(a, b),
                None => Self::wire(&self.new, b),
            }
        };
        now.1.iter().enumerate().map(|(k, b)| wire(k, *b)).collect()
    }

    /// Fades what an instance hears, but for what has been faded further up.
    fn soften(&mut self, ins: Vec<Wire>, soft: bool, shape: Shape) -> Vec<Wire> {
        let soften = |w: Wire| {
            let faded = if shape == Shape::In { &self.swelling } else { &self.ringing };
            let raw = !Self::is_in(faded, w) && self.net.rate(w) == Rate::Audio;
            if soft && raw { self.fade(shape, &[w]) } else { w }
        };
        ins.into_iter().map(soften).collect()
    }

    /// Notes whether an instance hears one that both nets have.
    fn mark(&mut self, at: u32) {
        let ins = &self.net.insts[at as usize].ins;
        if ins.iter().any(|w| Self::is_in(&self.shared, *w)) {
            self.shared.insert(at);
        }
    }

    /// What stands for the wire `a` of the old net and `b` of the new one.
    pub fn both(&mut self, a: Wire, b: Wire) -> Wire {
        let constants = matches!((a, b), (Wire::Const(_), Wire::Const(_)));
        let (a, b) = (Self::wire(&self.old, a), Self::wire(&self.new, b));
        if a == b || constants {
            return b;
        }
        self.differs = true;
        let (rings, swells) = (Self::is_in(&self.ringing, a), Self::is_in(&self.swelling, b));
        if rings || swells {
            let old = if rings { a } else { self.fade(Shape::Out, &[a]) };
            let new = if swells { b } else { self.fade(Shape::In, &[b]) };
            return self.helper(What::Sum, &[old, new]);
        }
        let alike = Self::is_in(&self.shared, a) && Self::is_in(&self.shared, b);
        self.fade(if alike { Shape::Cross } else { Shape::Power }, &[a, b])
    }

    pub fn fade(&mut self, shape: Shape, ins: &[Wire]) -> Wire {
        self.helper(What::Fade(shape, self.frames, self.start.clone()), ins)
    }

    fn helper(&mut self, what: What, ins: &[Wire]) -> Wire {
        let rate = ins.iter().map(|w| self.net.rate(*w)).max().unwrap_or(Rate::Audio);
        let latency = ins.iter().map(|w| self.net.latency(*w)).max().unwrap_or(0);
        let path = format!("~{}{}", what.name(), self.net.insts.len());
        let inst = Inst {
            rate: rate.max(Rate::Control),
            latency,
            ins: ins.to_vec(),
            path,
            ..Inst::helper(what)
        };
        let inst = self.push(inst, None, None);
        Wire::Out { inst, port: 0 }
    }
}

/// What a processor whose state will be moved in consists of.
fn ghost(seat: &Seat) -> Option<Inside> {
    match seat {
        Seat::Processor { inside, .. } => Some(inside.clone()),
        _ => None,
    }
}

/// Where in another net of the strip the same instance of a plugin stands.
fn same_plugin(inst: &Inst, other: Option<&Layout>) -> Option<usize> {
    let serial = |inst: &Inst| match &inst.what {
        What::Plugin(hosted) => Some(hosted.guest.serial()),
        _ => None,
    };
    let own = serial(inst)?;
    other?.strip.net.insts.iter().position(|inst| serial(inst) == Some(own))
}
