//! Plain Rust functions as nodes: what a function takes and returns says how it is joined to sound.
//!
//! ```
//! use rhapsode::nodes::{Param, adapt};
//!
//! # fn main() -> Result<(), String> {
//! adapt("eighths", |x: f32| (x * 8.0).round() / 8.0).doc("Rounds to eighths.").register()?;
//! let amount = Param::number("amount", "ratio", (0.0, 1.0), 0.5, "How much.");
//! adapt("mirror", |x: f32, amount: f32| x - x * x * x * amount).param(amount).register()?;
//! # Ok(())
//! # }
//! ```
//!
//! A script that is evaluated from then on calls them like any effect: `saw(110) |> mirror(0.3)`.
//!
//! | function | becomes |
//! |---|---|
//! | `Fn(f32) -> f32` | an effect sample by sample, lifted to all channels; it runs in voices too |
//! | `Fn(f32, f32, ..) -> f32` | the same with up to four parameters, each a number or a signal, heard at every frame |
//! | `Fn([f32; 2]) -> [f32; 2]` | a stereo effect, left and right; also with parameters |
//! | `Fn(&mut [f32])` | an effect on blocks of 64 frames of one channel, in place; also with parameters, at the block's end |
//! | `Fn(&[f32], &mut [f32])` | the same from an input block to an output block, which begins silent |
//! | `Fn(f64) -> G`, `G` any of these as `FnMut + Copy` | the same with a state: `G` is made for each channel and lane, for a sample rate in hertz |
//! | `Fn(&UnitCx) -> Box<dyn Unit>` | a unit of one's own, by default an effect of one channel |
//! | `Fn(&ProcCx) -> Result<Box<dyn Processor>, String>` | a processor of one's own, by default an effect that sees all channels |
//!
//! The types of a closure's arguments must be written: they are what it is told apart by. Samples are linear, full
//! scale is -1 to 1. The functions run on the audio thread, so they must not allocate, lock, wait or panic; makers run on
//! the control thread. A state is `Copy`, so that a voice or a reset begins it anew without asking for memory; what owns
//! memory (a delay line in a `Vec`) is a unit or a processor of one's own. For the same samples on every machine take
//! exponentials and sines from `libm` or [`F8`](crate::dsp::F8), not from the platform.
//!
//! The idea, a function that is joined by its signature, is that of `bevy_ecs` (its `function_system`).

mod block;
mod lane;
mod shape;

use super::table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports, find, register};
use shape::Ring;

pub use shape::{Adapt, Parts};

/// Most parameters of an adapted function.
pub const MOST: usize = 4;

/// The function `f` as a node that scripts call `name`: described by what follows, then registered. The name must be one
/// that scripts do not know yet.
pub fn adapt<Shape>(name: &str, f: impl Adapt<Shape>) -> Adapted {
    Adapted {
        name: name.to_string(),
        summary: "An effect of the program that Rhapsode is part of.".to_string(),
        details: String::new(),
        example: None,
        params: Vec::new(),
        class: Class::Effect,
        parts: f.parts(),
        ring: Ring::default(),
    }
}

/// A function on its way into the node table.
#[must_use = "it is no node before it is registered"]
pub struct Adapted {
    name: String,
    summary: String,
    details: String,
    example: Option<String>,
    params: Vec<Param>,
    class: Class,
    parts: Parts,
    ring: Ring,
}

impl Adapted {
    /// The same with one sentence for the manual.
    pub fn doc(mut self, summary: &str) -> Adapted {
        self.summary = summary.to_string();
        self
    }

    /// The same with more for the manual: how it works, where the algorithm is from.
    pub fn details(mut self, details: &str) -> Adapted {
        self.details = details.to_string();
        self
    }

    /// The same with a script for the manual that can be run.
    pub fn example(mut self, script: &str) -> Adapted {
        self.example = Some(script.to_string());
        self
    }

    /// The same with the next parameter of the function described: its name, unit, range and default.
    pub fn param(mut self, param: Param) -> Adapted {
        self.params.push(param);
        self
    }

    /// The same in another group of the manual.
    pub fn class(mut self, class: Class) -> Adapted {
        self.class = class;
        self
    }

    /// The same joined to sound in another way. For units and processors of one's own; functions say it themselves.
    pub fn ports(mut self, ports: Ports) -> Adapted {
        self.parts.ports = ports;
        self
    }

    /// The same for a function that may be silent for so many seconds, and then sound again, after its input has fallen
    /// silent (an echo). What fades away by itself need not say so.
    pub fn tail(mut self, seconds: f64) -> Adapted {
        self.ring.tail = seconds;
        self
    }

    /// The same for a function whose output is so many frames late: what runs beside it is held back.
    pub fn latency(mut self, frames: usize) -> Adapted {
        self.ring.latency = frames;
        self
    }

    /// The entry of the node table. It lives as long as the program, like what it is made of. Control thread.
    ///
    /// # Errors
    /// The name is none that scripts can call, or the parameters are not those of the function.
    pub fn kind(self) -> Result<&'static Kind, String> {
        self.check()?;
        let text = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let sound = if matches!(self.parts.ports, Ports::Source(_)) { "" } else { "saw(110) |> " };
        let example = format!("track(\"a\", {sound}{}())", self.name);
        Ok(Box::leak(Box::new(Kind {
            name: text(self.name),
            aliases: &[],
            class: self.class,
            summary: text(self.summary),
            details: text(self.details),
            ports: self.parts.ports,
            params: Box::leak(self.params.into_boxed_slice()),
            rate: OutRate::Audio,
            make: (self.parts.make)(self.ring),
            example: text(self.example.unwrap_or(example)),
        })))
    }

    /// Adds it to the node table: scripts evaluated from now on can call it by its name. Control thread.
    ///
    /// # Errors
    /// As [`kind`](Adapted::kind), and if the table has a node of that name.
    pub fn register(self) -> Result<&'static Kind, String> {
        if let Some(there) = find(&self.name) {
            let (name, what) = (&self.name, there.summary);
            return Err(format!("there is a node `{name}` already ({what}); take another name"));
        }
        let kind = self.kind()?;
        register(kind);
        Ok(kind)
    }

    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let valid = |name: &str| {
            let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            start && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if !valid(name) {
            return Err(format!("scripts cannot call `{name}`: take letters, digits and `_`"));
        }
        let Some(count) = self.parts.params else { return Ok(()) };
        if count != self.params.len() {
            let given = self.params.len();
            return Err(format!(
                "the function of `{name}` has {count} parameters, and {given} are described: one `.param(..)` each"
            ));
        }
        match self.params.iter().find(|p| p.kind != ParamKind::Number || !valid(p.name)) {
            Some(p) => Err(format!(
                "`{}` of `{name}` must be a number with a name: Param::number(..)",
                p.name
            )),
            None => Ok(()),
        }
    }
}

/// A maker that waits for what the builder says of its output.
type Waiting = Box<dyn FnOnce(Ring) -> Make>;
