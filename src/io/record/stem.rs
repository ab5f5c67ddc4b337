//! One file of a recording: blocks are laid at their frames, what lies between them is silent.

use crate::dsp::unit::BLOCK;
use crate::io::file::{FileError, WriteOptions, Writer, create_new};
use crate::rt::Buffer;
use std::path::{Path, PathBuf};

/// Frames of silence that are written at once.
const PIECE: usize = 4096;

/// Frames that are written in one turn, so that a file that begins with an hour of silence does not keep the
/// others waiting.
const TURN: u64 = 1 << 19;

/// A strip's file, and the sound that is still to be written to it. When the file is as long as its format
/// allows (3 hours of a WAV file), another one follows.
pub(super) struct Stem {
    /// The file as it was asked for, and as it is called.
    wanted: PathBuf,
    path: PathBuf,
    options: WriteOptions,
    /// `None` once it is complete or has failed.
    writer: Option<Box<dyn Writer>>,
    failed: bool,
    /// Files that are full, with their frames.
    full: Vec<(PathBuf, u64)>,
    /// The first frame of the present file, and the one at which the next begins.
    first: u64,
    last: u64,
    /// Frames in all files, written and up to the last flush.
    written: u64,
    safe: u64,
    /// Frame at which `sound` begins, and its channels.
    begin: u64,
    sound: [Vec<f32>; 2],
}

impl Stem {
    /// Makes the file, or one with a number behind its name if that exists.
    pub fn create(path: &Path, options: &WriteOptions) -> Result<Stem, FileError> {
        let wanted = path.to_path_buf();
        let (path, writer) = create_new(&wanted, options)?;
        Ok(Stem {
            wanted,
            path,
            writer: Some(writer),
            failed: false,
            full: Vec::new(),
            first: 0,
            last: options.format.max_frames(options.channels),
            written: 0,
            safe: 0,
            begin: 0,
            sound: [Vec::new(), Vec::new()],
            options: options.clone(),
        })
    }

    /// The present file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Frames up to the last flush, in all files.
    pub fn safe(&self) -> u64 {
        self.safe
    }

    /// All files, with their frames.
    pub fn files(&self) -> impl Iterator<Item = (PathBuf, u64)> {
        let present = (self.path.clone(), self.safe - self.first);
        self.full.iter().cloned().chain([present])
    }

    /// Bytes of samples written, not compressed.
    pub fn bytes(&self) -> u64 {
        self.written * self.options.format.bytes_per_sample() * self.options.channels as u64
    }

    /// Whether it was given up.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Whether it can still be written.
    pub fn is_open(&self) -> bool {
        self.writer.is_some()
    }

    /// Lays a block at `frame` of the file. Where something lies already (after a change of latency), that stays.
    pub fn lay(&mut self, frame: u64, block: &[Buffer; 2]) {
        if self.writer.is_none() {
            return;
        }
        if self.sound[0].is_empty() {
            self.begin = frame.max(self.written);
        }
        let end = self.begin + self.sound[0].len() as u64;
        let skip = (end.saturating_sub(frame) as usize).min(BLOCK);
        let gap = frame.saturating_sub(end) as usize;
        for (sound, block) in self.sound.iter_mut().zip(block) {
            sound.resize(sound.len() + gap, 0.0);
            sound.extend_from_slice(&block.0[skip..]);
        }
    }

    /// Writes up to frame `now`, or as much as one turn allows; false if that was not all.
    pub fn write_to(&mut self, now: u64) -> Result<bool, FileError> {
        let Some(writer) = &mut self.writer else { return Ok(true) };
        let now_or_less = now.min(self.written + TURN).min(self.last);
        let begin = if self.sound[0].is_empty() { now } else { self.begin };
        silence(&mut **writer, &mut self.written, begin.min(now_or_less))?;
        let ready = now_or_less.saturating_sub(self.begin).min(self.sound[0].len() as u64) as usize;
        if self.written == self.begin && ready > 0 {
            writer.write(&[&self.sound[0][..ready], &self.sound[1][..ready]])?;
            self.written += ready as u64;
            self.begin += ready as u64;
            self.sound.iter_mut().for_each(|sound| drop(sound.drain(..ready)));
        }
        if self.sound[0].is_empty() {
            silence(&mut **writer, &mut self.written, now_or_less)?;
        }
        if self.written == self.last {
            self.next_file()?;
        }
        Ok(self.written >= now)
    }

    fn next_file(&mut self) -> Result<(), FileError> {
        self.finish()?;
        let (path, writer) = create_new(&self.wanted, &self.options)?;
        let frames = self.written - self.first;
        self.full.push((std::mem::replace(&mut self.path, path), frames));
        self.writer = Some(writer);
        (self.first, self.last) = (self.written, self.last + frames);
        Ok(())
    }

    /// Makes the file readable up to here.
    pub fn flush(&mut self) -> Result<(), FileError> {
        if let Some(writer) = &mut self.writer {
            self.safe = self.first + writer.flush()?;
        }
        Ok(())
    }

    /// Completes the file.
    pub fn finish(&mut self) -> Result<(), FileError> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        self.safe = self.first + writer.finish()?.frames;
        Ok(())
    }

    /// Ends the file where it was last flushed.
    pub fn give_up(&mut self) {
        self.failed = true;
        if let Some(writer) = self.writer.take() {
            self.safe = self.first + writer.give_up();
        }
        self.sound = [Vec::new(), Vec::new()];
    }
}

/// Writes silence up to frame `end`.
fn silence(writer: &mut dyn Writer, written: &mut u64, end: u64) -> Result<(), FileError> {
    const SILENCE: &[f32] = &[0.0; PIECE];
    while *written < end {
        let piece = &SILENCE[..(end - *written).min(PIECE as u64) as usize];
        writer.write(&[piece, piece])?;
        *written += piece.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::file::{AudioFile, Format};

    #[test]
    fn a_full_file_is_followed_by_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = WriteOptions::new(Format::Wav32f, 48_000, 2);
        let mut stem = Stem::create(&folder.path().join("take.wav"), &options).expect("is made");
        stem.last = 100;
        for block in 0..5 {
            let sound = [[block as f32 + 1.0; BLOCK]; 2].map(Buffer);
            stem.lay(block * BLOCK as u64, &sound);
        }
        // Frames that are late, as silence is, and frames that are there.
        while !stem.write_to(350).expect("is written") {}
        stem.flush().expect("is written");
        assert_eq!(stem.safe(), 350);
        stem.finish().expect("is written");
        let mut all = Vec::new();
        for (i, (path, frames)) in stem.files().enumerate() {
            let name = ["take.wav", "take-2.wav", "take-3.wav", "take-4.wav"][i];
            assert_eq!((path.file_name(), frames), (Some(name.as_ref()), [100, 100, 100, 50][i]));
            let sound = AudioFile::read(&path).expect("is whole");
            assert_eq!(sound.frames() as u64, frames);
            all.extend_from_slice(&sound.channels[1]);
        }
        let want = |i: usize| if i < 320 { (i / BLOCK) as f32 + 1.0 } else { 0.0 };
        assert!(all.iter().enumerate().all(|(i, x)| *x == want(i)), "{all:?}");
    }

    #[test]
    fn an_hour_of_silence_is_written_in_turns() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = WriteOptions::new(Format::Wav16, 8000, 2);
        let mut stem = Stem::create(&folder.path().join("late.wav"), &options).expect("is made");
        let now = 5 * TURN / 2;
        stem.lay(now - 10, &[Buffer([0.5; BLOCK]); 2]);
        assert!(!stem.write_to(now).expect("is written"));
        assert_eq!(stem.written, TURN);
        assert!(!stem.write_to(now).expect("is written"));
        assert!(stem.write_to(now).expect("is written"));
        stem.finish().expect("is written");
        let sound = AudioFile::read(stem.path()).expect("is whole");
        assert_eq!(sound.frames() as u64, now);
        let loud = sound.channels[0].iter().position(|x| *x != 0.0);
        assert_eq!(loud, Some(now as usize - 10));
    }
}
