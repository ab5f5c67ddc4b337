//! `repl`: the same as `live` with a prompt; what is typed joins what plays.

mod editor;

use super::Failure;
use super::input::ScriptArgs;
use super::interrupt::interrupted;
use super::live::studio::{Score, Studio};
use super::live::{PlayArgs, TICK};
use crate::script::doc;
use crate::script::notebook::{self, Notebook};
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
    #[command(flatten)]
    play: PlayArgs,
}

const HELP: &str = "\
An entry joins what plays; a function, variable, track or bus that is there already is replaced.
  ?NAME, help(\"NAME\")  the manual of a function      hush()   mute all tracks; tails ring
  :undo :redo          back to the entry before     panic()  silence at once (also Ctrl-C)
  :status :plan        how it goes, how it is made  :wait S  wait so many seconds
  :load FILE           a script in place of all     :show    what was entered, as a script
  :save FILE           what was entered, as a file  :quit    end (also Ctrl-D, twice Ctrl-C)";

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
        ..ScriptArgs::default()
    };
    let first = match &args.script {
        Some(path) => Notebook::default().with(&read(path).map_err(Failure::message)?),
        None => Notebook::default(),
    };
    let (editor, say) = Editor::open().map_err(|e| Failure::message(e.to_string()))?;
    let score = (Score::Text(first.text()), say);
    let play = &args.play;
    let studio = Studio::open(&script, &play.request(), play.quant, play.ceiling(), score)?;
    let mut repl = Repl {
        studio,
        editor,
        history: vec![Notebook::default(), first],
        at: 1,
        waits: true,
        until: Instant::now(),
        interrupted: None,
        over: false,
    };
    repl.studio.say("Type music, `:help` or `:quit`");
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

struct Repl {
    studio: Studio,
    editor: Editor,
    /// What sounded, in order, and which of it sounds now (or is being built).
    history: Vec<Notebook>,
    at: usize,
    /// An entry is being built.
    waits: bool,
    /// No entry is looked at before.
    until: Instant,
    interrupted: Option<Instant>,
    over: bool,
}

/// Musics that `:undo` can go back through.
const HISTORY: usize = 50;

impl Repl {
    fn step(&mut self) {
        self.studio.step(TICK);
        if let Some(taken) = self.studio.taken() {
            self.waits = false;
            if !taken {
                // What was wrong is told; what plays is what was there before.
                self.history.remove(self.at);
                self.at -= 1;
            }
            let names = notebook::names(&self.history[self.at].text());
            self.editor.knows(names.into_values().flatten().collect());
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
        self.panic();
    }

    fn panic(&mut self) {
        let told = self.studio.live().is_none_or(|live| live.panic());
        self.studio.say(if told { "Silence" } else { "The audio side is too busy; try again" });
    }

    fn enter(&mut self, text: &str) {
        if let Some(command) = text.strip_prefix(':') {
            return self.command(command);
        }
        let asked = text
            .strip_prefix('?')
            .or_else(|| text.strip_prefix("help(")?.trim_end_matches(';').strip_suffix(')'));
        if let Some(name) = asked {
            return self.help(name.trim().trim_matches('"'));
        }
        match text.trim_end_matches(';') {
            "" => {}
            "hush()" => {
                let script = self.history[self.at].text();
                let tracks = notebook::names(&script).remove("track").unwrap_or_default();
                let mutes = tracks.iter().map(|t| format!("track({t:?}).mute();\n"));
                self.play(self.history[self.at].with(&mutes.collect::<String>()));
            }
            "panic()" => self.panic(),
            _ => self.play(self.history[self.at].with(text)),
        }
    }

    fn help(&self, name: &str) {
        let text = if name.is_empty() { Ok(HELP.to_string()) } else { doc::page(name) };
        self.studio.say(text.unwrap_or_else(|why| why).trim_end());
    }

    /// Plays a notebook as the newest of the history.
    fn play(&mut self, notebook: Notebook) {
        self.history.truncate(self.at + 1);
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
        self.studio.submit(notebook.text());
        self.history.push(notebook);
        self.at = self.history.len() - 1;
        self.waits = true;
    }

    /// Plays another music of the history.
    fn turn(&mut self, to: Option<usize>) {
        match to.filter(|&to| to < self.history.len()) {
            Some(to) => {
                self.at = to;
                self.studio.submit(self.history[to].text());
                self.waits = true;
            }
            None => self.studio.say("There is nothing to go to"),
        }
    }

    fn command(&mut self, command: &str) {
        let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
        let rest = rest.trim();
        match word {
            "quit" | "q" => self.over = true,
            "help" => self.studio.say(HELP),
            "undo" => self.turn(self.at.checked_sub(1)),
            "redo" => self.turn(Some(self.at + 1)),
            "show" => self.studio.say(self.history[self.at].text().trim_end()),
            "status" => {
                let status = self.studio.status().unwrap_or_else(|| "Nothing plays".into());
                self.studio.say(&status);
            }
            "plan" => {
                let plan = self.studio.live().map(|live| live.plan().to_string());
                self.studio.say(plan.as_deref().unwrap_or("Nothing plays").trim_end());
            }
            "wait" => {
                let seconds = rest.parse::<f64>().unwrap_or(1.0).clamp(0.0, 3600.0);
                self.until = Instant::now() + Duration::from_secs_f64(seconds);
            }
            "load" => match read(Path::new(rest)) {
                Ok(text) => self.play(Notebook::default().with(&text)),
                Err(why) => self.studio.say(&why),
            },
            "save" => {
                let saved = std::fs::write(rest, self.history[self.at].text());
                self.studio.say(&match saved {
                    Ok(()) => format!("Saved {rest}"),
                    Err(why) => format!("cannot write {rest}: {why}"),
                });
            }
            _ => self.studio.say(&format!("there is no command `:{word}`; `:help` lists them")),
        }
    }
}
