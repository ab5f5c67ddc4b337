//! Plugins in processes of their own do as they do in this one, bit for bit.

use super::built::library;
use super::rig::{FORMATS, RATE, fixture, index, noise, sandboxed, through, zam};
use rhapsode::plugin::{
    Change, Event, EventKind, Expression, Format, Plugin, PluginError, Setup, State, Transport,
};
use rhapsode::rt::denormal::FlushToZero;

const GOOD: [&str; 5] =
    ["Fixture Gain", "Fixture Sine", "Fixture Transposer", "Fixture Ducker", "Fixture Latency"];

/// The same plugin in this process and in its own.
fn both(name: &str, format: Format) -> [Box<dyn Plugin>; 2] {
    let here = fixture(name, format);
    let id = here.description().id.clone();
    [here, sandboxed(&library("good", format), format, &id)]
}

/// What happens in a block: notes, bends, MIDI, points of all parameters, some of it outside the block.
fn events(plugin: &dyn Plugin, block: u32) -> Vec<Event> {
    let (id, channel, key, velocity) = (block as i32, 1, 50.0 + block as f32, 0.75);
    let dimension = Expression::Tuning;
    let mut kinds = vec![
        EventKind::NoteOn { id, channel, key, velocity },
        EventKind::Expression { id, channel, key, dimension, value: 0.5 },
        EventKind::Midi { bytes: [0xb0, 7, (block * 9) as u8 % 128] },
        EventKind::NoteOff { id: id - 2, channel, key: key - 2.0, velocity },
    ];
    let parameters = plugin.description().parameters.iter().zip(0..);
    kinds.extend(parameters.filter(|(p, _)| p.open() && p.automatable).map(|(_, index)| {
        EventKind::Parameter { index, value: f64::from((block * 7 + index * 3) % 11) / 10.0 }
    }));
    let at = |i: u32| (i * 13 + block) % 66;
    kinds.into_iter().zip(0..).map(|(kind, i)| Event { offset: at(i), kind }).collect()
}

/// All that can be seen of a plugin while it plays, is asked and changes.
fn story(plugin: &mut dyn Plugin) -> Vec<String> {
    // Their own processes have it; so does the audio thread of the engine.
    let _flush = FlushToZero::new();
    let mut told = vec![format!("{:?}", plugin.description())];
    let mut half = plugin.activate(&Setup { double: true, ..Setup::new(RATE) }).unwrap();
    let open = plugin.description().parameters.iter().zip(0..);
    let open: Vec<u32> = open.filter(|(p, _)| p.open()).map(|(_, i)| i).collect();
    for block in 0..24 {
        let d = plugin.description().clone();
        for (bus, b) in d.inputs.iter().enumerate() {
            for channel in 0..b.channels {
                let seed = block * 8 + bus as u32 * 2 + channel as u32;
                half.input(bus, channel).copy_from_slice(&noise(64, seed));
            }
        }
        if block == 9 {
            half.reset();
        }
        if block == 5 {
            open.iter().for_each(|&i| plugin.set_normalised(i, 0.25).unwrap());
        }
        let (frames, beat) = ([64, 17, 1, 64][block as usize % 4], f64::from(block) / 4.0);
        let cycle = (block % 2 == 0).then_some([0.0, 4.0]);
        let time = Transport { playing: block > 2, beat, cycle, ..Transport::default() };
        let outcome = half.process(frames, &events(plugin, block), &time);
        let mut sound = Vec::new();
        for (bus, b) in d.outputs.iter().enumerate() {
            for channel in 0..b.channels {
                sound.extend(half.output(bus, channel).iter().map(|x| x.to_bits()));
            }
        }
        told.push(format!("{block} {outcome:?} {:?} {}", half.sent(), half.dropped()));
        told.push(format!("{block} {sound:x?}"));
        told.push(format!("{block} {:?}", plugin.poll()));
    }
    drop(half);
    for &i in &open {
        let value = plugin.value(i);
        let [normalised, plain] = [plugin.normalise(i, value), plugin.plain(i, 0.3)];
        told.push(format!("{value} {normalised} {plain} {:?}", plugin.curve(i)));
        let text = plugin.text(i, plain);
        told.push(format!("{text} {:?}", plugin.parse(i, &text)));
    }
    told.push(format!("{:?} {:?}", plugin.parse(0, "loud"), plugin.set(0, f64::NAN)));
    told.push(format!("{:?} {:?}", plugin.set(700, 0.0), plugin.program(1)));
    told.push(format!("{:?} {:?}", plugin.arrange(&[1], &[1]), plugin.deactivate()));
    told.push(format!("{:?} {:?}", plugin.save(), plugin.description()));
    told
}

#[test]
fn all_that_a_plugin_does_it_does_in_its_own_process() {
    for format in FORMATS {
        for name in GOOD {
            let [here, there] = both(name, format).map(|mut plugin| story(&mut *plugin));
            assert_eq!(here.len(), there.len());
            for (here, there) in here.iter().zip(&there) {
                assert_eq!(here, there, "{format} {name}");
            }
            let silent = here.iter().all(|line| !line.contains("Playing"));
            assert!(!silent, "{format} {name} plays");
        }
    }
}

#[test]
fn a_real_plugin_sounds_the_same() {
    let _flush = FlushToZero::new();
    let (left, right) = (noise(48_000, 1), noise(48_000, 2));
    for format in FORMATS {
        let here = zam("ZamDelay", format);
        let there = sandboxed(&here.description().path, format, "");
        let [here, there] = [here, there].map(|mut plugin| {
            for (name, value) in [("Time", 125.0), ("Feedback", 0.5), ("Dry/Wet", 0.4)] {
                let index = index(&*plugin, name);
                plugin.set(index, value).unwrap();
            }
            through(&mut *plugin, &Setup::new(RATE), &left, &right)
        });
        assert!(here[0].iter().zip(&left).any(|(out, dry)| (out - dry).abs() > 0.1));
        let apart = here.iter().flatten().zip(there.iter().flatten());
        assert_eq!(apart.into_iter().position(|(a, b)| a.to_bits() != b.to_bits()), None);
    }
}

#[test]
fn states_go_in_and_out() {
    for format in FORMATS {
        let [mut here, mut there] = both("Fixture Gain", format);
        let (gain, mode) = (index(&*here, "Gain"), index(&*here, "Mode"));
        there.set(gain, -13.5).unwrap();
        there.set_normalised(mode, 1.0).unwrap();
        let file = there.save().unwrap().to_bytes();
        here.restore(&State::from_bytes(&file).unwrap()).unwrap();
        assert!((here.value(gain) + 13.5).abs() < 1e-9, "{format}");
        assert_eq!(here.save().unwrap().to_bytes(), file, "{format}");
        let [_, mut again] = both("Fixture Gain", format);
        again.restore(&State::from_bytes(&file).unwrap()).unwrap();
        assert_eq!(again.save().unwrap().to_bytes(), file, "{format}");
        let [_, mut other] = both("Fixture Sine", format);
        let wrong = other.restore(&State::from_bytes(&file).unwrap());
        assert!(matches!(wrong, Err(PluginError::State(_))), "{format}: {wrong:?}");
    }
}

/// A state with values that were set after it, as a plugin that died leaves it.
#[test]
fn values_that_were_set_after_a_state_are_restored_after_it() {
    for format in FORMATS {
        let mut a = fixture("Fixture Gain", format);
        let (gain, mode) = (index(&*a, "Gain"), index(&*a, "Mode"));
        a.set(gain, -13.5).unwrap();
        a.set(mode, 2.0).unwrap();
        let mut state = a.save().unwrap();
        state.since = vec![(a.description().parameters[gain as usize].id, -20.0)];
        let state = State::from_bytes(&state.to_bytes()).unwrap();
        let mut b = fixture("Fixture Gain", format);
        b.restore(&state).unwrap();
        assert!((b.value(gain) + 20.0).abs() < 1e-9, "{format}: {}", b.value(gain));
        assert_eq!(b.value(mode), 2.0, "{format}");
    }
}

#[test]
fn a_change_of_latency_is_told_and_is_there_after_a_restart() {
    for format in FORMATS {
        let [_, mut late] = both("Fixture Latency", format);
        let frames = index(&*late, "Frames");
        let mut half = late.activate(&Setup::new(RATE)).unwrap();
        assert_eq!(late.description().latency, 128);
        let value = 1000.0 / 4096.0;
        let moved = Event { offset: 6, kind: EventKind::Parameter { index: frames, value } };
        half.process(64, &[moved], &Transport::default());
        half.process(64, &[], &Transport::default());
        let mut changes = Vec::new();
        for _ in 0..100 {
            changes.extend(late.poll());
            if changes.iter().any(|c| matches!(c, Change::Latency | Change::Restart)) {
                break;
            }
        }
        assert!(!changes.is_empty(), "{format}: it is told");
        assert!(matches!(late.activate(&Setup::new(RATE)), Err(PluginError::Playing(_))));
        assert!(matches!(late.deactivate(), Err(PluginError::Playing(_))));
        drop(half);
        let mut half = late.activate(&Setup::new(RATE)).unwrap();
        assert_eq!(late.description().latency, 1000, "{format}");
        half.process(64, &[], &Transport::default());
    }
}

/// As on the engine's audio thread, what is next to nothing is nothing.
#[test]
fn denormals_are_flushed() {
    let [here, there] = both("Fixture Gain", Format::Clap).map(|mut plugin| {
        let mut half = plugin.activate(&Setup::new(RATE)).unwrap();
        half.input(0, 0).fill(1e-40);
        half.process(64, &[], &Transport::default());
        half.output(0, 0)[9]
    });
    assert_eq!((here, there), (1e-40, 0.0), "this thread does not flush them");
}

#[test]
fn a_hundred_thousand_parameters_come_through() {
    let path = library("many", Format::Clap);
    let mut many = sandboxed(&path, Format::Clap, "");
    assert_eq!(many.description().parameters.len(), 100_000);
    many.set(99_999, 0.25).unwrap();
    assert_eq!(many.value(99_999), 0.25);
    assert_eq!(many.save().unwrap().values.len(), 100_000);
}
