//! What joins the two sides of playing live: rings, and what both see.

use super::inbox::Inbox;
use super::log::Log;
use super::meters::Peaks;
use super::performer::Performer;
use super::record::Deck;
use super::sync::Sync;
use crate::rt::{Fault, Renderer, Tap, Timed, Update};
use ringbuf::traits::Split;
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

/// Messages that wait for the audio side.
const MESSAGES: usize = 16_384;
/// Reports that wait for the control side.
const REPORTS: usize = 256;

/// What goes to the audio side.
pub(super) enum Message {
    Event(Timed),
    Update(Box<Update>),
    /// What was sent from this frame on is not to be played.
    Forget(u64),
}

/// What comes from the audio side, besides updates.
pub(super) enum Report {
    Fault(Fault),
}

/// What both sides see.
#[derive(Default)]
pub(super) struct Shared {
    /// Frames given to the device.
    pub frame: AtomicU64,
    /// Blocks in which the safety limiter acted.
    pub limited: AtomicU64,
    /// How often silence was asked for.
    pub panics: AtomicU32,
    /// The music is to fade out and end.
    pub ends: AtomicBool,
    /// Peaks by strip.
    pub peaks: Peaks,
}

/// The control side's ends.
pub(super) struct Ends {
    /// Where what plays first is metered and recorded.
    pub taps: Vec<Tap>,
    pub outbox: HeapProd<Message>,
    pub retired: HeapCons<Box<Update>>,
    pub reports: HeapCons<Report>,
    pub shared: Arc<Shared>,
    pub deck: Deck,
    pub sync: Sync,
    pub log: Log,
}

impl Ends {
    /// A performer around `renderer`, and the other ends of all that it holds.
    pub fn around(renderer: Renderer, taps: Vec<Tap>) -> (Ends, Performer) {
        let (outbox, messages) = HeapRb::new(MESSAGES).split();
        let (retire, retired) = HeapRb::new(1).split();
        let (report, reports) = HeapRb::new(REPORTS).split();
        let (deck, reels) = Deck::new();
        let (sync, ear) = Sync::new();
        let (log, pen) = Log::new();
        let shared = Arc::new(Shared::default());
        let rings = (Inbox::new(messages, retire), report, reels);
        let performer = Performer::new(renderer, rings, shared.clone(), ear, pen);
        (Ends { taps, outbox, retired, reports, shared, deck, sync, log }, performer)
    }
}
