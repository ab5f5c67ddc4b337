//! How long an edit takes: from the close of the file to the first sample that differs, and its parts.
//! Needs `jackd` for the first part: it plays under JACK's dummy driver.

#[cfg(target_os = "linux")]
#[path = "live/heard.rs"]
mod heard;
#[path = "live/parts.rs"]
mod parts;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "a part of the server is used")]
#[path = "../tests/jack/server.rs"]
mod server;
#[path = "live/song.rs"]
mod song;

fn main() {
    parts::run();
    #[cfg(target_os = "linux")]
    heard::run();
}

/// Median and largest of `times`, in the unit that they are in.
fn median(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() - 1])
}
