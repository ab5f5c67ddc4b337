//! `render_midi(song, file, options)`: a MIDI file as a sound file, written when the script is run for its files.

use super::args::{describe, text};
use super::build::{Build, Fallible, Length, Site, number, with};
use super::entries::{Entry, entry};
use super::perform::inside;
use super::value::Failed;
use crate::diag::Diagnostic;
use crate::session::{Content, Output, Rendering, Session};
use crate::units::Place;
use rhai::{Dynamic, Engine, Map, NativeCallContext as Cx};

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_fn("render_midi", |cx: Cx, song: &str, file: &str| {
        render_midi(&cx, song, file, Map::new())
    });
    engine.register_fn("render_midi", |cx: Cx, song: &str, file: &str, options: Map| {
        render_midi(&cx, song, file, options)
    });
}

/// Linear level below which a tail has decayed, if nothing is said.
const THRESHOLD: f64 = 1e-4;

/// Makes the piece beside the one that the script describes, and notes that it is to be rendered.
fn render_midi(cx: &Cx, song: &str, file: &str, mut options: Map) -> Fallible<()> {
    let tail = options.remove("tail");
    let threshold = options.remove("threshold").as_ref().and_then(number);
    let outer = with(cx, |build, at| {
        checked(build, file, &at);
        (std::mem::take(&mut build.once), build.length.take(), leave(&mut build.session))
    });
    let made = super::song::song(cx, song, &options);
    with(cx, |build, at| {
        let mut session = build.session.clone();
        if let Some(Length::Beats(beats)) = build.length {
            session.length_beats = Some(beats);
        }
        (build.once, build.length) = (outer.0, outer.1);
        // What was made stays among the nodes: others may know it by its number.
        come_back(&mut build.session, outer.2);
        let tail = tail.and_then(|tail| seconds(build, &tail, &at));
        if made?.is::<Failed>() {
            return Ok(());
        }
        super::finish::prune(&mut session);
        session.seed = build.world.seed().unwrap_or(session.seed);
        let threshold = threshold.unwrap_or(THRESHOLD).clamp(1e-9, 1.0);
        let rendering = Rendering { session, tail, threshold };
        let content = Content::Sound(Box::new(rendering));
        build.written.push(Output { path: file.to_string(), content, place: at });
        Ok(())
    })
}

/// Takes everything out of a session but nodes, instruments and files, and returns it.
fn leave(session: &mut Session) -> Session {
    let (nodes, instruments, files) = (
        std::mem::take(&mut session.nodes),
        std::mem::take(&mut session.instruments),
        session.files.clone(),
    );
    let seed = session.seed;
    let inner = Session { nodes, instruments, files, seed, ..Session::default() };
    std::mem::replace(session, inner)
}

/// Puts back what was taken out.
fn come_back(session: &mut Session, outer: Session) {
    let inner = std::mem::replace(session, outer);
    (session.nodes, session.instruments, session.files) =
        (inner.nodes, inner.instruments, inner.files);
}

/// Seconds of a tail: none for `"auto"`.
fn seconds(build: &mut Build, tail: &Dynamic, at: &Place) -> Option<f64> {
    let named = text(tail);
    match (named.as_deref(), number(tail)) {
        (Some("auto"), _) => None,
        (Some("none"), _) => Some(0.0),
        (_, Some(seconds)) if (0.0..=3600.0).contains(&seconds) => Some(seconds),
        _ => {
            let found = describe(tail);
            let message = format!("`tail` must be \"auto\", \"none\" or seconds, not {found}");
            let error = Diagnostic::error(message, at.clone());
            build.report_at(error, Site::Option("tail".into()));
            None
        }
    }
}

/// Complains of a file that cannot be written.
fn checked(build: &mut Build, file: &str, at: &Place) {
    inside(build, file, at);
    let ending = file.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if !matches!(ending.as_str(), "wav" | "flac") {
        let message = format!("`render_midi` cannot write \"{file}\"");
        let hint = "the name must end in .wav or .flac: render_midi(\"song.mid\", \"song.wav\")";
        build.report_at(Diagnostic::error(message, at.clone()).hint(hint), Site::Index(1));
    }
}

/// Its page of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["render_midi"],
    "MIDI files",
    "render_midi(song, file, options)",
    "Renders a MIDI file, as `song` plays it, into a WAV (24 bits) or FLAC file below the folder of the script; it is \
     no part of the piece. The file is written by `rhapsode run` and `rhapsode render`, and while playing once the \
     edit is taken; never by `check` or `plan`. Options: those of `song`, and `tail`: \"auto\" (until it has decayed, \
     30 s at most), \"none\" or seconds; `threshold`, the linear level below which it has decayed, 0.0001.",
    "render_midi(\"song.mid\", \"song.wav\", #{instrument: instrument(|v| sine(v.freq) * v.gate), tail: 2});",
)];
