//! A plugin in another process, as its host's main thread has it.

use super::Options;
use super::half::{Half, Pace};
use super::kept::Kept;
use super::life::{Cause, Life};
use super::link::{Broken, Found, Link};
use super::region::{Region, memory};
use super::wire::{Bits, Request};
use crate::plugin::describe::number;
use crate::plugin::{
    AudioHalf, Bus, Change, Curve, Description, Format, Parameter, Plugin, PluginError, Setup,
    State,
};
use rustix::fd::OwnedFd;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};
use std::time::Duration;

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

    /// A state that is newer than what polls may have brought.
    fn keep(&mut self, state: &State) {
        self.link.get_mut().forget_states();
        self.kept.replace(state);
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

impl Plugin for Remote {
    fn description(&self) -> &Description {
        &self.description
    }

    fn value(&self, index: u32) -> f64 {
        let Some(parameter) = self.parameter(index) else { return 0.0 };
        let known = || self.kept.value(parameter.id).unwrap_or(parameter.default);
        self.ask::<Bits>(&Request::Value(index)).map_or_else(|_| known(), f64::from)
    }

    fn set(&mut self, index: u32, plain: f64) -> Result<(), PluginError> {
        match self.ask::<Result<(), PluginError>>(&Request::Set(index, plain.into())) {
            Ok(done) => done?,
            // It is kept for the next instance.
            Err(_) => self.settable(index, plain)?,
        }
        let range = self.parameter(index).map(|p| (p.lowest, p.highest));
        let plain = range.map_or(plain, |(lowest, highest)| plain.max(lowest).min(highest));
        self.kept.set(&self.description, index, plain);
        Ok(())
    }

    fn set_normalised(&mut self, index: u32, value: f64) -> Result<(), PluginError> {
        let request = Request::SetNormalised(index, value.into());
        let plain = match self.ask::<Result<Bits, PluginError>>(&request) {
            Ok(plain) => plain?.into(),
            Err(_) => {
                self.settable(index, value)?;
                self.plain(index, value)
            }
        };
        self.kept.set(&self.description, index, plain);
        Ok(())
    }

    fn normalise(&self, index: u32, plain: f64) -> f64 {
        let normalised = self.ask::<Bits>(&Request::Normalise(index, plain.into()));
        normalised.map_or_else(|_| self.line(index).normalise(plain), f64::from)
    }

    fn plain(&self, index: u32, value: f64) -> f64 {
        let line =
            || self.parameter(index).map_or(0.0, |p| p.lowest + value * (p.highest - p.lowest));
        self.ask::<Bits>(&Request::Plain(index, value.into())).map_or_else(|_| line(), f64::from)
    }

    fn curve(&self, index: u32) -> Curve {
        let curve = self.ask::<Option<Curve>>(&Request::Curve(index)).ok().flatten();
        // An empty table would be no map at all.
        let good = |curve: &Curve| !matches!(curve, Curve::Table(table) if table.len() < 2);
        curve.filter(good).unwrap_or_else(|| self.line(index))
    }

    fn text(&self, index: u32, plain: f64) -> String {
        self.ask(&Request::Text(index, plain.into())).unwrap_or_else(|_| plain.to_string())
    }

    fn parse(&self, index: u32, text: &str) -> Option<f64> {
        self.parameter(index)?;
        match self.ask::<Option<Bits>>(&Request::Parse(index, text.into())) {
            Ok(plain) => plain.map(f64::from),
            Err(_) => number(text).map(|(number, _)| number),
        }
    }

    fn program(&mut self, program: usize) -> Result<(), PluginError> {
        self.ask::<Result<(), PluginError>>(&Request::Program(program))??;
        self.kept.programmed();
        Ok(())
    }

    fn save(&mut self) -> Result<State, PluginError> {
        let said = self.link.borrow_mut().ask(&Request::Save, &[]);
        let Ok((done, bytes)) = said else { return Ok(self.kept.state(&self.description)) };
        let done: Result<(), PluginError> = done;
        done?;
        let state = State::from_bytes(&bytes)?;
        self.keep(&state);
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<(), PluginError> {
        let said = self.link.borrow_mut().ask(&Request::Restore, &state.to_bytes());
        let (done, _) = said.map_err(|Broken| self.died())?;
        let done: Result<(), PluginError> = done;
        done?;
        self.keep(state);
        Ok(())
    }

    fn arrange(&mut self, inputs: &[usize], outputs: &[usize]) -> bool {
        let request = Request::Arrange(inputs.into(), outputs.into());
        let Ok((agreed, description)) = self.ask::<(bool, Option<Description>)>(&request) else {
            return false;
        };
        if let Some(description) = description {
            self.description = description;
        }
        agreed
    }

    fn activate(&mut self, setup: &Setup) -> Result<Box<dyn AudioHalf>, PluginError> {
        self.playing()?;
        let request = Request::Activate(*setup);
        let description = self.ask::<Result<Option<Description>, PluginError>>(&request)??;
        if let Some(description) = description {
            self.description = description;
        }
        let sum =
            |buses: &[Bus]| buses.iter().fold(0, |n: usize, bus| n.saturating_add(bus.channels));
        let d = &self.description;
        let channels = sum(&d.inputs).saturating_add(sum(&d.outputs));
        // The child has made room for as many as it has described.
        let region = Region::map(&self.memory, channels).map_err(|_| self.garbled())?;
        let (region, alive) = (Arc::new(region), Arc::new(()));
        self.half = Arc::downgrade(&alive);
        let life = self.link.borrow().life().clone();
        life.adopt(Some(region.clone()));
        let pace = self.pace(setup);
        Ok(Box::new(Half::new(&self.description, setup, region, life, pace, alive)))
    }

    fn deactivate(&mut self) -> Result<(), PluginError> {
        self.playing()?;
        self.link.borrow().life().adopt(None);
        // One that is gone does not play either.
        self.ask::<Result<(), PluginError>>(&Request::Deactivate).unwrap_or(Ok(()))
    }

    fn poll(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.told {
            return changes;
        }
        let link = self.link.get_mut();
        let save = link.idle() && self.kept.due();
        if save {
            self.kept.fetching();
        }
        let found = link.poll(save, PATIENCE);
        match found {
            Ok(found) => found.into_iter().for_each(|found| self.take(found, &mut changes)),
            Err(Broken) => {
                self.told = true;
                changes.push(Change::Died(self.died().to_string()));
            }
        }
        changes
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // The socket closes after this, which the child takes as a request; if it does not, it is killed.
        self.link.get_mut().life().end();
    }
}
