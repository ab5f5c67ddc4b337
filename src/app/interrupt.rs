//! Ctrl-C and termination signals, as a flag that long work looks at.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static WATCH: Once = Once::new();

/// Starts to watch for Ctrl-C (and SIGTERM, SIGHUP). The first one sets the flag, so that the work
/// can end with valid files; the second one ends the process at once, with exit code 130.
pub fn watch() {
    WATCH.call_once(|| {
        let outcome = ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                super::live::keys::restore();
                std::process::exit(130);
            }
        });
        if let Err(error) = outcome {
            // The default action still ends the process; only the clean ending is lost.
            tracing::warn!("Ctrl-C cannot be watched: {error}");
        }
    });
}

/// Does as if Ctrl-C had been pressed.
pub fn stop() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// Whether Ctrl-C was pressed since [`watch`] was called, or [`stop`] was.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
