//! A VST3 plugin as a description: its class, buses, parameters and programs.

use super::library::Class;
use super::parts::Parts;
use super::text::from_wide;
use crate::plugin::{Bus, Description, Format, Parameter, Tail};
use std::path::Path;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

/// The description of an instance that is not active.
pub fn describe(path: &Path, class: Class, parts: &Parts) -> Description {
    let mut description = Description {
        id: class.id,
        name: class.name,
        vendor: class.vendor,
        version: class.version,
        categories: class.categories.split('|').map(str::to_string).collect(),
        state: true,
        ..Description::new(Format::Vst3, path)
    };
    description.categories.retain(|c| !c.is_empty());
    again(&mut description, parts);
    description
}

/// Reads again what a plugin may change of itself.
pub fn again(description: &mut Description, parts: &Parts) {
    (description.inputs, description.outputs) = buses(parts);
    (description.programs, description.parameters) = (programs(parts), parameters(parts));
    let double = SymbolicSampleSizes_::kSample64 as i32;
    // SAFETY: main thread.
    unsafe {
        let notes = |direction| {
            parts.component.getBusCount(MediaTypes_::kEvent as i32, direction as i32) > 0
        };
        description.midi_in = notes(BusDirections_::kInput);
        description.midi_out = notes(BusDirections_::kOutput);
        description.double = parts.processor.canProcessSampleSize(double) == kResultOk;
    }
    timing(description, parts);
}

/// Reads latency and tail.
pub fn timing(description: &mut Description, parts: &Parts) {
    // SAFETY: main thread.
    unsafe {
        description.latency = parts.processor.getLatencySamples();
        description.tail = match parts.processor.getTailSamples() {
            0 => Tail::None,
            kInfiniteTail => Tail::Endless,
            frames => Tail::Frames(frames),
        };
    }
}

/// The audio buses, inputs and outputs.
pub fn buses(parts: &Parts) -> (Vec<Bus>, Vec<Bus>) {
    let side = |direction: BusDirections| {
        let (media, direction) = (MediaTypes_::kAudio as i32, direction as i32);
        // SAFETY: main thread.
        let count = unsafe { parts.component.getBusCount(media, direction) };
        let all = (0..count).map(|index| {
            // SAFETY: a structure of numbers, whose zeros are good; the component fills it.
            let info = unsafe {
                let mut info: BusInfo = std::mem::zeroed();
                parts.component.getBusInfo(media, direction, index, &mut info);
                info
            };
            Bus {
                name: from_wide(&info.name),
                channels: info.channelCount.max(0) as usize,
                main: info.busType as BusTypes == BusTypes_::kMain,
            }
        });
        all.collect()
    };
    (side(BusDirections_::kInput), side(BusDirections_::kOutput))
}

fn parameters(parts: &Parts) -> Vec<Parameter> {
    use ParameterInfo_::ParameterFlags_::*;
    let controller = &parts.controller;
    let groups = groups(parts);
    // SAFETY: main thread; structures of numbers, whose zeros are good.
    unsafe {
        let all = (0..controller.getParameterCount()).filter_map(|index| {
            let mut info: ParameterInfo = std::mem::zeroed();
            if controller.getParameterInfo(index, &mut info) != kResultOk {
                return None;
            }
            let plain = |x| controller.normalizedParamToPlain(info.id, x);
            let (a, b) = (plain(0.0), plain(1.0));
            let is = |flag: ParameterInfo_::ParameterFlags| info.flags & flag != 0;
            let group = groups.iter().find(|(id, _)| *id == info.unitId);
            Some(Parameter {
                id: info.id,
                name: from_wide(&info.title),
                unit: from_wide(&info.units),
                group: group.map_or(String::new(), |(_, name)| name.clone()),
                lowest: a.min(b),
                highest: a.max(b),
                default: plain(info.defaultNormalizedValue),
                steps: info.stepCount.max(0) as u32,
                hidden: is(kIsHidden),
                read_only: is(kIsReadOnly),
                automatable: is(kCanAutomate),
                bypass: is(kIsBypass),
                program: is(kIsProgramChange),
            })
        });
        all.collect()
    }
}

/// Names of the units but the root, by id.
fn groups(parts: &Parts) -> Vec<(UnitID, String)> {
    let Some(units) = parts.controller.cast::<IUnitInfo>() else { return Vec::new() };
    // SAFETY: main thread; structures of numbers, whose zeros are good.
    unsafe {
        let all = (0..units.getUnitCount()).filter_map(|index| {
            let mut info: UnitInfo = std::mem::zeroed();
            let got = units.getUnitInfo(index, &mut info) == kResultOk;
            (got && info.id != 0).then(|| (info.id, from_wide(&info.name)))
        });
        all.collect()
    }
}

/// Names of the factory programs of the first list.
fn programs(parts: &Parts) -> Vec<String> {
    let Some(units) = parts.controller.cast::<IUnitInfo>() else { return Vec::new() };
    // SAFETY: main thread; structures of numbers, whose zeros are good.
    unsafe {
        let mut list: ProgramListInfo = std::mem::zeroed();
        if units.getProgramListCount() < 1 || units.getProgramListInfo(0, &mut list) != kResultOk {
            return Vec::new();
        }
        let all = (0..list.programCount).filter_map(|index| {
            let mut name: String128 = [0; 128];
            let got = units.getProgramName(list.id, index, &mut name) == kResultOk;
            got.then(|| from_wide(&name))
        });
        all.collect()
    }
}
