//! What plugins say of themselves.

use super::built::library;
use super::rig::{FORMATS, fixture, index, named, zam};
use rhapsode::plugin::{Bus, Format, Plugin, PluginError, Setup, ids, open};

#[test]
fn a_library_lists_its_plugins_by_id() {
    let clap = ids(Format::Clap, &library("good", Format::Clap)).unwrap();
    assert_eq!(clap.len(), 5);
    assert_eq!(clap[0], "org.rhapsode.fixture.gain");
    let vst3 = ids(Format::Vst3, &library("good", Format::Vst3)).unwrap();
    assert_eq!(vst3.len(), 5, "controllers are no plugins");
    assert!(vst3.iter().all(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())));
}

#[test]
fn a_gain_is_described_in_full() {
    for format in FORMATS {
        let gain = fixture("Fixture Gain", format);
        let d = gain.description();
        assert_eq!((d.vendor.as_str(), d.version.as_str()), ("Rhapsode", "1.2.3"));
        assert_eq!(d.inputs, [Bus { name: "In".into(), channels: 2, main: true }]);
        assert_eq!(d.outputs, [Bus { name: "Out".into(), channels: 2, main: true }]);
        assert!(d.double && d.state && !d.midi_in && !d.midi_out && !d.instrument());
        let names: Vec<&str> = d.parameters.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["Gain", "Factor", "Cutoff", "Mode", "Bypass", "Peak", "Secret"]);
        let p = &d.parameters[0];
        assert_eq!((p.id, p.unit.as_str(), p.lowest, p.highest), (10, "dB", -60.0, 12.0));
        assert!(p.default.abs() < 1e-12 && p.steps == 0 && p.automatable && p.open());
        let (mode, bypass) = (&d.parameters[3], &d.parameters[4]);
        assert_eq!((mode.steps, mode.highest, mode.unit.as_str()), (2, 2.0, ""));
        assert!(bypass.bypass && bypass.steps == 1);
        let (peak, secret) = (&d.parameters[5], &d.parameters[6]);
        assert!(peak.read_only && !peak.open() && secret.hidden && !secret.open());
        assert_eq!(d.parameter("cutoff"), Some(2));
        if format == Format::Clap {
            assert_eq!(d.categories, ["audio-effect", "mixing"]);
            assert_eq!(d.parameters[2].group, "Tone");
        } else {
            assert_eq!(d.categories, ["Fx", "Dynamics"]);
        }
    }
}

#[test]
fn instruments_midi_effects_and_side_chains_are_told_apart() {
    for format in FORMATS {
        let sine = fixture("Fixture Sine", format);
        assert!(sine.description().instrument() && sine.description().inputs.is_empty());
        let midi = fixture("Fixture Transposer", format);
        assert!(midi.description().midi_in && midi.description().midi_out);
        assert!(!midi.description().instrument());
        let ducker = fixture("Fixture Ducker", format);
        let side = &ducker.description().inputs[1];
        assert_eq!((side.name.as_str(), side.channels, side.main), ("Side-chain", 1, false));
        assert!(!ducker.description().double);
    }
}

#[test]
fn values_texts_and_curves_agree() {
    for format in FORMATS {
        let mut gain = fixture("Fixture Gain", format);
        let (g, cutoff, mode) =
            (index(&*gain, "Gain"), index(&*gain, "Cutoff"), index(&*gain, "Mode"));
        gain.set(g, -24.0).unwrap();
        assert!((gain.value(g) + 24.0).abs() < 1e-9);
        assert!((gain.normalise(g, -24.0) - 0.5).abs() < 1e-12);
        assert_eq!(gain.text(g, -24.0), "-24.00 dB");
        assert_eq!(gain.parse(g, "-6 dB").map(f64::round), Some(-6.0));
        assert_eq!(gain.parse(g, "-6").map(f64::round), Some(-6.0));
        assert_eq!(gain.parse(g, "loud"), None);
        assert_eq!(gain.text(mode, 2.0), "Hot");
        assert_eq!(gain.parse(mode, "warm"), Some(1.0));
        gain.set(g, 99.0).unwrap();
        assert_eq!(gain.value(g), 12.0, "kept in the range");
        assert!(matches!(gain.set(g, f64::NAN), Err(PluginError::Value { .. })));
        assert!(matches!(gain.set(700, 0.0), Err(PluginError::Value { .. })));
        let curve = gain.curve(cutoff);
        for hertz in [20.0, 63.0, 440.0, 8000.0, 20_000.0] {
            let (exact, met) = (gain.normalise(cutoff, hertz), curve.normalise(hertz));
            assert!((exact - met).abs() < 1e-6, "{format} {hertz}: {exact} {met}");
        }
    }
}

#[test]
fn what_is_not_there_is_said_plainly() {
    for format in FORMATS {
        let path = library("good", format);
        let absent = open(format, &path, "org.nobody").err().expect("no such plugin");
        assert!(matches!(absent, PluginError::Absent { .. }));
        assert!(absent.hint().is_some_and(|h| h.contains("plugins list")));
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let text = open(format, file.as_ref(), "").err().expect("no plugin").to_string();
        assert!(text.contains("Cargo.toml cannot be loaded"), "{text}");
    }
    let lv2 = open(Format::Lv2, "x".as_ref(), "").err().expect("not yet");
    assert!(lv2.to_string().contains("lv2"));
}

#[test]
fn layouts_are_proposed_and_a_no_is_taken() {
    let mut gain = fixture("Fixture Gain", Format::Vst3);
    assert!(gain.arrange(&[2], &[2]));
    assert!(!gain.arrange(&[1], &[1]));
    assert_eq!(gain.description().inputs[0].channels, 2);
    let path = library("refuses", Format::Vst3);
    let mut refuses = named(&path, Format::Vst3, "Fixture Refuses");
    assert!(!refuses.arrange(&[2], &[2]) && !refuses.arrange(&[1], &[2]));
    let d = refuses.description();
    assert_eq!((d.inputs[0].channels, d.outputs[0].channels), (1, 2));
}

#[test]
fn a_clap_takes_on_another_width() {
    let path = library("nan", Format::Clap);
    let mut wide = named(&path, Format::Clap, "Fixture NaN");
    let widths = |p: &dyn Plugin| {
        [&p.description().inputs, &p.description().outputs].map(|buses| buses[0].channels)
    };
    for n in [1, 4, 2, 8] {
        assert!(wide.arrange(&[n], &[n]));
        assert_eq!(widths(&*wide), [n, n]);
        let mut half = wide.activate(&Setup::new(48_000.0)).unwrap();
        (0..n).for_each(|c| half.input(0, c).fill(0.25 / (c + 1) as f32));
        half.process(64, &[], &Default::default());
        (0..n).for_each(|c| assert_eq!(half.output(0, c)[63], 0.25 / (c + 1) as f32));
        assert!(half.output(0, n).is_empty());
        assert!(!wide.arrange(&[3], &[3]) && widths(&*wide) == [n, n], "not while it plays");
        drop(half);
        wide.deactivate().unwrap();
    }
    assert!(!wide.arrange(&[3], &[2]) && !wide.arrange(&[9], &[9]));
    assert_eq!(widths(&*wide), [8, 8], "what it refuses changes nothing");
}

#[test]
fn a_plugin_hears_of_its_track() {
    for format in FORMATS {
        let mut plugin = named(&library("nan", format), format, "Fixture NaN");
        let [letters, colour] = ["Letters", "Colour"].map(|name| index(&*plugin, name));
        plugin.track("Bass \u{e9}", Some([0x12, 0x34, 0x56]));
        assert_eq!((plugin.value(letters), plugin.value(colour)), (6.0, f64::from(0x12_3456)));
        plugin.track("Lead", None);
        assert_eq!((plugin.value(letters), plugin.value(colour)), (4.0, 0.0), "{format}");
        // One that does not want to know is left alone.
        zam("ZamDelay", format).track("Bass", None);
    }
}

#[test]
fn real_plugins_are_described() {
    for format in FORMATS {
        let mut delay = zam("ZamDelay", format);
        let d = delay.description();
        assert_eq!(d.name, "ZamDelay");
        assert_eq!((d.inputs.len(), d.outputs.len()), (1, 1));
        assert!(d.parameter("Time").is_some() && d.parameter("Feedback").is_some(), "{d:#?}");
        delay.activate(&Setup::new(48_000.0)).unwrap();
        let mut limiter = zam("ZaMaximX2", format);
        limiter.activate(&Setup::new(48_000.0)).unwrap();
        assert_eq!(limiter.description().latency, 480, "{format}");
    }
}
