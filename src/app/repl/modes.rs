//! The modes of the terminal from before the prompt, put back when the prompt is given up while it waits for a line.

use std::io::{IsTerminal, Write, stdin, stdout};

/// The modes as they were; put back when this is dropped.
pub struct Modes {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Modes {
    /// Keeps the modes of the terminal, if there is one.
    #[must_use]
    pub fn keep() -> Modes {
        Modes {
            #[cfg(unix)]
            before: rustix::termios::tcgetattr(stdin()).ok(),
        }
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            // If the terminal has gone there is nothing to put back.
            let _ =
                rustix::termios::tcsetattr(stdin(), rustix::termios::OptionalActions::Now, before);
        }
        if stdin().is_terminal() && stdout().is_terminal() {
            // What is pasted comes without marks again, and the shell's prompt begins on the left.
            let _ = write!(stdout(), "\x1b[?2004l\r").and_then(|()| stdout().flush());
        }
    }
}
