//! Control signals that are drawn: a ramp, and a curve through points.

use super::table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports};
use crate::dsp::F8;
use crate::dsp::unit::{Io, Kernel, UnitCx};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "ramp",
        aliases: &[],
        class: Class::Control,
        summary: "Moves in a straight line from one value to another, from beat 0 on.",
        details: "A function of the beat alone; it stays at its last value.",
        ports: Ports::Source(1),
        params: &[
            Param::number("from", "", (-1e9, 1e9), 0.0, "Value up to beat 0."),
            Param::number("to", "", (-1e9, 1e9), 1.0, "Value at the end and after it."),
            Param::number("beats", "beats", (0.0, 1e6), 16.0, "Length."),
        ],
        rate: OutRate::Control,
        make: Make::Unit(|_| Box::new(Ramp)),
        example: "track(\"a\", saw(110) |> lowpass(ramp(200, 4000, 32)))",
    },
    Kind {
        name: "curve",
        aliases: &[],
        class: Class::Control,
        summary: "A control signal through points [beat, value].",
        details: "A function of the beat alone: the first value before the first point, the last one after \
                  the last.",
        ports: Ports::Source(1),
        params: &[
            Param::other("points", ParamKind::List, "", "Points [beat, value] with rising beats."),
            Param::other(
                "shape",
                ParamKind::Choice(&["lin", "exp", "step", "smooth"]),
                "lin",
                "Between points: lin straight; exp even ratios (straight where a value is not above 0); \
                 step holds; smooth eases in and out.",
            ),
        ],
        rate: OutRate::Control,
        make: Make::Unit(|cx| Box::new(Drawn::new(cx))),
        example: "track(\"a\", saw(110) |> lowpass(curve([[0, 200], [16, 4000], [20, 300]], \"exp\")))",
    },
];

struct Ramp;

impl Kernel for Ramp {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (from, to, beats) = (io.ins.wire(0), io.ins.wire(1), io.ins.wire(2));
        let value = |from: F8, to: F8, beats: F8, now: f64| {
            let part = (F8::splat(now as f32) / beats.max(1e-6)).clamp(0.0, 1.0);
            from + (to - from) * part
        };
        let start = value(from.first(), to.first(), beats.first(), io.meta.beat);
        io.outs.ramp(0, start, value(from.last(), to.last(), beats.last(), io.meta.beat_end));
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Lin,
    Exp,
    Step,
    Smooth,
}

struct Drawn {
    points: Vec<(f64, f64)>,
    shape: Shape,
}

impl Drawn {
    fn new(cx: &UnitCx) -> Drawn {
        let list = cx.settings.list("points");
        let mut points: Vec<(f64, f64)> = list.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let shape = match cx.settings.text("shape") {
            "exp" => Shape::Exp,
            "step" => Shape::Step,
            "smooth" => Shape::Smooth,
            _ => Shape::Lin,
        };
        Drawn { points, shape }
    }

    fn at(&self, beat: f64) -> F8 {
        let next = self.points.partition_point(|p| p.0 <= beat);
        let (Some(&after), Some(before)) = (self.points.get(next), next.checked_sub(1)) else {
            let end = if next == 0 { self.points.first() } else { self.points.last() };
            return F8::splat(end.map_or(0.0, |p| p.1 as f32));
        };
        let before = self.points[before];
        let t = ((beat - before.0) / (after.0 - before.0)) as f32;
        let (a, b) = (before.1 as f32, after.1 as f32);
        match self.shape {
            Shape::Step => F8::splat(a),
            Shape::Exp if a > 0.0 && b > 0.0 => F8::splat(b / a).pow(t) * a,
            Shape::Smooth => F8::splat(a + (b - a) * t * t * (3.0 - 2.0 * t)),
            Shape::Lin | Shape::Exp => F8::splat(a + (b - a) * t),
        }
    }
}

impl Kernel for Drawn {
    fn run(&mut self, io: &mut Io) {
        io.outs.ramp(0, self.at(io.meta.beat), self.at(io.meta.beat_end));
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
