//! Rendering faster (or slower) than real time: the renderer driven by whoever wants its blocks.

mod faults;
mod input;
mod quiet;

use super::player::Player;
use crate::diag::Diagnostic;
use crate::dsp::unit::BLOCK;
use crate::graph::{Compiled, Plan, StripRef, compile};
use crate::nodes::table::Assets;
use crate::rt::{Buffer, Fault, Renderer, Workers};
use crate::session::Session;
use crate::units::Place;
use std::sync::Arc;

/// How much is rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// What the script says with `length_bars`; without it, as long as the input, and 8 bars if there is none.
    Script,
    /// This many bars.
    Bars(f64),
    /// This many seconds.
    Seconds(f64),
}

/// What follows when the music has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tail {
    /// Until the output has stayed below a level (dBFS) for half a second and for longer than the longest echo; 30 s at
    /// most.
    Auto(f64),
    /// Nothing.
    None,
    /// This many seconds.
    Seconds(f64),
}

/// How an offline render is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Sample rate in hertz.
    pub rate: u32,
    /// How much of the music.
    pub length: Length,
    /// What follows it.
    pub tail: Tail,
    /// Threads; the bits are the same for any number.
    pub threads: usize,
    /// The level in dBFS that the safety limiter holds; `None` takes it away.
    pub ceiling: Option<f64>,
    /// What `audio_in` hears, from the first frame on: channels x frames, at `rate`. Silence beyond it.
    pub input: Arc<[Vec<f32>]>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            rate: 48_000,
            length: Length::Script,
            tail: Tail::Auto(-80.0),
            threads: 1,
            ceiling: Some(0.0),
            input: Arc::default(),
        }
    }
}

/// Longest automatic tail in seconds.
const LONGEST_TAIL: f64 = 30.0;
/// Bars of a script that does not say how long it is.
const DEFAULT_BARS: f64 = 8.0;

/// Blocks that are given out at once (43 ms at 48 kHz): the end of the tail is found to this grid.
const PART: usize = 32;

/// A render in progress. Frames come in order, the latency of the graph already taken off.
pub struct Offline {
    renderer: Renderer,
    /// The other threads, if there are to be any.
    workers: Option<Workers>,
    player: Player,
    strips: Vec<StripRef>,
    plan: Plan,
    warnings: Vec<Diagnostic>,
    options: Options,
    /// What messages call the nodes, and where the script made them.
    names: Vec<(String, Place)>,
    /// What was wrong with nodes and has not been told.
    faults: Vec<Fault>,
    /// Why the render cannot go on.
    failed: Option<Diagnostic>,
    /// Frames of music; the tail follows.
    music: u64,
    /// Frames still to be thrown away, for latency.
    skip: u64,
    /// Frames given out.
    given: u64,
    /// Frames since the output was last above the tail's level, and how many end the tail.
    quiet: u64,
    enough: u64,
    /// Where, in its frames, the part that was given out last begins to count, and ends.
    range: (usize, usize),
    /// Blocks of the chunk that has been rendered, and of those that have been given out or passed over.
    blocks: usize,
    used: usize,
    /// Blocks of the part that was given out last.
    part: std::ops::Range<usize>,
}

impl Offline {
    /// Compiles `session` and gets ready to render it.
    ///
    /// # Errors
    /// Whatever keeps the graph from being built.
    pub fn new(
        session: &Session,
        assets: &dyn Assets,
        options: Options,
    ) -> Result<Offline, Vec<Diagnostic>> {
        let rate = f64::from(options.rate);
        let compiled = compile(session, rate, assets)?;
        let beats = match options.length {
            Length::Script => {
                session.length_beats.unwrap_or_else(|| match input::frames(&options) {
                    0 => DEFAULT_BARS * session.meter.quarters(),
                    frames => session.tempo.beat_at(frames as f64 / rate),
                })
            }
            Length::Bars(bars) => bars * session.meter.quarters(),
            Length::Seconds(seconds) => session.tempo.beat_at(seconds),
        };
        let music = (session.tempo.seconds_at(beats) * rate).round() as u64;
        let player = Player::new(session, &compiled, rate, assets, Some(beats));
        let names = session.nodes.iter().map(|n| (n.called(), n.place.clone())).collect();
        let Compiled { mut schedule, strips, plan, mut warnings, .. } = compiled;
        warnings.extend(input::deaf(session, &options));
        schedule.timeline.stop_at(music);
        let ceiling = options.ceiling.map(|db| crate::units::db_to_gain(db) as f32);
        let skip = schedule.latency as u64;
        let inlets = input::inlets(&options, schedule.chunk);
        let renderer = Renderer::new(schedule, ceiling).with_inlets(inlets);
        let workers = (options.threads > 1).then(|| Workers::new(options.threads - 1));
        Ok(Offline {
            renderer,
            workers,
            player,
            strips,
            plan,
            warnings,
            options,
            names,
            faults: Vec::new(),
            failed: None,
            music,
            skip,
            given: 0,
            quiet: 0,
            enough: (quiet::seconds(session) * rate).round() as u64,
            range: (0, 0),
            blocks: 0,
            used: 0,
            part: 0..0,
        })
    }

    /// Frames of music, without the tail.
    #[must_use]
    pub fn music_frames(&self) -> u64 {
        self.music
    }

    /// What the compiler decided.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Names of tracks, buses and the master that can be had as stems.
    pub fn strips(&self) -> impl Iterator<Item = &str> {
        self.strips.iter().map(|s| s.name.as_str())
    }

    /// Rewrites what [`take_warnings`](Offline::take_warnings) will tell, so far.
    pub(crate) fn locate(&mut self, locate: impl Fn(Diagnostic) -> Diagnostic) {
        self.warnings = std::mem::take(&mut self.warnings).into_iter().map(locate).collect();
    }

    /// Blocks in which the safety limiter had to act.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.renderer.limited()
    }

    /// Moves on to the next part of the output; false when the music and its tail are over.
    pub fn advance(&mut self) -> bool {
        loop {
            let left = self.left();
            if left == 0 || self.failed.is_some() {
                return false;
            }
            if self.used == self.blocks {
                self.render();
                if self.failed.is_some() {
                    return false;
                }
            }
            let part = self.used..(self.used + PART).min(self.blocks);
            self.used = part.end;
            let frames = (part.len() * BLOCK) as u64;
            let skipped = self.skip.min(frames);
            self.skip -= skipped;
            let used = (frames - skipped).min(left);
            if used == 0 {
                continue;
            }
            self.part = part;
            self.range = (skipped as usize, (skipped + used) as usize);
            self.given += used;
            self.listen();
            return true;
        }
    }

    /// Renders the next chunk.
    fn render(&mut self) {
        // Threads need long chunks, to be busy while one of them ends it; the cache likes short ones.
        let chunk =
            self.renderer.chunk().min(if self.workers.is_some() { usize::MAX } else { PART });
        let end = self.renderer.frame() + (chunk * BLOCK) as u64;
        let Offline { renderer, player, options, .. } = self;
        input::feed(renderer, options);
        player.fill(end, |event| renderer.push(event));
        let out = match &mut self.workers {
            Some(workers) => renderer.render_on(chunk, workers),
            None => renderer.render(chunk),
        };
        (self.blocks, self.used) = (out.len(), 0);
        self.hear_faults();
    }

    /// Frames that may still be given out.
    fn left(&self) -> u64 {
        let rate = f64::from(self.options.rate);
        let frames = |seconds: f64| (seconds * rate).round() as u64;
        let end = match self.options.tail {
            Tail::None => self.music,
            Tail::Seconds(s) => self.music + frames(s),
            Tail::Auto(_) if self.given > self.music && self.quiet >= self.enough => self.given,
            Tail::Auto(_) => self.music + frames(LONGEST_TAIL),
        };
        end.saturating_sub(self.given)
    }

    /// Notes how long the output has been quiet.
    fn listen(&mut self) {
        let Tail::Auto(db) = self.options.tail else { return };
        let level = crate::units::db_to_gain(db) as f32;
        let (mut loudest, mut run) = (0u64, 0u64);
        for (left, right) in self.frames() {
            run += 1;
            if left.abs() > level || right.abs() > level {
                loudest = run;
            }
        }
        self.quiet = if loudest > 0 { run - loudest } else { self.quiet + run };
    }

    /// The frames of the part that was given out last, left and right.
    pub fn frames(&self) -> impl Iterator<Item = (f32, f32)> + '_ {
        let out = &self.renderer.last(self.blocks)[self.part.clone()];
        let all = out.iter().flat_map(|[l, r]| l.0.iter().copied().zip(r.0.iter().copied()));
        all.skip(self.range.0).take(self.range.1 - self.range.0)
    }

    /// The same frames of one strip, after its fader.
    pub fn stem<'a>(&'a self, name: &str) -> Option<impl Iterator<Item = (f32, f32)> + 'a> {
        const SILENCE: &Buffer = &Buffer::SILENCE;
        let strip = self.strips.iter().find(|s| s.name == name)?;
        let [left, right] = strip.post;
        let buffers = self.part.clone().map(move |i| {
            let get = |port| self.renderer.output(port, i).unwrap_or(SILENCE);
            (get(left), get(right))
        });
        let all = buffers.flat_map(|(l, r)| l.0.iter().copied().zip(r.0.iter().copied()));
        Some(all.skip(self.range.0).take(self.range.1 - self.range.0))
    }
}
