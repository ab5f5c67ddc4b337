//! What becomes of what was built: it goes on its way to be heard, or its faults are told.

use super::builder::{Asker, Built, Text, Work, told};
use super::perform::place;
use super::score::{Music, Take};
use super::stage::{Arrival, Stage};
use super::studio::Studio;
use crate::app::serve::Problem;
use crate::app::serve::wire::Outcome;
use crate::engine::live::{Fresh, Quant};
use crate::runtime::Piece;
use crate::script::notebook::{self, Notebook};
use crate::session::Mixer;
use std::path::PathBuf;
use std::sync::Arc;

impl Studio {
    /// Takes in what the builder has made.
    pub(super) fn receive(&mut self, built: Built) {
        let Built { work, rate, mixer, result } = built;
        if let Ok((piece, ..)) = &result {
            self.open_inputs(piece.session().inputs());
            self.open_ports(piece.session());
        }
        if rate != self.rate {
            return self.builder.ask(work);
        }
        let answer = match result {
            Ok((piece, fresh, notebook)) => Ok(self.accept(&work, mixer, piece, fresh, notebook)),
            Err(diags) => {
                self.show.error = diags.first().map(|d| d.message.clone());
                if !matches!(work.asker, Asker::Editor(_)) {
                    self.report(&diags);
                    self.publish_errors(&diags);
                }
                if self.live.is_some() && work.asker == Asker::Nobody {
                    self.say("Nothing was changed; the music from before plays on");
                }
                Err(diags)
            }
        };
        match work.asker {
            Asker::Nobody => {}
            Asker::Prompt => self.answers.push(answer.is_ok()),
            Asker::Editor(editor) => self.reply(editor, answer),
        }
    }

    /// Puts what was built on its way.
    fn accept(
        &mut self,
        work: &Work,
        mixer: Mixer,
        piece: Piece,
        fresh: Fresh,
        notebook: Notebook,
    ) -> Outcome {
        self.show.error = None;
        let mut warnings = [piece.warnings(), fresh.warnings()].concat();
        warnings.extend(self.deaf(&piece));
        let warnings = told(warnings, &notebook);
        self.report(&warnings);
        let diagnostics = warnings.iter().map(Problem::from).collect();
        crate::app::outputs::write_aside(&piece);
        if let Text::Entry(text, ..) = &work.text
            && notebook::is_command(text)
        {
            let before = self.said.borrow().len();
            piece.commands().iter().for_each(|command| self.perform(command));
            let text = self.said.borrow()[before..].join("\n");
            return Outcome { text, diagnostics, ..Outcome::default() };
        }
        self.watch.set(self.files(&piece));
        self.notebook = notebook.settled();
        let fresh = if mixer.mutes == self.mixer.mutes && mixer.solos == self.mixer.solos {
            Some(fresh)
        } else {
            None
        };
        self.mixer.stopped.retain(|name| mixer.stopped.contains(name));
        let (session, library) = (piece.shared_session(), piece.shared_library());
        let (sources, notebook) = (piece.sources().into(), self.notebook.clone());
        let (number, read) = (self.takes.next_number(), piece.read().into());
        let take = Take { number, session, notebook, library, sources, read };
        self.takes.push(take.clone());
        let (asked, commands) = (work.asked, piece.commands().to_vec());
        let arrival = Some(Arrival { asked, commands });
        let quant = work.quant.unwrap_or(self.play.quant);
        let files = Arc::new(work.files.clone());
        let outcome = Outcome { diagnostics, ..self.moment(quant) };
        self.send(Stage { music: Music::of(take), fresh, quant, files, arrival });
        outcome
    }

    /// When an edit is heard that is made now.
    fn moment(&self, quant: Quant) -> Outcome {
        let Some(live) = &self.live else {
            return Outcome { text: "It begins".into(), ..Outcome::default() };
        };
        let frame = live.next(quant);
        let (bar, beat) = place(live, frame);
        let text = format!("Heard at bar {bar}, beat {beat:.2}");
        Outcome { text, frame: Some(frame), bar: Some(bar), beat: Some(beat), ..Outcome::default() }
    }

    /// The files that the piece was made of.
    fn files(&self, piece: &Piece) -> Vec<PathBuf> {
        let world = self.script.world(f64::from(self.rate));
        let scripts = piece.session().files.iter().skip(1).filter(|f| !f.starts_with("std/"));
        let mut files: Vec<PathBuf> =
            scripts.filter_map(|f| world.locate(&format!("{f}.rhai")).ok()).collect();
        files.extend(Some(&self.script.script).filter(|s| !s.as_os_str().is_empty()).cloned());
        files.extend(piece.read().iter().filter_map(|f| world.locate(f).ok()));
        files.extend(piece.library().files());
        files
    }
}
