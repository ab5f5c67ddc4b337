//! Starting and stopping a VST3 instance.

use super::half::Half;
use super::{Hosted, describe};
use crate::plugin::{AudioHalf, PluginError, Setup, Transport};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

impl Hosted {
    /// Activates; see [`Plugin::activate`](crate::plugin::Plugin::activate).
    pub(super) fn start(&mut self, setup: &Setup) -> Result<Half, PluginError> {
        if self.playing() {
            return Err(PluginError::Playing(self.description.name.clone()));
        }
        self.stop();
        // Layouts may have been refused or changed: the buffers follow what is there now.
        (self.description.inputs, self.description.outputs) = describe::buses(&self.parts);
        self.prepare(setup)?;
        self.switch_on()?;
        let waits = self.boxes.to_audio.waits();
        let boxes = self.boxes.clone();
        let mut half = Half::new(&self.description, boxes, self.parts.clone(), setup);
        if waits {
            half.flush();
            if self.parts.handler().asks(RestartFlags_::kLatencyChanged) {
                self.switch_off();
                self.switch_on()?;
            }
        }
        self.parts.handler().done(RestartFlags_::kLatencyChanged);
        describe::timing(&mut self.description, &self.parts);
        Ok(half)
    }

    fn prepare(&self, setup: &Setup) -> Result<(), PluginError> {
        let double = setup.double && self.description.double;
        let size =
            if double { SymbolicSampleSizes_::kSample64 } else { SymbolicSampleSizes_::kSample32 };
        let mode = if setup.offline { ProcessModes_::kOffline } else { ProcessModes_::kRealtime };
        let mut setup = ProcessSetup {
            processMode: mode as i32,
            symbolicSampleSize: size as i32,
            maxSamplesPerBlock: setup.block.clamp(1, crate::plugin::BLOCK) as i32,
            sampleRate: setup.rate,
        };
        let component = &self.parts.component;
        // SAFETY: main thread, not active.
        unsafe {
            let said = self.parts.processor.setupProcessing(&mut setup);
            if said != kResultOk && said != kNotImplemented {
                return Err(self.refuses("the sample rate or the size of blocks"));
            }
            for media in [MediaTypes_::kAudio, MediaTypes_::kEvent] {
                for direction in [BusDirections_::kInput, BusDirections_::kOutput] {
                    let (media, direction) = (media as i32, direction as i32);
                    for index in 0..component.getBusCount(media, direction) {
                        component.activateBus(media, direction, index, 1);
                    }
                }
            }
        }
        Ok(())
    }

    fn switch_on(&mut self) -> Result<(), PluginError> {
        // SAFETY: main thread, set up and not active.
        unsafe {
            let said = self.parts.component.setActive(1);
            if said != kResultOk && said != kNotImplemented {
                return Err(self.refuses("to be activated"));
            }
            // Its answer means nothing: many plugins say that they do not implement it.
            self.parts.processor.setProcessing(1);
        }
        self.active = true;
        Ok(())
    }

    fn switch_off(&mut self) {
        // SAFETY: main thread, active, and no audio half is processing.
        unsafe {
            self.parts.processor.setProcessing(0);
            self.parts.component.setActive(0);
        }
        self.active = false;
    }

    /// Deactivates, if it is active; its audio half is gone.
    pub(super) fn stop(&mut self) {
        if self.active {
            self.switch_off();
        }
    }

    /// Brings what was set to the component, which some do only within a block with a frame.
    pub(super) fn settle(&mut self) -> Result<(), PluginError> {
        let mut half = self.start(&Setup { offline: true, ..Setup::new(48_000.0) })?;
        while self.boxes.to_audio.waits() {
            half.process(1, &[], &Transport::default());
        }
        drop(half);
        self.stop();
        Ok(())
    }
}
