//! A WAV file whose missing lengths are filled in while it is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use symphonia::core::io::MediaSource;

/// Byte offset of the RIFF chunk's length.
const RIFF_LENGTH_AT: u64 = 4;

/// A file, some bytes of which read differently from what is on the disk.
pub(super) struct Overlay {
    file: File,
    bytes: u64,
    position: u64,
    /// Offset and value of each replaced field.
    fields: Vec<(u64, [u8; 4])>,
}

impl Overlay {
    /// `file`, `bytes` bytes long. If `data_length_at` names the offset of an unfinished WAV file's
    /// data length, it and the RIFF length read as what the file really holds.
    pub(super) fn new(file: File, bytes: u64, data_length_at: Option<u64>) -> Self {
        let field = |at: u64| {
            let length = bytes.saturating_sub(at + 4).min(u64::from(u32::MAX) - 1);
            (at, (length as u32).to_le_bytes())
        };
        let fields = data_length_at.map_or(Vec::new(), |at| vec![field(RIFF_LENGTH_AT), field(at)]);
        Self { file, bytes, position: 0, fields }
    }
}

impl Read for Overlay {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        for (at, value) in &self.fields {
            for (offset, byte) in (*at..).zip(value) {
                let inside = offset.checked_sub(self.position).filter(|&i| i < count as u64);
                if let Some(index) = inside {
                    buffer[index as usize] = *byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Overlay {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}

impl MediaSource for Overlay {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.bytes)
    }
}
