//! Between the music before an edit and the music after it: a graph that plays both for a moment.
//!
//! Each strip's old and new net become one. What both have runs once; where it hears something else than
//! before, it hears a crossfade. What is removed and rings (a reverb, an echo) gets its inputs faded out
//! and is heard to its end; what does not ring is faded out itself. When the fades are over, the new
//! graph takes the states over, which changes no bit any more.

use super::edit::{Edit, Side, common, count, runs};
use super::layout::{Inside, Layout, Placement, Seat};
use super::net::{Export, ImportFrom, Inst, Net, What, Wire};
use super::order::{Order, levels};
use super::{Compiled, Compiler, StripNet};
use crate::diag::Diagnostic;
use crate::dsp::fade::Shape;
use crate::dsp::unit::Rate;
use crate::nodes::table::Assets;
use crate::session::{NodeId, Session};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Longest time that something removed may ring, in seconds.
const RING: f64 = 10.0;

/// A graph for the time between, with what leads to it and from it.
pub struct Transition {
    /// Plays both.
    pub compiled: Compiled,
    /// From the old graph to this one.
    pub into: Edit,
    /// From this one to the new graph.
    pub out: Edit,
    /// Set to the frame at which the fades begin, before this is sent.
    pub start: Arc<AtomicU64>,
    /// Frames after which the new graph can take over.
    pub frames: u64,
}

/// What stands where in a merged net: instance of the old net, of the new one.
type Origins = Vec<(Option<usize>, Option<usize>)>;

/// Compiles the transition from `old` to `new`, the placement of `session`. `None` where nothing but
/// values changes, or where it would close a loop that neither has. Control thread.
///
/// # Errors
/// What a node says that cannot be built.
pub fn transition(
    session: &Session,
    rate: f64,
    assets: &dyn Assets,
    (old, new): (&Placement, &Placement),
    seconds: f64,
    stale: &dyn Fn(&str) -> bool,
) -> Result<Option<Transition>, Vec<Diagnostic>> {
    let frames = (seconds * rate).round().max(1.0) as u32;
    let start = Arc::new(AtomicU64::new(u64::MAX));
    let names: Vec<String> = new.order.strips.iter().map(|s| s.name.clone()).collect();
    let mut order = new.order.clone();
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    for (i, name) in names.iter().enumerate() {
        place.insert(name.clone(), i);
    }
    for strip in &old.order.strips {
        if !place.contains_key(&strip.name) {
            place.insert(strip.name.clone(), order.strips.len());
            order.names.insert(strip.name.clone(), order.strips.len());
            order.strips.push(super::order::Strip { source: None, ..strip.clone() });
        }
    }
    let index: Vec<usize> = old.order.strips.iter().map(|s| place[&s.name]).collect();
    let living = new.layouts.iter().map(|l| place[&l.strip.name]).collect();
    let mut nets: Vec<Option<StripNet>> = order.strips.iter().map(|_| None).collect();
    let mut origins: BTreeMap<usize, Origins> = BTreeMap::new();
    let (mut differs, mut rings) = (false, 0);
    for (name, &at) in &place {
        let find = |p: &'_ Placement| p.layouts.iter().position(|l| l.strip.name == *name);
        let was = find(old).map(|i| &old.layouts[i]);
        let now = find(new).map(|i| &new.layouts[i]);
        if was.is_none() && now.is_none() {
            continue;
        }
        let mut merger = Merger::new(was, now, (&index, &living), (&start, frames), stale);
        let exports = merger.merge();
        differs |= merger.differs;
        rings = rings.max(merger.rings);
        nets[at] = Some(StripNet { name: name.clone(), net: merger.net, exports });
        origins.insert(at, merger.origins);
    }
    if !differs || !reorder(&mut order, &nets, (&old.order, &index), &new.order) {
        return Ok(None);
    }
    let mut compiler = Compiler::new(session, rate, assets, &order, nets);
    compiler.alike = 1;
    for level in 0..order.levels.len() {
        compiler.level(level);
    }
    if !compiler.diags.is_empty() {
        return Err(compiler.diags);
    }
    let compiled = compiler.finish(Vec::new());
    let between = &compiled.placement;
    let pairs = |at: usize, old: bool| -> Vec<(usize, usize)> {
        let own = origins[&at].iter().enumerate();
        own.filter_map(|(m, (a, b))| if old { a.map(|a| (a, m)) } else { b.map(|b| (m, b)) })
            .collect()
    };
    let into = count(old, between, |was, _| pairs(place[&was.strip.name], true));
    let out = count(between, new, |_, now| pairs(place[&now.strip.name], false));
    let ring = rings.min((RING * rate) as usize) as u64;
    Ok(Some(Transition { compiled, into, out, start, frames: u64::from(frames) + ring + 64 }))
}

/// Orders the strips by what the merged nets read; false if that closes a loop that is not closed already.
fn reorder(
    order: &mut Order,
    nets: &[Option<StripNet>],
    (old, index): (&Order, &[usize]),
    new: &Order,
) -> bool {
    let imports = |net: &Option<StripNet>| -> Vec<ImportFrom> {
        let insts = net.iter().flat_map(|n| &n.net.insts);
        insts
            .flat_map(|i| if let What::Import(from) = &i.what { from.clone() } else { Vec::new() })
            .collect()
    };
    order.reads = nets.iter().map(|n| imports(n).iter().map(|i| i.strip).collect()).collect();
    let (levels, late) = levels(&order.reads);
    let mut known: BTreeSet<(usize, usize)> = new.late.clone();
    known.extend(old.late.iter().map(|&(a, b)| (index[a], index[b])));
    let told = |reader: usize| {
        let late = &late;
        imports(&nets[reader]).into_iter().all(move |i| i.late == late.contains(&(reader, i.strip)))
    };
    let same = late.is_subset(&known) && (0..nets.len()).all(told);
    (order.levels, order.late) = (levels, late);
    same
}

/// Makes one net of two.
struct Merger<'a> {
    was: Option<&'a Layout>,
    now: Option<&'a Layout>,
    /// Index of an old strip among the merged ones.
    index: &'a [usize],
    /// Strips that the new music has and hears.
    living: &'a BTreeSet<usize>,
    start: &'a Arc<AtomicU64>,
    frames: u32,
    pairs: Vec<(usize, usize)>,
    net: Net,
    origins: Origins,
    /// Instance of the merged net by instance of the old one, and of the new one.
    old: BTreeMap<usize, u32>,
    new: BTreeMap<usize, u32>,
    /// Instances of the merged net whose inputs have been faded out: they ring on.
    ringing: BTreeSet<u32>,
    /// Instances of the merged net whose inputs are being faded in.
    swelling: BTreeSet<u32>,
    /// Instances of the merged net that both nets have, or that hear one.
    shared: BTreeSet<u32>,
    differs: bool,
    rings: usize,
}

impl<'a> Merger<'a> {
    fn new(
        was: Option<&'a Layout>,
        now: Option<&'a Layout>,
        (index, living): (&'a [usize], &'a BTreeSet<usize>),
        (start, frames): (&'a Arc<AtomicU64>, u32),
        stale: &dyn Fn(&str) -> bool,
    ) -> Merger<'a> {
        let pairs = match (was, now) {
            (Some(was), Some(now)) => {
                let (a, b) = (Side::new(was, &|_| false), Side::new(now, stale));
                common(&a, &b).into_iter().map(|(i, j)| (a.insts[i], b.insts[j])).collect()
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
    fn merge(&mut self) -> Vec<(Export, [Wire; 2])> {
        self.imports();
        let all = |layout: Option<&Layout>| layout.map_or(Vec::new(), |l| runs(l).collect());
        let (olds, news) = (all(self.was), all(self.now));
        let (mut a, mut b) = (0, 0);
        let pairs = self.pairs.clone();
        for &(i, j) in pairs.iter().chain([&(usize::MAX, usize::MAX)]) {
            while a < olds.len() && olds[a] < i {
                self.leave(olds[a]);
                a += 1;
            }
            while b < news.len() && news[b] < j {
                self.enter(news[b]);
                b += 1;
            }
            if i != usize::MAX {
                self.stay(i, j);
                (a, b) = (a + 1, b + 1);
            }
        }
        self.exports()
    }

    /// What comes from other strips: the same place of both nets is one, in which levels move.
    fn imports(&mut self) {
        let list = |layout: Option<&'a Layout>| -> Vec<(usize, &'a Inst, &'a Vec<ImportFrom>)> {
            let insts = layout.map_or(&[][..], |l| &l.strip.net.insts).iter().enumerate();
            insts
                .filter_map(|(i, inst)| match &inst.what {
                    What::Import(from) => Some((i, inst, from)),
                    _ => None,
                })
                .collect()
        };
        let (olds, news) = (list(self.was), list(self.now));
        let index = self.index;
        let moved = |from: &ImportFrom| ImportFrom { strip: index[from.strip], ..*from };
        for k in 0..olds.len().max(news.len()) {
            let old: Vec<ImportFrom> =
                olds.get(k).map(|o| o.2.iter().map(moved).collect()).unwrap_or_default();
            let new: Vec<ImportFrom> = news.get(k).map(|n| n.2.clone()).unwrap_or_default();
            let all = self.levels(&old, &new);
            let Some((_, inst, _)) = news.get(k).or(olds.get(k)) else { continue };
            let inst = Inst { what: What::Import(all), ..(*inst).clone() };
            let at = self.push(inst, None, None);
            self.shared.insert(at);
            if let Some(old) = olds.get(k) {
                self.old.insert(old.0, at);
            } else {
                self.swelling.insert(at);
            }
            if let Some(new) = news.get(k) {
                self.new.insert(new.0, at);
            } else {
                self.ringing.insert(at);
            }
        }
    }

    /// Both lists of sources as one, in which each level moves from its old value to its new one.
    fn levels(&mut self, old: &[ImportFrom], new: &[ImportFrom]) -> Vec<ImportFrom> {
        let same = |a: &ImportFrom, b: &ImportFrom| {
            (a.strip, a.export, a.late) == (b.strip, b.export, b.late)
        };
        let was = |n: &ImportFrom| old.iter().find(|o| same(o, n)).map_or(0.0, |o| o.gain);
        let mut all: Vec<ImportFrom> =
            new.iter().map(|n| ImportFrom { was: Some(was(n)), ..*n }).collect();
        for gone in old.iter().filter(|o| !new.iter().any(|n| same(o, n))) {
            // A strip that is removed fades, or rings, by itself.
            let removed = !self.living.contains(&gone.strip);
            let gain = if removed { gone.gain } else { 0.0 };
            all.push(ImportFrom { was: Some(gone.gain), gain, ..*gone });
        }
        self.differs |= all.len() != new.len() || all.iter().any(|i| i.was != Some(i.gain));
        all
    }

    fn push(&mut self, inst: Inst, old: Option<usize>, new: Option<usize>) -> u32 {
        self.net.insts.push(inst);
        self.origins.push((old, new));
        (self.net.insts.len() - 1) as u32
    }

    fn wire(map: &BTreeMap<usize, u32>, wire: Wire) -> Wire {
        match wire {
            Wire::Out { inst, port } => Wire::Out { inst: map[&(inst as usize)], port },
            other => other,
        }
    }

    fn is_in(set: &BTreeSet<u32>, wire: Wire) -> bool {
        matches!(wire, Wire::Out { inst, .. } if set.contains(&inst))
    }

    /// An instance that the new net has not.
    fn leave(&mut self, i: usize) {
        self.differs = true;
        let Some(was) = self.was else { return };
        let mut inst = was.strip.net.insts[i].clone();
        let ins: Vec<Wire> = inst.ins.iter().map(|w| Self::wire(&self.old, *w)).collect();
        let rings = inst.tail > 0 && ins.iter().any(|w| self.net.rate(*w) == Rate::Audio);
        let soft = rings || ins.iter().any(|w| Self::is_in(&self.ringing, *w));
        inst.ins = self.soften(ins, soft, Shape::Out);
        if !inst.path.starts_with('~') {
            inst.path.insert(0, '~');
        }
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
        let at = self.push(inst, None, Some(j));
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
        let before = &was.strip.net.insts[i].ins;
        inst.ins = before.iter().zip(&inst.ins).map(|(a, b)| self.both(*a, *b)).collect();
        inst.ghost = ghost(&now.seats[j]);
        let at = self.push(inst, Some(i), Some(j));
        self.old.insert(i, at);
        self.new.insert(j, at);
        self.shared.insert(at);
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
    fn both(&mut self, a: Wire, b: Wire) -> Wire {
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

    fn fade(&mut self, shape: Shape, ins: &[Wire]) -> Wire {
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

    fn exports(&mut self) -> Vec<(Export, [Wire; 2])> {
        let list =
            |layout: Option<&Layout>| layout.map(|l| l.strip.exports.clone()).unwrap_or_default();
        let (olds, news) = (list(self.was), list(self.now));
        let mut exports = Vec::new();
        for (export, wires) in &news {
            let wires = match olds.iter().find(|o| o.0 == *export) {
                Some((_, before)) => [0, 1].map(|k| self.both(before[k], wires[k])),
                None => wires.map(|w| Self::wire(&self.new, w)),
            };
            exports.push((*export, wires));
        }
        for (export, wires) in olds.iter().filter(|o| !news.iter().any(|n| n.0 == o.0)) {
            let wires = wires.map(|w| {
                let w = Self::wire(&self.old, w);
                let fades = self.now.is_none() && !Self::is_in(&self.ringing, w);
                if fades && matches!(w, Wire::Out { .. }) { self.fade(Shape::Out, &[w]) } else { w }
            });
            exports.push((*export, wires));
        }
        exports
    }
}

/// What a processor whose state will be moved in consists of.
fn ghost(seat: &Seat) -> Option<Inside> {
    match seat {
        Seat::Processor { inside, .. } => Some(inside.clone()),
        _ => None,
    }
}
