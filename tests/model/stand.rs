//! `engine/live/stand.rs` as it is: performers come and go, and are freed by the control side.

use crate::check;
use crate::io::audio::{Callback, Format};
use loom::thread;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[path = "../../src/engine/live/stand.rs"]
#[allow(clippy::module_inception, reason = "it is the file's name")]
mod stand;

loom::thread_local! {
    static ON_AUDIO: Cell<bool> = Cell::new(false);
}

/// A performer that knows where it is freed.
pub struct Performer(usize, Arc<AtomicUsize>);

impl Performer {
    pub fn rate(&self) -> f64 {
        48_000.0
    }

    pub fn render_with(&mut self, output: &mut [f32], _: usize, _: &[f32], _: usize) {
        output.fill(self.0 as f32);
    }
}

impl Drop for Performer {
    fn drop(&mut self) {
        assert!(!ON_AUDIO.with(Cell::get), "freed on the audio thread");
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn performers_take_turns_and_none_is_freed_on_the_audio_side() {
    check(3, || {
        let freed = Arc::new(AtomicUsize::new(0));
        let (mut stand, mut backstage) = stand::Stand::new();
        stand.prepare(Format { rate: 48_000, channels: 1, in_channels: 0, max_frames: 1 });
        let audio = thread::spawn(move || {
            ON_AUDIO.with(|on| on.set(true));
            let mut heard = Vec::new();
            for _ in 0..4 {
                let mut out = [9.0];
                stand.render(&mut out, 1, &[], 0);
                heard.push(out[0] as usize);
            }
            ON_AUDIO.with(|on| on.set(false));
            (stand, heard)
        });
        let mut sent = 0;
        for n in 1..=4 {
            sent += usize::from(backstage.send(Performer(n, freed.clone())));
        }
        let (stand, heard) = audio.join().expect("ends");
        assert!(sent >= 1 && heard.is_sorted(), "{heard:?}");
        drop((stand, backstage));
        assert_eq!(freed.load(Ordering::Relaxed), 4, "each once");
    });
}
