//! Edits that race with the device, and edits that come too late for their frame.

use crate::sharpest;
use crate::stage::{self, RATE, fresh, peak, played, same};
use rhapsode::engine::live::{Live, News, Quant};
use rhapsode::engine::{Clock, Player};
use rhapsode::graph::{Compiled, compile_apart, edit};
use rhapsode::rt::event::EventKind;
use rhapsode::rt::job::Timed;
use rhapsode::rt::{Renderer, Update};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Plays `edits` of `song`, one after the other as soon as each can be heard, on a device that is a thread of its
/// own and runs on meanwhile.
fn raced(song: &str, edits: &[String]) -> Vec<f32> {
    let (mut live, mut performer) = Live::new(fresh(song), Some(1.0));
    live.set_buffer(64);
    let allowed = Arc::new(AtomicU64::new(2000));
    let limit = allowed.clone();
    let device = std::thread::spawn(move || {
        let mut left = Vec::new();
        while limit.load(Ordering::Acquire) != u64::MAX {
            if left.len() as u64 + 64 > limit.load(Ordering::Acquire) {
                std::thread::yield_now();
                continue;
            }
            let mut out = [0.0; 128];
            performer.render(&mut out, 2);
            left.extend(out.chunks(2).map(|frame| frame[0]));
        }
        left
    });
    for edit in edits {
        let edit = fresh(edit);
        allowed.store(live.frame() + 2000, Ordering::Release);
        live.commit(edit, Quant::Now, &|_| false).expect("compiles");
        let mut heard = false;
        while !heard {
            live.tick(|n| heard |= matches!(n, News::Swapped { .. }));
            // Enough for the edit to be taken.
            allowed.store(live.frame() + 200, Ordering::Release);
        }
    }
    allowed.store(u64::MAX, Ordering::Release);
    device.join().expect("ends")
}

#[test]
fn edits_race_with_the_device_and_what_is_not_edited_keeps_its_bits() {
    let song = |fx: &str| {
        format!(
            "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate) * 0.3)).play(note(\"c3*16\")){fx};
             track(\"b\", noise() * 0.1).pan(1);"
        )
    };
    let heard = raced(&song(""), &vec![song(""); 60]);
    same(&heard, &played(&song(""), heard.len() as f64 / RATE + 0.1), "what is not edited");
    let edits: Vec<String> =
        (0..20).map(|i| song(if i % 2 == 0 { ".fx(gain(0.5))" } else { "" })).collect();
    let heard = raced(&song(""), &edits);
    assert!(sharpest(&heard) < sharpest(&played(&song(""), 1.0)) * 1.1);
}

#[test]
fn an_edit_that_comes_too_late_for_its_frame_moves_and_plays_nothing_twice() {
    let piece = stage::piece(
        "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate) * 0.3)).play(note(\"c3*16\"));",
    );
    let (session, library) = (piece.session(), piece.library());
    let compile = || compile_apart(session, RATE, library).unwrap_or_else(|e| panic!("{e:?}"));
    let start = || Player::new(session, &compile(), RATE, library, None);
    let run = |edits: &[(usize, u64)]| {
        let Compiled { schedule, mut placement, .. } = compile();
        let mut renderer = Renderer::new(schedule, None);
        start().fill(60_000, |event| renderer.push(event));
        let mut heard = Vec::new();
        for block in 0..400 {
            for &(_, at) in edits.iter().filter(|e| e.0 == block) {
                let mut next = compile();
                let edit = edit(&placement, &next.placement, &|_| false);
                let mut player = start();
                player.resume(Clock::new(session, RATE), at);
                player.fill(60_000, |event| {
                    // Other numbers than those of the notes that sound.
                    let kind = match event.kind {
                        EventKind::NoteOn { id, key, velocity } => {
                            EventKind::NoteOn { id: id + 1000, key, velocity }
                        }
                        EventKind::NoteOff { id } => EventKind::NoteOff { id: id + 1000 },
                        other => other,
                    };
                    let job = next.schedule.slots.job(event.level, event.job).expect("a job");
                    job.push(Timed { kind, ..event });
                });
                let fades = Arc::new(AtomicU64::new(at));
                let (moves, feedback) = (edit.moves, edit.feedback);
                let mut update = Update {
                    schedule: next.schedule,
                    moves,
                    feedback,
                    at,
                    start: Some(fades.clone()),
                };
                renderer.take(&mut update);
                let taken = at.max(block as u64 * 64);
                assert_eq!((update.at, fades.load(Ordering::Relaxed)), (taken, taken));
                placement = next.placement;
            }
            heard.extend_from_slice(&renderer.render(1)[0][0].0);
        }
        heard
    };
    let want = run(&[]);
    assert!(peak(&want) > 0.1);
    // In time; late by some blocks, notes beginning and ending meanwhile (one every 6000 frames).
    same(&run(&[(100, 6400)]), &want, "in time");
    for (block, at) in [(95, 5_900), (100, 5_000), (190, 11_999), (190, 12_000), (300, 11_000)] {
        same(&run(&[(block, at)]), &want, &format!("made for {at}, taken at {}", block * 64));
    }
}
