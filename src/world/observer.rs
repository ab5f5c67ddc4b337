//! Who is told how far a sound is that takes long to make.

use std::fmt;
use std::sync::Arc;

type Told = dyn Fn(f64, f64) -> bool + Send + Sync;

/// Who is told how far a sound is that takes long to make, and may end it; nobody unless it is said.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<Told>>);

impl Observer {
    /// `told` is called on the thread that makes the sound, several times a second, with the seconds of audio that are
    /// made and how many they will be, both alike at the end. If it returns false the sound is not made.
    pub fn new(told: impl Fn(f64, f64) -> bool + Send + Sync + 'static) -> Observer {
        Observer(Some(Arc::new(told)))
    }

    /// Tells that `done` of `total` seconds are made; whether it is to go on.
    #[must_use]
    pub fn goes_on(&self, done: f64, total: f64) -> bool {
        self.0.as_ref().is_none_or(|told| told(done, total))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_tuple("Observer").field(&self.0.is_some()).finish()
    }
}
