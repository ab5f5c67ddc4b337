//! What host and child say to each other on their socket: JSON, and bytes that follow it.

use crate::plugin::{Change, Description, PluginError, Setup};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// What the host asks; the answer to each is said with it. One is asked at a time.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// [`Bits`].
    Value(u32),
    /// `Result<(), PluginError>`.
    Set(u32, Bits),
    /// `Result<Bits, PluginError>`: the plain value.
    SetNormalised(u32, Bits),
    /// [`Bits`].
    Normalise(u32, Bits),
    /// [`Bits`].
    Plain(u32, Bits),
    /// `Option<Curve>`: none if it has something that is not a number.
    Curve(u32),
    /// `String`.
    Text(u32, Bits),
    /// `Option<Bits>`.
    Parse(u32, String),
    /// `Result<(), PluginError>`.
    Program(usize),
    /// `Result<(), PluginError>`, and the bytes of the state.
    Save,
    /// With the bytes of a state; `Result<(), PluginError>`.
    Restore,
    /// `Result<(), PluginError>`.
    LoadFile(PathBuf),
    /// `()`.
    Track(String, Option<[u8; 3]>),
    /// `(bool, Option<Description>)`: the description if it is another.
    Arrange(Vec<usize>, Vec<usize>),
    /// `Result<Option<Description>, PluginError>`: the description if it is another.
    Activate(Setup),
    /// `Result<(), PluginError>`.
    Deactivate,
    /// [`News`], with the bytes of a state if one was asked for and could be saved.
    Poll {
        /// Whether the state is of interest too.
        save: bool,
    },
}

/// The answer to [`Request::Poll`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct News {
    /// What has changed.
    pub changes: Vec<Change>,
    /// The description, if it is another.
    pub description: Option<Description>,
}

/// A number by its bits, since JSON has none that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bits(u64);

impl From<f64> for Bits {
    fn from(x: f64) -> Bits {
        Bits(x.to_bits())
    }
}

impl From<Bits> for f64 {
    fn from(bits: Bits) -> f64 {
        f64::from_bits(bits.0)
    }
}

/// Most bytes of a message.
const MOST: u64 = 512 << 20;

/// Most bytes of a state, which leaves room for what is said with it.
pub const STATE: usize = 384 << 20;

/// That a state has more.
pub fn too_large() -> PluginError {
    PluginError::State(format!("it has more than {} MiB", STATE >> 20))
}

fn wrong(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// Sends a message and bytes that belong to it.
///
/// # Errors
/// If they are too long, or the other side does not take them.
pub fn send(to: &mut impl Write, message: &impl Serialize, bytes: &[u8]) -> io::Result<()> {
    let text = serde_json::to_vec(message).map_err(wrong)?;
    if (text.len() + bytes.len()) as u64 > MOST {
        return Err(wrong("a message is too long"));
    }
    let mut all = Vec::with_capacity(16 + text.len() + bytes.len());
    for part in [&text[..], bytes] {
        all.extend((part.len() as u64).to_le_bytes());
    }
    all.extend(text);
    all.extend(bytes);
    to.write_all(&all)
}

/// Receives a message and bytes that belong to it. Takes no more memory than has come.
///
/// # Errors
/// If nothing comes, or nothing that can be understood.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<(T, Vec<u8>)> {
    let mut lengths = [[0; 8]; 2];
    from.read_exact(lengths.as_flattened_mut())?;
    let [text, bytes] = lengths.map(u64::from_le_bytes);
    if text.saturating_add(bytes) > MOST {
        return Err(wrong("a message is too long"));
    }
    let mut part = |length: u64| {
        let mut part = Vec::new();
        from.by_ref().take(length).read_to_end(&mut part)?;
        let whole = part.len() as u64 == length;
        if whole { Ok(part) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) }
    };
    let (text, bytes) = (part(text)?, part(bytes)?);
    Ok((serde_json::from_slice(&text).map_err(wrong)?, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_or_not_at_all() {
        let mut wire = Vec::new();
        send(&mut wire, &("one", Bits::from(f64::NAN)), &[1, 2, 255]).unwrap();
        let (said, bytes): ((String, Bits), _) = receive(&mut &wire[..]).unwrap();
        assert!(said.0 == "one" && f64::from(said.1).is_nan() && bytes == [1, 2, 255]);
        for end in 0..wire.len() {
            assert!(receive::<(String, Bits)>(&mut &wire[..end]).is_err(), "{end} bytes");
        }
        assert!(receive::<u32>(&mut &wire[..]).is_err(), "another message");
    }

    #[test]
    fn lengths_are_not_believed() {
        for lengths in [[u64::MAX, u64::MAX], [MOST, 1], [1, u64::MAX]] {
            let wire: Vec<u8> = lengths.iter().flat_map(|n| n.to_le_bytes()).collect();
            let error = receive::<u32>(&mut &wire[..]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
        // Half a gigabyte is announced, and no more than these come.
        let mut wire = MOST.to_le_bytes().to_vec();
        wire.extend([0; 40]);
        let error = receive::<u32>(&mut &wire[..]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
