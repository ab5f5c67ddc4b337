//! A live set once more, from its log: to a sound file, or to a MIDI file.

mod musics;

use super::interrupt::interrupted;
use super::log::{Damage, Line, Reader};
use super::output::{Output, OutputArgs};
use super::progress::Progress;
use super::{Failure, note};
use crate::engine::live::{Astray, Entry, Replay, Transcript};
use crate::midi::Song;
use crate::units::Way;
use musics::Musics;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// Where the sound of a log goes.
pub struct Sink<'a> {
    /// The file to write.
    pub path: &'a Path,
    /// Its format.
    pub file: &'a OutputArgs,
    /// Say nothing but errors.
    pub quiet: bool,
    /// Let the scripts run programs.
    pub external: bool,
}

/// Renders the log `path` as the set was heard, latencies and all, up to where it ended.
///
/// # Errors
/// The file is no log, a music cannot be made any more, or the sound cannot be written. What was rendered up to
/// there is completed.
pub fn render(path: &Path, sink: &Sink) -> Result<(), Failure> {
    let started = Instant::now();
    let (mut reader, mut again) = Again::open(path, sink.quiet, sink.external)?;
    let rate = reader.head().rate;
    let options = sink.file.write_options(sink.path, rate, 2)?;
    let mut out = Output::create(sink.path, options, sink.file.target())?;
    let followed = again.follow(&mut reader, Some(&mut out));
    let seconds = again.frame() as f64 / f64::from(rate);
    again.progress.finish();
    let finished = out.finish()?;
    let told = followed?;
    if sink.quiet {
        return Ok(());
    }
    told.iter().chain(&finished.warnings()).for_each(|text| note(text));
    let took = started.elapsed().as_secs_f64();
    let (path, speed) = (sink.path.display(), seconds / took);
    eprintln!("{path}: {seconds:.2} s in {took:.2} s ({speed:.0} x real time)");
    Ok(())
}

/// What the set of the log `path` played: the notes of its patterns as they were heard, and what was played by hand. Its
/// scripts may run programs for their sounds if `external`.
///
/// # Errors
/// As for [`render`].
pub fn song(path: &Path, external: bool) -> Result<Song, Failure> {
    let (mut reader, mut again) = Again::open(path, false, external)?;
    again.transcript = Some(Transcript::default());
    let told = again.follow(&mut reader, None);
    let frame = again.frame();
    again.progress.finish();
    told?.iter().for_each(|text| note(text));
    Ok(again.transcript.unwrap_or_default().song(frame))
}

/// The frames that a log tells of, by its last lines.
fn played(path: &Path) -> Option<u64> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(1 << 16))).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let lines = String::from_utf8_lossy(&end);
    let last = |line: &str| match serde_json::from_str(line) {
        Ok(Line::Played(frame)) => Some(frame),
        _ => None,
    };
    lines.lines().rev().find_map(last)
}

/// Why a log is not followed any further.
enum Stop {
    Astray(Astray),
    Failed(Failure),
}

impl From<Astray> for Stop {
    fn from(astray: Astray) -> Stop {
        Stop::Astray(astray)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(failure)
    }
}

/// A set that is played once more.
struct Again {
    musics: Musics,
    replay: Option<Replay>,
    transcript: Option<Transcript>,
    /// Ports by their numbers in the log.
    ports: BTreeMap<u8, u8>,
    progress: Progress,
    rate: f64,
}

impl Again {
    fn open(path: &Path, quiet: bool, external: bool) -> Result<(Reader, Again), Failure> {
        let reader = Reader::open(path)?;
        let rate = f64::from(reader.head().rate);
        let total = played(path).map_or(0.0, |frames| frames as f64 / rate);
        let again = Again {
            musics: Musics::new(reader.head().clone(), path, external),
            replay: None,
            transcript: None,
            ports: BTreeMap::new(),
            progress: Progress::new(total, quiet),
            rate,
        };
        Ok((reader, again))
    }

    /// The frames that have been rendered.
    fn frame(&self) -> u64 {
        self.replay.as_ref().map_or(0, Replay::frame)
    }

    /// Does what the log says, to its end or until Ctrl-C; what is worth knowing of it.
    fn follow(
        &mut self,
        reader: &mut Reader,
        mut out: Option<&mut Output>,
    ) -> Result<Vec<String>, Failure> {
        while !interrupted() {
            let line = match reader.read() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(Damage::Torn) => {
                    let why =
                        "the log ends in the middle of a line, as that of a killed program does";
                    return Ok([self.musics.take_warnings(), vec![why.into()]].concat());
                }
                Err(Damage::Line(why)) => return Err(why),
            };
            self.line(line, &mut out).map_err(|stop| match stop {
                Stop::Astray(Astray::Music(diags)) => Failure(diags),
                Stop::Astray(Astray::Damaged(why)) => reader.failure(why),
                Stop::Failed(failure) => failure,
            })?;
        }
        Ok(self.musics.take_warnings())
    }

    /// Does what a line says.
    fn line(&mut self, line: Line, out: &mut Option<&mut Output>) -> Result<(), Stop> {
        match line {
            Line::Rhailog(_) => return Err(Astray::Damaged("it begins twice").into()),
            Line::Source { number, name, text } => self.musics.source(number, name, text),
            Line::Text { number, sources, files } => self.musics.text(number, sources, files),
            Line::Edit { number, made, text, mixer, delay } => {
                self.musics.edit(number, musics::Edit { made, text, mixer, delay });
                if number == 0 {
                    self.begin(delay)?;
                }
            }
            Line::Port { number, port } => {
                self.ports.extend(port.number(Way::In).map(|ours| (number, ours)));
            }
            Line::Played(frame) => self.render_to(frame, out)?,
            Line::Lost => {
                let why = "the log has a gap: so much happened at once that a part was lost";
                return Err(Failure::message(why).into());
            }
            Line::Entry(entry) => self.entry(entry, out)?,
        }
        Ok(())
    }

    /// Lets happen what happened.
    fn entry(&mut self, mut entry: Entry, out: &mut Option<&mut Output>) -> Result<(), Stop> {
        if let Entry::Heard { arrival, .. } = &mut entry {
            arrival.port = self.ports.get(&arrival.port).copied().unwrap_or(arrival.port);
        }
        if let Some(at) = entry.at() {
            self.render_to(at, out)?;
        }
        Ok(self.take(entry)?)
    }

    fn begin(&mut self, delay: u64) -> Result<(), Astray> {
        let fresh = self.musics.fresh(0).map_err(Astray::Music)?;
        let head = self.musics.head();
        let replay = Replay::new(fresh, head.ceiling, head.beat, delay);
        if let Some(transcript) = &mut self.transcript {
            transcript.begin(&replay, head.beat);
        }
        self.replay = Some(replay);
        Ok(())
    }

    fn take(&mut self, entry: Entry) -> Result<(), Astray> {
        let Again { replay, transcript, musics, .. } = self;
        let replay = replay.as_mut().ok_or(Astray::Damaged("it does not say what is played"))?;
        if let Entry::Music { edit: Some(number), .. } = &entry {
            replay.set_delay(musics.delay(*number));
        }
        let Some(transcript) = transcript else {
            return replay.take(entry, |number| musics.fresh(number));
        };
        replay.take(entry.clone(), |number| musics.fresh(number))?;
        transcript.take(&entry, replay);
        Ok(())
    }

    /// Renders up to the block that holds `frame`.
    fn render_to(&mut self, frame: u64, out: &mut Option<&mut Output>) -> Result<(), Failure> {
        let Some(replay) = &mut self.replay else { return Ok(()) };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        while replay.frame() + 64 <= frame && !interrupted() {
            left.clear();
            right.clear();
            for sample in replay.render().chunks(2) {
                left.push(sample[0]);
                right.push(sample[1]);
            }
            let peak = match out {
                Some(out) => {
                    out.write(&[&left, &right])?;
                    out.peak()
                }
                None => 0.0,
            };
            self.progress.update(replay.frame() as f64 / self.rate, peak);
        }
        Ok(())
    }
}
