//! Sounds made of sounds: parts, onsets, kits of them, and what programs make of them; rendered and compared.

#[path = "sounds/bounce.rs"]
mod bounce;
#[path = "sounds/desk.rs"]
mod desk;
#[cfg(unix)]
#[path = "sounds/external.rs"]
mod external;
#[path = "sounds/parts.rs"]
mod parts;
#[path = "sounds/reload.rs"]
mod reload;
#[path = "sounds/whole.rs"]
mod whole;
