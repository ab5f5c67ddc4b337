//! The stand with its wires: what comes in over MIDI reaches the performer, what goes out leaves it.

use super::Stand;
use crate::io::audio::{Callback, Format, Moment};
use crate::io::midi::{Mark, Wires};
use crate::rt::Arrival;
use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::sync::{Arc, Mutex, PoisonError};

/// The callback of a device that also hears and sends MIDI.
pub struct Wired {
    stand: Stand,
    wires: Option<Box<Wires>>,
    next: HeapCons<Box<Wires>>,
    gone: HeapProd<Box<Wires>>,
    /// What is played from within the program.
    played: HeapCons<Arrival>,
    moment: Option<Moment>,
    /// Of the device, in hertz.
    rate: u32,
}

/// Where wires are plugged in, on the control side.
pub struct Socket {
    next: HeapProd<Box<Wires>>,
    gone: HeapCons<Box<Wires>>,
    played: Hand,
}

/// Plays what tracks listen to from within the program: effects, a keyboard on the screen. On any thread but the audio
/// thread.
#[derive(Clone)]
pub struct Hand(Arc<Mutex<HeapProd<Arrival>>>);

/// Messages that wait for the audio thread.
const PLAYED: usize = 4096;

impl Hand {
    /// Sends a message as if it came in on `port` and were heard at `frame`, or as soon as it can be.
    pub fn say(&self, port: u8, frame: u64, bytes: [u8; 3]) {
        self.play(Arrival { frame, port, bytes });
    }

    /// Sends a message; dropped if too many wait.
    pub fn play(&self, arrival: Arrival) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = ring.try_push(arrival);
    }
}

impl Wired {
    /// A stand without wires, and how they get there.
    #[must_use]
    pub fn new(stand: Stand) -> (Wired, Socket) {
        let (next, incoming) = HeapRb::new(1).split();
        // Some may be plugged in and some may come.
        let (outgoing, gone) = HeapRb::new(2).split();
        let (play, played) = HeapRb::new(PLAYED).split();
        let (wires, moment) = (None, None);
        let wired = Wired { stand, wires, next: incoming, gone: outgoing, played, moment, rate: 0 };
        (wired, Socket { next, gone, played: Hand(Arc::new(Mutex::new(play))) })
    }
}

impl Socket {
    /// Sends wires; those before are freed by the next call. They come back while others are still on their way.
    ///
    /// # Errors
    /// The wires, to be sent again.
    pub fn plug(&mut self, wires: Box<Wires>) -> Result<(), Box<Wires>> {
        self.gone.clear();
        self.next.try_push(wires)
    }

    /// What plays from within the program.
    #[must_use]
    pub fn hand(&self) -> Hand {
        self.played.clone()
    }
}

impl Callback for Wired {
    fn prepare(&mut self, format: Format) {
        self.rate = format.rate;
        self.stand.prepare(format);
    }

    fn at(&mut self, moment: Moment) {
        self.moment = Some(moment);
    }

    fn render(&mut self, output: &mut [f32], channels: usize, input: &[f32], in_channels: usize) {
        if let Some(next) = self.next.try_pop()
            && let Some(gone) = self.wires.replace(next)
        {
            // There is room: it was freed before the next ones were sent.
            let _ = self.gone.try_push(gone);
        }
        if let Some(performer) = self.stand.enter() {
            if let Some(wires) = &mut self.wires {
                if let Some(Moment { micros, jack }) = self.moment.take() {
                    let (frame, rate) = (performer.frame(), self.rate);
                    let frames = (output.len() / channels.max(1)) as u32;
                    wires.timebase.set(Mark { micros, jack, frame, frames, rate });
                }
                wires.arrivals.pop_iter().for_each(|arrival| performer.hear(arrival));
            }
            self.played.pop_iter().for_each(|arrival| performer.hear(arrival));
        }
        self.stand.render(output, channels, input, in_channels);
        if let (Some(wires), Some(performer)) = (&mut self.wires, self.stand.performer()) {
            performer.take_outgoing(|message| {
                let _ = wires.outgoing.try_push(message);
            });
        }
    }
}
