//! Why no device could be opened, said so that the user knows what to do.

use crate::diag::Diagnostic;
use std::fmt;

/// A failure to find or open a sound device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioError {
    /// There is no such host in this build.
    NoSuchHost {
        /// What was asked for.
        wanted: String,
        /// The hosts there are.
        known: Vec<String>,
    },
    /// The host is there and offers no output: its server does not run, or the machine has no sound.
    NothingThere {
        /// The host that was asked for.
        host: String,
    },
    /// No device has that id or that in its name.
    NoSuchDevice {
        /// What was asked for.
        wanted: String,
        /// Ids of the devices there are.
        known: Vec<String>,
    },
    /// The device cannot do what was asked for.
    Unsupported {
        /// Name of the device.
        device: String,
        /// What it cannot do.
        why: String,
        /// What the user can do.
        hint: String,
    },
    /// Another program has the device.
    Busy {
        /// Name of the device.
        device: String,
    },
    /// The system refused the device for another reason.
    Failed {
        /// Name of the device.
        device: String,
        /// What the system said.
        why: String,
    },
}

impl AudioError {
    /// The message to the user.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let (message, hint) = self.words();
        Diagnostic { hint: Some(hint), ..Diagnostic::error(message, Default::default()) }
    }

    /// What is wrong, and what to do about it.
    fn words(&self) -> (String, String) {
        match self {
            Self::NoSuchHost { wanted, known } => (
                format!("there is no sound host `{wanted}` in this build"),
                format!("the hosts are: {}", known.join(", ")),
            ),
            Self::NothingThere { host } => (
                format!("the sound host `{host}` has no output: its server may not be running"),
                "start its server, choose another --host, or play on --device null".into(),
            ),
            Self::NoSuchDevice { wanted, known } => (
                format!("there is no sound device `{wanted}`"),
                if known.is_empty() {
                    "no device was found; `--device null` plays without one".into()
                } else {
                    format!("the devices are: {}; see `rhapsode devices`", known.join(", "))
                },
            ),
            Self::Unsupported { device, why, hint } => {
                (format!("the device `{device}` cannot do that: {why}"), hint.clone())
            }
            Self::Busy { device } => (
                format!("the device `{device}` is busy: another program has it"),
                "close that program, or choose another device from `rhapsode devices`".into(),
            ),
            Self::Failed { device, why } => (
                format!("the device `{device}` could not be opened: {why}"),
                "choose another device from `rhapsode devices`, or `--device null`".into(),
            ),
        }
    }
}

impl fmt::Display for AudioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (message, hint) = self.words();
        write!(f, "{message} ({hint})")
    }
}

impl std::error::Error for AudioError {}
