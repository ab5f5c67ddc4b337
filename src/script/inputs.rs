//! Sound from outside: `audio_in(1)`, `audio_in(1, 2)`.

use super::args::describe;
use super::build::{Site, number, with};
use super::value::{Failed, Signal};
use crate::diag::Diagnostic;
use crate::session::{Arg, INPUTS, Node};
use rhai::{Array, Dynamic, Engine, NativeCallContext as Cx};

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_fn("audio_in", |cx: Cx| audio_in(&cx, &[Dynamic::ONE]));
    engine.register_fn("audio_in", |cx: Cx, channel: Dynamic| audio_in(&cx, &[channel]));
    engine.register_fn("audio_in", |cx: Cx, channels: Array| audio_in(&cx, &channels));
    engine.register_fn("audio_in", |cx: Cx, left: Dynamic, right: Dynamic| {
        audio_in(&cx, &[left, right])
    });
}

/// One channel, or two as left and right.
fn audio_in(cx: &Cx, given: &[Dynamic]) -> Dynamic {
    with(cx, |build, place| {
        if given.iter().any(Dynamic::is::<Failed>) {
            return Dynamic::from(Failed);
        }
        let channel = |value: &Dynamic| {
            number(value).filter(|x| x.fract() == 0.0 && (1.0..=INPUTS as f64).contains(x))
        };
        let channels: Vec<f64> = given.iter().filter_map(channel).collect();
        if channels.len() == given.len() && (1..=2).contains(&channels.len()) {
            let node = Node::new("audio_in", Vec::new()).with("channels", Arg::List(channels));
            return Dynamic::from(Signal(build.add(node, &place)));
        }
        let (wrong, site) = match given.iter().position(|value| channel(value).is_none()) {
            Some(i) => (describe(&given[i]), Site::Index(i)),
            None => (format!("{} channels", given.len()), Site::Index(0)),
        };
        let message = format!("`audio_in` takes one channel or two, not {wrong}");
        let hint = format!(
            "channels count from 1 to {INPUTS}: `audio_in(1)` is mono, `audio_in(1, 2)` stereo"
        );
        build.report_at(Diagnostic::error(message, place).hint(hint), site);
        Dynamic::from(Failed)
    })
}
