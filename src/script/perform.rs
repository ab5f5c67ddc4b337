//! What a script asks of the performance: `hush panic mute solo undo record status ...`.

use super::args::bind;
use super::build::{Build, Site, with};
use super::entries::{Entry, entry};
use crate::diag::{Diagnostic, nearest};
use crate::nodes::Param;
use crate::session::{Arg, Command};
use crate::units::Place;
use crate::world::confined;
use rhai::{Dynamic, Engine, Map, NativeCallContext as Cx};

/// Binds them.
pub fn register(engine: &mut Engine) {
    let plain = [
        ("hush", Command::Hush),
        ("unhush", Command::Unhush),
        ("panic", Command::Panic),
        ("unsolo", Command::Unsolo),
        ("undo", Command::Undo),
        ("redo", Command::Redo),
        ("stop_recording", Command::StopRecording),
        ("maps", Command::Maps),
        ("status", Command::Status),
        ("plan", Command::Plan),
    ];
    for (name, command) in plain {
        engine.register_fn(name, move |cx: Cx| ask(&cx, command.clone()));
    }
    engine.register_fn("mute", |cx: Cx, name: &str| ask(&cx, Command::Mute(name.into(), true)));
    engine.register_fn("unmute", |cx: Cx, name: &str| ask(&cx, Command::Mute(name.into(), false)));
    engine.register_fn("solo", |cx: Cx, name: &str| ask(&cx, Command::Solo(name.into(), true)));
    engine.register_fn("unsolo", |cx: Cx, name: &str| ask(&cx, Command::Solo(name.into(), false)));
    engine.register_fn("help", |cx: Cx, name: &str| ask(&cx, Command::Help(name.into())));
    engine.register_fn("record", |cx: Cx| ask(&cx, Command::Record("take.wav".into())));
    engine.register_fn("record", |cx: Cx, path: &str| {
        with(&cx, |build, at| checked(build, path, &at));
        ask(&cx, Command::Record(path.into()));
    });
    engine.register_fn("record_midi", |cx: Cx| record_midi(&cx, "take.mid", &[]));
    engine.register_fn("record_midi", |cx: Cx, path: &str| record_midi(&cx, path, &[]));
    engine.register_fn("record_midi", |cx: Cx, path: &str, options: Map| {
        record_midi(&cx, path, &[options.into()]);
    });
    engine.register_fn("stems", |cx: Cx, path: &str| {
        with(&cx, |build, at| inside(build, path, &at));
        ask(&cx, Command::Stems(path.into()));
    });
}

fn ask(cx: &Cx, command: Command) {
    with(cx, |build, place| build.commands.push((command, place)));
}

/// Options of `record_midi`.
const MIDI_OPTIONS: &[Param] = &[Param::number(
    "quantize",
    "cycles",
    (0.0, 1.0),
    0.0,
    "Parts of a cycle on which notes begin, as 1.0/16; 0 leaves them where they were played.",
)
.fixed()];

fn record_midi(cx: &Cx, path: &str, options: &[Dynamic]) {
    let grid = with(cx, |build, at| {
        inside(build, path, &at);
        match bind(build, "record_midi", MIDI_OPTIONS, options, 1, &at).get("quantize") {
            Some(Arg::Number(part)) if *part > 0.0 => Some((1.0 / part).round().max(1.0) as u32),
            _ => None,
        }
    });
    ask(cx, Command::RecordMidi(path.into(), grid));
}

/// Complains of a path that leaves the folder of the script.
pub fn inside(build: &mut Build, path: &str, place: &Place) {
    let out = confined(path).err().or_else(|| path.is_empty().then(|| "a name is missing".into()));
    if let Some(why) = out {
        let hint = "files are written below the folder of the script";
        build.report_at(Diagnostic::error(why, place.clone()).hint(hint), Site::Index(0));
    }
}

/// Complains of a file that cannot be recorded into.
fn checked(build: &mut Build, path: &str, place: &Place) {
    inside(build, path, place);
    let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if !matches!(ending.as_str(), "wav" | "flac") {
        let message = format!("`record` cannot write \"{path}\"");
        let hint = "the name must end in .wav or .flac: record(\"take.wav\")";
        build.report_at(Diagnostic::error(message, place.clone()).hint(hint), Site::Index(0));
    }
}

/// Complains of commands that name a track or bus that there is not.
pub fn check(build: &mut Build) {
    let session = &build.session;
    let names: Vec<&str> = session
        .tracks
        .iter()
        .map(|t| t.name.as_str())
        .chain(session.buses.iter().map(|b| b.name.as_str()))
        .collect();
    let unknown = |(command, place): &(Command, Place)| {
        let (Command::Mute(name, _) | Command::Solo(name, _)) = command else { return None };
        if names.contains(&name.as_str()) || build.lost.contains(name) {
            return None;
        }
        let hint = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("there are: {}", names.join(", ")),
        };
        let message = format!("there is no track or bus called \"{name}\"");
        Some(Diagnostic::error(message, place.clone()).hint(hint))
    };
    let errors: Vec<Diagnostic> = build.commands.iter().filter_map(unknown).collect();
    for error in errors {
        build.report_at(error, Site::Index(0));
    }
}

pub(super) const LIVE: &str =
    "While playing (each runs once, after the swap; never in check, plan or render)";

/// Whether `name` is one of them.
#[must_use]
pub fn is_command(name: &str) -> bool {
    let files = super::render::ENTRIES.iter().chain(super::rig::COMMANDS);
    let files = files.chain(super::plugin::COMMANDS);
    ENTRIES.iter().chain(files).any(|entry| entry.names.contains(&name))
}

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["hush", "unhush"],
        LIVE,
        "hush()",
        "Stops all patterns, releases what is held and lets effects ring out. A track plays again when it is \
         entered again, when the file is saved, or after `unhush()`.",
        "hush();",
    ),
    entry(
        &["panic"],
        LIVE,
        "panic()",
        "Silence at once: notes, tails, all that waits.",
        "panic();",
    ),
    entry(
        &["mute", "unmute"],
        LIVE,
        "mute(name), unmute(name)",
        "Mutes a track or bus; it runs on unheard. Holds over edits until it is taken back.",
        "track(\"a\", sine(220)); mute(\"a\");",
    ),
    entry(
        &["solo", "unsolo"],
        LIVE,
        "solo(name), unsolo(name), unsolo()",
        "Silences all but the soloed tracks and what they feed; `unsolo()` takes every solo back.",
        "track(\"a\", sine(220)); solo(\"a\");",
    ),
    entry(
        &["undo", "redo"],
        LIVE,
        "undo(), redo()",
        "Back to the music that sounded before, up to 50 times; and forward again.",
        "undo();",
    ),
    entry(
        &["record"],
        LIVE,
        "record(file)",
        "Records what is heard into a WAV (32-bit float) or FLAC file, `take.wav` if not said. A file that is \
         there already is left alone: the next is `take-2.wav`.",
        "record(\"take.wav\");",
    ),
    entry(
        &["record_midi"],
        LIVE,
        "record_midi(file, options)",
        "Writes what is played by hand into a MIDI file, a track a channel, with the tempo, from the last bar line on; \
         \"take.mid\" without a name. `#{quantize: 1.0/16}` lets notes begin on sixteenths. The file is written \
         every second and at the end (`stop_recording()`, or when the program ends); `take(\"take.mid\")` makes a \
         pattern of it.",
        "record_midi(\"take.mid\");",
    ),
    entry(
        &["stems"],
        LIVE,
        "stems(folder)",
        "Records what is heard, and each track and bus by itself, into a folder.",
        "stems(\"stems\");",
    ),
    entry(
        &["stop_recording"],
        LIVE,
        "stop_recording()",
        "Ends the recording and says what was written.",
        "stop_recording();",
    ),
    entry(
        &["learn"],
        LIVE,
        "learn(target, lo, hi, curve)",
        "The controller that is moved next is mapped to the parameter, and the line for the script is \
         shown. Range and curve are those of the parameter if not given.",
        "track(\"acid\", saw(110)).fx(drive(0.3)); learn(\"acid/drive.amount\");",
    ),
    entry(
        &["maps"],
        LIVE,
        "maps()",
        "Lists which controllers move which parameters, where these stand, and which knob has hold of each.",
        "maps();",
    ),
    entry(
        &["status"],
        LIVE,
        "status()",
        "Says where the music is, its tempo, level, load, what is muted, soloed and recorded.",
        "status();",
    ),
    entry(
        &["plan"],
        LIVE,
        "plan()",
        "Says what the edit kept, changed, added and removed, node by node.",
        "plan();",
    ),
    entry(&["help"], LIVE, "help(name)", "Shows a page of this manual.", "help(\"lowpass\");"),
];
