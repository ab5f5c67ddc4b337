//! Alike nets become one lane program: constants go to lanes, wires to coloured buffers.

use super::flatten::mix64;
use super::net::{Inst, Net, What, Wire};
use crate::dsp::F8;
use crate::dsp::align::{Align, Sum, UntilStop};
use crate::dsp::fade::Fade;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{Ramp8, Rate, Settings, Source, Unit, UnitCx};
use crate::nodes::Make;
use crate::rt::program::{Op, Program};
use std::collections::BTreeMap;

/// Gives out the smallest free number: the colouring of buffers by the linear scan of Poletto and
/// Sarkar (1999); instances are in order, so their wires live in intervals.
#[derive(Default)]
pub(super) struct Colours {
    free: std::collections::BTreeSet<u16>,
    /// Numbers that were needed at once.
    pub count: u16,
}

impl Colours {
    pub fn take(&mut self) -> u16 {
        if let Some(colour) = self.free.pop_first() {
            return colour;
        }
        self.fresh()
    }

    /// A number that was never given out before.
    pub fn fresh(&mut self) -> u16 {
        self.count += 1;
        self.count - 1
    }

    pub fn give_back(&mut self, colour: u16) {
        self.free.insert(colour);
    }
}

/// A value that comes from outside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outside {
    /// Instance and port in the net.
    pub wire: (u32, u8),
    /// Where the program finds it.
    pub source: Source,
}

/// A program and how it is joined to what is around it.
pub(super) struct Built {
    pub program: Program,
    /// Buffers that its pool needs.
    pub buffers: usize,
    /// What must be loaded before it runs.
    pub loads: Vec<Outside>,
    /// Where the kept wires are after it has run.
    pub kept: BTreeMap<(u32, u8), Source>,
    /// Scalar of each constant input: (instance, input) to scalar.
    pub consts: BTreeMap<(u32, usize), u16>,
}

/// What to build a program from.
pub(super) struct Request<'a> {
    /// Nets of one shape, one a lane (all lanes, if there is one and `splat`).
    pub members: &'a [&'a Net],
    /// All eight lanes are alike (voices).
    pub splat: bool,
    /// Instances that belong to the program, in order.
    pub insts: &'a [u32],
    /// Wires that are read after the program has run.
    pub keep: &'a [(u32, u8)],
    /// Scalars reserved at the head of the table (voice inputs).
    pub reserved: u16,
    /// Sample rate.
    pub rate: f64,
    /// Distinguishes the groups of an instrument or bank.
    pub group: u64,
}

/// Builds one program of at most eight lanes.
pub(super) fn build(request: &Request) -> Built {
    let mut builder = Builder {
        request,
        scalars: vec![Ramp8::default(); request.reserved as usize],
        colours: Colours::default(),
        places: BTreeMap::new(),
        loads: Vec::new(),
        consts: BTreeMap::new(),
        last_use: last_uses(request),
    };
    let ops = request.insts.iter().map(|&i| builder.op(i)).collect();
    let watched = watched(request);
    let kept = request.keep.iter().map(|w| (*w, builder.places[w])).collect();
    Built {
        program: Program { ops, scalars: builder.scalars, lanes: u8::MAX, watched },
        buffers: builder.colours.count as usize,
        loads: builder.loads,
        kept,
        consts: builder.consts,
    }
}

/// The operations that are functions of the script.
fn watched(request: &Request) -> Vec<u16> {
    let insts = request.insts.iter().map(|&i| &request.members[0].insts[i as usize]);
    let function = |inst: &Inst| inst.settings.as_ref().is_some_and(|s| s.extra().is_some());
    (0..).zip(insts).filter(|(_, inst)| function(inst)).map(|(op, _)| op).collect()
}

/// The last instance that reads each wire; wires that are kept, or come from outside, live to the end.
fn last_uses(request: &Request) -> BTreeMap<(u32, u8), u32> {
    let net = request.members[0];
    let mut uses = BTreeMap::new();
    for &i in request.insts {
        for wire in &net.insts[i as usize].ins {
            if let Wire::Out { inst, port } = wire {
                uses.insert((*inst, *port), i);
            }
        }
    }
    for wire in request.keep {
        uses.insert(*wire, u32::MAX);
    }
    uses
}

struct Builder<'a> {
    request: &'a Request<'a>,
    scalars: Vec<Ramp8>,
    colours: Colours,
    places: BTreeMap<(u32, u8), Source>,
    loads: Vec<Outside>,
    consts: BTreeMap<(u32, usize), u16>,
    last_use: BTreeMap<(u32, u8), u32>,
}

impl Builder<'_> {
    fn scalar(&mut self, value: F8) -> u16 {
        self.scalars.push(Ramp8 { from: value, to: value });
        (self.scalars.len() - 1) as u16
    }

    fn op(&mut self, index: u32) -> Op {
        let net = self.request.members[0];
        let inst = &net.insts[index as usize];
        let ins: Vec<Source> = (0..inst.ins.len()).map(|k| self.input(index, k)).collect();
        let rates: Vec<Rate> = inst.ins.iter().map(|w| net.rate(*w)).collect();
        let mut outs = [None, None];
        for (port, out) in outs.iter_mut().enumerate().take(inst.outs as usize) {
            let source = if inst.rate == Rate::Audio {
                Source::Audio(self.colours.take())
            } else {
                Source::Scalar(self.scalar(F8::ZERO))
            };
            *out = Some(source);
            self.places.insert((index, port as u8), source);
        }
        self.release(index, inst);
        let unit = self.unit(index, inst, &rates);
        Op { unit, ins, outs, node: inst.node.0 }
    }

    /// Where input `k` of instance `index` comes from.
    fn input(&mut self, index: u32, k: usize) -> Source {
        let net = self.request.members[0];
        match net.insts[index as usize].ins[k] {
            Wire::Const(_) => {
                let value = self.lanes(|net| match net.insts[index as usize].ins[k] {
                    Wire::Const(x) => x as f32,
                    _ => 0.0,
                });
                let scalar = self.scalar(value);
                self.consts.insert((index, k), scalar);
                Source::Scalar(scalar)
            }
            Wire::Voice(slot) => Source::Scalar(slot),
            Wire::Out { inst, port } => match self.places.get(&(inst, port)) {
                Some(source) => *source,
                None => self.load(net, (inst, port)),
            },
        }
    }

    /// A wire from outside: an audio buffer, or a scalar, that is filled before the program runs.
    fn load(&mut self, net: &Net, wire: (u32, u8)) -> Source {
        // Filled before the first unit runs, so no unit may write there before it is read.
        let source = if net.insts[wire.0 as usize].rate == Rate::Audio {
            Source::Audio(self.colours.fresh())
        } else {
            Source::Scalar(self.scalar(F8::ZERO))
        };
        self.last_use.insert(wire, u32::MAX);
        self.places.insert(wire, source);
        self.loads.push(Outside { wire, source });
        source
    }

    /// Gives back the buffers whose last reader `index` was, and outputs that nobody reads.
    fn release(&mut self, index: u32, inst: &Inst) {
        let mut done: Vec<(u32, u8)> = inst
            .ins
            .iter()
            .filter_map(|w| match w {
                Wire::Out { inst, port } => Some((*inst, *port)),
                _ => None,
            })
            .filter(|w| self.last_use.get(w) == Some(&index))
            .collect();
        done.extend((0..inst.outs).map(|p| (index, p)).filter(|w| !self.last_use.contains_key(w)));
        done.sort_unstable();
        done.dedup();
        for wire in done {
            if let Some(Source::Audio(colour)) = self.places.get(&wire) {
                self.colours.give_back(*colour);
            }
        }
    }

    /// A value for each lane.
    fn lanes(&self, value: impl Fn(&Net) -> f32) -> F8 {
        let members = self.request.members;
        let last = members.len() - 1;
        F8(core::array::from_fn(|lane| value(members[lane.min(last)])))
    }

    fn unit(&self, index: u32, inst: &Inst, rates: &[Rate]) -> Box<dyn Unit> {
        match &inst.what {
            What::Sum => Box::new(Sum { rate: inst.rate }),
            What::UntilStop => Box::new(UntilStop),
            What::Fade(shape, frames, start) => Box::new(Fade {
                shape: *shape,
                rate: inst.rate,
                start: start.clone(),
                frames: *frames,
            }),
            What::Align(frames) => Box::new(Align::new(*frames)),
            What::Math(kind) => match kind.make {
                Make::Math(_, make) => make(inst.rate),
                _ => unreachable!("What::Math is made of Make::Math only"),
            },
            What::Unit(kind) => {
                let made = inst.settings.as_ref().and_then(|settings| {
                    let seeds = core::array::from_fn(|lane| self.seed(index, lane));
                    let lanes = if self.request.splat { LANES } else { self.request.members.len() };
                    let rate = self.request.rate;
                    kind.make.unit(&UnitCx { rate, ins: rates, settings, seeds, lanes })
                });
                made.unwrap_or_else(|| unreachable!("its kind makes units, with settings"))
            }
            _ => unreachable!("only light instances are put into programs"),
        }
    }

    fn seed(&self, index: u32, lane: usize) -> u64 {
        let members = self.request.members;
        let own = members[lane.min(members.len() - 1)].insts[index as usize].seed;
        if !self.request.splat {
            return own;
        }
        mix64(own ^ (self.request.group * LANES as u64 + lane as u64 + 1))
    }
}
