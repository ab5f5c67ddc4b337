//! The `.vstpreset` format: a class id and chunks of bytes, read without trust.
//!
//! As Steinberg's SDK documents it (`public.sdk/source/vst/vstpresetfile.h`): the word `VST3`, a version, the class id as
//! 32 hexadecimal digits, and the offset of a list of chunks at the end. `Comp` is the component's state, `Cont` the
//! controller's, `Info` some XML. Numbers are little-endian.

use crate::plugin::{Description, Format, PluginError, State};
use std::fmt;

/// Bytes before the first chunk.
const HEADER: usize = 4 + 4 + 32 + 8;
/// Bytes of an entry of the list.
const ENTRY: usize = 4 + 8 + 8;
/// Chunks that a file may have: those of the SDK's own reader.
const MOST: usize = 128;

/// A preset of a VST3 plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VstPreset {
    /// Class id of the component, 32 hexadecimal digits.
    pub class: String,
    /// State of the component.
    pub component: Vec<u8>,
    /// State of the controller; empty if it has none.
    pub controller: Vec<u8>,
    /// About the preset, as XML; empty if nothing is said.
    pub info: String,
}

/// What is wrong with a file, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Offset in the file.
    pub offset: u64,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "the preset is damaged at byte {}: {}", self.offset, self.reason)
    }
}

impl std::error::Error for Damage {}

fn damage<T>(offset: usize, reason: impl Into<String>) -> Result<T, Damage> {
    Err(Damage { offset: offset as u64, reason: reason.into() })
}

impl VstPreset {
    /// Whether bytes begin as a preset does.
    #[must_use]
    pub fn is(bytes: &[u8]) -> bool {
        bytes.starts_with(b"VST3")
    }

    /// The preset that a state of a VST3 plugin makes.
    #[must_use]
    pub fn of(state: &State, description: &Description) -> VstPreset {
        VstPreset {
            class: digits(&state.id),
            component: state.bytes.clone(),
            controller: state.controller.clone(),
            info: info(description),
        }
    }

    /// The state for the plugin `description`.
    ///
    /// # Errors
    /// If the preset is of another plugin, or has no state of a component.
    pub fn state(&self, description: &Description) -> Result<State, PluginError> {
        let own = digits(&description.id);
        if description.format != Format::Vst3 || !own.eq_ignore_ascii_case(&self.class) {
            let (name, format) = (&description.name, description.format);
            let class = &self.class;
            return Err(PluginError::State(format!(
                "the preset is of the VST3 class {class}, and {name} is {format}:{}",
                description.id
            )));
        }
        if self.component.is_empty() {
            return Err(PluginError::State("the preset has no state of a component".into()));
        }
        Ok(State {
            format: Format::Vst3,
            id: description.id.clone(),
            bytes: self.component.clone(),
            controller: self.controller.clone(),
            values: Vec::new(),
            since: Vec::new(),
        })
    }

    /// Reads a file. Nothing is taken that is not in it, so that memory is bounded by its size.
    ///
    /// # Errors
    /// What is wrong first, and where.
    pub fn from_bytes(file: &[u8]) -> Result<VstPreset, Damage> {
        if !VstPreset::is(file) {
            return damage(0, "it does not begin with `VST3`");
        }
        let version = number::<4>(file, 4)?;
        if version != 1 {
            return damage(4, format!("it is of version {version}, and 1 is known"));
        }
        let class = part(file, 8, 32, "the class id")?;
        if !class.iter().all(u8::is_ascii_hexdigit) {
            return damage(8, "the class id is no 32 hexadecimal digits");
        }
        let list = place(number::<8>(file, 40)?, 40)?;
        let begins = file.get(list..).is_some_and(|rest| rest.starts_with(b"List"));
        if list < HEADER || !begins {
            return damage(40, format!("there is no list of chunks at byte {list}"));
        }
        let count = place(number::<4>(file, list + 4)?, list + 4)?;
        if count > MOST {
            return damage(
                list + 4,
                format!("the list has {count} chunks, and {MOST} are the most"),
            );
        }
        let class = String::from_utf8_lossy(class).into_owned();
        let (component, controller, info) = (Vec::new(), Vec::new(), String::new());
        let mut preset = VstPreset { class, component, controller, info };
        for entry in (0..count).map(|k| list + 8 + k * ENTRY) {
            let name = part(file, entry, 4, "an entry of the list")?;
            let begin = place(number::<8>(file, entry + 4)?, entry + 4)?;
            let size = place(number::<8>(file, entry + 12)?, entry + 12)?;
            let Some(chunk) = begin.checked_add(size).and_then(|end| file.get(begin..end)) else {
                let name = String::from_utf8_lossy(name);
                return damage(entry + 4, format!("the chunk `{name}` lies outside the file"));
            };
            match name {
                b"Comp" => preset.component = chunk.into(),
                b"Cont" => preset.controller = chunk.into(),
                b"Info" => preset.info = String::from_utf8_lossy(chunk).into_owned(),
                _ => {}
            }
        }
        Ok(preset)
    }

    /// The bytes of a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = b"VST3".to_vec();
        file.extend(1u32.to_le_bytes());
        file.extend(self.class.bytes().chain(std::iter::repeat(b'0')).take(32));
        file.extend([0; 8]);
        let mut list = Vec::new();
        let chunks = [
            (b"Comp", self.component.as_slice()),
            (b"Cont", self.controller.as_slice()),
            (b"Info", self.info.as_bytes()),
        ];
        for (name, chunk) in
            chunks.into_iter().filter(|(name, c)| *name == b"Comp" || !c.is_empty())
        {
            list.extend(name);
            list.extend((file.len() as u64).to_le_bytes());
            list.extend((chunk.len() as u64).to_le_bytes());
            file.extend(chunk);
        }
        let at = file.len() as u64;
        file[40..48].copy_from_slice(&at.to_le_bytes());
        file.extend(b"List");
        file.extend(((list.len() / ENTRY) as u32).to_le_bytes());
        file.extend(list);
        file
    }
}

/// The digits of a class id as presets have them: on Windows, those of a GUID, whose first three parts are numbers.
fn digits(id: &str) -> String {
    let mut pairs: Vec<&str> =
        id.as_bytes().chunks(2).filter_map(|p| std::str::from_utf8(p).ok()).collect();
    if cfg!(windows) && pairs.len() == 16 {
        pairs[..4].reverse();
        pairs[4..6].reverse();
        pairs[6..8].reverse();
    }
    pairs.concat().to_uppercase()
}

fn part<'a>(file: &'a [u8], at: usize, size: usize, what: &str) -> Result<&'a [u8], Damage> {
    let end = at.checked_add(size);
    match end.and_then(|end| file.get(at..end)) {
        Some(part) => Ok(part),
        None => damage(file.len(), format!("the file ends before {what}")),
    }
}

fn number<const N: usize>(file: &[u8], at: usize) -> Result<u64, Damage> {
    let bytes = part(file, at, N, "a number of its layout")?;
    Ok(bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

/// A number as a place in memory.
fn place(number: u64, at: usize) -> Result<usize, Damage> {
    usize::try_from(number).or_else(|_| damage(at, format!("{number} lies outside the file")))
}

/// What Steinberg's preset browsers show.
fn info(description: &Description) -> String {
    let escaped = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        text.replace('>', "&gt;").replace('"', "&quot;")
    };
    let attribute = |(id, value): (&str, &str)| {
        let value = escaped(value);
        format!("\t<Attribute id=\"{id}\" value=\"{value}\" type=\"string\" flags=\"\"/>\n")
    };
    let categories = description.categories.join("|");
    let all = [
        ("MediaType", "VstPreset"),
        ("PlugInName", &description.name),
        ("PlugInVendor", &description.vendor),
        ("PlugInCategory", &categories),
    ];
    let all: String = all.into_iter().map(attribute).collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<MetaInfo>\n{all}</MetaInfo>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preset() -> VstPreset {
        VstPreset {
            class: "0123456789ABCDEF0123456789ABCDEF".into(),
            component: vec![1, 2, 3, 255],
            controller: vec![9],
            info: "<x/>".into(),
        }
    }

    #[test]
    fn a_file_comes_back_whole_or_not_at_all() {
        let file = preset().to_bytes();
        assert_eq!(VstPreset::from_bytes(&file), Ok(preset()));
        for end in 0..file.len() {
            let said = VstPreset::from_bytes(&file[..end]).expect_err("it is cut off");
            assert!(said.offset <= file.len() as u64, "{end} bytes: {said}");
        }
    }

    #[test]
    fn lies_about_places_and_sizes_are_found() {
        let file = preset().to_bytes();
        let list = file.len() - 3 * ENTRY - 8;
        let places = [(40, 8), (list + 4, 4), (list + 12, 8), (list + 20, 8)];
        for (at, size) in places {
            for lie in [u64::MAX, i64::MAX as u64, u64::from(u32::MAX), file.len() as u64] {
                let mut file = file.clone();
                file[at..at + size].copy_from_slice(&lie.to_le_bytes()[..size]);
                let said = VstPreset::from_bytes(&file).expect_err("it lies");
                assert!((4..=file.len() as u64).contains(&said.offset), "byte {at}: {said}");
            }
        }
    }

    #[test]
    fn no_byte_that_is_wrong_makes_it_panic_or_grow() {
        let file = preset().to_bytes();
        for at in 0..file.len() {
            for byte in [0, 1, 127, 128, 255] {
                let mut file = file.clone();
                file[at] = byte;
                if let Ok(read) = VstPreset::from_bytes(&file) {
                    let held = read.component.len() + read.controller.len() + read.info.len();
                    assert!(held <= 3 * file.len());
                }
            }
        }
    }
}
