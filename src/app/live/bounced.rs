//! What is told of a bounce that holds up what is to be heard next.

use super::super::interrupt::interrupted;
use super::super::progress::clock;
use crate::world::Observer;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time between two messages, and before the first.
const OFTEN: Duration = Duration::from_secs(2);

/// How far the bounce is that is being rendered.
#[derive(Default)]
pub struct Bouncing {
    at: Arc<Mutex<Option<(f64, f64)>>>,
    told: Option<Instant>,
}

impl Bouncing {
    /// Who learns it.
    pub fn observer(&self) -> Observer {
        let at = self.at.clone();
        Observer::new(move |done, total| {
            let goes_on = !interrupted();
            let part = (done < total && goes_on).then_some((done, total));
            *at.lock().unwrap_or_else(PoisonError::into_inner) = part;
            goes_on
        })
    }

    /// What is to be said now, if it takes long.
    pub fn news(&mut self) -> Option<String> {
        let part = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((done, total)) = part else {
            self.told = None;
            return None;
        };
        let told = self.told.get_or_insert_with(Instant::now);
        if told.elapsed() < OFTEN {
            return None;
        }
        *told = Instant::now();
        Some(format!("Rendering a bounce: {} of {}", clock(done), clock(total)))
    }
}
