//! What joins the threads of MIDI to the audio thread and to the control thread: rings, and nothing else.

use super::journal::Sounding;
use super::limit::{Limit, Verdict};
use super::stream::{Message, Stream};
use super::timebase::Timebase;
use crate::rt::midi::UNPLUGGED;
use crate::rt::{Arrival, Outgoing};
use crate::units::PORTS;
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Messages that wait for the audio thread, each way.
const MESSAGES: usize = 4096;
/// Messages that wait for the control thread.
const HEARD: usize = 16_384;
/// Bytes of system exclusive messages that wait for it.
const EXCLUSIVE: usize = 262_144;

/// The audio thread's ends.
pub struct Wires {
    /// What has come in.
    pub arrivals: HeapCons<Arrival>,
    /// What goes out.
    pub outgoing: HeapProd<Outgoing>,
    /// Where the sound is.
    pub timebase: Arc<Timebase>,
}

impl Wires {
    /// Drops what has come in: where nothing plays it.
    pub fn drain(&mut self) {
        self.arrivals.clear();
    }
}

/// A message as the control thread gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The frame of the music at which it is heard; 0 before there is any.
    pub frame: u64,
    /// When it came, in microseconds of the clock of its system.
    pub micros: u64,
    /// Number of the port.
    pub port: u8,
    /// A short message, or a whole system exclusive one.
    pub bytes: Vec<u8>,
}

/// A message on its way to the control thread; the bytes of a long one follow in a ring of their own.
#[derive(Clone, Copy)]
struct Note {
    frame: u64,
    micros: u64,
    port: u8,
    bytes: [u8; 3],
    long: u32,
}

/// The control thread's end.
pub struct Ear {
    notes: HeapCons<Note>,
    exclusive: HeapCons<u8>,
}

impl Ear {
    /// The next message that has come in.
    pub fn hear(&mut self) -> Option<Heard> {
        let Note { frame, micros, port, bytes, long } = self.notes.try_pop()?;
        let bytes = if long > 0 {
            self.exclusive.pop_iter().take(long as usize).collect()
        } else {
            bytes[..=super::stream::length(bytes[0])].to_vec()
        };
        Some(Heard { frame, micros, port, bytes })
    }
}

/// Ports that have said too much since this was asked last, by bits.
pub(super) type Floods = Arc<AtomicU32>;

/// The ends of the system: takes in what ports say. Fed on realtime threads: nothing allocates.
pub(super) struct Intake {
    arrivals: HeapProd<Arrival>,
    notes: HeapProd<Note>,
    exclusive: HeapProd<u8>,
    streams: Vec<Option<Stream>>,
    limits: [Limit; PORTS],
    floods: Floods,
}

/// The ends of the system that sends.
pub(super) struct Outtake {
    pub outgoing: HeapCons<Outgoing>,
    pub timebase: Arc<Timebase>,
    pub sounding: Arc<Sounding>,
}

/// All ends of a new set of rings.
pub(super) struct Ends {
    pub wires: Wires,
    pub ear: Ear,
    pub intake: Intake,
    pub outtake: Outtake,
    pub floods: Floods,
    pub sounding: Arc<Sounding>,
}

impl Ends {
    pub fn new() -> Ends {
        let (arrival, arrivals) = HeapRb::new(MESSAGES).split();
        let (outgo, outgoing) = HeapRb::new(MESSAGES).split();
        let (note, notes) = HeapRb::new(HEARD).split();
        let (long, exclusive) = HeapRb::new(EXCLUSIVE).split();
        let (timebase, floods) = (Arc::new(Timebase::default()), Floods::default());
        let sounding = Arc::new(Sounding::default());
        Ends {
            wires: Wires { arrivals, outgoing: outgo, timebase: timebase.clone() },
            ear: Ear { notes, exclusive },
            intake: Intake {
                arrivals: arrival,
                notes: note,
                exclusive: long,
                streams: (0..PORTS).map(|_| None).collect(),
                limits: [Limit::default(); PORTS],
                floods: floods.clone(),
            },
            outtake: Outtake { outgoing, timebase, sounding: sounding.clone() },
            floods,
            sounding,
        }
    }
}

impl Intake {
    /// Begins to read a port; `stream` was made elsewhere. What was there comes back.
    pub fn open(&mut self, port: u8, stream: Stream) -> Option<Stream> {
        self.streams.get_mut(usize::from(port))?.replace(stream)
    }

    /// Bytes of `port` that came at `micros` and are heard at `frame`.
    pub fn take(&mut self, port: u8, bytes: &[u8], micros: u64, frame: u64) {
        let index = usize::from(port);
        let Some(Some(stream)) = self.streams.get_mut(index) else { return };
        let limit = &mut self.limits[index];
        let mut flood = false;
        stream.feed(bytes, |message| {
            let verdict = limit.count(micros);
            flood |= verdict == Verdict::Shut;
            if verdict != Verdict::Pass {
                return;
            }
            let note = Note { frame, micros, port, bytes: [0; 3], long: 0 };
            match message {
                Message::Short(bytes) => {
                    let _ = self.arrivals.try_push(Arrival { frame, port, bytes });
                    let _ = self.notes.try_push(Note { bytes, ..note });
                }
                Message::Exclusive(long) => {
                    let room = self.exclusive.vacant_len() >= long.len();
                    if room && !self.notes.is_full() {
                        self.exclusive.push_slice(long);
                        let _ = self.notes.try_push(Note { long: long.len() as u32, ..note });
                    }
                }
            }
        });
        if flood {
            self.floods.fetch_or(1 << (index % 32), Ordering::Relaxed);
            self.unplug(port, frame);
        }
    }

    /// Lets go what a port holds.
    pub fn unplug(&mut self, port: u8, frame: u64) {
        let _ = self.arrivals.try_push(Arrival { frame, port, bytes: [UNPLUGGED, 0, 0] });
    }
}
