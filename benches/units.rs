//! Nanoseconds that each light unit takes for one block of 64 frames in eight lanes.

use criterion::{Criterion, criterion_group, criterion_main};
use rhapsode::dsp::F8;
use rhapsode::nodes::harness::{Feed, Setup};

fn audio() -> Feed {
    Feed::Audio(Box::new(|n| F8::splat((n % 64) as f32 / 64.0 - 0.5)))
}

fn hertz() -> Feed {
    Feed::Audio(Box::new(|n| F8::splat(500.0 + (n % 64) as f32)))
}

fn moving() -> Feed {
    Feed::Control(Box::new(|n| F8::splat(500.0 + (n % 128) as f32)))
}

fn units(c: &mut Criterion) {
    let one = |name: &str| Setup::new(name).input(audio());
    let two = |name: &str| Setup::new(name).input(audio()).input(audio());
    let cases: Vec<(&str, Setup)> = vec![
        ("sine const", Setup::new("sine")),
        ("sine ramp", Setup::new("sine").param("freq", moving())),
        ("sine audio", Setup::new("sine").param("freq", hertz())),
        ("saw const", Setup::new("saw")),
        ("saw ramp", Setup::new("saw").param("freq", moving())),
        ("square const", Setup::new("square")),
        ("triangle const", Setup::new("triangle")),
        ("supersaw const", Setup::new("supersaw")),
        ("noise", Setup::new("noise")),
        ("pink", Setup::new("pink")),
        ("lowpass const", one("lowpass")),
        ("lowpass ramp", one("lowpass").param("cutoff", moving())),
        ("lowpass audio", one("lowpass").param("cutoff", hertz())),
        ("peak ramp", one("peak").param("cutoff", moving())),
        ("ladder const", one("ladder")),
        ("onepole const", one("onepole")),
        ("adsr sustained", Setup::new("adsr").set("gate", 1.0)),
        ("gain const", one("gain")),
        ("gain audio", one("gain").param("gain", audio())),
        ("drive const", one("drive")),
        ("pan const", one("pan")),
        ("pan ramp", one("pan").param("position", moving())),
        ("lfo", Setup::new("lfo")),
        ("phaser", two("phaser")),
        ("chorus", two("chorus")),
        ("comb", one("comb")),
        ("vibrato", one("vibrato")),
    ];
    for (name, setup) in cases {
        let mut unit = setup.build();
        let mut bench = unit.block();
        c.bench_function(name, |b| b.iter(&mut bench));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(100))
        .measurement_time(std::time::Duration::from_millis(400))
        .sample_size(20);
    targets = units
}
criterion_main!(benches);
