//! What a channel says, message by message: controllers, and parameters whose value comes in parts.

/// A message that moves a controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Heard {
    /// A control change.
    Control {
        /// 0..=127.
        number: u8,
        /// 0..=127.
        value: u8,
        /// The parameter that it sets: registered or not, its number, its value in 14 bits.
        parameter: Option<(bool, u16, u16)>,
    },
    /// The pitch wheel, 0..=16383.
    Bend(u16),
    /// The pressure of a channel, 0..=127.
    Pressure(u8),
}

/// The parameter that the data entry of a channel is about ("MIDI 1.0 Detailed Specification", 1996, p. 17 f.).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ear {
    /// Registered or not, coarse and fine half of its number; `None` at first and for the null parameter.
    parameter: Option<(bool, u8, u8)>,
    /// Its value, 14 bits.
    value: u16,
}

impl Ear {
    /// Takes a message of its channel in; `None` if it moves no controller.
    pub fn listen(&mut self, [status, a, b]: [u8; 3]) -> Option<Heard> {
        let (a, b) = (a & 127, b & 127);
        match status & 0xf0 {
            0xb0 if a < 120 => {
                let parameter = self.data(a, b);
                Some(Heard::Control { number: a, value: b, parameter })
            }
            0xd0 => Some(Heard::Pressure(a)),
            0xe0 => Some(Heard::Bend(u16::from(b) << 7 | u16::from(a))),
            _ => None,
        }
    }

    /// The parameter that a control change sets, if it does.
    fn data(&mut self, number: u8, value: u8) -> Option<(bool, u16, u16)> {
        let (registered, coarse, fine) = self.parameter.unwrap_or((false, 127, 127));
        match number {
            98 | 100 => self.choose(number == 100, coarse, value),
            99 | 101 => self.choose(number == 101, value, fine),
            6 => self.value = u16::from(value) << 7,
            38 => self.value = self.value & 0x3f80 | u16::from(value),
            96 => self.value = (self.value + 1).min(16_383),
            97 => self.value = self.value.saturating_sub(1),
            _ => {}
        }
        if !matches!(number, 6 | 38 | 96 | 97) || (coarse, fine) == (127, 127) {
            return None;
        }
        Some((registered, u16::from(coarse) << 7 | u16::from(fine), self.value))
    }

    fn choose(&mut self, registered: bool, coarse: u8, fine: u8) {
        if self.parameter != Some((registered, coarse, fine)) {
            (self.parameter, self.value) = (Some((registered, coarse, fine)), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_put_together_from_four_messages() {
        let mut ear = Ear::default();
        let mut say = |a, b| match ear.listen([0xb0, a, b]) {
            Some(Heard::Control { parameter, .. }) => parameter,
            other => panic!("{other:?}"),
        };
        assert_eq!(say(6, 9), None, "nothing is chosen");
        assert_eq!((say(99, 2), say(98, 5)), (None, None));
        assert_eq!(say(6, 64), Some((false, 2 * 128 + 5, 64 * 128)));
        assert_eq!(say(38, 3), Some((false, 261, 64 * 128 + 3)));
        assert_eq!(say(96, 0), Some((false, 261, 64 * 128 + 4)));
        assert_eq!((say(101, 0), say(100, 0)), (None, None));
        assert_eq!(say(6, 12), Some((true, 0, 12 * 128)));
        assert_eq!((say(101, 127), say(100, 127), say(6, 1)), (None, None, None));
    }
}
