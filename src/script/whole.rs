//! Effects of whole sounds: `external(command)`, `process_buffer(f)`; after `|>`, or as functions of a sound.

use super::args::describe;
use super::build::{Build, Fallible, Site, with};
use super::entries::{Entry, entry};
use super::operators::fail;
use super::sound::{lost, of};
use super::value::{Failed, Whole};
use crate::diag::Diagnostic;
use crate::nodes::sounds::files;
use crate::session::{How, Recipe};
use crate::units::Place;
use crate::world::no_programs;
use rhai::{Dynamic, Engine, NativeCallContext as Cx};

/// Where the sound goes into a command line, and where it comes out.
const IN: &str = "{in}";
const OUT: &str = "{out}";

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("external", |cx: Cx, command: &str| {
        with(&cx, |build, at| source(build, command, &at))
    });
    engine.register_fn("external", |cx: Cx, command: &str, of: Dynamic| {
        with(&cx, |build, at| external(build, command, &of, &at))
    });
    engine.register_fn("external", |cx: Cx, of: Recipe, command: &str| {
        with(&cx, |build, at| external(build, command, &Dynamic::from(of), &at))
    });
}

fn failed(build: &mut Build, error: Diagnostic, site: usize) -> Dynamic {
    build.report_at(error, Site::Index(site));
    Dynamic::from(Failed)
}

/// A program over a sound that is still to come; one that is given none is a sound itself.
fn source(build: &mut Build, command: &str, at: &Place) -> Dynamic {
    if !build.world.external() {
        return failed(build, Diagnostic::error(no_programs(command), at.clone()), 0);
    }
    let how = How::External(command.to_string());
    match command.contains(OUT) && !command.contains(IN) {
        true => Dynamic::from(Recipe::Nothing.made(how)),
        false => Dynamic::from(Whole(vec![how])),
    }
}

/// `external("ffmpeg -i {in} -af areverse {out}", sound)`.
fn external(build: &mut Build, command: &str, value: &Dynamic, at: &Place) -> Dynamic {
    let Some(sound) = of(value) else {
        if lost(value) {
            return Dynamic::from(Failed);
        }
        let found = describe(value);
        let message = format!("`external` takes a command line and a sound, not {found}");
        let hint = "external(\"sox {in} {out} reverse\", sound_file(\"loop.wav\"))";
        return failed(build, Diagnostic::error(message, at.clone()).hint(hint), 1);
    };
    if !build.world.external() {
        return failed(build, Diagnostic::error(no_programs(command), at.clone()), 0);
    }
    apply(build, "external", sound, vec![How::External(command.to_string())], at)
}

/// What effects make of a sound, one after the other; `name` is what messages call them.
pub fn apply(build: &mut Build, name: &str, sound: Recipe, hows: Vec<How>, at: &Place) -> Dynamic {
    let missing = files(&sound).into_iter().find_map(|file| build.world.asset(&file).err());
    if let Some(why) = missing {
        let message = format!("`{name}` cannot read its sound: {why}");
        return failed(build, Diagnostic::error(message, at.clone()), 0);
    }
    if matches!(sound, Recipe::Several(_) | Recipe::Onsets { .. }) {
        let message = format!("`{name}` takes one sound, and this is {sound}");
        let hint = "one of them: `parts[0] |> external(command)`; all: `multiplex(parts, |p| p |> external(command))`";
        return failed(build, Diagnostic::error(message, at.clone()).hint(hint), 1);
    }
    Dynamic::from(hows.into_iter().fold(sound, Recipe::made))
}

/// `x |> whole`: a sound through effects of whole sounds, or two of these in series.
pub fn pipe(cx: &Cx, x: &Dynamic, Whole(hows): Whole) -> Fallible<Dynamic> {
    if let Some(Whole(mut first)) = x.clone().try_cast::<Whole>() {
        first.extend(hows);
        return Ok(Dynamic::from(Whole(first)));
    }
    match of(x) {
        Some(sound) => Ok(with(cx, |build, at| apply(build, "|>", sound, hows, &at))),
        None if lost(x) => Ok(Dynamic::from(Failed)),
        None => fail(format!(
            "programs, and functions of whole sounds, are given recorded sounds, not {}\n\
             render it first: `bounce(sound, 4.0) |> external(\"sox {{in}} {{out}} reverse\")`",
            describe(x)
        )),
    }
}

/// Its page of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["external"],
    "Recorded sounds",
    "sound |> external(command), external(command, sound)",
    "What a program makes of a sound, offline, when the piece is loaded: `{in}` and `{out}` in the command line are \
     WAV files (32-bit float, at the rate of the piece) that it reads and writes; without them the sound goes through \
     its standard input and output. A program with `{out}` alone is given nothing, and is a sound itself: \
     `external(\"sox -n {out} synth 2 pluck\")`. No shell is asked: words are divided at spaces, quotes keep them together. It \
     runs in the folder of the script, for at most 120 s, and only if the user says `--allow-external`. The result \
     is kept in the system's cache until the sound, the command line or the program changes.",
    "let back = sound_file(\"hall.wav\") |> external(\"sox {in} {out} reverse\"); \
     track(\"a\", sampler(back)).play(note(\"c4\"));",
)];
