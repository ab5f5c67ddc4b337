//! `midi_writer()`: a MIDI file that a script writes, event by event, or changes.

use super::args::{describe, text};
use super::build::{Build, Fallible, Site, number, with};
use super::entries::{Entry, entry};
use super::operators::fail;
use super::pattern::midi::read;
use super::perform::inside;
use super::value::Failed;
use crate::diag::{Diagnostic, nearest};
use crate::midi::{Event, Kind, Message, Part, Song};
use crate::pattern::note;
use crate::session::{Content, Output};
use crate::units::Place;
use rhai::{Dynamic, Engine, Map, NativeCallContext as Cx};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A song that is being written; copies are the same one.
#[derive(Clone)]
pub struct Writer(Arc<Mutex<Draft>>);

/// A track of it, by its index.
#[derive(Clone)]
pub struct Track(Writer, usize);

struct Draft {
    song: Song,
    /// Times are since the event before, not since the beginning.
    delta: bool,
    /// For each track where the last event was, and the channel of those to come.
    pens: Vec<(u64, u8)>,
}

/// Most events of a song that a script writes.
const MOST: usize = 1_000_000;
/// The latest tick: the format has no greater deltas.
const LATEST: f64 = 268_435_455.0;

impl Writer {
    fn draft(&self) -> MutexGuard<'_, Draft> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(song: Song, delta: bool) -> Writer {
        let pens = vec![(0, 0); song.parts.len()];
        Writer(Arc::new(Mutex::new(Draft { song, delta, pens })))
    }

    fn change(&self, f: impl FnOnce(&Song) -> Song) {
        let mut draft = self.draft();
        draft.song = f(&draft.song);
        draft.pens = vec![(0, 0); draft.song.parts.len()];
    }
}

impl Track {
    /// Adds what `kinds` makes of the channel, each so many ticks after `tick`.
    fn add(&self, tick: &Dynamic, kinds: impl FnOnce(u8) -> Vec<(u64, Kind)>) -> Fallible<()> {
        let tick = whole("a tick", tick, (0.0, LATEST))? as u64;
        let mut draft = self.0.draft();
        if draft.song.parts.iter().map(|p| p.events.len()).sum::<usize>() >= MOST {
            return fail(format!("a song has at most {MOST} events"));
        }
        let Draft { song, delta, pens } = &mut *draft;
        let (Some(part), Some(pen)) = (song.parts.get_mut(self.1), pens.get_mut(self.1)) else {
            return fail("this track is gone: its song was joined or split after it was made");
        };
        pen.0 = if *delta { pen.0 + tick } else { tick };
        for (later, kind) in kinds(pen.1) {
            part.events.push(Event { tick: pen.0 + later, kind });
            part.end = part.end.max(pen.0 + later);
        }
        Ok(())
    }

    fn voice(&self, tick: &Dynamic, message: Message) -> Fallible<()> {
        self.add(tick, |channel| vec![(0, Kind::Voice(channel, message))])
    }
}

/// A number in `value` within a range, rounded.
fn whole(what: &str, value: &Dynamic, (lo, hi): (f64, f64)) -> Fallible<f64> {
    match number(value).map(f64::round).filter(|x| (lo..=hi).contains(x)) {
        Some(x) => Ok(x),
        None => fail(format!("{what} must be a number from {lo} to {hi}, not {}", describe(value))),
    }
}

fn seven(what: &str, value: &Dynamic) -> Fallible<u8> {
    whole(what, value, (0.0, 127.0)).map(|x| x as u8)
}

/// A key: its number, or a name.
fn key(value: &Dynamic) -> Fallible<u8> {
    let named = text(value).and_then(|name| note::to_midi(&name));
    seven("a key", &named.map_or_else(|| value.clone(), Dynamic::from))
}

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Writer>("MidiWriter");
    engine.register_type_with_name::<Track>("MidiTrack");
    engine.register_fn("midi_writer", |cx: Cx| with(&cx, |b, at| new(b, &Map::new(), &at)));
    engine.register_fn("midi_writer", |cx: Cx, o: Map| with(&cx, |b, at| new(b, &o, &at)));
    engine.register_fn("midi_writer", |cx: Cx, path: &str| {
        with(&cx, |build, at| match read(build, path, &at) {
            Some(file) => Dynamic::from(Writer::of((*file.song).clone(), false)),
            None => Dynamic::from(Failed),
        })
    });
    songs(engine);
    tracks(engine);
}

/// What is done to a whole song.
fn songs(engine: &mut Engine) {
    engine.register_fn("add_track", |w: Writer, name: &str| {
        let mut draft = w.draft();
        let events = vec![Event { tick: 0, kind: Kind::Name(name.to_string()) }];
        draft.song.parts.push(Part { events, end: 0 });
        draft.pens.push((0, 0));
        let index = draft.pens.len() - 1;
        drop(draft);
        Track(w, index)
    });
    engine.register_fn("tempo", |w: Writer, tick: Dynamic, bpm: Dynamic| -> Fallible<Writer> {
        let micros = match number(&bpm).filter(|bpm| (3.6..=2000.0).contains(bpm)) {
            Some(bpm) => (60e6 / bpm).round() as u32,
            None => return fail(format!("a tempo is 3.6 to 2000 bpm, not {}", describe(&bpm))),
        };
        Track(w.clone(), 0).add(&tick, |_| vec![(0, Kind::Tempo(micros))])?;
        Ok(w)
    });
    engine.register_fn(
        "meter",
        |w: Writer, tick: Dynamic, beats: Dynamic, unit: Dynamic| -> Fallible<Writer> {
            let (beats, unit) =
                (whole("beats", &beats, (1.0, 255.0))?, whole("a unit", &unit, (1.0, 64.0))?);
            if !(unit as u32).is_power_of_two() {
                return fail("the unit of a meter is 1, 2, 4, 8, 16, 32 or 64");
            }
            let kind = Kind::Meter(beats as u8, unit as u32);
            Track(w.clone(), 0).add(&tick, |_| vec![(0, kind)])?;
            Ok(w)
        },
    );
    engine.register_fn("join", |w: Writer| {
        w.change(Song::joined);
        w
    });
    engine.register_fn("split", |w: Writer| {
        w.change(Song::split);
        w
    });
    engine.register_fn("track", |w: Writer, n: i64| -> Fallible<Track> {
        let count = w.draft().song.parts.len();
        match usize::try_from(n).ok().filter(|n| (1..=count).contains(n)) {
            Some(n) => Ok(Track(w, n - 1)),
            None => fail(format!("there is no track {n}; they are 1 to {count}")),
        }
    });
    engine.register_fn("save", |cx: Cx, w: Writer, path: &str| {
        with(&cx, |build, at| save(build, &w, path, &at));
        w
    });
}

/// What a track is told.
fn tracks(engine: &mut Engine) {
    engine.register_fn("channel", |t: Track, n: Dynamic| -> Fallible<Track> {
        let channel = whole("a channel", &n, (1.0, 16.0))? as u8 - 1;
        if let Some(pen) = t.0.draft().pens.get_mut(t.1) {
            pen.1 = channel;
        }
        Ok(t)
    });
    engine.register_fn("note_on", |t: Track, tick: Dynamic, k: Dynamic, v: Dynamic| {
        note_on(t, &tick, &k, &v)
    });
    engine.register_fn("note_on", |t: Track, tick: Dynamic, k: Dynamic| {
        note_on(t, &tick, &k, &Dynamic::from_int(VELOCITY))
    });
    engine.register_fn("note_off", |t: Track, tick: Dynamic, k: Dynamic| -> Fallible<Track> {
        t.voice(&tick, Message::NoteOff(key(&k)?, 0))?;
        Ok(t)
    });
    engine.register_fn("note", |t: Track, tick: Dynamic, k: Dynamic, length: Dynamic| {
        whole_note(t, &tick, &k, &length, &Dynamic::from_int(VELOCITY))
    });
    engine.register_fn(
        "note",
        |t: Track, tick: Dynamic, k: Dynamic, length: Dynamic, velocity: Dynamic| {
            whole_note(t, &tick, &k, &length, &velocity)
        },
    );
    engine.register_fn(
        "cc",
        |t: Track, tick: Dynamic, n: Dynamic, v: Dynamic| -> Fallible<Track> {
            let message = Message::Control(seven("a controller", &n)?, seven("its value", &v)?);
            t.voice(&tick, message)?;
            Ok(t)
        },
    );
    engine.register_fn("program", |t: Track, tick: Dynamic, n: Dynamic| -> Fallible<Track> {
        t.voice(&tick, Message::Program(seven("a program", &n)?))?;
        Ok(t)
    });
    engine.register_fn("bend", |t: Track, tick: Dynamic, x: Dynamic| -> Fallible<Track> {
        let Some(x) = number(&x).filter(|x| (-1.0..=1.0).contains(x)) else {
            return fail(format!("a bend is -1 to 1, not {}", describe(&x)));
        };
        let full = if x < 0.0 { 8192.0 } else { 8191.0 };
        t.voice(&tick, Message::Bend((x * full).round() as i16))?;
        Ok(t)
    });
    engine.register_fn("text", |t: Track, tick: Dynamic, words: &str| -> Fallible<Track> {
        t.add(&tick, |_| vec![(0, Kind::Text(words.to_string()))])?;
        Ok(t)
    });
}

/// Velocity of notes that say nothing of theirs.
const VELOCITY: i64 = 100;

fn note_on(t: Track, tick: &Dynamic, k: &Dynamic, v: &Dynamic) -> Fallible<Track> {
    t.voice(tick, Message::NoteOn(key(k)?, whole("a velocity", v, (1.0, 127.0))? as u8))?;
    Ok(t)
}

fn whole_note(
    t: Track,
    tick: &Dynamic,
    k: &Dynamic,
    length: &Dynamic,
    velocity: &Dynamic,
) -> Fallible<Track> {
    let (key, velocity) = (key(k)?, whole("a velocity", velocity, (1.0, 127.0))? as u8);
    let length = whole("a length in ticks", length, (1.0, LATEST))? as u64;
    t.add(tick, |channel| {
        let voice = |message| Kind::Voice(channel, message);
        vec![(0, voice(Message::NoteOn(key, velocity))), (length, voice(Message::NoteOff(key, 0)))]
    })?;
    Ok(t)
}

/// An empty song with a track for tempo and meter.
fn new(build: &mut Build, options: &Map, at: &Place) -> Dynamic {
    let (mut ticks, mut delta) = (480.0, false);
    for (name, value) in options {
        let wrong = match (name.as_str(), text(value).as_deref(), number(value)) {
            ("ticks", _, Some(n)) if n.fract() == 0.0 && (1.0..=32767.0).contains(&n) => {
                ticks = n;
                None
            }
            ("ticks", ..) => Some("`ticks` are a whole number from 1 to 32767".to_string()),
            ("time", Some(how @ ("absolute" | "delta")), _) => {
                delta = how == "delta";
                None
            }
            ("time", ..) => Some("`time` is \"absolute\" or \"delta\"".to_string()),
            (other, ..) => {
                let near = nearest(other, ["ticks", "time"]);
                let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                Some(format!("`midi_writer` has no option `{other}`, only ticks and time{near}"))
            }
        };
        if let Some(message) = wrong {
            let site = Site::Option(name.to_string());
            build.report_at(Diagnostic::error(message, at.clone()), site);
        }
    }
    let mut song = Song::new(ticks as u16);
    song.parts.push(Part::default());
    Dynamic::from(Writer::of(song, delta))
}

/// Notes that the song as it is now is to be written.
fn save(build: &mut Build, writer: &Writer, path: &str, at: &Place) {
    inside(build, path, at);
    let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if !matches!(ending.as_str(), "mid" | "midi") {
        let message = format!("`save` writes MIDI files, and \"{path}\" has no such name");
        let hint = "the name must end in .mid: save(\"song.mid\")";
        build.report_at(Diagnostic::error(message, at.clone()).hint(hint), Site::Index(0));
    }
    let content = Content::Bytes(writer.draft().song.to_bytes());
    build.written.push(Output { path: path.to_string(), content, place: at.clone() });
}

const GROUP: &str = "MIDI files";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["midi_writer"],
        GROUP,
        "midi_writer(#{ticks: 480, time: \"absolute\"}) or midi_writer(path)",
        "A MIDI file to be written, or one to be changed. It has `ticks` to a quarter note; times are ticks since the \
         beginning, or with `time: \"delta\"` since the event before on the same track. `.tempo(tick, bpm)`, \
         `.meter(tick, beats, unit)`, `.add_track(name)`, `.track(n)` (from 1; the first holds the tempo), `.join()` \
         puts all tracks into one, `.split()` makes one for each channel, `.save(path)`.",
        "let w = midi_writer(); w.tempo(0, 120); let t = w.add_track(\"lead\"); t.note(0, \"c4\", 480, 100); \
         w.save(\"out.mid\");",
    ),
    entry(
        &["add_track"],
        GROUP,
        "writer.add_track(name)",
        "A new track of a MIDI file. What it is told goes to channel 1 until `.channel(n)`, 1 to 16, says another: \
         `.note(tick, key, length, velocity = 100)`, `.note_on(tick, key, velocity = 100)`, `.note_off(tick, key)`, \
         `.cc(tick, number, value)`, `.program(tick, number)` from 0, `.bend(tick, -1..1)`, `.text(tick, words)`. \
         Keys are names or numbers, velocities 1 to 127.",
        "let t = midi_writer(#{time: \"delta\"}).add_track(\"bass\"); t.channel(2).program(0, 33).note(0, 36, 240); \
         t.note(240, \"g2\", 240);",
    ),
    entry(
        &["save", "join"],
        GROUP,
        "writer.save(path)",
        "Writes a MIDI file below the folder of the script, as the song is at that moment. The file is written by \
         `rhapsode run` and `rhapsode render`, and while playing once the edit is taken; never by `check` or `plan`. A \
         program that is killed meanwhile leaves the old file or the new one.",
        "let w = midi_writer(); w.add_track(\"a\").note(0, 60, 480); w.join().save(\"out.mid\");",
    ),
    entry(
        &["note_on", "note_off", "cc", "program", "bend", "text"],
        GROUP,
        "track.note_on(tick, key, velocity = 100)",
        "An event of a track that `midi_writer` makes: see `add_track`.",
        "let t = midi_writer().add_track(\"a\"); t.note_on(0, 60).bend(0, 0.5).text(0, \"up\").note_off(480, 60);",
    ),
];
