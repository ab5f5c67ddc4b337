//! What goes into a chain, chunk by chunk: a sound file or a MIDI file.

use super::job::{Problem, Source};
use super::notes::Score;
use crate::io::file::{AudioFile, FileError, LoopPoint, Reader, resample};
use crate::plugin::Transport;
use crate::plugin::chain::{CHUNK, Flow};
use std::path::Path;

/// A source that is being read.
pub struct Input {
    /// Frames a second.
    pub rate: u32,
    /// Channels; 0 of a MIDI file.
    pub channels: usize,
    /// Frames until its end, as far as the header tells.
    pub frames: Option<u64>,
    /// Loops of the sound.
    pub loops: Vec<LoopPoint>,
    /// The key at which it sounds unshifted.
    pub root_key: Option<u8>,
    reader: Option<Reader>,
    /// Samples that are decoded and not given out yet.
    pending: Vec<Vec<f32>>,
    score: Option<Score>,
    /// Events of the score that are given out.
    next: usize,
    given: u64,
    ended: bool,
}

impl Input {
    /// Opens a source.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(source: &Source) -> Result<Input, Problem> {
        match source {
            Source::Sound(path) => {
                let reader = Reader::open(path).map_err(|e| problem(&e))?;
                let info = reader.info().clone();
                Ok(Input {
                    rate: info.rate,
                    channels: info.channels,
                    frames: info.frames,
                    loops: info.loops,
                    root_key: info.root_key,
                    pending: vec![Vec::new(); info.channels],
                    reader: Some(reader),
                    score: None,
                    next: 0,
                    given: 0,
                    ended: false,
                })
            }
            Source::Midi(path, rate) => {
                let score = Score::read(path, *rate)?;
                Ok(Input {
                    rate: *rate,
                    channels: 0,
                    frames: Some(score.frames),
                    loops: Vec::new(),
                    root_key: None,
                    pending: Vec::new(),
                    reader: None,
                    score: Some(score),
                    next: 0,
                    given: 0,
                    ended: false,
                })
            }
        }
    }

    /// Where the music is at a frame.
    pub fn transport(&self, frame: u64) -> Transport {
        match &self.score {
            Some(score) => score.transport(frame),
            None => Transport {
                playing: true,
                frame: frame as i64,
                beat: frame as f64 / f64::from(self.rate) * 2.0,
                ..Transport::default()
            },
        }
    }

    /// The frames that it has, once all of them were given out.
    pub fn length(&self) -> Option<u64> {
        let length = self.score.as_ref().map_or(self.given, |score| score.frames);
        self.ended.then_some(length)
    }

    /// Fills a whole chunk, with silence behind the end.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn fill(&mut self, flow: &mut Flow) -> Result<(), Problem> {
        flow.notes.clear();
        flow.sound.resize_with(self.channels, Vec::new);
        flow.sound.iter_mut().for_each(Vec::clear);
        match &self.score {
            Some(score) => {
                let end = self.given + CHUNK as u64;
                let here = score.events[self.next..].iter().take_while(|event| event.0 < end);
                flow.notes.extend(here);
                self.next += flow.notes.len();
                self.ended = end >= score.frames;
                // Behind its end too, since the last notes may end there.
                self.given = end;
            }
            None => self.decode(flow)?,
        }
        Ok(())
    }

    fn decode(&mut self, flow: &mut Flow) -> Result<(), Problem> {
        while self.pending[0].len() < CHUNK {
            let Some(reader) = &mut self.reader else { break };
            match reader.next_block().map_err(|e| problem(&e))? {
                Some(block) => {
                    for (all, part) in self.pending.iter_mut().zip(block) {
                        all.extend_from_slice(part);
                    }
                }
                None => self.reader = None,
            }
        }
        let n = self.pending[0].len().min(CHUNK);
        for (to, from) in flow.sound.iter_mut().zip(&mut self.pending) {
            to.extend(from.drain(..n));
            to.resize(CHUNK, 0.0);
        }
        self.given += n as u64;
        self.ended = self.reader.is_none() && self.pending[0].is_empty();
        Ok(())
    }
}

/// The exact number of frames of a source, decoded to its end if its header may not be trusted.
///
/// # Errors
/// If it is damaged.
pub fn length(source: &Source, input: &Input) -> Result<u64, Problem> {
    let Source::Sound(path) = source else { return Ok(input.frames.unwrap_or(0)) };
    let mut reader = Reader::open(path).map_err(|e| problem(&e))?;
    match (reader.info().frames, reader.info().bits) {
        // Lossless formats promise what they have, or are refused as damaged at their end.
        (Some(frames), Some(_)) => Ok(frames),
        _ => {
            while reader.next_block().map_err(|e| problem(&e))?.is_some() {}
            Ok(reader.position())
        }
    }
}

/// A whole file at a rate.
///
/// # Errors
/// If it cannot be read.
pub fn whole(path: &Path, rate: u32) -> Result<Vec<Vec<f32>>, Problem> {
    let file = AudioFile::read(path).map_err(|e| problem(&e))?;
    Ok(if file.rate == rate { file } else { resample(&file, rate) }.channels)
}

/// A file error as a problem.
pub fn problem(error: &FileError) -> Problem {
    Problem { message: error.what(), hint: Some(error.hint()) }
}
