//! Other numbers of channels for a CLAP instance, and what it knows of its track.

use super::{Hosted, describe};
use crate::plugin::Bus;
use clack_extensions::configurable_audio_ports::{AudioPortRequest, AudioPortRequestDetails};

impl Hosted {
    /// See [`Plugin::arrange`](crate::plugin::Plugin::arrange).
    pub(super) fn layout(&mut self, inputs: &[usize], outputs: &[usize]) -> bool {
        let differs = |buses: &[Bus], asked: &[usize]| -> Vec<(u32, usize)> {
            let all = buses.iter().zip(asked).zip(0..);
            all.filter(|((bus, n), _)| bus.channels != **n).map(|((_, &n), i)| (i, n)).collect()
        };
        let d = &self.description;
        let (ins, outs) = (differs(&d.inputs, inputs), differs(&d.outputs, outputs));
        if let (Some(ports), Some(mut handle)) =
            (self.extensions.configurable, self.instance.get_mut().inactive_plugin_handle())
            && !(ins.is_empty() && outs.is_empty())
        {
            let all = ins.into_iter().map(|ask| (true, ask));
            let all = all.chain(outs.into_iter().map(|ask| (false, ask)));
            let requests: Vec<AudioPortRequest> = all
                .map(|(input, (index, channels))| {
                    AudioPortRequest::new(input, index, details(channels))
                })
                .collect();
            ports.apply_configuration(&mut handle, &requests);
            describe::ports(&mut self.description, &self.extensions, self.instance.get_mut());
        }
        let has = |buses: &[Bus], asked: &[usize]| {
            buses.iter().map(|bus| bus.channels).eq(asked.iter().copied())
        };
        has(&self.description.inputs, inputs) && has(&self.description.outputs, outputs)
    }

    /// See [`Plugin::track`](crate::plugin::Plugin::track).
    pub(super) fn tell_track(&mut self, name: &str, colour: Option<[u8; 3]>) {
        let track = (name.to_string(), colour);
        *self.track.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(track);
        if let Some(info) = self.extensions.track {
            info.changed(&self.instance.get_mut().plugin_handle());
        }
    }
}

fn details(channels: usize) -> AudioPortRequestDetails<'static> {
    match channels {
        1 => AudioPortRequestDetails::mono(),
        2 => AudioPortRequestDetails::stereo(),
        n => AudioPortRequestDetails::untyped(n as u32),
    }
}
