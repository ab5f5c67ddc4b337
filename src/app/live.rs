//! `live`: plays a script on a sound device and swaps in what is saved, while the sound goes on.

mod accept;
mod bounced;
pub(super) mod builder;
mod controllers;
mod deliver;
mod device;
mod editors;
mod hands;
pub(super) mod keys;
mod known;
mod logging;
mod perform;
mod plugins;
mod recording;
pub(super) mod score;
mod stage;
pub(super) mod studio;
mod watch;

pub(super) use hands::missing;

use super::Failure;
use super::input::ScriptArgs;
use super::interrupt::interrupted;
use super::serve::ServeArgs;
use crate::engine::live::Quant;
use crate::io::audio::Request;
use crate::io::midi::NATIVE;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use keys::{Layout, Wish};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use studio::Studio;

/// How a script is played.
#[derive(Clone, Debug, clap::Args)]
pub struct LiveArgs {
    #[command(flatten)]
    pub(super) script: ScriptArgs,
    #[command(flatten)]
    pub(super) play: PlayArgs,
    /// Play the computer's keyboard: two rows of piano keys for what listens to `midi_in("computer keyboard")`
    #[arg(
        long,
        value_name = "LAYOUT",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "qwerty"
    )]
    pub(super) keys: Option<Layout>,
}

/// The device, and when edits are heard.
#[derive(Clone, Debug, clap::Args)]
pub struct PlayArgs {
    /// The sound device: its id or a part of its name (see `rhapsode devices`), or `null`
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// The sound system: jack, alsa, ...
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Sample rate in Hz (the device's own otherwise)
    #[arg(long, value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    pub(super) rate: Option<u32>,
    /// Frames that the device asks for at once
    #[arg(long, value_parser = clap::value_parser!(u32).range(16..=16_384))]
    buffer: Option<u32>,
    /// Input channels to open for `audio_in` (as many as the first music listens to otherwise)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=64))]
    pub(super) inputs: Option<u16>,
    /// The system of MIDI ports: jack, that of the operating system (alsa, coremidi, winmm), or `none`
    #[arg(long, value_name = "NAME", value_parser = ["jack", NATIVE, "none"])]
    pub(super) midi: Option<String>,
    /// When an edit is heard: `bar`, `now`, or a number of beats
    #[arg(long, default_value = "bar", value_parser = quant)]
    pub(super) quant: Quant,
    /// Write down all that happens into this file, from which `render` makes the same samples
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,
    /// Stop after this many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    pub(super) seconds: Option<f64>,
    /// Let samples exceed full scale
    #[arg(long)]
    no_limiter: bool,
    #[command(flatten)]
    pub(super) serve: ServeArgs,
}

impl PlayArgs {
    /// What the device is asked for.
    pub(super) fn request(&self) -> Request {
        let (device, host) = (self.device.clone(), self.host.clone());
        let inputs = self.inputs.unwrap_or(0);
        let (rate, buffer) = (self.rate, self.buffer);
        Request { device, host, rate, buffer, inputs, ..Request::default() }
    }

    /// The level that the safety limiter holds.
    pub(super) fn ceiling(&self) -> Option<f32> {
        if self.no_limiter { None } else { Some(1.0) }
    }

    /// Whether the time is over.
    pub(super) fn is_over(&self, started: Instant) -> bool {
        self.seconds.is_some_and(|s| started.elapsed().as_secs_f64() >= s)
    }
}

/// Reads `bar`, `now` or a number of beats.
pub(super) fn quant(text: &str) -> Result<Quant, String> {
    match text {
        "bar" => Ok(Quant::Bar),
        "now" => Ok(Quant::Now),
        _ => match text.parse() {
            Ok(beats) if (0.0..=1024.0).contains(&beats) && beats > 0.0 => Ok(Quant::Beats(beats)),
            _ => Err("expected `bar`, `now`, or beats from above 0 to 1024".into()),
        },
    }
}

/// Time between two looks at everything, and between two pictures of the status line.
pub(super) const TICK: Duration = Duration::from_millis(4);
const SHOW: Duration = Duration::from_millis(100);

/// Plays until Ctrl-C. A script with errors is said so, and waited for.
///
/// # Errors
/// Why there is no sound at all: a device that was asked for by name and is not there.
pub fn live(args: &LiveArgs) -> Result<(), Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        bar.set_style(style);
    }
    let (play, above) = (&args.play, bar.clone());
    let say = Box::new(move |text: &str| above.suspend(|| eprintln!("{text}")));
    let mut studio = Studio::open(&args.script, play, say)?;
    if let Some(layout) = args.keys {
        studio.open_keys(layout);
    }
    studio.play_file(builder::Asker::Nobody);
    let (started, mut shown) = (Instant::now(), Instant::now());
    while !interrupted() && !play.is_over(started) {
        if studio.step_with_keys(TICK) == Some(Wish::Interrupt) {
            break;
        }
        if shown.elapsed() >= SHOW && !bar.is_hidden() {
            shown = Instant::now();
            bar.set_message(format!("{}\n{}", studio.status(), studio.meters()));
            bar.tick();
        }
    }
    bar.finish_and_clear();
    studio.close();
    Ok(())
}
