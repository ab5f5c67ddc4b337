//! What the host adds to a block of 64 frames: a plugin that does next to nothing, in both formats.

#[cfg(target_os = "linux")]
#[path = "../tests/plugins/built.rs"]
#[allow(dead_code)]
mod built;

#[cfg(target_os = "linux")]
fn blocks(c: &mut criterion::Criterion) {
    use rhapsode::plugin::{Event, EventKind, Format, Setup, Transport, ids, open, sandbox};
    use std::time::{Duration, Instant};
    for format in [Format::Vst3, Format::Clap] {
        let path = built::library("good", format);
        // The transposer has no audio, so that next to nothing is the plugin's own.
        let all = ids(format, &path).expect("the fixtures load");
        let mut plugin = open(format, &path, &all[3]).expect("it opens");
        let mut half = plugin.activate(&Setup::new(48_000.0)).expect("it starts");
        let (time, kind) = (Transport::default(), EventKind::Parameter { index: 0, value: 0.5 });
        let event = [Event { offset: 3, kind }];
        c.bench_function(&format!("plugins/{format}/empty"), |b| {
            b.iter(|| half.process(64, &[], &time));
        });
        c.bench_function(&format!("plugins/{format}/event"), |b| {
            b.iter(|| half.process(64, &event, &time));
        });
        // The same in a process of its own.
        let mut options = sandbox::Options::new();
        options.program = env!("CARGO_BIN_EXE_rhapsode").into();
        let plugin = sandbox::open(&options, format, &path, &all[3]);
        let mut plugin = plugin.expect("it opens in a process of its own");
        let mut half = plugin.activate(&Setup::new(48_000.0)).expect("it starts");
        c.bench_function(&format!("plugins/{format}/sandboxed/empty"), |b| {
            b.iter(|| half.process(64, &[], &time));
        });
        // As a file is rendered.
        drop(half);
        let setup = Setup { offline: true, ..Setup::new(48_000.0) };
        let mut half = plugin.activate(&setup).expect("it starts");
        c.bench_function(&format!("plugins/{format}/sandboxed/offline"), |b| {
            b.iter(|| half.process(64, &event, &time));
        });
        drop(half);
        let mut half = plugin.activate(&Setup::new(48_000.0)).expect("it starts");
        // As it is played: both processes have slept in between.
        c.bench_function(&format!("plugins/{format}/sandboxed/paced"), |b| {
            b.iter_custom(|blocks| {
                let mut all = Duration::ZERO;
                for _ in 0..blocks {
                    std::thread::park_timeout(Duration::from_micros(1333));
                    let begin = Instant::now();
                    half.process(64, &[], &time);
                    all += begin.elapsed();
                }
                all
            });
        });
    }
}

#[cfg(target_os = "linux")]
criterion::criterion_group!(benches, blocks);
#[cfg(target_os = "linux")]
criterion::criterion_main!(benches);

#[cfg(not(target_os = "linux"))]
fn main() {}
