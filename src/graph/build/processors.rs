//! The processors of a stage as tasks.

use super::bank::{bank, parts};
use super::*;

impl<'a> Builder<'a> {
    pub(super) fn processors(&mut self, stage: usize, site: &mut Site) {
        for index in self.of_stage(stage) {
            for member in 0..self.members.len() {
                let strip = &self.members[member];
                let inst = &strip.net.insts[index as usize];
                if inst.what.is_light() || inst.what.is_gathered() {
                    continue;
                }
                match self.processor(strip, inst, site) {
                    Ok((processor, inside)) => {
                        self.process_task(member, index, processor, inside);
                    }
                    Err(diags) => self.diags.extend(diags),
                }
            }
        }
    }

    pub(super) fn processor(
        &self,
        strip: &StripNet,
        inst: &Inst,
        site: &Site,
    ) -> Result<(Box<dyn Processor>, Inside), Vec<Diagnostic>> {
        if let What::Plugin(hosted) = &inst.what {
            // It takes the instance over from where that plays, or from where it waits.
            let processor = hosted.guest.processor(&hosted.joints);
            return Ok((processor, Inside::default()));
        }
        if let Some(inside) = &inst.ghost {
            let sends = matches!(inst.what, What::Processor(kind, _) if kind.name == "midi_out");
            return Ok((Box::new(Vacant { sends }), inside.clone()));
        }
        let outs = inst.outs as usize;
        let voices = |index| voices(site.session, index, site.rate, site.assets, &strip.name, outs);
        match &inst.what {
            What::Instrument(index) => {
                let built = voices(*index)?;
                Ok((Box::new(built.voices), built.inside))
            }
            What::Kit(sounds, chokes) => {
                let sounds = sounds.iter().map(|&i| voices(i)).collect::<Result<Vec<_>, _>>()?;
                let mut inside = Inside { shape: format!("{chokes:?}"), ..Inside::default() };
                for (part, sound) in (0..).zip(&sounds) {
                    inside.shape.push_str(&sound.inside.shape);
                    inside.code.extend(&sound.inside.code);
                    let own = sound.inside.constants.iter();
                    inside.constants.extend(own.map(|tune| Tune { part, ..*tune }));
                }
                let sounds = sounds.into_iter().map(|s| (s.voices, s.channels)).collect();
                Ok((Box::new(Kit::new(sounds, chokes.clone())), inside))
            }
            What::Bank(terms) => {
                let (bank, inside) = bank(&terms[0], parts(terms), site.rate);
                Ok((Box::new(bank), inside))
            }
            What::Processor(kind, channels) => {
                let (channels, seed) = (*channels, inst.seed);
                let made = inst.settings.as_ref().and_then(|settings| {
                    let (rate, assets) = (site.rate, site.assets);
                    kind.make.processor(&ProcCx { rate, channels, settings, seed, assets })
                });
                made.unwrap_or_else(|| unreachable!("its kind makes processors, with settings"))
                    .map(|processor| (processor, Inside::default()))
                    .map_err(|message| vec![Diagnostic::error(message, inst.place.clone())])
            }
            _ => unreachable!("light instances are built into programs"),
        }
    }

    pub(super) fn process_task(
        &mut self,
        member: usize,
        index: u32,
        processor: Box<dyn Processor>,
        inside: Inside,
    ) {
        let inst = &self.members[member].net.insts[index as usize];
        let (audio, numbers): (Vec<Wire>, Vec<Wire>) =
            (audio_inputs(inst).collect(), number_inputs(inst).collect());
        let ins = audio.into_iter().map(|w| self.audio_wire(member, w)).collect();
        let params: Vec<u16> = numbers.iter().map(|w| self.number_wire(member, *w)).collect();
        let fixed = (0..).zip(numbers.iter().zip(&params)).filter_map(|(k, (wire, &index))| {
            let Wire::Const(value) = *wire else { return None };
            Some(Fixed { input: number_of(inst, k), value, index })
        });
        let fixed = fixed.collect();
        let outs = (0..inst.outs).map(|port| self.buffer((member, index, port))).collect();
        let task = self.tasks.len() as u16;
        self.players[member].insert(index, task);
        self.seats[member][index as usize] = Seat::Processor { task, fixed, inside };
        if let What::Processor(kind, _) = inst.what {
            let names = kind.params.iter().filter(|p| p.kind == ParamKind::Number);
            for (k, param) in names.enumerate() {
                let target = ParamTarget { task, index: k as u16 };
                self.note_param(member, format!("{}.{}", inst.name, param.name), target);
            }
        }
        if let What::Plugin(hosted) = &inst.what {
            for (k, name) in (0..).zip(hosted.names()) {
                let target = ParamTarget { task, index: k };
                self.note_param(member, format!("{}.{name}", inst.name), target);
            }
        }
        let task = ProcessTask::new(processor, ins, outs, params, inst.node.0);
        self.tasks.push(Task::Process(Box::new(task)));
    }

    /// The buffer of an audio input; silence has one of its own.
    pub(super) fn audio_wire(&mut self, member: usize, wire: Wire) -> u16 {
        match wire {
            Wire::Out { inst, port } => self.buffer((member, inst, port)),
            // A constant other than 0 has been made audio before it came here.
            _ => match self.buffers.get(&(member, u32::MAX, 0)) {
                Some(id) => *id,
                None => {
                    // Never written to, so it must not be one that an earlier task has used.
                    let id = self.colours.fresh();
                    self.buffers.insert((member, u32::MAX, 0), id);
                    id
                }
            },
        }
    }

    pub(super) fn number_wire(&mut self, member: usize, wire: Wire) -> u16 {
        match wire {
            Wire::Const(x) => self.line(x as f32),
            Wire::Out { inst, port } => match self.lines.get(&(member, inst, port)) {
                Some(line) => *line,
                None => self.line(0.0),
            },
            Wire::Voice(_) => self.line(0.0),
        }
    }
}

/// The audio inputs of a processor: its own, then side-chains.
pub(super) fn audio_inputs(inst: &Inst) -> impl Iterator<Item = Wire> + '_ {
    inputs(inst, true)
}

/// The numeric parameters of a processor, in table order.
pub(super) fn number_inputs(inst: &Inst) -> impl Iterator<Item = Wire> + '_ {
    inputs(inst, false)
}

/// What tells the number `k` of a processor from its others, before an edit and after.
fn number_of(inst: &Inst, k: u16) -> u16 {
    match &inst.what {
        What::Plugin(hosted) => hosted.joints.driven[usize::from(k)].parameter as u16,
        _ => k,
    }
}

fn inputs(inst: &Inst, audio: bool) -> impl Iterator<Item = Wire> + '_ {
    let (channels, kinds): (usize, Vec<ParamKind>) = match &inst.what {
        What::Processor(kind, channels) => {
            (*channels, kind.params.iter().filter(|p| p.is_wire()).map(|p| p.kind).collect())
        }
        What::Plugin(hosted) => (hosted.joints.audio(), Vec::new()),
        _ => (0, Vec::new()),
    };
    inst.ins.iter().enumerate().filter_map(move |(i, wire)| {
        let is_audio = i < channels || kinds.get(i - channels) == Some(&ParamKind::Audio);
        (is_audio == audio).then_some(*wire)
    })
}
