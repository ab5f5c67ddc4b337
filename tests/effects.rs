//! Listens to effects, analysers and the sampler, each joined to nothing but test signals.

#[path = "effects/delays.rs"]
mod delays;
#[path = "effects/dynamics.rs"]
mod dynamics;
#[path = "effects/limiter.rs"]
mod limiter;
#[path = "effects/listen.rs"]
mod listen;
#[path = "effects/rig.rs"]
mod rig;
#[path = "effects/space.rs"]
mod space;
