//! `repl`: the same as `live` with a prompt; what is typed joins what plays.

pub(super) mod complete;
mod editor;
mod modes;

use super::input::ScriptArgs;
use super::interrupt::interrupted;
use super::live::builder::Asker;
use super::live::keys::{Layout, Wish};
use super::live::studio::Studio;
use super::live::{PlayArgs, TICK};
use super::{Failure, devices};
use crate::engine::live::Quant;
use crate::io::file::write_whole;
use crate::script::notebook::Origin;
use crate::session::Command;
use clap::ValueEnum;
use editor::{Editor, Line};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where the music comes from, and how it is played.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplArgs {
    /// A script to begin with
    #[arg(value_name = "SCRIPT")]
    script: Option<PathBuf>,
    /// Sets an argument that the script asks for with arg(name, default)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = super::input::pair)]
    set: Vec<(String, String)>,
    /// Lets the script read files below this folder too
    #[arg(long, value_name = "FOLDER")]
    allow: Vec<PathBuf>,
    /// Lets the script run programs for its sounds: external(..)
    #[arg(long)]
    allow_external: bool,
    #[command(flatten)]
    play: PlayArgs,
}

const HELP: &str = "\
An entry joins what plays; a function, variable, track or bus that is there already is replaced.
  ?NAME, help(\"NAME\")   the manual of a function      hush()         stop the patterns; tails ring
  undo() redo()          back to the music before      panic()        silence at once (also Ctrl-C)
  mute(\"a\") solo(\"a\")   and unmute, unsolo            record(\"take.wav\"), stems(\"dir\"), stop_recording()
  :status :plan          how it goes, how it is made   :devices       the sound devices
  :load FILE             a script in place of all      :show          what was entered, as a script
  :save FILE             what was entered, as a file   :wait S        wait so many seconds
  :now ENTRY             heard as soon as it can be    :keys          play the computer's keyboard, until Esc
  :quit                  end (also Ctrl-D, twice Ctrl-C)";

/// Two Ctrl-C within this time end the program.
const TWICE: Duration = Duration::from_secs(1);

/// Plays what is typed until `:quit`, or the end of the input.
///
/// # Errors
/// Why there is no sound at all, or the script to begin with cannot be read.
pub fn repl(args: &ReplArgs) -> Result<(), Failure> {
    let script = ScriptArgs {
        script: args.script.clone().unwrap_or_default(),
        set: args.set.clone(),
        allow: args.allow.clone(),
        allow_external: args.allow_external,
        ..ScriptArgs::default()
    };
    let (editor, say) = Editor::open().map_err(|e| Failure::message(e.to_string()))?;
    let play = &args.play;
    let mut studio = Studio::open(&script, play, say)?;
    match &args.script {
        Some(_) => studio.play_file(Asker::Prompt),
        None => studio.load(String::new(), prompt(), Asker::Prompt),
    }
    studio.say("Type music, `:help` or `:quit`");
    let mut repl =
        Repl { studio, editor, waits: true, until: Instant::now(), interrupted: None, over: false };
    let started = Instant::now();
    while !repl.over && !interrupted() && !play.is_over(started) {
        repl.step();
    }
    repl.studio.close();
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

fn prompt() -> Origin {
    Origin { name: "prompt".into(), line: 1 }
}

struct Repl {
    studio: Studio,
    editor: Editor,
    /// An entry is being built.
    waits: bool,
    /// No entry is looked at before.
    until: Instant,
    interrupted: Option<Instant>,
    over: bool,
}

impl Repl {
    fn step(&mut self) {
        match self.studio.step_with_keys(TICK) {
            Some(Wish::Leave) => self.editor.resume(),
            Some(Wish::Interrupt) => self.interrupt(),
            None => {}
        }
        if self.studio.answer().is_some() {
            self.waits = false;
            self.editor.knows(self.studio.known());
        }
        if self.waits || Instant::now() < self.until {
            return;
        }
        match self.editor.next() {
            Some(Line::Entry(text)) => self.enter(text.trim()),
            Some(Line::Interrupt) => self.interrupt(),
            Some(Line::End) => self.over = true,
            None => {}
        }
    }

    fn interrupt(&mut self) {
        if self.interrupted.is_some_and(|at| at.elapsed() < TWICE) {
            self.over = true;
        }
        self.interrupted = Some(Instant::now());
        self.studio.panic();
    }

    fn enter(&mut self, text: &str) {
        if let Some(command) = text.strip_prefix(':') {
            return self.command(command);
        }
        let asked = text
            .strip_prefix('?')
            .or_else(|| text.strip_prefix("help(")?.trim_end_matches(';').strip_suffix(')'));
        match (asked, text.trim_end_matches(';')) {
            (Some(name), _) => self.help(name.trim().trim_matches('"')),
            (None, "") => {}
            // At once, and not after what is being built.
            (None, "panic()") => self.studio.panic(),
            _ => self.play(text, None),
        }
    }

    fn help(&self, name: &str) {
        let text = if name.is_empty() { HELP.to_string() } else { self.studio.page(name) };
        self.studio.say(text.trim_end());
    }

    fn play(&mut self, text: &str, quant: Option<Quant>) {
        self.studio.enter((text.to_string(), prompt(), None), quant, Asker::Prompt);
        self.waits = true;
    }

    /// Plays the keys of the terminal instead of typing, until Esc.
    fn keys(&mut self, layout: &str) {
        let layout = match layout {
            "" => Ok(Layout::default()),
            name => Layout::from_str(name, true),
        };
        let opened = match layout {
            Ok(layout) => self.studio.open_keys(layout),
            Err(_) => {
                self.studio.say("`:keys`, `:keys qwertz` or `:keys azerty`");
                false
            }
        };
        if !opened {
            self.editor.resume();
        }
    }

    fn command(&mut self, command: &str) {
        let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
        let rest = rest.trim();
        match word {
            "quit" | "q" => self.over = true,
            "help" => self.studio.say(HELP),
            "undo" => self.studio.perform(&Command::Undo),
            "redo" => self.studio.perform(&Command::Redo),
            "show" => self.studio.say(self.studio.text().trim_end()),
            "status" => self.studio.perform(&Command::Status),
            "now" => self.play(rest, Some(Quant::Now)),
            "keys" => self.keys(rest),
            "devices" => self.studio.say(devices::text().trim_end()),
            "plan" => {
                let plan = self.studio.live().map(|live| live.plan().to_string());
                self.studio.say(plan.as_deref().unwrap_or("Nothing plays").trim_end());
            }
            "wait" => {
                let seconds = rest.parse::<f64>().unwrap_or(1.0).clamp(0.0, 3600.0);
                self.until = Instant::now() + Duration::from_secs_f64(seconds);
            }
            "load" => match read(Path::new(rest)) {
                Ok(text) => {
                    let origin = Origin { name: rest.into(), line: 1 };
                    self.studio.load(text, origin, Asker::Prompt);
                    self.waits = true;
                }
                Err(why) => self.studio.say(&why),
            },
            "save" => {
                let saved = write_whole(Path::new(rest), self.studio.text().as_bytes());
                self.studio.say(&match saved {
                    Ok(()) => format!("Saved {rest}"),
                    Err(why) => format!("cannot write {rest}: {why}"),
                });
            }
            _ => self.studio.say(&format!("there is no command `:{word}`; `:help` lists them")),
        }
    }
}
