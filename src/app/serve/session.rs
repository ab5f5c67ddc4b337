//! Session files: how an editor finds a running session, and the token that lets it in.

use super::link::Link;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

/// A running session, as its file describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Version of the protocol.
    pub version: u32,
    /// The process.
    pub pid: u32,
    /// The port of 127.0.0.1.
    pub port: u16,
    /// What `hello` must say on that port.
    pub token: String,
    /// The Unix socket, where the system has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// The script that plays, if it is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<PathBuf>,
    /// When it began, in milliseconds since 1970 (UTC).
    pub started: u64,
}

/// The folder of session files: `$XDG_RUNTIME_DIR/rhapsode`, or `rhapsode/run` in `$XDG_STATE_HOME` or
/// `~/.local/state`.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(runtime) = set("XDG_RUNTIME_DIR") {
        return Some(runtime.join("rhapsode"));
    }
    let state = set("XDG_STATE_HOME").or_else(|| Some(std::env::home_dir()?.join(".local/state")));
    Some(state?.join("rhapsode/run"))
}

/// Makes the folder, for its owner alone.
///
/// # Errors
/// It cannot be made, is somebody else's, or a link to somewhere.
pub fn make_private(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    if !std::fs::symlink_metadata(folder)?.is_dir() {
        return Err(std::io::Error::other("it is a link, and not a folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Only the owner may do this, so a folder that somebody else has put there is refused.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

impl Session {
    /// Where its file is.
    #[must_use]
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.json", self.pid))
    }

    /// Writes its file, whole or not at all, for its owner alone.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, folder: &Path) -> Result<()> {
        // Temporary files are made with mode 0600.
        let mut file = tempfile::Builder::new().prefix(".session-").tempfile_in(folder)?;
        file.write_all(serde_json::to_string(self)?.as_bytes())?;
        file.persist(self.path(folder))?;
        Ok(())
    }

    /// Where its socket is.
    #[must_use]
    pub fn socket_path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.sock", self.pid))
    }

    /// Takes its file and its socket away; they may be gone.
    pub fn remove(&self, folder: &Path) {
        let _ = std::fs::remove_file(self.path(folder));
        let _ = std::fs::remove_file(self.socket_path(folder));
    }

    /// Whether nobody listens any more.
    fn is_stale(&self) -> bool {
        let gone = [ErrorKind::ConnectionRefused, ErrorKind::NotFound];
        Link::to(self).is_err_and(|why| gone.contains(&why.kind()))
    }
}

/// The session of a file. None if it cannot be read: it may be of a newer version, and is left alone.
fn read(path: &Path) -> Option<Session> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

/// The sessions that run, the newest first. What sessions have left that were killed is cleaned up.
#[must_use]
pub fn running(folder: &Path) -> Vec<Session> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = files.flatten().map(|f| f.path());
    let found = paths.filter(|p| p.extension().is_some_and(|e| e == "json"));
    // A file that names another process than its own was not written by us.
    let found = found.filter_map(|p| read(&p).filter(|s| s.path(folder) == p));
    let (stale, mut alive): (Vec<Session>, Vec<Session>) = found.partition(Session::is_stale);
    for session in stale {
        session.remove(folder);
    }
    alive.sort_by_key(|s| (std::cmp::Reverse(s.started), s.pid));
    alive
}
