//! States: saved, kept as a file, restored into another instance.

use super::rig::{FORMATS, fixture, index, zam};
use rhapsode::plugin::{Change, Format, PluginError, State};

#[test]
fn a_state_goes_from_one_instance_to_another() {
    for format in FORMATS {
        let mut a = fixture("Fixture Gain", format);
        let (gain, mode) = (index(&*a, "Gain"), index(&*a, "Mode"));
        a.set(gain, -13.5).unwrap();
        a.set(mode, 2.0).unwrap();
        let file = a.save().unwrap().to_bytes();
        drop(a);
        let mut b = fixture("Fixture Gain", format);
        b.restore(&State::from_bytes(&file).unwrap()).unwrap();
        assert!((b.value(gain) + 13.5).abs() < 1e-9, "{format}: {}", b.value(gain));
        assert_eq!(b.value(mode), 2.0, "{format}");
        let again = b.save().unwrap().to_bytes();
        assert_eq!(again, file, "{format}: saved again it is the same");
        let mut other = fixture("Fixture Sine", format);
        let wrong = other.restore(&State::from_bytes(&file).unwrap());
        assert!(matches!(wrong, Err(PluginError::State(_))), "{format}");
    }
}

#[test]
fn real_plugins_keep_their_parameters() {
    for format in FORMATS {
        for name in ["ZamDelay", "ZaMultiCompX2", "ZamEQ2"] {
            let mut a = zam(name, format);
            let open = a.description().parameters.iter().zip(0..);
            let open: Vec<u32> = open.filter(|(p, _)| p.open()).map(|(_, i)| i).collect();
            for &i in &open {
                let p = a.description().parameters[i as usize].clone();
                let steps = if p.steps > 0 { f64::from(p.steps) } else { 8.0 };
                let value = (steps * 0.4).round() / steps;
                a.set(i, p.lowest + value * (p.highest - p.lowest)).unwrap();
            }
            let state = State::from_bytes(&a.save().unwrap().to_bytes()).unwrap();
            let wanted: Vec<f64> = open.iter().map(|&i| a.value(i)).collect();
            let mut b = zam(name, format);
            b.restore(&state).unwrap();
            for (&i, wanted) in open.iter().zip(wanted) {
                let p = &b.description().parameters[i as usize];
                let (got, room) = (b.value(i), 1e-5 * (p.highest - p.lowest).abs());
                assert!((got - wanted).abs() <= room, "{format} {name} {}: {got} {wanted}", p.name);
            }
        }
    }
}

#[test]
fn a_factory_program_sets_what_it_says() {
    let mut sine = fixture("Fixture Sine", Format::Vst3);
    assert_eq!(sine.description().programs, ["Soft", "Middle", "Loud"]);
    let level = index(&*sine, "Level");
    sine.poll();
    sine.program(2).unwrap();
    assert_eq!(sine.value(level), 1.0);
    assert!(sine.poll().contains(&Change::Values), "the change is told");
    let said = sine.program(3).unwrap_err().to_string();
    assert!(said.contains("has no program 3: it has 3"), "{said}");
    assert!(fixture("Fixture Sine", Format::Clap).program(0).is_err());
}
