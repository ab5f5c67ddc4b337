//! The compiled graph for people: levels, jobs, nodes, latencies; as text, JSON or Graphviz.

use super::build::StripNet;
use super::net::{Inst, Net, What, Wire};
use serde::Serialize;
use std::fmt;

/// One node of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanNode {
    /// Key inside the strip.
    pub path: String,
    /// Kind.
    pub kind: String,
    /// What it reads: paths of nodes, or strips, or numbers.
    pub reads: Vec<String>,
    /// Frames by which its output is late.
    pub latency: usize,
}

/// One job of a plan: a strip, or several alike ones in lanes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanJob {
    /// Level in which it runs.
    pub level: usize,
    /// The strips.
    pub strips: Vec<String>,
    /// Buffers of 64 frames that it needs after colouring.
    pub buffers: usize,
    /// Nodes of the first strip, in the order in which they run.
    pub nodes: Vec<PlanNode>,
}

/// What the compiler decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Title of the piece.
    pub title: Option<String>,
    /// Frames by which the output is late.
    pub latency: usize,
    /// Jobs in the order in which they run.
    pub jobs: Vec<PlanJob>,
    /// Loops: from, to; one block late.
    pub loops: Vec<(String, String)>,
}

impl Plan {
    pub(super) fn add(&mut self, level: usize, members: &[StripNet], buffers: usize) {
        let strips = members.iter().map(|m| m.name.clone()).collect();
        self.jobs.push(PlanJob { level, strips, buffers, nodes: nodes(&members[0].net) });
    }

    /// Adds the job of a part of a bank, whose terms are like `term`.
    pub(super) fn part(&mut self, level: usize, name: String, term: &Net) {
        let buffers = term.outs.len();
        self.jobs.push(PlanJob { level, strips: vec![name], buffers, nodes: nodes(term) });
    }

    /// The plan as a Graphviz digraph, one cluster a job.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph rhapsode {\n  rankdir=LR; node [shape=box];\n");
        for (j, job) in self.jobs.iter().enumerate() {
            dot.push_str(&format!(
                "  subgraph cluster_{j} {{\n    label={:?};\n",
                job.strips.join(", ")
            ));
            for node in &job.nodes {
                dot.push_str(&format!("    \"{j}/{}\" [label={:?}];\n", node.path, node.path));
            }
            dot.push_str("  }\n");
            for node in &job.nodes {
                for read in &node.reads {
                    let from = read.split('[').next().unwrap_or(read);
                    if job.nodes.iter().any(|n| n.path == from) {
                        dot.push_str(&format!("  \"{j}/{from}\" -> \"{j}/{}\";\n", node.path));
                    }
                }
            }
        }
        dot.push_str("}\n");
        dot
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(title) = &self.title {
            writeln!(f, "{title}")?;
        }
        for job in &self.jobs {
            let lanes = if job.strips.len() > 1 { " (in lanes)" } else { "" };
            let strips = job.strips.join(", ");
            writeln!(f, "level {}  {strips}{lanes}: {} buffers", job.level, job.buffers)?;
            for node in &job.nodes {
                let late =
                    if node.latency > 0 { format!("  +{}", node.latency) } else { String::new() };
                writeln!(
                    f,
                    "    {:<16} {:<14} <- {}{late}",
                    node.path,
                    node.kind,
                    node.reads.join(" ")
                )?;
            }
        }
        for (from, to) in &self.loops {
            writeln!(f, "loop: {from} -> {to}, one block late")?;
        }
        writeln!(f, "latency {} frames", self.latency)
    }
}

/// The instances of `net`, and what they read.
fn nodes(net: &Net) -> Vec<PlanNode> {
    let node = |inst: &Inst| {
        let mut reads: Vec<String> = inst
            .ins
            .iter()
            .map(|wire| match wire {
                Wire::Const(x) => format!("{x}"),
                Wire::Out { inst, port } => match net.insts[*inst as usize].outs {
                    1 => net.insts[*inst as usize].path.clone(),
                    _ => format!("{}[{port}]", net.insts[*inst as usize].path),
                },
                Wire::Voice(slot) => format!("voice[{slot}]"),
            })
            .collect();
        if let What::Bank(terms) = &inst.what {
            reads.push(format!("{} alike terms", terms.len()));
        }
        if let What::Parts(parts) = &inst.what {
            reads.push(format!("{} parts", parts.len()));
        }
        if let What::Import(from) = &inst.what {
            reads.extend(from.iter().map(|f| format!("strip {} ({:?})", f.strip, f.export)));
        }
        if let What::Inlet(channels) = &inst.what {
            reads.extend(channels.iter().map(|c| format!("input {}", c + 1)));
        }
        PlanNode {
            path: inst.path.clone(),
            kind: inst.what.name().to_string(),
            reads,
            latency: inst.latency,
        }
    };
    net.insts.iter().map(node).collect()
}
