//! Where and how urgently the two sides of a block run.
//!
//! Host and child never work at the same time. When music is played live they do best on one processor: to wake a thread on
//! another one, which sleeps between two blocks, takes several times as long as many a plugin. When a file is rendered
//! neither sleeps, and each looks at the other's word from a processor of its own.

use std::fs;

/// The processor of this thread, counted from 1; 0 if it is not known. Audio thread: no system call where the system
/// tells it by memory (x86-64, or glibc from 2.35 on).
pub fn processor() -> u32 {
    // SAFETY: has no arguments and touches no memory of ours.
    let number = unsafe { libc::sched_getcpu() };
    u32::try_from(number).map_or(0, |number| number + 1)
}

/// Keeps this thread on a processor, counted from 1; whether it is there.
pub fn stay_on(processor: u32) -> bool {
    let number = processor as usize - 1;
    if number >= libc::CPU_SETSIZE as usize {
        return false;
    }
    // SAFETY: a set is plain bits, of which none is outside; it is read during the call.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(number, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) == 0
    }
}

/// Raises this thread as high as the host's audio threads, less one: what hangs must not keep them from running. If the
/// host has none that is raised, or this user has no right to it, it goes on as it is.
pub fn raise() {
    let Some(priority) = least_of_host() else { return };
    let parameters = libc::sched_param { sched_priority: (priority - 1).max(1) };
    // SAFETY: sets the policy of this thread; the structure is read during the call.
    unsafe {
        libc::sched_setscheduler(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, &parameters);
    }
}

/// The lowest realtime priority among the threads of the host.
fn least_of_host() -> Option<i32> {
    let host = std::os::unix::process::parent_id();
    let threads = fs::read_dir(format!("/proc/{host}/task")).ok()?;
    let stat = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("stat")).ok();
    threads.flatten().filter_map(stat).filter_map(|stat| priority(&stat)).min()
}

/// The realtime priority in a line of `proc_pid_stat(5)`: fields 40 and 41 are priority and policy.
fn priority(stat: &str) -> Option<i32> {
    // The second field, a name in parentheses, may have spaces.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(37);
    let (priority, policy): (i32, i32) =
        (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    [libc::SCHED_FIFO, libc::SCHED_RR].contains(&policy).then_some(priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_found_where_it_is_kept() {
        let here = processor();
        assert!(here > 0);
        std::thread::spawn(move || {
            assert!(stay_on(here));
            assert_eq!(processor(), here);
            assert!(!stay_on(100_000));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_realtime_priority_is_read_off_a_line() {
        let rest = format!("S 1 {}17 1 0 0", "0 ".repeat(35));
        assert_eq!(priority(&format!("7 (a (b) c) {rest}")), Some(17));
        assert_eq!(priority(&format!("7 (x) {}", rest.replace("17 1", "17 0"))), None);
        assert_eq!(priority("7"), None);
        let own = fs::read_to_string("/proc/self/stat").unwrap();
        assert_eq!(priority(&own), None, "tests are not raised");
    }
}
