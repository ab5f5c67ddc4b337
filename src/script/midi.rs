//! Keyboards: `midi_in("Keystation")`, `virtual_midi_in("name")`, and `.midi_in(port, channel)` of tracks.

pub mod effects;

use super::args::{bind, describe, text};
use super::build::{Build, Site, number, with};
use super::entries::{Entry, entry};
use super::value::{Failed, MidiPort, Strip};
use crate::diag::Diagnostic;
use crate::nodes::{Param, ParamKind};
use crate::session::{Arg, Ear, Node, Port};
use crate::units::Place;
use rhai::{Dynamic, Engine, NativeCallContext as Cx};

/// Options of `.midi_in(port, options)`.
const OPTIONS: &[Param] = &[
    Param::number("channel", "", (0.0, 16.0), 0.0, "The channel that is heard; 0 hears all.")
        .fixed(),
    Param::other(
        "mpe",
        ParamKind::Flag,
        "",
        "Every note has a channel of its own, which bends it.",
    ),
];

/// All channels.
const ALL: u16 = u16::MAX;

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("midi_in", |cx: Cx| opened(&cx, "", false));
    engine.register_fn("midi_in", |cx: Cx, name: &str| opened(&cx, name, false));
    effects::register(engine);
    // They are called later, by another engine; here they are known.
    effects::methods(engine);
    engine.register_fn("virtual_midi_in", |cx: Cx, name: &str| opened(&cx, name, true));
    engine.register_fn("midi_in", |cx: Cx, strip: Strip| played(&cx, strip, &[]));
    engine
        .register_fn("midi_in", |cx: Cx, strip: Strip, port: Dynamic| played(&cx, strip, &[port]));
    engine.register_fn("midi_in", |cx: Cx, strip: Strip, port: Dynamic, channel: Dynamic| {
        played(&cx, strip, &[port, channel])
    });
}

/// A port to listen to.
fn opened(cx: &Cx, name: &str, own: bool) -> MidiPort {
    with(cx, |build, _| open(build, Port { name: name.to_string(), own }))
}

fn open(build: &mut Build, port: Port) -> MidiPort {
    if !build.session.ports.contains(&port) {
        build.session.ports.push(port.clone());
    }
    MidiPort(port)
}

/// Lets a track be played from a port.
fn played(cx: &Cx, strip: Strip, args: &[Dynamic]) -> Strip {
    with(cx, |build, place| {
        let Strip::Track(track) = strip else {
            let hint = "notes play tracks; a bus only passes on what is sent to it";
            let error = Diagnostic::error("a bus cannot be played", place.clone());
            return build.report(error.hint(hint));
        };
        let Some(MidiPort(port)) = port(build, args.first(), &place) else { return };
        // A bare number is the channel.
        let rest = args.get(1..).unwrap_or_default();
        let given = bind(build, "midi_in", OPTIONS, rest, 1, &place);
        let channels = match given.get("channel") {
            Some(Arg::Number(n)) if n.fract() == 0.0 && *n >= 1.0 => 1 << (*n as u32 - 1),
            _ => ALL,
        };
        let mpe = given.get("mpe") == Some(&Arg::Flag(true));
        let ear = Ear { port, channels, mpe };
        let ears = &mut build.session.tracks[track].ears;
        if !ears.contains(&ear) {
            ears.push(ear);
        }
    });
    strip
}

/// The port in an argument; that of any device if there is none.
fn port(build: &mut Build, given: Option<&Dynamic>, place: &Place) -> Option<MidiPort> {
    let Some(value) = given else { return Some(open(build, Port::named(""))) };
    if let Some(port) = value.clone().try_cast::<MidiPort>() {
        return Some(port);
    }
    if let Some(name) = text(value) {
        return Some(open(build, Port::named(&name)));
    }
    if !value.is::<Failed>() {
        let message = format!("`midi_in` takes a port, not {}", describe(value));
        let hint = match number(value) {
            Some(_) => "the port comes first: `.midi_in(\"Keystation\", 1)`",
            None => "part of the name of a port, or what `midi_in(\"name\")` gave",
        };
        let error = Diagnostic::error(message, place.clone()).hint(hint);
        build.report_at(error, Site::Index(0));
    }
    None
}

/// Complains of ports without a name, and warns of tracks that are to be played by hand and cannot be.
pub fn check(build: &mut Build) {
    let nameless =
        |node: &&Node| node.kind == "midi_out" && node.text("port").is_none_or(str::is_empty);
    let places: Vec<Place> =
        build.session.nodes.iter().filter(nameless).map(|node| node.place.clone()).collect();
    for place in places {
        let hint =
            "part of the name of a port, which `rhapsode midi` lists: `midi_out(\"Model D\", 1)`";
        build.report(Diagnostic::error("`midi_out` needs the name of a port", place).hint(hint));
    }
    const PLAYED: [&str; 4] = ["instrument", "kit", "sampler", "midi_out"];
    let session = &build.session;
    let mute = session
        .tracks
        .iter()
        .filter(|t| !t.ears.is_empty() && !PLAYED.contains(&session.node(t.source).kind.as_str()));
    let warnings: Vec<Diagnostic> = mute
        .map(|track| {
            let message = format!("track \"{}\" has nothing that plays notes", track.name);
            let hint = "`midi_in` plays an instrument, a kit, a sampler or a `midi_out`; \
                        a sound becomes one by `instrument(|v| saw(v.freq) * adsr(v.gate))`";
            Diagnostic::warning(message, track.place.clone()).hint(hint)
        })
        .collect();
    warnings.into_iter().for_each(|warning| build.report(warning));
}

const HANDS: &str = "Played by hand (MIDI; nothing comes in offline)";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["midi_in"],
        HANDS,
        "midi_in(name), track(..).midi_in(port, channel)",
        "Listens to a MIDI port: part of its name, in any case; every port without a name. It is connected to \
         when it is there, and again when it comes back. A track with `.midi_in(port)` is played by its notes, \
         on all channels or on one (1..16); kits have the keys of General MIDI. `#{channel: 0, mpe: true}` takes \
         a channel for each note (MPE). Velocity, bend and the pedals (sustain, sostenuto, soft) are heard by \
         every instrument; an instrument that asks for them by name also gets `v.param(\"pressure\")`, \
         `v.param(\"timbre\")` (controller 74) and `v.param(\"modulation\")` (controller 1), 0..1. A note is \
         heard one buffer of the device after it has come in, at its own frame. `midi_in(\"computer keyboard\")` is \
         the keyboard of the terminal: `rhapsode live song.rhai --keys`, or `:keys` at the prompt, makes piano keys \
         of its two rows.",
        "let keys = midi_in(\"Keystation\");\n\
         track(\"keys\", instrument(|v| saw(v.freq) * adsr(v.gate, 0.01, 0.1, 0.7, 0.2) * v.velocity)).midi_in(keys, 1);",
    ),
    entry(
        &["on_midi"],
        HANDS,
        "on_midi(port, |m| [messages], options)",
        "A MIDI effect: what comes in on the port goes through a function before it plays the tracks that listen to \
         the port. A message is a map: `kind` (\"note_on\" \"note_off\" \"control\" \"bend\" \"pressure\" \
         \"key_pressure\" \"program\"), `channel` 1..16, `note` and `velocity`, or `number` and `value`, and `beat`. \
         The function returns a message, a list of them, or nothing; `m.transpose(12)`, `m.louder(0.5)`, \
         `m.later(0.1)` (seconds) and `m.on_channel(2)` change one. `this` is its own memory, a map. With \
         `#{ticks: 4}` it is also called four times a beat, with a message of kind \"tick\" that has a `beat` and \
         a `count`. What comes through is heard 8 ms later than what comes straight. `std/midi` has effects that \
         are ready: shift, chord, split, velocity_curve, strum, arpeggio.",
        "let keys = midi_in(\"Keystation\"); on_midi(keys, |m| if m.kind == \"note_on\" && m.note < 48 { [m.transpose(12)] } else { [m] });",
    ),
    entry(
        &["louder", "later", "on_channel"],
        HANDS,
        "m.louder(factor), m.later(seconds), m.on_channel(channel)",
        "Messages of `on_midi` with another velocity (kept within 0..127), later by so many seconds, on another \
         channel; what a message says nothing of stays.",
        "on_midi(midi_in(), |m| [m, m.transpose(12).louder(0.5).later(0.1).on_channel(2)]);",
    ),
    entry(
        &["virtual_midi_in"],
        HANDS,
        "virtual_midi_in(name)",
        "A MIDI port of our own that others can send to.",
        "track(\"keys\", instrument(|v| sine(v.freq) * adsr(v.gate, 0.01, 0.1, 0.7, 0.2))).midi_in(virtual_midi_in(\"keys\"));",
    ),
];
