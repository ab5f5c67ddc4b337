//! A connection to a running session, from the editor's side.

use crate::app::Failure;
use crate::app::serve::link::Link;
use crate::app::serve::session::Session;
use crate::app::serve::wire::{Answer, Id, Message, VERSION};
use crate::diag::Diagnostic;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Result, Write};
use std::time::Duration;

/// How long an answer is waited for: a script may load many samples.
const PATIENCE: Duration = Duration::from_secs(60);

/// Was let in.
pub struct Client {
    lines: BufReader<Link>,
    asked: i64,
}

/// A message on its way there.
#[derive(Serialize)]
struct Out<'a> {
    id: i64,
    #[serde(flatten)]
    message: &'a Message,
}

/// An answer or a notice.
#[derive(Deserialize)]
struct Back {
    id: Option<Id>,
    #[serde(flatten)]
    answer: Answer,
}

impl Client {
    /// Connects to a session.
    ///
    /// # Errors
    /// It is gone, or refuses.
    pub fn of(session: &Session) -> std::result::Result<Client, Failure> {
        let link = Link::to(session).map_err(|why| lost(&why))?;
        Client::greet(link, Some(session.token.clone()))
    }

    /// Connects to the session that listens on a Unix socket.
    ///
    /// # Errors
    /// There is none, or it refuses.
    #[cfg(unix)]
    pub fn at_socket(path: &std::path::Path) -> std::result::Result<Client, Failure> {
        let stream = std::os::unix::net::UnixStream::connect(path).map_err(|why| {
            let text = format!("there is no session at {}: {why}", path.display());
            let hint = "`--session` takes the number of its process, or the path of its socket";
            Failure(vec![Diagnostic::error(text, Default::default()).hint(hint)])
        })?;
        Client::greet(Link::Unix(stream), None)
    }

    fn greet(link: Link, token: Option<String>) -> std::result::Result<Client, Failure> {
        link.patience(Some(PATIENCE), Some(PATIENCE)).map_err(|why| lost(&why))?;
        link.hurry();
        let mut client = Client { lines: BufReader::new(link), asked: 0 };
        match client.ask(&Message::Hello { version: VERSION, token })? {
            Answer::Error { diagnostics } => {
                Err(Failure(diagnostics.into_iter().map(Diagnostic::from).collect()))
            }
            _ => Ok(client),
        }
    }

    /// Sends a message and waits for its answer.
    ///
    /// # Errors
    /// The session is gone, or says nothing for a minute.
    pub fn ask(&mut self, message: &Message) -> std::result::Result<Answer, Failure> {
        self.asked += 1;
        self.exchange(message).map_err(|why| lost(&why))
    }

    fn exchange(&mut self, message: &Message) -> Result<Answer> {
        let id = self.asked;
        let mut text = serde_json::to_string(&Out { id, message })?;
        text.push('\n');
        self.lines.get_mut().write_all(text.as_bytes())?;
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let back: Back = serde_json::from_str(&line)?;
            // What is refused before it can be read is answered without an id.
            let refused = back.id.is_none() && matches!(back.answer, Answer::Error { .. });
            if refused || back.id == Some(Id::Number(id)) {
                return Ok(back.answer);
            }
        }
    }
}

fn lost(why: &std::io::Error) -> Failure {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    let why = match why.kind() {
        TimedOut | WouldBlock => "it said nothing for 60 s".to_string(),
        _ => why.to_string(),
    };
    let text = format!("the session does not answer: {why}");
    let hint = "look at the terminal that it runs in";
    Failure(vec![Diagnostic::error(text, Default::default()).hint(hint)])
}
