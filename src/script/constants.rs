//! Names that every script knows without declaring them: `TAU PI sample_rate ...`.

use rhai::{Dynamic, Scope};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The names and their values; shared by the engine, its resolver and its variable look-up.
#[derive(Clone, Default)]
pub struct Constants(Arc<RwLock<BTreeMap<String, Dynamic>>>);

impl Constants {
    /// The constants of mathematics, and the sample rate in hertz.
    #[must_use]
    pub fn new(sample_rate: f64) -> Constants {
        let constants = Constants::default();
        constants.set("PI", core::f64::consts::PI);
        constants.set("TAU", core::f64::consts::TAU);
        constants.set("sample_rate", sample_rate);
        constants
    }

    /// Adds a constant.
    pub fn set(&self, name: &str, value: impl Into<Dynamic>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.to_string(), value.into());
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Dynamic> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// All names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// A scope that tells the compiler which names exist; the values are looked up while running, which
    /// works inside functions and modules too.
    #[must_use]
    pub fn scope(&self) -> Scope<'static> {
        let mut scope = Scope::new();
        for name in self.names() {
            scope.push_constant(name, ());
        }
        scope
    }
}
