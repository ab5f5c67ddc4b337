//! Listens to effects, analysers and the sampler, each joined to nothing but test signals.

#[path = "effects/analysis.rs"]
mod analysis;
#[path = "effects/convolve.rs"]
mod convolve;
#[path = "effects/delays.rs"]
mod delays;
#[path = "effects/dynamics.rs"]
mod dynamics;
#[path = "effects/limiter.rs"]
mod limiter;
#[path = "effects/listen.rs"]
mod listen;
#[path = "effects/pitch_shift.rs"]
mod pitch_shift;
#[path = "effects/rig.rs"]
mod rig;
#[path = "effects/sampler.rs"]
mod sampler;
#[path = "effects/space.rs"]
mod space;
#[path = "effects/wild.rs"]
mod wild;
