//! Which functions are adapted: one implementation for each signature, and one for its makers.

use super::block::{Across, InPlace};
use super::lane::{Mono, Stereo};
use super::{MOST, Waiting};
use crate::dsp::unit::{Unit, UnitCx};
use crate::nodes::table::{Make, Ports, ProcCx};
use crate::rt::Processor;

/// A function that becomes a node by its signature, of which `Shape` is the name. [The module](super) has the list.
#[diagnostic::on_unimplemented(
    message = "this is no function that can become a node",
    note = "write the types of its arguments: |x: f32|, |[left, right]: [f32; 2]|, |block: &mut [f32]|, ...",
    note = "a function with a state is made by one of the sample rate, |rate: f64| move |x: f32| ..., and must be Copy: \
            what owns memory is a processor of its own",
    note = "the documentation of rhapsode::nodes::adapt has all shapes"
)]
pub trait Adapt<Shape>: 'static {
    /// What a node is made of. Control thread.
    fn parts(self) -> Parts;
}

/// What a function is as a node.
pub struct Parts {
    pub(super) ports: Ports,
    /// Parameters that it has; `None` if it looks for them itself.
    pub(super) params: Option<usize>,
    pub(super) make: Waiting,
}

/// What a function cannot say of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ring {
    /// Seconds that it may sound after its input.
    pub tail: f64,
    /// Frames by which it is late.
    pub latency: usize,
}

impl Ring {
    /// The tail in frames at `rate` hertz.
    pub fn frames(&self, rate: f64) -> usize {
        (self.tail.max(0.0) * rate) as usize
    }
}

fn unit<U: Unit + 'static>(
    ports: Ports,
    params: usize,
    make: impl Fn(&UnitCx, Ring) -> U + Send + Sync + 'static,
) -> Parts {
    let make = |ring| {
        let make = move |cx: &UnitCx| -> Box<dyn Unit> { Box::new(make(cx, ring)) };
        Make::UnitOf(Box::leak(Box::new(make)))
    };
    Parts { ports, params: Some(params), make: Box::new(make) }
}

fn processor<P: Processor>(
    params: usize,
    make: impl Fn(&ProcCx, Ring) -> P + Send + Sync + 'static,
) -> Parts {
    let make = |ring| {
        let make = move |cx: &ProcCx| -> Result<Box<dyn Processor>, String> {
            Ok(Box::new(make(cx, ring)))
        };
        Make::ProcessorOf(Box::leak(Box::new(make)))
    };
    Parts { ports: Ports::Each, params: Some(params), make: Box::new(make) }
}

/// The shapes with `$count` parameters. A function without state is its own state, by a reference that is `Copy`.
macro_rules! shapes {
    ($count:literal: $($p:ident $k:literal $number:ty),*) => {
        impl<F> Adapt<fn(f32 $(, $number)*) -> f32> for F
        where
            F: Fn(f32 $(, $number)*) -> f32 + Send + Sync + 'static,
        {
            fn parts(self) -> Parts {
                let f: &'static F = Box::leak(Box::new(self));
                Adapt::<fn(f64) -> fn(f32 $(, $number)*) -> f32>::parts(move |_: f64| f)
            }
        }

        impl<F, G> Adapt<fn(f64) -> fn(f32 $(, $number)*) -> f32> for F
        where
            F: Fn(f64) -> G + Send + Sync + 'static,
            G: FnMut(f32 $(, $number)*) -> f32 + Copy + Send + 'static,
        {
            fn parts(self) -> Parts {
                unit(Ports::Each, $count, move |cx, ring| {
                    let mut g = self(cx.rate);
                    Mono::new(cx, ring, $count, move |x, _p: &[f32; MOST]| g(x $(, _p[$k])*))
                })
            }
        }

        impl<F> Adapt<fn([f32; 2] $(, $number)*) -> [f32; 2]> for F
        where
            F: Fn([f32; 2] $(, $number)*) -> [f32; 2] + Send + Sync + 'static,
        {
            fn parts(self) -> Parts {
                let f: &'static F = Box::leak(Box::new(self));
                Adapt::<fn(f64) -> fn([f32; 2] $(, $number)*) -> [f32; 2]>::parts(move |_: f64| f)
            }
        }

        impl<F, G> Adapt<fn(f64) -> fn([f32; 2] $(, $number)*) -> [f32; 2]> for F
        where
            F: Fn(f64) -> G + Send + Sync + 'static,
            G: FnMut([f32; 2] $(, $number)*) -> [f32; 2] + Copy + Send + 'static,
        {
            fn parts(self) -> Parts {
                unit(Ports::Stereo, $count, move |cx, ring| {
                    let mut g = self(cx.rate);
                    Stereo::new(cx, ring, $count, move |x, _p: &[f32; MOST]| g(x $(, _p[$k])*))
                })
            }
        }

        impl<F> Adapt<fn(&mut [f32] $(, $number)*)> for F
        where
            F: Fn(&mut [f32] $(, $number)*) + Send + Sync + 'static,
        {
            fn parts(self) -> Parts {
                let f: &'static F = Box::leak(Box::new(self));
                Adapt::<fn(f64) -> fn(&mut [f32] $(, $number)*)>::parts(move |_: f64| f)
            }
        }

        impl<F, G> Adapt<fn(f64) -> fn(&mut [f32] $(, $number)*)> for F
        where
            F: Fn(f64) -> G + Send + Sync + 'static,
            G: FnMut(&mut [f32] $(, $number)*) + Copy + Send + 'static,
        {
            fn parts(self) -> Parts {
                processor($count, move |cx, ring| {
                    let mut g = self(cx.rate);
                    let run = move |x: &mut [f32], _p: &[f32; MOST]| g(x $(, _p[$k])*);
                    InPlace::new(cx, ring, run)
                })
            }
        }

        impl<F> Adapt<fn(&[f32], &mut [f32] $(, $number)*)> for F
        where
            F: Fn(&[f32], &mut [f32] $(, $number)*) + Send + Sync + 'static,
        {
            fn parts(self) -> Parts {
                let f: &'static F = Box::leak(Box::new(self));
                Adapt::<fn(f64) -> fn(&[f32], &mut [f32] $(, $number)*)>::parts(move |_: f64| f)
            }
        }

        impl<F, G> Adapt<fn(f64) -> fn(&[f32], &mut [f32] $(, $number)*)> for F
        where
            F: Fn(f64) -> G + Send + Sync + 'static,
            G: FnMut(&[f32], &mut [f32] $(, $number)*) + Copy + Send + 'static,
        {
            fn parts(self) -> Parts {
                processor($count, move |cx, ring| {
                    let mut g = self(cx.rate);
                    let run = move |x: &[f32], y: &mut [f32], _p: &[f32; MOST]| g(x, y $(, _p[$k])*);
                    Across::new(cx, ring, run)
                })
            }
        }
    };
}

shapes!(0:);
shapes!(1: a 0 f32);
shapes!(2: a 0 f32, b 1 f32);
shapes!(3: a 0 f32, b 1 f32, c 2 f32);
shapes!(4: a 0 f32, b 1 f32, c 2 f32, d 3 f32);

impl<F> Adapt<fn(&UnitCx) -> Box<dyn Unit>> for F
where
    F: Fn(&UnitCx) -> Box<dyn Unit> + Send + Sync + 'static,
{
    fn parts(self) -> Parts {
        let make: &'static F = Box::leak(Box::new(self));
        Parts { ports: Ports::Each, params: None, make: Box::new(move |_| Make::UnitOf(make)) }
    }
}

impl<F> Adapt<fn(&ProcCx) -> Result<Box<dyn Processor>, String>> for F
where
    F: Fn(&ProcCx) -> Result<Box<dyn Processor>, String> + Send + Sync + 'static,
{
    fn parts(self) -> Parts {
        let make: &'static F = Box::leak(Box::new(self));
        let make = Box::new(move |_| Make::ProcessorOf(make));
        Parts { ports: Ports::Linked, params: None, make }
    }
}
