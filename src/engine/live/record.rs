//! Recording what plays: the audio side of a recording goes to the performer and comes back to be freed.

use super::Live;
use crate::io::file::FileError;
use crate::io::record::{Progress, Recorded, Recorder, Recording, Tape};
use crate::rt::Tap;
use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::path::PathBuf;

/// Tapes that can be on the audio side at once: one that plays and those that are on their way.
const TAPES: usize = 4;

/// The control side of recordings.
pub(super) struct Deck {
    tapes: HeapProd<Box<Tape>>,
    spent: HeapCons<Box<Tape>>,
    /// Tapes on the audio side: each has its place in the ring on which it comes back.
    away: usize,
    recorder: Option<Recorder>,
}

/// The audio side of recordings: where tapes come from and go back to.
pub(super) struct Reels {
    pub tapes: HeapCons<Box<Tape>>,
    pub spent: HeapProd<Box<Tape>>,
}

impl Deck {
    pub fn new() -> (Deck, Reels) {
        let (outgoing, tapes) = HeapRb::new(TAPES).split();
        let (spent, incoming) = HeapRb::new(TAPES).split();
        let deck = Deck { tapes: outgoing, spent: incoming, away: 0, recorder: None };
        (deck, Reels { tapes, spent })
    }

    /// Frees what has come back.
    pub fn collect(&mut self) {
        while let Some(tape) = self.spent.try_pop() {
            drop(tape);
            self.away -= 1;
        }
    }

    pub fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }
}

impl Live {
    /// Records from the next block on. Returns the files, the master's first; files that are there already are
    /// left alone, so names may have got a number (`take-2.wav`). Strips that come later get theirs when they do.
    ///
    /// # Errors
    /// [`FileError`] if a file cannot be made, or something is being recorded already.
    pub fn record(&mut self, what: &Recording) -> Result<Vec<PathBuf>, FileError> {
        self.deck.collect();
        if let Some(recorder) = self.deck.recorder() {
            let why = "it is being recorded already";
            let hint = "end that first: stop_recording()";
            return Err(FileError::unsupported(&recorder.files()[0], why, hint));
        }
        if self.deck.away == TAPES {
            let why = "the sound device has not taken the recordings before it";
            let file = what.master.as_ref().or(what.stems.as_ref());
            let file = file.map(PathBuf::as_path).unwrap_or("".as_ref());
            return Err(FileError::unsupported(file, why, "wait until it plays"));
        }
        let strips: Vec<(u16, String)> = self.named(&self.taps).collect();
        let (recorder, tape) = Recorder::start(what, self.graphs.rate.round() as u32, &strips)?;
        let files = recorder.files().to_vec();
        self.deck.away += usize::from(self.deck.tapes.try_push(tape).is_ok());
        self.deck.recorder = Some(recorder);
        Ok(files)
    }

    /// Ends the recording and completes its files; waits for the disk. `None` if nothing was recorded. (Dropping
    /// the `Live` completes them too.)
    pub fn stop_recording(&mut self) -> Option<Recorded> {
        self.deck.recorder.take()?.stop()
    }

    /// How the recording goes, if there is one.
    #[must_use]
    pub fn recording(&self) -> Option<Progress> {
        self.deck.recorder().map(Recorder::progress)
    }

    /// Makes files for the strips of a graph that is about to be sent, and keeps in mind which they are.
    pub(super) fn announce(&mut self, taps: &[Tap]) {
        if let Some(recorder) = self.deck.recorder() {
            self.named(taps).for_each(|(slot, name)| recorder.strip(slot, &name));
        }
        self.taps = taps.to_vec();
    }

    fn named(&self, taps: &[Tap]) -> impl Iterator<Item = (u16, String)> {
        taps.iter()
            .filter_map(|tap| Some((tap.slot, self.graphs.slots.name(tap.slot)?.to_string())))
    }
}
