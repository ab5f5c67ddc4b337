//! A CLAP plugin as a description: its descriptor, ports and parameters.

use super::host::Host;
use crate::plugin::describe::number;
use crate::plugin::{Bus, Description, Format, Parameter};
use clack_extensions::audio_ports::{AudioPortFlags, AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::configurable_audio_ports::PluginConfigurableAudioPorts;
use clack_extensions::latency::PluginLatency;
use clack_extensions::note_ports::{
    NoteDialect, NoteDialects, NotePortInfoBuffer, PluginNotePorts,
};
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::preset_discovery::PluginPresetLoad;
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_extensions::track_info::PluginTrackInfo;
use clack_host::plugin::PluginDescriptor;
use clack_host::prelude::*;
use std::ffi::CStr;
use std::path::Path;

/// What the plugin can do besides playing. Handles of one instance, not to be used with another.
pub struct Extensions {
    audio_ports: Option<PluginAudioPorts>,
    note_ports: Option<PluginNotePorts>,
    /// Parameters.
    pub params: Option<PluginParams>,
    /// Saving.
    pub state: Option<PluginState>,
    /// Loading of preset files.
    pub presets: Option<PluginPresetLoad>,
    /// Other numbers of channels.
    pub configurable: Option<PluginConfigurableAudioPorts>,
    /// Name and colour of its track.
    pub track: Option<PluginTrackInfo>,
    /// Latency.
    pub latency: Option<PluginLatency>,
    render: Option<PluginRender>,
}

impl Extensions {
    /// Asks for all of them.
    pub fn of(plugin: &PluginSharedHandle) -> Extensions {
        Extensions {
            audio_ports: plugin.get_extension(),
            note_ports: plugin.get_extension(),
            params: plugin.get_extension(),
            state: plugin.get_extension(),
            presets: plugin.get_extension(),
            configurable: plugin.get_extension(),
            track: plugin.get_extension(),
            latency: plugin.get_extension(),
            render: plugin.get_extension(),
        }
    }

    /// A plain value as the plugin writes it.
    pub fn text(&self, plugin: &PluginMainThreadHandle, id: u32, plain: f64) -> Option<String> {
        let mut buffer = [0u8; 256];
        let id = ClapId::from_raw(id)?;
        let text = self.params?.value_to_text(plugin, id, plain, &mut buffer).ok()?;
        Some(String::from_utf8_lossy(text).trim().to_string())
    }

    /// Tells it whether it may take its time.
    pub fn render(&self, plugin: &PluginMainThreadHandle, offline: bool) {
        if let Some(render) = self.render
            && !(offline && render.has_realtime_requirement(plugin))
        {
            let mode = if offline { RenderMode::Offline } else { RenderMode::Realtime };
            // A plugin that has one way only says no, and then there is nothing to do.
            let _ = render.set(plugin, mode);
        }
    }

    /// How notes go in by the first port.
    pub fn dialects(&self, plugin: &PluginMainThreadHandle) -> NoteDialects {
        let mut buffer = NotePortInfoBuffer::new();
        let port = self.note_ports.and_then(|p| p.get(plugin, 0, true, &mut buffer));
        port.map_or(NoteDialect::Clap.into(), |port| port.supported_dialects)
    }

    fn buses(&self, plugin: &PluginMainThreadHandle, input: bool) -> (Vec<Bus>, bool) {
        let Some(ports) = self.audio_ports else { return (Vec::new(), true) };
        let mut double = true;
        let buses = (0..ports.count(plugin, input)).filter_map(|index| {
            let mut buffer = AudioPortInfoBuffer::new();
            let port = ports.get(plugin, index, input, &mut buffer)?;
            double &= port.flags.contains(AudioPortFlags::SUPPORTS_64BITS);
            Some(Bus {
                name: String::from_utf8_lossy(port.name).into_owned(),
                channels: port.channel_count as usize,
                main: port.flags.contains(AudioPortFlags::IS_MAIN),
            })
        });
        (buses.collect(), double)
    }

    fn parameters(&self, plugin: &PluginMainThreadHandle) -> Vec<Parameter> {
        let Some(params) = self.params else { return Vec::new() };
        let all = (0..params.count(plugin)).filter_map(|index| {
            let mut buffer = ParamInfoBuffer::new();
            let info = params.get_info(plugin, index, &mut buffer)?;
            let is = |flag| info.flags.contains(flag);
            let stepped = is(ParamInfoFlags::IS_STEPPED);
            let text = self.text(plugin, info.id.get(), info.default_value).unwrap_or_default();
            Some(Parameter {
                id: info.id.get(),
                name: String::from_utf8_lossy(info.name).into_owned(),
                unit: number(&text).map_or(String::new(), |(_, unit)| unit.to_string()),
                group: String::from_utf8_lossy(info.module).into_owned(),
                lowest: info.min_value,
                highest: info.max_value,
                default: info.default_value,
                steps: if stepped { (info.max_value - info.min_value) as u32 } else { 0 },
                hidden: is(ParamInfoFlags::IS_HIDDEN),
                read_only: is(ParamInfoFlags::IS_READONLY),
                automatable: is(ParamInfoFlags::IS_AUTOMATABLE),
                bypass: is(ParamInfoFlags::IS_BYPASS),
                program: false,
            })
        });
        all.collect()
    }
}

/// The description of an instance that is not active; latency and tail come when it is.
pub fn describe(
    path: &Path,
    descriptor: &PluginDescriptor,
    extensions: &Extensions,
    instance: &mut PluginInstance<Host>,
) -> Description {
    let text = |s: Option<&CStr>| s.map_or(String::new(), |s| s.to_string_lossy().into_owned());
    let mut description = Description {
        id: text(descriptor.id()),
        name: text(descriptor.name()),
        vendor: text(descriptor.vendor()),
        version: text(descriptor.version()),
        categories: descriptor.features().map(|f| text(Some(f))).collect(),
        state: extensions.state.is_some(),
        ..Description::new(Format::Clap, path)
    };
    again(&mut description, extensions, instance);
    description
}

/// Reads again what a plugin may change of itself.
pub fn again(
    description: &mut Description,
    extensions: &Extensions,
    instance: &mut PluginInstance<Host>,
) {
    ports(description, extensions, instance);
    let plugin = instance.plugin_handle();
    description.parameters = extensions.parameters(&plugin);
    let notes = |input| extensions.note_ports.is_some_and(|p| p.count(&plugin, input) > 0);
    (description.midi_in, description.midi_out) = (notes(true), notes(false));
}

/// Reads its buses again.
pub fn ports(
    description: &mut Description,
    extensions: &Extensions,
    instance: &mut PluginInstance<Host>,
) {
    let plugin = instance.plugin_handle();
    let (inputs, narrow) = extensions.buses(&plugin, true);
    let (outputs, wide) = extensions.buses(&plugin, false);
    description.double = narrow && wide && !(inputs.is_empty() && outputs.is_empty());
    (description.inputs, description.outputs) = (inputs, outputs);
}
