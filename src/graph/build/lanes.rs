//! The lane program of a stage, and how it is joined to the job's buffers and lines.

use super::processors::{audio_inputs, number_inputs};
use super::*;
use crate::dsp::unit::Settings;
use crate::graph::layout::fixed;

impl<'a> Builder<'a> {
    /// The program of a stage.
    pub(super) fn lanes(&mut self, stage: usize, site: &Site) {
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
        for (op, &index) in (0..).zip(&insts) {
            let scalar = |input| built.consts.get(&(index, input)).copied();
            for (seats, member) in self.seats.iter_mut().zip(self.members) {
                let fixed = fixed(&member.net.insts[index as usize], scalar);
                seats[index as usize] = Seat::Unit { task, op, fixed };
            }
        }
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
    pub(super) fn note_params(&mut self, consts: &BTreeMap<(u32, usize), u16>, task: u16) {
        for (&(index, input), &scalar) in consts {
            for (member, strip) in self.members.iter().enumerate() {
                let inst = &strip.net.insts[index as usize];
                let What::Unit(kind) = inst.what else { continue };
                let wires: Vec<_> = kind.params.iter().filter(|p| p.is_wire()).collect();
                let first = inst.ins.len() - wires.len();
                if let Some(param) = input.checked_sub(first).and_then(|k| wires.get(k)) {
                    let index = scalar * LANES as u16 + member as u16;
                    let path = format!("{}.{}", inst.name, param.name);
                    // A knob that stands before a parameter of the strip has its path.
                    let name = inst.settings.as_ref().map_or("", |s| s.text("name"));
                    let before = name
                        .split_once('/')
                        .filter(|_| kind.name == "knob" && param.name == "value");
                    let path = before.map_or(path, |(_, rest)| rest.to_string());
                    self.note_param(member, path, ParamTarget { task, index });
                }
            }
        }
    }

    /// Remembers a target of a parameter of a strip.
    pub(super) fn note_param(&mut self, member: usize, path: String, target: ParamTarget) {
        self.params[member].entry(path).or_default().push(target);
    }

    pub(super) fn loads(
        &mut self,
        outside: &[crate::graph::program::Outside],
    ) -> (Vec<Load>, Vec<LineLoad>) {
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

    pub(super) fn stores(
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
    pub(super) fn as_audio(&self, wire: (u32, u8)) -> bool {
        let net = self.net();
        let is = |w: &Wire| *w == Wire::Out { inst: wire.0, port: wire.1 };
        let exported = self.members[0].exports.iter().any(|(_, wires)| wires.iter().any(is));
        let audio = net.insts[wire.0 as usize].rate == Rate::Audio;
        exported
            || net.insts.iter().any(|inst| match &inst.what {
                What::Processor(..) | What::Plugin(_) => audio_inputs(inst).any(|w| is(&w)),
                _ => audio && inst.what.is_light() && inst.ins.iter().any(is),
            })
    }

    /// Whether a kept wire is read as a line: by a processor's number, or (if it is control) a program.
    pub(super) fn as_line(&self, wire: (u32, u8)) -> bool {
        let net = self.net();
        let is = |w: &Wire| *w == Wire::Out { inst: wire.0, port: wire.1 };
        let audio = net.insts[wire.0 as usize].rate == Rate::Audio;
        net.insts.iter().any(|inst| match &inst.what {
            What::Processor(..) | What::Plugin(_) => number_inputs(inst).any(|w| is(&w)),
            _ => !audio && inst.what.is_light() && inst.ins.iter().any(is),
        })
    }
}
