//! A file that exists under a temporary name until it is complete.

use super::FileError;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// The temporary name of a file being written; dropping it removes the file.
///
/// It lies in the target's folder, because only a rename within one file system is atomic, and it
/// keeps the extension, so that what a killed process left behind can be opened.
pub(super) struct Temporary {
    path: TempPath,
    target: PathBuf,
}

impl Temporary {
    /// Creates an empty temporary file beside `target`.
    pub(super) fn create(target: &Path) -> Result<(Self, File), FileError> {
        refuse_special(target)?;
        let stem = target.file_stem().unwrap_or_default().to_string_lossy();
        let suffix = target.extension().map(|e| format!(".{}", e.to_string_lossy()));
        let prefix = format!("{stem}.partial-");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(suffix.as_deref().unwrap_or_default());
        #[cfg(unix)]
        {
            // Temporary files are private by default; this one becomes an ordinary file (less the umask).
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let (file, path) = builder
            .tempfile_in(folder_of(target))
            .map_err(|e| FileError::write(target, plain(e)))?
            .into_parts();
        Ok((Self { path, target: target.to_path_buf() }, file))
    }

    /// Gives the file its final name, replacing what had it before.
    pub(super) fn commit(self) -> Result<(), FileError> {
        self.path.persist(&self.target).map_err(|e| FileError::write(&self.target, e.error))
    }

    /// Gives up completing the file: leaves it under its temporary name, because it is readable up
    /// to the last flush, and says so.
    pub(super) fn keep(self, error: io::Error) -> FileError {
        let Self { path, target } = self;
        match path.keep() {
            Ok(kept) => FileError::Incomplete { path: target, kept, source: plain(error) },
            Err(_) => FileError::write(&target, error),
        }
    }

    /// The final name.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }
}

/// Writes a file so that a program killed meanwhile leaves the old file or the new one, never a torn one.
///
/// # Errors
/// If the file cannot be written, or `path` is a folder or a device.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let (temporary, mut file) = Temporary::create(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|e| FileError::write(path, e))?;
    temporary.commit()
}

/// The folder that holds `path`.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A rename over a device or a folder would replace or fail it; say so before any work is done.
fn refuse_special(target: &Path) -> Result<(), FileError> {
    if target.file_name().is_none() {
        return Err(FileError::unsupported(target, "it names no file", "give a file name"));
    }
    match target.metadata() {
        Ok(meta) if !meta.is_file() => Err(FileError::unsupported(
            target,
            "it is a folder or a device, not a file",
            "give the name of a file to create or replace",
        )),
        _ => Ok(()),
    }
}

/// `tempfile` adds its random path to the message, which would only confuse.
fn plain(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::from(error.kind()),
    }
}
