//! The thread on which all plugins live: their main thread.

use super::News;
use crate::plugin::{Change, Plugin};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Time between two looks at what plugins have changed.
const POLL: Duration = Duration::from_millis(50);

/// How long plugins may take to be taken apart.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something to be done on the plugins' thread.
type Task = Box<dyn FnOnce(&mut Plugins) + Send>;

/// What is told, until somebody asks.
type Heard = Arc<Mutex<Vec<News>>>;

/// News that are kept for somebody who does not ask.
const MOST: usize = 10_000;

/// The plugins of the thread by number.
#[derive(Default)]
pub struct Plugins(BTreeMap<u64, Open>);

/// A plugin that is open.
struct Open {
    plugin: Box<dyn Plugin>,
    at: String,
    /// It is to be made anew.
    stale: Arc<std::sync::atomic::AtomicBool>,
}

impl Plugins {
    /// Takes a plugin in.
    pub fn insert(
        &mut self,
        serial: u64,
        at: String,
        plugin: Box<dyn Plugin>,
        stale: Arc<std::sync::atomic::AtomicBool>,
    ) {
        self.0.insert(serial, Open { plugin, at, stale });
    }

    /// Closes a plugin.
    pub fn remove(&mut self, serial: u64) {
        self.0.remove(&serial);
    }

    /// A plugin.
    pub fn get(&mut self, serial: u64) -> Option<&mut dyn Plugin> {
        self.0.get_mut(&serial).map(|open| &mut *open.plugin as _)
    }

    fn poll(&mut self, heard: &Heard) {
        for open in self.0.values_mut() {
            for change in open.plugin.poll() {
                if matches!(change, Change::Latency | Change::Restart | Change::Died(_)) {
                    open.stale.store(true, std::sync::atomic::Ordering::Relaxed);
                }
                let parameter = parameter(&*open.plugin, &change);
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                if heard.len() < MOST {
                    heard.push(News { at: open.at.clone(), change, parameter });
                }
            }
        }
    }
}

/// Name and value of the parameter that a change is about.
fn parameter(plugin: &dyn Plugin, change: &Change) -> Option<(String, String)> {
    let (index, plain) = match *change {
        Change::Value { index, plain } => (index, plain),
        Change::Gesture { index, .. } => (index, plugin.value(index)),
        _ => return None,
    };
    let name = plugin.description().parameters.get(index as usize)?.name.clone();
    Some((name, plugin.text(index, plain)))
}

/// The other end of the thread. Dropping it ends the thread, once what was left to be done is done: a program must not
/// end while plugins are being taken apart.
pub struct Keeper {
    running: OnceLock<Mutex<Running>>,
    heard: Heard,
}

/// The thread, as others have it.
struct Running {
    tasks: Sender<Task>,
    /// Says that it has ended, by being closed.
    ended: Receiver<()>,
}

impl Keeper {
    /// The thread starts when it is needed.
    pub fn new() -> Keeper {
        Keeper { running: OnceLock::new(), heard: Heard::default() }
    }

    fn start(heard: Heard) -> Mutex<Running> {
        let (tasks, receive) = channel::<Task>();
        let (alive, ended) = channel();
        let run = move || {
            let _alive: Sender<()> = alive;
            let mut plugins = Plugins::default();
            loop {
                match receive.recv_timeout(POLL) {
                    Ok(task) => task(&mut plugins),
                    Err(RecvTimeoutError::Timeout) => plugins.poll(&heard),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        // Without a thread there is nobody who takes tasks, and each says so.
        let _ = std::thread::Builder::new().name("plugins".into()).spawn(run);
        Mutex::new(Running { tasks, ended })
    }

    /// Leaves something to be done. Whether there is somebody who does it.
    pub fn send(&self, task: impl FnOnce(&mut Plugins) + Send + 'static) -> bool {
        let running = self.running.get_or_init(|| Keeper::start(self.heard.clone()));
        let running = running.lock().unwrap_or_else(PoisonError::into_inner);
        running.tasks.send(Box::new(task)).is_ok()
    }

    /// Has something done, and waits for what comes of it; `None` if the thread is gone.
    pub fn ask<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Plugins) -> T + Send + 'static,
    ) -> Option<T> {
        let (send, receive) = channel();
        self.send(move |plugins| {
            // Who asked may have given up.
            let _ = send.send(task(plugins));
        });
        receive.recv().ok()
    }

    /// What was told since the last call.
    pub fn news(&self) -> Vec<News> {
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        let Running { tasks, ended } = running.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop(tasks);
        // A plugin that hangs while it is taken apart is left alone.
        let _ = ended.recv_timeout(PATIENCE);
    }
}
