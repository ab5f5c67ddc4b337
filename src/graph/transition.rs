//! Between the music before an edit and the music after it: a graph that plays both for a moment.
//!
//! Each strip's old and new net become one. What both have runs once; where it hears something else than
//! before, it hears a crossfade. What is removed and rings (a reverb, an echo) gets its inputs faded out
//! and is heard to its end; what does not ring is faded out itself. When the fades are over, the new
//! graph takes the states over, which changes no bit any more.

mod ends;
mod merge;

use super::edit::{Edit, count};
use super::layout::Placement;
use super::net::{ImportFrom, What};
use super::order::{Order, levels};
use super::{Compiled, Compiler, StripNet};
use crate::diag::Diagnostic;
use crate::dsp::unit::BLOCK;
use crate::nodes::table::Assets;
use crate::rt::job::MOVE;
use crate::session::Session;
use merge::Merger;
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
/// values changes, or where it would close a loop that neither has. `fade` gives the seconds that the
/// fades of a strip take, by its name; without `ring`, what is removed fades out and does not ring. Control
/// thread.
///
/// # Errors
/// What a node says that cannot be built.
pub fn transition(
    session: &Session,
    rate: f64,
    assets: &dyn Assets,
    (old, new): (&Placement, &Placement),
    (fade, ring): (&dyn Fn(&str) -> f64, bool),
    stale: &dyn Fn(&str) -> bool,
) -> Result<Option<Transition>, Vec<Diagnostic>> {
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
    let (mut differs, mut rings, mut longest) = (false, 0, 0);
    for (name, &at) in &place {
        let find = |p: &'_ Placement| p.layouts.iter().position(|l| l.strip.name == *name);
        let was = find(old).map(|i| &old.layouts[i]);
        let now = find(new).map(|i| &new.layouts[i]);
        if was.is_none() && now.is_none() {
            continue;
        }
        let frames = (fade(name) * rate).round().max(1.0) as u32;
        let mut merger = Merger::new(was, now, (&index, &living), (&start, frames), ring, stale);
        let exports = merger.merge();
        if merger.differs {
            (differs, longest) = (true, longest.max(frames));
        }
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
        let mut pairs: Vec<(usize, usize)> = own
            .filter_map(|(m, (a, b))| if old { a.map(|a| (a, m)) } else { b.map(|b| (m, b)) })
            .collect();
        // A plugin that has moved stands in both; it goes to where it stays, which is first in line.
        pairs.sort_by_key(|&(a, m)| (a, old && origins[&at][m].1.is_none()));
        pairs
    };
    let into = count(old, between, |was, _| pairs(place[&was.strip.name], true));
    let out = count(between, new, |_, now| pairs(place[&now.strip.name], false));
    let ring = rings.min((RING * rate) as usize) as u64;
    // Levels move in their own time; the new graph must find them there.
    let longest = u64::from(longest).max((MOVE as u64 + 1) * BLOCK as u64);
    Ok(Some(Transition { compiled, into, out, start, frames: longest + ring + BLOCK as u64 }))
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
