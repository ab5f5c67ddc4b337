//! The plugins of this machine, as scripts find them: the catalogue, looked at again when something is missing.

use crate::plugin::scan::{Catalogue, Options};
use crate::plugin::{Description, PluginError, Summary};
use crate::world::Plugins;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time after which a plugin that was missing may have been installed.
const AGAIN: Duration = Duration::from_secs(2);

type Problem = (String, String);

/// Looks plugins up; folders are read when the first is asked for.
pub struct Installed {
    options: Options,
    catalogue: Mutex<Option<(Arc<Catalogue>, Instant)>>,
}

impl Installed {
    /// Those that are found so.
    #[must_use]
    pub fn new(options: Options) -> Installed {
        Installed { options, catalogue: Mutex::default() }
    }

    /// Those of the standard folders, looked up once for all scripts of this program.
    #[must_use]
    pub fn shared() -> Arc<Installed> {
        static SHARED: LazyLock<Arc<Installed>> =
            LazyLock::new(|| Arc::new(Installed::new(Options::new())));
        SHARED.clone()
    }

    /// The catalogue, not older than `age`.
    fn catalogue(&self, age: Duration) -> Arc<Catalogue> {
        let mut known = self.catalogue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((catalogue, at)) = &*known
            && at.elapsed() <= age
        {
            return catalogue.clone();
        }
        let catalogue = Arc::new(Catalogue::update(&self.options, &|_, _| {}));
        *known = Some((catalogue.clone(), Instant::now()));
        catalogue
    }
}

fn described(catalogue: &Catalogue, plugin: &Summary) -> Result<Arc<Description>, Problem> {
    let told = |e: PluginError| {
        let hint = e.hint().unwrap_or_else(|| "rhapsode plugins scan --all".into());
        (e.to_string(), hint)
    };
    catalogue.describe(plugin).map(Arc::new).map_err(told)
}

impl Plugins for Installed {
    fn find(&self, wanted: &str) -> Result<Arc<Description>, Problem> {
        let known = self.catalogue(Duration::MAX);
        if let Ok(plugin) = known.find(wanted) {
            return described(&known, plugin);
        }
        let known = self.catalogue(AGAIN);
        match known.find(wanted) {
            Ok(plugin) => described(&known, plugin),
            Err(unknown) => Err((unknown.to_string(), unknown.hint())),
        }
    }

    fn library(&self, path: &Path) -> Result<Arc<Description>, Problem> {
        let options = Options { paths: vec![path.into()], ..self.options.clone() };
        let known = Catalogue::update(&options, &|_, _| {});
        match known.plugins.first() {
            Some(plugin) => described(&known, plugin),
            None => {
                let name = path.display().to_string();
                let out = known.quarantined.iter().chain(&known.failed).next();
                let reason = out.map(|(_, reason)| format!(": {reason}")).unwrap_or_default();
                let hint = "rhapsode plugins scan tries again what crashed or hung".to_string();
                Err((format!("there is no plugin in {name}{reason}"), hint))
            }
        }
    }

    fn all(&self) -> Vec<Summary> {
        self.catalogue(AGAIN).plugins.clone()
    }
}
