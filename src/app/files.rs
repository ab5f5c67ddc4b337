//! The commands `info` and `convert`: audio files described and converted.

mod convert;
mod info;

pub use convert::{ConvertArgs, Layout, convert};
pub use info::{InfoArgs, info};
