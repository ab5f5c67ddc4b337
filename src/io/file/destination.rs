//! Where a file that is being written stands: under a temporary name until it is complete, or under its own.

use super::FileError;
use super::temporary::Temporary;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Files of one name before giving up to find a free one.
const TRIES: u32 = 10_000;

/// The name of a file being written.
pub(super) enum Destination {
    /// It gets its own when it is complete; dropping this removes it.
    Temporary(Temporary),
    /// It has its own.
    Final(PathBuf),
}

impl Destination {
    /// Creates an empty file that will replace `target`.
    pub(super) fn create(target: &Path) -> Result<(Self, File), FileError> {
        let (temporary, file) = Temporary::create(target)?;
        Ok((Self::Temporary(temporary), file))
    }

    /// Creates an empty file `target`, or, where that exists, `target-2` and so on: never touches a file that
    /// was there before.
    pub(super) fn create_new(target: &Path) -> Result<(Self, File), FileError> {
        if target.file_name().is_none() {
            return Err(FileError::unsupported(target, "it names no file", "give a file name"));
        }
        for n in 1..=TRIES {
            let target = numbered(target, n);
            match File::create_new(&target) {
                Ok(file) => return Ok((Self::Final(target), file)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(FileError::write(&target, e)),
            }
        }
        let why = format!("there are {TRIES} files of that name already");
        Err(FileError::unsupported(target, why, "choose another name"))
    }

    /// Gives the file its final name, replacing what had it before.
    pub(super) fn commit(self) -> Result<(), FileError> {
        match self {
            Self::Temporary(temporary) => temporary.commit(),
            Self::Final(_) => Ok(()),
        }
    }

    /// Gives up completing the file: leaves it where it is, because it is readable up to the last flush, and
    /// says so.
    pub(super) fn keep(self, error: io::Error) -> FileError {
        match self {
            Self::Temporary(temporary) => temporary.keep(error),
            Self::Final(path) => FileError::write(&path, error),
        }
    }

    /// The final name.
    pub(super) fn target(&self) -> &Path {
        match self {
            Self::Temporary(temporary) => temporary.target(),
            Self::Final(path) => path,
        }
    }
}

/// `take.wav`, `take-2.wav`, `take-3.wav`, ...
pub(crate) fn numbered(path: &Path, n: u32) -> PathBuf {
    if n == 1 {
        return path.to_path_buf();
    }
    let mut name = path.file_stem().unwrap_or_default().to_os_string();
    name.push(format!("-{n}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}
