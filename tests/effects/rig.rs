//! Runs one kind of the node table over test signals, block by block, as the renderer would.

use rhapsode::dsp::F8;
use rhapsode::dsp::lanes::LANES;
use rhapsode::dsp::unit::{
    BLOCK, Frames, Ins, Io, Meta, Outs, Ramp8, Rate, Settings, Source, Unit, UnitCx,
};
use rhapsode::nodes::table::{Assets, Make, Ports, ProcCx, Sample};
use rhapsode::nodes::{Kind, ParamKind, find};
use rhapsode::rt::{Block, Buffer, Event, EventKind, Inputs, Processor, Ramp, Status};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Sample rate of all tests, in hertz.
pub const RATE: f64 = 48_000.0;

/// Sounds by path; a folder is what shares the part before the last slash.
#[derive(Default)]
pub struct Shelf(pub BTreeMap<String, Arc<Sample>>);

impl Shelf {
    /// One channel of samples under `path`.
    pub fn put(&mut self, path: &str, sample: Sample) {
        self.0.insert(path.into(), Arc::new(sample));
    }
}

impl Assets for Shelf {
    fn sample(&self, path: &str) -> Result<Arc<Sample>, String> {
        self.0.get(path).cloned().ok_or_else(|| format!("there is no file {path}"))
    }

    fn folder(&self, path: &str) -> Result<Vec<String>, String> {
        let inside = format!("{}/", path.trim_end_matches('/'));
        let found: Vec<_> = self.0.keys().filter(|k| k.starts_with(&inside)).cloned().collect();
        if found.is_empty() { Err(format!("there is no folder {path}")) } else { Ok(found) }
    }
}

struct Given<'a> {
    kind: &'a Kind,
    numbers: &'a [(&'static str, f64)],
    texts: &'a [(&'static str, &'static str)],
}

impl Settings for Given<'_> {
    fn text(&self, name: &str) -> &str {
        let given = self.texts.iter().find(|(n, _)| *n == name).map(|(_, t)| *t);
        given.unwrap_or_else(|| self.kind.param(name).expect("a parameter of the kind").1.text)
    }
    fn flag(&self, name: &str) -> bool {
        self.number(name) != 0.0
    }
    fn number(&self, name: &str) -> f64 {
        let given = self.numbers.iter().find(|(n, _)| *n == name).map(|(_, x)| *x);
        given.unwrap_or_else(|| self.kind.param(name).expect("a parameter of the kind").1.default)
    }
    fn list(&self, _: &str) -> &[f64] {
        &[]
    }
}

enum State {
    Unit(Box<dyn Unit>),
    Processor(Box<dyn Processor>),
}

/// An instance of a kind, its parameters and its inputs.
pub struct Rig {
    state: State,
    kind: &'static Kind,
    channels: usize,
    outs: usize,
    /// Value of each wire parameter at the end of the last block.
    values: Vec<(&'static str, f32)>,
    moved: Vec<f32>,
    sidechain: bool,
    frame: u64,
    /// What the last block said.
    pub status: Status,
    /// Where the blocks of a unit are split in two, as a note would; 0 is nowhere.
    pub split: usize,
    lanes: usize,
}

impl Rig {
    /// An instance of `name` with `channels` input channels and some parameters given.
    pub fn new(name: &str, channels: usize, numbers: &[(&'static str, f64)]) -> Rig {
        Rig::with(name, channels, numbers, &[], false, &Shelf::default()).expect("builds")
    }

    /// The same with texts, a side-chain and sounds.
    pub fn with(
        name: &str,
        channels: usize,
        numbers: &[(&'static str, f64)],
        texts: &[(&'static str, &'static str)],
        sidechain: bool,
        shelf: &Shelf,
    ) -> Result<Rig, String> {
        Rig::build(name, channels, numbers, texts, sidechain, shelf, LANES)
    }

    /// The same for a unit with memory in one lane only.
    pub fn lone(name: &str, channels: usize, numbers: &[(&'static str, f64)]) -> Rig {
        Rig::build(name, channels, numbers, &[], false, &Shelf::default(), 1).expect("builds")
    }

    fn build(
        name: &str,
        channels: usize,
        numbers: &[(&'static str, f64)],
        texts: &[(&'static str, &'static str)],
        sidechain: bool,
        shelf: &Shelf,
        lanes: usize,
    ) -> Result<Rig, String> {
        let kind = find(name).expect("a kind of the table");
        for (n, _) in numbers {
            assert!(kind.param(n).is_some(), "{name} has no parameter {n}");
        }
        let settings = Given { kind, numbers, texts };
        let mut rates = vec![Rate::Audio; channels];
        let mut values = Vec::new();
        for p in kind.params.iter().filter(|p| p.is_wire()) {
            let audio = p.kind == ParamKind::Audio && sidechain;
            rates.push(if audio { Rate::Audio } else { Rate::Const });
            let value = if p.kind == ParamKind::Audio { 0.0 } else { settings.number(p.name) };
            values.push((p.name, value as f32));
        }
        let outs = match kind.ports {
            Ports::Source(n) => n as usize,
            Ports::Each | Ports::Analyse | Ports::Signal => 1,
            Ports::Stereo | Ports::Widen => 2,
            Ports::Linked => channels,
        };
        let state = match kind.make {
            Make::Unit(make) => State::Unit(make(&UnitCx {
                rate: RATE,
                ins: &rates,
                settings: &settings,
                seeds: [7; LANES],
                lanes,
            })),
            Make::Processor(make) => State::Processor(make(&ProcCx {
                rate: RATE,
                channels,
                settings: &settings,
                seed: 7,
                assets: shelf,
            })?),
            _ => panic!("{name} has no state"),
        };
        let moved = values.iter().map(|(_, x)| *x).collect();
        let status = Status::Playing;
        Ok(Rig {
            state,
            kind,
            channels,
            outs,
            values,
            moved,
            sidechain,
            frame: 0,
            status,
            split: 0,
            lanes,
        })
    }

    /// Moves parameter `name` to `value` over the next block.
    pub fn set(&mut self, name: &str, value: f64) {
        let i = self.values.iter().position(|(n, _)| *n == name).expect("a wire parameter");
        self.moved[i] = value as f32;
    }

    /// Frames by which the output is late.
    pub fn latency(&self) -> usize {
        match &self.state {
            State::Unit(unit) => unit.latency(),
            State::Processor(processor) => processor.latency(),
        }
    }

    /// Frames for which it may sound on.
    pub fn tail(&self) -> usize {
        match &self.state {
            State::Unit(unit) => unit.tail(),
            State::Processor(processor) => processor.tail(),
        }
    }

    /// Forgets all state.
    pub fn reset(&mut self) {
        match &mut self.state {
            State::Unit(unit) => (0..LANES).for_each(|l| unit.reset(l)),
            State::Processor(processor) => processor.reset(),
        }
    }

    /// Renders over `input` (channels x frames, the side-chain last); rounds up to whole blocks.
    pub fn run(&mut self, input: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let frames = input[0].len();
        self.play(input, frames, &[])
    }

    /// Renders `frames` frames with events at absolute frames.
    pub fn play(
        &mut self,
        input: &[Vec<f32>],
        frames: usize,
        events: &[(usize, EventKind)],
    ) -> Vec<Vec<f32>> {
        let wanted = self.channels + usize::from(self.sidechain);
        assert_eq!(input.len(), wanted, "{} is given the wrong number of channels", self.kind.name);
        let mut out = vec![Vec::with_capacity(frames + BLOCK); self.outs];
        for start in (0..frames).step_by(BLOCK) {
            let block: Vec<[f32; BLOCK]> = input
                .iter()
                .map(|c| std::array::from_fn(|i| c.get(start + i).copied().unwrap_or(0.0)))
                .collect();
            let here: Vec<Event> = events
                .iter()
                .filter(|(at, _)| (start..start + BLOCK).contains(at))
                .map(|(at, kind)| Event { offset: (at - start) as u32, kind: *kind })
                .collect();
            for (c, samples) in self.block(&block, &here).into_iter().enumerate() {
                out[c].extend_from_slice(&samples);
            }
        }
        out
    }

    fn block(&mut self, input: &[[f32; BLOCK]], events: &[Event]) -> Vec<[f32; BLOCK]> {
        let beats = |frame: u64| frame as f64 / RATE * 2.0;
        let meta = Meta {
            rate: RATE,
            frame: self.frame,
            seconds: self.frame as f64 / RATE,
            beat: beats(self.frame),
            beat_end: beats(self.frame + BLOCK as u64),
            bpm: 120.0,
            beats_per_bar: 4.0,
            stop: u64::MAX,
        };
        self.frame += BLOCK as u64;
        let ramps: Vec<Ramp> = self
            .values
            .iter()
            .zip(&self.moved)
            .map(|((_, from), to)| Ramp { from: *from, to: *to })
            .collect();
        for ((_, from), to) in self.values.iter_mut().zip(&self.moved) {
            *from = *to;
        }
        match &mut self.state {
            State::Unit(unit) => {
                let shape = Shape {
                    channels: self.channels,
                    outs: self.outs,
                    split: self.split,
                    lanes: self.lanes,
                };
                run_lanes(unit.as_mut(), self.kind, &shape, input, &ramps, &meta)
            }
            State::Processor(processor) => {
                let pool: Vec<_> = input.iter().map(|c| Some(Box::new(Buffer(*c)))).collect();
                let ids: Vec<u16> = (0..pool.len() as u16).collect();
                let numbers: Vec<Ramp> = self
                    .kind
                    .params
                    .iter()
                    .filter(|p| p.is_wire())
                    .zip(&ramps)
                    .filter(|(p, _)| p.kind == ParamKind::Number)
                    .map(|(_, r)| *r)
                    .collect();
                let mut outs = vec![Box::new(Buffer([f32::NAN; BLOCK])); self.outs];
                self.status = processor.process(&mut Block {
                    ins: Inputs::new(&ids, &pool),
                    outs: &mut outs,
                    events,
                    params: &numbers,
                    meta: &meta,
                });
                outs.iter().map(|b| b.0).collect()
            }
        }
    }
}

/// How a unit is joined.
struct Shape {
    channels: usize,
    outs: usize,
    split: usize,
    lanes: usize,
}

/// One block of a unit, in the same way in all lanes; the lanes must agree.
fn run_lanes(
    unit: &mut dyn Unit,
    kind: &Kind,
    shape: &Shape,
    input: &[[f32; BLOCK]],
    ramps: &[Ramp],
    meta: &Meta,
) -> Vec<[f32; BLOCK]> {
    let frames = |c: &[f32; BLOCK]| -> Frames { std::array::from_fn(|i| F8::splat(c[i])) };
    let pool: Vec<_> = input.iter().map(|c| Some(Box::new(frames(c)))).collect();
    let mut sources: Vec<Source> = (0..shape.channels).map(|c| Source::Audio(c as u16)).collect();
    for (i, p) in kind.params.iter().filter(|p| p.is_wire()).enumerate() {
        let side = p.kind == ParamKind::Audio && input.len() > shape.channels;
        let audio = Source::Audio(shape.channels as u16);
        sources.push(if side { audio } else { Source::Scalar(i as u16) });
    }
    let mut buffers = [None, None];
    for buffer in buffers.iter_mut().take(shape.outs) {
        *buffer = Some(Box::new([F8::splat(f32::NAN); BLOCK]));
    }
    let mut out_ramps = [Ramp8::default(); 2];
    for (from, to) in [(0, shape.split), (shape.split, BLOCK)] {
        if from == to {
            continue;
        }
        let at = |r: &Ramp, i: usize| F8::splat(r.from + (r.to - r.from) * i as f32 / BLOCK as f32);
        let scalars: Vec<Ramp8> =
            ramps.iter().map(|r| Ramp8 { from: at(r, from), to: at(r, to) }).collect();
        unit.process(&mut Io {
            ins: Ins::new(&sources, &scalars, &pool, from, to - from),
            outs: Outs::new(&mut buffers, &mut out_ramps, from, to - from),
            frames: to - from,
            meta,
            lanes: u8::MAX,
        });
    }
    buffers
        .iter()
        .flatten()
        .map(|b| {
            let last = shape.lanes - 1;
            assert!(b.iter().all(|f| f.0[0].to_bits() == f.0[last].to_bits()), "lanes differ");
            std::array::from_fn(|i| b[i].0[0])
        })
        .collect()
}
