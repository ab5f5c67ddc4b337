//! Lines of the piece that are rendered to be recorded sounds.

use super::{Library, Stamp, stamp};
use crate::engine::offline::{Length, Offline, Options, Tail};
use crate::engine::rack::Hosting;
use crate::nodes::table::Sample;
use crate::session::{Bounce, Recipe};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, Weak};

/// What has been rendered, and the files that it was made of.
pub(super) struct Rendered {
    files: Vec<(PathBuf, Stamp)>,
    /// Kept as long as somebody plays it.
    made: Weak<Sample>,
}

impl Library {
    /// The sound of a bounce: the one that is played already, or a new one. Takes as long as rendering it does.
    pub(super) fn rendered(&self, recipe: &Recipe, bounce: &Bounce) -> Result<Arc<Sample>, String> {
        let key = recipe.text();
        let known = self.derived().rendered.get(&key).and_then(|known| {
            let same = known.files.iter().all(|(path, then)| stamp(path) == *then);
            Some((known.made.upgrade().filter(|_| same)?, known.files.clone()))
        });
        let (made, files) = match known {
            Some(known) => known,
            None => {
                // Its plugins are its own: what plays is not disturbed.
                let inner = self.hosting(Hosting::new(true));
                let made = Arc::new(self.render(bounce, &inner)?);
                let files = inner.files().into_iter().map(|path| (path.clone(), stamp(&path)));
                (made, files.collect())
            }
        };
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.extend(files.iter().map(|(path, _)| path.clone()));
        drop(used);
        let rendered = &mut self.derived().rendered;
        rendered.retain(|_, one| one.made.strong_count() > 0);
        rendered.insert(key, Rendered { files, made: Arc::downgrade(&made) });
        Ok(made)
    }

    /// The files that the sounds of a recipe were rendered of.
    pub(super) fn beneath(&self, recipe: &Recipe) -> BTreeSet<PathBuf> {
        let derived = self.derived();
        let keys = recipe.rendered().into_iter().map(|one| Recipe::from(one.clone()).text());
        let known = keys.filter_map(|key| derived.rendered.get(&key));
        known.flat_map(|one| one.files.iter().map(|(path, _)| path.clone())).collect()
    }

    fn render(&self, bounce: &Bounce, inner: &Library) -> Result<Sample, String> {
        let options = Options {
            rate: self.rate,
            length: Length::Seconds(bounce.seconds),
            tail: Tail::Seconds(bounce.tail),
            ceiling: None,
            ..Options::default()
        };
        let mut offline = Offline::new(&bounce.session(), inner, options).map_err(|errors| {
            errors.first().map_or_else(|| "it cannot be rendered".into(), |e| e.message.clone())
        })?;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let (rate, total) = (f64::from(self.rate), bounce.seconds + bounce.tail);
        let mut goes_on = true;
        while goes_on && offline.advance() {
            for (l, r) in offline.frames() {
                left.push(l);
                right.push(r);
            }
            let done = left.len() as f64 / rate;
            goes_on = done >= total || self.observer.goes_on(done, total);
        }
        // What is shown ends here, whatever became of it.
        if !(self.observer.goes_on(total, total) && goes_on) {
            return Err("it was stopped before it was rendered".into());
        }
        if let Some(why) = offline.failed() {
            return Err(why.message.clone());
        }
        let told = offline.take_warnings().into_iter();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).extend(told.map(|warning| {
            let message = format!("in a bounce: {}", warning.message);
            crate::diag::Diagnostic { message, place: crate::units::Place::default(), ..warning }
        }));
        let channels = if left == right { vec![left] } else { vec![left, right] };
        Ok(Sample { channels, ..Sample::default() })
    }
}
