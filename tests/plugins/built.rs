//! Builds the plugins of `tests/fixtures/plugins` once, however many test programs ask for them.

use rhapsode::plugin::Format;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const LIBRARIES: [&str; 10] = [
    "good",
    "nan",
    "hang",
    "hang-load",
    "crash-process",
    "crash-load",
    "crash-unload",
    "many",
    "unsorted",
    "refuses",
];

/// The folder that has a folder a library.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(build);
    &ROOT
}

/// A library of the fixtures in a format.
pub fn library(name: &str, format: Format) -> PathBuf {
    root().join(name).join(format!("{name}.{}", format.prefix()))
}

fn build() -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = project.join("target/plugin-fixtures");
    std::fs::create_dir_all(&target).expect("the target folder can be written");
    let lock = File::create(target.join("tests.lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be taken");
    eprintln!("building the plugins of tests/fixtures/plugins");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--manifest-path"])
        .arg(project.join("tests/fixtures/plugins/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .env_remove("RUSTFLAGS")
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the fixtures can be built");
    let plugins = target.join("plugins");
    for name in LIBRARIES {
        let from = target.join("debug").join(format!("lib{}.so", name.replace('-', "_")));
        let folder = plugins.join(name);
        let bundle = folder.join(format!("{name}.vst3/Contents/{}-linux", std::env::consts::ARCH));
        put(&from, &folder.join(format!("{name}.clap")));
        put(&from, &bundle.join(format!("{name}.so")));
    }
    plugins
}

/// Copies a file that others may have loaded: beside it, then over it at once; not if it is there already.
fn put(from: &Path, to: &Path) {
    let modified = |path: &Path| path.metadata().and_then(|m| m.modified()).ok();
    if modified(to).is_some_and(|there| Some(there) >= modified(from)) {
        return;
    }
    let beside = to.with_extension("new");
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("the folder can be made");
    std::fs::copy(from, &beside).expect("the library can be copied");
    std::fs::rename(&beside, to).expect("the library can be put in its place");
}
