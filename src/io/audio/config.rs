//! Which of a device's configurations to use.

use super::{AudioError, BUFFER, Request};
use cpal::traits::DeviceTrait;
use cpal::{
    BufferSize, SampleFormat, StreamConfig, SupportedBufferSize, SupportedStreamConfigRange,
};

/// Rates that are listed and tried, in hertz.
pub(super) const RATES: [u32; 8] =
    [22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];

/// Frames that a call may have where the device does not say.
const UNKNOWN_BUFFER: u32 = 4096;

/// How a stream is to be built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    pub(super) config: StreamConfig,
    pub(super) sample: SampleFormat,
    /// Longest piece that the callback is asked for, in frames.
    pub(super) max_frames: u32,
}

/// How good a sample format is; none if it is not spoken here.
fn rank(format: SampleFormat) -> Option<u32> {
    match format {
        SampleFormat::F32 => Some(5),
        SampleFormat::F64 => Some(4),
        SampleFormat::I32 => Some(3),
        SampleFormat::I24 => Some(2),
        SampleFormat::I16 => Some(1),
        SampleFormat::U8 => Some(0),
        _ => None,
    }
}

/// Chooses the output of `device` (called `name`) for `request`; `prefer` is the rate that would be best if the
/// user asks for none.
///
/// # Errors
/// If the device does not answer, or cannot do what was asked for.
pub(super) fn output(
    device: &cpal::Device,
    name: &str,
    request: &Request,
    prefer: Option<u32>,
) -> Result<Chosen, AudioError> {
    let ranges = device.supported_output_configs().map_err(|e| error(name, &e))?;
    let ranges = nearest_channels(ranges.collect(), request.outputs.max(1));
    let default = device.default_output_config().ok().map(|c| c.sample_rate());
    let mut wishes = vec![request.rate];
    if request.rate.is_none() {
        wishes = vec![prefer, default, Some(48_000), Some(44_100)];
    }
    let found = wishes.into_iter().flatten().find_map(|rate| best(&ranges, rate));
    let any = || ranges.last().map(|range| (*range, range.max_sample_rate()));
    let found = found.or_else(|| if request.rate.is_none() { any() } else { None });
    let Some((range, rate)) = found else { return Err(no_rate(name, request, &ranges)) };
    let (buffer_size, max_frames) = buffer(name, request.buffer, *range.buffer_size())?;
    let config = StreamConfig { channels: range.channels(), sample_rate: rate, buffer_size };
    Ok(Chosen { config, sample: range.sample_format(), max_frames })
}

/// Chooses the input of `device` to go with an output of `rate` hertz.
///
/// # Errors
/// If the device does not answer or does not record at that rate.
pub(super) fn input(
    device: &cpal::Device,
    name: &str,
    channels: u16,
    output: &Chosen,
) -> Result<Chosen, AudioError> {
    let ranges = device.supported_input_configs().map_err(|e| error(name, &e))?;
    let ranges = nearest_channels(ranges.collect(), channels);
    let rate = output.config.sample_rate;
    let Some((range, _)) = best(&ranges, rate) else {
        let request = Request { rate: Some(rate), ..Request::default() };
        return Err(no_rate(name, &request, &ranges));
    };
    let wanted = match output.config.buffer_size {
        BufferSize::Fixed(frames) => Some(frames),
        BufferSize::Default => None,
    };
    let (buffer_size, max_frames) =
        buffer(name, wanted, *range.buffer_size()).unwrap_or((BufferSize::Default, UNKNOWN_BUFFER));
    let config = StreamConfig { channels: range.channels(), sample_rate: rate, buffer_size };
    Ok(Chosen { config, sample: range.sample_format(), max_frames })
}

/// The ranges with as many channels as wanted; failing that, with the fewest above; failing that, with the most.
fn nearest_channels(
    ranges: Vec<SupportedStreamConfigRange>,
    wanted: u16,
) -> Vec<SupportedStreamConfigRange> {
    let spoken = ranges.into_iter().filter(|range| rank(range.sample_format()).is_some());
    let ranges: Vec<_> = spoken.collect();
    let above = ranges.iter().map(|r| r.channels()).filter(|c| *c >= wanted).min();
    let channels = above.or_else(|| ranges.iter().map(|r| r.channels()).max());
    ranges.into_iter().filter(|range| Some(range.channels()) == channels).collect()
}

/// The range with the best sample format that has `rate`.
fn best(
    ranges: &[SupportedStreamConfigRange],
    rate: u32,
) -> Option<(SupportedStreamConfigRange, u32)> {
    let fit = ranges.iter().filter(|range| range.contains_rate(rate));
    fit.max_by_key(|range| rank(range.sample_format())).map(|range| (*range, rate))
}

/// The rates of [`RATES`] that the ranges have, and those of ranges of a single rate; ascending.
pub(super) fn rates(ranges: &[SupportedStreamConfigRange]) -> Vec<u32> {
    let single = ranges.iter().filter(|r| r.min_sample_rate() == r.max_sample_rate());
    let mut rates: Vec<u32> = single.map(|r| r.min_sample_rate()).collect();
    rates.extend(RATES.iter().filter(|rate| ranges.iter().any(|r| r.contains_rate(**rate))));
    rates.sort_unstable();
    rates.dedup();
    rates
}

/// The size of a buffer to ask for, and the longest piece that the callback is asked for.
fn buffer(
    name: &str,
    wanted: Option<u32>,
    range: SupportedBufferSize,
) -> Result<(BufferSize, u32), AudioError> {
    let SupportedBufferSize::Range { min, max } = range else {
        return Ok(wanted.map_or((BufferSize::Default, UNKNOWN_BUFFER), |frames| {
            (BufferSize::Fixed(frames), frames.max(1))
        }));
    };
    let frames = match wanted {
        None => BUFFER.max(min).min(max),
        Some(frames) if (min..=max).contains(&frames) => frames,
        Some(frames) if min == max => {
            return Err(AudioError::Unsupported {
                device: name.into(),
                why: format!("a buffer of {frames} frames; its server has buffers of {min}"),
                hint: "leave --buffer out, or set the size where the server is started".into(),
            });
        }
        Some(frames) => {
            return Err(AudioError::Unsupported {
                device: name.into(),
                why: format!("a buffer of {frames} frames"),
                hint: format!("it can have from {min} to {max} frames"),
            });
        }
    };
    Ok((BufferSize::Fixed(frames), frames.max(1)))
}

fn no_rate(name: &str, request: &Request, ranges: &[SupportedStreamConfigRange]) -> AudioError {
    let list: Vec<String> = rates(ranges).iter().map(u32::to_string).collect();
    let Some(rate) = request.rate.filter(|_| !list.is_empty()) else {
        return AudioError::Failed {
            device: name.into(),
            why: "it has no format that is spoken here".into(),
        };
    };
    AudioError::Unsupported {
        device: name.into(),
        why: format!("a rate of {rate} Hz"),
        hint: format!("it can do {} Hz; without --rate it runs at its own", list.join(", ")),
    }
}

/// What the system said of `name`, as the user is told.
pub(super) fn error(name: &str, error: &cpal::Error) -> AudioError {
    let device = name.to_string();
    match error.kind() {
        cpal::ErrorKind::DeviceBusy => AudioError::Busy { device },
        _ => AudioError::Failed { device, why: error.to_string().trim_end_matches('.').into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(channels: u16, rates: (u32, u32), format: SampleFormat) -> SupportedStreamConfigRange {
        let size = SupportedBufferSize::Range { min: 64, max: 4096 };
        SupportedStreamConfigRange::new(channels, rates.0, rates.1, size, format)
    }

    #[test]
    fn the_channels_wanted_are_taken_else_more_else_what_there_is() {
        let ranges: Vec<_> =
            [1, 4, 8].map(|c| range(c, (48_000, 48_000), SampleFormat::F32)).into();
        let channels = |wanted| nearest_channels(ranges.clone(), wanted)[0].channels();
        assert_eq!((channels(1), channels(2), channels(8), channels(9)), (1, 4, 8, 8));
    }

    #[test]
    fn the_best_sample_format_with_the_rate_is_taken() {
        let ranges = [
            range(2, (44_100, 192_000), SampleFormat::I16),
            range(2, (48_000, 48_000), SampleFormat::F32),
            range(2, (44_100, 96_000), SampleFormat::I32),
            range(2, (384_000, 384_000), SampleFormat::DsdU8),
        ];
        let format = |rate| best(&ranges, rate).map(|(range, _)| range.sample_format());
        assert_eq!(format(48_000), Some(SampleFormat::F32));
        assert_eq!(format(44_100), Some(SampleFormat::I32));
        assert_eq!(format(192_000), Some(SampleFormat::I16));
        assert_eq!(format(22_050), None);
        assert_eq!(rates(&ranges[..2]), [44_100, 48_000, 88_200, 96_000, 176_400, 192_000]);
    }

    #[test]
    fn a_buffer_is_what_was_asked_for_or_the_usual_one_where_the_device_can() {
        let size = |wanted, min, max| {
            buffer("x", wanted, SupportedBufferSize::Range { min, max }).map(|(_, frames)| frames)
        };
        assert_eq!(size(None, 64, 4096), Ok(BUFFER));
        assert_eq!(size(None, 1024, 4096), Ok(1024));
        assert_eq!(size(None, 128, 128), Ok(128), "the server decides");
        assert_eq!(size(Some(64), 64, 4096), Ok(64));
        assert!(size(Some(32), 64, 4096).is_err_and(|e| e.to_string().contains("from 64 to 4096")));
        assert!(size(Some(32), 128, 128).is_err());
        let unknown = buffer("x", None, SupportedBufferSize::Unknown);
        assert_eq!(unknown, Ok((BufferSize::Default, UNKNOWN_BUFFER)));
    }
}
