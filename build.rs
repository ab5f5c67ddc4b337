//! Rebuilds the library when a module of the standard library, which it embeds, changes.

fn main() {
    println!("cargo:rerun-if-changed=stdlib");
    println!("cargo:rerun-if-changed=build.rs");
}
