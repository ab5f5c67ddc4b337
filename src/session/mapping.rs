//! A controller that moves a parameter: `map(74, "acid/lowpass.cutoff", 200, 8000, "exp")`.

use crate::units::{Controller, Place, Taper, Turning};
use serde::{Deserialize, Serialize};

/// A controller and the parameter that it takes over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    /// The controller.
    pub controller: Controller,
    /// Channel 1..=16; 0 for any.
    pub channel: u8,
    /// Part of the name of the port; empty for any.
    pub port: String,
    /// Path of the parameter, or name of a `knob`.
    pub target: String,
    /// Values at the ends of the knob, in the parameter's unit.
    pub ends: (f64, f64),
    /// What lies between.
    pub taper: Taper,
    /// How the controller says where it is.
    pub turning: Turning,
    /// It takes over only when it meets the value.
    pub takeover: bool,
    /// A parameter that is held is not given to a mapping of lower priority.
    pub priority: i32,
    /// Part of the name of a port to which the position of the parameter is sent, for motors and lights; empty for
    /// none.
    pub feedback: String,
    /// Where the script says so.
    #[serde(skip)]
    pub place: Place,
}

impl Mapping {
    /// Of `controller` to `target`, the rest as usual.
    #[must_use]
    pub fn new(controller: Controller, target: &str) -> Mapping {
        Mapping {
            controller,
            channel: 0,
            port: String::new(),
            target: target.to_string(),
            ends: (0.0, 1.0),
            taper: Taper::Linear,
            turning: Turning::Absolute,
            takeover: true,
            priority: 0,
            feedback: String::new(),
            place: Place::default(),
        }
    }

    /// As a script says it, without the semicolon.
    #[must_use]
    pub fn script(&self) -> String {
        let (lo, hi) = self.ends;
        let mut text = format!("map({}, {:?}, {lo}, {hi}", self.controller.script(), self.target);
        if self.taper != Taper::Linear {
            text.push_str(&format!(", \"{}\"", self.taper));
        }
        let mut options = Vec::new();
        if self.channel != 0 {
            options.push(format!("channel: {}", self.channel));
        }
        if !self.port.is_empty() {
            options.push(format!("port: {:?}", self.port));
        }
        if self.turning != Turning::Absolute {
            options.push(format!("turning: \"{}\"", self.turning.name()));
        }
        if !self.takeover {
            options.push("takeover: false".into());
        }
        if self.priority != 0 {
            options.push(format!("priority: {}", self.priority));
        }
        if !self.feedback.is_empty() {
            options.push(format!("feedback: {:?}", self.feedback));
        }
        if !options.is_empty() {
            text.push_str(&format!(", #{{{}}}", options.join(", ")));
        }
        text.push(')');
        text
    }
}
