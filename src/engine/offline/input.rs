//! Sound from outside while rendering: what was given of it, channel by channel.

use super::Options;
use crate::diag::Diagnostic;
use crate::rt::{Inlets, Renderer};
use crate::session::Session;

/// Room for the input of chunks of `blocks` blocks.
pub(super) fn inlets(options: &Options, blocks: usize) -> Inlets {
    let channels = options.input.len();
    let mut inlets = Inlets::new(channels, blocks);
    inlets.open(channels);
    inlets
}

/// Frames of the input.
pub(super) fn frames(options: &Options) -> usize {
    options.input.iter().map(Vec::len).max().unwrap_or(0)
}

/// Lets `renderer` hear what comes in during its next chunk.
pub(super) fn feed(renderer: &mut Renderer, options: &Options) {
    let from = renderer.frame() as usize;
    for (channel, samples) in options.input.iter().enumerate() {
        let rest = samples.get(from..).unwrap_or_default().iter().copied();
        renderer.inlets().write(channel, 0, rest.chain(std::iter::repeat(0.0)));
    }
}

/// What to know if the script listens to a channel that is not given.
pub(super) fn deaf(session: &Session, options: &Options) -> Option<Diagnostic> {
    let given = options.input.len();
    let (node, channel) = session.deaf(given)?;
    let (text, hint) = match given {
        0 => (
            "nothing comes in: `audio_in` is silent".to_string(),
            "`rhapsode render song.rhai --input take.wav` lets it hear a sound file",
        ),
        1 => (
            format!("channel {channel} of the input is silent: it has one"),
            "`audio_in(1)` hears that one",
        ),
        n => (
            format!("channel {channel} of the input is silent: it has {n}"),
            "choose one of those that it has, or give a file with more",
        ),
    };
    Some(Diagnostic::warning(text, node.place.clone()).hint(hint))
}
