//! The keeper: watches the device, stands in for it when it is lost, and fetches it back.

use super::link::Link;
use super::null::Null;
use super::seat::Seat;
use super::{AudioError, Event, Format, Request, hosts, quiet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the keeper looks.
const TICK: Duration = Duration::from_millis(20);
/// How long it waits between two attempts to open a lost device.
const RETRY: Duration = Duration::from_millis(500);
/// The same where there never was one.
const RARELY: Duration = Duration::from_secs(2);
/// How long a device may go without asking for sound before it counts as lost.
const STALLED: Duration = Duration::from_secs(3);
/// How often xruns are told.
const XRUNS: Duration = Duration::from_secs(1);

/// What is playing now, for those who ask.
#[derive(Clone, Debug)]
pub(super) struct Playing {
    pub(super) name: String,
    pub(super) format: Format,
    /// Why the null device plays, if the user did not ask for it.
    pub(super) reason: Option<String>,
    /// Why inputs are silent that were asked for.
    pub(super) deaf: Option<String>,
}

/// Who asks for sound.
enum Driver {
    Device(Box<Link>),
    Null(#[expect(dead_code, reason = "held for its drop, which stops it")] Null),
}

pub(super) struct Keeper {
    request: Request,
    seat: Arc<Seat>,
    playing: Arc<Mutex<Playing>>,
    events: Sender<Event>,
    driver: Option<Driver>,
    /// The number of the last driver; each has its own.
    drivers: u64,
    /// Whether a device is wanted that is not there.
    missing: bool,
    /// Id of the device that played last: it is looked for, not any other that would do.
    home: Option<String>,
    retry: Instant,
    /// The link's calls, and when they last changed.
    seen: (u64, Instant),
    xruns: (u64, Instant),
}

impl Keeper {
    /// Opens what `request` asks for and lets it drive `seat`.
    ///
    /// # Errors
    /// If what was named is not there or cannot be opened.
    pub(super) fn start(
        request: Request,
        seat: Arc<Seat>,
        events: Sender<Event>,
    ) -> Result<Keeper, AudioError> {
        let format = Format {
            rate: request.rate.unwrap_or(48_000),
            channels: request.outputs.max(1),
            in_channels: request.inputs,
            max_frames: request.buffer.unwrap_or(super::BUFFER).max(1),
        };
        let name = super::NULL.to_string();
        let playing = Arc::new(Mutex::new(Playing { name, format, reason: None, deaf: None }));
        let now = Instant::now();
        let mut keeper = Keeper {
            request,
            seat,
            playing,
            events,
            driver: None,
            drivers: 0,
            missing: false,
            home: None,
            retry: now + RETRY,
            seen: (0, now),
            xruns: (0, now),
        };
        keeper.first()?;
        Ok(keeper)
    }

    pub(super) fn playing(&self) -> Arc<Mutex<Playing>> {
        self.playing.clone()
    }

    fn first(&mut self) -> Result<(), AudioError> {
        if self.request.device.as_deref() == Some(super::NULL) {
            return self.stand_in(true, None, None);
        }
        let chosen = self.request.device.is_some() || self.request.host.is_some();
        let reason = match self.try_open(&self.request.clone(), None) {
            Ok(Some(link)) => return self.install(link, true),
            Ok(None) => "no sound device was found".to_string(),
            Err(error @ AudioError::Unsupported { .. }) => return Err(error),
            Err(error) if chosen => return Err(error),
            Err(error) => error.diagnostic().message,
        };
        self.missing = true;
        self.stand_in(true, Some(reason), None)
    }

    /// Opens the device of `request`, waiting a little for a busy one. None if there is none.
    fn try_open(
        &mut self,
        request: &Request,
        prefer: Option<u32>,
    ) -> Result<Option<Link>, AudioError> {
        let mut attempts = if self.driver.is_none() { 4 } else { 1 };
        loop {
            let Some(found) = hosts::find(request)? else { return Ok(None) };
            self.drivers += 1;
            match Link::open(&found, request, prefer, &self.seat, self.drivers) {
                Err(AudioError::Busy { .. }) if attempts > 1 => {
                    attempts -= 1;
                    std::thread::park_timeout(RETRY / 2);
                }
                Err(error) => return Err(error),
                Ok(link) => return runs(link).map(Some),
            }
        }
    }

    /// Lets the null device drive the seat at the format of what played before, and tells `event`.
    fn stand_in(
        &mut self,
        first: bool,
        reason: Option<String>,
        event: Option<Event>,
    ) -> Result<(), AudioError> {
        let format = self.now().format;
        self.drivers += 1;
        let id = self.drivers;
        let begin = self.seat.stats().due().unwrap_or_else(Instant::now);
        let null = Null::start(id, self.seat.clone(), format, begin)
            .map_err(|e| AudioError::Failed { device: super::NULL.into(), why: e.to_string() })?;
        self.seat.stats().set_lost(self.missing);
        let deaf =
            (format.in_channels > 0).then(|| "its inputs are silent: it hears nothing".to_string());
        self.set(Playing { name: super::NULL.into(), format, reason, deaf });
        self.hand_to(id, first.then_some(format));
        if let Some(event) = event {
            self.tell(event);
        }
        // The old driver is closed while the music already goes on, as its server may let it wait.
        self.driver = Some(Driver::Null(null));
        Ok(())
    }

    /// Lets the device drive the seat.
    fn install(&mut self, link: Link, first: bool) -> Result<(), AudioError> {
        let (format, old) = (link.format(), self.now().format);
        let changed = first || format != old;
        let deaf = link.deaf().map(String::from);
        self.set(Playing { name: link.name().into(), format, reason: None, deaf });
        self.missing = false;
        self.seat.stats().set_lost(false);
        self.seen = (link.calls(), Instant::now());
        self.home = Some(link.device().into());
        self.hand_to(link.id(), changed.then_some(format));
        if !first {
            if format.rate != old.rate {
                self.tell(Event::RateChanged { from: old.rate, to: format.rate });
            }
            self.tell(Event::Back { name: link.name().into(), format });
        }
        self.driver = Some(Driver::Device(Box::new(link)));
        Ok(())
    }

    fn hand_to(&self, driver: u64, format: Option<Format>) {
        if !self.seat.hand_to(driver, format) {
            self.tell(Event::Broken);
        }
    }

    /// Watches until the other end of `stop` is dropped.
    pub(super) fn run(mut self, stop: &Receiver<()>) {
        while stop.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            self.look();
        }
    }

    fn look(&mut self) {
        self.tell_counts();
        if let Some(reason) = self.loss() {
            let name = self.now().name;
            self.missing = true;
            // The first attempt is made at once: a device that was only reconfigured is there.
            self.retry = Instant::now();
            let lost = Event::Lost { name: name.clone(), reason: reason.clone() };
            let why = Some(format!("{name}: {reason}"));
            if let Err(error) = self.stand_in(false, why, Some(lost)) {
                tracing::error!("{error}");
            }
        }
        if self.missing && Instant::now() >= self.retry {
            let prefer = self.now().format.rate;
            match self.reopen(prefer) {
                Ok(Some(link)) => {
                    let _ = self.install(link, false);
                }
                Ok(None) => {}
                Err(error) => tracing::debug!("still without a device: {error}"),
            }
            self.retry = Instant::now() + if self.home.is_some() { RETRY } else { RARELY };
        }
    }

    /// Why the device must be taken for lost.
    fn loss(&mut self) -> Option<String> {
        let Some(Driver::Device(link)) = &self.driver else { return None };
        if link.is_lost() {
            return Some("the device is gone".into());
        }
        let calls = link.calls();
        if calls != self.seen.0 {
            self.seen = (calls, Instant::now());
        }
        (self.seen.1.elapsed() > STALLED).then(|| "the device asks for no sound any more".into())
    }

    /// Opens the device again, at `prefer` if it can, as the device has it if not: what counted at the start,
    /// a rate or a size that the user wanted, must not keep the music from sounding.
    fn reopen(&mut self, prefer: u32) -> Result<Option<Link>, AudioError> {
        let device = self.home.clone().or(self.request.device.clone());
        let mut request = Request { device, ..self.request.clone() };
        match self.try_open(&request, Some(prefer)) {
            Err(AudioError::Unsupported { .. }) => {
                (request.rate, request.buffer) = (None, None);
                self.try_open(&request, Some(prefer))
            }
            other => other,
        }
    }

    fn tell_counts(&mut self) {
        let total = self.seat.stats().xruns();
        if total > self.xruns.0 && self.xruns.1.elapsed() > XRUNS {
            self.tell(Event::Xruns { new: total - self.xruns.0, total });
            self.xruns = (total, Instant::now());
        }
        if self.seat.take_broken() {
            self.tell(Event::Broken);
        }
    }

    fn now(&self) -> Playing {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, playing: Playing) {
        *self.playing.lock().unwrap_or_else(PoisonError::into_inner) = playing;
    }

    fn tell(&self, event: Event) {
        tracing::info!("audio: {event:?}");
        // Nobody listens any more: the stream is being closed.
        let _ = self.events.send(event);
    }
}

/// The link, if its device does ask for sound.
fn runs(link: Link) -> Result<Link, AudioError> {
    let start = Instant::now();
    while link.calls() == 0 {
        if link.is_lost() || start.elapsed() > STALLED {
            return Err(AudioError::Failed {
                device: link.name().into(),
                why: "it was opened and asks for no sound".into(),
            });
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    quiet::hush();
    Ok(link)
}
