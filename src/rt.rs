//! The audio thread's own code: blocks, events, processors, the schedule and its renderer.

pub mod block;
pub mod event;
pub mod processor;

pub use block::{Block, Buffer, Inputs, Ramp};
pub use event::{Event, EventKind};
pub use processor::{Processor, Status};
