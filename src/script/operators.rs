//! Operators on signals and effects: `+ - * /`, unary minus, the pipe `|>`; and teaching refusals.

use super::args::describe;
use super::build::{Build, Fallible, number, with};
use super::value::{Failed, Fx, Signal, Whole};
use crate::nodes::find;
use crate::session::{Arg, Node, NodeId};
use crate::units::Place;
use rhai::{Dynamic, Engine, EvalAltResult, NativeCallContext};

/// Operators that make signals, and the kinds that do the work.
const ARITHMETIC: [(&str, &str); 6] =
    [("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"), ("%", "mod"), ("**", "pow")];

/// Operators whose result a script would need at once, which a signal cannot give.
const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// Binds the operators.
pub fn register(engine: &mut Engine) {
    for (op, kind) in ARITHMETIC {
        engine.register_fn(op, move |cx: NativeCallContext, a: Signal, b: Dynamic| {
            arithmetic(&cx, op, kind, a.into(), b)
        });
        engine.register_fn(op, move |cx: NativeCallContext, a: Dynamic, b: Signal| {
            arithmetic(&cx, op, kind, a, b.into())
        });
        engine.register_fn(op, move |cx: NativeCallContext, a: Fx, b: Dynamic| {
            effects(&cx, op, a.into(), b)
        });
        engine.register_fn(op, move |cx: NativeCallContext, a: Dynamic, b: Fx| {
            effects(&cx, op, a, b.into())
        });
        engine.register_fn(op, |_: Failed, _: Dynamic| Failed);
        engine.register_fn(op, |_: Dynamic, _: Failed| Failed);
    }
    for op in COMPARISONS {
        engine.register_fn(op, |_: Signal, _: Dynamic| -> Fallible<bool> { Err(undecided()) });
        engine.register_fn(op, |_: Dynamic, _: Signal| -> Fallible<bool> { Err(undecided()) });
        engine.register_fn(op, |_: Failed, _: Dynamic| Failed);
        engine.register_fn(op, |_: Dynamic, _: Failed| Failed);
    }
    engine.register_fn("-", |cx: NativeCallContext, a: Signal| {
        with(&cx, |build, place| {
            Signal(build.add(math_node("mul", a.0, Arg::Number(-1.0)), &place))
        })
    });
    engine.register_fn("-", |a: Fx| Fx::Scale(Box::new(a), Arg::Number(-1.0)));
    engine.register_fn("-", |_: Failed| Failed);
    engine.register_fn("|>", pipe);
}

/// An error of the script's own, with what to do.
pub fn fail<T>(message: impl Into<String>) -> Fallible<T> {
    Err(message.into().into())
}

fn undecided() -> Box<EvalAltResult> {
    "a signal has no value while the script runs, so it cannot be compared\n\
     signals move while the music plays; use `select(cond, a, b)` or arithmetic"
        .into()
}

impl From<Signal> for Dynamic {
    fn from(signal: Signal) -> Dynamic {
        Dynamic::from(signal)
    }
}

impl From<Fx> for Dynamic {
    fn from(fx: Fx) -> Dynamic {
        Dynamic::from(fx)
    }
}

/// A node of arithmetic: `input` op `by`.
#[must_use]
pub fn math_node(kind: &str, input: NodeId, by: Arg) -> Node {
    let name = find(kind).and_then(|k| k.params.first()).map_or("b", |p| p.name);
    Node::new(kind, vec![input]).with(name, by)
}

/// A signal that is always `x`: nothing, and `x` added to it.
pub fn constant(build: &mut Build, x: f64, place: &Place) -> NodeId {
    let silence = build.add(Node::new("mix", Vec::new()), place);
    build.add(math_node("add", silence, Arg::Number(x)), place)
}

fn arithmetic(
    ctx: &NativeCallContext,
    op: &str,
    kind: &str,
    a: Dynamic,
    b: Dynamic,
) -> Fallible<Dynamic> {
    if a.is::<Failed>() || b.is::<Failed>() {
        return Ok(Dynamic::from(Failed));
    }
    let operand = |x: &Dynamic| match x.clone().try_cast::<Signal>() {
        Some(signal) => Some(Arg::signal(signal.0)),
        None => number(x).filter(|x| x.is_finite()).map(Arg::Number),
    };
    let (Some(left), Some(right)) = (operand(&a), operand(&b)) else {
        if a.is::<Fx>() || b.is::<Fx>() {
            return fail(format!(
                "`{op}` cannot join a signal and an effect\n\
                 send the signal through the effect with `|>`"
            ));
        }
        let other = if a.is::<Signal>() { &b } else { &a };
        return fail(format!(
            "`{op}` cannot join a signal and {}\n\
             arithmetic on signals takes signals and numbers",
            describe(other)
        ));
    };
    Ok(with(ctx, |build, place| {
        let id = match (op, left, right) {
            ("+", Arg::Node(a), Arg::Node(b)) => build.mix(&[a.signal, b.signal], &place),
            // Both commute: the number becomes the parameter.
            ("+" | "*", Arg::Number(x), Arg::Node(b)) => {
                build.add(math_node(kind, b.signal, Arg::Number(x)), &place)
            }
            (_, Arg::Node(a), by) => build.add(math_node(kind, a.signal, by), &place),
            (_, Arg::Number(x), by) => {
                let a = constant(build, x, &place);
                build.add(math_node(kind, a, by), &place)
            }
            _ => unreachable!("operands are signals or numbers"),
        };
        Dynamic::from(Signal(id))
    }))
}

/// `fx + fx` side by side, `fx - fx`, `fx * x`, `x * fx`, `fx / x`.
fn effects(_: &NativeCallContext, op: &str, a: Dynamic, b: Dynamic) -> Fallible<Dynamic> {
    let (left, right) = (a.clone().try_cast::<Fx>(), b.clone().try_cast::<Fx>());
    let factor = |x: &Dynamic| match x.clone().try_cast::<Signal>() {
        Some(signal) => Some(Arg::signal(signal.0)),
        None => number(x).filter(|x| x.is_finite()).map(Arg::Number),
    };
    let scaled = |fx: Fx, by: Arg| Ok(Dynamic::from(Fx::Scale(Box::new(fx), by)));
    match (op, left, right) {
        ("+", Some(a), Some(b)) => Ok(Dynamic::from(a.beside(b))),
        ("-", Some(a), Some(b)) => {
            Ok(Dynamic::from(a.beside(Fx::Scale(Box::new(b), Arg::Number(-1.0)))))
        }
        ("*", Some(fx), None) if factor(&b).is_some() => {
            scaled(fx, factor(&b).unwrap_or(Arg::Number(1.0)))
        }
        ("*", None, Some(fx)) if factor(&a).is_some() => {
            scaled(fx, factor(&a).unwrap_or(Arg::Number(1.0)))
        }
        ("/", Some(fx), None) if number(&b).is_some_and(|x| x != 0.0) => {
            scaled(fx, Arg::Number(1.0 / number(&b).unwrap_or(1.0)))
        }
        _ => fail(format!(
            "`{op}` cannot join {} and {}\n\
             effects: `a |> b` in series, `a + b` side by side, `a * 0.5` quieter, `-a` inverted",
            describe(&a),
            describe(&b)
        )),
    }
}

/// `x |> fx`: a signal through an effect, or two effects in series.
fn pipe(ctx: NativeCallContext, a: Dynamic, b: Dynamic) -> Fallible<Dynamic> {
    if a.is::<Failed>() || b.is::<Failed>() {
        return Ok(Dynamic::from(Failed));
    }
    if let Some(whole) = b.clone().try_cast::<Whole>() {
        return super::whole::pipe(&ctx, &a, whole);
    }
    let Some(fx) = b.clone().try_cast::<Fx>() else {
        return fail(format!(
            "the right side of `|>` must be an effect, not {}\n\
             for example `saw(110) |> lowpass(800) |> gain(0.5)`",
            describe(&b)
        ));
    };
    if let Some(first) = a.clone().try_cast::<Fx>() {
        return Ok(Dynamic::from(first.then(fx)));
    }
    with(&ctx, |build, place| {
        let input = match (a.clone().try_cast::<Signal>(), number(&a)) {
            (Some(signal), _) => signal.0,
            (None, Some(x)) if x.is_finite() => constant(build, x, &place),
            _ => {
                return fail(format!(
                    "the left side of `|>` must be a signal or an effect, not {}",
                    describe(&a)
                ));
            }
        };
        Ok(Dynamic::from(Signal(build.apply(&fx, input, &place))))
    })
}
