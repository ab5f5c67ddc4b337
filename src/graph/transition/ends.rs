//! Where a merged net meets others: what comes from other strips, what goes to them.

use super::merge::Merger;
use crate::dsp::fade::Shape;
use crate::graph::layout::Layout;
use crate::graph::net::{Export, ImportFrom, Inst, What, Wire};

impl<'a> Merger<'a> {
    /// What comes from other strips: the same place of both nets is one, in which levels move.
    pub fn imports(&mut self) {
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

    /// What leaves the net.
    pub fn exports(&mut self) -> Vec<(Export, [Wire; 2])> {
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
