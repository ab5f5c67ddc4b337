//! A MIDI file as a piece: `song(path)` makes a track for each instrument of the file.

mod channel;

use super::args::describe;
use super::build::{Build, Fallible, Length, Site, number, with};
use super::entries::{Entry, entry};
use super::pattern::midi::{Bars, File, read};
use super::stopwatch::Stopwatch;
use super::tracks::add_track;
use super::value::{Failed, Signal, Strip};
use crate::diag::{Diagnostic, nearest};
use crate::midi::{Line, PERCUSSION};
use crate::pattern::Pattern;
use crate::session::tempo::TempoPoint;
use crate::session::{Meter, NodeId, TempoMap};
use crate::units::{Place, db_to_gain};
use channel::Channel;
use rhai::{Array, Dynamic, Engine, Map, NativeCallContext as Cx};
use std::collections::{BTreeMap, BTreeSet};

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_fn("song", |cx: Cx, path: &str| song(&cx, path, &Map::new()));
    engine.register_fn("song", |cx: Cx, path: &str, options: Map| song(&cx, path, &options));
}

/// Level of the tracks if nothing is said: sixteen channels are louder than one.
const GAIN_DB: f64 = -6.0;

/// What stands in for the instruments of General MIDI, and how it is played.
#[derive(Default)]
struct Options {
    all: Option<NodeId>,
    drums: Option<NodeId>,
    channels: BTreeMap<u8, NodeId>,
    programs: BTreeMap<u8, NodeId>,
    transpose: f64,
    gain_db: Option<f64>,
}

const OPTIONS: [&str; 6] = ["instrument", "drums", "channels", "programs", "transpose", "gain_db"];

/// Reads the file and makes its tracks; returns them.
pub fn song(cx: &Cx, path: &str, options: &Map) -> Fallible<Dynamic> {
    let started = Stopwatch::start();
    let made = make(cx, path, options);
    with(cx, |build, _| build.aside += started.elapsed());
    made
}

fn make(cx: &Cx, path: &str, options: &Map) -> Fallible<Dynamic> {
    let read = with(cx, |build, at| {
        let options = given(build, options, &at);
        read(build, path, &at).map(|file| (file, options))
    });
    let Some((file, options)) = read else { return Ok(Dynamic::from(Failed)) };
    let lines = file.song.lines();
    let (names, made) = general_midi(cx, &lines, &options)?;
    Ok(with(cx, |build, at| {
        take_over(build, &file);
        let bars = Bars::new(build, &file.song);
        let names = titles(&file, &lines, names);
        let mut strips = Array::new();
        for ((line, name), source) in lines.iter().zip(names).zip(made) {
            let Strip::Track(index) = add_track(build, &name, source, &at) else { continue };
            let channel = Channel::new(build, &file.song, line, source);
            channel.apply(build, index, &bars, &file, &at);
            let by = if line.channel == PERCUSSION { 0.0 } else { options.transpose };
            let mark = format!("{} {} {} {by}", file.mark, line.channel, line.program);
            let notes = Pattern::placed(bars.notes(&line.notes, by), bars.length);
            let notes = notes.written_as("song", &mark);
            let track = &mut build.session.tracks[index];
            track.plays.push(notes);
            if let crate::session::Arg::Number(gain) = &mut track.strip.gain {
                *gain *= db_to_gain(options.gain_db.unwrap_or(GAIN_DB));
            }
            strips.push(Dynamic::from(Strip::Track(index)));
        }
        strips.into()
    }))
}

/// Takes title, tempo, meter and length over from the file, where the script has not said them.
fn take_over(build: &mut Build, file: &File) {
    let song = &file.song;
    let said = |what: &str, build: &Build| build.once.contains_key(what);
    if !said("tempo", build) {
        let point = |(beat, bpm): (f64, f64)| TempoPoint { beat, bpm, ramp: false };
        build.session.tempo = TempoMap::new(song.tempo().into_iter().map(point).collect());
    }
    if !said("meter", build) {
        let (beats, unit) = song.meter();
        build.session.meter = Meter { beats: u32::from(beats.max(1)), unit };
    }
    if !said("length", build) {
        let end = song.end() as f64 / song.ticks_per_quarter() as f64;
        let before = if let Some(Length::Beats(beats)) = build.length { beats } else { 0.0 };
        build.length = Some(Length::Beats(end.max(before).max(1e-3)));
    }
    if !said("title", build) && build.session.title.is_none() {
        build.session.title = song.parts.first().and_then(|p| p.name()).map(String::from);
    }
}

/// The names of the tracks: that of the file's track if the line has it for itself, else that of its program.
fn titles(file: &File, lines: &[Line], programs: Vec<String>) -> Vec<String> {
    let own = |line: &Line| {
        let part = line.notes[0].part;
        let alone = line.notes.iter().all(|n| n.part == part);
        let others = lines.iter().filter(|l| l.notes.iter().any(|n| n.part == part)).count();
        let name = file.song.parts.get(part)?.name()?.replace(['/', '.'], "-");
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        let name = name.trim().to_string();
        (alone && others == 1 && !name.is_empty()).then_some(name)
    };
    let mut taken = BTreeSet::new();
    let pairs = lines.iter().zip(programs);
    let unique = |(line, program): (&Line, String)| {
        let name = own(line).unwrap_or(program);
        let more = (2..).map(|n| format!("{name} {n}"));
        let all = std::iter::once(name.clone()).chain(more);
        let free = all.into_iter().find(|name| !taken.contains(name)).unwrap_or(name.clone());
        taken.insert(free.clone());
        free
    };
    pairs.map(unique).collect()
}

/// The names of the lines' programs, and what plays them: what the options say, else what `std/gm` makes.
fn general_midi(
    cx: &Cx,
    lines: &[Line],
    options: &Options,
) -> Fallible<(Vec<String>, Vec<NodeId>)> {
    let calls = lines.iter().map(|line| {
        let (n, own) = (line.program, options.of(line));
        let kind = if line.channel == PERCUSSION { "kit" } else { "program" };
        let name = if kind == "kit" { "\"Drums\"".into() } else { format!("gm::name({n})") };
        let sound = if own.is_some() { "()".into() } else { format!("gm::{kind}({n})") };
        format!("{name}, {sound}")
    });
    let list = calls.collect::<Vec<_>>().join(", ");
    let made: Array = super::resolver::with_std(cx, "gm", &format!("[{list}]"))?;
    let (mut names, mut sounds) = (Vec::new(), Vec::new());
    for (line, pair) in lines.iter().zip(made.chunks(2)) {
        names.push(pair[0].clone().into_string().unwrap_or_default());
        let made = pair[1].clone().try_cast::<Signal>().map(|signal| signal.0);
        sounds.extend(options.of(line).or(made));
    }
    Ok((names, sounds))
}

impl Options {
    /// What the options say that plays a line.
    fn of(&self, line: &Line) -> Option<NodeId> {
        let channel = self.channels.get(&(line.channel + 1));
        if line.channel == PERCUSSION {
            return channel.copied().or(self.drums);
        }
        channel.or(self.programs.get(&line.program)).copied().or(self.all)
    }
}

/// Reads the options; what is wrong with them is reported.
fn given(build: &mut Build, options: &Map, at: &Place) -> Options {
    let mut given = Options::default();
    for (name, value) in options {
        let site = Site::Option(name.to_string());
        let wrong = |build: &mut Build, must: &str, value: &Dynamic| {
            if !value.is::<Failed>() {
                let found = describe(value);
                let message = format!("`{name}` of `song` must be {must}, not {found}");
                let error = Diagnostic::error(message, at.clone());
                let hint = "for example `song(\"x.mid\", #{channels: #{\"1\": synths::epiano()}})`";
                build.report_at(error.hint(hint), site.clone());
            }
        };
        let signal = |value: &Dynamic| value.clone().try_cast::<Signal>().map(|s| s.0);
        match name.as_str() {
            "instrument" | "drums" => match signal(value) {
                Some(node) if name == "drums" => given.drums = Some(node),
                Some(node) => given.all = Some(node),
                None => wrong(build, "an instrument", value),
            },
            "transpose" | "gain_db" => match number(value) {
                Some(x) if name == "transpose" => given.transpose = x,
                Some(x) => given.gain_db = Some(x),
                None => wrong(build, "a number", value),
            },
            "channels" | "programs" => {
                let range = if name == "channels" { 1..=16 } else { 0..=127 };
                let must = format!(
                    "a map from numbers, {} to {}, to instruments",
                    range.start(),
                    range.end()
                );
                let Some(map) = value.read_lock::<Map>().map(|m| m.clone()) else {
                    wrong(build, &must, value);
                    continue;
                };
                for (key, value) in &map {
                    let key = key.parse::<u8>().ok().filter(|n| range.contains(n));
                    match (key, signal(value)) {
                        (Some(n), Some(node)) if name == "channels" => {
                            given.channels.insert(n, node);
                        }
                        (Some(n), Some(node)) => {
                            given.programs.insert(n, node);
                        }
                        _ => wrong(build, &must, value),
                    }
                }
            }
            other => {
                let near = nearest(other, OPTIONS);
                let near = near.map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
                let message = format!("`song` has no option `{other}`");
                let error = Diagnostic::error(message, at.clone());
                let hint = format!("{near}options: {}", OPTIONS.join(", "));
                build.report_at(error.hint(hint), site);
            }
        }
    }
    given
}

/// Its page of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["song"],
    "MIDI files",
    "song(path, options)",
    "A Standard MIDI File as a piece: a track for each channel and program, named after the file's track or the \
     program, played by the instruments of `std/gm`, the percussion channel by drums. Title, tempo, meter (the \
     first) and length are taken over where the script has not said them before. Volume, expression, pan and \
     modulation move the track, sustain and pitch bend (with its range) play the instrument. Options: \
     `instrument` plays all channels but the percussion, `drums` that one; `channels: #{\"1\": ..}` and \
     `programs: #{\"33\": ..}` (from 0) choose for some; `transpose` in semitones; `gain_db`, -6 if not given. \
     Returns the tracks as a list; `track(name)` finds one.",
    "for t in song(\"song.mid\", #{gain_db: -9}) { t.fx(chorus()); }",
)];
