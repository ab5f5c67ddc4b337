//! The editors' server: a running session takes code from editors and tells them what plays.
//!
//! `docs/protocol.md` describes what goes over the wire. Each connection has a thread that reads and one that
//! writes; the control thread asks [`Server::next`] for what they want and never waits for any of them.

mod door;
mod files;
mod lines;
pub mod link;
mod open;
mod problem;
pub mod session;
mod speech;
pub mod wire;

pub use problem::{Elsewhere, Problem};
pub use session::folder;

use super::Failure;
use crate::diag::Diagnostic;
use door::{DROPPED, Incoming};
use files::Files;
use link::Link;
use open::{Open, failure};
use session::Session;
use speech::{Outgoing, line};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use wire::{Answer, Eval, Id, Kind, Message, Outcome};

/// How a session is open to editors.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ServeArgs {
    /// Port of 127.0.0.1 for editors (any that is free otherwise)
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// Do not let editors connect
    #[arg(long)]
    pub no_server: bool,
}

/// What an editor wants of the session.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Play this. To be answered by [`Answer::Result`] or [`Answer::Error`].
    Eval(Eval),
    /// Say how it goes. To be answered by [`Answer::Status`].
    Status,
}

/// Whom to answer; good for one answer.
#[derive(Debug)]
pub struct Ticket {
    client: u64,
    id: Option<Id>,
}

/// An editor that was let in.
struct Client {
    queue: SyncSender<Outgoing>,
    link: Link,
    kinds: BTreeSet<Kind>,
}

/// Requests that wait for the control thread, of all editors.
const REQUESTS: usize = 64;
/// Notes that wait to be told.
const NOTES: usize = 16;

/// The server. Used on the control thread; nothing here waits for an editor.
pub struct Server {
    incoming: Receiver<Incoming>,
    clients: BTreeMap<u64, Client>,
    notes: Vec<String>,
    files: Files,
    /// None if it is closed to editors.
    open: Option<Open>,
}

impl Default for Server {
    /// A server that no editor can reach.
    fn default() -> Server {
        let (_, incoming) = sync_channel(0);
        let (clients, notes, files) = Default::default();
        Server { incoming, clients, notes, files, open: None }
    }
}

impl Server {
    /// Opens the session to editors: on a port of the loopback interface, on a Unix socket where the system has
    /// such, and with a session file that tells where. With `no_server`, to none.
    ///
    /// # Errors
    /// There is no private folder for the session file, or the port is taken.
    pub fn open(script: Option<&Path>, options: &ServeArgs) -> Result<Server, Failure> {
        if options.no_server {
            return Ok(Server::default());
        }
        let none = "there is no folder for the session file";
        let folder = session::folder().ok_or_else(|| failure(none))?;
        Server::open_in(&folder, script, options)
    }

    /// The same with the session file in `folder`, which is made private.
    ///
    /// # Errors
    /// As [`open`](Server::open).
    pub fn open_in(
        folder: &Path,
        script: Option<&Path>,
        options: &ServeArgs,
    ) -> Result<Server, Failure> {
        let (tell, incoming) = sync_channel(REQUESTS);
        let (open, notes) = Open::new(folder, script, options.port, tell)?;
        let (clients, files) = (BTreeMap::new(), Files::of(script));
        Ok(Server { incoming, clients, notes, files, open: Some(open) })
    }

    /// How editors find it; none if it is closed to them.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.open.as_ref().map(Open::session)
    }

    /// The next request, if there is one. Never waits.
    #[expect(clippy::should_implement_trait, reason = "what is not there now may come later")]
    pub fn next(&mut self) -> Option<(Ticket, Request)> {
        // Those who ask without end are heard again at the next call.
        for _ in 0..REQUESTS {
            match self.incoming.try_recv().ok()? {
                Incoming::Joined { client, queue, link } => {
                    self.clients.insert(client, Client { queue, link, kinds: BTreeSet::new() });
                }
                Incoming::Left { client } => drop(self.clients.remove(&client)),
                Incoming::Refused(text) => self.note(text),
                Incoming::Asked { client, id, message } => {
                    let ticket = Ticket { client, id };
                    match message {
                        Message::Eval(eval) => return Some((ticket, Request::Eval(eval))),
                        Message::Status {} => return Some((ticket, Request::Status)),
                        Message::Subscribe { kinds } => self.subscribe(ticket, kinds),
                        Message::Hello { .. } => {
                            let text = "`hello` has been said already";
                            let why = Diagnostic::error(text, Default::default());
                            self.reply(ticket, &Answer::errors(&[why]));
                        }
                    }
                }
            }
        }
        None
    }

    /// What the player should be told since the last call: who was refused and why, who was dropped.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Answers a request. Never waits; an editor that has gone is passed over.
    pub fn reply(&mut self, ticket: Ticket, answer: &Answer) {
        let line = line(ticket.id.as_ref(), &self.files.spelt_out(answer));
        self.send(|&client, _| client == ticket.client, &line);
    }

    /// Tells all who subscribed to the kind of `notice`. Never waits: who does not read is dropped.
    pub fn publish(&mut self, notice: &Answer) {
        if let Some(kind) = notice.kind()
            && self.wants(kind)
        {
            let line = line(None, &self.files.spelt_out(notice));
            self.send(|_, client| client.kinds.contains(&kind), &line);
        }
    }

    /// Whether anybody subscribed to this kind, so that it is worth finding out.
    #[must_use]
    pub fn wants(&self, kind: Kind) -> bool {
        self.clients.values().any(|client| client.kinds.contains(&kind))
    }

    fn note(&mut self, text: String) {
        if self.notes.len() < NOTES {
            self.notes.push(text);
        }
    }

    fn subscribe(&mut self, ticket: Ticket, kinds: Vec<Kind>) {
        if let Some(client) = self.clients.get_mut(&ticket.client) {
            client.kinds = kinds.into_iter().collect();
        }
        let text = "subscribed".to_string();
        self.reply(ticket, &Answer::Result(Outcome { text, ..Outcome::default() }));
    }

    /// Sends a line to some; those whose queue is full, or who are gone, are dropped.
    fn send(&mut self, to: impl Fn(&u64, &Client) -> bool, line: &Outgoing) {
        let mut full = false;
        self.clients.retain(|id, client| {
            if !to(id, client) {
                return true;
            }
            let sent = client.queue.try_send(line.clone());
            full |= matches!(sent, Err(TrySendError::Full(_)));
            if sent.is_err() {
                client.link.end();
            }
            sent.is_ok()
        });
        if full {
            self.note(DROPPED.to_string());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // First those who would come anew.
        self.open = None;
        self.clients.values().for_each(|client| client.link.end());
    }
}
