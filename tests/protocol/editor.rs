//! An editor of the tests: says anything, well-formed or not.

use rhapsode::app::serve::session::Session;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A connection over TCP.
pub struct Editor {
    lines: BufReader<TcpStream>,
}

impl Editor {
    /// Connects and says nothing.
    pub fn connect(session: &Session) -> Editor {
        let stream = TcpStream::connect(("127.0.0.1", session.port)).expect("connects");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("sets");
        Editor { lines: BufReader::new(stream) }
    }

    /// Connects and is let in.
    pub fn enter(session: &Session) -> Editor {
        let mut editor = Editor::connect(session);
        editor.say(&json!({"type": "hello", "version": 1, "token": session.token}));
        assert_eq!(editor.hear().expect("a welcome")["type"], "welcome");
        editor
    }

    /// Says a message.
    pub fn say(&mut self, message: &Value) {
        self.say_bytes(format!("{message}\n").as_bytes()).expect("is heard");
    }

    /// Says anything.
    pub fn say_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.lines.get_mut().write_all(bytes)
    }

    /// The next message; none when the connection has ended.
    pub fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            // Who is dropped may be in the middle of a line.
            Ok(_) if !line.ends_with('\n') => None,
            Ok(_) => Some(serde_json::from_str(&line).expect("JSON")),
            Err(why) => {
                let slow = [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut];
                assert!(!slow.contains(&why.kind()), "nothing came, and the connection is open");
                None
            }
        }
    }

    /// The first message of an error answer.
    pub fn refusal(&mut self) -> String {
        let answer = self.hear().expect("an answer");
        assert_eq!(answer["type"], "error", "{answer}");
        answer["diagnostics"][0]["message"].as_str().expect("a message").to_string()
    }
}
