//! The terminal while its keys are played: nothing is echoed, keys come at once, and all is put back at the end.

use crossterm::event::{
    DisableFocusChange, EnableFocusChange, Event, KeyCode, KeyEventKind, KeyModifiers,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags, poll,
    read,
};
use crossterm::{execute, terminal};
use std::io::{IsTerminal, stdin, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The terminal is ours, and has been told to tell of releases.
static OURS: AtomicBool = AtomicBool::new(false);
static TELLS: AtomicBool = AtomicBool::new(false);

/// What befell the keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stroke {
    /// A key is down: for the first time or, where that cannot be told apart, again.
    Down(KeyCode, KeyModifiers),
    /// It was let go.
    Up(KeyCode, KeyModifiers),
    /// Another window has the keys: nothing is told of those that are held.
    Away,
}

/// The terminal, until this is dropped.
pub struct Terminal {
    told: bool,
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// What is in the way.
    pub fn open() -> Result<Terminal, String> {
        if !stdin().is_terminal() {
            return Err("the keys of a terminal can be played, and the input is none".into());
        }
        let failed =
            |error: std::io::Error| format!("the terminal does not give its keys: {error}");
        terminal::enable_raw_mode().map_err(failed)?;
        OURS.store(true, Ordering::SeqCst);
        let mut opened = Terminal { told: cfg!(windows) };
        keep_lines().map_err(failed)?;
        // What is asked of the terminal goes by the output.
        if stdout().is_terminal() {
            // It helps where it is understood.
            let _ = execute!(stdout(), EnableFocusChange);
            if terminal::supports_keyboard_enhancement().unwrap_or(false) {
                let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
                    | KeyboardEnhancementFlags::REPORT_EVENT_TYPES
                    | KeyboardEnhancementFlags::REPORT_ALL_KEYS_AS_ESCAPE_CODES;
                TELLS.store(true, Ordering::SeqCst);
                opened.told |= execute!(stdout(), PushKeyboardEnhancementFlags(flags)).is_ok();
            }
        }
        Ok(opened)
    }

    /// Whether it tells when keys are let go.
    #[must_use]
    pub fn told(&self) -> bool {
        self.told
    }

    /// What has befallen the keys; waits at most `patience` for something.
    ///
    /// # Errors
    /// If the terminal has gone.
    pub fn strokes(&self, patience: Duration) -> std::io::Result<Vec<Stroke>> {
        let (mut all, mut patience) = (Vec::new(), patience);
        while poll(patience)? {
            patience = Duration::ZERO;
            match read()? {
                Event::Key(key) => match key.kind {
                    KeyEventKind::Press => all.push(Stroke::Down(key.code, key.modifiers)),
                    KeyEventKind::Release => all.push(Stroke::Up(key.code, key.modifiers)),
                    KeyEventKind::Repeat => {}
                },
                Event::FocusLost => all.push(Stroke::Away),
                _ => {}
            }
        }
        Ok(all)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Puts the terminal back, if it is ours. From any thread, also where the process ends at once.
pub fn restore() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    // If the terminal has gone there is nothing to put back.
    if TELLS.swap(false, Ordering::SeqCst) {
        let _ = execute!(stdout(), PopKeyboardEnhancementFlags);
    }
    if stdout().is_terminal() {
        let _ = execute!(stdout(), DisableFocusChange);
    }
    let _ = terminal::disable_raw_mode();
}

/// Lines that are printed begin on the left, as ever: raw mode is meant for programs that draw.
#[cfg(unix)]
fn keep_lines() -> std::io::Result<()> {
    use rustix::termios::{OptionalActions, OutputModes, tcgetattr, tcsetattr};
    let mut modes = tcgetattr(stdin())?;
    modes.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
    Ok(tcsetattr(stdin(), OptionalActions::Now, &modes)?)
}

/// Lines begin on the left here.
#[cfg(not(unix))]
fn keep_lines() -> std::io::Result<()> {
    Ok(())
}
