//! The bytes of a file being written: flushed at points up to which it is readable, and cut back there if the disk fails.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A file, shared with the encoder because encoders give no access to what they write to.
#[derive(Clone)]
pub(super) struct Sink(Arc<Mutex<Bytes>>);

struct Bytes {
    /// `None` once it was given up.
    out: Option<BufWriter<File>>,
    /// Length of the file at the last checkpoint.
    safe: u64,
}

impl Sink {
    /// Writes to `file`, `buffer` bytes at once; 0 to write all at once.
    pub(super) fn new(file: File, buffer: usize) -> Sink {
        let out = Some(BufWriter::with_capacity(buffer, file));
        Sink(Arc::new(Mutex::new(Bytes { out, safe: 0 })))
    }

    fn with<T>(&self, work: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>) -> io::Result<T> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut bytes.out {
            Some(out) => work(out),
            None => Err(io::Error::other("the file was given up")),
        }
    }

    /// Brings everything to the file, which is readable as it stands now.
    pub(super) fn checkpoint(&self) -> io::Result<()> {
        let length = self.with(|out| {
            out.flush()?;
            out.get_ref().metadata().map(|file| file.len())
        })?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).safe = length;
        Ok(())
    }

    /// Cuts the file back to the last checkpoint; nothing is written to it any more, also not by an encoder
    /// that tidies up when it is dropped.
    pub(super) fn give_up(&self) {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(out) = bytes.out.take() {
            let (file, _unwritten) = out.into_parts();
            // What follows the checkpoint does no harm to a reader; it can stay if the disk refuses this too.
            let _ = file.set_len(bytes.safe);
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(Write::flush)
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with(|out| out.seek(to))
    }
}
