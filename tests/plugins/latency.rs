//! Latency: told, true, and changed while it plays.

use super::rig::{FORMATS, RATE, fixture, index, noise, render, through};
use rhapsode::plugin::{Change, EventKind, Setup};

#[test]
fn the_sound_is_late_by_what_is_told() {
    for format in FORMATS {
        let mut late = fixture("Fixture Latency", format);
        let frames = index(&*late, "Frames");
        late.set(frames, 100.0).unwrap();
        let (left, right) = (noise(2000, 1), noise(2000, 2));
        let out = through(&mut *late, &Setup::new(RATE), &left, &right);
        assert_eq!(late.description().latency, 100, "{format}");
        assert!(out[0][..100].iter().all(|x| *x == 0.0));
        assert_eq!(out[0][100..], left[..1900], "{format}");
    }
}

/// Row 18, the plugin's side: a change is told while it plays, and is there once it is activated again.
#[test]
fn a_change_is_told_and_is_there_after_a_restart() {
    for format in FORMATS {
        let mut late = fixture("Fixture Latency", format);
        let frames = index(&*late, "Frames");
        let mut half = late.activate(&Setup::new(RATE)).unwrap();
        assert_eq!(late.description().latency, 128);
        assert_eq!(late.poll(), [], "{format}: nothing has changed");
        let inputs = [noise(640, 1), noise(640, 2)];
        let value = 1000.0 / 4096.0;
        let moved = [(70, EventKind::Parameter { index: frames, value })];
        let out = render(half.as_mut(), &[2], &inputs, 640, &moved);
        assert_eq!(out[0][128..], inputs[0][..512], "{format}: the old latency until then");
        let mut changes = late.poll();
        changes.extend(late.poll());
        let told = |c: &Change| matches!(c, Change::Latency | Change::Restart);
        assert!(changes.iter().any(told), "{format}: {changes:?}");
        drop(half);
        let mut half = late.activate(&Setup::new(RATE)).unwrap();
        assert_eq!(late.description().latency, 1000, "{format}");
        let inputs = [noise(2048, 3), noise(2048, 4)];
        let out = render(half.as_mut(), &[2], &inputs, 2048, &[]);
        assert_eq!(out[0][1000..], inputs[0][..1048], "{format}");
    }
}
