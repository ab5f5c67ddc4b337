//! The audio half of a CLAP instance.

use super::Boxes;
use super::events::{Collector, Known, set, transport, write};
use super::host::Host;
use crate::plugin::buffers::Buffers;
use crate::plugin::event::MOST;
use crate::plugin::{AudioHalf, Description, Event, Outcome, Sent, Setup, Transport};
use clack_extensions::note_ports::NoteDialects;
use clack_host::prelude::*;
use clap_sys::audio_buffer::clap_audio_buffer;
use std::sync::Arc;

/// Values that the main thread has set are given so many a block.
const SET: usize = 256;

/// Buffers, lists of events and the processor.
pub struct Half {
    processor: PluginAudioProcessor<Host>,
    ins: Box<[clap_audio_buffer]>,
    outs: Box<[clap_audio_buffer]>,
    buffers: Buffers,
    parameters: Box<[Known]>,
    list: EventBuffer,
    inbox: Sent,
    collector: Collector,
    boxes: Arc<Boxes>,
    dialects: NoteDialects,
    rate: f64,
    block: usize,
    steady: u64,
}

impl Half {
    /// The half of an instance that has just been activated.
    pub fn new(
        description: &Description,
        boxes: Arc<Boxes>,
        processor: StoppedPluginAudioProcessor<Host>,
        dialects: NoteDialects,
        setup: &Setup,
    ) -> Half {
        let double = setup.double && description.double;
        let mut buffers = Buffers::new(&description.inputs, &description.outputs, double);
        let (mut ins, mut outs) = (Vec::new(), Vec::new());
        for (input, channels, narrow, wide) in buffers.layout() {
            let data32 = if double { std::ptr::null_mut() } else { narrow };
            let (channel_count, latency, constant_mask) = (channels as u32, 0, 0);
            let bus =
                clap_audio_buffer { data32, data64: wide, channel_count, latency, constant_mask };
            if input { ins.push(bus) } else { outs.push(bus) }
        }
        Half {
            processor: processor.into(),
            ins: ins.into(),
            outs: outs.into(),
            buffers,
            parameters: description.parameters.iter().map(Known::of).collect(),
            list: EventBuffer::with_capacity(2 * MOST + SET),
            inbox: Sent::new(),
            collector: Collector { sent: Sent::new(), start: 0, frames: 0, boxes: boxes.clone() },
            boxes,
            dialects,
            rate: setup.rate,
            block: setup.block.clamp(1, crate::plugin::BLOCK),
            steady: 0,
        }
    }

    /// Renders a run of the block; whether the plugin did.
    fn run(&mut self, start: usize, end: usize, time: &Transport) -> Option<ProcessStatus> {
        self.list.clear();
        if start == 0 {
            let (list, parameters) = (&mut self.list, &self.parameters);
            self.boxes.to_audio.take(SET, |index, plain| {
                set(list, 0, &parameters[index as usize], plain);
            });
        }
        for event in self.inbox.run(start, end) {
            write(&mut self.list, &event, &self.parameters, self.dialects);
        }
        self.buffers.aim(start);
        (self.collector.start, self.collector.frames) = (start, end - start);
        let frames = (end - start) as u32;
        // SAFETY: the buffers have as many channels as they say, of at least `frames` frames, and live on.
        let (ins, mut outs) = unsafe {
            let ins = InputAudioBuffers::from_raw_buffers(&self.ins, frames);
            (ins, OutputAudioBuffers::from_raw_buffers(&mut self.outs, frames))
        };
        let started = self.processor.ensure_processing_started().ok()?;
        let status = started.process(
            &ins,
            &mut outs,
            &self.list.as_input(),
            &mut OutputEvents::from_buffer(&mut self.collector),
            Some(self.steady),
            Some(&transport(time, self.rate)),
        );
        self.steady += u64::from(frames);
        status.ok()
    }
}

impl AudioHalf for Half {
    fn input(&mut self, bus: usize, channel: usize) -> &mut [f32] {
        self.buffers.input(bus, channel)
    }

    fn output(&self, bus: usize, channel: usize) -> &[f32] {
        self.buffers.output(bus, channel)
    }

    fn process(&mut self, frames: usize, events: &[Event], time: &Transport) -> Outcome {
        let frames = frames.min(self.block);
        self.inbox.fill(events, frames);
        self.buffers.before(frames);
        self.collector.sent.clear();
        let (mut start, mut outcome) = (0, Outcome::Playing);
        while start < frames {
            let end = self.inbox.run_end(start, frames);
            match self.run(start, end, &time.later(start, self.rate)) {
                Some(ProcessStatus::Sleep) => outcome = Outcome::Silent,
                Some(_) => outcome = Outcome::Playing,
                None => {
                    self.buffers.silence();
                    return Outcome::Failed;
                }
            }
            start = end;
        }
        self.buffers.after(frames);
        outcome
    }

    fn sent(&self) -> &Sent {
        &self.collector.sent
    }

    fn dropped(&self) -> u64 {
        self.inbox.dropped()
    }

    fn reset(&mut self) {
        self.processor.reset();
    }
}
