//! The thread that writes a recording: it takes blocks off the ring and brings them to the disk in short turns.

use super::tape::{Gauge, MASTER, Packet};
use super::{Board, Recorded, Stem, stem_path};
use crate::diag::Diagnostic;
use crate::io::file::{FileError, WriteOptions};
use crate::units::Place;
use ringbuf::HeapCons;
use ringbuf::traits::Consumer;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// Time from one look at the ring to the next.
const TURN: Duration = Duration::from_millis(25);
/// Time from one flush to the next: with the turns and a block of FLAC, less than half a second is ever open.
const FLUSH: Duration = Duration::from_millis(200);
/// Lost frames are not told more often.
const AGAIN: Duration = Duration::from_secs(5);

/// What the control side tells.
pub(super) enum Order {
    /// A strip may be heard from now on.
    Strip(u16, String),
    /// Write what is there, and end.
    Finish,
}

pub(super) struct Writer {
    packets: HeapCons<Packet>,
    orders: Receiver<Order>,
    gauge: Arc<Gauge>,
    board: Arc<Board>,
    tell: Sender<Diagnostic>,
    /// Files by slot.
    stems: BTreeMap<u16, Stem>,
    /// Where stems go, and how they are written.
    folder: Option<(PathBuf, WriteOptions)>,
    rate: u32,
    finish: bool,
    /// Lost frames that were told, and when.
    told: (u64, Option<Instant>),
}

impl Writer {
    pub fn new(
        packets: HeapCons<Packet>,
        orders: Receiver<Order>,
        (gauge, board): (Arc<Gauge>, Arc<Board>),
        tell: Sender<Diagnostic>,
        stems: BTreeMap<u16, Stem>,
        (folder, rate): (Option<(PathBuf, WriteOptions)>, u32),
    ) -> Writer {
        let (finish, told) = (false, (0, None));
        Writer { packets, orders, gauge, board, tell, stems, folder, rate, finish, told }
    }

    /// Writes until it is told to finish.
    pub fn run(mut self) -> Recorded {
        let mut flushed = Instant::now();
        while !self.finish {
            match self.orders.recv_timeout(TURN) {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.finish = true,
            }
            self.receive();
            let Some((first, next)) = self.gauge.range() else { continue };
            self.drain(first, next);
            self.write_to(next - first);
            if flushed.elapsed() >= FLUSH {
                flushed = Instant::now();
                self.each(Stem::flush);
                self.publish();
            }
        }
        // What the audio side still sends is too late.
        let (first, next) = self.gauge.range().unwrap_or_default();
        self.drain(first, next);
        while !self.write_to(next - first) {}
        self.each(Stem::flush);
        self.each(Stem::finish);
        self.publish();
        Recorded {
            files: self.stems.values().flat_map(Stem::files).collect(),
            from: first,
            seconds: (next - first) as f64 / f64::from(self.rate),
            lost_frames: self.gauge.lost(),
            warnings: Vec::new(),
        }
    }

    fn receive(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.obey(order);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Finish => self.finish = true,
            Order::Strip(slot, name) => {
                let Some((folder, options)) = &self.folder else { return };
                if self.stems.contains_key(&slot) {
                    return;
                }
                match Stem::create(&stem_path(folder, &name, options), options) {
                    Ok(stem) => drop(self.stems.insert(slot, stem)),
                    Err(error) => self.warn(error.what(), error.hint()),
                }
            }
        }
    }

    /// Takes what was sent before frame `next` off the ring.
    fn drain(&mut self, first: u64, next: u64) {
        while let Some(packet) = self.packets.try_pop() {
            if !self.stems.contains_key(&packet.slot) {
                // The order to make its file was given before the block could be sent.
                self.receive();
            }
            if let Some(stem) = self.stems.get_mut(&packet.slot) {
                stem.lay(packet.frame - first + u64::from(packet.early), &packet.sound);
            }
            if packet.frame >= next {
                return;
            }
        }
    }

    /// Brings all files up to frame `now`; false if one needs another turn.
    fn write_to(&mut self, now: u64) -> bool {
        let mut done = true;
        self.each(|stem| {
            done &= stem.write_to(now)?;
            Ok(())
        });
        done
    }

    fn each(&mut self, mut work: impl FnMut(&mut Stem) -> Result<(), FileError>) {
        let mut failed = Vec::new();
        for stem in self.stems.values_mut().filter(|stem| stem.is_open()) {
            failed.extend(work(stem).err().map(|error| (stem.path().to_path_buf(), error)));
        }
        for (path, error) in failed {
            self.fail(&path, &error);
        }
    }

    /// Ends the files of a folder, as they are on the same disk; what was flushed of them stays.
    fn fail(&mut self, path: &Path, error: &FileError) {
        let (folder, rate) = (path.parent(), f64::from(self.rate));
        let mut ended = Vec::new();
        for stem in self.stems.values_mut().filter(|s| s.path().parent() == folder) {
            if stem.is_open() || (stem.path() == path && !stem.has_failed()) {
                // Not all of them need have failed.
                let _ = stem.flush();
                stem.give_up();
                ended.push((stem.path().display().to_string(), stem.safe() as f64 / rate));
            }
        }
        // A failure in the same turn may have ended it already.
        let Some((first, seconds)) = ended.first() else { return };
        let others = match ended.len() - 1 {
            0 => String::new(),
            n => format!(" (and {n} more in its folder)"),
        };
        let why = match error {
            FileError::Write { source, .. } => source.to_string(),
            error => error.what(),
        };
        let text = format!(
            "`{first}`{others} is no longer recorded: {why}; its first {seconds:.1} s are safe, the sound goes on"
        );
        // Whoever reads the failure reads how much is safe with it.
        self.show();
        self.warn(text, format!("{}, and record again", error.hint()));
    }

    fn warn(&self, text: String, hint: String) {
        *self.board.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.clone());
        // The control side may be waiting for the end, when it hears nothing any more.
        let _ = self.tell.send(Diagnostic::warning(text, Place::default()).hint(hint));
    }

    /// Shows how far it is.
    fn show(&self) {
        let safe = self.stems.get(&MASTER).map_or(0, Stem::safe);
        self.board.safe.store(safe, Ordering::Relaxed);
        let bytes = self.stems.values().map(Stem::bytes).sum();
        self.board.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Shows how far it is, and tells of frames that were lost.
    fn publish(&mut self) {
        self.show();
        let (lost, (told, when)) = (self.gauge.lost(), self.told);
        if lost > told && when.is_none_or(|when| when.elapsed() > AGAIN) {
            self.told = (lost, Some(Instant::now()));
            let seconds = lost as f64 / f64::from(self.rate);
            let text = format!(
                "the disk is too slow: {lost} frames ({seconds:.2} s) of the recording are lost so far; they are silent in it"
            );
            self.warn(text, "record fewer stems, or to a faster disk".into());
        }
    }
}
