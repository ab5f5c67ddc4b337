//! `bounce(sound, seconds)`: what a signal, an instrument or a track sounds like, as a recorded sound.

use super::args::{Given, bind, describe, text};
use super::build::{Build, Site, number, with};
use super::entries::{Entry, entry};
use super::finish::prune;
use super::pattern::notation;
use super::sound::lost;
use super::value::{Failed, Fx, Signal, Strip};
use crate::diag::Diagnostic;
use crate::nodes::Param;
use crate::pattern::{Event, Frac, Pattern, PatternError, Span};
use crate::session::bounce::{LONGEST, Note};
use crate::session::track::Strip as Mix;
use crate::session::{Arg, Bounce, NodeId, Recipe, Session, Track};
use crate::units::Place;
use rhai::{Dynamic, Engine, NativeCallContext as Cx};
use std::collections::BTreeSet;

/// Events that play it at most.
const MOST: usize = 20_000;
/// Parts of a cycle; one is asked for at a time, as when it plays.
const STEPS: i64 = 4;

/// Its options.
pub const OPTIONS: &[Param] = &[
    Param::number("seconds", "s", (0.0, LONGEST), 0.0, "How long it is played.").fixed(),
    Param::number("bars", "", (0.0, 1024.0), 0.0, "How long it is played, instead of seconds.")
        .fixed(),
    Param::number("tail", "s", (0.0, LONGEST), 0.0, "How long it then sounds on.").fixed(),
];

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_fn("bounce", |cx: Cx, a: Dynamic, b: Dynamic| of(&cx, &a, &[b]));
    engine.register_fn("bounce", |cx: Cx, a: Dynamic, b: Dynamic, c: Dynamic| of(&cx, &a, &[b, c]));
    engine.register_fn("bounce", |cx: Cx, a: Dynamic, b: Dynamic, c: Dynamic, d: Dynamic| {
        of(&cx, &a, &[b, c, d])
    });
}

/// What is wrong, with which argument, and what to write instead.
type Refusal = (String, Site, &'static str);

fn of(cx: &Cx, what: &Dynamic, rest: &[Dynamic]) -> Dynamic {
    let failed = || Dynamic::from(Failed);
    if lost(what) || rest.iter().any(lost) {
        return failed();
    }
    with(cx, |build, place| {
        let is_length = |value: &Dynamic| number(value).is_some() || value.is_map();
        let (plays, length) = match rest {
            [plays, length @ ..] if !is_length(plays) => (Some(plays), length),
            length => (None, length),
        };
        let site = 1 + usize::from(plays.is_some());
        let told = build.messages.len();
        let given = bind(build, "bounce", OPTIONS, length, site, &place);
        if build.messages.len() > told {
            return failed();
        }
        match made(build, (what, plays), &given, site, &place) {
            Ok(recipe) => Dynamic::from(recipe),
            Err((message, site, hint)) => {
                build.report_at(Diagnostic::error(message, place).hint(hint), site);
                failed()
            }
        }
    })
}

fn made(
    build: &mut Build,
    (what, plays): (&Dynamic, Option<&Dynamic>),
    given: &Given,
    site: usize,
    place: &Place,
) -> Result<Recipe, Refusal> {
    let mut track = line(build, what, place)?;
    if let Some(plays) = plays {
        track.plays = vec![pattern(build, plays, place)?];
    }
    let (seconds, tail) = seconds(&build.session, given, site)?;
    let Session { meter, swing, swing_unit, seed, .. } = build.session;
    let seed = build.world.seed().unwrap_or(seed);
    let mut session = Session {
        tempo: build.session.tempo.clone(),
        nodes: build.session.nodes.clone(),
        instruments: build.session.instruments.clone(),
        tracks: vec![track],
        ..Session { meter, swing, swing_unit, seed, ..Session::default() }
    };
    prune(&mut session);
    check(&session)?;
    let notes = notes(&session, seconds)
        .map_err(|e| (e.message, Site::Index(1), "play less of it, or correct the pattern"))?;
    let recipe = Recipe::from(Bounce::new(&session, notes, (seconds, tail)));
    if Recipe::parse(&recipe.text()) != recipe {
        let message = "`bounce` is given something that is not a number";
        return Err((message.into(), Site::Index(0), "look for a division by zero"));
    }
    Ok(recipe)
}

/// The track that a value is, by itself: not muted, sent nowhere.
fn line(build: &mut Build, what: &Dynamic, place: &Place) -> Result<Track, Refusal> {
    let (source, output) = if let Some(signal) = what.clone().try_cast::<Signal>() {
        (signal.0, signal.0)
    } else if let Some(fx) = what.clone().try_cast::<Fx>()
        && let Some(both) = super::plugin::source(build, &fx, place)
    {
        both
    } else if let Some(Strip::Track(index)) = what.clone().try_cast::<Strip>() {
        let track = build.session.tracks[index].clone();
        let Mix { gain, pan, .. } = track.strip;
        return Ok(Track { strip: Mix { gain, pan, ..Mix::default() }, ears: Vec::new(), ..track });
    } else {
        let message = format!("`bounce` takes a sound or a track, not {}", describe(what));
        return Err((
            message,
            Site::Index(0),
            "for example `bounce(saw(110) |> lowpass(800), 2.0)`",
        ));
    };
    Ok(Track::new("bounce", source, output, Place::default()))
}

fn pattern(build: &mut Build, plays: &Dynamic, place: &Place) -> Result<Pattern, Refusal> {
    let hint = "for example `bounce(synth, note(\"c4 e4\"), 2.0)`";
    if let Some(pattern) = plays.clone().try_cast::<Pattern>() {
        return Ok(pattern);
    }
    if text(plays).is_none() {
        let message = format!("`bounce` is played by a pattern, not {}", describe(plays));
        return Err((message, Site::Index(1), hint));
    }
    notation(build, plays, place).map_err(|why| (why.message, Site::Index(1), hint))
}

/// Seconds of music and of what follows it.
fn seconds(session: &Session, given: &Given, site: usize) -> Result<(f64, f64), Refusal> {
    let value = |name: &str| match given.get(name) {
        Some(Arg::Number(x)) => *x,
        _ => 0.0,
    };
    let bars = session.tempo.seconds_at(value("bars") * session.meter.quarters());
    let (seconds, tail) = (value("seconds").max(bars), value("tail"));
    if seconds > 0.0 && seconds + tail <= LONGEST {
        return Ok((seconds, tail));
    }
    let message = format!("`bounce` must know how long: more than 0 s, up to {LONGEST} s");
    Err((
        message,
        Site::Index(site),
        "seconds, or `#{bars: 4, tail: 2.0}` with the tail in seconds",
    ))
}

/// Complains of nodes that make no sound by themselves.
fn check(session: &Session) -> Result<(), Refusal> {
    let own = |id: NodeId| session.node(id).instrument().is_some();
    let track = &session.tracks[0];
    let mut inside = session.instruments.iter().map(|i| i.voice).collect::<Vec<_>>();
    let mut voices = BTreeSet::new();
    while let Some(id) = inside.pop() {
        if voices.insert(id) {
            inside.extend(session.node(id).reads());
        }
    }
    for (index, node) in session.nodes.iter().enumerate() {
        let why = match node.kind.as_str() {
            "tap" => "listens to another track, and is rendered alone",
            "audio_in" => "listens to what comes in, which nobody knows yet",
            "midi_out" => "plays what is outside of the program",
            "input" => "is part of a bus, and has no sound of its own",
            "voice" if !voices.contains(&NodeId(index as u32)) => {
                "is part of an instrument's voice, and sounds only when it plays"
            }
            _ => continue,
        };
        let message = format!("this cannot be bounced: it {why}");
        return Err((
            message,
            Site::Index(0),
            "bounce the whole instrument or track, or another sound",
        ));
    }
    if own(track.source) && track.plays.is_empty() {
        let message = "nothing plays this instrument, so it is silent";
        return Err((
            message.into(),
            Site::Index(0),
            "give it a pattern: `bounce(synth, note(\"c4 e4\"), 2.0)`",
        ));
    }
    Ok(())
}

/// What the patterns of the track say in so many seconds, in the order in which it is played.
fn notes(session: &Session, seconds: f64) -> Result<Vec<Note>, PatternError> {
    let cycles = session.tempo.beat_at(seconds) / session.meter.quarters();
    let steps = (cycles * STEPS as f64).ceil() as i64;
    let mut notes = Vec::new();
    for step in 0..steps {
        let span = Span::new(Frac::new(step, STEPS), Frac::new(step + 1, STEPS));
        for pattern in &session.tracks[0].plays {
            let mut events = pattern.try_query(span)?;
            events.retain(Event::has_onset);
            events.sort_by_key(|e| e.whole_or_part().begin);
            notes.extend(events.into_iter().map(|event| {
                let whole = event.whole_or_part();
                Note(whole.begin.into(), whole.end.into(), event.value)
            }));
        }
        if notes.len() > MOST {
            return Err(PatternError::new(format!("more than {MOST} events are to be bounced")));
        }
    }
    Ok(notes)
}

/// Its page of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["bounce"],
    "Recorded sounds",
    "bounce(sound, seconds, #{tail: seconds}), bounce(instrument, pattern, seconds), track.bounce(#{bars: 2})",
    "A recorded sound of what a signal, an instrument that a pattern plays, or a track sounds like: it can be cut, turned \
     round, sent through programs and played again. It is rendered when the piece is loaded, and again only when it sounds \
     different. It is played for so many seconds, or bars, and sounds on for those of `tail`. A track is taken \
     as it stands above, through its effects and fader and without sends, also if it is muted. One channel if both are the \
     same.",
    "tempo(120); let riff = bounce(supersaw(110) |> lowpass(900), 2.0); \
     let back = process_buffer(riff, |x, y| { for i in 0..x.len() { y[i] = x[-1 - i]; } }); \
     track(\"a\", sampler(back)).play(note(\"c4*2\"));",
)];
