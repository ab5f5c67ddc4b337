//! The life of a child: how it begins, who sees it end, and who ends it.
//!
//! Two threads a child do nothing but wait. One waits for its end and tells all that wait for an answer. The
//! other waits for the order to end it, which the audio thread gives by a word: it may not call the system.

use super::futex;
use super::region::Region;
use crate::plugin::scan::said;
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// What is to become of it: a later one takes the place of an earlier one.
const RUN: u32 = 0;
const END: u32 = 1;
const KILL: u32 = 2;
const GONE: u32 = 3;

/// How long a child that was asked to end may take for it.
const MOMENT: Duration = Duration::from_secs(1);

/// Why the host ends a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Cause {
    /// A block took too long.
    Late = 1,
    /// An answer of the main thread took too long.
    Mute = 2,
    /// It said what cannot be understood.
    Garbled = 3,
    /// It closed its end.
    Closed = 4,
}

/// A child process as all threads have it.
#[derive(Debug, Default)]
pub struct Life {
    /// What is to become of it; who sleeps on it is woken when it changes.
    order: AtomicU32,
    /// The [`Cause`] for which it is ended, or 0.
    cause: AtomicU32,
    how: OnceLock<String>,
    region: Mutex<Option<Arc<Region>>>,
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("Region")
    }
}

impl Life {
    /// Starts a child, in a process group of its own: Ctrl-C is for the host.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn start(command: &mut Command) -> io::Result<Arc<Life>> {
        let mut child = command.process_group(0).spawn()?;
        match Life::watch(&child) {
            Ok((life, handle)) => {
                let (life, watched) = (life.clone(), life);
                thread("plugin-wait", move || wait(&watched, child))?;
                let ordered = life.clone();
                thread("plugin-end", move || end(&ordered, &handle))?;
                Ok(life)
            }
            Err(error) => {
                // It has just been started; nobody knows it yet.
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    fn watch(child: &Child) -> io::Result<(Arc<Life>, OwnedFd)> {
        let pid = Pid::from_raw(child.id().cast_signed());
        let pid = pid.ok_or_else(|| io::Error::other("it has no number"))?;
        Ok((Arc::new(Life::default()), pidfd_open(pid, PidfdFlags::empty())?))
    }

    /// Whether it is gone. Audio thread.
    pub fn gone(&self) -> bool {
        self.order.load(Ordering::Acquire) == GONE
    }

    /// Has it ended at once, for the first cause that is given. Audio thread.
    pub fn kill(&self, cause: Cause) {
        let first = (0, cause as u32);
        let _ = self.cause.compare_exchange(first.0, first.1, Ordering::AcqRel, Ordering::Acquire);
        self.order(KILL);
    }

    /// Has it ended a moment from now if it does not end by itself.
    pub fn end(&self) {
        self.order(END);
    }

    fn order(&self, order: u32) {
        self.order.fetch_max(order, Ordering::AcqRel);
        futex::wake(&self.order);
    }

    /// Waits until it is gone; whether it is.
    pub fn wait(&self, limit: Duration) -> bool {
        let begin = Instant::now();
        loop {
            let order = self.order.load(Ordering::Acquire);
            if order == GONE {
                return true;
            }
            let Some(left) = limit.checked_sub(begin.elapsed()) else { return false };
            futex::wait(&self.order, order, Some(left));
        }
    }

    /// How it ended, as in "crashed (SIGSEGV)".
    pub fn how(&self) -> &str {
        self.how.get().map_or("is about to end", String::as_str)
    }

    /// Lets those who wait in this memory know when it is gone.
    pub fn adopt(&self, region: Option<Arc<Region>>) {
        let mut place = self.region.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have gone in between.
        if let Some(region) = &region
            && self.how.get().is_some()
        {
            region.mark_gone();
        }
        *place = region;
    }

    /// It has ended.
    fn ended(&self, status: io::Result<ExitStatus>) {
        let cause = self.cause.load(Ordering::Acquire);
        // It is set once, by the one thread that waits.
        let _ = self.how.set(sentence(cause, status));
        if let Some(region) = &*self.region.lock().unwrap_or_else(PoisonError::into_inner) {
            region.mark_gone();
        }
        self.order(GONE);
    }
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // They call the system and little else.
    std::thread::Builder::new().name(name.into()).stack_size(256 << 10).spawn(run)?;
    Ok(())
}

/// The thread that sees it end.
fn wait(life: &Life, mut child: Child) {
    life.ended(child.wait());
}

/// The thread that ends it.
fn end(life: &Life, handle: &OwnedFd) {
    loop {
        match life.order.load(Ordering::Acquire) {
            RUN => futex::wait(&life.order, RUN, None),
            END => {
                if !life.wait_while(END, MOMENT) {
                    life.order(KILL);
                }
            }
            KILL => {
                // If this fails it is gone already.
                let _ = pidfd_send_signal(handle, Signal::KILL);
                futex::wait(&life.order, KILL, None);
            }
            _ => return,
        }
    }
}

impl Life {
    /// Waits for another order than this one; whether there is.
    fn wait_while(&self, order: u32, limit: Duration) -> bool {
        let begin = Instant::now();
        while self.order.load(Ordering::Acquire) == order {
            let Some(left) = limit.checked_sub(begin.elapsed()) else { return false };
            futex::wait(&self.order, order, Some(left));
        }
        true
    }
}

/// How it ended, in words.
fn sentence(cause: u32, status: io::Result<ExitStatus>) -> String {
    let Ok(status) = status else { return "is gone".into() };
    let signal = status.signal();
    // What the host does to it is a kill; another signal is its own doing, whatever the host was about to do.
    if signal.is_some_and(|signal| signal != Signal::KILL.as_raw()) {
        return format!("crashed ({})", said(status));
    }
    match cause {
        c if c == Cause::Late as u32 => "hung while it played".into(),
        c if c == Cause::Mute as u32 => "hung: it does not answer".into(),
        c if c == Cause::Garbled as u32 => "sent what cannot be understood".into(),
        c if c == Cause::Closed as u32 => "closed its connection".into(),
        _ if signal.is_some() => "was killed (SIGKILL)".into(),
        _ => format!("ended by itself ({status})"),
    }
}
