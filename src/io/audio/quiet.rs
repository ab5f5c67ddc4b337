//! Keeps the chatter of the sound libraries off the terminal: their errors arrive as values already.

/// Silences libjack, for the whole process, and alsa-lib, for this thread. Call it on a thread before it asks
/// for hosts or devices. Calling it again frees what alsa-lib has said meanwhile.
pub(crate) fn hush() {
    jack_hush();
    alsa_hush();
}

/// Whether the JACK library is installed: it is loaded at run time, and only if it is there.
pub(crate) fn has_jack() -> bool {
    jack::jack_sys::library().is_ok()
}

fn jack_hush() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // The logger's functions are looked up in the library and panic if it is missing.
        if has_jack() {
            jack::set_logger(jack::LoggerType::None);
        }
    });
}

#[cfg(target_os = "linux")]
fn alsa_hush() {
    // Fails only for want of memory for an empty buffer; then the library goes on to say its errors.
    let _ = alsa::Output::local_error_handler();
}

#[cfg(not(target_os = "linux"))]
fn alsa_hush() {}
