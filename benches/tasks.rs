//! The tasks of `benches/tasks/` through the whole engine: seconds of sound, without the start-up.

use criterion::{Criterion, criterion_group, criterion_main};
use rhapsode::engine::offline::Tail;
use rhapsode::{Length, Options, Runtime};
use std::hint::black_box;
use std::path::Path;

/// Seconds of sound in one measurement.
const SECONDS: f64 = 2.0;

fn tasks(c: &mut Criterion) {
    let mut group = c.benchmark_group("2 s of");
    group.sample_size(10);
    for task in ["t1", "t2kr", "t2ar", "t3", "t4", "t5"] {
        let path = format!("{}/benches/tasks/{task}.rhai", env!("CARGO_MANIFEST_DIR"));
        let piece = Runtime::new().load(Path::new(&path)).expect("the task is a right script");
        group.bench_function(task, |b| {
            b.iter_with_setup(
                || {
                    let options = Options {
                        length: Length::Seconds(SECONDS),
                        tail: Tail::None,
                        ..Options::default()
                    };
                    piece.start(options).expect("compiles")
                },
                |mut offline| {
                    while offline.advance() {
                        black_box(offline.frames().last());
                    }
                },
            );
        });
    }
    group.finish();
    c.bench_function("t6: evaluate, compile and render 1 s", |b| {
        let path = format!("{}/benches/tasks/t6.rhai", env!("CARGO_MANIFEST_DIR"));
        b.iter(|| {
            let piece = Runtime::new().load(Path::new(&path)).expect("a right script");
            black_box(
                piece.render(Options { tail: Tail::None, ..Options::default() }).expect("renders"),
            )
        });
    });
}

criterion_group!(benches, tasks);
criterion_main!(benches);
