//! The link to a real device: its streams drive the seat, and what it reports is noted.

mod record;

use super::config::{self, Chosen};
use super::cycle::Beginning;
use super::hosts::Found;
use super::inputs::Inputs;
use super::seat::Seat;
use super::{AudioError, Format, Moment, Request, micros};
use crate::rt::denormal::FlushToZero;
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample};
use record::{missing, record};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The largest number below 1 of a 24-bit sample: integer formats have no 1.
const BELOW_ONE: f32 = 0.999_999_9;

/// What the threads of a device report.
#[derive(Debug, Default)]
struct Flags {
    calls: AtomicU64,
    lost: AtomicBool,
}

/// A device with running streams. It plays silence while it does not drive the seat; dropping it closes it.
pub(super) struct Link {
    id: u64,
    flags: Arc<Flags>,
    format: Format,
    name: String,
    device: String,
    streams: Streams,
}

/// The running streams, held for their `drop`, which ends them.
struct Streams {
    output: cpal::Stream,
    _input: Option<cpal::Stream>,
    /// Why inputs are silent that were asked for.
    deaf: Option<String>,
}

impl Link {
    /// Opens `found` and starts it as the driver `id`.
    ///
    /// # Errors
    /// If the device refuses, or cannot do what was asked for.
    pub(super) fn open(
        found: &Found,
        request: &Request,
        prefer: Option<u32>,
        seat: &Arc<Seat>,
        id: u64,
    ) -> Result<Link, AudioError> {
        let mut chosen = config::output(&found.device, &found.name, request, prefer)?;
        let jack = found.id.starts_with("jack");
        let sides = Sides { seat: seat.clone(), flags: Arc::default(), id, jack };
        let mut built = build(found, &chosen, request.inputs, &sides);
        let refused = built.as_ref().is_err_and(|e| e.kind() == ErrorKind::UnsupportedConfig);
        if refused && request.buffer.is_none() {
            // The size was our wish alone: let the device choose.
            chosen.config.buffer_size = BufferSize::Default;
            built = build(found, &chosen, request.inputs, &sides);
        }
        let streams = built.map_err(|e| config::error(&found.name, &e))?;
        streams.output.play().map_err(|e| config::error(&found.name, &e))?;
        let format = Format {
            rate: chosen.config.sample_rate,
            channels: chosen.config.channels,
            in_channels: request.inputs,
            max_frames: chosen.max_frames,
        };
        Ok(Link {
            id,
            flags: sides.flags,
            format,
            name: found.name.clone(),
            device: found.id.clone(),
            streams,
        })
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The id of the device, by which it is found again.
    pub(super) fn device(&self) -> &str {
        &self.device
    }

    /// Why inputs are silent that were asked for.
    pub(super) fn deaf(&self) -> Option<&str> {
        self.streams.deaf.as_deref()
    }

    /// How often the device has asked for sound.
    pub(super) fn calls(&self) -> u64 {
        self.flags.calls.load(Ordering::Relaxed)
    }

    /// Whether the device has said that it is gone, or that it must be opened anew.
    pub(super) fn is_lost(&self) -> bool {
        self.flags.lost.load(Ordering::Acquire)
    }
}

/// What the callbacks of both directions share.
#[derive(Clone)]
struct Sides {
    seat: Arc<Seat>,
    flags: Arc<Flags>,
    id: u64,
    /// The device is a JACK server, whose clock its MIDI has too.
    jack: bool,
}

impl Sides {
    /// Notes an error of a stream. May be called on an audio thread.
    fn note(&self, kind: ErrorKind, is_output: bool) {
        match kind {
            ErrorKind::DeviceNotAvailable
            | ErrorKind::StreamInvalidated
            | ErrorKind::HostUnavailable => self.flags.lost.store(true, Ordering::Release),
            // Both directions hear of the same xrun.
            ErrorKind::Xrun if is_output && self.seat.is_driven_by(self.id) => {
                self.seat.stats().count_xrun();
            }
            ErrorKind::RealtimeDenied => self.seat.stats().deny_realtime(),
            // Rerouted by the system, or an error that the keeper sees by the calls that stay away.
            _ => {}
        }
    }
}

/// Builds the streams: the one that plays, and the one that records if it is wanted and can be had.
fn build(
    found: &Found,
    chosen: &Chosen,
    in_channels: u16,
    sides: &Sides,
) -> Result<Streams, cpal::Error> {
    let (ring, recorded) = record(found, in_channels, chosen, &sides.flags);
    let (input, deaf) = match recorded {
        Ok((stream, there)) => (Some(stream), missing(in_channels, there)),
        Err(why) if in_channels > 0 => (None, Some(format!("its inputs are silent: {why}"))),
        Err(_) => (None, None),
    };
    let inputs = Inputs::new(ring, in_channels, chosen.max_frames);
    let output = play(&found.device, chosen, sides.clone(), inputs, in_channels)?;
    Ok(Streams { output, _input: input, deaf })
}

/// Builds the stream that plays.
fn play(
    device: &cpal::Device,
    chosen: &Chosen,
    sides: Sides,
    inputs: Inputs,
    in_channels: u16,
) -> Result<cpal::Stream, cpal::Error> {
    match chosen.sample {
        SampleFormat::F64 => play_as::<f64>(device, chosen, sides, inputs, in_channels),
        SampleFormat::I32 => play_as::<i32>(device, chosen, sides, inputs, in_channels),
        SampleFormat::I24 => play_as::<cpal::I24>(device, chosen, sides, inputs, in_channels),
        SampleFormat::I16 => play_as::<i16>(device, chosen, sides, inputs, in_channels),
        SampleFormat::U8 => play_as::<u8>(device, chosen, sides, inputs, in_channels),
        _ => play_as::<f32>(device, chosen, sides, inputs, in_channels),
    }
}

fn play_as<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    chosen: &Chosen,
    sides: Sides,
    mut inputs: Inputs,
    in_channels: u16,
) -> Result<cpal::Stream, cpal::Error> {
    let (channels, rate) = (usize::from(chosen.config.channels), chosen.config.sample_rate);
    let in_channels = usize::from(in_channels);
    let mut scratch = vec![0.0_f32; chosen.max_frames as usize * channels];
    let errors = sides.clone();
    let mut beginning = Beginning::default();
    device.build_output_stream::<T, _, _>(
        chosen.config,
        move |data, info| {
            let _flush = FlushToZero::new();
            sides.flags.calls.fetch_add(1, Ordering::Relaxed);
            let jack = sides.jack.then(|| {
                let at = info.timestamp();
                let micros = |at: cpal::StreamInstant| (at.as_nanos() / 1000) as u64;
                beginning.of(micros(at.callback), micros(at.playback))
            });
            let mut moment = Moment { micros: micros(), jack };
            for piece in data.chunks_mut(scratch.len()) {
                let output = &mut scratch[..piece.len()];
                let (input, whole) = inputs.read(piece.len() / channels);
                if !whole {
                    sides.seat.stats().count_input_gap();
                }
                sides.seat.render(sides.id, (rate, moment), output, channels, input, in_channels);
                // Where the device's buffer is given out in pieces, the next one begins as much later.
                let later = (piece.len() / channels) as u64 * 1_000_000 / u64::from(rate);
                moment.micros += later;
                moment.jack = moment.jack.map(|at| at + later);
                for (to, from) in piece.iter_mut().zip(output.iter()) {
                    let from = if T::FORMAT.is_float() { *from } else { from.min(BELOW_ONE) };
                    *to = T::from_sample_(from);
                }
            }
        },
        move |error| errors.note(error.kind(), true),
        None,
    )
}
