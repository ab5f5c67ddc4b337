//! The plugins of what plays: what they tell, what they are set to, saved states, a new start.

use super::builder::{Asker, Text, Work};
use super::score::Music;
use super::studio::Studio;
use crate::engine::live::Quant;
use crate::engine::rack::{News, Rack};
use crate::pattern::Value;
use crate::plugin::Change;
use crate::script::notebook::Origin;
use crate::session::OnChange;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Instant;

impl Studio {
    /// Tells what plugins have told, and builds the music again where that is needed.
    pub(super) fn hear_plugins(&mut self) {
        let Some(library) = self.library() else { return };
        let mut again = false;
        for news in library.rack().news() {
            self.call(&news);
            let News { at, change, .. } = news;
            match change {
                Change::Died(why) => {
                    self.say(&format!(
                        "{why}: {at} is bypassed; reload(\"{at}\") starts it with what it was set to"
                    ));
                }
                // The music is made anew with a successor that has the new latency: it fades in.
                Change::Latency | Change::Restart => again = true,
                _ => {}
            }
        }
        if again {
            self.again();
        }
    }

    /// Calls the functions of the script that hear of a plugin.
    fn call(&mut self, news: &News) {
        let Some(Music { session, .. }) = &self.sounding else { return };
        let hear: Vec<_> = session.changes.iter().filter(|c| c.hears(&news.at)).cloned().collect();
        for OnChange { run, .. } in hear {
            match (run.run)(&told(news)) {
                Ok(Value::Text(text)) if !text.is_empty() => self.say(&text),
                Ok(Value::Map(parts)) => {
                    if let Some(Value::Text(text)) = parts.get("say") {
                        self.say(text);
                    }
                    if let Some(Value::Text(code)) = parts.get("run") {
                        let origin = Origin { name: "on_change".into(), line: 1 };
                        self.enter((code.to_string(), origin, None), None, Asker::Nobody);
                    }
                }
                Ok(_) => {}
                Err(error) => self.say(&format!("on_change of {}: {}", news.at, error.message)),
            }
        }
    }

    /// Builds what plays again, to be heard as soon as it can be.
    fn again(&mut self) {
        let (files, asked) = (BTreeSet::new(), Instant::now());
        let (text, asker, quant) = (Text::Again, Asker::Nobody, Some(Quant::Now));
        self.builder.ask(Work { text, asker, quant, files, asked });
    }

    /// Shows the parameters of a plugin as they are now.
    pub(super) fn show_params(&self, name: &str) {
        let text = self.with_plugin(name, |rack, at| {
            let all = rack.values(at)?;
            let width = all.iter().map(|v| v.0.chars().count()).max().unwrap_or(0);
            let mut text = at.to_string();
            for (name, value) in all {
                let _ = write!(text, "\n  {name:width$}  {value}");
            }
            Ok(text)
        });
        if let Some(text) = text {
            self.say(&text);
        }
    }

    /// Saves the state of a plugin into a file.
    pub(super) fn save_state(&self, name: &str, file: &str) {
        let to = self.beside(file);
        let said = self.with_plugin(name, |rack, at| {
            rack.save(at, to.clone())?;
            Ok(format!("{at} is saved in {}", to.display()))
        });
        if let Some(said) = said {
            self.say(&said);
        }
    }

    /// Starts a plugin anew with what it was set to.
    pub(super) fn reload(&mut self, name: &str) {
        let done = self.with_plugin(name, |rack, at| {
            rack.retire(at)?;
            Ok(format!("{at} starts anew"))
        });
        if let Some(said) = done {
            self.say(&said);
            self.again();
        }
    }

    /// Does something with a plugin that is named by its path or its key; says what is wrong.
    fn with_plugin<T>(
        &self,
        name: &str,
        f: impl FnOnce(&Rack, &str) -> Result<T, (String, String)>,
    ) -> Option<T> {
        let library = self.library()?;
        let rack = library.rack();
        match rack.find(name).and_then(|at| f(rack, &at)) {
            Ok(done) => Some(done),
            Err((message, hint)) => {
                self.say(&format!("{message}: {hint}"));
                None
            }
        }
    }
}

/// What a function of the script is told.
fn told(news: &News) -> Value {
    let text = |text: &str| Value::text(text);
    let (name, words) = news.parameter.clone().unwrap_or_default();
    let (kind, more) = match &news.change {
        Change::Value { plain, .. } => (
            "value",
            vec![("name", text(&name)), ("value", Value::Num(*plain)), ("text", text(&words))],
        ),
        Change::Gesture { begins, .. } => {
            ("gesture", vec![("name", text(&name)), ("begins", Value::Bool(*begins))])
        }
        Change::Values => ("values", Vec::new()),
        Change::Description => ("parameters", Vec::new()),
        Change::Latency => ("latency", Vec::new()),
        Change::Restart => ("restart", Vec::new()),
        Change::Unsaved => ("unsaved", Vec::new()),
        Change::Died(why) => ("ended", vec![("text", text(why))]),
    };
    let all = [("plugin", text(&news.at)), ("kind", text(kind))].into_iter().chain(more);
    Value::Map(all.map(|(key, value)| (key.into(), value)).collect())
}
