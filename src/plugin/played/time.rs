//! Where the music is, as plugins are told.

use crate::dsp::unit::Meta;
use crate::plugin::Transport;

/// The transport at the first frame of a block. Audio thread.
pub fn transport(meta: &Meta) -> Transport {
    let quarters = meta.beats_per_bar;
    let unit = [4, 8, 16].into_iter().find(|u| (quarters * f64::from(*u) / 4.0).fract() == 0.0);
    let unit = unit.unwrap_or(16);
    let bar = if quarters > 0.0 { (meta.beat / quarters).floor() } else { 0.0 };
    Transport {
        playing: true,
        recording: false,
        cycle: None,
        tempo: meta.bpm,
        meter: [(quarters * f64::from(unit) / 4.0) as u16, unit],
        frame: meta.frame as i64,
        beat: meta.beat,
        bar_beat: bar * quarters,
        bar: bar as i32,
    }
}
