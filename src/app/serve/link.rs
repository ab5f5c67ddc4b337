//! A connection, over TCP or a Unix socket.

use super::session::Session;
use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

/// One end of a connection.
pub enum Link {
    /// Over the loopback interface.
    Tcp(TcpStream),
    /// Through a socket file, which only its owner reaches.
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Does the same to whatever the link is.
macro_rules! each {
    ($link:expr, $stream:ident => $do:expr) => {
        match $link {
            Link::Tcp($stream) => $do,
            #[cfg(unix)]
            Link::Unix($stream) => $do,
        }
    };
}

impl Link {
    /// Connects to a running session: by its socket where there is one, else by its port.
    ///
    /// # Errors
    /// What the system says; `ConnectionRefused` or `NotFound` if the session is not there any more.
    pub fn to(session: &Session) -> Result<Link> {
        #[cfg(unix)]
        if let Some(socket) = &session.socket {
            match UnixStream::connect(socket) {
                Ok(stream) => return Ok(Link::Unix(stream)),
                // Something has tidied up the folder; the port may be there still.
                Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
                Err(why) => return Err(why),
            }
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, session.port));
        Ok(Link::Tcp(TcpStream::connect_timeout(&address, Duration::from_secs(1))?))
    }

    /// Whether the system has made sure already that the other end is the same user's.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        !matches!(self, Link::Tcp(_))
    }

    /// Another handle on the same connection.
    ///
    /// # Errors
    /// The process has no handles left.
    pub fn again(&self) -> Result<Link> {
        Ok(match self {
            Link::Tcp(stream) => Link::Tcp(stream.try_clone()?),
            #[cfg(unix)]
            Link::Unix(stream) => Link::Unix(stream.try_clone()?),
        })
    }

    /// How long reads and writes wait at most; `None` waits for ever.
    ///
    /// # Errors
    /// A time of zero.
    pub fn patience(&self, read: Option<Duration>, write: Option<Duration>) -> Result<()> {
        each!(self, s => {
            s.set_read_timeout(read)?;
            s.set_write_timeout(write)
        })
    }

    /// Sends small messages at once.
    pub fn hurry(&self) {
        if let Link::Tcp(stream) = self {
            // Only slower without.
            let _ = stream.set_nodelay(true);
        }
    }

    /// Ends the connection, also for those who wait to read or write.
    pub fn end(&self) {
        // It may have ended already.
        let _ = each!(self, s => s.shutdown(Shutdown::Both));
    }
}

impl Read for Link {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        each!(self, s => s.read(to))
    }
}

impl Write for Link {
    fn write(&mut self, from: &[u8]) -> Result<usize> {
        each!(self, s => s.write(from))
    }

    fn flush(&mut self) -> Result<()> {
        each!(self, s => s.flush())
    }
}

/// Where connections come in.
pub enum Listener {
    /// A port of the loopback interface.
    Tcp(TcpListener),
    /// A socket file.
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    /// Waits for the next connection.
    ///
    /// # Errors
    /// What the system says: the process may have no handles left.
    pub fn accept(&self) -> Result<Link> {
        Ok(match self {
            Listener::Tcp(listener) => Link::Tcp(listener.accept()?.0),
            #[cfg(unix)]
            Listener::Unix(listener) => Link::Unix(listener.accept()?.0),
        })
    }
}
