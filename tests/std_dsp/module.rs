//! The module as a whole: what its comments say, how its parts are computed.

use crate::rig::*;
use rhapsode::Runtime;
use rhapsode::session::Arg;

const TEXT: &str = include_str!("../../stdlib/dsp.rhai");

/// A function of the module: its name, its arguments, and the comment above it.
struct Part {
    name: &'static str,
    args: Vec<&'static str>,
    comment: Vec<&'static str>,
}

impl Part {
    fn is_ready(&self) -> bool {
        self.name.ends_with("_fx") || self.name.ends_with("_source")
    }
}

/// All that are not private.
fn parts() -> Vec<Part> {
    let (mut found, mut comment) = (Vec::new(), Vec::new());
    for line in TEXT.lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            comment.push(text);
            continue;
        }
        if let Some((name, rest)) = line.strip_prefix("fn ").and_then(|f| f.split_once('(')) {
            let args = rest.split(')').next().unwrap_or("").split(", ");
            let args = args.filter(|arg| !arg.is_empty()).collect();
            found.push(Part { name, args, comment: comment.clone() });
        }
        comment.clear();
    }
    assert!(found.len() > 60, "{} functions", found.len());
    found
}

#[test]
fn every_part_is_explained_and_gives_its_settings_a_range_and_a_default() {
    for part in parts().iter().filter(|part| !part.is_ready()) {
        assert!(!part.comment.is_empty(), "{} has no comment", part.name);
        for arg in &part.args {
            let line = part.comment.iter().find_map(|line| line.strip_prefix(&format!("{arg}: ")));
            let plain =
                ["x", "left", "right", "longest", "frames"].contains(arg) || part.name == "biquad";
            assert!(plain || line.is_some(), "{} says nothing of {arg}", part.name);
            let Some(line) = line else { continue };
            let (values, about) = line.split_once(" - ").unwrap_or((line, ""));
            let whole = values.contains("..") && values.contains(" = ") && !about.is_empty();
            assert!(whole, "{}: {line}", part.name);
        }
    }
}

#[test]
fn every_ready_sound_plays_without_settings() {
    let x = noise(4_800);
    for part in parts().iter().filter(|part| part.is_ready() && part.args.is_empty()) {
        let call = format!("d::{}()", part.name);
        let sound = if part.name.ends_with("_fx") { format!("heard |> {call}") } else { call };
        let level = rms(&hear(&sound, &x, 4_800));
        assert!((0.001..10.0).contains(&level), "{sound}: {level}");
    }
}

/// Without jumps two voices, or two channels, are computed side by side.
#[test]
fn no_part_jumps() {
    for part in parts().iter().filter(|part| !part.is_ready()) {
        let value = |arg: &&str| match *arg {
            "x" | "left" | "right" => "x",
            "frames" => "100",
            "longest" => "0.5",
            _ => "y",
        };
        let args: Vec<&str> = part.args.iter().map(value).collect();
        let element = if ["svf", "reverb"].contains(&part.name) { "[0]" } else { "" };
        let script = format!(
            "import \"std/dsp\" as d;\ntrack(\"a\", noise() |> dsp(|x, y| d::{}({}){element}, #{{y: 0.3}}));",
            part.name,
            args.join(", ")
        );
        let piece = Runtime::new().eval(&script).unwrap_or_else(|e| panic!("{script}: {e:#?}"));
        let args = piece.session().nodes.iter().flat_map(|node| node.args.values());
        let programs = args.filter_map(|arg| match arg {
            Arg::Program(program) => Some(program.is_straight()),
            _ => None,
        });
        assert_eq!(programs.collect::<Vec<_>>(), [true], "{} jumps", part.name);
    }
}

#[test]
fn a_flag_may_be_read_before_it_is_set() {
    for flip in ["!this.on", "this.on ^ true", "(x > 1.0) | !this.on"] {
        let y = hear(
            &format!("heard |> dsp(|x| {{ this.on = {flip}; select(this.on, 1.0, 0.5) }})"),
            &noise(64),
            64,
        );
        let wanted = |i: usize| if i.is_multiple_of(2) { 1.0 } else { 0.5 };
        assert!((0..64).all(|i| y[i] == wanted(i)), "{flip}: {:?}", &y[..4]);
    }
}
