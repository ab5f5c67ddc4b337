//! Binds every kind of the node table: one generic function does them all.

use super::args::bind;
use super::build::{Fallible, with};
use super::value::{Fx, Signal};
use crate::nodes::{Class, Kind, Make, Ports, kinds};
use crate::session::Node;
use rhai::{Dynamic, Engine, NativeCallContext};
use std::any::TypeId;

/// Most positional arguments that a call is looked up with; more go in the option map.
const MOST: usize = 8;

/// Binds all kinds but those that the graph compiler lowers itself.
pub fn register(engine: &mut Engine) {
    let any = TypeId::of::<Dynamic>();
    for kind in kinds().filter(|k| !matches!(k.make, Make::Structural)) {
        let arguments = (kind.params.len() + 1).min(MOST);
        for &name in [kind.name].iter().chain(kind.aliases) {
            if matches!(kind.ports, Ports::Signal | Ports::Analyse) {
                // The input is the first argument, so that `sig.range(0, 1)` reads as a method, and
                // `envelope_follower(sig)` as a function of what is heard.
                for n in 0..=arguments {
                    let mut types = vec![any; n + 1];
                    types[0] = TypeId::of::<Signal>();
                    engine.register_raw_fn(name, types, move |cx, args| method(kind, &cx, args));
                }
            }
            // Arithmetic without an input would hide the functions of the same names on plain numbers.
            if kind.ports != Ports::Signal || kind.class != Class::Math {
                for n in 0..=arguments {
                    engine.register_raw_fn(name, vec![any; n], move |cx, args| {
                        Ok(call(kind, &cx, args))
                    });
                }
            }
        }
    }
}

/// `lowpass(800)`: an effect; `sine(220)`: a signal.
fn call(kind: &'static Kind, ctx: &NativeCallContext, args: &[&mut Dynamic]) -> Dynamic {
    // Never taken: the first may be a variable of the script itself.
    let args: Vec<Dynamic> = args.iter().map(|a| (**a).clone()).collect();
    with(ctx, |build, place| {
        let given = bind(build, kind.name, kind.params, &args, 0, &place);
        let node = Node { kind: kind.name.into(), args: given, place, ..Node::default() };
        match kind.ports {
            Ports::Source(_) => Dynamic::from(Signal(build.session.add(node))),
            _ => Dynamic::from(Fx::Node(Box::new(node))),
        }
    })
}

/// `sig.range(0, 1)`: a signal.
fn method(
    kind: &'static Kind,
    ctx: &NativeCallContext,
    args: &[&mut Dynamic],
) -> Fallible<Dynamic> {
    let args: Vec<Dynamic> = args.iter().map(|a| (**a).clone()).collect();
    let input = args[0].clone_cast::<Signal>();
    Ok(with(ctx, |build, place| {
        let given = bind(build, kind.name, kind.params, &args[1..], 0, &place);
        let node = Node { args: given, ..Node::new(kind.name, vec![input.0]) };
        Dynamic::from(Signal(build.add(node, &place)))
    }))
}
