//! Rigs in files: `load_rig("rig.json")`, `save_rig("rig.json")`.

use super::build::{Build, Site, with};
use super::entries::{Entry, entry};
use super::perform::inside;
use crate::diag::Diagnostic;
use crate::nodes::function::FUNCTION;
use crate::nodes::plugin::{IDENTITY, KIND, NORMALISED, NOTES, PLAIN};
use crate::nodes::sounds::played;
use crate::nodes::{ParamKind, kind_of};
use crate::session::{Arg, Bounce, Command, Node, Rig};
use crate::units::Place;
use rhai::{Engine, NativeCallContext as Cx};

/// Kinds that the graph compiler lowers itself.
const STRUCTURAL: &[&str] =
    &["mix", "input", "tap", "voice", "instrument", "kit", "split", "audio_in", "channel", "join"];

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("load_rig", |cx: Cx, path: &str| {
        with(&cx, |build, at| load(build, path, &at));
    });
    engine.register_fn("save_rig", |cx: Cx, path: &str| {
        with(&cx, |build, at| {
            inside(build, path, &at);
            if !path.to_ascii_lowercase().ends_with(".json") {
                let message = format!("`save_rig` cannot write \"{path}\"");
                let hint = "the name must end in .json: save_rig(\"rig.json\")";
                let error = Diagnostic::error(message, at.clone()).hint(hint);
                build.report_at(error, Site::Index(0));
            }
            build.commands.push((Command::SaveRig(path.into()), at));
        });
    });
}

fn load(build: &mut Build, path: &str, place: &Place) {
    build.read.insert(path.to_string());
    let read = build.world.read(path);
    let rig = read.and_then(|bytes| Rig::read(&bytes).map_err(|why| format!("\"{path}\": {why}")));
    let rig = rig.and_then(|rig| match rig.nodes.iter().find_map(strange) {
        Some(why) => Err(format!("\"{path}\": {why}")),
        None => Ok(rig),
    });
    let complain = |build: &mut Build, message: String, hint: &str| {
        let error = Diagnostic::error(message, place.clone()).hint(hint.to_string());
        build.report_at(error, Site::Index(0));
    };
    let rig = match rig {
        Ok(rig) => rig,
        Err(why) => {
            let hint = "a rig is what `save_rig(\"rig.json\")` writes; the file is left as it is";
            return complain(build, format!("cannot load the rig {why}"), hint);
        }
    };
    let tracks = build.session.tracks.iter().map(|t| &t.name);
    let known: Vec<&String> = tracks.chain(build.session.buses.iter().map(|b| &b.name)).collect();
    if let Some(twice) = rig.names().find(|name| known.iter().any(|k| k == name)) {
        let message = format!("the rig has \"{twice}\", which the script has made already");
        return complain(build, message, "give one of the two another name");
    }
    let first = build.session.nodes.len();
    rig.join(&mut build.session, place);
    // A file does not say which library is loaded: the plugin of that name is looked for here.
    for index in first..build.session.nodes.len() {
        if build.session.nodes[index].kind == KIND {
            let mut node = build.session.nodes[index].clone();
            super::plugin::identify(build, &mut node);
            build.session.nodes[index] = node;
        }
    }
}

/// What is wrong with a node of a file, as far as its kind tells.
fn strange(node: &Node) -> Option<String> {
    if STRUCTURAL.contains(&node.kind.as_str()) {
        return None;
    }
    if let Some(Arg::Program(program)) = node.args.get(FUNCTION)
        && !program.is_sound()
    {
        return Some(format!("the function of `{}` is damaged", node.kind));
    }
    let Some(kind) = kind_of(node) else {
        return Some(format!("there is no node called `{}` here", node.kind));
    };
    let of_plugin = |name: &str| {
        let own = IDENTITY.contains(&name)
            || ["called", "preset", "program", "automation"].contains(&name);
        name == NOTES
            || name == FUNCTION
            || node.kind == KIND && (own || name.starts_with([PLAIN, NORMALISED]))
    };
    let rendered = played(node).flat_map(|recipe| {
        recipe.rendered().into_iter().flat_map(Bounce::nodes).cloned().collect::<Vec<_>>()
    });
    let inside = rendered.filter_map(|node| strange(&node)).next();
    let own = node.args.iter().filter(|(name, _)| !of_plugin(name)).find_map(|(name, arg)| {
        let Some((_, param)) = kind.param(name) else {
            return Some(format!("`{}` has no parameter `{name}`", node.kind));
        };
        let (lo, hi) = param.range;
        let fits = match (param.kind, arg) {
            (ParamKind::Fixed, Arg::Number(x)) => (lo..=hi).contains(x),
            (ParamKind::Number | ParamKind::Audio, Arg::Number(_) | Arg::Node(_)) => true,
            (ParamKind::Choice(words), Arg::Text(word)) => words.contains(&word.as_str()),
            (ParamKind::Text, Arg::Text(_)) | (ParamKind::Flag, Arg::Flag(_)) => true,
            (ParamKind::List, Arg::List(_)) => true,
            _ => false,
        };
        (!fits).then(|| format!("`{name}` of `{}` cannot be {arg:?}", node.kind))
    });
    own.or(inside)
}

const GROUP: &str = "Rigs";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["load_rig"],
    GROUP,
    "load_rig(file)",
    "Adds the tracks, buses, instruments, effects, drums and controller maps that `save_rig` has written, as if the script \
     had made them: `track(\"acid\").play(..)` plays a track of the rig. Its master chain is taken unless the script \
     has one above. A file that is damaged, or newer than the program, is refused and left alone.",
    "load_rig(\"rig.json\"); track(\"acid\").play(note(\"c2 eb2\"));",
)];

/// Of those that are asked of the performance.
pub const COMMANDS: &[Entry] = &[entry(
    &["save_rig"],
    super::perform::LIVE,
    "save_rig(file)",
    "Saves the sound of what plays, without its patterns, tempo and samples, into a readable JSON file that any script can \
     load with `load_rig`: tracks, buses, master, instruments, effects, drums, controller maps, also learned ones. Written \
     whole or not at all; a file that is no rig, or a newer one, is not overwritten.",
    "save_rig(\"rig.json\");",
)];
