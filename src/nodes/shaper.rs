//! Effects without memory: levels and curves that map each frame by itself.

use super::maths::decibels;
use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::unit::{Io, Kernel, Wire};
use crate::dsp::values::{Any, Stream, Values};

const EFFECT: Kind = Kind {
    name: "",
    aliases: &[],
    class: Class::Effect,
    summary: "",
    details: "",
    ports: Ports::Each,
    params: &[],
    rate: OutRate::Audio,
    make: Make::Structural,
    example: "",
};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "gain",
        summary: "Multiplies by a factor.",
        params: &[Param::number(
            "gain",
            "ratio",
            (0.0, 16.0),
            1.0,
            "Factor; negative turns it over.",
        )],
        make: Make::Unit(|_| Box::new(Shaper::<Gain>::new())),
        example: "track(\"a\", sine(220) |> gain(0.2))",
        ..EFFECT
    },
    Kind {
        name: "gain_db",
        summary: "Changes the level by decibels.",
        params: &[Param::number("gain_db", "dB", (-120.0, 60.0), 0.0, "Change of level.")],
        make: Make::Unit(|_| Box::new(Shaper::<GainDb>::new())),
        example: "track(\"a\", sine(220) |> gain_db(-14))",
        ..EFFECT
    },
    Kind {
        name: "drive",
        summary: "Overdrive: from clean (0) to a hard fuzz (1); full scale stays full scale.",
        details: "tanh(k x) / tanh(k) with k = 0.05 + 40 amount^2. Not oversampled.",
        params: &[Param::number("amount", "ratio", (0.0, 1.0), 0.3, "How hard.")],
        make: Make::Unit(|_| Box::new(Shaper::<Drive>::new())),
        example: "track(\"a\", saw(110) * 0.3 |> drive(0.4))",
        ..EFFECT
    },
    Kind {
        name: "saturate",
        summary: "Soft, warm saturation with even harmonics if biased.",
        details: "x / sqrt(1 + x^2), driven and biased, without the offset that the bias makes.",
        params: &[
            Param::number("drive", "ratio", (0.01, 100.0), 2.0, "Gain before the curve.")
                .exponential(),
            Param::number("bias", "ratio", (0.0, 1.0), 0.0, "Asymmetry: adds even harmonics."),
        ],
        make: Make::Unit(|_| Box::new(Shaper::<Saturate>::new())),
        example: "track(\"a\", saw(110) * 0.3 |> saturate(3, 0.2))",
        ..EFFECT
    },
    Kind {
        name: "wavefold",
        summary: "Folds peaks back: many harmonics from a simple wave.",
        details: "sin(pi/2 x (1 + 7 amount)), the curve of a sine folder (B. Hutchins, \"Electronotes\"). \
                  Not oversampled.",
        params: &[Param::number(
            "amount",
            "ratio",
            (0.0, 1.0),
            0.3,
            "How often a full-scale peak is folded.",
        )],
        make: Make::Unit(|_| Box::new(Shaper::<Wavefold>::new())),
        example: "track(\"a\", sine(110) |> wavefold(lfo(\"tri\", 0.25)) |> gain(0.3))",
        ..EFFECT
    },
];

/// A curve with up to two parameters.
trait Curve: Send {
    const PARAMS: usize = 1;
    /// Makes coefficients of the parameters (once a range, or every frame if one is audio).
    fn prepare(a: F8, b: F8) -> [F8; 2];
    /// One frame.
    fn apply(x: F8, c: [F8; 2]) -> F8;
}

struct Gain;
struct GainDb;
struct Drive;
struct Saturate;
struct Wavefold;

impl Curve for Gain {
    #[inline(always)]
    fn prepare(a: F8, _: F8) -> [F8; 2] {
        [a, F8::ZERO]
    }

    #[inline(always)]
    fn apply(x: F8, c: [F8; 2]) -> F8 {
        x * c[0]
    }
}

impl Curve for GainDb {
    #[inline(always)]
    fn prepare(a: F8, _: F8) -> [F8; 2] {
        [decibels(a), F8::ZERO]
    }

    #[inline(always)]
    fn apply(x: F8, c: [F8; 2]) -> F8 {
        x * c[0]
    }
}

impl Curve for Drive {
    #[inline(always)]
    fn prepare(a: F8, _: F8) -> [F8; 2] {
        let a = a.clamp(0.0, 1.0);
        let k = a * a * 40.0 + 0.05;
        [k, F8::ONE / k.tanh()]
    }

    #[inline(always)]
    fn apply(x: F8, c: [F8; 2]) -> F8 {
        (x * c[0]).tanh() * c[1]
    }
}

#[inline(always)]
fn soft(x: F8) -> F8 {
    let x = x.clamp(-1e9, 1e9);
    x / (x * x + 1.0).sqrt()
}

impl Curve for Saturate {
    const PARAMS: usize = 2;

    #[inline(always)]
    fn prepare(a: F8, b: F8) -> [F8; 2] {
        [a.clamp(0.01, 100.0), b.clamp(0.0, 1.0)]
    }

    #[inline(always)]
    fn apply(x: F8, c: [F8; 2]) -> F8 {
        soft(x * c[0] + c[1]) - soft(c[1])
    }
}

impl Curve for Wavefold {
    #[inline(always)]
    fn prepare(a: F8, _: F8) -> [F8; 2] {
        [a.clamp(0.0, 1.0) * 1.75 + 0.25, F8::ZERO]
    }

    #[inline(always)]
    fn apply(x: F8, c: [F8; 2]) -> F8 {
        (x * c[0]).clamp(-1e5, 1e5).sin_cycles()
    }
}

struct Shaper<C>(core::marker::PhantomData<C>);

impl<C: Curve> Shaper<C> {
    fn new() -> Self {
        Shaper(core::marker::PhantomData)
    }

    #[inline(always)]
    fn shape(x: impl Values, a: Wire, b: Wire, out: &mut [F8]) {
        let n = out.len();
        match (a, b) {
            (Wire::Const(a), Wire::Const(b)) => {
                let c = C::prepare(a, b);
                for (i, y) in out.iter_mut().enumerate() {
                    one_frame();
                    *y = C::apply(x.at(i), c);
                }
            }
            (Wire::Audio(a), Wire::Const(b)) => {
                for (i, y) in out.iter_mut().enumerate() {
                    one_frame();
                    *y = C::apply(x.at(i), C::prepare(a[i], b));
                }
            }
            (Wire::Audio(_), _) | (_, Wire::Audio(_)) => {
                for (i, y) in out.iter_mut().enumerate() {
                    one_frame();
                    *y = C::apply(x.at(i), C::prepare(a.at(i, n), b.at(i, n)));
                }
            }
            _ => {
                let ([mut c, mut d], [c1, d1]) =
                    (C::prepare(a.first(), b.first()), C::prepare(a.last(), b.last()));
                let per_frame = 1.0 / n as f32;
                let (cs, ds) = ((c1 - c) * per_frame, (d1 - d) * per_frame);
                for (i, y) in out.iter_mut().enumerate() {
                    one_frame();
                    *y = C::apply(x.at(i), [c, d]);
                    c += cs;
                    d += ds;
                }
            }
        }
    }
}

impl<C: Curve> Kernel for Shaper<C> {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (x, a) = (io.ins.wire(0), io.ins.wire(1));
        let b = if C::PARAMS > 1 { io.ins.wire(2) } else { Wire::Const(F8::ZERO) };
        let n = io.frames;
        let out = io.outs.audio(0);
        match x {
            Wire::Audio(x) => Self::shape(Stream(x), a, b, out),
            x => Self::shape(Any(x, n), a, b, out),
        }
    }
}
