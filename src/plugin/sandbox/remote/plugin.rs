//! The trait of all plugins, by messages: what is asked of one that is gone is answered from what is known of it.

use super::{PATIENCE, Remote};
use crate::plugin::describe::number;
use crate::plugin::sandbox::half::Half;
use crate::plugin::sandbox::link::Broken;
use crate::plugin::sandbox::region::Region;
use crate::plugin::sandbox::wire::{Bits, Request, STATE, too_large};
use crate::plugin::{
    AudioHalf, Bus, Change, Curve, Description, Plugin, PluginError, Setup, State,
};
use std::path::Path;
use std::sync::Arc;

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
        self.kept.fetching();
        let said = self.link.borrow_mut().ask(&Request::Save, &[]);
        let Ok((done, bytes)) = said else { return Ok(self.kept.state(&self.description)) };
        let done: Result<(), PluginError> = done;
        done?;
        let state = State::from_bytes(&bytes)?;
        self.link.get_mut().forget_states();
        self.kept.fetched(state.clone());
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<(), PluginError> {
        let bytes = state.to_bytes();
        if bytes.len() > STATE {
            return Err(too_large());
        }
        let said = self.link.borrow_mut().ask(&Request::Restore, &bytes);
        let (done, _) = said.map_err(|Broken| self.died())?;
        let done: Result<(), PluginError> = done;
        done?;
        self.link.get_mut().forget_states();
        self.kept.replace(state);
        Ok(())
    }

    fn load_file(&mut self, path: &Path) -> Result<(), PluginError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
        self.ask::<Result<(), PluginError>>(&Request::LoadFile(path))??;
        self.kept.programmed();
        Ok(())
    }

    fn track(&mut self, name: &str, colour: Option<[u8; 3]>) {
        // One that is gone need not know.
        let _ = self.ask::<()>(&Request::Track(name.into(), colour));
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
        // One that does not play may run a block to save itself, which is not for a poll to cause.
        let plays = self.half.strong_count() > 0;
        let save = plays && link.idle() && self.kept.due();
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
