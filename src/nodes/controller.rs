//! Control signals from knobs, faders and wheels; and parameters that these take over.

use super::table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports};
use crate::dsp::F8;
use crate::dsp::controls::{Board, Steps, Target};
use crate::dsp::lanes::{LANES, one_frame};
use crate::dsp::unit::{Io, Kernel, Rate, UnitCx};
use crate::units::Controller;
use std::sync::Arc;

const CHANNEL: Param =
    Param::number("channel", "", (0.0, 16.0), 0.0, "MIDI channel 1 to 16; 0 hears all.").fixed();
const PORT: Param =
    Param::other("port", ParamKind::Text, "", "A part of the port's name; all if not given.");
const INITIAL: Param =
    Param::number("initial", "", (0.0, 1.0), 0.0, "Value until it is moved, and offline.").fixed();
const SMOOTH: Param =
    Param::number("smooth", "s", (0.0, 10.0), 0.01, "Time constant of the smoothing.");
const EXACT: Param = Param::other(
    "exact",
    ParamKind::Flag,
    "false",
    "Steps at their frames; else straight lines over blocks of 64 frames, which cost less.",
);

const DETAILS: &str = "Stands at `initial` until the controller is moved, and offline. A step arrives at its frame \
                       and is smoothed; edits keep the value. Works in voices too.";

/// Parameters of a controller with a number up to `most`.
const fn numbered(most: f64) -> [Param; 6] {
    let number = Param::number("number", "", (0.0, most), 1.0, "Number of the controller.").fixed();
    [number, CHANNEL, PORT, INITIAL, SMOOTH, EXACT]
}

const SIGNAL: Kind = Kind {
    name: "",
    aliases: &[],
    class: Class::Control,
    summary: "",
    details: DETAILS,
    ports: Ports::Source(1),
    params: &[],
    rate: OutRate::Flag("exact"),
    make: Make::Structural,
    example: "",
};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "cc",
        summary: "A MIDI controller as a control signal 0..1.",
        params: &numbered(127.0),
        make: Make::Unit(|cx| Box::new(Moved::new(cx, "cc"))),
        example: "track(\"a\", saw(110) |> lowpass(cc(74, #{initial: 0.5}).exp_range(200, 8000)))",
        ..SIGNAL
    },
    Kind {
        name: "cc14",
        summary: "A MIDI controller of 14 bits as a control signal 0..1: numbers 0 to 31, with 32 to 63 as fine half.",
        params: &numbered(31.0),
        make: Make::Unit(|cx| Box::new(Moved::new(cx, "cc14"))),
        example: "track(\"a\", saw(110) |> gain(cc14(7, #{initial: 0.8})))",
        ..SIGNAL
    },
    Kind {
        name: "nrpn",
        summary: "A non-registered MIDI parameter of 14 bits as a control signal 0..1.",
        params: &numbered(16_383.0),
        make: Make::Unit(|cx| Box::new(Moved::new(cx, "nrpn"))),
        example: "track(\"a\", saw(110) |> lowpass(nrpn(300).range(200, 4000)))",
        ..SIGNAL
    },
    Kind {
        name: "rpn",
        summary: "A registered MIDI parameter of 14 bits as a control signal 0..1.",
        params: &numbered(16_383.0),
        make: Make::Unit(|cx| Box::new(Moved::new(cx, "rpn"))),
        example: "track(\"a\", saw(110) |> lowpass(rpn(5).range(200, 4000)))",
        ..SIGNAL
    },
    Kind {
        name: "bend",
        summary: "The pitch wheel as a control signal -1..1.",
        params: &[CHANNEL, PORT, SMOOTH, EXACT],
        make: Make::Unit(|cx| Box::new(Moved::new(cx, "bend"))),
        example: "track(\"a\", sine(220 + bend() * 20) * 0.2)",
        ..SIGNAL
    },
    Kind {
        name: "pressure",
        summary: "The pressure of a channel (aftertouch) as a control signal 0..1.",
        params: &[CHANNEL, PORT, SMOOTH, EXACT],
        make: Make::Unit(|cx| Box::new(Moved::new(cx, "pressure"))),
        example: "track(\"a\", saw(110) |> lowpass(pressure().range(400, 4000)))",
        ..SIGNAL
    },
    Kind {
        name: "knob",
        summary: "A value with a name that controllers can be mapped to.",
        details: "`map(74, \"name\", lo, hi)` lets a controller take it over, for as many parameters as use the \
                  signal. It is `value` until then, and again when the script says another value. Every parameter \
                  that is mapped becomes such a knob, with its path as name.",
        params: &[
            Param::other("name", ParamKind::Text, "", "What `map` calls it."),
            Param::number("value", "", (-1e9, 1e9), 0.0, "What it is by itself."),
            SMOOTH,
        ],
        rate: OutRate::Follow,
        make: Make::Unit(|cx| Box::new(Taken::new(cx))),
        example: "let dark = knob(\"dark\", 800); map(74, \"dark\", 200, 4000); track(\"a\", saw(110) |> lowpass(dark))",
        ..SIGNAL
    },
];

/// What is nearer than this to where it goes, as a part of it, has arrived: lines that stand still cost less.
const NEAR: f32 = 1e-5;

/// A one-pole filter that follows steps.
struct Glide {
    level: F8,
    /// Lanes that begin anew, where the value is.
    fresh: [bool; LANES],
}

impl Glide {
    fn new() -> Glide {
        Glide { level: F8::ZERO, fresh: [true; LANES] }
    }

    /// Lanes that begin, begin at `x`.
    #[inline(always)]
    fn begin(&mut self, x: f32) {
        for lane in 0..LANES {
            if self.fresh[lane] {
                self.level.0[lane] = x;
            }
        }
        self.fresh = [false; LANES];
    }

    /// Goes towards `x` for `frames` frames.
    #[inline(always)]
    fn go(&mut self, x: f32, seconds: F8, frames: u64, rate: f64) {
        let far = (F8::splat(x) - self.level).abs();
        if !far.gt(x.abs() * NEAR + 1e-9).any() {
            self.level = F8::splat(x);
        } else if frames > 0 {
            let constants = F8::splat((frames as f64 / rate) as f32) / seconds.max(1e-9);
            let part = F8::ONE - (-constants).exp();
            self.level = self.level + (F8::splat(x) - self.level) * part;
        }
    }

    /// Follows `steps` over the range of `io`, smoothed by wire `smooth`; writes it frame by frame where the output
    /// is audio. Returns where it was at the first frame.
    #[inline(always)]
    fn run(&mut self, io: &mut Io, steps: Option<&Steps>, initial: f32, smooth: usize) -> F8 {
        let (frames, rate, start) = (io.frames, io.meta.rate, io.meta.frame);
        let seconds = io.ins.wire(smooth).first();
        let mut x = steps.and_then(|s| s.at(start)).unwrap_or(initial);
        self.begin(x);
        let first = self.level;
        let exact = !io.outs.audio(0).is_empty();
        let mut at = 0;
        let later = steps.into_iter().flat_map(|s| s.between(start, start + frames as u64));
        for (frame, next) in later.chain([(start + frames as u64, x)]) {
            let to = (frame - start) as usize;
            if exact {
                for y in &mut io.outs.audio(0)[at..to] {
                    one_frame();
                    self.go(x, seconds, 1, rate);
                    *y = self.level;
                }
            } else {
                self.go(x, seconds, (to - at) as u64, rate);
            }
            (at, x) = (to, next);
        }
        first
    }
}

/// A controller.
struct Moved {
    controller: Option<Controller>,
    channel: u8,
    port: String,
    initial: f32,
    steps: Option<Arc<Steps>>,
    glide: Glide,
}

impl Moved {
    fn new(cx: &UnitCx, kind: &str) -> Moved {
        let settings = cx.settings;
        Moved {
            controller: Controller::named(kind, settings.number("number")),
            channel: settings.number("channel") as u8,
            port: settings.text("port").to_string(),
            initial: settings.number("initial") as f32,
            steps: None,
            glide: Glide::new(),
        }
    }
}

impl Kernel for Moved {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let first = self.glide.run(io, self.steps.as_deref(), self.initial, 0);
        io.outs.ramp(0, first, self.glide.level);
    }

    fn reset(&mut self, lane: usize) {
        self.glide.fresh[lane] = true;
    }

    fn connect(&mut self, board: &mut dyn Board) {
        self.steps = self.controller.and_then(|c| board.controller(c, self.channel, &self.port));
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}

/// Seconds in which a parameter goes over from its own value to the controller's, and back.
const OVER: f64 = 0.02;

/// A parameter that controllers take over.
struct Taken {
    name: String,
    /// It is a signal by itself, which moves all the time.
    moves: bool,
    target: Option<Arc<Target>>,
    glide: Glide,
    /// How much of the controller's value is heard.
    share: f32,
    fresh: bool,
}

impl Taken {
    fn new(cx: &UnitCx) -> Taken {
        let name = cx.settings.text("name").to_string();
        let moves = cx.ins.first().is_some_and(|rate| *rate != Rate::Const);
        Taken { name, moves, target: None, glide: Glide::new(), share: 0.0, fresh: true }
    }
}

impl Kernel for Taken {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (n, base) = (io.frames, io.ins.wire(0));
        let mut held = None;
        if let Some(target) = &self.target {
            let value = base.last().0[0];
            if self.moves {
                target.follow(value)
            } else {
                target.set_base(value)
            }
            held = target.holder().map(|_| &target.steps);
        }
        let goal = if held.is_some() { 1.0 } else { 0.0 };
        if std::mem::take(&mut self.fresh) {
            self.share = goal;
        }
        if self.share == 0.0 && goal == 0.0 {
            self.glide.fresh = [true; LANES];
            for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
                one_frame();
                *y = base.at(i, n);
            }
            return io.outs.ramp(0, base.first(), base.last());
        }
        let steps = self.target.as_deref().map(|target| &target.steps);
        let first = self.glide.run(io, steps, base.first().0[0], 1);
        let step = (n as f64 / (OVER * io.meta.rate)) as f32;
        let before = self.share;
        self.share = before + (goal - before).clamp(-step, step);
        let (from, to) = (F8::splat(before), F8::splat(self.share));
        let slope = (to - from) * (1.0 / n as f32);
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            let own = base.at(i, n);
            *y = own + (*y - own) * (from + slope * (i as f32));
        }
        let (own, end) = (base.first(), base.last());
        io.outs.ramp(0, own + (first - own) * from, end + (self.glide.level - end) * to);
    }

    fn connect(&mut self, board: &mut dyn Board) {
        self.target = board.target(&self.name);
    }

    fn reset(&mut self, lane: usize) {
        self.glide.fresh[lane] = true;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
