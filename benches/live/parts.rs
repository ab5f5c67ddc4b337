//! What an edit of the 200 lines is made of, and the audio thread's part of it.

use crate::median;
use crate::song::song;
use rhapsode::engine::live::{Live, Quant};
use rhapsode::graph::{compile_apart, edit};
use rhapsode::rt::{Renderer, Update};
use rhapsode::runtime::{Piece, Runtime};
use std::hint::black_box;
use std::time::Instant;

fn piece(source: &str) -> Piece {
    Runtime::new().eval(source).unwrap_or_else(|e| panic!("{e:#?}"))
}

/// Milliseconds of `f`, median and most of so many runs.
fn ms<T>(mut f: impl FnMut(usize) -> T) -> (f64, f64) {
    let run = |i| {
        let start = Instant::now();
        black_box(f(i));
        start.elapsed().as_secs_f64() * 1e3
    };
    median((0..40).map(run).collect())
}

/// An edit of 1 to 40: its level, and every other time its effect.
fn edited(i: usize, structure: bool) -> String {
    song(0.1 + i as f64 * 1e-3, structure && i % 2 == 1)
}

pub fn run() {
    let tell = |what: &str, (median, most): (f64, f64)| {
        println!("{what:<50} median {median:8.3} ms, most {most:8.3} ms");
    };
    println!("200 lines, 16 tracks; 40 runs each");
    tell("evaluate nothing", ms(|_| piece("")));
    let prepared = |i| {
        rhapsode::script::prepare();
        let start = Instant::now();
        black_box(piece(&edited(i, true)));
        start.elapsed().as_secs_f64() * 1e3
    };
    tell("evaluate", median((0..40).map(prepared).collect()));
    let evaluated = piece(&song(0.1, false));
    tell("compile", ms(|_| evaluated.fresh().expect("compiles")));
    for (what, structure) in [("a value", false), ("an effect", true)] {
        let (mut live, mut performer) = Live::new(evaluated.fresh().expect("compiles"), Some(1.0));
        live.set_buffer(256);
        let mut output = vec![0.0; 512];
        let commit = |i| {
            // Played on until the graph between two musics is gone.
            for _ in 0..300 {
                live.tick(|_| {});
                performer.render(&mut output, 2);
            }
            let fresh = piece(&edited(i, structure)).fresh().expect("compiles");
            let start = Instant::now();
            live.commit(fresh, Quant::Now, &|_| false).expect("compiles");
            start.elapsed().as_secs_f64() * 1e3
        };
        tell(&format!("match, transition and send: {what}"), median((1..40).map(commit).collect()));
    }
    take();
}

/// The audio thread's part: the swap itself, of 200 nodes of which all live on.
fn take() {
    let script = |n: f64| {
        let track = |i: usize| {
            format!(
                "track(\"t{i}\", saw({}) * 0.01).fx(lowpass(900) |> drive(2) |> chorus() |> \
                 highpass({n}) |> delay(0.1));\n",
                100 + i
            )
        };
        (0..25).map(track).collect::<String>()
    };
    let compiled = |n: f64| {
        let piece = piece(&script(n));
        compile_apart(piece.session(), 48_000.0, piece.library()).expect("compiles")
    };
    let first = compiled(90.0);
    let mut placement = first.placement;
    let mut renderer = Renderer::new(first.schedule, Some(1.0));
    let (mut times, mut nodes) = (Vec::new(), 0);
    for n in 1..200 {
        for _ in 0..8 {
            black_box(renderer.render(1));
        }
        let next = compiled(90.0 + f64::from(n));
        let edit = edit(&placement, &next.placement, &|_| false);
        nodes = edit.kept;
        let at = renderer.frame();
        let (moves, feedback) = (edit.moves, edit.feedback);
        let mut update = Update { schedule: next.schedule, moves, feedback, at, start: None };
        let start = Instant::now();
        renderer.take(&mut update);
        times.push(start.elapsed().as_secs_f64() * 1e6);
        placement = next.placement;
    }
    let (median, most) = median(times);
    println!(
        "the audio thread's part, {nodes} nodes kept: median {median:.1} us, most {most:.1} us"
    );
}
