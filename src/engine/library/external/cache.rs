//! What programs have made, kept in the cache of the platform under a hash of all that went in.

use super::order::Order;
use crate::engine::library::Stamp;
use crate::io::file::{AudioFile, Format, WriteOptions, create};
use crate::nodes::table::Sample;
use std::path::{Path, PathBuf};

/// Bytes of all files; when there are more, the oldest go.
const MOST: u64 = 1 << 30;

/// FNV-1a of 128 bits (G. Fowler, L. C. Noll, P. Vo).
struct Hash(u128);

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        }
    }
}

/// The file for what `order`, whose program is of a version, makes of `source` at `rate` hertz.
pub(super) fn place(order: &Order, version: &Stamp, source: &Sample, rate: u32) -> PathBuf {
    let mut hash = Hash(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
    let shape = (rate, source.channels.len(), source.frames(), source.sustain_loop, source.root);
    hash.add(format!("{shape:?} {} {:?} {version:?}", order.command, order.program).as_bytes());
    for x in source.channels.iter().flatten() {
        hash.add(&x.to_bits().to_le_bytes());
    }
    let folder = crate::plugin::scan::cache::folder().join("external");
    folder.join(format!("{:032x}.wav", hash.0))
}

/// What is kept there, if anything is.
pub(super) fn read(place: &Path) -> Option<AudioFile> {
    AudioFile::read(place).ok()
}

/// Keeps it. If that fails the program runs again another time.
pub(super) fn write(place: &Path, file: &AudioFile) {
    let Some(folder) = place.parent() else { return };
    let kept = std::fs::create_dir_all(folder).map_err(|e| e.to_string()).and_then(|()| {
        save(place, file).map_err(|e| e.what())?;
        tidy(folder).map_err(|e| e.to_string())
    });
    if let Err(why) = kept {
        tracing::debug!("what a program made is not kept: {why}");
    }
}

/// Writes a sound as floating-point WAV.
pub(super) fn save(place: &Path, file: &AudioFile) -> Result<(), crate::io::file::FileError> {
    let options = WriteOptions {
        loops: file.loops.clone(),
        root_key: file.root_key,
        ..WriteOptions::new(Format::Wav32f, file.rate, file.channels.len())
    };
    let mut writer = create(place, &options)?;
    let channels: Vec<&[f32]> = file.channels.iter().map(Vec::as_slice).collect();
    writer.write(&channels)?;
    writer.finish().map(|_| ())
}

/// Removes the files that were written first while all together are too large.
fn tidy(folder: &Path) -> std::io::Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)?.flatten() {
        let meta = entry.metadata()?;
        files.push((meta.modified().ok(), meta.len(), entry.path()));
    }
    files.sort();
    let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in files {
        if total <= MOST {
            break;
        }
        std::fs::remove_file(path)?;
        total -= size;
    }
    Ok(())
}
