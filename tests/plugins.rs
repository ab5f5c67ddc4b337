//! Hosted plugins: our own fixtures in both formats, and real ones (Debian's `zam-plugins`).
#![cfg(target_os = "linux")]

mod plugins {
    pub mod built;
    #[path = "../no_alloc/counting.rs"]
    #[allow(dead_code, reason = "another test counts by itself")]
    pub mod counting;
    pub mod rig;

    mod alloc;
    mod describe;
    mod events;
    mod failing;
    mod faulty;
    mod hands;
    mod hosts;
    mod latency;
    mod mistakes;
    mod oracle;
    mod program;
    mod reload;
    mod sandbox;
    mod sandbox_ends;
    mod sandbox_faults;
    mod sandbox_side;
    mod scan;
    mod scripts;
    mod sound;
    mod state;
    mod zam;
}
