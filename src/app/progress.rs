//! The progress bar of a render: position, speed and peak level.

use super::interrupt::interrupted;
use crate::world::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where there is no terminal, a line is written at every tenth, but only this long after the
/// last one: short renders stay silent.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// Progress of a render, drawn on standard error.
pub struct Progress {
    display: Display,
    total_seconds: f64,
    position_seconds: f64,
    /// The largest sample so far, linear, where somebody looks.
    peak: Option<f32>,
    started: Instant,
}

enum Display {
    Silent,
    Bar(ProgressBar),
    Lines { next_tenth: u32, last: Instant },
}

impl Progress {
    /// Progress of a render of about `total_seconds`; silent if `quiet`, a bar on a terminal, and
    /// otherwise a line at each tenth of a longer render.
    pub fn new(total_seconds: f64, quiet: bool) -> Self {
        let display = if quiet {
            Display::Silent
        } else if std::io::stderr().is_terminal() {
            Display::Bar(bar(total_seconds))
        } else {
            Display::Lines { next_tenth: 1, last: Instant::now() }
        };
        let started = Instant::now();
        Self { display, total_seconds, position_seconds: 0.0, peak: None, started }
    }

    /// Reports the position reached, in seconds of audio, and the largest sample since the last call (linear).
    pub fn update(&mut self, position_seconds: f64, peak: f32) {
        self.peak = Some(self.peak.map_or(peak, |before| before.max(peak)));
        self.reach(position_seconds);
    }

    /// Reports the position reached, in seconds of audio.
    fn reach(&mut self, position_seconds: f64) {
        self.position_seconds = position_seconds;
        let text = self.text();
        match &mut self.display {
            Display::Silent => {}
            Display::Bar(bar) => {
                bar.set_position(milliseconds(position_seconds));
                bar.set_message(text);
            }
            Display::Lines { next_tenth, last } => {
                let tenth = (10.0 * position_seconds / self.total_seconds.max(1e-9)) as u32;
                if tenth >= *next_tenth && last.elapsed() >= LINE_INTERVAL {
                    // Progress that cannot be shown is no reason to stop the render.
                    let _ = writeln!(std::io::stderr(), "{:3} %  {text}", (10 * tenth).min(100));
                    *next_tenth = tenth + 1;
                    *last = Instant::now();
                }
            }
        }
    }

    /// Does what writes to the terminal, without the bar in its way.
    pub fn say(&self, write: impl FnOnce()) {
        match &self.display {
            Display::Bar(bar) => bar.suspend(write),
            _ => write(),
        }
    }

    /// Removes the bar.
    pub fn finish(self) {
        if let Display::Bar(bar) = self.display {
            bar.finish_and_clear();
        }
    }

    /// How many seconds of audio were made for each second that passed.
    pub fn speed(&self) -> f64 {
        self.position_seconds / self.started.elapsed().as_secs_f64().max(1e-9)
    }

    /// For example `1:05 / 3:20  84.1x  peak -3.2 dBFS`.
    pub fn text(&self) -> String {
        let (position, total) = (clock(self.position_seconds), clock(self.total_seconds));
        let peak = self.peak.map_or_else(|| "bounce".into(), |peak| format!("peak {}", dbfs(peak)));
        format!("{position} / {total}  {:.1}x  {peak}", self.speed())
    }
}

/// Shows how far the bounces of a script are while it is loaded, unless `quiet`, and ends them at Ctrl-C.
pub fn observer(quiet: bool) -> Observer {
    let shown: Mutex<Option<Progress>> = Mutex::default();
    Observer::new(move |done, total| {
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = shown.get_or_insert_with(|| Progress::new(total, quiet));
        progress.reach(done);
        if (done >= total || interrupted())
            && let Some(progress) = shown.take()
        {
            progress.finish();
        }
        !interrupted()
    })
}

fn bar(total_seconds: f64) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(10);
    let bar = ProgressBar::with_draw_target(Some(milliseconds(total_seconds)), target);
    match ProgressStyle::with_template("{bar:30} {msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).max(0.0) as u64
}

/// Minutes and seconds: `3:05`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

fn dbfs(peak: f32) -> String {
    if peak > 0.0 { format!("{:.1} dBFS", 20.0 * libm::log10f(peak)) } else { "-inf dBFS".into() }
}
