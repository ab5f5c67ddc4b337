//! What a function of a script is joined to: its arguments by name, and the channels that it makes.

use serde::{Deserialize, Serialize};

/// Where the value of an argument comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Sound: `x`, or `left` and `right`.
    Audio,
    /// Of a voice, where there is one (`freq`, `gate`, `velocity`, `note`); else a parameter.
    Voice,
    /// A number that can be set, automated and mapped.
    Parameter,
}

/// An argument that is a wire: a value for every frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Name.
    pub name: String,
    /// Where its value comes from.
    pub role: Role,
    /// Unit for the manual, such as `Hz`.
    pub unit: String,
    /// Smallest and largest useful value.
    pub range: (f64, f64),
    /// Value if not given.
    pub default: f64,
    /// A knob moves it in even ratios.
    pub exponential: bool,
    /// A sentence for the manual.
    pub doc: String,
}

impl Input {
    /// An argument of that name without any particulars.
    #[must_use]
    pub fn new(name: &str, role: Role) -> Input {
        let default = match name {
            "freq" => 440.0,
            "note" => 69.0,
            "gate" | "velocity" => 1.0,
            _ => 0.0,
        };
        Input {
            name: name.to_string(),
            role,
            unit: String::new(),
            range: (f64::MIN, f64::MAX),
            default,
            exponential: false,
            doc: String::new(),
        }
    }
}

/// What a function is joined to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interface {
    /// Its wires: sound first.
    pub inputs: Vec<Input>,
    /// Channels that it makes: 1 or 2.
    pub outs: u8,
    /// What its comments say, for the manual.
    pub doc: String,
}

impl Interface {
    /// Channels of sound that it hears: 0, 1 or 2.
    #[must_use]
    pub fn audio(&self) -> usize {
        self.inputs.iter().filter(|input| input.role == Role::Audio).count()
    }

    /// What is no sound.
    pub fn parameters(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(|input| input.role != Role::Audio)
    }
}
