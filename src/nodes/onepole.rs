//! First-order filters: low-pass, lag, and the blocker of direct current.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::unit::Ramp8;
use crate::dsp::unit::{Io, Kernel, UnitCx, Wire};
use crate::dsp::values::{Any, Held, Line, Stream, Values};

const EFFECT: Kind = Kind {
    name: "",
    aliases: &[],
    class: Class::Effect,
    summary: "",
    details: "Topology-preserving transform of the analogue one-pole filter: V. Zavalishin, \"The Art of VA \
              Filter Design\", chapter 3.",
    ports: Ports::Each,
    params: &[],
    rate: OutRate::Audio,
    make: Make::Structural,
    example: "",
};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "onepole",
        summary: "A gentle 6 dB/octave low-pass filter.",
        params: &[Param::number("cutoff", "Hz", (0.01, 20_000.0), 1000.0, "Corner frequency.")
            .exponential()],
        make: Make::Unit(|cx| Box::new(OnePole::new(cx, Form::LowPass))),
        example: "track(\"a\", saw(110) * 0.2 |> onepole(500))",
        ..EFFECT
    },
    Kind {
        name: "lag",
        summary: "Smooths audio: follows a jump by 63 % in its time.",
        params: &[Param::number(
            "seconds",
            "s",
            (0.0, 60.0),
            0.1,
            "Time constant; 0 changes nothing.",
        )
        .exponential()],
        make: Make::Unit(|cx| Box::new(OnePole::new(cx, Form::Lag))),
        example: "track(\"a\", sine(220) * (dust(4) |> lag(0.05)))",
        ..EFFECT
    },
    Kind {
        name: "dc_block",
        summary: "Removes direct current: a 6 dB/octave high-pass filter at 5 Hz.",
        params: &[
            Param::number("cutoff", "Hz", (0.1, 100.0), 5.0, "Corner frequency.").exponential()
        ],
        make: Make::Unit(|cx| Box::new(OnePole::new(cx, Form::HighPass))),
        example: "track(\"a\", square(110, 0.2) * 0.2 |> dc_block())",
        ..EFFECT
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    LowPass,
    HighPass,
    Lag,
}

struct OnePole {
    state: F8,
    rate: f32,
    form: Form,
}

impl OnePole {
    fn new(cx: &UnitCx, form: Form) -> OnePole {
        OnePole { state: F8::ZERO, rate: cx.rate as f32, form }
    }

    /// Part of the difference between input and state that reaches the output at once.
    #[inline(always)]
    fn coefficient(&self, x: F8) -> F8 {
        let g = if self.form == Form::Lag {
            // The corner of a time constant t is 1 / (2 pi t): g = tan(1 / (2 t rate)), as good as equal.
            (F8::splat(0.5) / (x * self.rate).max(1e-9)).min(1e6)
        } else {
            (x * (1.0 / self.rate)).clamp(1e-8, 0.49).tan_pi()
        };
        g / (g + 1.0)
    }

    #[inline(always)]
    fn filter(&mut self, x: impl Values, g: impl Values, out: &mut [F8]) {
        let mut s = self.state;
        // 0 keeps the low-pass, 1 takes it from the input.
        let high = if self.form == Form::HighPass { F8::ONE } else { F8::ZERO };
        let sign = F8::ONE - high * 2.0;
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            let x = x.at(i);
            let v = (x - s) * g.at(i);
            let low = v + s;
            s = low + v;
            *y = x * high + low * sign;
        }
        self.state = s.flushed();
    }
}

/// The coefficient of a moving parameter.
#[derive(Clone, Copy)]
struct Moving<'a>(&'a OnePole, &'a [F8]);

impl Values for Moving<'_> {
    #[inline(always)]
    fn at(&self, i: usize) -> F8 {
        self.0.coefficient(self.1[i])
    }
}

impl Kernel for OnePole {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (x, param) = (io.ins.wire(0), io.ins.wire(1));
        let out = io.outs.audio(0);
        let ramp =
            Ramp8 { from: self.coefficient(param.first()), to: self.coefficient(param.last()) };
        match (x, param) {
            (Wire::Audio(x), Wire::Const(_)) => self.filter(Stream(x), Held(ramp.from), out),
            (x, Wire::Audio(p)) => {
                let copy = OnePole { state: F8::ZERO, rate: self.rate, form: self.form };
                self.filter(Any(x, n), Moving(&copy, p), out);
            }
            (x, _) => self.filter(Any(x, n), Line::new(&ramp, n), out),
        }
    }

    fn reset(&mut self, lane: usize) {
        self.state.0[lane] = 0.0;
    }
}
