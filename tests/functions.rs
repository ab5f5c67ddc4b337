//! Functions of scripts on the audio thread: equal bits three ways, what is refused, what is safe.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "functions/arm.rs"]
mod arm;
#[path = "functions/bench.rs"]
mod bench;
#[path = "functions/corpus.rs"]
mod corpus;
#[path = "functions/program.rs"]
mod program;
#[path = "functions/random.rs"]
mod random;
#[path = "functions/refusals.rs"]
mod refusals;
#[path = "functions/reload.rs"]
mod reload;
#[path = "functions/safety.rs"]
mod safety;
#[path = "live/stage.rs"]
mod stage;
#[path = "functions/wires.rs"]
mod wires;
