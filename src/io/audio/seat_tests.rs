//! Tests of the seat. (The seat's own file is also checked by a model, which has no room for them.)

use super::seat::Seat;
use super::{Callback, Format, Moment, Stats};
use std::sync::Arc;

struct Ramp(f32);

impl Callback for Ramp {
    fn prepare(&mut self, format: Format) {
        self.0 = format.rate as f32;
    }
    fn render(&mut self, output: &mut [f32], _: usize, _: &[f32], _: usize) {
        for sample in output {
            assert!(self.0 < 48_004.0, "too much of it");
            *sample = self.0;
            self.0 += 1.0;
        }
    }
}

fn seat() -> Seat {
    Seat::new(Box::new(Ramp(0.0)), Arc::new(Stats::new()))
}

const FORMAT: Format = Format { rate: 48_000, channels: 1, in_channels: 0, max_frames: 2 };

fn two(seat: &Seat, driver: u64) -> [f32; 2] {
    let mut out = [9.0; 2];
    seat.render(driver, (48_000, Moment { micros: 0, jack: None }), &mut out, 1, &[], 0);
    out
}

#[test]
fn one_driver_at_a_time_hears_the_callback_and_it_comes_back() {
    let seat = seat();
    assert_eq!(two(&seat, 1), [0.0, 0.0], "nobody drives yet");
    assert!(seat.hand_to(1, Some(FORMAT)));
    assert_eq!(two(&seat, 1), [48_000.0, 48_001.0]);
    assert_eq!(two(&seat, 2), [0.0, 0.0], "not its turn");
    assert!(seat.hand_to(2, None));
    assert_eq!(two(&seat, 1), [0.0, 0.0], "no more");
    assert_eq!(two(&seat, 2), [48_002.0, 48_003.0], "goes on where it was");
    assert_eq!(seat.stats().callbacks(), 2);
    assert_eq!(seat.stats().frames(), 4);
    assert!(seat.take().is_some());
    assert_eq!(two(&seat, 2), [0.0, 0.0]);
}

#[test]
fn a_callback_that_panics_is_silenced_and_not_called_again() {
    let seat = seat();
    assert!(seat.hand_to(1, Some(FORMAT)));
    let _ = (two(&seat, 1), two(&seat, 1));
    assert!(!seat.take_broken());
    assert_eq!(two(&seat, 1), [0.0, 0.0], "panicked in the first sample");
    assert!(seat.take_broken());
    assert_eq!(seat.stats().callbacks(), 3);
    let _ = two(&seat, 1);
    assert_eq!(seat.stats().callbacks(), 3, "not called again");
    assert!(seat.take().is_some(), "and still it comes back");
}
