//! Music that is compiled on some thread, on its way to be heard.

use super::Controls;
use crate::diag::Diagnostic;
use crate::graph::{Compiled, Edit, compile_apart, edit};
use crate::nodes::table::Assets;
use crate::session::Session;
use std::sync::Arc;

/// Music that is compiled and has not been heard. Made on any thread but the audio thread.
pub struct Fresh {
    pub(super) session: Arc<Session>,
    pub(super) rate: f64,
    pub(super) compiled: Compiled,
    pub(super) assets: Arc<dyn Assets + Send + Sync>,
    pub(super) controls: Option<Controls>,
}

impl Fresh {
    /// Compiles `session` for `rate` hertz, loading what it needs.
    ///
    /// # Errors
    /// Whatever keeps the graph from being built.
    pub fn new(
        session: Arc<Session>,
        rate: f64,
        assets: Arc<dyn Assets + Send + Sync>,
    ) -> Result<Fresh, Vec<Diagnostic>> {
        let compiled = compile_apart(&session, rate, &*assets)?;
        Ok(Fresh { session, rate, compiled, assets, controls: None })
    }

    /// The same, to begin with what controllers had come to in another performance.
    #[must_use]
    pub fn with_controls(self, controls: Option<Controls>) -> Fresh {
        Fresh { controls, ..self }
    }

    /// What is worth knowing: loops, sounds that do not exist.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.compiled.warnings
    }

    /// What would live on if this took the place of `old`.
    #[must_use]
    pub fn after(&self, old: &Fresh) -> Edit {
        edit(&old.compiled.placement, &self.compiled.placement, &|_| false)
    }
}
