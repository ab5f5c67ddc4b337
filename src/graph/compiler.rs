//! The last pass over a session: jobs by level, ports, feedback lines.

use super::build::{Site, StripNet, job, part, parts, port_ref};
use super::layout::{Layout, Placement};
use super::net::{Export, What};
use super::order::{self, Order};
use super::{CHUNK, Compiled, MEMBERS, Plan, StripRef, TaskRef, timeline};
use crate::diag::Diagnostic;
use crate::nodes::table::Assets;
use crate::rt::block::Buffer;
use crate::rt::clock_out::Clocks;
use crate::rt::job::{From, Level, PortRef};
use crate::rt::schedule::FeedbackLine;
use crate::rt::slots::Slots;
use crate::rt::{Job, Schedule};
use crate::session::Session;
use std::collections::BTreeMap;

/// Builds the jobs of a session, level by level.
pub(super) struct Compiler<'a> {
    session: &'a Session,
    rate: f64,
    assets: &'a dyn Assets,
    order: &'a Order,
    /// Nets by strip; taken as they are built. Strips that nothing hears have none.
    nets: Vec<Option<StripNet>>,
    ports: BTreeMap<(usize, Export), (u16, u16, u16)>,
    late: Vec<(usize, Export, u16)>,
    jobs: Vec<Vec<Job>>,
    strips: BTreeMap<usize, StripRef>,
    plan: Plan,
    layouts: Vec<Layout>,
    /// Strips of one shape that share a job, at most.
    pub alike: usize,
    pub diags: Vec<Diagnostic>,
}

impl<'a> Compiler<'a> {
    pub fn new(
        session: &'a Session,
        rate: f64,
        assets: &'a dyn Assets,
        order: &'a Order,
        nets: Vec<Option<StripNet>>,
    ) -> Compiler<'a> {
        Compiler {
            session,
            rate,
            assets,
            order,
            nets,
            ports: BTreeMap::new(),
            late: Vec::new(),
            jobs: Vec::new(),
            strips: BTreeMap::new(),
            plan: Plan { title: session.title.clone(), ..Plan::default() },
            layouts: Vec::new(),
            alike: MEMBERS,
            diags: Vec::new(),
        }
    }

    /// Builds the jobs of one level.
    pub fn level(&mut self, level: usize) {
        self.jobs.push(Vec::new());
        for bundle in self.bundles(level) {
            let mut members: Vec<StripNet> =
                bundle.iter().filter_map(|&s| self.nets[s].take()).collect();
            if self.alike > 1 {
                members.iter_mut().for_each(|member| self.parts(level, member));
            }
            self.job(level, &bundle, members);
        }
    }

    /// Gives the parts of large banks jobs of their own, before the job of their strip. Not where strips
    /// are kept apart: an edit finds the state of a bank in its strip.
    fn parts(&mut self, level: usize, member: &mut StripNet) {
        for inst in &mut member.net.insts {
            let What::Bank(terms) = &inst.what else { continue };
            if parts(terms).count() < 2 {
                continue;
            }
            let mut jobs = Vec::new();
            let mut count = 0;
            for terms_of_part in parts(terms) {
                let range = (count + 1, count + terms_of_part.len());
                count = range.1;
                let name = format!("{}: {} {}-{}", member.name, inst.path, range.0, range.1);
                let job = part(name.clone(), inst, &terms[0], terms_of_part, self.rate);
                jobs.push((level as u16, self.jobs[level].len() as u16));
                self.plan.part(level, name, &terms_of_part[0]);
                self.jobs[level].push(job);
            }
            inst.what = What::Parts(jobs);
        }
    }

    /// Strips of a level that share a job: alike tracks that read no other strip, up to eight.
    fn bundles(&self, level: usize) -> Vec<Vec<usize>> {
        let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
        let mut bundles: Vec<Vec<usize>> = Vec::new();
        for &strip in &self.order.levels[level] {
            let Some(net) = &self.nets[strip] else { continue };
            let imports = net.net.insts.iter().any(|i| matches!(i.what, What::Import(_)));
            let exports: Vec<Export> = net.exports.iter().map(|e| e.0).collect();
            let shape = format!("{exports:?} {}", net.net.shape());
            let open = shapes.get(&shape).copied().filter(|&i| bundles[i].len() < self.alike);
            match open {
                Some(i) if !imports => bundles[i].push(strip),
                _ => {
                    shapes.insert(shape, bundles.len());
                    bundles.push(vec![strip]);
                }
            }
        }
        bundles
    }

    fn job(&mut self, level: usize, bundle: &[usize], members: Vec<StripNet>) {
        let index = self.jobs[level].len();
        let (ports, late) = (&self.ports, &mut self.late);
        let mut find = |strip: usize, export: Export, channel: u16, is_late: bool| {
            if is_late {
                let line = (strip, export, channel);
                let at = late.iter().position(|l| *l == line).unwrap_or_else(|| {
                    late.push(line);
                    late.len() - 1
                });
                return From::Feedback(at as u16);
            }
            let (level, job, first) = ports[&(strip, export)];
            From::Port(PortRef { level, job, port: first + channel })
        };
        let mut site =
            Site { session: self.session, rate: self.rate, assets: self.assets, port: &mut find };
        let mut built = match job(&members, &mut site) {
            Ok(built) => built,
            Err(diags) => {
                self.diags.extend(diags);
                return;
            }
        };
        let mut first = 0;
        for (m, &strip) in bundle.iter().enumerate() {
            let net = &members[m];
            let mut post = 0;
            for (export, _) in &net.exports {
                if *export == Export::Post {
                    post = first;
                }
                self.ports.insert((strip, *export), (level as u16, index as u16, first as u16));
                first += 2;
            }
            let player = self.order.strips[strip].source.and_then(|source| {
                let played = net.net.played.unwrap_or(source);
                let is = |i: &u32| net.net.insts[*i as usize].node == played;
                let task = *built.players[m].iter().find(|(i, _)| is(i))?.1;
                Some(TaskRef { level: level as u16, job: index as u16, task })
            });
            let left = |channel| port_ref(level, index, post, channel);
            let latency = net.exports[0].1.iter().map(|w| net.net.latency(*w)).max().unwrap_or(0);
            self.strips.insert(
                strip,
                StripRef {
                    name: net.name.clone(),
                    post: [left(0), left(1)],
                    level: Level::new(1.0, 1.0),
                    latency,
                    player,
                    at: (level as u16, index as u16),
                    params: built.params[m].clone(),
                },
            );
        }
        self.plan.add(level, &members, built.buffers);
        for (strip, seats) in members.into_iter().zip(built.seats.drain(..)) {
            self.layouts.push(Layout { strip, level: level as u16, job: index as u16, seats });
        }
        self.jobs[level].push(built.job);
    }

    pub fn finish(self, warnings: Vec<Diagnostic>) -> Compiled {
        let feedback: Vec<FeedbackLine> = self
            .late
            .iter()
            .filter_map(|(strip, export, channel)| {
                let (level, job, first) = *self.ports.get(&(*strip, *export))?;
                Some(FeedbackLine { from: PortRef { level, job, port: first + channel } })
            })
            .collect();
        let chunk = if feedback.is_empty() { CHUNK } else { 1 };
        let master = &self.strips[&self.order.names[order::MASTER]];
        let mut plan = self.plan;
        plan.latency = master.latency;
        plan.loops = self.order.late.iter().map(|&(a, b)| self.order.loop_names(a, b)).collect();
        let schedule = Schedule {
            master: master.post,
            latency: master.latency,
            kept: vec![Buffer::SILENCE; feedback.len()],
            feedback,
            chunk,
            routes: Vec::new(),
            maps: Vec::new(),
            clocks: Clocks::default(),
            taps: Vec::new(),
            timeline: timeline(self.session, self.rate),
            slots: Slots::new(self.jobs, chunk),
        };
        let mut strips = self.strips;
        for (index, level) in levels(&self.layouts) {
            if let Some(strip) = strips.get_mut(&index) {
                strip.level = level;
            }
        }
        let strips: Vec<StripRef> = strips.into_values().collect();
        let late = self.late.iter().map(|(strip, export, channel)| {
            (self.order.strips[*strip].name.clone(), *export, *channel)
        });
        let late = late.collect();
        let placement = Placement { layouts: self.layouts, order: self.order.clone(), late };
        Compiled { schedule: Box::new(schedule), strips, plan, warnings, placement }
    }
}

/// Whether anything hears each strip after its fader, and did so before an edit: muted strips are read with a
/// gain of 0.
fn levels(layouts: &[Layout]) -> BTreeMap<usize, Level> {
    let insts = layouts.iter().flat_map(|layout| &layout.strip.net.insts);
    let imports = insts.flat_map(|inst| match &inst.what {
        What::Import(from) => from.as_slice(),
        _ => &[],
    });
    let mut heard: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
    for from in imports.filter(|from| from.export == Export::Post) {
        let (was, is) = heard.entry(from.strip).or_default();
        *was |= from.was.unwrap_or(from.gain) != 0.0;
        *is |= from.gain != 0.0;
    }
    let gain = |heard| if heard { 1.0 } else { 0.0 };
    heard.into_iter().map(|(strip, (was, is))| (strip, Level::new(gain(was), gain(is)))).collect()
}
