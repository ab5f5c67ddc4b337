//! Plugins that crash, hang or are no plugins, each in a process of its own.
#![expect(clippy::disallowed_methods, reason = "a second must pass")]

use super::built::library;
use super::rig::{FORMATS, RATE, index, patient, sandboxed};
use super::sandbox_ends::Traced;
use rhapsode::plugin::{
    AudioHalf, Change, Event, EventKind, Format, Outcome, Plugin, PluginError, Setup, Transport,
    sandbox,
};
use std::path::Path;
use std::time::{Duration, Instant};

/// A block of a steady input.
fn block(half: &mut dyn AudioHalf, input: f32) -> Outcome {
    half.input(0, 0).fill(input);
    half.process(64, &[], &Transport::default())
}

/// What polls say within some seconds of a plugin that died.
fn last_words(plugin: &mut dyn Plugin) -> String {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        for change in plugin.poll() {
            if let Change::Died(said) = change {
                assert_eq!(plugin.poll(), [], "it is told once");
                return said;
            }
        }
    }
    panic!("nobody says that it died");
}

/// Row 14: a crash in a block is known in that very block, by name; what was set is still there, and is restored
/// into another instance.
#[test]
fn a_crash_is_bypassed_in_its_block_and_leaves_the_state() {
    for format in FORMATS {
        let path = library("crash-process", format);
        let mut crash = sandboxed(&path, format, "");
        let mut half = crash.activate(&Setup::new(RATE)).unwrap();
        assert_ne!(block(&mut *half, 0.25), Outcome::Failed);
        assert_eq!(half.output(0, 0), [0.25; 64], "{format}");
        let state = crash.save().unwrap();
        let begin = Instant::now();
        assert_eq!(block(&mut *half, 0.75), Outcome::Failed, "{format}");
        // The block would have had more than five.
        assert!(begin.elapsed() < Duration::from_secs(4), "{format}: {:?}", begin.elapsed());
        assert_eq!(half.output(0, 0), [0.0; 64], "{format}");
        assert_eq!(block(&mut *half, 0.25), Outcome::Failed, "{format}: for good");
        let said = last_words(&mut *crash);
        assert!(said.contains("Fixture Crash") && said.contains("SIGSEGV"), "{said}");
        assert_eq!(crash.save().unwrap(), state, "{format}");
        drop(half);
        assert!(matches!(crash.activate(&Setup::new(RATE)), Err(PluginError::Died { .. })));
        let mut again = sandboxed(&path, format, "");
        again.restore(&state).unwrap();
        let mut half = again.activate(&Setup::new(RATE)).unwrap();
        block(&mut *half, 0.25);
        assert_eq!(half.output(0, 0), [0.25; 64], "{format}: it plays again");
    }
}

/// What was set before and after the last save, while it lived and after it died, is in what is left.
#[test]
fn all_that_was_set_survives() {
    for format in FORMATS {
        let traced = Traced::new();
        let mut gain = traced.open("good", format);
        let at = ["Gain", "Factor", "Mode"].map(|name| index(&*gain, name));
        gain.set(at[0], -13.5).unwrap();
        gain.save().unwrap();
        gain.set(at[1], 0.5).unwrap();
        traced.signal(libc::SIGKILL);
        let said = last_words(&mut *gain);
        assert!(said.contains("was killed"), "{said}");
        gain.set(at[2], 2.0).unwrap();
        assert!(matches!(gain.set(at[2], f64::NAN), Err(PluginError::Value { .. })));
        assert!(matches!(gain.set(700, 1.0), Err(PluginError::Value { .. })));
        let wanted = [-13.5, 0.5, 2.0];
        let near = |plugin: &dyn Plugin| {
            at.iter().zip(wanted).all(|(&i, value)| (plugin.value(i) - value).abs() < 1e-6)
        };
        assert!(near(&*gain), "{format}: known without asking");
        assert_eq!(gain.parse(at[0], "-6 dB"), Some(-6.0));
        assert!(gain.program(0).is_err() && !gain.text(at[0], 1.0).is_empty());
        assert_eq!(gain.curve(at[0]).normalise(12.0), 1.0);
        let state = gain.save().unwrap();
        let mut again = traced.open("good", format);
        again.restore(&state).unwrap();
        assert!(near(&*again), "{format}: restored");
    }
}

/// What the plugin is like is fetched without being asked for while it plays; a value that has not come to the
/// sound when it is fetched is not lost.
#[test]
fn a_state_is_fetched_while_it_plays() {
    for format in FORMATS {
        let traced = Traced::new();
        let mut gain = traced.open("good", format);
        let (factor, mode) = (index(&*gain, "Factor"), index(&*gain, "Mode"));
        let mut half = gain.activate(&Setup::new(RATE)).unwrap();
        gain.set(factor, 0.5).unwrap();
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(2500) {
            block(&mut *half, 0.25);
            gain.poll();
            std::thread::sleep(Duration::from_millis(100));
        }
        gain.set(mode, 2.0).unwrap();
        gain.poll();
        traced.signal(libc::SIGKILL);
        last_words(&mut *gain);
        // Nobody has called `save` before.
        let state = gain.save().unwrap();
        assert!(!state.bytes.is_empty() && state.since.len() == 1, "{format}: {state:?}");
        let mut again = traced.open("good", format);
        again.restore(&state).unwrap();
        assert_eq!((again.value(factor), again.value(mode)), (0.5, 2.0), "{format}");
    }
}

/// Row 15: a hang costs a block no more than its budget, and then its process.
#[test]
fn a_hang_is_cut_and_its_process_ended() {
    for format in FORMATS {
        let mut traced = Traced::new();
        // 8 ms a block, each of which is waited for.
        (traced.options.share, traced.options.misses) = (6.0, u32::MAX);
        traced.options.hang = Duration::from_millis(100);
        let mut hang = traced.open("hang", format);
        let process = traced.process();
        let mut half = hang.activate(&Setup::new(RATE)).unwrap();
        let begin = Instant::now();
        let mut outcomes = vec![block(&mut *half, 0.75)];
        // How much longer it was is for whoever else uses the processor to say.
        assert!(begin.elapsed() >= Duration::from_millis(8), "{:?}", begin.elapsed());
        assert_eq!(half.output(0, 0), [0.0; 64]);
        while outcomes.last() == Some(&Outcome::Late) && outcomes.len() < 1000 {
            outcomes.push(block(&mut *half, 0.25));
        }
        assert_eq!(outcomes.pop(), Some(Outcome::Failed), "{format}: given up");
        assert!(outcomes.len() >= 3, "{format}: after {} blocks", outcomes.len());
        let said = last_words(&mut *hang);
        assert!(said.contains("hung while it played"), "{said}");
        assert!(!process.exists(), "{format}: ended");
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    }
}

/// What is late is no hang: after some blocks it is not waited for, so that the rest of the music is in time; once it
/// answers it is heard again, and the ends of notes are not lost.
#[test]
fn what_is_late_may_come_back() {
    let mut traced = Traced::new();
    traced.options.share = 6.0;
    traced.options.hang = Duration::from_secs(60);
    let path = library("good", Format::Clap);
    let id = "org.rhapsode.fixture.transposer";
    let mut transposer = sandbox::open(&traced.options, Format::Clap, &path, id).unwrap();
    let mut half = transposer.activate(&Setup::new(RATE)).unwrap();
    let mut block = |events: &[Event]| {
        let outcome = half.process(64, events, &Transport::default());
        (outcome, half.sent().events().to_vec())
    };
    traced.stop();
    let kind = EventKind::NoteOff { id: 1, channel: 0, key: 60.0, velocity: 0.0 };
    for i in 0..20 {
        let off = [Event { offset: 33, kind }];
        let events = if i == 7 { &off[..] } else { &[] };
        assert_eq!(block(events), (Outcome::Late, Vec::new()));
    }
    let begin = Instant::now();
    for _ in 0..1000 {
        assert_eq!(block(&[]).0, Outcome::Late);
    }
    assert!(begin.elapsed() < Duration::from_secs(4), "waited for, it would have been 8 s");
    traced.signal(libc::SIGCONT);
    let begin = Instant::now();
    let (outcome, sent) = loop {
        let (outcome, sent) = block(&[]);
        if outcome != Outcome::Late {
            break (outcome, sent);
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "it never comes back");
        std::thread::park_timeout(Duration::from_millis(1));
    };
    assert_ne!(outcome, Outcome::Failed);
    assert!(matches!(sent[..], [Event { offset: 0, kind: EventKind::NoteOff { .. } }]), "{sent:?}");
}

/// When a file is rendered there is all the time that is allowed, and an end after it.
#[test]
fn a_hang_ends_in_a_file_too() {
    let mut options = patient();
    options.patience = Duration::from_millis(300);
    let path = library("hang", Format::Clap);
    let mut hang = sandbox::open(&options, Format::Clap, &path, "").unwrap();
    let mut half = hang.activate(&Setup { offline: true, ..Setup::new(RATE) }).unwrap();
    let begin = Instant::now();
    assert_eq!(block(&mut *half, 0.75), Outcome::Failed);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert!(last_words(&mut *hang).contains("hung"));
}

/// Row 16, the sandbox's part: what is not a number comes through for the engine to replace.
#[test]
fn what_is_not_a_number_comes_through() {
    for format in FORMATS {
        let mut nan = sandboxed(&library("nan", format), format, "");
        let mut half = nan.activate(&Setup::new(RATE)).unwrap();
        block(&mut *half, 0.75);
        assert!(half.output(0, 0).iter().all(|x| x.is_nan()), "{format}");
        half.reset();
        block(&mut *half, 0.25);
        assert_eq!(half.output(0, 0), [0.25; 64], "{format}");
    }
}

#[test]
fn what_cannot_be_loaded_is_said_by_name() {
    for format in FORMATS {
        let mut options = patient();
        let open = |options: &sandbox::Options, name: &str| {
            let error = sandbox::open(options, format, &library(name, format), "").err();
            error.unwrap_or_else(|| panic!("{name} cannot be opened")).to_string()
        };
        let said = open(&options, "crash-load");
        assert!(said.contains("`crash-load` crashed (SIGSEGV) while it was loaded"), "{said}");
        options.limit = Duration::from_secs(3);
        let said = open(&options, "hang-load");
        assert!(said.contains("`hang-load` hung") && said.contains("loaded"), "{said}");
        options.program = "/nowhere/at/all".into();
        let said = open(&options, "good");
        assert!(said.contains("cannot be started"), "{said}");
        let absent = sandbox::open(&patient(), format, &library("good", format), "org.nobody");
        assert!(matches!(absent.err(), Some(PluginError::Absent { .. })), "{format}");
    }
}

/// Programs that answer with something else, or not at all, are known for what they do.
#[test]
fn a_program_that_is_no_host_is_told_so() {
    for (program, what) in [
        ("garbled", "sent what cannot be understood"),
        ("boastful", "hung: it does not answer"),
        ("closed", "closed its connection"),
        ("exits", "ended by itself (exit status: 3)"),
    ] {
        let mut options = patient();
        let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/plugins/hosts");
        options.program = hosts.join(program);
        options.limit = Duration::from_secs(3);
        let path = library("good", Format::Clap);
        let said = sandbox::open(&options, Format::Clap, &path, "").err().expect("no host");
        assert_eq!(said.to_string(), format!("the plugin `good` {what} while it was loaded"));
    }
}
