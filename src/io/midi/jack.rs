//! MIDI ports on a JACK server, sample-accurate: a client of its own beside that of the sound.

use super::stream::Stream;
use super::timebase::{Cycles, Drift};
use super::wires::{Intake, Outtake};
use super::{Found, System, Wanted, Way};
use crate::dsp::unit::BLOCK;
use crate::io::audio::micros;
use crate::rt::Outgoing;
use crate::units::PORTS;
use ::jack::{
    AsyncClient, Client, ClientOptions, Control, Frames, MidiIn, MidiOut, Port, PortFlags,
    ProcessHandler, ProcessScope, RawMidi,
};
use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The type of MIDI ports.
const TYPE: &str = "8 bit raw midi";

/// How long it may take until a cycle has ended.
const PATIENCE: Duration = Duration::from_millis(200);

/// Changes that wait: a port with all its notes and channels is ended by about as many.
const CHANGES: usize = 4096;

/// Messages that wait for their frame; more are dropped.
const PENDING: usize = 4096;

/// A change of the ports, made elsewhere and moved in.
enum Change {
    In(u8, Port<MidiIn>, Option<Stream>),
    Out(Outlet),
    Unplug(u8),
    /// A message that is sent at once.
    Say(u8, [u8; 3]),
    /// Drops what waits.
    Clear,
    /// Comes back when what was said before it has left.
    Mark,
}

/// A port that sends.
struct Outlet {
    number: u8,
    port: Port<MidiOut>,
}

/// A client of the server.
pub(super) struct Server {
    client: AsyncClient<Watch, Handler>,
    changes: HeapProd<Change>,
    spent: HeapCons<Change>,
    /// Full names of our ports.
    own: BTreeMap<(Way, u8), String>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Frames of a cycle.
    period: AtomicU32,
    /// The server has gone.
    lost: AtomicBool,
}

struct Watch(Arc<Shared>);

impl ::jack::NotificationHandler for Watch {
    unsafe fn shutdown(&mut self, _: ::jack::ClientStatus, _: &str) {
        self.0.lost.store(true, Ordering::Release);
    }
}

/// Whether a server runs.
pub(super) fn runs() -> bool {
    crate::io::audio::hush();
    crate::io::audio::has_jack()
        && Client::new("rhapsode-look", ClientOptions::NO_START_SERVER).is_ok()
}

impl Server {
    /// Joins the server that runs; it is never started.
    ///
    /// # Errors
    /// If none runs.
    pub fn open(intake: Intake, outtake: Outtake) -> Result<Server, String> {
        crate::io::audio::hush();
        if !crate::io::audio::has_jack() {
            return Err("the JACK library is not installed".into());
        }
        let (client, _) = Client::new("rhapsode", ClientOptions::NO_START_SERVER)
            .map_err(|_| "no JACK server runs".to_string())?;
        let shared = Arc::new(Shared::default());
        shared.period.store(client.buffer_size(), Ordering::Relaxed);
        let (changes, incoming) = HeapRb::new(CHANGES).split();
        let (outgoing, spent) = HeapRb::new(16).split();
        let handler = Handler {
            intake,
            outtake,
            ins: Vec::with_capacity(PORTS),
            outs: Vec::with_capacity(PORTS),
            pending: Vec::with_capacity(PENDING),
            changes: incoming,
            spent: outgoing,
            cycles: Cycles::default(),
            drift: Drift::default(),
            rate: u64::from(client.sample_rate().max(1)),
            shared: shared.clone(),
        };
        let client = client
            .activate_async(Watch(shared.clone()), handler)
            .map_err(|error| format!("the JACK server refused: {error}"))?;
        Ok(Server { client, changes, spent, own: BTreeMap::new(), shared })
    }

    fn send(&mut self, change: Change) {
        self.spent.clear();
        let _ = self.changes.try_push(change);
    }

    fn flags(way: Way) -> PortFlags {
        match way {
            Way::In => PortFlags::IS_OUTPUT,
            Way::Out => PortFlags::IS_INPUT,
        }
    }
}

impl System for Server {
    fn found(&self, way: Way) -> Vec<Found> {
        let client = self.client.as_client();
        let ids = client.ports(None, Some(TYPE), Server::flags(way));
        let found = |id: String| {
            let port = client.port_by_name(&id)?;
            let mut names = vec![id.clone()];
            names.extend(port.aliases().unwrap_or_default());
            Some(Found { own: client.is_mine(&port), id, names })
        };
        ids.into_iter().filter_map(found).collect()
    }

    fn make(&mut self, wanted: &Wanted) -> Result<(), String> {
        let client = self.client.as_client();
        let name = if wanted.name.is_empty() { "all" } else { &wanted.name };
        let name: String = name.chars().filter(|c| *c != ':').take(100).collect();
        let name = if wanted.own {
            name
        } else {
            format!("{} {name}", if wanted.way == Way::In { "from" } else { "to" })
        };
        let failed = |error: ::jack::Error| format!("JACK made no port \"{name}\": {error}");
        let (full, change) = match wanted.way {
            Way::In => {
                let port = client.register_port(&name, MidiIn::default()).map_err(failed)?;
                let full = port.name().map_err(failed)?;
                (full, Change::In(wanted.number, port, Some(Stream::default())))
            }
            Way::Out => {
                let port = client.register_port(&name, MidiOut::default()).map_err(failed)?;
                let full = port.name().map_err(failed)?;
                (full, Change::Out(Outlet { number: wanted.number, port }))
            }
        };
        self.own.insert((wanted.way, wanted.number), full);
        self.send(change);
        Ok(())
    }

    fn join(&mut self, wanted: &Wanted, id: &str) -> Result<(), String> {
        let Some(own) = self.own.get(&(wanted.way, wanted.number)) else { return Ok(()) };
        let (from, to) = match wanted.way {
            Way::In => (id, own.as_str()),
            Way::Out => (own.as_str(), id),
        };
        match self.client.as_client().connect_ports_by_name(from, to) {
            Ok(()) | Err(::jack::Error::PortAlreadyConnected(..)) => Ok(()),
            Err(error) => Err(format!("{from} could not be connected to {to}: {error}")),
        }
    }

    fn part(&mut self, wanted: &Wanted, _id: &str) {
        if wanted.way == Way::In {
            self.send(Change::Unplug(wanted.number));
        }
    }

    fn is_lost(&self) -> bool {
        self.shared.lost.load(Ordering::Acquire)
    }

    fn delay(&self) -> u64 {
        u64::from(self.shared.period.load(Ordering::Relaxed))
    }

    fn say(&mut self, port: u8, messages: &[[u8; 3]]) {
        messages.iter().for_each(|bytes| self.send(Change::Say(port, *bytes)));
    }

    fn clear(&mut self) {
        self.send(Change::Clear);
    }

    fn settle(&mut self) {
        self.send(Change::Mark);
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE && !self.is_lost() {
            if self.spent.try_pop().is_some() {
                // What was written leaves with the cycle that is ending.
                let cycle = self.delay() as f64 / f64::from(self.client.as_client().sample_rate());
                std::thread::park_timeout(Duration::from_secs_f64(2.0 * cycle));
                return;
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }
}

/// The realtime side of the client.
struct Handler {
    intake: Intake,
    outtake: Outtake,
    ins: Vec<(u8, Port<MidiIn>)>,
    outs: Vec<Outlet>,
    /// By the frame at which they leave.
    pending: Vec<Outgoing>,
    changes: HeapCons<Change>,
    spent: HeapProd<Change>,
    cycles: Cycles,
    drift: Drift,
    /// Frames a second, in hertz.
    rate: u64,
    shared: Arc<Shared>,
}

/// Frames by which what comes in is late: the cycle in which it comes may have been rendered, and a block of the
/// next one too if blocks and cycles do not end together.
fn delay(period: Frames) -> u64 {
    let (mut a, mut b) = (u64::from(period.max(1)), BLOCK as u64);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    u64::from(period) + BLOCK as u64 - a
}

impl Handler {
    /// The frame of the music at the beginning of the cycle.
    fn base(&mut self, scope: &ProcessScope, start: u64) -> Option<i64> {
        let mark = self.outtake.timebase.get();
        let exact = self.cycles.begin(start, scope.last_frame_time(), mark);
        match mark {
            Some(mark) if mark.jack.is_some() => exact,
            _ => {
                let now = self.drift.frame(micros(), mark)?;
                Some((now - f64::from(scope.frames_since_cycle_start())).round() as i64)
            }
        }
    }

    /// Takes changes in.
    fn change(&mut self) {
        while let Some(change) = self.changes.try_pop() {
            match change {
                Change::In(number, port, stream) => {
                    if self.ins.len() < self.ins.capacity() {
                        self.ins.push((number, port));
                        let old = stream.and_then(|stream| self.intake.open(number, stream));
                        debug_assert!(old.is_none(), "a port is made once");
                    }
                }
                Change::Out(outlet) => {
                    if self.outs.len() < self.outs.capacity() {
                        self.outs.push(outlet);
                    }
                }
                Change::Unplug(port) => self.intake.unplug(port, 0),
                Change::Say(port, bytes) => self.wait(Outgoing { frame: 0, port, bytes }),
                Change::Clear => {
                    self.outtake.outgoing.clear();
                    self.pending.clear();
                }
                Change::Mark => {
                    let _ = self.spent.try_push(Change::Mark);
                }
            }
        }
    }

    /// Lets a message wait for its frame, behind those that are not later.
    fn wait(&mut self, message: Outgoing) {
        if self.pending.len() < self.pending.capacity() {
            let at = self.pending.partition_point(|m| m.frame <= message.frame);
            self.pending.insert(at, message);
        }
    }

    fn listen(&mut self, scope: &ProcessScope, base: Option<i64>, start: u64) {
        let late = delay(scope.n_frames()) as i64;
        for (number, port) in &self.ins {
            for RawMidi { time, bytes } in port.iter(scope) {
                let frame = base.map_or(0, |base| (base + i64::from(time) + late).max(0) as u64);
                let micros = start + u64::from(time) * 1_000_000 / self.rate;
                self.intake.take(*number, bytes, micros, frame);
            }
        }
    }

    /// Takes in what was sent.
    fn collect(&mut self) {
        while let Some(message) = self.outtake.outgoing.try_pop() {
            self.wait(message);
        }
    }

    fn speak(&mut self, scope: &ProcessScope, base: i64) {
        let frames = i64::from(scope.n_frames());
        let late = u64::from(scope.n_frames());
        // A message is made up to a cycle before it is heard, whichever client runs first.
        let place = |m: &Outgoing| (m.frame + late) as i64 - base;
        let due = self.pending.partition_point(|m| place(m) < frames);
        for outlet in &mut self.outs {
            let mut writer = outlet.port.writer(scope);
            let number = outlet.number;
            for message in self.pending[..due].iter().filter(|m| m.port == number) {
                let length = super::stream::length(message.bytes[0]);
                let time = place(message).max(0) as Frames;
                let bytes = &message.bytes[..=length];
                if writer.write(&RawMidi { time, bytes }).is_ok() {
                    self.outtake.sounding.note(number, message.bytes);
                }
            }
        }
        self.pending.drain(..due);
    }
}

impl ProcessHandler for Handler {
    fn process(&mut self, client: &Client, scope: &ProcessScope) -> Control {
        self.shared.period.store(scope.n_frames(), Ordering::Relaxed);
        self.change();
        let start = scope.cycle_times().map_or_else(|_| client.time(), |t| t.current_usecs);
        let base = self.base(scope, start);
        self.listen(scope, base, start);
        self.collect();
        // Without sound there is no time: what waits is sent at once.
        self.speak(scope, base.unwrap_or(i64::MAX / 2));
        Control::Continue
    }
}
