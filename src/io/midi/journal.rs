//! Which notes sound on hardware, on disk: if the program is killed, the next one ends them.

use crate::io::file::write_whole;
use crate::units::PORTS;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What was sent and has not ended, by port, channel and key. Written where messages leave, read anywhere.
pub(super) struct Sounding(Vec<[Keys; 16]>);

/// The keys of a channel that sound; and whether it was ever used.
#[derive(Default)]
struct Keys {
    low: AtomicU64,
    high: AtomicU64,
    used: AtomicU64,
}

impl Default for Sounding {
    fn default() -> Self {
        Sounding((0..PORTS).map(|_| Default::default()).collect())
    }
}

impl Sounding {
    /// Notes that a message has left. Realtime threads.
    pub fn note(&self, port: u8, [status, key, velocity]: [u8; 3]) {
        let Some(channels) = self.0.get(usize::from(port)) else { return };
        if status >= 0xf0 {
            return;
        }
        let keys = &channels[usize::from(status & 15)];
        keys.used.store(1, Ordering::Relaxed);
        let half = if key < 64 { &keys.low } else { &keys.high };
        match status & 0xf0 {
            0x90 if velocity > 0 => drop(half.fetch_or(1 << (key & 63), Ordering::Relaxed)),
            0x80 | 0x90 => drop(half.fetch_and(!(1 << (key & 63)), Ordering::Relaxed)),
            0xb0 if matches!(key, 120 | 123) => {
                keys.low.store(0, Ordering::Relaxed);
                keys.high.store(0, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// What ends everything on a port: the end of each note, then all sound off and all notes off on the channels
    /// that were used.
    pub fn ends(&self, port: u8) -> Vec<[u8; 3]> {
        self.0.get(usize::from(port)).map_or_else(Vec::new, |channels| {
            let mut all = Vec::new();
            for (channel, keys) in (0u8..).zip(channels) {
                let sounding = u128::from(keys.high.load(Ordering::Relaxed)) << 64
                    | u128::from(keys.low.load(Ordering::Relaxed));
                let held = (0u8..128).filter(|key| sounding >> key & 1 == 1);
                all.extend(held.map(|key| [0x80 | channel, key, 64]));
                if keys.used.load(Ordering::Relaxed) == 1 {
                    all.extend([[0xb0 | channel, 120, 0], [0xb0 | channel, 123, 0]]);
                }
            }
            all
        })
    }
}

/// What a session has left sounding on a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Left {
    /// The port, as it was wanted.
    pub name: String,
    /// It was one of ours.
    pub own: bool,
    /// What ends it.
    pub ends: Vec<[u8; 3]>,
}

/// The journal of this process. Its lock tells others that it lives.
pub(super) struct Journal {
    path: PathBuf,
    lock: PathBuf,
    _held: File,
    written: Vec<Left>,
}

/// How journals and their locks are called.
const JOURNAL: &str = "sounding";
const LOCK: &str = "lock";

impl Journal {
    /// Opens one in `folder` and takes over what those have left that are dead. None if the folder cannot be written.
    pub fn open(folder: &Path) -> Option<(Journal, Vec<Left>)> {
        std::fs::create_dir_all(folder).ok()?;
        let left = bequeathed(folder);
        let pid = std::process::id();
        let lock = folder.join(format!("{pid}.{LOCK}"));
        let held = File::create(&lock).ok()?;
        held.try_lock().ok()?;
        let path = folder.join(format!("{pid}.{JOURNAL}"));
        let mut journal = Journal { path, lock, _held: held, written: Vec::new() };
        journal.write(left.clone());
        Some((journal, left))
    }

    /// Writes what sounds, if it has changed. A disk that is full does not stop the music.
    pub fn write(&mut self, sounding: Vec<Left>) {
        if sounding == self.written {
            return;
        }
        if let Ok(text) = serde_json::to_vec(&sounding)
            && write_whole(&self.path, &text).is_ok()
        {
            self.written = sounding;
        }
    }

    /// Everything has ended, but for `left`.
    pub fn close(mut self, left: Vec<Left>) {
        if left.is_empty() {
            let _ = std::fs::remove_file(&self.path);
        } else {
            self.write(left);
        }
        let _ = std::fs::remove_file(&self.lock);
    }
}

/// What dead sessions have left, whose journals are taken away. One that cannot be read is left alone.
fn bequeathed(folder: &Path) -> Vec<Left> {
    let mut all = Vec::new();
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    for path in files.filter(|path| path.extension().is_some_and(|e| e == JOURNAL)) {
        let lock = path.with_extension(LOCK);
        let lives = File::open(&lock).is_ok_and(|file| file.try_lock().is_err());
        if lives {
            continue;
        }
        let read = std::fs::read(&path).ok();
        let Some(left) = read.and_then(|text| serde_json::from_slice::<Vec<Left>>(&text).ok())
        else {
            continue;
        };
        all.extend(left);
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_file(&lock);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_session_left_is_taken_over_once_and_a_living_one_keeps_its_own() {
        let dir = tempfile::tempdir().expect("a folder");
        let left = |name: &str| Left { name: name.into(), own: false, ends: vec![[0x80, 60, 64]] };
        let write = |pid: u32, left: &[Left]| {
            let text = serde_json::to_vec(left).expect("writes");
            std::fs::write(dir.path().join(format!("{pid}.{JOURNAL}")), text).expect("writes");
        };
        write(1, &[left("dead")]);
        write(2, &[left("alive")]);
        let lock = File::create(dir.path().join(format!("2.{LOCK}"))).expect("a file");
        lock.lock().expect("locks");
        std::fs::write(dir.path().join(format!("3.{JOURNAL}")), "[{").expect("writes");
        let (journal, taken) = Journal::open(dir.path()).expect("opens");
        assert_eq!(taken, [left("dead")]);
        let own = std::fs::read(&journal.path).expect("is there");
        assert_eq!(serde_json::from_slice::<Vec<Left>>(&own).expect("reads"), taken);
        assert!(!dir.path().join(format!("1.{JOURNAL}")).exists());
        assert!(dir.path().join(format!("2.{JOURNAL}")).exists());
        assert!(dir.path().join(format!("3.{JOURNAL}")).exists(), "not ours to judge");
        journal.close(Vec::new());
        let rest = std::fs::read_dir(dir.path()).expect("a folder").count();
        assert_eq!(rest, 3, "the living one's two files and the broken one");
    }

    #[test]
    fn what_sounds_is_ended_note_by_note_and_then_by_channel() {
        let sounding = Sounding::default();
        for bytes in [[0x92, 60, 1], [0x92, 70, 1], [0x82, 60, 0], [0x95, 5, 0], [0xf8, 0, 0]] {
            sounding.note(3, bytes);
        }
        let off = |channel: u8| [[0xb0 | channel, 120, 0], [0xb0 | channel, 123, 0]];
        let want = [vec![[0x82, 70, 64]], off(2).to_vec(), off(5).to_vec()].concat();
        assert_eq!(sounding.ends(3), want);
        assert!(sounding.ends(4).is_empty());
    }
}
