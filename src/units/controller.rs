//! Which knob, fader or wheel of a MIDI device is meant.

use serde::{Deserialize, Serialize};

/// A controller, as "MIDI 1.0 Detailed Specification" (MIDI Manufacturers Association, 1996) numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Controller {
    /// Control change 0..=127, 7 bits.
    Cc(u8),
    /// Control change 0..=31 with its fine half, 14 bits.
    Cc14(u8),
    /// Non-registered parameter 0..=16383, 14 bits.
    Nrpn(u16),
    /// Registered parameter 0..=16383, 14 bits.
    Rpn(u16),
    /// The pitch wheel, 14 bits.
    Bend,
    /// Channel pressure, 7 bits.
    Pressure,
}

impl Controller {
    /// The controller that scripts call `kind(number)`; `None` if there is no such kind or number.
    #[must_use]
    pub fn named(kind: &str, number: f64) -> Option<Controller> {
        let whole = number >= 0.0 && number.fract() == 0.0;
        let below = |most: f64| (whole && number <= most).then_some(number as u16);
        match kind {
            "cc" => below(127.0).map(|n| Controller::Cc(n as u8)),
            "cc14" => below(31.0).map(|n| Controller::Cc14(n as u8)),
            "nrpn" => below(16_383.0).map(Controller::Nrpn),
            "rpn" => below(16_383.0).map(Controller::Rpn),
            "bend" => Some(Controller::Bend),
            "pressure" => Some(Controller::Pressure),
            _ => None,
        }
    }

    /// How scripts name it where `map` takes a number or a signal: `74`, `cc14(1)`, `bend()`.
    #[must_use]
    pub fn script(self) -> String {
        match self {
            Controller::Cc(n) => format!("{n}"),
            Controller::Cc14(n) => format!("cc14({n})"),
            Controller::Nrpn(n) => format!("nrpn({n})"),
            Controller::Rpn(n) => format!("rpn({n})"),
            Controller::Bend => "bend()".into(),
            Controller::Pressure => "pressure()".into(),
        }
    }

    /// The distance of two neighbouring positions, of a whole of 1.
    #[must_use]
    pub fn grain(self) -> f32 {
        match self {
            Controller::Cc(_) | Controller::Pressure => 1.0 / 127.0,
            _ => 1.0 / 16_383.0,
        }
    }
}

/// How a controller says where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turning {
    /// By its position.
    #[default]
    Absolute,
    /// By how far it was turned, in two's complement of 7 bits: 1 is a step up, 127 one down.
    TwosComplement,
    /// By how far it was turned: 65 is a step up, 63 one down.
    BinaryOffset,
    /// By how far it was turned: 1 is a step up, 65 one down.
    SignBit,
}

impl Turning {
    /// As scripts write them.
    pub const NAMES: &[&str] = &["absolute", "twos_complement", "binary_offset", "sign_bit"];

    /// The one that scripts call `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Turning> {
        let all =
            [Turning::Absolute, Turning::TwosComplement, Turning::BinaryOffset, Turning::SignBit];
        Self::NAMES.iter().zip(all).find(|(n, _)| **n == name).map(|(_, turning)| turning)
    }

    /// What scripts call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Steps that `data` says, if it speaks of steps.
    #[must_use]
    pub fn steps(self, data: u8) -> Option<i32> {
        let data = i32::from(data & 127);
        match self {
            Turning::Absolute => None,
            Turning::TwosComplement => Some(if data < 64 { data } else { data - 128 }),
            Turning::BinaryOffset => Some(data - 64),
            Turning::SignBit => Some(if data < 64 { data } else { 64 - data }),
        }
    }
}
