//! The audio half of a VST3 instance.

use super::events::{MidiMap, context, read, write};
use super::host::Boxes;
use super::lists::{Changes, Events, pointer};
use super::parts::Parts;
use crate::plugin::buffers::Buffers;
use crate::plugin::event::MOST;
use crate::plugin::{AudioHalf, Description, Event, EventKind, Outcome, Sent, Setup, Transport};
use std::sync::Arc;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{ComPtr, ComWrapper};

/// Values that the main thread has set are given so many a block, and as many parameters can move besides.
const SET: usize = 64;

/// Buffers, lists and the processor.
pub struct Half {
    ins: Box<[AudioBusBuffers]>,
    outs: Box<[AudioBusBuffers]>,
    buffers: Buffers,
    ids: Box<[ParamID]>,
    changes: ComWrapper<Changes>,
    changed: ComWrapper<Changes>,
    told: ComWrapper<Events>,
    heard: ComWrapper<Events>,
    /// The four lists as the plugin gets them.
    pointers: (
        ComPtr<IParameterChanges>,
        ComPtr<IParameterChanges>,
        ComPtr<IEventList>,
        ComPtr<IEventList>,
    ),
    map: MidiMap,
    inbox: Sent,
    sent: Sent,
    crowded: u64,
    boxes: Arc<Boxes>,
    rate: f64,
    block: usize,
    mode: i32,
    steady: i64,
    parts: Arc<Parts>,
}

// SAFETY: while it lives the audio thread calls nothing but the processor's `process` and `setProcessing`, which
// the standard has it call; the lists are its own. Dropping it only lowers the counts of `parts`, which
// `Hosted` keeps (or leaks) until after it is gone.
unsafe impl Send for Half {}

impl Half {
    /// The half of an instance that has just been activated. Main thread.
    pub fn new(
        description: &Description,
        boxes: Arc<Boxes>,
        parts: Arc<Parts>,
        setup: &Setup,
    ) -> Half {
        let double = setup.double && description.double;
        let mut buffers = Buffers::new(&description.inputs, &description.outputs, double);
        let (mut ins, mut outs) = (Vec::new(), Vec::new());
        for (input, channels, narrow, wide) in buffers.layout() {
            let __field0 = if double {
                AudioBusBuffers__type0 { channelBuffers64: wide }
            } else {
                AudioBusBuffers__type0 { channelBuffers32: narrow }
            };
            let bus = AudioBusBuffers { numChannels: channels as i32, silenceFlags: 0, __field0 };
            if input { ins.push(bus) } else { outs.push(bus) }
        }
        let room = description.parameters.len().min(2 * SET) + SET;
        let changes = ComWrapper::new(Changes::new(room));
        let changed = ComWrapper::new(Changes::new(room));
        let (told, heard) =
            (ComWrapper::new(Events::new(MOST)), ComWrapper::new(Events::new(MOST)));
        let pointers = (pointer(&changes), pointer(&changed), pointer(&told), pointer(&heard));
        Half {
            ins: ins.into(),
            outs: outs.into(),
            buffers,
            ids: description.parameters.iter().map(|p| p.id).collect(),
            changes,
            changed,
            told,
            heard,
            pointers,
            map: MidiMap::read(&parts),
            inbox: Sent::new(),
            sent: Sent::new(),
            crowded: 0,
            boxes,
            rate: setup.rate,
            block: setup.block.clamp(1, crate::plugin::BLOCK),
            mode: if setup.offline {
                ProcessModes_::kOffline as i32
            } else {
                ProcessModes_::kRealtime as i32
            },
            steady: 0,
            parts,
        }
    }

    /// Fills the lists for a run of the block.
    fn tell(&mut self, start: usize, end: usize) {
        self.changes.clear();
        self.told.all().clear();
        if start == 0 {
            self.boxes.to_audio.take(SET, |index, value| {
                if let Some(&id) = self.ids.get(index as usize) {
                    self.changes.add(id, 0, value);
                }
            });
        }
        for event in self.inbox.run(start, end) {
            let told = match event.kind {
                EventKind::Parameter { index, value } => {
                    let Some(&id) = self.ids.get(index as usize) else { continue };
                    let value = value.max(0.0).min(1.0);
                    self.boxes.automated.put(index, value);
                    self.changes.add(id, event.offset as i32, value)
                }
                kind => write(&self.told, &self.changes, &self.map, event.offset, kind),
            };
            self.crowded += u64::from(!told);
        }
    }

    /// Takes what the plugin has put into the lists in a run.
    fn hear(&mut self, start: usize, end: usize) {
        self.changed.each(|id, value| {
            if let Some(index) = self.boxes.index(id) {
                self.boxes.to_main.put(index, value);
            }
        });
        for event in self.heard.all().iter() {
            if let Some((offset, kind)) = read(event) {
                self.sent.push_in(Event { offset, kind }, start, end - start);
            }
        }
    }

    fn run(&mut self, frames: usize, time: &Transport) -> tresult {
        self.changed.clear();
        self.heard.all().clear();
        let mut context = context(time, self.rate, self.steady);
        let double = self.buffers.double();
        let size =
            if double { SymbolicSampleSizes_::kSample64 } else { SymbolicSampleSizes_::kSample32 };
        for bus in self.ins.iter_mut().chain(self.outs.iter_mut()) {
            bus.silenceFlags = 0;
        }
        let mut data = ProcessData {
            processMode: self.mode,
            symbolicSampleSize: size as i32,
            numSamples: frames as i32,
            numInputs: self.ins.len() as i32,
            numOutputs: self.outs.len() as i32,
            inputs: self.ins.as_mut_ptr(),
            outputs: self.outs.as_mut_ptr(),
            inputParameterChanges: self.pointers.0.as_ptr(),
            outputParameterChanges: self.pointers.1.as_ptr(),
            inputEvents: self.pointers.2.as_ptr(),
            outputEvents: self.pointers.3.as_ptr(),
            processContext: &mut context,
        };
        // SAFETY: the buffers have as many channels as they say, of at least `frames` frames; no block is larger
        // than what was announced; lists and context live through the call.
        let said = unsafe { self.parts.processor.process(&mut data) };
        self.steady += frames as i64;
        said
    }

    /// Brings values that wait to the plugin without a frame, and leaves them for the first block, since some
    /// plugins ignore them until then. Main thread, before it plays.
    pub fn flush(&mut self) {
        self.inbox.clear();
        self.tell(0, 0);
        self.run(0, &Transport::default());
        let boxes = &self.boxes;
        self.changes.each(|id, value| {
            if let Some(index) = boxes.index(id)
                && !boxes.to_audio.has(index)
            {
                boxes.to_audio.put(index, value);
            }
        });
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
        self.sent.clear();
        let mut start = 0;
        while start < frames {
            let end = self.inbox.run_end(start, frames);
            self.tell(start, end);
            self.buffers.aim(start);
            let said = self.run(end - start, &time.later(start, self.rate));
            // Some say that they had nothing to do.
            if ![kResultOk, kResultFalse, kNotImplemented].contains(&said) {
                self.buffers.silence();
                return Outcome::Failed;
            }
            self.hear(start, end);
            start = end;
        }
        self.buffers.after(frames);
        Outcome::Playing
    }

    fn sent(&self) -> &Sent {
        &self.sent
    }

    fn dropped(&self) -> u64 {
        self.inbox.dropped() + self.crowded
    }

    fn reset(&mut self) {
        // SAFETY: the audio thread, between blocks: the standard's way to clear what sounds.
        unsafe {
            self.parts.processor.setProcessing(0);
            self.parts.processor.setProcessing(1);
        }
    }
}
