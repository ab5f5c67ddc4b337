//! The swap protocol under every interleaving of its threads: the source files of the seat, the stand and the
//! inbox, with atomics and rings that `loom` controls.

#![allow(
    dead_code,
    unused_imports,
    reason = "the files are made for more than the model asks of them"
)]

// The files below take their rings from here.
extern crate self as ringbuf;

#[path = "model/ring.rs"]
mod ring;
pub(crate) use ring::{HeapCons, HeapProd, HeapRb, traits};

#[path = "model/seat.rs"]
mod seat;
#[path = "model/stand.rs"]
mod stand;
#[path = "model/swap.rs"]
mod swap;

/// The parts of the library that the files name.
mod io {
    pub mod audio {
        pub use rhapsode::io::audio::{Callback, Format};
    }
}
mod rt {
    pub use crate::swap::{Timed, Update};
}

/// Runs `f` under every interleaving in which threads are pushed aside at most `times` times.
fn check(times: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(times);
    builder.check(f);
}
