//! What can go wrong with an audio file, said so that the user knows what to do.

use crate::diag::Diagnostic;
use crate::units::Place;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A failure to read or write an audio file: which file, what went wrong, where, and what to do.
#[derive(Debug)]
pub enum FileError {
    /// The operating system refused to open or read the file.
    Read {
        /// The file that was to be read.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system refused to create, write or rename the file.
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file could not be completed; what reached the disk before is kept under another name.
    Incomplete {
        /// The file that was to be written.
        path: PathBuf,
        /// Where the readable part is.
        kept: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not audio that can be read here, or cannot be written in that format.
    Unsupported {
        /// The file in question.
        path: PathBuf,
        /// What is not supported.
        why: String,
        /// What the user can do.
        hint: String,
    },
    /// The file is damaged or ends too early.
    Malformed {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// Byte offset in the file that the reader had reached, where it is known.
        offset: Option<u64>,
    },
    /// Reading or writing it would need more memory or file size than is allowed.
    TooLarge {
        /// The file in question.
        path: PathBuf,
        /// Which bound would be passed.
        why: String,
        /// What the user can do.
        hint: String,
    },
    /// The user stopped the work before the file was complete; nothing was written.
    Interrupted {
        /// The file that was to be written.
        path: PathBuf,
    },
}

impl FileError {
    /// The file that the error is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. }
            | Self::Write { path, .. }
            | Self::Incomplete { path, .. }
            | Self::Unsupported { path, .. }
            | Self::Malformed { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Interrupted { path } => path,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "check the spelling and the folder it is looked for in".into()
            }
            Self::Read { .. } => "check that it is a file you may read".into(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "create the folder first, or choose another one".into()
            }
            Self::Write { source, .. } | Self::Incomplete { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::StorageFull
                        | io::ErrorKind::QuotaExceeded
                        | io::ErrorKind::FileTooLarge
                ) =>
            {
                "free some disk space, or write to another disk".into()
            }
            Self::Incomplete { .. } => "check the disk".into(),
            Self::Write { .. } => "check that you may write in that folder".into(),
            Self::Unsupported { hint, .. } | Self::TooLarge { hint, .. } => hint.clone(),
            Self::Malformed { .. } => {
                "copy or export the file again; its end or its header is damaged".into()
            }
            Self::Interrupted { .. } => "run the command again to get the whole file".into(),
        }
    }

    /// Byte offset of the damage, where it is known.
    pub fn offset(&self) -> Option<u64> {
        match self {
            Self::Malformed { offset, .. } => *offset,
            _ => None,
        }
    }

    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_path_buf(), source }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_path_buf(), source }
    }

    pub(super) fn malformed(path: &Path, why: impl Into<String>, offset: Option<u64>) -> Self {
        Self::Malformed { path: path.to_path_buf(), why: why.into(), offset }
    }

    pub(crate) fn unsupported(
        path: &Path,
        why: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Unsupported { path: path.to_path_buf(), why: why.into(), hint: hint.into() }
    }

    pub(super) fn too_large(path: &Path, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::TooLarge { path: path.to_path_buf(), why: why.into(), hint: hint.into() }
    }
}

impl FileError {
    /// The error as a message for a place in a script: what is wrong, and apart from it what to do.
    pub fn diagnostic(&self, place: Place) -> Diagnostic {
        Diagnostic::error(self.what(), place).hint(self.hint())
    }

    /// What is wrong, without what to do about it.
    pub fn what(&self) -> String {
        let path = self.path().display();
        match self {
            Self::Read { source, .. } => format!("cannot read `{path}`: {source}"),
            Self::Write { source, .. } => format!("cannot write `{path}`: {source}"),
            Self::Incomplete { kept, source, .. } => format!(
                "cannot complete `{path}`: {source}; what was written before is in `{}`",
                kept.display()
            ),
            Self::Unsupported { why, .. } => format!("`{path}` is not supported: {why}"),
            Self::Malformed { why, offset: Some(at), .. } => {
                format!("`{path}` is damaged at byte {at}: {why}")
            }
            Self::Malformed { why, .. } => format!("`{path}` is damaged: {why}"),
            Self::TooLarge { why, .. } => format!("`{path}` is too large: {why}"),
            Self::Interrupted { .. } => format!("`{path}` was not written: interrupted"),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what(), self.hint())
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. }
            | Self::Write { source, .. }
            | Self::Incomplete { source, .. } => Some(source),
            _ => None,
        }
    }
}
