//! Other hosts, from PyPI, in a virtual environment of their own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python of a virtual environment that has the hosts; made once.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let lock = File::create(target.join("hosts.lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be taken");
    let python = target.join("hosts/bin/python");
    let run = |command: &mut Command| {
        let status = command.status().expect("python3 is there (apt-get install python3-venv)");
        assert!(status.success(), "{command:?}");
    };
    let has =
        |python: &Path| Command::new(python).args(["-c", "import pedalboard, minihost"]).status();
    if !has(&python).is_ok_and(|status| status.success()) {
        run(Command::new("python3").args(["-m", "venv"]).arg(target.join("hosts")));
        let install =
            ["-m", "pip", "install", "--quiet", "pedalboard==0.9.26", "minihost==0.11.*", "numpy"];
        run(Command::new(&python).args(install));
    }
    python
}

/// The samples of a file of 32-bit floats.
pub fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let four = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four")));
    four.collect()
}

/// Has the other hosts render `sound`; what they give is in `folder`.
pub fn ask(jobs: &[serde_json::Value], sound: &[Vec<f32>; 2], folder: &Path) {
    let bytes: Vec<u8> = sound.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(folder.join("in.f32"), bytes).expect("writes");
    let list = folder.join("jobs.json");
    std::fs::write(&list, serde_json::to_vec(jobs).expect("JSON")).expect("writes");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins/oracle.py");
    let out = Command::new(python()).arg(script).arg(&list).arg(folder).output();
    let out = out.expect("python runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}
