//! The host's end of the socket: one question, one answer, in bounded time.

use super::life::{Cause, Life};
use super::wire::{News, Request, receive, send};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The connection is of no use any more: the child is gone, or is being ended.
#[derive(Debug)]
pub struct Broken;

/// What the answer to a poll brings: the news, and the bytes of a state.
pub type Found = (News, Vec<u8>);

/// The connection to a child.
pub struct Link {
    stream: UnixStream,
    life: Arc<Life>,
    limit: Duration,
    /// When a poll was asked that has not been answered yet.
    asked: Option<Instant>,
    /// The answers to polls that came while something else was asked.
    found: Vec<Found>,
}

/// The stream, until a point in time.
struct Until<'a>(&'a UnixStream, Instant);

impl Until<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.1.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Until<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.set_read_timeout(self.left()?)?;
        self.0.read(buffer)
    }
}

impl Write for Until<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set_write_timeout(self.left()?)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Link {
    /// A connection whose answers may take as long as `limit`.
    pub fn new(stream: UnixStream, life: Arc<Life>, limit: Duration) -> Link {
        Link { stream, life, limit, asked: None, found: Vec::new() }
    }

    /// The child's life.
    pub fn life(&self) -> &Arc<Life> {
        &self.life
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// If the child is gone, or had to be ended.
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        request: &Request,
        bytes: &[u8],
    ) -> Result<(T, Vec<u8>), Broken> {
        if self.asked.is_some() {
            let found = self.hear()?;
            self.found.push(found);
            self.asked = None;
        }
        self.say(request, bytes)?;
        self.hear()
    }

    /// Whether no poll is under way.
    pub fn idle(&self) -> bool {
        self.asked.is_none()
    }

    /// Forgets the states that polls have brought.
    pub fn forget_states(&mut self) {
        self.found.iter_mut().for_each(|found| found.1.clear());
    }

    /// The answers to polls. One is asked if none is under way, and waited for no longer than `patience`; one that
    /// was under way is not waited for again, so that a plugin that is busy does not hold up its host.
    ///
    /// # Errors
    /// If the child is gone, or had to be ended.
    pub fn poll(&mut self, save: bool, patience: Duration) -> Result<Vec<Found>, Broken> {
        let again = self.asked.is_some();
        if !again {
            self.say(&Request::Poll { save }, &[])?;
            self.asked = Some(Instant::now());
        }
        if self.readable(if again { Duration::ZERO } else { patience }) {
            let found = self.hear()?;
            self.found.push(found);
            self.asked = None;
        } else if self.asked.is_some_and(|asked| asked.elapsed() > self.limit) {
            return Err(self.broken(&ErrorKind::TimedOut.into()));
        }
        Ok(std::mem::take(&mut self.found))
    }

    fn readable(&self, patience: Duration) -> bool {
        let mut fds = [PollFd::new(&self.stream, PollFlags::IN)];
        let patience = Timespec::try_from(patience).ok();
        // What fails here fails again, and is understood, when it is read.
        poll(&mut fds, patience.as_ref()).is_ok_and(|ready| ready > 0)
    }

    fn say(&mut self, message: &impl Serialize, bytes: &[u8]) -> Result<(), Broken> {
        if self.life.gone() {
            return Err(Broken);
        }
        let mut until = Until(&self.stream, Instant::now() + self.limit);
        send(&mut until, message, bytes).map_err(|error| self.broken(&error))
    }

    /// Waits for a message.
    ///
    /// # Errors
    /// If the child is gone, or had to be ended.
    pub fn hear<T: DeserializeOwned>(&self) -> Result<(T, Vec<u8>), Broken> {
        let mut until = Until(&self.stream, Instant::now() + self.limit);
        receive(&mut until).map_err(|error| self.broken(&error))
    }

    /// Ends the child, which does not do what it should, unless it has just ended by itself.
    fn broken(&self, error: &io::Error) -> Broken {
        let (cause, moment) = match error.kind() {
            ErrorKind::InvalidData => (Cause::Garbled, Duration::ZERO),
            ErrorKind::TimedOut | ErrorKind::WouldBlock => (Cause::Mute, Duration::ZERO),
            // Its end of the socket is closed before the system lets others know that it is gone.
            _ => (Cause::Closed, Duration::from_secs(1)),
        };
        if !self.life.wait(moment) {
            self.life.kill(cause);
            self.life.wait(Duration::from_secs(2));
        }
        Broken
    }
}
