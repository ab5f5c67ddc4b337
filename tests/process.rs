//! The command `process`: real files through real plugins (Debian's `zam-plugins`) and our own fixtures.
#![cfg(target_os = "linux")]

mod process {
    #[path = "../plugins/built.rs"]
    pub mod built;
    pub mod command;
    #[path = "../plugins/oracle.rs"]
    mod oracle;
    #[path = "../plugins/rig.rs"]
    #[allow(dead_code, reason = "another test uses the rest")]
    pub mod rig;

    mod automation;
    mod chains;
    mod faults;
    mod files;
    mod mistakes;
    mod presets;
}
