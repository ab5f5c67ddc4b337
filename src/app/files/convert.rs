//! The command `convert`: another format, rate, number of channels or level.

use super::super::interrupt;
use super::super::output::{Finished, Output, OutputArgs};
use crate::io::file::{FileError, Reader, Resampler, scale_loops};
use std::path::PathBuf;

/// Arguments of `convert`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ConvertArgs {
    /// The audio file to read (WAV, AIFF, FLAC, MP3, Ogg Vorbis)
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// The file to write (.wav or .flac)
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    /// Sample rate in hertz, for example 48000
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(1000..=384_000))]
    pub rate: Option<u32>,
    /// Number of channels
    #[arg(long, value_enum)]
    pub channels: Option<Layout>,
    /// Gain in decibels
    #[arg(long, value_name = "DB", default_value_t = 0.0, allow_negative_numbers = true)]
    pub gain_db: f64,
    /// How the result is written.
    #[command(flatten)]
    pub output_args: OutputArgs,
}

/// A number of channels to convert to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    /// One channel: the mean of all.
    Mono,
    /// Two channels: one channel is doubled; of more than two, those with even index go to the left and the others to the right, each side's mean.
    Stereo,
}

/// Converts one file as `args` say; the input is read as a stream, so its length does not matter.
///
/// Without a change of samples (format and container aside), 16-bit material is not dithered again.
///
/// # Errors
/// [`FileError`] if either file fails, and [`FileError::Interrupted`] after Ctrl-C; the output is
/// then left as it was.
pub fn convert(args: &ConvertArgs) -> Result<Finished, FileError> {
    let mut reader = Reader::open(&args.input)?;
    let source = reader.info().clone();
    let rate = args.rate.unwrap_or(source.rate);
    let mix = Mix::new(source.channels, args.channels, args.gain_db);

    let target = args.output_args.target();
    let mut options = args.output_args.write_options(&args.output, rate, mix.outputs())?;
    let unchanged = rate == source.rate && mix.is_identity() && target.is_none();
    options.dither &= !(unchanged && source.bits.is_some_and(|bits| bits <= 16));
    options.root_key = source.root_key;
    options.loops = scale_loops(&source.loops, source.rate, rate, u64::MAX);
    let mut output = Output::create(&args.output, options, target)?;

    let mut resampler = Resampler::new(source.rate, rate, mix.outputs());
    let mut mixed = vec![Vec::new(); mix.outputs()];
    while let Some(block) = reader.next_block()? {
        if interrupt::interrupted() {
            return Err(FileError::Interrupted { path: args.output.clone() });
        }
        mix.apply(block, &mut mixed);
        output.write(&slices(resampler.process(&slices(&mixed))))?;
    }
    output.write(&slices(resampler.finish()))?;
    output.finish()
}

fn slices(channels: &[Vec<f32>]) -> Vec<&[f32]> {
    channels.iter().map(Vec::as_slice).collect()
}

/// Which input channels each output channel is the mean of, and a gain.
struct Mix {
    sources: Vec<Vec<usize>>,
    gain: f64,
    inputs: usize,
}

impl Mix {
    fn new(inputs: usize, layout: Option<Layout>, gain_db: f64) -> Self {
        let sources = match layout {
            None => (0..inputs).map(|channel| vec![channel]).collect(),
            Some(Layout::Mono) => vec![(0..inputs).collect()],
            Some(Layout::Stereo) if inputs == 1 => vec![vec![0], vec![0]],
            Some(Layout::Stereo) => {
                vec![(0..inputs).step_by(2).collect(), (1..inputs).step_by(2).collect()]
            }
        };
        Self { sources, gain: libm::pow(10.0, gain_db / 20.0), inputs }
    }

    fn outputs(&self) -> usize {
        self.sources.len()
    }

    fn is_identity(&self) -> bool {
        self.gain == 1.0
            && self.outputs() == self.inputs
            && self.sources.iter().all(|s| s.len() == 1)
    }

    /// Mixes a block, channels x frames, into `mixed`.
    fn apply(&self, block: &[Vec<f32>], mixed: &mut [Vec<f32>]) {
        for (output, sources) in mixed.iter_mut().zip(&self.sources) {
            let factor = self.gain / sources.len() as f64;
            let frames = block[0].len();
            output.clear();
            output.extend((0..frames).map(|frame| {
                let sum: f64 =
                    sources.iter().map(|&channel| f64::from(block[channel][frame])).sum();
                (sum * factor) as f32
            }));
        }
    }
}
