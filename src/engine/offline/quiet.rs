//! How long the output must be quiet for a tail to be over.

use crate::session::{Arg, Node, Session};

/// Seconds of it at least.
const QUIET: f64 = 0.5;

/// Seconds for which the output must stay quiet: half of one, but longer than the longest echo of `session`, which may
/// come after a silence of its own length.
pub(super) fn seconds(session: &Session) -> f64 {
    let longest = session.nodes.iter().map(|node| echo(session, node)).fold(0.0, f64::max);
    // A little more than the echo, so that it is still heard in it.
    QUIET.max(longest * 1.05)
}

/// Seconds from a sound to what a node repeats of it.
fn echo(session: &Session, node: &Node) -> f64 {
    let Some(kind) = crate::nodes::kind_of(node) else { return 0.0 };
    let number = |name: &str| {
        let param = kind.params.iter().find(|p| p.name == name)?;
        Some(match node.args.get(name) {
            Some(Arg::Number(x)) => *x,
            // A signal may be anything up to what there is memory for.
            Some(Arg::Node(_)) => f64::INFINITY,
            _ => param.default,
        })
    };
    if kind.name == "reverb" {
        return number("predelay").unwrap_or(0.0).min(0.5);
    }
    let slowest = session.tempo.points().iter().map(|p| p.bpm).fold(f64::INFINITY, f64::min);
    let beats = number("time_beats").filter(|beats| *beats > 0.0);
    let time = beats.map(|beats| beats * 60.0 / slowest).or(number("time"));
    // Only what has a longest time is a delay line.
    number("max_time").zip(time).map_or(0.0, |(most, time)| time.min(most))
}
