//! How long the thread of a script has been at work: what else the machine is busy with does not count.

use std::time::Duration;

/// A clock that runs while the thread does that started it, and must be read on that thread.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Moment);

impl Stopwatch {
    /// Starts.
    #[must_use]
    pub fn start() -> Stopwatch {
        Stopwatch(Moment::now())
    }

    /// What the thread has worked since.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Processor time of this thread.
#[cfg(unix)]
#[derive(Clone, Copy, Debug)]
struct Moment(Duration);

#[cfg(unix)]
impl Moment {
    fn now() -> Moment {
        use rustix::time::{ClockId, clock_gettime};
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
        Moment(seconds + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0)))
    }

    fn elapsed(self) -> Duration {
        Moment::now().0.saturating_sub(self.0)
    }
}

/// Elsewhere all time counts.
#[cfg(not(unix))]
use std::time::Instant as Moment;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    #[expect(clippy::disallowed_methods, reason = "it is waiting that is measured")]
    fn waiting_is_no_work() {
        let (watch, clock) = (Stopwatch::start(), std::time::Instant::now());
        std::thread::sleep(Duration::from_millis(60));
        assert!(watch.elapsed() < Duration::from_millis(30));
        while watch.elapsed() < Duration::from_millis(60) {}
        assert!(clock.elapsed() >= Duration::from_millis(120));
    }
}
