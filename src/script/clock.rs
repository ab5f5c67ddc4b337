//! Time from outside and for others: `sync_to("port")`, `midi_clock_out("port")`.

use super::build::{Build, with};
use super::entries::{Entry, entry};
use super::value::MidiPort;
use crate::diag::Diagnostic;
use crate::session::Port;
use crate::units::Place;
use rhai::{Engine, NativeCallContext as Cx};

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("sync_to", |cx: Cx, name: &str| {
        with(&cx, |build, at| sync(build, Port::named(name), &at));
    });
    engine.register_fn("sync_to", |cx: Cx, port: MidiPort| {
        with(&cx, |build, at| sync(build, port.0, &at));
    });
    engine.register_fn("midi_clock_out", |cx: Cx, name: &str| clock_out(&cx, name, false));
    engine.register_fn("virtual_midi_clock_out", |cx: Cx, name: &str| clock_out(&cx, name, true));
}

fn sync(build: &mut Build, port: Port, place: &Place) {
    build.once("sync_to", place);
    if port.is_link() {
        if cfg!(feature = "link") {
            build.session.sync = Some(port);
            return;
        }
        let error = Diagnostic::error("there is no Ableton Link in this build", place.clone());
        return build.report(
            error.hint(
                "build with `cargo build --release --features link` (under the GPL), or follow a MIDI clock: \
                 sync_to(\"part of a port's name\")",
            ),
        );
    }
    if !build.session.ports.contains(&port) {
        build.session.ports.push(port.clone());
    }
    build.session.sync = Some(port);
}

fn clock_out(cx: &Cx, name: &str, own: bool) {
    with(cx, |build, _| {
        let port = Port { name: name.to_string(), own };
        if !build.session.clocks.contains(&port) {
            build.session.clocks.push(port);
        }
    });
}

const GROUP: &str = "MIDI clock";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["sync_to"],
        GROUP,
        "sync_to(port)",
        "Follows the MIDI clock of a port (a part of its name, or what `midi_in` gave): patterns, lfos and echoes go at its \
     tempo, start jumps to the beginning, song position and continue to where they say, stop stops the patterns. It is \
     filtered, so that jitter is not heard; if it falls silent, the music goes on at its last tempo. Until it ticks, and \
     offline, the piece has its own tempo. `sync_to(\"link\")` follows the Ableton Link session of the local network, in \
     builds with the feature `link`: tempo, the phase of its bars of four, start and stop.",
        "sync_to(\"Drum machine\");",
    ),
    entry(
        &["midi_clock_out", "virtual_midi_clock_out"],
        GROUP,
        "midi_clock_out(port), virtual_midi_clock_out(name)",
        "Sends a MIDI clock to a port (a part of its name; `virtual` makes one of that name for others to connect to): 24 \
         ticks a beat, each at its frame, start at the beginning, song position and continue where the clock joins later, \
         stop at the end.",
        "midi_clock_out(\"Drum machine\");",
    ),
];
