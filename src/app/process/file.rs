//! One sound through a chain into a file: read, let through, the latency cut off, written.

use super::job::{Done, Job, Problem, Tail, Word};
use super::setup::{self, NoChain};
use super::source::{Input, problem};
use crate::app::interrupt::interrupted;
use crate::app::output::Output;
use crate::io::file::{FileError, Resampler, scale_loops};
use crate::plugin::chain::{CHUNK, Chain, Flow};

/// The level below which a tail has decayed: -80 dBFS.
const QUIET: f32 = 1e-4;
/// Seconds for which it has to stay there: longer than most echoes are apart.
const ENOUGH: f64 = 1.0;
/// The longest automatic tail, in seconds.
const LONGEST: f64 = 30.0;

/// Why there is no file.
pub enum NoFile {
    /// The chain cannot be as it is asked for.
    Wrong(Vec<Problem>),
    /// This sound failed.
    Failed(Problem),
    /// Somebody has stopped it.
    Stopped,
}

impl From<Problem> for NoFile {
    fn from(problem: Problem) -> NoFile {
        NoFile::Failed(problem)
    }
}

/// Does a job and says how it goes. That it is done is said before the plugins are unloaded, which may crash.
///
/// # Errors
/// Why there is no file.
pub fn process(job: &Job, say: &mut dyn FnMut(Word)) -> Result<(), NoFile> {
    let mut input = Input::open(&job.source)?;
    let (mut chain, channels) = setup::chain(job, &input, say).map_err(|e| match e {
        NoChain::Wrong(all) => NoFile::Wrong(all),
        NoChain::Failed(one) => NoFile::Failed(one),
    })?;
    let mut sink = Sink::create(job, &input, &chain, channels).map_err(|e| renamed(job, &e))?;
    let mut flow = Flow::default();
    while !sink.complete(&input) {
        if interrupted() {
            return Err(NoFile::Stopped);
        }
        input.fill(&mut flow)?;
        let clock = |frame| input.transport(frame);
        let went = chain.run(&mut flow, CHUNK, &clock, &mut |place| say(Word::At(place)));
        went.map_err(|e| Problem { message: e.to_string(), hint: e.hint() })?;
        sink.take(&flow.sound, &input).map_err(|e| renamed(job, &e))?;
        say(Word::Written(sink.written as f64 / f64::from(input.rate), sink.output.peak()));
    }
    let latency = chain.latency();
    let mut done = sink.finish(job, channels, latency).map_err(|e| renamed(job, &e))?;
    for (place, blocks) in chain.broken() {
        let name = &job.links[place].name;
        done.warnings.push(format!(
            "{blocks} blocks of {name} had samples that were no numbers: silence stands there, and the plugin began afresh"
        ));
    }
    say(Word::Done(done));
    Ok(())
}

/// An error of writing, with the name that the user knows.
fn renamed(job: &Job, error: &FileError) -> Problem {
    let mut told = problem(error);
    let path = job.name.clone();
    if let FileError::Write { source, .. } | FileError::Incomplete { source, .. } = error {
        told.message = format!("cannot write `{}`: {source}", path.display());
    }
    told
}

/// What takes the sound that comes out.
struct Sink {
    output: Output,
    resampler: Resampler,
    rate: u32,
    /// Frames of latency that are still to be dropped.
    skip: u64,
    /// Frames kept, at the rate of the sound.
    written: u64,
    tail: Tail,
    /// Frames at the end of what was kept that are quiet.
    quiet: u64,
    source_rate: f64,
}

impl Sink {
    fn create(job: &Job, input: &Input, chain: &Chain, channels: usize) -> Result<Sink, FileError> {
        let rate = job.rate.unwrap_or(input.rate);
        let args = job.file.args();
        let mut options = args.write_options(&job.output, rate, channels)?;
        options.root_key = input.root_key;
        options.loops = scale_loops(&input.loops, input.rate, rate, u64::MAX);
        Ok(Sink {
            output: Output::create(&job.output, options, args.target())?,
            resampler: Resampler::new(input.rate, rate, channels),
            rate,
            skip: chain.latency(),
            written: 0,
            tail: job.tail,
            quiet: 0,
            source_rate: f64::from(input.rate),
        })
    }

    /// The frame at which the file ends, once that is known.
    fn end(&self, input: &Input) -> Option<u64> {
        let sound = input.length()?;
        let frames = |seconds: f64| (seconds * self.source_rate).round() as u64;
        Some(match self.tail {
            Tail::Seconds(seconds) => sound + frames(seconds),
            Tail::Auto if self.written >= sound && self.quiet >= frames(ENOUGH) => self.written,
            Tail::Auto => sound + frames(LONGEST),
        })
    }

    fn complete(&self, input: &Input) -> bool {
        self.end(input).is_some_and(|end| self.written >= end)
    }

    /// Takes a chunk: without the latency before the sound, and without what is behind the end.
    fn take(&mut self, sound: &[Vec<f32>], input: &Input) -> Result<(), FileError> {
        let frames = sound.first().map_or(0, Vec::len);
        let start = (self.skip.min(frames as u64)) as usize;
        self.skip -= start as u64;
        let room = self.end(input).map_or(u64::MAX, |end| end.saturating_sub(self.written));
        let stop = start + ((frames - start) as u64).min(room) as usize;
        let kept: Vec<&[f32]> = sound.iter().map(|channel| &channel[start..stop]).collect();
        if self.tail == Tail::Auto {
            let loud = kept.iter().filter_map(|c| c.iter().rposition(|x| x.abs() > QUIET)).max();
            let run = (stop - start) as u64;
            self.quiet = loud.map_or(self.quiet + run, |at| run - 1 - at as u64);
        }
        self.written += (stop - start) as u64;
        let resampled = self.resampler.process(&kept);
        let slices: Vec<&[f32]> = resampled.iter().map(Vec::as_slice).collect();
        self.output.write(&slices)
    }

    fn finish(mut self, job: &Job, channels: usize, latency: u64) -> Result<Done, FileError> {
        let rest = self.resampler.finish();
        let slices: Vec<&[f32]> = rest.iter().map(Vec::as_slice).collect();
        self.output.write(&slices)?;
        let finished = self.output.finish()?;
        if finished.written.frames == 0 {
            let why = "there is no sound in it";
            return Err(FileError::unsupported(job.source.path(), why, "choose another file"));
        }
        Ok(Done {
            frames: finished.written.frames,
            rate: self.rate,
            channels,
            latency,
            peak: finished.peak,
            warnings: finished.warnings(),
        })
    }
}
