//! Periodic oscillators: the sine; band-limited saw, square and triangle.

mod sine;

use self::sine::Sine;
use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::lanes::one_frame;
use crate::dsp::phase::Phase8;
use crate::dsp::unit::{Io, Kernel, Unit, UnitCx, Wire};
use crate::dsp::values::{Held, Values, by_rate};
use crate::dsp::{F8, blep};

const FREQ: Param = Param::number("freq", "Hz", (0.0, 20_000.0), 440.0, "Frequency.").exponential();

const fn oscillator(
    name: &'static str,
    summary: &'static str,
    details: &'static str,
    params: &'static [Param],
    make: fn(&UnitCx) -> Box<dyn Unit>,
    example: &'static str,
) -> Kind {
    Kind {
        name,
        aliases: &[],
        class: Class::Source,
        summary,
        details,
        ports: Ports::Source(1),
        params,
        rate: OutRate::Audio,
        make: Make::Unit(make),
        example,
    }
}

const BLEP: &str = "Band-limited with a polynomial residual of six frames around each jump (V. Välimäki, \
                    J. Pekonen, J. Nam, JASA 131, 2012; own least-squares kernel): aliases of a 5 kHz tone \
                    at 48 kHz are more than 60 dB down; the top is 3 dB softer at 15 kHz.";

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    oscillator(
        "sine",
        "A sine wave.",
        "A phase of 32 bits and a polynomial (error below -120 dB); at a fixed frequency rotations, begun \
         anew every 32 frames (error below -110 dB).",
        &[FREQ, Param::number("phase", "cycles", (0.0, 1.0), 0.0, "Phase offset; modulates too.")],
        |cx| Box::new(Sine::new(cx)),
        "track(\"a\", sine(220) * 0.2)",
    ),
    oscillator(
        "saw",
        "A band-limited saw wave.",
        BLEP,
        &[FREQ],
        |cx| Box::new(Oscillator::new(cx, Saw)),
        "track(\"a\", saw(110) * 0.2)",
    ),
    oscillator(
        "square",
        "A band-limited square or pulse wave.",
        BLEP,
        &[
            FREQ,
            Param::number("width", "ratio", (0.01, 0.99), 0.5, "Part of the cycle that is high."),
        ],
        |cx| Box::new(Oscillator::new(cx, Square)),
        "track(\"a\", square(110, 0.3) * 0.2)",
    ),
    oscillator(
        "triangle",
        "A band-limited triangle wave.",
        "Band-limited with a polynomial residual of four frames around each corner: the integral of the \
         step's (V. Välimäki, J. Pekonen, J. Nam, JASA 131, 2012).",
        &[FREQ],
        |cx| Box::new(Oscillator::new(cx, Triangle)),
        "track(\"a\", triangle(220) * 0.3)",
    ),
];

/// A waveform with jumps or corners.
trait Waveform: Send {
    /// Phase of a new voice, in 2^-32 cycles.
    const START: u32;
    /// Whether the second parameter moves the wave.
    const WIDTH: bool;
    /// Whether there is one jump a cycle, at phase 0, and [`Waveform::far`] is the value away from it.
    const SPARSE: bool = false;
    /// The value at `phase`; `frames` is the number of frames in half a cycle. `CROWDED` means that the
    /// kernels of neighbouring jumps may overlap in some lane.
    fn value<const CROWDED: bool>(phase: Phase8, frames: F8, width: F8) -> F8;
    /// The value at `half_cycles`, where the kernel of no jump reaches.
    #[inline(always)]
    fn far(half_cycles: F8) -> F8 {
        half_cycles
    }
}

struct Saw;
struct Square;
struct Triangle;

#[inline(always)]
fn saw<const CROWDED: bool>(phase: Phase8, frames: F8) -> F8 {
    let h = phase.half_cycles();
    let y = blep::saw(h, frames);
    if CROWDED { y + blep::saw_above(h, frames) } else { y }
}

impl Waveform for Saw {
    // Rises through zero half a cycle after its jump.
    const START: u32 = 0x8000_0000;
    const WIDTH: bool = false;
    const SPARSE: bool = true;

    #[inline(always)]
    fn value<const CROWDED: bool>(phase: Phase8, frames: F8, _: F8) -> F8 {
        saw::<CROWDED>(phase, frames)
    }

    #[inline(always)]
    fn far(half_cycles: F8) -> F8 {
        half_cycles - F8::ONE.copysign(half_cycles)
    }
}

impl Waveform for Square {
    const START: u32 = 0;
    const WIDTH: bool = true;

    #[inline(always)]
    fn value<const CROWDED: bool>(phase: Phase8, frames: F8, width: F8) -> F8 {
        // Up at 0, down at `width`: the difference of two saws has no mean, a pulse has 2 width - 1.
        let width = width.clamp(0.01, 0.99);
        let late = phase.plus(Phase8::from_cycles(F8::splat(0.5) - width)).plus(HALF);
        saw::<CROWDED>(late, frames) - saw::<CROWDED>(phase, frames) + (width * 2.0 - 1.0)
    }
}

const HALF: Phase8 = Phase8([0x8000_0000; 8]);

impl Waveform for Triangle {
    const START: u32 = 0xc000_0000;
    const WIDTH: bool = false;

    #[inline(always)]
    fn value<const CROWDED: bool>(phase: Phase8, frames: F8, _: F8) -> F8 {
        blep::triangle(phase.half_cycles(), frames)
    }
}

/// Frames that are asked together whether a jump is near.
const FEW: usize = 4;

struct Oscillator<W> {
    phase: Phase8,
    scale: f32,
    waveform: core::marker::PhantomData<W>,
}

impl<W: Waveform> Oscillator<W> {
    fn new(cx: &UnitCx, _: W) -> Self {
        let phase = Phase8([W::START; 8]);
        Oscillator { phase, scale: (1.0 / cx.rate) as f32, waveform: core::marker::PhantomData }
    }

    /// Frames in half a cycle.
    #[inline(always)]
    fn frames(cycles: F8) -> F8 {
        F8::splat(0.5) / cycles.abs().clamp(1e-9, 0.499_999_9)
    }

    #[inline(always)]
    fn fixed<const CROWDED: bool>(&mut self, cycles: F8, width: impl Values, out: &mut [F8]) {
        let (step, frames) = (Phase8::from_cycles(cycles), Self::frames(cycles));
        let mut phase = self.phase;
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            *y = W::value::<CROWDED>(phase, frames, width.at(i));
            phase = phase.plus(step);
        }
        self.phase = phase;
    }

    /// The same bits as `fixed`, but the kernel is only computed where it reaches in some lane.
    #[inline(always)]
    fn sparse(&mut self, cycles: F8, out: &mut [F8]) {
        let (step, frames) = (Phase8::from_cycles(cycles), Self::frames(cycles));
        // A little more than it reaches, in half-cycles.
        let reach = F8::splat(1.01 * blep::STEP_REACH) / frames;
        let mut phase = self.phase;
        for few in out.chunks_mut(FEW) {
            one_frame();
            let (start, mut nearest) = (phase, F8::ONE);
            for y in few.iter_mut() {
                let half_cycles = phase.half_cycles();
                nearest = nearest.min(half_cycles.abs());
                *y = W::far(half_cycles);
                phase = phase.plus(step);
            }
            if nearest.lt(reach).any() {
                let mut phase = start;
                for y in few {
                    *y = W::value::<false>(phase, frames, F8::ZERO);
                    phase = phase.plus(step);
                }
            }
        }
        self.phase = phase;
    }

    #[inline(always)]
    fn moving(&mut self, freq: impl Values, width: impl Values, out: &mut [F8]) {
        let mut phase = self.phase;
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            let cycles = freq.at(i) * self.scale;
            *y = W::value::<true>(phase, Self::frames(cycles), width.at(i));
            phase = phase.plus(Phase8::from_cycles(cycles));
        }
        self.phase = phase;
    }
}

impl<W: Waveform> Kernel for Oscillator<W> {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let freq = io.ins.wire(0);
        let width = if W::WIDTH { io.ins.wire(1) } else { Wire::Const(F8::ZERO) };
        let out = io.outs.audio(0);
        match (freq, width) {
            (Wire::Const(f), Wire::Const(w)) => {
                let cycles = f * self.scale;
                // One comparison a range, not a branch a sample; the bits are the same either way.
                if cycles.abs().largest() * (2.0 * blep::STEP_REACH) < 1.0 {
                    if W::SPARSE {
                        self.sparse(cycles, out);
                    } else {
                        self.fixed::<false>(cycles, Held(w), out);
                    }
                } else {
                    self.fixed::<true>(cycles, Held(w), out);
                }
            }
            (Wire::Const(f), w) => {
                by_rate!(w, n, w => self.fixed::<true>(f * self.scale, w, out))
            }
            (f, Wire::Const(w)) => by_rate!(f, n, f => self.moving(f, Held(w), out)),
            (f, w) => by_rate!(f, n, f => by_rate!(w, n, w => self.moving(f, w, out))),
        }
    }

    fn reset(&mut self, lane: usize) {
        self.phase.0[lane] = W::START;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
