//! What the host knows of the state of a plugin, in case that it dies.

use crate::plugin::{Change, Description, State};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a state is fetched at most.
const OFTEN: Duration = Duration::from_secs(1);

/// Part of the time that fetching may take.
const PART: u32 = 20;

/// How long a value may be on its way to the sound, and so not be in a state.
const WAY: Duration = Duration::from_millis(500);

/// The last state, and values that are newer.
pub struct Kept {
    state: Option<State>,
    /// Plain values by id, and when they were set.
    since: BTreeMap<u32, (f64, Instant)>,
    /// Something may be other than it was saved.
    stale: bool,
    fetched: Instant,
    took: Duration,
}

impl Kept {
    /// Nothing but what the plugin begins with.
    pub fn new() -> Kept {
        let (state, since) = (None, BTreeMap::new());
        Kept { state, since, stale: false, fetched: Instant::now(), took: Duration::ZERO }
    }

    /// A value was set, or has moved.
    pub fn set(&mut self, d: &Description, index: u32, plain: f64) {
        if let Some(parameter) = d.parameters.get(index as usize)
            && plain.is_finite()
        {
            self.since.insert(parameter.id, (plain, Instant::now()));
            self.stale = true;
        }
    }

    /// The plugin says that it has changed.
    pub fn heard(&mut self, d: &Description, change: &Change) {
        match *change {
            // A meter is no state.
            Change::Value { index, plain } => {
                let open = d.parameters.get(index as usize).is_some_and(|p| p.open());
                if open {
                    self.set(d, index, plain);
                }
            }
            Change::Values | Change::Unsaved | Change::Restart => self.stale = true,
            Change::Gesture { .. } | Change::Description | Change::Latency | Change::Died(_) => {}
        }
    }

    /// A program was chosen, which sets what was set before anew.
    pub fn programmed(&mut self) {
        self.since.clear();
        self.stale = true;
    }

    /// Whether it is time to fetch the state.
    pub fn due(&self) -> bool {
        self.stale && self.fetched.elapsed() > OFTEN.max(self.took * PART)
    }

    /// The state is asked for: what was set just now may not be in it yet.
    pub fn fetching(&mut self) {
        self.fetched = Instant::now();
        self.stale = self.since.values().any(|&(_, set)| self.fetched < set + WAY);
    }

    /// The state has come.
    pub fn fetched(&mut self, state: State) {
        self.took = self.fetched.elapsed();
        let asked = self.fetched;
        self.since.retain(|_, (_, set)| asked < *set + WAY);
        self.state = Some(state);
    }

    /// It is like this now, whatever was set before.
    pub fn replace(&mut self, state: &State) {
        let now = Instant::now();
        self.since = state.since.iter().map(|&(id, plain)| (id, (plain, now))).collect();
        self.state = Some(State { since: Vec::new(), ..state.clone() });
        self.stale = false;
    }

    /// All that is known.
    pub fn state(&self, d: &Description) -> State {
        let state = self.state.clone().unwrap_or_else(|| State {
            format: d.format,
            id: d.id.clone(),
            bytes: Vec::new(),
            controller: Vec::new(),
            values: Vec::new(),
            since: Vec::new(),
        });
        let since: Vec<(u32, f64)> = self.since.iter().map(|(&id, set)| (id, set.0)).collect();
        let mut values: BTreeMap<u32, f64> = state.values.iter().copied().collect();
        values.extend(since.iter().copied());
        State { values: values.into_iter().collect(), since, ..state }
    }

    /// The plain value of a parameter, as far as it is known.
    pub fn value(&self, id: u32) -> Option<f64> {
        let saved = || self.state.as_ref()?.values.iter().find(|value| value.0 == id);
        self.since.get(&id).map(|set| set.0).or_else(|| saved().map(|value| value.1))
    }
}
