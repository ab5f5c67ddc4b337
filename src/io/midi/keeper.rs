//! The keeper of the ports: makes those that are wanted, connects them, sees when they go and come back.

use super::journal::{Journal, Left, Sounding};
use super::wires::{Ends, Floods};
use super::{Event, Rest, System, Wanted, Way, join};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryIter, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time between two looks at what there is.
const TURN: Duration = Duration::from_millis(200);

/// The owner's side of the ports. Dropping it ends the notes that were sent and closes them.
pub struct Ports {
    wants: Option<Sender<Vec<Wanted>>>,
    events: Receiver<Event>,
    delay: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Ports {
    pub(super) fn open(system: Option<&str>, journal: Option<&Path>) -> Result<Ports, String> {
        let (joined, rest) = join(system, Ends::new())?;
        let delay = Arc::new(AtomicU64::new(joined.delay()));
        let (wants, wanted) = channel();
        let (tell, events) = channel();
        let (journal, left) = match journal.and_then(Journal::open) {
            Some((journal, left)) => (Some(journal), left),
            None => (None, Vec::new()),
        };
        let mut keeper = Keeper {
            system: joined,
            name: system.map(String::from),
            floods: rest.floods.clone(),
            sounding: rest.sounding.clone(),
            journal,
            left,
            wanted: BTreeSet::new(),
            joined: BTreeMap::new(),
            refused: BTreeSet::new(),
            delay: delay.clone(),
            tell,
        };
        keeper.tell_wires(rest);
        let thread = std::thread::Builder::new()
            .name("midi-ports".into())
            .spawn(move || keeper.run(&wanted))
            .map_err(|error| format!("the system gave no thread: {error}"))?;
        Ok(Ports { wants: Some(wants), events, delay, thread: Some(thread) })
    }

    /// Asks for ports, beside those that were asked for before. Never waits.
    pub fn want(&self, wanted: Vec<Wanted>) {
        if let Some(wants) = &self.wants {
            // The keeper lives as long as this does.
            let _ = wants.send(wanted);
        }
    }

    /// What befell the ports since this was last asked. Never waits.
    pub fn events(&self) -> TryIter<'_, Event> {
        self.events.try_iter()
    }

    /// Frames that a message takes until it leaves, beside a buffer of the sound's device where the system is not
    /// JACK.
    #[must_use]
    pub fn delay(&self) -> u64 {
        self.delay.load(Ordering::Relaxed)
    }
}

impl Drop for Ports {
    fn drop(&mut self) {
        self.wants = None;
        if let Some(thread) = self.thread.take() {
            // It ends by itself; a panic of it concerns nobody any more.
            let _ = thread.join();
        }
    }
}

/// The thread's own.
struct Keeper {
    system: Box<dyn System>,
    /// The system that was asked for.
    name: Option<String>,
    floods: Floods,
    sounding: Arc<Sounding>,
    journal: Option<Journal>,
    /// What dead sessions have left on ports that have not been there yet.
    left: Vec<Left>,
    wanted: BTreeSet<Wanted>,
    /// Other ends that are there, by id, and their names.
    joined: BTreeMap<Wanted, BTreeMap<String, String>>,
    /// Connections that failed: told once, tried no more until their other ends come back.
    refused: BTreeSet<(Wanted, String)>,
    delay: Arc<AtomicU64>,
    tell: Sender<Event>,
}

impl Keeper {
    fn run(&mut self, wants: &Receiver<Vec<Wanted>>) {
        loop {
            match wants.recv_timeout(TURN) {
                Ok(wanted) => wanted.into_iter().for_each(|w| self.want(w)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.end(),
            }
            if self.system.is_lost() {
                self.rejoin();
            }
            self.look();
            self.write_down();
            self.delay.store(self.system.delay(), Ordering::Relaxed);
        }
    }

    fn say(&self, event: Event) {
        // Nobody listens any more: it is about to end.
        let _ = self.tell.send(event);
    }

    fn tell_wires(&mut self, rest: Rest) {
        (self.floods, self.sounding) = (rest.floods, rest.sounding);
        self.say(Event::Wires(Box::new(rest.wires), Box::new(rest.ear)));
    }

    fn want(&mut self, wanted: Wanted) {
        if !self.wanted.insert(wanted.clone()) {
            return;
        }
        self.make(&wanted);
        if wanted.own || wanted.name.is_empty() {
            return;
        }
        let found = self.system.found(wanted.way);
        if !found.iter().any(|found| found.fits(&wanted)) {
            let there =
                found.into_iter().filter(|f| !f.own).filter_map(|f| f.names.into_iter().next());
            self.say(Event::Missing { wanted, there: there.collect() });
        }
    }

    fn make(&mut self, wanted: &Wanted) {
        if let Err(why) = self.system.make(wanted) {
            self.say(Event::Failed(why));
        }
    }

    /// Ends all notes.
    fn end(&mut self) {
        self.system.clear();
        for wanted in self.wanted.iter().filter(|w| w.way == Way::Out) {
            self.system.say(wanted.number, &self.sounding.ends(wanted.number));
        }
        self.system.settle();
        if let Some(journal) = self.journal.take() {
            journal.close(std::mem::take(&mut self.left));
        }
    }

    /// Writes down what sounds.
    fn write_down(&mut self) {
        let Some(journal) = &mut self.journal else { return };
        let mut all = self.left.clone();
        for Wanted { number, name, own, .. } in self.wanted.iter().filter(|w| w.way == Way::Out) {
            let ends = self.sounding.ends(*number);
            if !ends.is_empty() {
                all.push(Left { name: name.clone(), own: *own, ends });
            }
        }
        journal.write(all);
    }

    /// Ends what a dead session has left on a port that is there now.
    fn end_left(&mut self, wanted: &Wanted, name: &str) {
        let is = |left: &Left| (&left.name, left.own) == (&wanted.name, wanted.own);
        let (left, others): (Vec<Left>, Vec<Left>) =
            std::mem::take(&mut self.left).into_iter().partition(is);
        self.left = others;
        let ends: Vec<[u8; 3]> = left.into_iter().flat_map(|left| left.ends).collect();
        if wanted.way == Way::Out && !ends.is_empty() {
            self.system.say(wanted.number, &ends);
            let notes = ends.iter().filter(|bytes| bytes[0] & 0xf0 == 0x80).count();
            self.say(Event::Ended { name: name.to_string(), notes });
        }
    }

    /// The system was lost: everything is made anew once it is back.
    fn rejoin(&mut self) {
        for (wanted, ends) in std::mem::take(&mut self.joined) {
            for name in ends.into_values() {
                self.say(Event::Gone { wanted: wanted.clone(), name });
            }
        }
        self.refused.clear();
        let Ok((joined, rest)) = join(self.name.as_deref(), Ends::new()) else { return };
        self.system = joined;
        self.tell_wires(rest);
        for wanted in self.wanted.clone() {
            self.make(&wanted);
        }
    }

    /// Connects what has come, tells what has gone.
    fn look(&mut self) {
        let floods = self.floods.swap(0, Ordering::Relaxed);
        for wanted in self.wanted.clone() {
            if wanted.way == Way::In && floods >> (wanted.number % 32) & 1 == 1 {
                self.say(Event::Flood { wanted: wanted.clone() });
            }
            if !wanted.own {
                self.look_for(&wanted);
            }
        }
    }

    fn look_for(&mut self, wanted: &Wanted) {
        let there = self.system.found(wanted.way).into_iter().filter(|found| found.fits(wanted));
        let mut there: BTreeMap<String, String> = there
            .map(|found| {
                let shown = found.names.into_iter().next().unwrap_or_default();
                (found.id, shown)
            })
            .collect();
        let joined = self.joined.entry(wanted.clone()).or_default();
        let (stay, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(joined).into_iter().partition(|(id, _)| there.contains_key(id));
        *joined = stay;
        // What is sent goes to one port: the one that it goes to, else the first.
        if wanted.way == Way::Out
            && let Some(id) = joined.keys().chain(there.keys()).next().cloned()
        {
            there.retain(|other, _| *other == id);
        }
        there.retain(|id, _| !joined.contains_key(id));
        self.refused.retain(|(w, id)| w != wanted || there.contains_key(id));
        for (id, name) in gone {
            self.system.part(wanted, &id);
            self.say(Event::Gone { wanted: wanted.clone(), name });
        }
        for (id, name) in there {
            if self.refused.contains(&(wanted.clone(), id.clone())) {
                continue;
            }
            match self.system.join(wanted, &id) {
                Ok(()) => {
                    self.end_left(wanted, &name);
                    self.joined.entry(wanted.clone()).or_default().insert(id, name.clone());
                    self.say(Event::Connected { wanted: wanted.clone(), name });
                }
                Err(why) => {
                    self.say(Event::Failed(format!("{name}: {why}")));
                    self.refused.insert((wanted.clone(), id));
                }
            }
        }
    }
}
