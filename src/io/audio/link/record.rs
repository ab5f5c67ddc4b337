//! The input of a device: a stream of its own that fills a ring.

use super::super::config::{self, Chosen};
use super::super::hosts::Found;
use super::Flags;
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{ErrorKind, FromSample, SampleFormat, SizedSample};
use ringbuf::traits::{Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Opens the input if one is wanted. If it cannot be had the ring stays empty, which is silence, and why is said.
pub(super) fn record(
    found: &Found,
    channels: u16,
    output: &Chosen,
    flags: &Arc<Flags>,
) -> (HeapCons<f32>, Result<(cpal::Stream, u16), String>) {
    let room = 8 * output.max_frames as usize * usize::from(channels);
    let (ring, reader) = HeapRb::new(room.max(1)).split();
    let Some(device) = found.input.as_ref().filter(|_| channels > 0) else {
        return (reader, Err("it has none".into()));
    };
    let built = config::input(device, &found.name, channels, output).and_then(|chosen| {
        let stream = match chosen.sample {
            SampleFormat::F64 => record_as::<f64>(device, &chosen, ring, channels, flags),
            SampleFormat::I32 => record_as::<i32>(device, &chosen, ring, channels, flags),
            SampleFormat::I24 => record_as::<cpal::I24>(device, &chosen, ring, channels, flags),
            SampleFormat::I16 => record_as::<i16>(device, &chosen, ring, channels, flags),
            SampleFormat::U8 => record_as::<u8>(device, &chosen, ring, channels, flags),
            _ => record_as::<f32>(device, &chosen, ring, channels, flags),
        };
        let started = stream.and_then(|stream| stream.play().map(|()| stream));
        let there = chosen.config.channels;
        started.map(|stream| (stream, there)).map_err(|e| config::error(&found.name, &e))
    });
    (reader, built.map_err(|error| error.diagnostic().message))
}

/// Builds the stream that fills `ring` with frames of `wanted` channels: surplus ones are left out, missing
/// ones are silent.
fn record_as<T: SizedSample>(
    device: &cpal::Device,
    chosen: &Chosen,
    mut ring: HeapProd<f32>,
    wanted: u16,
    flags: &Arc<Flags>,
) -> Result<cpal::Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let (channels, wanted) = (usize::from(chosen.config.channels), usize::from(wanted));
    let lost = flags.clone();
    device.build_input_stream::<T, _, _>(
        chosen.config,
        move |data, _| {
            for frame in data.chunks_exact(channels) {
                // A frame goes whole or not at all, so that channels never trade places.
                if ring.vacant_len() < wanted {
                    break;
                }
                for channel in 0..wanted {
                    let sample = frame.get(channel).map_or(0.0, |s| f32::from_sample_(*s));
                    let _ = ring.try_push(sample);
                }
            }
        },
        move |error| {
            let gone = [ErrorKind::DeviceNotAvailable, ErrorKind::StreamInvalidated];
            if gone.contains(&error.kind()) {
                lost.lost.store(true, Ordering::Release);
            }
        },
        None,
    )
}

/// Which of `wanted` inputs are silent, where a device has `there`.
pub(super) fn missing(wanted: u16, there: u16) -> Option<String> {
    let which = match wanted.checked_sub(there)? {
        0 => return None,
        1 => format!("input {wanted} is"),
        _ => format!("inputs {} to {wanted} are", there + 1),
    };
    Some(format!("its {which} silent: it has {there}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_that_a_device_has_not_are_named() {
        assert_eq!(missing(2, 2), None);
        assert_eq!(missing(1, 8), None, "the others are left out");
        assert_eq!(missing(3, 2).as_deref(), Some("its input 3 is silent: it has 2"));
        assert_eq!(missing(6, 2).as_deref(), Some("its inputs 3 to 6 are silent: it has 2"));
    }
}
