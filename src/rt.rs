//! The audio thread's own code: blocks, events, processors, the schedule and its renderer.

pub mod bank;
pub mod block;
pub mod ceiling;
pub mod clock_out;
pub mod controllers;
pub mod denormal;
pub mod event;
pub mod inlets;
pub mod job;
pub mod keys;
pub mod kit;
pub mod midi;
pub mod pace;
pub mod processor;
pub mod program;
pub mod renderer;
pub mod schedule;
pub mod slots;
pub mod timeline;
pub mod update;
pub mod voices;
pub mod workers;

pub use block::{Block, Buffer, Inputs, Ramp};
pub use event::{Event, EventKind};
pub use inlets::Inlets;
pub use job::{Fault, Job, PortRef, Timed, Trouble};
pub use keys::Keys;
pub use midi::{Arrival, Outgoing, Route};
pub use pace::{Pace, Step};
pub use processor::{Processor, Status};
pub use renderer::Renderer;
pub use schedule::{Schedule, Tap};
pub use update::Update;
pub use workers::Workers;
