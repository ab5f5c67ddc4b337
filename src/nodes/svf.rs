//! State-variable filters with zero-delay feedback: low-pass, high-pass, band-pass, notch, ...

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::svf::{Coefs, Response, Settings, State, coefs, damped};
use crate::dsp::unit::{Io, Kernel, UnitCx, Wire};
use crate::dsp::values::{Any, Held, Stream, Values};

const CUTOFF: Param =
    Param::number("cutoff", "Hz", (10.0, 20_000.0), 1000.0, "Corner or centre frequency.")
        .exponential();
const Q: Param = Param::number(
    "q",
    "ratio",
    (0.05, 1000.0),
    core::f64::consts::FRAC_1_SQRT_2,
    "Resonance, or centre over bandwidth; 0.707 is flat.",
)
.exponential();
const GAIN: Param =
    Param::number("gain_db", "dB", (-60.0, 60.0), 0.0, "Boost, or cut if negative.");
const DETAILS: &str = "Topology-preserving transform of the analogue state-variable filter: A. Simper, \
                       \"Solving the continuous SVF equations\", Cytomic 2013. Coefficients move in \
                       straight lines over a block, or every frame if a parameter is an audio signal.";

macro_rules! filter {
    ($name:literal, $aliases:expr, $response:ident, $params:expr, $summary:literal, $example:literal) => {
        Kind {
            name: $name,
            aliases: $aliases,
            class: Class::Effect,
            summary: $summary,
            details: DETAILS,
            ports: Ports::Each,
            params: $params,
            rate: OutRate::Audio,
            make: Make::Unit(|cx| Box::new(Filter::<$response>::new(cx))),
            example: $example,
        }
    };
}

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    filter!(
        "lowpass",
        &["lpf"],
        LowPass,
        &[CUTOFF, Q],
        "A 12 dB/octave low-pass filter.",
        "track(\"a\", saw(110) |> lowpass(800, 0.9))"
    ),
    filter!(
        "highpass",
        &["hpf"],
        HighPass,
        &[CUTOFF, Q],
        "A 12 dB/octave high-pass filter.",
        "track(\"a\", saw(110) |> highpass(800))"
    ),
    filter!(
        "bandpass",
        &["bpf"],
        BandPass,
        &[CUTOFF, Q],
        "A 6 dB/octave band-pass filter; 0 dB at its centre whatever the Q.",
        "track(\"a\", noise() |> bandpass(800, 8))"
    ),
    filter!(
        "notch",
        &[],
        Notch,
        &[CUTOFF, Q],
        "Removes one frequency.",
        "track(\"a\", saw(110) |> notch(440, 2))"
    ),
    filter!(
        "allpass",
        &[],
        AllPass,
        &[CUTOFF, Q],
        "Turns the phase round (by 180 degrees at the centre) and leaves the level.",
        "track(\"a\", saw(110) |> allpass(440))"
    ),
    filter!(
        "peak",
        &["bell"],
        Peak,
        &[CUTOFF, Q, GAIN],
        "Boosts or cuts around a frequency.",
        "track(\"a\", noise() |> peak(1000, 1, 6))"
    ),
    filter!(
        "low_shelf",
        &[],
        LowShelf,
        &[CUTOFF, Q, GAIN],
        "Boosts or cuts everything below a frequency (half the decibels at it).",
        "track(\"a\", noise() |> low_shelf(200, 0.707, 4))"
    ),
    filter!(
        "high_shelf",
        &[],
        HighShelf,
        &[CUTOFF, Q, GAIN],
        "Boosts or cuts everything above a frequency (half the decibels at it).",
        "track(\"a\", noise() |> high_shelf(5000, 0.707, -4))"
    ),
];

macro_rules! response {
    ($name:ident, $k:ident => $mix:expr) => {
        struct $name;
        impl Response for $name {
            #[inline(always)]
            fn design($k: F8, _: F8) -> (F8, F8, [F8; 3]) {
                (F8::ONE, $k, $mix)
            }
        }
    };
    ($name:ident, $k:ident, $a:ident => $scale:expr, $damping:expr, $mix:expr) => {
        struct $name;
        impl Response for $name {
            const BOOSTS: bool = true;
            #[inline(always)]
            fn design($k: F8, $a: F8) -> (F8, F8, [F8; 3]) {
                ($scale, $damping, $mix)
            }
        }
    };
}
struct LowPass;
impl Response for LowPass {
    #[inline(always)]
    fn design(k: F8, _: F8) -> (F8, F8, [F8; 3]) {
        (F8::ONE, k, [F8::ZERO, F8::ZERO, F8::ONE])
    }

    // Where the rest is multiplied by zero it need not be computed.
    #[inline(always)]
    fn output(_: &[F8; 3], _: F8, _: F8, low: F8) -> F8 {
        low * 0.5
    }
}
response!(HighPass, k => [F8::ONE, -k, F8::splat(-1.0)]);
response!(BandPass, k => [F8::ZERO, k, F8::ZERO]);
response!(Notch, k => [F8::ONE, -k, F8::ZERO]);
response!(AllPass, k => [F8::ONE, k * -2.0, F8::ZERO]);
response!(Peak, k, a => F8::ONE, k / a, [F8::ONE, k / a * (a * a - 1.0), F8::ZERO]);
response!(LowShelf, k, a => F8::ONE / a.sqrt(), k, [F8::ONE, k * (a - 1.0), a * a - 1.0]);
response!(HighShelf, k, a => a.sqrt(), k, [a * a, k * (F8::ONE - a) * a, F8::ONE - a * a]);

struct Filter<R> {
    state: State,
    /// Cycles in a frame at 1 Hz.
    scale: f32,
    /// Where the last range ended: the next begins there, most often.
    known: (Settings, Coefs),
    response: core::marker::PhantomData<R>,
}

impl<R: Response> Filter<R> {
    fn new(cx: &UnitCx) -> Self {
        let settings = Settings { cutoff: F8::splat(0.1), q: F8::splat(0.707), gain_db: F8::ZERO };
        Filter {
            state: State::default(),
            scale: (1.0 / cx.rate) as f32,
            known: (settings, coefs::<R>(&settings)),
            response: core::marker::PhantomData,
        }
    }

    #[inline(always)]
    fn coefs(&mut self, settings: Settings) -> Coefs {
        if self.known.0 != settings {
            self.known = (settings, coefs::<R>(&settings));
        }
        self.known.1
    }

    #[inline(always)]
    fn held(&mut self, x: impl Values, c: &Coefs, out: &mut [F8]) {
        let mut state = self.state;
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            *y = state.next::<R>(x.at(i), c);
        }
        self.state = state;
    }

    #[inline(always)]
    fn line(&mut self, x: impl Values, from: Coefs, to: &Coefs, out: &mut [F8]) {
        let (mut state, mut c) = (self.state, from);
        let step = from.step_to(to, out.len());
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            *y = state.next::<R>(x.at(i), &c);
            c = c.plus(&step);
        }
        self.state = state;
    }

    #[inline(always)]
    fn moving(
        &mut self,
        x: impl Values,
        cutoff: impl Values,
        k: impl Values,
        gain_db: impl Values,
        out: &mut [F8],
    ) {
        let mut state = self.state;
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            let c = damped::<R>(cutoff.at(i) * self.scale, k.at(i), gain_db.at(i));
            *y = state.next::<R>(x.at(i), &c);
        }
        self.state = state;
    }

    #[inline(always)]
    fn any(&mut self, x: impl Values, cutoff: Wire, q: Wire, gain_db: Wire, out: &mut [F8]) {
        let n = out.len();
        let moving = [cutoff, q, gain_db].iter().any(|w| matches!(w, Wire::Audio(_)));
        if moving {
            match (cutoff, q, gain_db) {
                (Wire::Audio(cutoff), Wire::Const(q), Wire::Const(gain)) => {
                    let k = F8::ONE / q.clamp(0.05, 1000.0);
                    self.moving(x, Stream(cutoff), Held(k), Held(gain), out);
                }
                _ => self.moving(x, Any(cutoff, n), Damping(q, n), Any(gain_db, n), out),
            }
            return;
        }
        let scale = self.scale;
        let settings = |cutoff: F8, q, gain_db| Settings { cutoff: cutoff * scale, q, gain_db };
        let from = settings(cutoff.first(), q.first(), gain_db.first());
        let to = settings(cutoff.last(), q.last(), gain_db.last());
        let start = self.coefs(from);
        if from == to {
            self.held(x, &start, out);
        } else {
            let end = self.coefs(to);
            self.line(x, start, &end, out);
        }
    }
}

/// The inverse of a quality factor, frame by frame.
#[derive(Clone, Copy)]
struct Damping<'a>(Wire<'a>, usize);

impl Values for Damping<'_> {
    #[inline(always)]
    fn at(&self, i: usize) -> F8 {
        F8::ONE / self.0.at(i, self.1).clamp(0.05, 1000.0)
    }
}

impl<R: Response> Kernel for Filter<R> {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (input, cutoff, q) = (io.ins.wire(0), io.ins.wire(1), io.ins.wire(2));
        let gain_db = if R::BOOSTS { io.ins.wire(3) } else { Wire::Const(F8::ZERO) };
        let n = io.frames;
        let out = io.outs.audio(0);
        match input {
            Wire::Audio(x) => self.any(Stream(x), cutoff, q, gain_db, out),
            x => self.any(Any(x, n), cutoff, q, gain_db, out),
        }
        self.state.flush();
    }

    fn reset(&mut self, lane: usize) {
        self.state.reset(lane);
    }
}
