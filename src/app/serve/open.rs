//! Opens a session to editors: port, socket and session file; and takes them away at the end.

use super::door::{Door, Incoming};
use super::link::{Link, Listener};
use super::session::{self, Session};
use super::wire;
use crate::app::Failure;
use crate::diag::Diagnostic;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::SystemTime;

/// What stands open to editors, until it is dropped.
pub struct Open {
    door: Arc<Door>,
    session: Session,
    folder: PathBuf,
}

impl Open {
    /// Opens port and socket and writes the session file to `folder`, which is made private. Whoever comes in
    /// is told to `tell`. Gives what the player should know, too.
    ///
    /// # Errors
    /// The folder cannot be made private, the port is taken.
    pub fn new(
        folder: &Path,
        script: Option<&Path>,
        port: u16,
        tell: SyncSender<Incoming>,
    ) -> Result<(Open, Vec<String>), Failure> {
        let place = folder.display();
        let shared =
            |why| failure(&format!("the folder {place} cannot be made for this user alone: {why}"));
        session::make_private(folder).map_err(shared)?;
        // Cleans up after those that were killed.
        drop(session::running(folder));
        let taken = |why| failure(&format!("editors cannot be listened to on port {port}: {why}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
        let port = listener.local_addr().map_err(taken)?.port();
        let session = describe(script, port)?;
        let door = Arc::new(Door {
            token: session.token.clone(),
            script: session.script.clone(),
            tell,
            closing: AtomicBool::new(false),
            taken: AtomicUsize::new(0),
            next: AtomicU64::new(0),
        });
        let mut open = Open { door, session, folder: folder.to_path_buf() };
        let mut notes = Vec::new();
        #[cfg(unix)]
        if let Err(why) = open.listen_on_socket() {
            // The path may be longer than a socket's may be; the port is there.
            notes.push(format!("There is no Unix socket for editors: {why}"));
        }
        open.door.open(Listener::Tcp(listener));
        let lost = |why| failure(&format!("the session file cannot be written in {place}: {why}"));
        open.session.write(folder).map_err(lost)?;
        Ok((open, notes))
    }

    /// How editors find it.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Listens on a socket file, for its owner alone.
    #[cfg(unix)]
    fn listen_on_socket(&mut self) -> std::io::Result<()> {
        use std::os::unix::{fs::PermissionsExt, net::UnixListener};
        let path = self.session.socket_path(&self.folder);
        // One of a process of the same number that was killed.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        self.door.open(Listener::Unix(listener));
        self.session.socket = Some(path);
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.door.closing.store(true, Ordering::Release);
        // Wakes those who wait for connections, so that they see it.
        let by_port = Session { socket: None, ..self.session.clone() };
        let _ = (Link::to(&self.session), Link::to(&by_port));
        self.session.remove(&self.folder);
    }
}

/// A session of this process, with a token of its own.
fn describe(script: Option<&Path>, port: u16) -> Result<Session, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Ok(Session {
        version: wire::VERSION,
        pid: std::process::id(),
        port,
        token: token()?,
        socket: None,
        script: script.map(|s| std::path::absolute(s).unwrap_or_else(|_| s.to_path_buf())),
        started: since.map_or(0, |s| s.as_millis() as u64),
    })
}

/// Why editors cannot come in, and what to do.
pub fn failure(text: &str) -> Failure {
    let hint = "set XDG_RUNTIME_DIR to a folder of your own, choose another --port, or play with --no-server";
    Failure(vec![Diagnostic::error(text, Default::default()).hint(hint)])
}

/// 256 random bits in hexadecimal.
fn token() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|why| failure(&format!("the system has no random numbers: {why}")))?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}
