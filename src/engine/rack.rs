//! Plugin instances by their places: kept over edits, opened and asked on a thread of their own.

mod ask;
mod guest;
mod keeper;
mod open;

use self::guest::Instance;
use self::keeper::Keeper;
use crate::nodes::plugin::{Guest, Order};
use crate::plugin::{Change, Format, sandbox};
use crate::session::Arg;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What went wrong, and what to do.
pub type Problem = (String, String);

/// What is told of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// Strip and path: `lead/ZamDelay`.
    pub at: String,
    /// What the plugin has changed.
    pub change: Change,
    /// The name of the parameter that it is about, if it is, and its value in the plugin's own words.
    pub parameter: Option<(String, String)>,
}

/// How plugins are hosted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hosting {
    /// Renders a file: plugins may take their time.
    pub offline: bool,
    /// How plugins run in processes of their own, where scripts do not say otherwise; none runs in one without it.
    pub sandbox: Option<sandbox::Options>,
}

impl Hosting {
    /// As the program's server allows: in processes of their own, if it has [one](crate::plugin::serve_by).
    #[must_use]
    pub fn new(offline: bool) -> Hosting {
        Hosting { offline, sandbox: crate::plugin::server().map(|_| sandbox::Options::new()) }
    }
}

/// What an instance is made of; one that is made of something else is another instance.
#[derive(Clone, Debug, PartialEq)]
struct Identity {
    format: Format,
    path: PathBuf,
    id: String,
    /// Sample rate in hertz.
    rate: f64,
    double: bool,
    sandbox: bool,
    /// Channels that it was asked for.
    channels: usize,
    /// Program, and the preset's file with what tells its versions apart.
    start: String,
}

/// The plugins of a performance or a render. Used on the control thread and on builders.
pub struct Rack {
    hosting: Hosting,
    keeper: Arc<Keeper>,
    places: Mutex<BTreeMap<String, Vec<Weak<Instance>>>>,
    /// The instances that were asked for last, which live on for a while when nothing plays them: what is undone
    /// comes back as it was, and at once.
    recent: Mutex<VecDeque<Arc<Instance>>>,
}

/// Instances that live on when nothing plays them.
const RECENT: usize = 8;

impl Rack {
    /// An empty one; its thread starts with the first plugin.
    #[must_use]
    pub fn new(hosting: Hosting) -> Rack {
        let (keeper, places) = (Arc::new(Keeper::new()), Mutex::default());
        Rack { hosting, keeper, places, recent: Mutex::default() }
    }

    /// How its plugins are hosted.
    #[must_use]
    pub fn hosting(&self) -> &Hosting {
        &self.hosting
    }

    /// The instance at the place of an order: the one that is there, or a new one. `preset` is the file of its
    /// preset and what tells versions of it apart.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn guest(
        &self,
        order: &Order,
        preset: Option<(PathBuf, String)>,
    ) -> Result<Option<Arc<dyn Guest>>, Problem> {
        let Some(identity) = self.identity(order, preset.as_ref()) else { return Ok(None) };
        let at = format!("{}/{}", order.strip, order.path);
        if let Some(found) = self.at(&at, &identity) {
            found.let_go();
            self.keep(&found);
            return Ok(Some(found));
        }
        let file = preset.map(|preset| preset.0);
        let legacy = self.legacy(&at, &identity);
        let instance = open::open(self, order, at.clone(), identity, (file, legacy))?;
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let here = places.entry(at).or_default();
        here.retain(|old| old.strong_count() > 0);
        here.push(Arc::downgrade(&instance));
        drop(places);
        self.keep(&instance);
        Ok(Some(instance))
    }

    /// Lets an instance outlive those that were asked for before it.
    fn keep(&self, instance: &Arc<Instance>) {
        if self.hosting.offline {
            return;
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|other| other.serial != instance.serial && !other.is_stale());
        recent.push_back(instance.clone());
        while recent.len() > RECENT {
            recent.pop_front();
        }
    }

    /// The newest instance at a place that is made of this and still in order.
    fn at(&self, at: &str, identity: &Identity) -> Option<Arc<Instance>> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let mut here = places.get(at)?.iter().rev().filter_map(Weak::upgrade);
        here.find(|instance| instance.suits(identity) && !instance.is_stale())
    }

    fn identity(&self, order: &Order, preset: Option<&(PathBuf, String)>) -> Option<Identity> {
        let node = order.node;
        let format = Format::ALL.into_iter().find(|f| Some(f.prefix()) == node.text("format"))?;
        let flag = |name: &str, usual| match node.args.get(name) {
            Some(Arg::Flag(on)) => *on,
            _ => usual,
        };
        let program = node.args.get("program").map(|arg| format!("{arg:?}")).unwrap_or_default();
        let version = preset.map(|(file, version)| format!("{} {version}", file.display()));
        Some(Identity {
            format,
            path: node.text("path")?.into(),
            id: node.text("id")?.into(),
            rate: order.rate,
            double: flag("double", false),
            sandbox: flag("sandbox", true) && self.hosting.sandbox.is_some(),
            channels: order.channels,
            start: format!("{program} {}", version.unwrap_or_default()),
        })
    }

    /// What plugins have told since the last call.
    pub fn news(&self) -> Vec<News> {
        self.keeper.news()
    }
}
