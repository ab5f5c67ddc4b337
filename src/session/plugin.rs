//! What a plugin is, as plain data: found by a scan, kept in a cache, shown to users.

mod summary;

pub use summary::Summary;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// A plugin format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Steinberg's VST 3.
    Vst3,
    /// CLAP.
    Clap,
    /// LV2.
    Lv2,
    /// LADSPA.
    Ladspa,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 4] = [Format::Vst3, Format::Clap, Format::Lv2, Format::Ladspa];

    /// The word before the colon in `vst3:Name`.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Format::Vst3 => "vst3",
            Format::Clap => "clap",
            Format::Lv2 => "lv2",
            Format::Ladspa => "ladspa",
        }
    }

    /// The format of a file by the end of its name.
    #[must_use]
    pub fn of(path: &std::path::Path) -> Option<Format> {
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        [Format::Vst3, Format::Clap].into_iter().find(|format| format.prefix() == end)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.prefix())
    }
}

/// For how long a plugin sounds after its input has fallen silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tail {
    /// Not at all, or the plugin does not say.
    #[default]
    None,
    /// For so many frames.
    Frames(u32),
    /// For ever.
    Endless,
}

/// An audio bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bus {
    /// Its name.
    pub name: String,
    /// Its channels.
    pub channels: usize,
    /// Whether it is a main bus; others are side-chains and extra outputs.
    pub main: bool,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its number in the format (the index of a port in LV2 and LADSPA).
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Unit of plain values, such as `dB`; empty if there is none or the format does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The group it stands in, if any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Lowest plain value.
    pub lowest: f64,
    /// Highest plain value.
    pub highest: f64,
    /// Plain value at first.
    pub default: f64,
    /// Steps above the lowest value (1 for a switch); 0 if it moves freely.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub steps: u32,
    /// Not for users.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// Set by the plugin alone, such as a meter.
    #[serde(default, skip_serializing_if = "is_false")]
    pub read_only: bool,
    /// May be moved while it plays.
    #[serde(default, skip_serializing_if = "is_false")]
    pub automatable: bool,
    /// Switches the plugin off: its input passes through.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bypass: bool,
    /// Chooses a factory program.
    #[serde(default, skip_serializing_if = "is_false")]
    pub program: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_false(b: &bool) -> bool {
    !*b
}

impl Parameter {
    /// Whether users may see and set it.
    #[must_use]
    pub fn open(&self) -> bool {
        !self.hidden && !self.read_only
    }
}

/// A plugin of a library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Its format.
    pub format: Format,
    /// The library or bundle that it is in.
    pub path: PathBuf,
    /// Its id in the format: a class id of 32 hexadecimal digits (VST3), a reversed domain name (CLAP).
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// What it is, in the words of its format (`Fx`, `Delay`, `instrument`).
    pub categories: Vec<String>,
    /// Audio inputs.
    pub inputs: Vec<Bus>,
    /// Audio outputs.
    pub outputs: Vec<Bus>,
    /// Parameters in the plugin's order; an index of a parameter is its place here.
    pub parameters: Vec<Parameter>,
    /// Names of the factory programs.
    pub programs: Vec<String>,
    /// Frames by which the output is late.
    pub latency: u32,
    /// How long it rings.
    pub tail: Tail,
    /// Takes notes or MIDI.
    pub midi_in: bool,
    /// Sends notes or MIDI.
    pub midi_out: bool,
    /// Processes 64-bit samples.
    pub double: bool,
    /// Saves a state of its own, besides its parameters.
    pub state: bool,
}

/// Parameters that a message names.
const MENTIONED: usize = 16;

impl Description {
    /// Nothing is known of it but where it is. Its format says the rest.
    pub(crate) fn new(format: Format, path: &Path) -> Description {
        Description {
            format,
            path: path.into(),
            id: String::new(),
            name: String::new(),
            vendor: String::new(),
            version: String::new(),
            categories: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            parameters: Vec::new(),
            programs: Vec::new(),
            latency: 0,
            tail: Tail::None,
            midi_in: false,
            midi_out: false,
            double: false,
            state: false,
        }
    }

    /// Whether it plays notes: it takes them, and makes sound that no input brings.
    #[must_use]
    pub fn instrument(&self) -> bool {
        let named = self.categories.iter().any(|c| c.eq_ignore_ascii_case("instrument"));
        named || (self.midi_in && !self.outputs.is_empty() && self.inputs.is_empty())
    }

    /// The index of the parameter that a user calls `name`: its name, whatever the case, its index after `#`, its id,
    /// or the first word of names that are numbered (`Threshold` is `Threshold 1`).
    ///
    /// # Errors
    /// What is wrong, and what to do: names that are like it.
    pub fn find_parameter(&self, name: &str) -> Result<u32, (String, String)> {
        let by_index = || {
            let index = name.strip_prefix('#')?.parse::<u32>().ok()?;
            ((index as usize) < self.parameters.len()).then_some(index)
        };
        let by_id = || {
            let id = name.parse::<u32>().ok()?;
            Some(self.parameters.iter().position(|p| p.id == id)? as u32)
        };
        let found = self.parameter(name).or_else(by_index).or_else(by_id);
        found.or_else(|| self.numbered(name).first().copied()).ok_or_else(|| {
            let open = || self.parameters.iter().filter(|p| p.open()).map(|p| p.name.as_str());
            let hint = match crate::diag::nearest(name, open()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => {
                    let some: Vec<&str> = open().take(MENTIONED).collect();
                    let more = if open().count() > MENTIONED { ", ..." } else { "" };
                    format!("it has: {}{more}", some.join(", "))
                }
            };
            (format!("`{}` has no parameter \"{name}\"", self.name), hint)
        })
    }

    /// The open parameters that are called `name` and a number: `Ratio1`, `Ratio 2`.
    #[must_use]
    pub fn numbered(&self, name: &str) -> Vec<u32> {
        let name = name.trim().to_lowercase();
        let is = |p: &Parameter| {
            let own = p.name.to_lowercase();
            let rest = own.strip_prefix(&name).map(str::trim_start);
            rest.is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
        };
        let all = self.parameters.iter().zip(0..).filter(|(p, _)| p.open() && is(p));
        if name.is_empty() { Vec::new() } else { all.map(|(_, index)| index).collect() }
    }

    /// The index of the parameter that is named so, whatever the case; an open one before a hidden one.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<u32> {
        let alike = |p: &&(usize, &Parameter)| p.1.name.eq_ignore_ascii_case(name);
        let all: Vec<(usize, &Parameter)> = self.parameters.iter().enumerate().collect();
        let open = all.iter().filter(|p| p.1.open()).find(alike);
        open.or_else(|| all.iter().find(alike)).map(|&(index, _)| index as u32)
    }
}
