//! The stream: what the owner of a callback holds.

use super::keeper::{Keeper, Playing};
use super::seat::Seat;
use super::{AudioError, Callback, Event, Format, Request, Stats};
use std::sync::mpsc::{Receiver, Sender, TryIter, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long [`Stream::close`] waits for a device to let go.
const PATIENCE: Duration = Duration::from_secs(2);

/// A callback that is being asked for sound, by a device or by the null device. Dropping it closes it.
pub struct Stream {
    seat: Arc<Seat>,
    stats: Arc<Stats>,
    playing: Arc<Mutex<Playing>>,
    events: Receiver<Event>,
    /// The keeper stops when this is dropped.
    stop: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

/// Opens the device that `request` asks for, prepares `callback` and lets the device call it. If nothing was asked
/// for and no device can be opened, the null device plays until there is one: see [`Stream::reason`].
///
/// Takes from some milliseconds to some seconds; not for the audio thread.
///
/// # Errors
/// If what was named is not there or cannot do what was asked for; the callback comes back with the error.
pub fn open(
    request: &Request,
    callback: Box<dyn Callback>,
) -> Result<Stream, (AudioError, Box<dyn Callback>)> {
    let stats = Arc::new(Stats::new());
    let seat = Arc::new(Seat::new(callback, stats.clone()));
    let (tell, events) = channel();
    let started = Keeper::start(request.clone(), seat.clone(), tell).and_then(|keeper| {
        let playing = keeper.playing();
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("audio-keeper".into())
            .spawn(move || keeper.run(&stopped))
            .map_err(|e| AudioError::Failed { device: "keeper".into(), why: e.to_string() })?;
        Ok((playing, stop, thread))
    });
    match started {
        Ok((playing, stop, keeper)) => {
            Ok(Stream { seat, stats, playing, events, stop: Some(stop), keeper: Some(keeper) })
        }
        Err(error) => {
            let callback = seat.take();
            Err((error, callback.unwrap_or_else(|| unreachable!("no device has run"))))
        }
    }
}

impl Stream {
    /// How the callback is being asked now; changes only with an [`Event::Back`].
    #[must_use]
    pub fn format(&self) -> Format {
        self.playing().format
    }

    /// Frames a second, in hertz.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.format().rate
    }

    /// Most frames that a call asks for: the size of the device's buffer where it is known.
    #[must_use]
    pub fn buffer(&self) -> u32 {
        self.format().max_frames
    }

    /// Samples a frame of the output.
    #[must_use]
    pub fn channels(&self) -> u16 {
        self.format().channels
    }

    /// Name of the device that plays; [`super::NULL`] while there is none.
    #[must_use]
    pub fn name(&self) -> String {
        self.playing().name
    }

    /// Why nothing sounds, if the null device plays without having been asked for: to be told to the user.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.playing().reason
    }

    /// Why inputs are silent that were asked for: to be told to the user.
    #[must_use]
    pub fn deaf(&self) -> Option<String> {
        self.playing().deaf
    }

    /// Closes the device and opens what `request` asks for, with the same callback. There is a pause.
    ///
    /// # Errors
    /// As [`open`]; the stream is closed then.
    pub fn reopen(&mut self, request: &Request) -> Result<(), AudioError> {
        let callback = self.seat.take();
        self.end();
        let callback = callback.ok_or_else(|| AudioError::Failed {
            device: self.name(),
            why: "the audio thread hangs".into(),
        })?;
        *self = open(request, callback).map_err(|(error, _)| error)?;
        Ok(())
    }

    /// The counters, which stay readable after the stream is closed.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        self.stats.clone()
    }

    /// What befell the stream since this was last asked. Never waits.
    pub fn events(&self) -> TryIter<'_, Event> {
        self.events.try_iter()
    }

    /// Stops the sound and gives the callback back; none if it hangs in its own `render`, and is lost.
    #[must_use]
    pub fn close(mut self) -> Option<Box<dyn Callback>> {
        let callback = self.seat.take();
        self.end();
        callback
    }

    fn playing(&self) -> Playing {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops the keeper and so the device. A device whose server hangs is left to the end of the process.
    fn end(&mut self) {
        self.stop = None;
        let Some(keeper) = self.keeper.take() else { return };
        let start = Instant::now();
        while !keeper.is_finished() && start.elapsed() < PATIENCE {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        if keeper.is_finished() {
            let _ = keeper.join();
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.end();
    }
}
