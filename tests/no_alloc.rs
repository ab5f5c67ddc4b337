//! The audio side neither allocates nor frees: every example and piece, block by block, under a counting
//! allocator.

#[path = "no_alloc/counting.rs"]
mod counting;

use counting::{CALLS, WATCHED, calls};
use rhapsode::engine::Player;
use rhapsode::engine::live::{Live, News, Quant};
use rhapsode::graph::compile;
use rhapsode::io::record::Recording;
use rhapsode::rt::{Arrival, Renderer, Timed, Workers};
use rhapsode::runtime::Runtime;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

fn scripts() -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for folder in ["examples", "scripts"] {
        for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "rhai") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_counter_counts() {
    assert_eq!(calls(|| drop(std::hint::black_box(Box::new(1)))), 2);
}

#[test]
fn rendering_neither_allocates_nor_frees() {
    let scripts = scripts();
    assert!(scripts.len() >= 10, "the examples and pieces are there");
    for path in scripts {
        let piece =
            Runtime::new().load(&path).unwrap_or_else(|e| panic!("{}: {e:#?}", path.display()));
        let session = piece.session();
        let compiled = compile(session, 48_000.0, piece.library()).expect("compiles");
        let mut player = Player::new(session, &compiled, 48_000.0, piece.library(), None);
        let mut renderer = Renderer::new(compiled.schedule, Some(1.0));
        let mut events: Vec<Timed> = Vec::new();
        for block in 0..3000 {
            events.clear();
            player.fill(renderer.frame() + 64, |event| events.push(event));
            let made = calls(|| {
                events.iter().for_each(|event| renderer.push(*event));
                renderer.render(1);
            });
            assert_eq!(made, 0, "{} in block {block}", path.display());
        }
    }
}

#[test]
fn a_thousand_edits_neither_allocate_nor_free_on_the_audio_side() {
    let song = |n: usize| {
        let effect = ["lowpass(900)", "delay(0.1)", "reverb()", "drive(3)"][n % 4];
        let other = if n.is_multiple_of(3) {
            "midi_clock_out(\"box\"); track(\"b\", sine(110) * 0.2).send(\"hall\", 0.2);"
        } else {
            ""
        };
        format!(
            "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate) |> lowpass({}))).play(note(\"c3*8 e3\"))\
             .fx({effect}).send(\"hall\", 0.3); {other} bus(\"hall\", reverb());\
             track(\"in\", audio_in({}, 2)).fx(lowpass(800));
             track(\"knobs\", instrument(|v| saw(v.freq) * cc({}))).play(note(\"c3*8\")).fx(lowpass(900));
             map(7, \"knobs/lowpass.cutoff\", #{{takeover: false}}); map(bend(), \"knobs/gain\");",
            500 + n,
            1 + n % 3,
            n % 50
        )
    };
    let fresh = |n: usize| {
        let piece = Runtime::new().eval(&song(n)).unwrap_or_else(|e| panic!("{e:#?}"));
        piece.fresh().expect("compiles")
    };
    let (mut live, mut performer) = Live::new(fresh(0), Some(1.0));
    live.set_buffer(128);
    let (mut output, mut swaps, mut edits) = (vec![0.0; 256], 0, 0);
    let input = vec![0.1; 384];
    for round in 0u32.. {
        if swaps >= 1000 {
            break;
        }
        assert!(round < 40_000, "{swaps} of {edits} edits were heard");
        live.tick(|news| swaps += usize::from(matches!(news, News::Swapped { .. })));
        if round.is_multiple_of(5) {
            edits += 1;
            live.commit(fresh(edits), Quant::Now, &|_| false).expect("compiles");
        }
        let frame = live.frame() + u64::from(round % 200);
        let made = calls(|| {
            for bytes in
                [[0xb0, (round % 60) as u8, 9], [0xb0, 7, (round % 128) as u8], [0xe0, 1, 2]]
            {
                performer.hear(Arrival { frame, port: (round % 3) as u8, bytes });
            }
            performer.render_with(&mut output, 2, &input, 3);
            performer.take_outgoing(drop);
        });
        assert_eq!(made, 0, "round {round}");
    }
}

#[test]
fn recording_with_stems_neither_allocates_nor_frees_on_the_audio_side() {
    let song = |n: usize| {
        let extra = if n.is_multiple_of(2) {
            format!("track(\"new {}\", sine(220) * 0.1).fx(limiter(-1));", n % 20)
        } else {
            String::new()
        };
        let mute = if n.is_multiple_of(3) { ".mute()" } else { "" };
        format!(
            "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate))).play(note(\"c3*8 e3\")).send(\"hall\", 0.3){mute};
             track(\"b\", sine({}) * 0.2); {extra} bus(\"hall\", reverb());",
            100 + n
        )
    };
    let fresh = |n: usize| {
        let piece = Runtime::new().eval(&song(n)).unwrap_or_else(|e| panic!("{e:#?}"));
        piece.fresh().expect("compiles")
    };
    let folder = tempfile::tempdir().expect("a folder");
    let what = Recording { stems: Some(folder.path().join("stems")), ..Recording::default() };
    let (mut live, mut performer) = Live::new(fresh(0), Some(1.0));
    live.set_buffer(128);
    let (mut output, mut swaps, mut edits, mut takes) = (vec![0.0; 256], 0, 0, 0);
    for round in 0u32.. {
        if swaps >= 200 {
            break;
        }
        assert!(round < 20_000, "{swaps} of {edits} edits were heard");
        live.tick(|news| swaps += usize::from(matches!(news, News::Swapped { .. })));
        if round.is_multiple_of(5) {
            edits += 1;
            live.commit(fresh(edits), Quant::Now, &|_| false).expect("compiles");
        }
        // Tapes come and go as well.
        if round.is_multiple_of(400) {
            takes += live.stop_recording().map_or(0, |recorded| {
                assert!(recorded.files.len() >= 4, "{:?}", recorded.files);
                assert!(recorded.files.iter().all(|file| file.1 == recorded.files[0].1));
                assert_eq!(recorded.lost_frames, 0);
                1
            });
            live.record(&what).expect("starts");
        }
        live.take_meters();
        assert_eq!(calls(|| performer.render(&mut output, 2)), 0, "round {round}");
    }
    assert!(takes > 2, "{takes} takes");
}

#[test]
fn helping_threads_neither_allocate_nor_free() {
    let caller = std::thread::current().id();
    for path in scripts() {
        let piece =
            Runtime::new().load(&path).unwrap_or_else(|e| panic!("{}: {e:#?}", path.display()));
        let session = piece.session();
        let compiled = compile(session, 48_000.0, piece.library()).expect("compiles");
        let mut player = Player::new(session, &compiled, 48_000.0, piece.library(), None);
        let mut renderer = Renderer::new(compiled.schedule, Some(1.0));
        let mut workers = Workers::new(2);
        workers.run(&|| {
            CALLS.with(|calls| calls.set(0));
            WATCHED.with(|watched| watched.set(std::thread::current().id() != caller));
        });
        // Single blocks, as played live, and whole chunks, as rendered offline.
        for blocks in [1, 1, 1, renderer.chunk(), renderer.chunk(), 1, renderer.chunk()] {
            let end = renderer.frame() + 64 * blocks as u64;
            let mut events: Vec<Timed> = Vec::new();
            player.fill(end, |event| events.push(event));
            let made = calls(|| {
                events.iter().for_each(|event| renderer.push(*event));
                renderer.render_on(blocks, &mut workers);
            });
            assert_eq!(made, 0, "{} on the calling thread", path.display());
        }
        let made = AtomicU64::new(0);
        workers.run(&|| {
            WATCHED.with(|watched| watched.set(false));
            if std::thread::current().id() != caller {
                made.fetch_add(CALLS.with(Cell::get), Ordering::Relaxed);
            }
        });
        assert_eq!(made.into_inner(), 0, "{} on the helping threads", path.display());
    }
}
