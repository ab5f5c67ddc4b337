//! Runs one light unit by itself, for tests and benchmarks: inputs of any rate in, lanes of frames out.

use super::table::{Kind, Make, OutRate, Param, ParamKind, Ports, find};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{
    BLOCK, Frames, Ins, Io, Meta, Outs, Ramp8, Rate, Settings, Source, Unit, UnitCx,
};

/// What an input is fed with; functions are of the absolute frame.
pub enum Feed {
    /// The same value in all lanes.
    Const(f32),
    /// A value for each lane.
    Lanes(F8),
    /// A line over each range, between the function's values at its ends.
    Control(Box<dyn Fn(u64) -> F8>),
    /// The function's value at each frame.
    Audio(Box<dyn Fn(u64) -> F8>),
}

impl Feed {
    /// An audio input that is the same in all lanes.
    pub fn audio(f: impl Fn(u64) -> f32 + 'static) -> Feed {
        Feed::Audio(Box::new(move |n| F8::splat(f(n))))
    }

    /// A control input that is the same in all lanes.
    pub fn control(f: impl Fn(u64) -> f32 + 'static) -> Feed {
        Feed::Control(Box::new(move |n| F8::splat(f(n))))
    }

    fn rate(&self) -> Rate {
        match self {
            Feed::Const(_) | Feed::Lanes(_) => Rate::Const,
            Feed::Control(_) => Rate::Control,
            Feed::Audio(_) => Rate::Audio,
        }
    }
}

/// The settings of a unit under test: the table's defaults, but for what is said.
struct Chosen {
    params: &'static [Param],
    texts: Vec<(String, String)>,
    numbers: Vec<(String, f64)>,
    lists: Vec<(String, Vec<f64>)>,
}

impl Settings for Chosen {
    fn text(&self, name: &str) -> &str {
        let own = self.texts.iter().find(|(n, _)| n == name).map(|(_, t)| t.as_str());
        own.or_else(|| self.params.iter().find(|p| p.name == name).map(|p| p.text)).unwrap_or("")
    }

    fn flag(&self, name: &str) -> bool {
        self.number(name) != 0.0
    }

    fn number(&self, name: &str) -> f64 {
        let own = self.numbers.iter().find(|(n, _)| n == name).map(|(_, x)| *x);
        let default = || self.params.iter().find(|p| p.name == name).map_or(0.0, |p| p.default);
        own.unwrap_or_else(default)
    }

    fn list(&self, name: &str) -> &[f64] {
        self.lists.iter().find(|(n, _)| n == name).map_or(&[], |(_, l)| l.as_slice())
    }
}

/// How a unit is to be built and fed.
pub struct Setup {
    kind: &'static Kind,
    settings: Chosen,
    inputs: Vec<Feed>,
    params: Vec<Feed>,
    rate: f64,
    lanes: usize,
    bpm: f64,
    seed: u64,
}

impl Setup {
    /// A unit of the kind called `name` with the defaults of its table entry, at 48 kHz, 8 lanes, 120 bpm.
    ///
    /// # Panics
    /// If there is no such kind.
    #[must_use]
    pub fn new(name: &str) -> Setup {
        let kind = find(name).unwrap_or_else(|| panic!("no kind is called {name}"));
        let wires = kind.params.iter().filter(|p| p.is_wire());
        let params = wires.map(|p| Feed::Const(p.default as f32)).collect();
        let settings =
            Chosen { params: kind.params, texts: vec![], numbers: vec![], lists: vec![] };
        let inputs = vec![];
        Setup { kind, settings, inputs, params, rate: 48_000.0, lanes: LANES, bpm: 120.0, seed: 1 }
    }

    /// Sets the sample rate in hertz.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Setup {
        self.rate = rate;
        self
    }

    /// Sets the number of lanes in use.
    #[must_use]
    pub fn lanes(mut self, lanes: usize) -> Setup {
        self.lanes = lanes;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Setup {
        self.seed = seed;
        self
    }

    /// Adds an audio input (or the operand of maths).
    #[must_use]
    pub fn input(mut self, feed: Feed) -> Setup {
        self.inputs.push(feed);
        self
    }

    /// Feeds the numeric parameter `name`.
    ///
    /// # Panics
    /// If the kind has no such parameter, or it is not a wire.
    #[must_use]
    pub fn param(mut self, name: &str, feed: Feed) -> Setup {
        let mut wires = self.kind.params.iter().filter(|p| p.is_wire());
        let index = wires.position(|p| p.name == name);
        let index = index.unwrap_or_else(|| panic!("{} has no wire {name}", self.kind.name));
        self.params[index] = feed;
        self
    }

    /// Sets the numeric parameter `name` to a constant, or a number that is fixed at building.
    #[must_use]
    pub fn set(mut self, name: &str, value: f64) -> Setup {
        let fixed = self.kind.param(name).is_some_and(|(_, p)| p.kind == ParamKind::Fixed);
        if fixed {
            self.settings.numbers.push((name.to_owned(), value));
            return self;
        }
        self.param(name, Feed::Const(value as f32))
    }

    /// Sets a text or choice.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Setup {
        self.settings.texts.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Sets a list (points row by row).
    #[must_use]
    pub fn list(mut self, name: &str, list: &[f64]) -> Setup {
        self.settings.lists.push((name.to_owned(), list.to_vec()));
        self
    }

    /// Builds the unit.
    ///
    /// # Panics
    /// If the kind is not a unit or maths.
    #[must_use]
    pub fn build(self) -> UnitRunner {
        let feeds: Vec<Feed> = self.inputs.into_iter().chain(self.params).collect();
        let rates: Vec<Rate> = feeds.iter().map(Feed::rate).collect();
        let audio = match self.kind.rate {
            OutRate::Audio => true,
            OutRate::Control => false,
            OutRate::Flag(name) => self.settings.flag(name),
            OutRate::Follow => rates.contains(&Rate::Audio),
        };
        let seeds = core::array::from_fn(|lane| self.seed * 1000 + lane as u64);
        let unit: Box<dyn Unit> = match self.kind.make {
            Make::Math(_, make) => make(if audio { Rate::Audio } else { Rate::Control }),
            make => {
                let (rate, lanes) = (self.rate, self.lanes);
                let cx = UnitCx { rate, ins: &rates, settings: &self.settings, seeds, lanes };
                make.unit(&cx).unwrap_or_else(|| panic!("{} is not a unit", self.kind.name))
            }
        };
        let outs = match self.kind.ports {
            Ports::Stereo | Ports::Widen => 2,
            Ports::Source(n) => n as usize,
            _ => 1,
        };
        UnitRunner {
            unit,
            feeds,
            outs,
            audio,
            rate: self.rate,
            bpm: self.bpm,
            frame: 0,
            narrow: false,
            splits: vec![],
        }
    }
}

/// A unit with its inputs, ready to run.
pub struct UnitRunner {
    unit: Box<dyn Unit>,
    feeds: Vec<Feed>,
    outs: usize,
    audio: bool,
    rate: f64,
    bpm: f64,
    frame: u64,
    narrow: bool,
    splits: Vec<usize>,
}

impl UnitRunner {
    /// Splits every block at these offsets (in order, 1..64), as note edges do.
    #[must_use]
    pub fn split(mut self, at: &[usize]) -> UnitRunner {
        self.splits = at.to_vec();
        self
    }

    /// Runs without the wide registers of this machine.
    #[must_use]
    pub fn narrow(mut self) -> UnitRunner {
        self.narrow = true;
        self
    }

    /// The unit.
    pub fn unit(&mut self) -> &mut dyn Unit {
        &mut *self.unit
    }

    /// Runs whole blocks until there are `frames` frames; channels x frames. A control output gives its
    /// line's value at each frame.
    pub fn run(&mut self, frames: usize) -> Vec<Vec<F8>> {
        let mut out = vec![Vec::with_capacity(frames + BLOCK); self.outs];
        while out[0].len() < frames {
            let mut start = 0;
            for end in self.splits.clone().into_iter().chain([BLOCK]) {
                self.range(start, end - start, &mut out);
                start = end;
            }
        }
        for channel in &mut out {
            channel.truncate(frames);
        }
        out
    }

    /// Runs `frames` frames and gives one lane of the first channel.
    pub fn lane(&mut self, lane: usize, frames: usize) -> Vec<f32> {
        self.run(frames)[0].iter().map(|x| x.0[lane]).collect()
    }

    /// A function that runs one same block over and over, with nothing around it: for benchmarks.
    pub fn block(&mut self) -> impl FnMut() {
        let (sources, scalars, pool) = self.wires(0, BLOCK);
        let mut meta = self.meta(BLOCK);
        let (mut buffers, mut ramps) = (self.buffers(), [Ramp8::default(); 2]);
        move || {
            let mut io = Io {
                ins: Ins::new(&sources, &scalars, &pool, 0, BLOCK),
                outs: Outs::new(&mut buffers, &mut ramps, 0, BLOCK),
                frames: BLOCK,
                meta: &meta,
                lanes: u8::MAX,
            };
            self.unit.process(&mut io);
            meta.frame += BLOCK as u64;
        }
    }

    fn buffers(&self) -> [Option<Box<Frames>>; 2] {
        core::array::from_fn(|i| {
            (self.audio && i < self.outs).then(|| Box::new([F8::splat(f32::NAN); BLOCK]))
        })
    }

    fn meta(&self, frames: usize) -> Meta {
        let beat = |frame: u64| frame as f64 / self.rate * self.bpm / 60.0;
        Meta {
            rate: self.rate,
            frame: self.frame,
            seconds: self.frame as f64 / self.rate,
            beat: beat(self.frame),
            beat_end: beat(self.frame + frames as u64),
            bpm: self.bpm,
            beats_per_bar: 4.0,
            stop: u64::MAX,
        }
    }

    /// The inputs of `frames` frames from `start` in the block.
    fn wires(
        &self,
        start: usize,
        frames: usize,
    ) -> (Vec<Source>, Vec<Ramp8>, Vec<Option<Box<Frames>>>) {
        let (mut sources, mut scalars, mut pool) = (vec![], vec![], vec![]);
        let ramp = |from, to| Ramp8 { from, to };
        for (k, feed) in self.feeds.iter().enumerate() {
            sources.push(match feed {
                Feed::Audio(_) => Source::Audio(k as u16),
                _ => Source::Scalar(k as u16),
            });
            let end = self.frame + frames as u64;
            scalars.push(match feed {
                Feed::Const(x) => ramp(F8::splat(*x), F8::splat(*x)),
                Feed::Lanes(x) => ramp(*x, *x),
                Feed::Control(f) => ramp(f(self.frame), f(end)),
                Feed::Audio(_) => Ramp8::default(),
            });
            pool.push(if let Feed::Audio(f) = feed {
                let mut buffer: Box<Frames> = Box::new([F8::ZERO; BLOCK]);
                for i in 0..frames {
                    buffer[start + i] = f(self.frame + i as u64);
                }
                Some(buffer)
            } else {
                None
            });
        }
        (sources, scalars, pool)
    }

    fn range(&mut self, start: usize, frames: usize, out: &mut [Vec<F8>]) {
        let (sources, scalars, pool) = self.wires(start, frames);
        let meta = self.meta(frames);
        let mut buffers = self.buffers();
        let mut ramps = [Ramp8::default(); 2];
        let mut io = Io {
            ins: Ins::new(&sources, &scalars, &pool, start, frames),
            outs: Outs::new(&mut buffers, &mut ramps, start, frames),
            frames,
            meta: &meta,
            lanes: u8::MAX,
        };
        // Whatever runs beside this meanwhile has the same bits either way.
        crate::dsp::wide::keep_narrow(self.narrow);
        self.unit.process(&mut io);
        crate::dsp::wide::keep_narrow(false);
        for (k, channel) in out.iter_mut().enumerate() {
            match &buffers[k] {
                Some(buffer) => channel.extend_from_slice(&buffer[start..start + frames]),
                None => {
                    let line = crate::dsp::Wire::Ramp(ramps[k]);
                    channel.extend((0..frames).map(|i| line.at(i, frames)));
                }
            }
        }
        self.frame += frames as u64;
    }
}
