//! Sums whose alike terms share lanes.

use super::*;

impl Flatten<'_> {
    /// A sum in which alike terms share lanes.
    pub(super) fn mix(&mut self, id: NodeId, node: &Node) -> Value {
        let mut values: Vec<Value> = Vec::new();
        let mut rest: Vec<NodeId> = node.inputs.clone();
        if rest.len() >= BANK && matches!(self.leaves, Leaves::Strip { .. }) {
            let (banks, others) = self.banks(&rest);
            rest = others;
            for terms in banks {
                let outs = terms[0].outs.len() as u8;
                let inst = self.push(id, node, What::Bank(terms), Vec::new(), outs, Rate::Audio);
                values.push((0..outs).map(|port| Wire::Out { inst, port }).collect());
            }
        }
        values.extend(rest.iter().map(|&i| self.visit(i)).collect::<Vec<_>>());
        if values.is_empty() {
            return vec![Wire::Const(0.0)];
        }
        self.sum(id, node, values)
    }

    /// Groups the terms that are light, make audio, and have the same shape as at least three others.
    pub(super) fn banks(&mut self, terms: &[NodeId]) -> (Vec<Vec<Net>>, Vec<NodeId>) {
        let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
        let mut groups: Vec<(Vec<Net>, Vec<NodeId>)> = Vec::new();
        let mut others = Vec::new();
        for (i, &term) in terms.iter().enumerate() {
            let name = format!("{}/{i}", self.name);
            let mut flatten =
                Flatten::new(self.session, self.rate, self.assets, self.leaves, &name);
            let outs = flatten.visit(term);
            let audio = outs.iter().all(|w| flatten.net.rate(*w) == Rate::Audio);
            let late = outs.iter().any(|w| flatten.net.latency(*w) > 0);
            flatten.net.outs = outs;
            if !audio || late || !flatten.net.is_light() || !flatten.diags.is_empty() {
                others.push(term);
                continue;
            }
            let next = groups.len();
            let at = *shapes.entry(flatten.net.shape()).or_insert(next);
            if at == next {
                groups.push((Vec::new(), Vec::new()));
            }
            groups[at].0.push(flatten.net);
            groups[at].1.push(term);
        }
        let (banks, few): (Vec<_>, Vec<_>) = groups.into_iter().partition(|g| g.0.len() >= BANK);
        others.extend(few.into_iter().flat_map(|g| g.1));
        others.sort();
        (banks.into_iter().map(|g| g.0).collect(), others)
    }
}
