//! `eval`: sends code to a running session and says what became of it; any editor can call it.

mod client;

use super::serve::session::{self, Session};
use super::serve::wire::{Answer, Eval, Message, Outcome, Status};
use super::{Failure, report};
use crate::diag::Diagnostic;
use crate::engine::live::Quant;
use client::Client;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What is sent, and to whom.
#[derive(Clone, Debug, clap::Args)]
pub struct EvalArgs {
    /// The file to send; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "status")]
    file: Option<PathBuf>,
    /// Send these lines only
    #[arg(long, value_name = "A:B", value_parser = lines)]
    lines: Option<(u32, u32)>,
    /// What standard input is called in messages
    #[arg(long, value_name = "FILE")]
    name: Option<PathBuf>,
    /// The line of the file that standard input begins with
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    line: u32,
    /// When it is heard: `bar`, `now`, or a number of beats (the session's own otherwise)
    #[arg(long, value_parser = super::live::quant)]
    quant: Option<Quant>,
    /// Pass over what the code says of other tracks and buses
    #[arg(long, value_name = "NAME")]
    slot: Option<String>,
    /// The session: its process or its socket (the newest otherwise)
    #[arg(long, value_name = "PID|SOCKET")]
    session: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
    /// Ask how it goes, and send nothing
    #[arg(long)]
    status: bool,
}

fn lines(text: &str) -> Result<(u32, u32), String> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if (1..=last).contains(&first) => Ok((first, last)),
        _ => Err("expected a line or two, from 1: `12:20`".into()),
    }
}

/// Sends, waits for the answer and shows it. The exit code is 0 if the code was taken.
#[must_use]
pub fn eval(args: &EvalArgs) -> ExitCode {
    let answer = args.message().and_then(|message| args.connect()?.ask(&message));
    match answer {
        Err(failure) => {
            report::report(&failure.0, args.json);
            ExitCode::FAILURE
        }
        Ok(answer) if args.json => {
            print(&serde_json::to_string(&answer).unwrap_or_default());
            ExitCode::from(u8::from(matches!(answer, Answer::Error { .. })))
        }
        Ok(answer) => args.show(answer),
    }
}

impl EvalArgs {
    fn message(&self) -> Result<Message, Failure> {
        if self.status {
            return Ok(Message::Status {});
        }
        let file = self.file.clone().unwrap_or_default();
        let (text, name) = if file.as_os_str() == "-" {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            (read.map(|_| text), self.name.clone())
        } else {
            (std::fs::read_to_string(&file), Some(self.name.clone().unwrap_or(file.clone())))
        };
        let why = |why| Failure::message(format!("cannot read {}: {why}", file.display()));
        let (code, line) = self.choose(text.map_err(why)?)?;
        let file = name.map(|name| absolute(&name).display().to_string());
        let Self { slot, quant, .. } = self.clone();
        Ok(Message::Eval(Eval { code, file, line, slot, quant }))
    }

    /// The lines that are asked for, and the number of the first.
    fn choose(&self, text: String) -> Result<(String, u32), Failure> {
        let Some((first, last)) = self.lines else { return Ok((text, self.line)) };
        let (first, last) = (first as usize, last as usize);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let Some(chosen) = lines.get(first - 1..last.min(lines.len())).filter(|c| !c.is_empty())
        else {
            let text = format!("there is no line {first}: there are {} lines", lines.len());
            return Err(Failure::message(text));
        };
        Ok((chosen.concat(), self.line + first as u32 - 1))
    }

    fn connect(&self) -> Result<Client, Failure> {
        #[cfg(unix)]
        if let Some(socket) = self.session.as_deref().filter(|s| s.parse::<u32>().is_err()) {
            return Client::at_socket(Path::new(socket));
        }
        let sessions = session::folder().map(|f| session::running(&f)).unwrap_or_default();
        let found = match &self.session {
            Some(pid) => sessions.iter().find(|s| s.pid.to_string() == *pid),
            None => sessions.first(),
        };
        found.map_or_else(|| Err(nobody(self.session.as_deref(), &sessions)), Client::of)
    }

    fn show(&self, answer: Answer) -> ExitCode {
        match answer {
            Answer::Error { diagnostics } => {
                self.report(diagnostics.into_iter().map(Diagnostic::from));
                return ExitCode::FAILURE;
            }
            Answer::Result(Outcome { text, diagnostics, .. }) => {
                self.report(diagnostics.into_iter().map(Diagnostic::from));
                print(text.trim_end());
            }
            Answer::Status(status) => print(&sentence(&status)),
            // Nothing else answers what was asked.
            Answer::Welcome { .. }
            | Answer::Event(_)
            | Answer::Meter { .. }
            | Answer::Log { .. } => {}
        }
        ExitCode::SUCCESS
    }

    /// Shows diagnostics, with the file called as the user called it.
    fn report(&self, diagnostics: impl Iterator<Item = Diagnostic>) {
        let own = self.name.as_ref().or(self.file.as_ref());
        let sent = own.map(|own| absolute(own).display().to_string());
        let renamed = diagnostics.map(|mut diagnostic| {
            if let Some(own) = own.filter(|_| sent.as_ref() == Some(&diagnostic.file)) {
                diagnostic.file = own.display().to_string();
            }
            diagnostic
        });
        report::report(&renamed.collect::<Vec<_>>(), false);
    }
}

/// Prints a line; whoever has closed the pipe does not want it.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

fn nobody(wanted: Option<&str>, sessions: &[Session]) -> Failure {
    let text = match wanted {
        Some(wanted) => format!("there is no session `{wanted}`"),
        None => "nothing is running".to_string(),
    };
    let hint = if sessions.is_empty() {
        "start `rhapsode live song.rhai` or `rhapsode repl` in another terminal (without --no-server)".into()
    } else {
        let running: Vec<String> = sessions.iter().map(|s| s.pid.to_string()).collect();
        format!("these run: {}", running.join(", "))
    };
    Failure(vec![Diagnostic::error(text, Default::default()).hint(hint)])
}

fn sentence(status: &Status) -> String {
    let Status { bar, beat, bpm, load, xruns, device, rate, lost, slots } = status;
    let (beat, load) = (beat.floor(), load * 100.0);
    let lost = if *lost { " (gone)" } else { "" };
    let slots = slots.join(" ");
    format!(
        "{bar}:{beat}  {bpm:.1} bpm  load {load:.1} %  xruns {xruns}  {device}{lost}, {rate} Hz  {slots}"
    )
}
