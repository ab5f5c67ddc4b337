//! The two rows of the computer's keyboard as piano keys, and what the keys around them do.

use crossterm::event::{KeyCode, KeyModifiers};

/// The letters on the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    /// English
    #[default]
    Qwerty,
    /// German
    Qwertz,
    /// French
    Azerty,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A piano key: semitones above the first of the lower row.
    Note(u8),
    /// So many octaves up.
    Octave(i8),
    /// So many steps louder.
    Louder(i8),
    /// The sustain pedal goes down, or up.
    Sustain,
    /// The keyboard types again.
    Leave,
    /// Ctrl-C.
    Interrupt,
}

/// Semitones that are white keys, in the order of the row.
const WHITE: [usize; 10] = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16];
/// Semitones from the first key to the last.
pub const SPAN: u8 = 28;

impl Layout {
    /// The keys of the lower and of the upper row, which begins an octave above, each a semitone after the other.
    fn rows(self) -> [&'static str; 2] {
        match self {
            Layout::Qwerty => ["zsxdcvgbhnjm,l.;/", "q2w3er5t6y7ui9o0p"],
            Layout::Qwertz => ["ysxdcvgbhnjm,l.ö-", "q2w3er5t6z7ui9o0p"],
            Layout::Azerty => ["wsxdcvgbhnj,;l:m!", "aéz\"er(t-yèuiçoàp"],
        }
    }

    /// What a key does; `None` for those that do nothing.
    #[must_use]
    pub fn key(self, code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        if modifiers.contains(KeyModifiers::CONTROL) {
            return match code {
                KeyCode::Char('c' | 'C') => Some(Key::Interrupt),
                KeyCode::Char('k' | 'K') => Some(Key::Leave),
                _ => None,
            };
        }
        if modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER) {
            return None;
        }
        match code {
            KeyCode::Esc => Some(Key::Leave),
            KeyCode::Up => Some(Key::Octave(1)),
            KeyCode::Down => Some(Key::Octave(-1)),
            KeyCode::Right => Some(Key::Louder(1)),
            KeyCode::Left => Some(Key::Louder(-1)),
            KeyCode::Char(' ') => Some(Key::Sustain),
            // Caps lock plays too.
            KeyCode::Char(c) => c.to_lowercase().next().and_then(|c| self.letter(c)),
            _ => None,
        }
    }

    fn letter(self, letter: char) -> Option<Key> {
        let at = |row: &str| row.chars().position(|c| c == letter);
        let [low, high] = self.rows();
        if let Some(place) = at(low).or_else(|| Some(at(high)? + 12)) {
            return Some(Key::Note(place as u8));
        }
        match letter {
            ']' => Some(Key::Octave(1)),
            '[' => Some(Key::Octave(-1)),
            '=' => Some(Key::Louder(1)),
            '-' => Some(Key::Louder(-1)),
            _ => None,
        }
    }

    /// Both rows as they lie on the table, and the keys around them: two lines.
    #[must_use]
    pub fn picture(self) -> String {
        let [low, high] = self.rows().map(drawn);
        let more = match self {
            Layout::Qwerty => ["[ ] or down/up: octave", "- = or left/right: velocity"],
            Layout::Qwertz | Layout::Azerty => ["down/up: octave", "left/right: velocity"],
        };
        format!(
            "  {:<21}    {:<21}   {}   Space: sustain\n  {:<21}    {:<21}   {}   Esc: leave",
            low[0], high[0], more[0], low[1], high[1], more[1]
        )
    }
}

/// The black and the white keys of a row, each beside the others.
fn drawn(row: &str) -> [String; 2] {
    let mut lines = [vec![' '; 2 * WHITE.len()], vec![' '; 2 * WHITE.len()]];
    for (semitone, letter) in row.chars().enumerate() {
        let whites = WHITE.iter().filter(|white| **white < semitone).count();
        match WHITE.contains(&semitone) {
            true => lines[1][2 * whites] = letter,
            false => lines[0][2 * whites - 1] = letter,
        }
    }
    lines.map(|line| line.into_iter().collect::<String>().trim_end().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(layout: Layout, letter: char) -> Option<Key> {
        layout.key(KeyCode::Char(letter), KeyModifiers::NONE)
    }

    #[test]
    fn the_rows_are_semitones_and_the_upper_one_begins_an_octave_above() {
        for (i, letter) in "zsxdcvgbhnjm,l.;/".chars().enumerate() {
            assert_eq!(note(Layout::Qwerty, letter), Some(Key::Note(i as u8)), "{letter}");
        }
        for (i, letter) in "q2w3er5t6y7ui9o0p".chars().enumerate() {
            assert_eq!(note(Layout::Qwerty, letter), Some(Key::Note(12 + i as u8)), "{letter}");
        }
        assert_eq!(note(Layout::Qwerty, 'p'), Some(Key::Note(SPAN)));
        assert_eq!(note(Layout::Qwerty, 'Z'), Some(Key::Note(0)), "with caps lock");
        assert_eq!([note(Layout::Qwerty, 'a'), note(Layout::Qwerty, 'k')], [None; 2]);
    }

    #[test]
    fn every_layout_has_its_keys_where_the_others_have_them() {
        for layout in [Layout::Qwerty, Layout::Qwertz, Layout::Azerty] {
            let mut seen = std::collections::BTreeSet::new();
            for row in layout.rows() {
                assert_eq!(row.chars().count(), 17);
                assert!(row.chars().all(|c| seen.insert(c)), "{row}: a key has one meaning");
            }
        }
        assert_eq!(note(Layout::Qwertz, 'y'), Some(Key::Note(0)));
        assert_eq!(note(Layout::Azerty, 'é'), Some(Key::Note(13)));
        // Minus is louder where it is no note.
        assert_eq!(note(Layout::Qwerty, '-'), Some(Key::Louder(-1)));
        assert_eq!(note(Layout::Qwertz, '-'), Some(Key::Note(16)));
    }

    #[test]
    fn keys_with_control_leave_and_the_rest_of_them_play_nothing() {
        let control = |c| Layout::Qwerty.key(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(control('c'), Some(Key::Interrupt));
        assert_eq!(control('k'), Some(Key::Leave));
        assert_eq!(control('z'), None);
        assert_eq!(Layout::Qwerty.key(KeyCode::Char('z'), KeyModifiers::ALT), None);
    }

    #[test]
    fn the_picture_has_the_black_keys_between_the_white_ones() {
        assert_eq!(drawn("zsxdcvgbhnjm,l.;/"), [" s d   g h j   l ;", "z x c v b n m , . /"]);
        assert_eq!(drawn("q2w3er5t6y7ui9o0p"), [" 2 3   5 6 7   9 0", "q w e r t y u i o p"]);
    }
}
