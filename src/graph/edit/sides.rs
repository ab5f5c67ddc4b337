//! Which instances of two nets of a strip are the same, and an order in which both nets can run as one.

use crate::graph::layout::{Layout, Seat, signature};
use crate::graph::net::Wire;
use std::collections::{BTreeMap, BTreeSet};

/// Instances of a strip that run in it.
pub(in crate::graph) fn runs(layout: &Layout) -> impl Iterator<Item = usize> + '_ {
    (0..layout.seats.len()).filter(|&i| !matches!(layout.seats[i], Seat::Outside))
}

/// The instances of a strip that run in it, and what they are.
pub(in crate::graph) struct Side<'a> {
    layout: &'a Layout,
    insts: Vec<usize>,
    signatures: Vec<String>,
}

impl<'a> Side<'a> {
    pub fn new(layout: &'a Layout, stale: &dyn Fn(&str) -> bool) -> Side<'a> {
        let net = &layout.strip.net;
        let insts: Vec<usize> = runs(layout).collect();
        let sign = |&i: &usize| {
            let inst = &net.insts[i];
            let mut text = signature(net, inst, &layout.seats[i]);
            if inst.settings.as_ref().is_some_and(|s| s.texts().any(stale)) {
                text.push_str(" stale");
            }
            text
        };
        let signatures = insts.iter().map(sign).collect();
        Side { layout, insts, signatures }
    }

    fn path(&self, i: usize) -> &str {
        &self.layout.strip.net.insts[self.insts[i]].path
    }

    /// How alike instance `i` of this side and `j` of the other are; 0 if they must not be matched.
    fn likeness(&self, other: &Side, i: usize, j: usize) -> u32 {
        if self.signatures[i] != other.signatures[j] {
            return 0;
        }
        let (x, y) = (self.insts[i], other.insts[j]);
        let (x, y) = (&self.layout.strip.net.insts[x], &other.layout.strip.net.insts[y]);
        match (x.keyed, y.keyed) {
            (true, true) if x.path == y.path => 1,
            (false, false) => {
                let values = x.ins.iter().zip(&y.ins).filter(|(a, b)| a == b).count();
                // Kind first; then the same place in its row, then the same inputs.
                100 + 10 * u32::from(x.path == y.path) + values.min(9) as u32
            }
            _ => 0,
        }
    }
}

/// A step of two nets that run as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::graph) enum Step {
    /// An instance that only the old net has.
    Leave(usize),
    /// An instance that only the new net has.
    Enter(usize),
    /// The same instance in the old net and in the new one.
    Stay(usize, usize),
}

/// The instances that both sides have, by their indices in their nets. First those with the same key, wherever they
/// stand; then, of the others, those that are the most alike in all, in the same order on both sides. Where two that
/// have a key changed places in one chain, both nets cannot run as one: the later one begins anew.
pub(in crate::graph) fn common(a: &Side, b: &Side) -> Vec<(usize, usize)> {
    let keyed = |side: &Side, i: usize| side.layout.strip.net.insts[side.insts[i]].keyed;
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for i in (0..a.insts.len()).filter(|&i| keyed(a, i)) {
        let free = |j: &usize| keyed(b, *j) && !pairs.iter().any(|p| p.1 == *j);
        if let Some(j) = (0..b.insts.len()).filter(free).find(|&j| a.likeness(b, i, j) > 0) {
            pairs.push((i, j));
        }
    }
    let others = |side: &Side| -> Vec<usize> {
        (0..side.insts.len()).filter(|&i| !keyed(side, i)).collect()
    };
    pairs.extend(alike(a, b, &others(a), &others(b)));
    pairs.sort_unstable();
    let mut found: Vec<(usize, usize)> =
        pairs.iter().map(|&(i, j)| (a.insts[i], b.insts[j])).collect();
    // What stands in the same order on both sides reads what stands before it: there is no circle.
    if !found.is_sorted_by_key(|p| p.1) {
        while let Err(circle) = steps(Some(a.layout), Some(b.layout), &found) {
            let plain = |p: &&(usize, usize)| !a.layout.strip.net.insts[p.0].keyed;
            let last = circle.iter().filter(plain).max().or(circle.iter().max()).copied();
            found.retain(|p| Some(*p) != last);
        }
    }
    found
}

/// All instances of two nets of which `pairs` are the same, each behind what it reads in either.
///
/// # Errors
/// Pairs that read one another in a circle.
pub(in crate::graph) fn steps(
    was: Option<&Layout>,
    now: Option<&Layout>,
    pairs: &[(usize, usize)],
) -> Result<Vec<Step>, Vec<(usize, usize)>> {
    let (by_old, by_new): (BTreeMap<usize, usize>, BTreeMap<usize, usize>) =
        (pairs.iter().copied().collect(), pairs.iter().map(|&(i, j)| (j, i)).collect());
    let old = |i: usize| by_old.get(&i).map_or(Step::Leave(i), |&j| Step::Stay(i, j));
    let new = |j: usize| by_new.get(&j).map_or(Step::Enter(j), |&i| Step::Stay(i, j));
    let reads = |layout: Option<&Layout>, i: usize| -> Vec<usize> {
        let Some(layout) = layout else { return Vec::new() };
        let inst = |wire: &Wire| {
            if let Wire::Out { inst, .. } = wire { Some(*inst as usize) } else { None }
        };
        let runs = |i: &usize| !matches!(layout.seats[*i], Seat::Outside);
        layout.strip.net.insts[i].ins.iter().filter_map(inst).filter(runs).collect()
    };
    let before = |step: Step| -> Vec<Step> {
        let (i, j) = match step {
            Step::Leave(i) => (Some(i), None),
            Step::Enter(j) => (None, Some(j)),
            Step::Stay(i, j) => (Some(i), Some(j)),
        };
        let olds = i.into_iter().flat_map(|i| reads(was, i)).map(old);
        olds.chain(j.into_iter().flat_map(|j| reads(now, j)).map(new)).collect()
    };
    let all = |layout: Option<&Layout>| layout.map_or(Vec::new(), |l| runs(l).collect());
    let starts = all(was).into_iter().map(old).chain(all(now).into_iter().map(new));
    let (mut order, mut done) = (Vec::new(), BTreeSet::new());
    // A walk in depth: the way to where it is, with what is still to be looked at of each step.
    for start in starts {
        let mut way: Vec<(Step, Vec<Step>)> = vec![(start, before(start))];
        while let Some((step, open)) = way.last_mut() {
            let step = *step;
            if done.contains(&step) {
                way.pop();
            } else if let Some(next) = open.pop() {
                if let Some(from) = way.iter().position(|w| w.0 == next) {
                    let pair = |w: &(Step, _)| {
                        if let Step::Stay(i, j) = w.0 { Some((i, j)) } else { None }
                    };
                    return Err(way[from..].iter().filter_map(pair).collect());
                }
                way.push((next, before(next)));
            } else {
                done.insert(step);
                order.push(step);
                way.pop();
            }
        }
    }
    Ok(order)
}

/// Pairs of what is in `xs` of one side and in `ys` of the other, rising in both, that are the most alike in all.
fn alike(a: &Side, b: &Side, xs: &[usize], ys: &[usize]) -> Vec<(usize, usize)> {
    let (n, m) = (xs.len(), ys.len());
    let likeness = |i: usize, j: usize| a.likeness(b, xs[i], ys[j]);
    // What is the same at both ends needs no search: edits are mostly small.
    let same = |i: usize, j: usize| likeness(i, j) > 0 && a.path(xs[i]) == b.path(ys[j]);
    let head = (0..n.min(m)).take_while(|&k| same(k, k)).count();
    let rest = n.min(m) - head;
    let tail = (0..rest).take_while(|&k| same(n - 1 - k, m - 1 - k)).count();
    let (rows, columns) = (n - head - tail, m - head - tail);
    let mut best = vec![vec![0u32; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            let skip = best[i + 1][j].max(best[i][j + 1]);
            let likeness = likeness(head + i, head + j);
            let both = if likeness > 0 { best[i + 1][j + 1] + likeness } else { 0 };
            best[i][j] = skip.max(both);
        }
    }
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|k| (xs[k], ys[k])).collect();
    let (mut i, mut j) = (0, 0);
    while i < rows && j < columns {
        let likeness = likeness(head + i, head + j);
        if likeness > 0 && best[i][j] == best[i + 1][j + 1] + likeness {
            pairs.push((xs[head + i], ys[head + j]));
            (i, j) = (i + 1, j + 1);
        } else if best[i + 1][j] >= best[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs.extend((0..tail).rev().map(|k| (xs[n - 1 - k], ys[m - 1 - k])));
    pairs
}
