//! The way in: who connects, whether they may, and threads that read and write for them.

use super::lines::{Line, Lines};
use super::link::{Link, Listener};
use super::speech::{Misunderstood, Outgoing, decode, line, refusal};
use super::wire::{Answer, Id, Message, VERSION};
use crate::diag::Diagnostic;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// Bytes of a message.
pub const MAX_LINE: usize = 1 << 20;
/// Bytes of the first message.
const MAX_HELLO: usize = 4096;
/// Connections at a time.
pub const MAX_CLIENTS: usize = 16;
/// Time to say hello.
pub const HELLO: Duration = Duration::from_secs(5);
/// How often a wait for the first message looks at the time.
const GLANCE: Duration = Duration::from_millis(200);
/// How long a client may leave a full connection unread.
const STUCK: Duration = Duration::from_secs(5);
/// Lines that wait for a client to read.
pub const QUEUE: usize = 1024;

/// What the player is told of a client that does not read.
pub const DROPPED: &str = "An editor was dropped: it does not read what it is sent";

/// What the threads of connections tell the control thread.
pub enum Incoming {
    /// A client was let in.
    Joined { client: u64, queue: SyncSender<Outgoing>, link: Link },
    /// It asks for something.
    Asked { client: u64, id: Option<Id>, message: Message },
    /// It is gone.
    Left { client: u64 },
    /// Somebody was not let in, or dropped: what the player is told.
    Refused(String),
}

/// What all connections share.
pub struct Door {
    /// What `hello` must say.
    pub token: String,
    /// What plays, for `welcome`.
    pub script: Option<PathBuf>,
    /// To the control thread.
    pub tell: SyncSender<Incoming>,
    /// The server is over.
    pub closing: AtomicBool,
    /// Connections that there are.
    pub taken: AtomicUsize,
    /// Number of the next client.
    pub next: AtomicU64,
}

/// A place among the connections; free again when it is dropped.
struct Seat(Arc<Door>);

impl Seat {
    fn take(door: &Arc<Door>) -> Option<Seat> {
        let free = |taken| (taken < MAX_CLIENTS).then_some(taken + 1);
        door.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, free).ok()?;
        Some(Seat(door.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Door {
    /// Lets clients in, on a thread of its own, until the server closes.
    pub fn open(self: &Arc<Door>, listener: Listener) {
        let door = self.clone();
        std::thread::spawn(move || {
            loop {
                let link = listener.accept();
                if door.closing.load(Ordering::Acquire) {
                    return;
                }
                match link {
                    Ok(link) => door.enter(link),
                    // The process has no handles left; it may have some soon.
                    Err(_) => std::thread::park_timeout(GLANCE),
                }
            }
        });
    }

    fn enter(self: &Arc<Door>, mut link: Link) {
        let Some(seat) = Seat::take(self) else {
            let text = format!("there are {MAX_CLIENTS} connections already");
            let why = Diagnostic::error(text, Default::default());
            let why = why.hint("close an editor, or end clients that were left running");
            // A few bytes into a fresh connection do not wait.
            let _ = link.write_all(line(None, &Answer::errors(&[why])).as_bytes());
            return link.end();
        };
        link.hurry();
        std::thread::spawn(move || {
            seat.0.serve(&link);
            link.end();
        });
    }

    /// Tells the player; if there is too much to tell, this is left out.
    fn note(&self, text: String) {
        let _ = self.tell.try_send(Incoming::Refused(text));
    }

    /// All of a connection. A return ends it.
    fn serve(&self, link: &Link) -> Option<()> {
        link.patience(Some(GLANCE), Some(STUCK)).ok()?;
        let mut lines = Lines::new(link.again().ok()?, MAX_HELLO);
        let id = match self.greet(&mut lines, link.is_trusted())? {
            Ok(id) => id,
            Err(why) => {
                self.note(format!("An editor was refused: {}", why.message));
                let _ =
                    link.again().ok()?.write_all(line(None, &Answer::errors(&[why])).as_bytes());
                return None;
            }
        };
        link.patience(None, Some(STUCK)).ok()?;
        lines.set_cap(MAX_LINE);
        let (queue, waiting) = sync_channel(QUEUE);
        queue.try_send(line(id.as_ref(), &self.welcome())).ok()?;
        self.write(link.again().ok()?, waiting);
        let client = self.next.fetch_add(1, Ordering::Relaxed);
        let joined = Incoming::Joined { client, queue: queue.clone(), link: link.again().ok()? };
        self.tell.send(joined).ok()?;
        while let Ok(Some(text)) = lines.next(None) {
            match decode(&text) {
                Ok(None) => {}
                Ok(Some((id, message))) => {
                    // Waits while the control thread has a lot to do.
                    self.tell.send(Incoming::Asked { client, id, message }).ok()?;
                }
                Err(Misunderstood { id, why }) => {
                    let answer = line(id.as_ref(), &Answer::errors(&[*why]));
                    if let Err(TrySendError::Full(_)) = queue.try_send(answer) {
                        break;
                    }
                }
            }
        }
        self.tell.send(Incoming::Left { client }).ok()
    }

    /// Hears the first message: none if nobody is there to be answered.
    fn greet(
        &self,
        lines: &mut Lines<Link>,
        trusted: bool,
    ) -> Option<Result<Option<Id>, Diagnostic>> {
        let deadline = Some(Instant::now() + HELLO);
        let first = match lines.peek(deadline) {
            Ok([]) => return None,
            Ok(first) => first,
            Err(_) => return Some(Err(refusal("nothing was said for 5 s", HINT))),
        };
        // Browsers send what they like to ports of this machine, but never a `{` first.
        if first[0] != b'{' {
            let seen: String = first.iter().take(24).map(|&b| b as char).collect();
            let seen = seen.split(['\r', '\n']).next().unwrap_or("").escape_debug().to_string();
            self.note(format!(
                "A connection that is no editor's was refused: it began with `{seen}`"
            ));
            return None;
        }
        let said = match lines.next(deadline) {
            Ok(Some(Line::TooLong)) => {
                return Some(Err(refusal("the first message is longer than 4 KiB", HINT)));
            }
            Ok(Some(said)) => decode(&said),
            Ok(None) => return None,
            Err(_) => return Some(Err(refusal("no whole line was said for 5 s", HINT))),
        };
        Some(match said {
            Ok(Some((id, Message::Hello { version, token }))) => {
                let right = |token: String| same(token.as_bytes(), self.token.as_bytes());
                if version != VERSION {
                    let text =
                        format!("it speaks version {version} of the protocol, and not {VERSION}");
                    Err(refusal(&text, "use an editor's binding of the same age as rhapsode"))
                } else if token.map_or(trusted, right) {
                    Ok(id)
                } else {
                    Err(refusal("the token is wrong", "read it from the session file"))
                }
            }
            Ok(_) => Err(refusal("the first message must be `hello`", HINT)),
            Err(Misunderstood { why, .. }) => Err(*why),
        })
    }

    /// Writes what waits, on a thread of its own. A client that does not read for too long is left.
    fn write(&self, mut link: Link, waiting: Receiver<Outgoing>) {
        let tell = self.tell.clone();
        std::thread::spawn(move || {
            let mut waiting = waiting.iter();
            let failed = waiting.find_map(|line| link.write_all(line.as_bytes()).err());
            if failed
                .is_some_and(|e| matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
            {
                let _ = tell.try_send(Incoming::Refused(DROPPED.to_string()));
            }
            link.end();
        });
    }

    fn welcome(&self) -> Answer {
        Answer::Welcome {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_string(),
            pid: std::process::id(),
            script: self.script.clone(),
        }
    }
}

const HINT: &str = "begin with {\"type\":\"hello\",\"version\":1,\"token\":\"...\"}";

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differ = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differ) == 0
}
