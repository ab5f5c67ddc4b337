//! Sounds that external programs make of others: run offline, on the control side, and kept.

mod cache;
mod order;
mod run;

use super::derived::is;
use super::{Library, Stamp, stamp};
use crate::nodes::table::Sample;
use crate::session::Recipe;
use crate::world::no_programs;
use order::Order;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, Weak};

/// What a program has made of a sound.
pub(super) struct Run {
    source: Weak<Sample>,
    program: (PathBuf, Stamp),
    made: Arc<Sample>,
}

/// Results that are kept in memory though nobody plays them.
const KEPT: usize = 32;

impl Library {
    /// What the program of `command` makes of `source`: from memory, from the cache of the platform, or by running it.
    pub(super) fn external(
        &self,
        recipe: &Recipe,
        command: &str,
        source: &Arc<Sample>,
    ) -> Result<Arc<Sample>, String> {
        if !self.external {
            return Err(no_programs(command));
        }
        let order = Order::read(command, &|path| self.locate(path))?;
        if order.beside {
            // A program that lies beside the script is edited like one.
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.insert(order.program.clone());
        }
        let (key, program) = (recipe.text(), (order.program.clone(), stamp(&order.program)));
        if let Some(known) = self.derived().runs.get(&key)
            && is(&known.source, source)
            && known.program == program
        {
            return Ok(known.made.clone());
        }
        let made = Arc::new(self.make(&order, &program.1, source)?);
        let (source, runs) = (Arc::downgrade(source), &mut self.derived().runs);
        if runs.len() >= KEPT {
            runs.retain(|_, run| Arc::strong_count(&run.made) > 1);
        }
        runs.insert(key, Run { source, program, made: made.clone() });
        Ok(made)
    }

    fn make(&self, order: &Order, version: &Stamp, source: &Sample) -> Result<Sample, String> {
        let kept = cache::place(order, version, source, self.rate);
        let file = match cache::read(&kept) {
            Some(file) => file,
            None => {
                let folder = self.locate(".").ok();
                let file = run::run(order, source, self.rate, folder.as_deref())?;
                cache::write(&kept, &file);
                file
            }
        };
        let made = self.sound(file);
        // A file seldom says its root after it has gone through a program.
        Ok(Sample { root: made.root.or(source.root), ..made })
    }
}
