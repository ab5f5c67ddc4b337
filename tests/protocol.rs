//! The editors' protocol: what it promises, kept by the server itself, by the bindings of editors, and by a
//! session that plays.

#![allow(clippy::disallowed_methods, reason = "tests wait for other threads and processes")]

#[path = "protocol/editor.rs"]
mod editor;
#[path = "protocol/editors.rs"]
mod editors;
#[path = "protocol/live.rs"]
mod live;
#[path = "protocol/manual.rs"]
mod manual;
#[path = "protocol/server.rs"]
mod server;
#[path = "protocol/stage.rs"]
mod stage;
