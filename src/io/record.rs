//! Recording while playing: the audio side copies blocks to a ring, a thread of its own writes them to files.
//!
//! The audio side sends only what sounds, each block with its frame; the writer fills the rest with silence. So
//! blocks for which the ring had no room, strips that come late and strips that have ended are all the same to
//! it, and all files of a recording line up, frame by frame.

mod stem;
mod tape;
mod writer;

pub use tape::{MASTER, Packet, Sound, Tape};

use self::stem::Stem;
use self::tape::Gauge;
use self::writer::{Order, Writer};
use crate::diag::Diagnostic;
use crate::io::file::{FileError, Format, WriteOptions, numbered};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What is to be recorded, and where to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// File of the master; the ending says the format. A file that is there is left alone: the new one is
    /// called `take-2.wav` and so on. Without it, stems have their master in their folder.
    pub master: Option<PathBuf>,
    /// Folder for a file of each track and bus; it is made. If it has something in it, `stems-2` and so on.
    pub stems: Option<PathBuf>,
    /// Format of all files. Without it, a name ending in `.flac` asks for FLAC, `.wav` for 32-bit floating
    /// point, which keeps every bit; stems have the format of the master.
    pub format: Option<Format>,
}

impl Recording {
    /// The format of its files.
    fn format(&self) -> Result<Format, FileError> {
        match (self.format, &self.master) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Format::Wav32f),
            (None, Some(path)) => Ok(match Format::from_path(path)? {
                Format::Flac => Format::Flac,
                _ => Format::Wav32f,
            }),
        }
    }
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The files, the master first, and the frames in each. All have as many, but for those that failed.
    pub files: Vec<(PathBuf, u64)>,
    /// The frame given to the device that is the first of all files.
    pub from: u64,
    /// Length in seconds.
    pub seconds: f64,
    /// Frames that were lost because the disk was too slow; they are silent in the files.
    pub lost_frames: u64,
    /// What went wrong at the very end.
    pub warnings: Vec<Diagnostic>,
}

/// How a recording goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The file of the master.
    pub file: PathBuf,
    /// Seconds in it that would survive a crash.
    pub seconds: f64,
    /// Bytes of samples written to all files.
    pub bytes: u64,
    /// Frames that were lost because the disk was too slow.
    pub lost_frames: u64,
    /// The last failure; files that it does not name are still written.
    pub error: Option<String>,
}

/// What the writer tells.
#[derive(Default)]
struct Board {
    safe: AtomicU64,
    bytes: AtomicU64,
    error: Mutex<Option<String>>,
}

/// A recording in progress, on the control side. Dropping it completes the files.
pub struct Recorder {
    orders: Sender<Order>,
    thread: Option<JoinHandle<Recorded>>,
    gauge: Arc<Gauge>,
    board: Arc<Board>,
    news: Receiver<Diagnostic>,
    files: Vec<PathBuf>,
    rate: u32,
    /// Whether strips have files of their own.
    stems: bool,
}

impl Recorder {
    /// Makes the files and starts the writer. `strips` are the strips that play, with their slots. Returns the
    /// audio side too. Control thread; takes as long as making the files does.
    ///
    /// # Errors
    /// [`FileError`] if a file or the folder cannot be made.
    pub fn start(
        what: &Recording,
        rate: u32,
        strips: &[(u16, String)],
    ) -> Result<(Recorder, Box<Tape>), FileError> {
        let options = WriteOptions::new(what.format()?, rate, 2);
        let folder = what.stems.as_deref().map(fresh_folder).transpose()?;
        let master = match (&what.master, &folder) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => stem_path(folder, "master", &options),
            (None, None) => {
                let why = "it names neither a file for the master nor a folder for stems";
                return Err(FileError::unsupported(Path::new(""), why, "name a file: take.wav"));
            }
        };
        let mut stems = vec![(MASTER, Stem::create(&master, &options)?)];
        if let Some(folder) = &folder {
            for (slot, name) in strips {
                stems.push((*slot, Stem::create(&stem_path(folder, name, &options), &options)?));
            }
        }
        let files = stems.iter().map(|(_, stem)| stem.path().to_path_buf()).collect();
        let (tape, packets, gauge) = tape::tape(rate, folder.is_some().then_some(strips.len()));
        let (orders, receive) = channel();
        let (tell, news) = channel();
        let board = Arc::new(Board::default());
        let stems = stems.into_iter().collect();
        let has_stems = folder.is_some();
        let place = (folder.map(|folder| (folder, options)), rate);
        let shared = (gauge.clone(), board.clone());
        let writer = Writer::new(packets, receive, shared, tell, stems, place);
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || writer.run())
            .map_err(|source| FileError::Write { path: master, source })?;
        let thread = Some(thread);
        let recorder =
            Recorder { orders, thread, gauge, board, news, files, rate, stems: has_stems };
        Ok((recorder, tape))
    }

    /// The files that were made at the start, the master first.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Gives a strip a file if stems are recorded and it has none. To be called before a block of it can come.
    pub fn strip(&self, slot: u16, name: &str) {
        if self.stems {
            // The writer ends only when it is told to.
            let _ = self.orders.send(Order::Strip(slot, name.to_string()));
        }
    }

    /// How it goes.
    #[must_use]
    pub fn progress(&self) -> Progress {
        // First: the figures that belong to a failure were there before it.
        let error = self.board.error.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Progress {
            file: self.files[0].clone(),
            seconds: self.board.safe.load(Ordering::Relaxed) as f64 / f64::from(self.rate),
            bytes: self.board.bytes.load(Ordering::Relaxed),
            lost_frames: self.gauge.lost(),
            error,
        }
    }

    /// What happened since the last call: files that failed, frames that were lost.
    pub fn take_news(&self) -> Option<Diagnostic> {
        self.news.try_recv().ok()
    }

    /// Ends the recording where the audio side is, and completes the files. Waits for the disk, not for the
    /// audio side. `None` if the writer died of a fault of the program.
    #[must_use]
    pub fn stop(mut self) -> Option<Recorded> {
        self.finish()
    }

    fn finish(&mut self) -> Option<Recorded> {
        self.gauge.stop();
        let _ = self.orders.send(Order::Finish);
        let mut recorded = self.thread.take()?.join().ok()?;
        recorded.warnings.extend(self.news.try_iter());
        Some(recorded)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The folder itself if there is none or nothing is in it, else `folder-2` and so on.
fn fresh_folder(folder: &Path) -> Result<PathBuf, FileError> {
    let failed = |source| FileError::Write { path: folder.to_path_buf(), source };
    let mut n = 0;
    loop {
        n += 1;
        let folder = numbered(folder, n);
        if !folder.exists() {
            std::fs::create_dir_all(&folder).map_err(failed)?;
        }
        if std::fs::read_dir(&folder).is_ok_and(|entries| entries.count() == 0) {
            return Ok(folder);
        }
    }
}

/// The file of a strip.
fn stem_path(folder: &Path, strip: &str, options: &WriteOptions) -> PathBuf {
    folder.join(format!("{}.{}", file_name(strip), options.format.extension()))
}

/// The name of a strip as a file can have it on every system.
#[must_use]
pub fn file_name(strip: &str) -> String {
    strip.chars().map(|c| if c.is_alphanumeric() || " -_".contains(c) { c } else { '_' }).collect()
}
