//! Automation files: parameters that move along keyframes, as JSON.
//!
//! The form is that of Plugalyzer and minihost. Numbers are plain values here, where those have normalised ones.

mod json;

use super::{Plugin, PluginError, words};
use std::fmt;

/// Between two keyframes a parameter gets a point so often, in frames: once a block.
const GRID: u64 = super::BLOCK as u64;

/// What a file says, before it is known which plugin and how long a sound it is for.
///
/// ```json
/// {"Gain": {"0": -12, "1.5s": "3 dB", "50%": -6}, "Mode": "Warm"}
/// ```
///
/// A parameter (by name, `#index` or id) has one value from the beginning on, or keyframes: at frames (`"1000"`), seconds
/// (`"1.5s"`) or a part of the length (`"50%"`). Values are plain numbers, or texts in the plugin's own words.
#[derive(Clone, Debug, PartialEq)]
pub struct Automation {
    lanes: Vec<(String, Vec<Key>)>,
}

/// A value at a time.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    at: Time,
    value: Word,
}

/// A time as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Time {
    Frame(f64),
    Seconds(f64),
    Percent(f64),
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    Number(f64),
    Text(String),
}

/// That a text is no automation file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutomationError {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for AutomationError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for AutomationError {}

/// A parameter gets a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Frame of the sound.
    pub frame: u64,
    /// Index of the parameter.
    pub index: u32,
    /// Normalised value, 0..1.
    pub value: f64,
}

impl Automation {
    /// Reads a file.
    ///
    /// # Errors
    /// The first thing that is wrong with it, and its place.
    pub fn parse(text: &str) -> Result<Automation, AutomationError> {
        serde_json::from_str(text).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or(&reason).to_string();
            let place = |n: usize| n.max(1) as u32;
            AutomationError { line: place(error.line()), column: place(error.column()), reason }
        })
    }

    /// The points for a sound of `length` frames at `rate` frames a second, by frame; those of one frame by
    /// parameter. Main thread; allocates.
    ///
    /// Values move in a straight line between keyframes, in plain values, with a point at each keyframe and at each
    /// multiple of 64 frames; parameters with steps jump at the keyframes. Before the first keyframe a parameter stays as
    /// it is, after the last it keeps that value. What lies beyond the end is cut off.
    ///
    /// # Errors
    /// All parameters that the plugin does not have, and all values that it does not understand.
    pub fn resolve(
        &self,
        length: u64,
        rate: f64,
        plugin: &dyn Plugin,
    ) -> Result<Vec<Point>, Vec<PluginError>> {
        let (mut points, mut errors) = (Vec::new(), Vec::new());
        for (name, keys) in &self.lanes {
            match words::parameter(plugin.description(), name) {
                Ok(index) => match plain(keys, length, rate, plugin, index) {
                    Ok(keys) => draw(&keys, length, plugin, index, &mut points),
                    Err(more) => errors.extend(more),
                },
                Err(error) => errors.push(error),
            }
        }
        points.sort_by_key(|p| (p.frame, p.index));
        if errors.is_empty() { Ok(points) } else { Err(errors) }
    }
}

/// Frames and plain values of a lane; of keys at one frame the last.
fn plain(
    keys: &[Key],
    length: u64,
    rate: f64,
    plugin: &dyn Plugin,
    index: u32,
) -> Result<Vec<(u64, f64)>, Vec<PluginError>> {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for key in keys {
        let frame = match key.at {
            Time::Frame(frame) => frame,
            Time::Seconds(seconds) => seconds * rate,
            Time::Percent(percent) => length as f64 * percent / 100.0,
        };
        let value = match &key.value {
            Word::Text(text) => words::value(plugin, index, text),
            Word::Number(x) => words::plain(plugin, index, *x),
        };
        match value {
            Ok(value) => found.push((frame as u64, value)),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    found.sort_by_key(|key| key.0);
    // Of two at one frame the later one counts: it is what stays.
    found.reverse();
    found.dedup_by_key(|key| key.0);
    found.reverse();
    Ok(found)
}

/// The points of a lane.
fn draw(
    keys: &[(u64, f64)],
    length: u64,
    plugin: &dyn Plugin,
    index: u32,
    points: &mut Vec<Point>,
) {
    let stepped = plugin.description().parameters[index as usize].steps > 0;
    let mut put = |frame: u64, plain: f64| {
        if frame < length {
            points.push(Point { frame, index, value: plugin.normalise(index, plain) });
        }
    };
    for (place, &(from, a)) in keys.iter().enumerate() {
        put(from, a);
        let Some(&(to, b)) = keys.get(place + 1) else { break };
        if stepped || a == b {
            continue;
        }
        let first = (from / GRID + 1) * GRID;
        for frame in (first..to.min(length)).step_by(GRID as usize) {
            put(frame, a + (b - a) * ((frame - from) as f64 / (to - from) as f64));
        }
    }
}
