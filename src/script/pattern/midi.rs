//! MIDI files in scripts: `midi_file(path)` is a pattern, `midi_info(path)` says what is in the file.

use super::run;
use crate::diag::Diagnostic;
use crate::midi::{Change, Division, Note, Song};
use crate::pattern::table::find_method;
use crate::pattern::value::Controls;
use crate::pattern::{Frac, Pattern, Value, call};
use crate::script::build::{Build, Fallible, Site, with};
use crate::script::entries::{Entry, entry};
use crate::script::value::Failed;
use crate::session::Content;
use crate::units::Place;
use rhai::{Array, Dynamic, Engine, Map, NativeCallContext as Cx};
use std::sync::Arc;

/// Controls that say where in the file a note stands: its track from 1, its channel from 1.
const TRACK: &str = "miditrack";
const CHANNEL: &str = "midichan";

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("midi_file", |cx: Cx, path: &str| {
        with(&cx, |build, at| match read(build, path, &at) {
            Some(file) => pattern(build, &file),
            None => Dynamic::from(Failed),
        })
    });
    engine.register_fn("take", |cx: Cx, path: &str| {
        with(&cx, |build, at| match read(build, path, &at) {
            Some(file) => take(build, &file),
            None => Dynamic::from(Failed),
        })
    });
    engine.register_fn("midi_info", |cx: Cx, path: &str| {
        with(&cx, |build, at| match read(build, path, &at) {
            Some(file) => Dynamic::from(info(&file.song)),
            None => Dynamic::from(Failed),
        })
    });
    engine.register_fn("track", |p: Pattern, n: i64| only(&p, TRACK, n));
    engine.register_fn("channel", |cx: Cx, p: Pattern, n: i64| -> Fallible<Dynamic> {
        if is_file(&p).is_some() {
            return Ok(Dynamic::from(only(&p, CHANNEL, n)));
        }
        let row = find_method("channel").ok();
        run(&cx, row, vec![Dynamic::from_int(n)], |given| call("channel", &p, given))
    });
}

/// A MIDI file that a script has read.
#[derive(Clone)]
pub struct File {
    /// What it says.
    pub song: Arc<Song>,
    /// Its name and what is in it, in a few letters: two files are the same if these are.
    pub mark: String,
}

/// Reads the file `path`, once an evaluation; what is wrong with it is reported.
pub fn read(build: &mut Build, path: &str, at: &Place) -> Option<File> {
    // What the script has written so far is what it reads, though it is on no disk yet.
    let own = build.written.iter().rev().find(|output| output.path == path);
    let own = own.and_then(|output| match &output.content {
        Content::Bytes(bytes) => Some(bytes.clone()),
        Content::Sound(_) => None,
    });
    if let (None, Some(file)) = (&own, build.songs.get(path)) {
        return Some(file.clone());
    }
    let bytes = own.map_or_else(
        || {
            build.read.insert(path.to_string());
            build.world.read(path)
        },
        Ok,
    );
    let song = bytes.and_then(|b| {
        let song = Song::parse(&b).map_err(|why| format!("\"{path}\": {why}"));
        song.map(|(song, damage)| (song, damage, format!("{path} {:016x}", hash(&b))))
    });
    match song {
        Ok((song, damage, mark)) => {
            for one in damage {
                let text = format!("\"{path}\" is damaged at {one}");
                let hint = "what stands before it is played";
                let warning = Diagnostic::warning(text, at.clone()).hint(hint);
                build.report_at(warning, Site::Index(0));
            }
            let file = File { song: Arc::new(song), mark };
            build.songs.insert(path.to_string(), file.clone());
            Some(file)
        }
        Err(why) => {
            let error = Diagnostic::error(format!("cannot read the MIDI file {why}"), at.clone());
            let hint = "it must be a Standard MIDI File (.mid) below the folder of the script";
            build.report_at(error.hint(hint), Site::Index(0));
            None
        }
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let step = |h: u64, b: &u8| (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Ticks of a song as cycles, which are bars of the meter that holds so far.
pub struct Bars {
    bar: Frac,
    /// The whole song, up to its last bar's end.
    pub length: Frac,
}

impl Bars {
    /// Those of `song` in the piece so far.
    pub fn new(build: &Build, song: &Song) -> Bars {
        let beats = Frac::from_f64(build.session.meter.quarters()).unwrap_or(Frac::int(4));
        let bar = Frac::int(song.ticks_per_quarter() as i64) * beats;
        let end = Frac::int(song.end() as i64) / bar;
        Bars { bar, length: end.ceil().max(Frac::ONE) }
    }

    /// The time of a tick.
    pub fn time(&self, tick: u64) -> Frac {
        Frac::int(tick as i64) / self.bar
    }

    /// What is said at a tick, as an event that is one tick long.
    pub fn moment<'c>(
        &self,
        tick: u64,
        controls: impl IntoIterator<Item = &'c (&'c str, f64)>,
    ) -> Placed {
        let controls = controls.into_iter().map(|(name, x)| ((*name).into(), Value::Num(*x)));
        (self.time(tick), self.time(tick + 1), Value::Map(controls.collect()))
    }

    /// Notes as events, moved by so many semitones.
    pub fn notes<'n>(&self, notes: impl IntoIterator<Item = &'n Note>, by: f64) -> Vec<Placed> {
        let number = |x: usize| Value::Num(x as f64);
        // Shared by all notes: there may be very many.
        let names: [Arc<str>; 4] = ["note", "velocity", TRACK, CHANNEL].map(Arc::from);
        let placed = notes.into_iter().map(|note| {
            let values = [
                Value::Num(f64::from(note.key) + by),
                Value::Num(f64::from(note.velocity) / 127.0),
                number(note.part + 1),
                number(usize::from(note.channel) + 1),
            ];
            let controls: Controls = names.iter().cloned().zip(values).collect();
            (self.time(note.begin), self.time(note.end), Value::Map(controls))
        });
        placed.collect()
    }
}

/// A value from a time to a time, in cycles.
pub type Placed = (Frac, Frac, Value);

/// The notes of a file, in bars of the meter that holds so far; as long as its last bar.
fn pattern(build: &Build, file: &File) -> Dynamic {
    let (bars, notes) = bars_and_notes(build, file);
    let placed = bars.notes(&notes, 0.0);
    Dynamic::from(Pattern::placed(placed, bars.length).written_as("midi_file", &file.mark))
}

fn bars_and_notes(build: &Build, file: &File) -> (Bars, Vec<Note>) {
    let mut bars = Bars::new(build, &file.song);
    let notes = file.song.notes();
    let ends = notes.iter().map(|note| bars.time(note.end).ceil()).max();
    bars.length = ends.map_or(bars.length, |end| end.max(bars.length));
    (bars, notes)
}

/// The same with pedals, controllers and bends: what was played.
fn take(build: &Build, file: &File) -> Dynamic {
    let (bars, notes) = bars_and_notes(build, file);
    let mut placed = Vec::new();
    for channel in 0..16 {
        for (tick, change) in file.song.changes(channel) {
            let said: &[(&str, f64)] = match change {
                Change::Control(number, value) => &[("ccn", f64::from(number)), ("ccv", value)],
                Change::Bend(bend, _) => &[("midibend", bend)],
            };
            let own = [(CHANNEL, f64::from(channel) + 1.0)];
            placed.push(bars.moment(tick, said.iter().chain(&own)));
        }
    }
    placed.extend(bars.notes(&notes, 0.0));
    Dynamic::from(Pattern::placed(placed, bars.length).written_as("take", &file.mark))
}

/// Which function made a pattern that is the events of a file, or some of them.
fn is_file(pattern: &Pattern) -> Option<&'static str> {
    let written = pattern.written()?;
    ["midi_file", "take"].into_iter().find(|name| written.starts_with(&format!("{name}(")))
}

fn only(pattern: &Pattern, control: &'static str, n: i64) -> Pattern {
    let is = move |v: &Value| {
        let Value::Map(map) = v else { return false };
        map.get(control).and_then(Value::as_num) == Some(n as f64)
    };
    let written = pattern.written().unwrap_or_default();
    let name = written.split('"').nth(1).unwrap_or_default().to_string();
    let some = pattern.filter(move |e| is(&e.value));
    match is_file(pattern) {
        Some(from) => some.written_as(from, &format!("{name} {control} {n}")),
        None => some,
    }
}

fn info(song: &Song) -> Map {
    let row = |cells: &[f64]| -> Dynamic {
        cells.iter().map(|x| Dynamic::from_float(*x)).collect::<Array>().into()
    };
    let names = song.parts.iter().map(|p| Dynamic::from(p.name().unwrap_or_default().to_string()));
    let (beats, unit) = song.meter();
    let ticks = match song.division {
        Division::Quarter(ticks) => Dynamic::from_int(i64::from(ticks)),
        Division::Second(_) => Dynamic::UNIT,
    };
    let tempo: Array = song.tempo().iter().map(|(beat, bpm)| row(&[*beat, *bpm])).collect();
    let end = song.end() as f64 / song.ticks_per_quarter() as f64;
    let lines = song.lines().into_iter().map(|line| {
        let number = |x: usize| Dynamic::from_int(x as i64);
        Dynamic::from(Map::from([
            ("channel".into(), number(usize::from(line.channel) + 1)),
            ("program".into(), number(usize::from(line.program))),
            ("notes".into(), number(line.notes.len())),
        ]))
    });
    Map::from([
        ("instruments".into(), lines.collect::<Array>().into()),
        ("format".into(), Dynamic::from_int(i64::from(song.format))),
        ("tracks".into(), Dynamic::from_int(song.parts.len() as i64)),
        ("names".into(), names.collect::<Array>().into()),
        ("notes".into(), Dynamic::from_int(song.notes().len() as i64)),
        ("ticks_per_quarter".into(), ticks),
        ("duration_seconds".into(), Dynamic::from_float(song.seconds())),
        ("duration_beats".into(), Dynamic::from_float(end)),
        ("tempo".into(), tempo.into()),
        ("meter".into(), row(&[f64::from(beats), f64::from(unit)])),
    ])
}

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["midi_file"],
        "MIDI files",
        "midi_file(path)",
        "The notes of a Standard MIDI File as a pattern: one cycle is one bar of the piece's meter (say `meter` \
         before), and after its last bar it begins again. `.track(n)` and `.channel(n)`, from 1, choose some of \
         them; `.transpose(12)` and all else that patterns can do follow. The file's tempo is not taken over: \
         `tempo(midi_info(path).tempo)` does that, and `song(path)` plays all that is in the file.",
        "track(\"a\", instrument(|v| sine(v.freq) * v.gate)).play(midi_file(\"song.mid\").track(1).transpose(12));",
    ),
    entry(
        &["take"],
        "MIDI files",
        "take(path)",
        "What was recorded from a MIDI keyboard, as a pattern: as `midi_file`, with its pedals, controllers and bends. \
         `.quantize(1.0/16)` moves what begins to sixteenths of a bar; `.track(n)`, `.channel(n)`, `.transpose(12)` \
         and all else that patterns can do follow.",
        "track(\"a\", instrument(|v| sine(v.freq) * v.gate)).play(take(\"song.mid\").quantize(1.0/16).transpose(12));",
    ),
    entry(
        &["midi_info"],
        "MIDI files",
        "midi_info(path)",
        "What is in a Standard MIDI File: format, tracks, names, notes, ticks_per_quarter (none for time code), \
         duration_seconds, duration_beats, tempo ([[beat, bpm], ...]), meter, and the instruments, which are what `song` makes \
         tracks of: a list of #{channel, program, notes}.",
        "tempo(midi_info(\"song.mid\").tempo);",
    ),
];
