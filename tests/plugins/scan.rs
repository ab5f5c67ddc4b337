//! Discovery: the command `plugins`, its cache, what it does with libraries that crash or hang.

use super::built::{library, root};
use rhapsode::plugin::Format;
use rhapsode::plugin::scan::{Catalogue, Options};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rhapsode");

/// The command with a cache and a home of its own, without a display.
fn plugins(cache: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("plugins").args(args).env("RHAPSODE_CACHE", cache).env("HOME", cache);
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "VST3_PATH", "CLAP_PATH"] {
        command.env_remove(variable);
    }
    command.output().expect("starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(out: &Output) -> Value {
    assert!(out.status.success(), "{}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn cache() -> tempfile::TempDir {
    tempfile::tempdir().expect("makes a folder")
}

fn options(cache: &Path, names: &[&str]) -> Options {
    let mut options = Options::new();
    options.program = PROGRAM.into();
    options.cache = cache.into();
    options.paths = names.iter().map(|name| root().join(name)).collect();
    options
}

/// Row 17: libraries that crash when they are loaded or unloaded, or hang, are named and put aside, and the others
/// are found.
#[test]
fn what_crashes_or_hangs_is_quarantined_and_the_others_are_found() {
    let keep = cache();
    let mut options =
        options(keep.path(), &["good", "crash-load", "crash-unload", "hang-load", "many"]);
    options.limit = Duration::from_secs(8);
    let begin = Instant::now();
    let all = Catalogue::update(&options, &|_, _| {});
    assert!(begin.elapsed() < Duration::from_secs(40), "{:?}", begin.elapsed());
    assert_eq!(all.plugins.len(), 2 * 6, "{:?}", all.plugins);
    assert!(all.failed.is_empty(), "{:?}", all.failed);
    let reason = |name, format| {
        let path = library(name, format);
        let found = all.quarantined.iter().find(|(library, _)| *library == path);
        found.map(|(_, reason)| reason.as_str()).unwrap_or_else(|| panic!("{path:?} is named"))
    };
    for format in [Format::Vst3, Format::Clap] {
        assert_eq!(reason("crash-load", format), "it crashes when it is loaded (SIGSEGV)");
        assert_eq!(reason("crash-unload", format), "it crashes when it is unloaded (SIGABRT)");
        assert_eq!(reason("hang-load", format), "it hangs when it is loaded: no answer in 8s");
    }
    let unknown = all.find("crash-load").expect_err("it is out of use");
    assert!(unknown.to_string().contains("SIGSEGV"), "{unknown}");
    let many = all.find("clap:fixture many").expect("it is there");
    assert_eq!(all.describe(many).expect("it is kept").parameters.len(), 100_000);
    // Nothing of it is loaded again, and the many parameters are not read.
    let times = [(); 5].map(|()| {
        let begin = Instant::now();
        let again = Catalogue::update(&options, &|path, _| panic!("{} again", path.display()));
        assert_eq!(again, all);
        begin.elapsed()
    });
    assert!(times.iter().min() < Some(&Duration::from_millis(50)), "{times:?}");
}

#[test]
fn a_library_is_scanned_again_when_it_has_changed() {
    let (keep, place) = (cache(), cache());
    let path = place.path().join("copy.clap");
    std::fs::copy(library("nan", Format::Clap), &path).expect("copies");
    let mut options = options(keep.path(), &[]);
    options.paths = vec![place.path().into()];
    let scans = AtomicUsize::new(0);
    let update = |options: &Options| {
        Catalogue::update(options, &|_, _| {
            scans.fetch_add(1, Ordering::Relaxed);
        })
    };
    assert_eq!(update(&options).plugins[0].name, "Fixture NaN");
    assert_eq!(update(&options).plugins.len(), 1);
    assert_eq!(scans.load(Ordering::Relaxed), 1);
    std::fs::copy(library("unsorted", Format::Clap), &path).expect("copies");
    assert_eq!(update(&options).plugins[0].name, "Fixture Unsorted");
    assert_eq!(scans.load(Ordering::Relaxed), 2);
    std::fs::write(&path, "no library").expect("writes");
    let all = update(&options);
    assert!(all.plugins.is_empty() && all.quarantined.is_empty());
    assert_eq!(all.failed.len(), 1, "{:?}", all.failed);
    update(&options);
    assert_eq!(scans.load(Ordering::Relaxed), 3, "what fails is not tried again at once");
    options.again = rhapsode::plugin::scan::Again::Failed;
    update(&options);
    assert_eq!(scans.load(Ordering::Relaxed), 4);
    std::fs::remove_file(&path).expect("removes");
    assert!(update(&options).failed.is_empty());
}

#[test]
fn plugins_are_looked_up_by_name_format_id_and_path() {
    let keep = cache();
    let all = Catalogue::update(&options(keep.path(), &["good"]), &|_, _| {});
    let found = |wanted: &str| {
        let plugin = all.find(wanted).unwrap_or_else(|e| panic!("{e}: {}", e.hint()));
        (plugin.name.as_str(), plugin.format)
    };
    assert_eq!(found("fixture gain"), ("Fixture Gain", Format::Vst3));
    assert_eq!(found("clap:Fixture Gain"), ("Fixture Gain", Format::Clap));
    assert_eq!(found("CLAP:fixture sine"), ("Fixture Sine", Format::Clap));
    assert_eq!(found("org.rhapsode.fixture.ducker"), ("Fixture Ducker", Format::Clap));
    let id = all.find("vst3:Fixture Latency").expect("it is there").id.to_lowercase();
    assert_eq!(found(&id), ("Fixture Latency", Format::Vst3));
    let path = library("good", Format::Vst3);
    let by_path = all.find(path.to_str().expect("plain")).expect("it is there");
    assert_eq!((&by_path.path, by_path.format), (&path, Format::Vst3));
    let wrong = all.find("Fixture Gian").expect_err("misspelt");
    assert_eq!(wrong.nearest.first().map(String::as_str), Some("Fixture Gain"));
    assert!(wrong.hint().starts_with("Did you mean Fixture Gain"), "{}", wrong.hint());
    assert!(all.find("ducker").expect_err("a part").nearest.contains(&"Fixture Ducker".into()));
    let nothing = all.find("Serum").expect_err("not here");
    assert!(nothing.nearest.is_empty() && nothing.hint().contains("plugins list"));
}

#[test]
fn the_command_lists_and_describes() {
    let keep = cache();
    let good = root().join("good");
    let good = good.to_str().expect("plain");
    let listed = json(&plugins(keep.path(), &["list", "--json", "--path", good]));
    let names = listed["plugins"].as_array().expect("a list");
    assert_eq!(names.len(), 10);
    let out = plugins(keep.path(), &["--path", good]);
    let table = text(&out.stdout);
    assert!(table.contains("Fixture Sine"), "{table}");
    assert!(table.lines().any(|l| l.contains("instrument, 0 in, 2 out")), "{table}");
    assert!(table.lines().any(|l| l.contains("effect, 2+1 in, 2 out")), "{table}");
    let about = text(&plugins(keep.path(), &["info", "clap:fixture gain", "--path", good]).stdout);
    for part in ["latency     0 frames", "32 or 64 bits", "-60..12 dB", "(3 steps)", "bypass"] {
        assert!(about.contains(part), "`{part}` in {about}");
    }
    assert!(!about.contains("Secret"), "{about}");
    let late = json(&plugins(keep.path(), &["info", "Fixture Latency", "--json", "--path", good]));
    assert_eq!(late["latency"], 128);
    let wrong = plugins(keep.path(), &["info", "Fixture Gian", "--path", good]);
    assert_eq!(wrong.status.code(), Some(1));
    let said = text(&wrong.stderr);
    assert!(said.contains("there is no plugin `Fixture Gian`"), "{said}");
    assert!(said.contains("Did you mean Fixture Gain"), "{said}");
}

/// Where nothing is said the standard folders are looked at, and the variables add to them.
#[test]
fn the_standard_folders_and_the_variables_are_looked_at() {
    let keep = cache();
    let scan = Command::new(PROGRAM)
        .args(["plugins", "list", "--json"])
        .env("RHAPSODE_CACHE", keep.path())
        .env("HOME", keep.path())
        .env("VST3_PATH", root().join("refuses"))
        .env("CLAP_PATH", root().join("nan"))
        .output()
        .expect("starts");
    let listed = json(&scan);
    let has = |name: &str, format: &str| {
        let all = listed["plugins"].as_array().expect("a list");
        all.iter().filter(|p| p["name"] == name && p["format"] == format).count()
    };
    for name in ["ZamDelay", "ZaMaximX2", "ZamVerb"] {
        assert_eq!((has(name, "vst3"), has(name, "clap")), (1, 1), "{name}: install zam-plugins");
    }
    assert_eq!((has("Fixture Refuses", "vst3"), has("Fixture NaN", "clap")), (1, 1));
    // What is known is listed at once; the first call of a program that was just built may be slow.
    let times = [(); 5].map(|()| {
        let begin = Instant::now();
        assert!(plugins(keep.path(), &["list"]).status.success());
        begin.elapsed()
    });
    assert!(times.iter().min() < Some(&Duration::from_millis(50)), "{times:?}");
    let path = PathBuf::from("/usr/lib/vst3/ZaMaximX2.vst3");
    let limiter = json(&plugins(keep.path(), &["info", path.to_str().expect("plain"), "--json"]));
    assert_eq!(limiter["latency"], 480);
}
