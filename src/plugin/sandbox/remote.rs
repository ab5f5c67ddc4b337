//! A plugin in another process, as its host's main thread has it.

use super::Options;
use super::half::Pace;
use super::kept::Kept;
use super::life::{Cause, Life};
use super::link::{Broken, Found, Link};
use super::region::memory;
use super::wire::Request;
use crate::plugin::{Change, Curve, Description, Format, Parameter, PluginError, Setup, State};
use rustix::fd::OwnedFd;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Weak;
use std::time::Duration;

mod plugin;

/// How long a poll may hold up the host.
const PATIENCE: Duration = Duration::from_millis(50);

/// The plugin's place in this process.
pub struct Remote {
    description: Description,
    options: Options,
    link: RefCell<Link>,
    memory: OwnedFd,
    kept: Kept,
    /// Alive as long as the audio half is.
    half: Weak<()>,
    /// It has been told that the child is gone.
    told: bool,
}

impl Remote {
    /// See [`super::open`].
    pub fn open(
        options: &Options,
        format: Format,
        path: &Path,
        id: &str,
    ) -> Result<Remote, PluginError> {
        let refused =
            |e: io::Error| PluginError::load(path, format!("its process cannot be started: {e}"));
        let (ours, theirs) = UnixStream::pair().map_err(refused)?;
        let memory = memory().map_err(refused)?;
        let mut command = Command::new(&options.program);
        command.args(["plugin-host", format.prefix()]).arg(path).arg(id);
        command.stdin(OwnedFd::from(theirs));
        command.stdout(memory.try_clone().map_err(refused)?).stderr(Stdio::null());
        // Without a display some toolkits abort; with this one they draw nowhere.
        command.env("QT_QPA_PLATFORM", "offscreen");
        let life = Life::start(&mut command).map_err(refused)?;
        // It has the other end of the socket, which must be nowhere else.
        drop(command);
        let link = Link::new(ours, life.clone(), options.limit);
        let opened = link.hear::<Result<Description, PluginError>>();
        let description = match opened {
            Ok((Ok(description), _)) => description,
            Ok((Err(error), _)) => {
                life.end();
                return Err(error);
            }
            Err(Broken) => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let how = format!("{} while it was loaded", life.how());
                return Err(PluginError::Died { name, how });
            }
        };
        Ok(Remote {
            description,
            options: options.clone(),
            link: RefCell::new(link),
            memory,
            kept: Kept::new(),
            half: Weak::new(),
            told: false,
        })
    }

    fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, PluginError> {
        let said = self.link.borrow_mut().ask(request, &[]);
        said.map(|(said, _)| said).map_err(|Broken| self.died())
    }

    fn died(&self) -> PluginError {
        let how = self.link.borrow().life().how().to_string();
        PluginError::Died { name: self.description.name.clone(), how }
    }

    /// Ends the child, which says what it should not.
    fn garbled(&self) -> PluginError {
        let link = self.link.borrow();
        link.life().kill(Cause::Garbled);
        link.life().wait(Duration::from_secs(1));
        drop(link);
        self.died()
    }

    fn parameter(&self, index: u32) -> Option<&Parameter> {
        self.description.parameters.get(index as usize)
    }

    /// A line in place of a curve that is not known.
    fn line(&self, index: u32) -> Curve {
        let ends = self.parameter(index).map_or((0.0, 1.0), |p| (p.lowest, p.highest));
        Curve::Line { lowest: ends.0, highest: ends.1 }
    }

    /// That a value can be set, which a plugin that is gone cannot say any more.
    fn settable(&self, index: u32, plain: f64) -> Result<(), PluginError> {
        let reason = match self.parameter(index) {
            None => format!("has no parameter {index}"),
            Some(p) if !plain.is_finite() => format!("cannot set `{}` to {plain}", p.name),
            Some(_) => return Ok(()),
        };
        Err(PluginError::Value { name: self.description.name.clone(), reason })
    }

    fn playing(&self) -> Result<(), PluginError> {
        if self.half.strong_count() > 0 {
            return Err(PluginError::Playing(self.description.name.clone()));
        }
        Ok(())
    }

    /// Takes in the answer to a poll.
    fn take(&mut self, (news, state): Found, changes: &mut Vec<Change>) {
        if let Some(description) = news.description {
            self.description = description;
        }
        if let Ok(state) = State::from_bytes(&state) {
            self.kept.fetched(state);
        }
        for change in news.changes {
            self.kept.heard(&self.description, &change);
            changes.push(change);
        }
    }

    /// How long blocks may take.
    fn pace(&self, setup: &Setup) -> Pace {
        let options = &self.options;
        if setup.offline {
            return Pace { budget: options.patience, misses: 1, hang: Duration::ZERO };
        }
        let block = setup.block.clamp(1, crate::plugin::BLOCK) as f64 / setup.rate;
        // A share or a rate that is no number is no time at all.
        let budget = Duration::try_from_secs_f64(block * options.share).unwrap_or_default();
        Pace { budget, misses: options.misses, hang: options.hang }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // The socket closes after this, which the child takes as a request; if it does not, it is killed.
        self.link.get_mut().life().end();
    }
}
