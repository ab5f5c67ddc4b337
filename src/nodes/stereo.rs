//! Effects on the place of a sound: panorama and stereo width.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::unit::{Io, Kernel, Wire};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "pan",
        aliases: &[],
        class: Class::Effect,
        summary: "Places a sound between left (-1) and right (1).",
        details: "Mono: equal power (left cos, right sin; -3 dB each in the middle). Stereo: balance; the \
                  side that is turned away from fades along a cosine, the other keeps its level.",
        ports: Ports::Widen,
        params: &[Param::number("position", "", (-1.0, 1.0), 0.0, "-1 left, 0 middle, 1 right.")],
        rate: OutRate::Audio,
        make: Make::Unit(|_| Box::new(Pan)),
        example: "track(\"a\", sine(220) * 0.2 |> pan(lfo(\"tri\", 0.25).range(-1, 1)))",
    },
    Kind {
        name: "width",
        aliases: &[],
        class: Class::Effect,
        summary: "Makes stereo narrower or wider.",
        details: "Scales the side signal (left minus right) against the middle.",
        ports: Ports::Stereo,
        params: &[Param::number("width", "ratio", (0.0, 4.0), 1.0, "0 mono, 1 unchanged, 2 wide.")],
        rate: OutRate::Audio,
        make: Make::Unit(|_| Box::new(Width)),
        example: "track(\"a\", saw(110) * 0.2 |> chorus() |> width(1.5))",
    },
];

struct Pan;

/// Gains of left and right.
#[inline(always)]
fn gains(position: F8, stereo: bool) -> (F8, F8) {
    let p = position.clamp(-1.0, 1.0);
    if stereo {
        // In quarter turns: a side is full until the other one is turned to.
        (p.max(0.0) * 0.5, p.min(0.0) * 0.5)
    } else {
        let turn = (p + 1.0) * 0.25;
        (turn, turn - 0.5)
    }
}

/// Cosine of half-cycles in -0.5..=0.5; exactly 0 at the ends and 1 in the middle.
#[inline(always)]
fn fade(half_cycles: F8) -> F8 {
    (F8::splat(0.5) - half_cycles.abs()).sin_quarter()
}

/// Gains of left and right for mono sound at `position` (-1..1): what `pan` multiplies by.
#[must_use]
pub fn level(position: f32) -> [f32; 2] {
    let (left, right) = gains(F8::splat(position), false);
    [fade(left).0[0], fade(right).0[0]]
}

impl Pan {
    #[inline(always)]
    fn mix(io: &mut Io, left_in: Wire, right_in: Wire, position: Wire, stereo: bool) {
        let n = io.frames;
        let (left, right) = io.outs.stereo();
        let level = |p: F8| {
            let (l, r) = gains(p, stereo);
            (fade(l), fade(r))
        };
        if let Wire::Audio(p) = position {
            for (i, (l, r)) in left.iter_mut().zip(right).enumerate() {
                one_frame();
                let (gl, gr) = level(p[i]);
                (*l, *r) = (left_in.at(i, n) * gl, right_in.at(i, n) * gr);
            }
            return;
        }
        let ((mut gl, mut gr), (hl, hr)) = (level(position.first()), level(position.last()));
        let per_frame = 1.0 / n as f32;
        let (dl, dr) = ((hl - gl) * per_frame, (hr - gr) * per_frame);
        let (left_in, right_in) = match (left_in, right_in) {
            (Wire::Audio(a), Wire::Audio(b)) => {
                for (((l, r), a), b) in left.iter_mut().zip(right).zip(a).zip(b) {
                    one_frame();
                    (*l, *r) = (*a * gl, *b * gr);
                    gl += dl;
                    gr += dr;
                }
                return;
            }
            other => other,
        };
        for (i, (l, r)) in left.iter_mut().zip(right).enumerate() {
            one_frame();
            (*l, *r) = (left_in.at(i, n) * gl, right_in.at(i, n) * gr);
            gl += dl;
            gr += dr;
        }
    }
}

impl Kernel for Pan {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (a, b) = (io.ins.wire(0), io.ins.wire(1));
        if io.ins.len() > 2 {
            let position = io.ins.wire(2);
            Pan::mix(io, a, b, position, true);
        } else {
            Pan::mix(io, a, a, b, false);
        }
    }
}

struct Width;

impl Kernel for Width {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (a, b, width) = (io.ins.wire(0), io.ins.wire(1), io.ins.wire(2));
        let (left, right) = io.outs.stereo();
        for (i, (l, r)) in left.iter_mut().zip(right).enumerate() {
            one_frame();
            let (x, y) = (a.at(i, n), b.at(i, n));
            let middle = (x + y) * 0.5;
            let side = (x - y) * 0.5 * width.at(i, n).clamp(0.0, 4.0);
            (*l, *r) = (middle + side, middle - side);
        }
    }
}
