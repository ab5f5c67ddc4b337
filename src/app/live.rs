//! `live`: plays a script on a sound device and swaps in what is saved, while the sound goes on.

mod studio;
mod watch;

use super::Failure;
use super::input::ScriptArgs;
use super::interrupt::interrupted;
use crate::engine::live::Quant;
use crate::io::audio::Request;
use std::time::{Duration, Instant};
use studio::Studio;

/// How a script is played.
#[derive(Clone, Debug, clap::Args)]
pub struct LiveArgs {
    #[command(flatten)]
    script: ScriptArgs,
    /// The sound device: its id or a part of its name (see `rhapsode devices`), or `null`
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// The sound system: jack, alsa, ...
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Sample rate in Hz (the device's own otherwise)
    #[arg(long, value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    rate: Option<u32>,
    /// Frames that the device asks for at once
    #[arg(long, value_parser = clap::value_parser!(u32).range(16..=16_384))]
    buffer: Option<u32>,
    /// When an edit is heard: `bar`, `now`, or a number of beats
    #[arg(long, default_value = "bar", value_parser = quant)]
    quant: Quant,
    /// Stop after this many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<f64>,
    /// Let samples exceed full scale
    #[arg(long)]
    no_limiter: bool,
}

fn quant(text: &str) -> Result<Quant, String> {
    match text {
        "bar" => Ok(Quant::Bar),
        "now" => Ok(Quant::Now),
        _ => match text.parse() {
            Ok(beats) if (0.0..=1024.0).contains(&beats) && beats > 0.0 => Ok(Quant::Beats(beats)),
            _ => Err("expected `bar`, `now`, or beats from above 0 to 1024".into()),
        },
    }
}

/// Time between two looks at everything.
const TICK: Duration = Duration::from_millis(4);

/// Plays until Ctrl-C. A script with errors is said so, and waited for.
///
/// # Errors
/// Why there is no sound at all: a device that was asked for by name and is not there.
pub fn live(args: &LiveArgs) -> Result<(), Failure> {
    let request = Request {
        device: args.device.clone(),
        host: args.host.clone(),
        rate: args.rate,
        buffer: args.buffer,
        ..Request::default()
    };
    let ceiling = if args.no_limiter { None } else { Some(1.0) };
    let mut studio = Studio::open(&args.script, &request, args.quant, ceiling)?;
    let started = Instant::now();
    while !interrupted() && args.seconds.is_none_or(|s| started.elapsed().as_secs_f64() < s) {
        studio.step(TICK);
    }
    studio.close();
    Ok(())
}
