//! Bad scripts: each ends soon, with a message that says what, where, why, and what to do.
#![cfg(unix)]

use rhapsode::diag::{Diagnostic, Severity};
use rhapsode::script::evaluate;
use rhapsode::world::{Folder, Memory, World};
use std::sync::Arc;
use std::time::Duration;

fn errors_in(world: impl World + 'static, source: &str) -> Vec<Diagnostic> {
    let world: Arc<dyn World> = Arc::new(world);
    match evaluate(source, "song.rhai", &world) {
        Ok(done) => panic!("it evaluates: {}", done.session.to_json()),
        Err(errors) => errors,
    }
}

fn errors(source: &str) -> Vec<Diagnostic> {
    errors_in(Memory::new(), source)
}

/// The only error, its place and its hint.
fn one(source: &str) -> (String, (u32, u32), String) {
    let all = errors(source);
    assert_eq!(all.len(), 1, "{all:#?}");
    let e = &all[0];
    (e.message.clone(), (e.place.line, e.place.column), e.hint.clone().unwrap_or_default())
}

/// Processor time of this thread so far.
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Runs `source` and returns its only error, and how long this thread worked on it.
fn timed(source: &str) -> (Diagnostic, Duration) {
    let start = worked();
    let mut all = errors(source);
    let took = worked() - start;
    assert_eq!(all.len(), 1, "{all:#?}");
    (all.remove(0), took)
}

/// 250 ms for the interpreter, and what stands around it.
const SOON: Duration = Duration::from_millis(600);

#[test]
fn an_endless_loop_is_stopped() {
    for source in ["loop { }", "let x = 0; while true { x += 1; }", "try { loop {} } catch { }"] {
        let (error, took) = timed(source);
        assert!(took < SOON, "{source}: {took:?}");
        assert!(error.message.contains("stopped"), "{}", error.message);
        assert!(error.place.line == 1 && error.hint.is_some());
    }
}

#[test]
fn a_recursion_bomb_is_stopped() {
    let (error, took) = timed("fn f(n) { f(n + 1) + 1 }\nf(0);");
    assert!(took < SOON && error.message.contains("64 deep"), "{took:?} {}", error.message);
}

#[test]
fn huge_values_are_refused() {
    for source in [
        "let a = []; loop { a.push(1); }",
        "let a = []; a.pad(10_000_000, 0);",
        "let s = \"ab\"; loop { s += s; }",
        "let a = [1]; loop { a = [a, a]; }",
        "let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; }",
    ] {
        let (error, took) = timed(source);
        assert!(took < SOON, "{source}: {took:?}");
        let named = ["too large", "stopped"].iter().any(|w| error.message.contains(w));
        assert!(named, "{source}: {}", error.message);
    }
}

#[test]
fn ten_errors_are_told_together() {
    let source = "\
tempo(9000);
let synth = sinne(220);
track(\"a\", sine(220) |> lowpas(800));
track(\"b\", sine(undefined_name));
track(\"c\", sine(220)).fx(lowpass(#{cutof: 300, q: \"high\"}));
track(\"d\", sine(220)).send(\"spce\", 0.5);
bus(\"space\", lowpass(800));
track(\"a\", sine(1));
let x = 1 / 16;
param(\"a/lowpass.cutoff\").set([1]);
param(\"d/gain.x\").set(1);
let t = follow(\"nobody\");
track(\"e\", sine(220)).pan(t).gain_db(\"loud\");
";
    let all = errors(source);
    let lines: Vec<u32> = all.iter().map(|e| e.place.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 5, 6, 8, 9, 10, 11, 12, 13], "{all:#?}");
    for e in &all {
        assert_eq!(e.severity, Severity::Error);
        assert_eq!(e.file, "song.rhai");
        assert_eq!(e.text, source.lines().nth(e.place.line as usize - 1).unwrap());
        assert!(e.hint.is_some(), "{e:#?}");
    }
    let cutof = &all[4];
    assert_eq!((cutof.place.column, cutof.width), (36, 5), "{cutof:#?}");
    assert!(cutof.hint.as_ref().unwrap().contains("did you mean `cutoff`? options: cutoff, q"));
    assert!(all[1].hint.as_ref().unwrap().contains("`sine`"));
    assert!(all[6].hint.as_ref().unwrap().contains("\"space\""));
    assert_eq!(all[7].related[0].place.line, 3);
}

#[test]
fn signals_refuse_what_they_cannot_do() {
    let (message, place, hint) = one("let s = sine(1);\ntrack(\"a\", s + \"a\");");
    assert!(message.contains("`+` cannot join a signal and the text \"a\""), "{message}");
    assert_eq!(place.0, 2);
    assert!(hint.contains("numbers"));
    for source in ["if sine(1) { }", "let x = sine(1) && true;", "let x = sine(1) > 0.5;"] {
        let (message, _, hint) = one(source);
        assert!(message.contains("signal") && hint.contains("select"), "{message} {hint}");
    }
    let (message, _, hint) = one("track(\"a\", sine(1) |> 3);");
    assert!(message.contains("right side of `|>`") && hint.contains("lowpass"), "{message}");
    let (message, _, hint) = one("track(\"a\", sine(1) |> lowpass);");
    assert!(message.contains("`lowpass` is not defined") && hint.contains("is a function"));
}

#[test]
fn integer_division_to_zero_is_refused() {
    let (message, place, hint) = one("let rate = 1 / 16;");
    assert_eq!(place, (1, 14));
    assert!(message.contains("1/16 is 0") && hint.contains("1.0 / 16"), "{message} {hint}");
}

#[test]
fn a_closure_in_a_variable_needs_call() {
    let (message, _, hint) = one("let f = |x| x * 2;\nlet y = f(3);");
    assert!(message.contains("`f`") && hint.contains("f.call("), "{message} {hint}");
}

#[test]
fn arguments_are_checked() {
    let (message, _, hint) = one("track(\"a\", sine(220, 0, 3, 4));");
    assert!(
        message.contains("at most 2") && hint.contains("sine(freq = 440, phase = 0)"),
        "{message} {hint}"
    );
    let (message, place, _) = one("track(\"a\", sine(true));");
    assert!(message.contains("`freq` of `sine` must be a number or a signal"), "{message}");
    assert_eq!(place, (1, 17));
    let (message, ..) = one("track(\"a\", sine(0.0 / 0.0));");
    assert!(message.contains("finite"), "{message}");
    let (message, ..) = one("track(\"a\", instrument(|v| sine(v.freq), #{voices: 1000}));");
    assert!(message.contains("from 1 to 256"), "{message}");
    let (message, _, hint) = one("track(\"a\", instrument(|v| sine(v.frek)));");
    assert!(message.contains("no `frek`") && hint.contains("`v.freq`"), "{message} {hint}");
    let (message, ..) = one("track(\"a\", instrument(|v| { let x = sine(v.freq); }));");
    assert!(message.contains("must return a signal, not nothing"), "{message}");
    let (message, _, hint) = one("track(\"a\", lowpass(300));");
    assert!(message.contains("not an effect") && hint.contains("track("), "{message}");
}

#[test]
fn wrong_notation_has_its_place_in_the_text() {
    let source = "let i = instrument(|v| sine(v.freq));\ntrack(\"a\", i).play(\"c3 [e3 g3\");";
    let (message, place, _) = one(source);
    assert_eq!(place.0, 2, "{message}");
    assert!((22..=32).contains(&place.1), "{message} {place:?}");
    let (message, _, hint) = one("track(\"a\", sine(1)).play(3);");
    assert!(message.contains("takes a pattern, not 3") && hint.contains("bd*4"), "{message}");
}

#[test]
fn a_syntax_error_has_its_place() {
    let (message, place, _) = one("track(\"a\", sine(220);\n");
    assert!(message.contains("is missing"), "{message}");
    assert_eq!(place.0, 1);
    let (message, ..) = one("let spawn = 3;");
    assert!(message.contains("`spawn` is a word of the language"), "{message}");
    let (message, _, hint) = one("track(\"a\", drums::kit());");
    assert!(message.contains("no module `drums`") && hint.contains("import \"std/drums\""));
}

#[test]
fn imports_cannot_escape_or_run_in_circles() {
    for path in ["/etc/passwd", "../secret", "a/../../b", "std/../x", "\\\\server\\x"] {
        let escaped = path.replace('\\', "\\\\");
        let (message, ..) = one(&format!("import \"{escaped}\" as x;"));
        assert!(message.contains(path) && message.contains("--allow"), "{message}");
    }
    let world = Memory::new()
        .with_script("a.rhai", "import \"b\" as b;")
        .with_script("b.rhai", "\nimport \"a\" as a;");
    let all = errors_in(world, "import \"a\" as a;\na::f();");
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(all[0].message.contains("\"a\" imports \"b\" imports \"a\""), "{}", all[0].message);
    assert_eq!((all[0].file.as_str(), all[0].place.line), ("b", 2));
}

#[test]
fn errors_in_modules_name_their_file() {
    let world = Memory::new().with_script("lib.rhai", "fn f() {\n    lowpass(#{cutof: 3})\n}\n");
    let all = errors_in(world, "import \"lib\" as lib;\ntrack(\"a\", sine(1) |> lib::f());");
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!((all[0].file.as_str(), all[0].place.line, all[0].place.column), ("lib", 2, 15));
    assert_eq!(all[0].text, "    lowpass(#{cutof: 3})");
    let world = Memory::new().with_script("lib.rhai", "fn f() {\n    1 / 3\n}\n");
    let all = errors_in(world, "import \"lib\" as lib;\ntrack(\"a\", sine(lib::f()));");
    assert_eq!((all[0].file.as_str(), all[0].place.line), ("lib", 2));
    assert_eq!((all[0].related[0].file.as_str(), all[0].related[0].place.line), ("song.rhai", 2));
    let world = Memory::new().with_script("lib.rhai", "fn f() {\n    1 +\n}\n");
    let all = errors_in(world, "import \"lib\" as lib;");
    assert_eq!((all[0].file.as_str(), all[0].place.line), ("lib", 3), "{all:#?}");
}

#[test]
fn what_a_module_has_instead_is_told() {
    let lib = "fn bass() { bass(#{}) } fn bass(o) { sine(55) } fn supersaw_lead() { saw(110) } private fn own() { 1 }";
    let told = |call: &str| {
        let world = Memory::new().with_script("kit/lib.rhai", lib);
        let world =
            world.with_script("kit.rhai", "import \"kit/lib\" as lib; fn again() { lib::bas() }");
        // Each script gives names of its own to what it imports.
        let world = world.with_script("other.rhai", "fn bask() { 1 }");
        let script = format!(
            "import \"other\" as lib; import \"kit/lib.rhai\" as sounds; import \"kit\" as kit; track(\"a\", {call});"
        );
        let all = errors_in(world, &script);
        assert_eq!(all.len(), 1, "{call}: {all:#?}");
        (all[0].message.clone(), all[0].hint.clone().unwrap_or_default())
    };
    for (call, message, hint) in [
        ("sounds::bas()", "there is no function `sounds::bas`", "did you mean `sounds::bass`?"),
        ("sounds::supersaw()", "no function", "did you mean `sounds::supersaw_lead`?"),
        ("sounds::zither()", "no function", "`sounds` has bass, supersaw_lead"),
        ("sounds::own()", "no function", "`sounds` has bass, supersaw_lead"),
        (
            "sounds::bass(1, \"x\")",
            "`sounds::bass` cannot take a number, a text",
            "it is: bass(), or bass(o)",
        ),
        ("kit::again()", "no function `lib::bas`", "did you mean `lib::bass`?"),
        ("lib::bas()", "no function `lib::bas`", "did you mean `lib::bask`?"),
    ] {
        let (told, instead) = told(call);
        assert!(told.contains(message) && instead == hint, "{call}: {told} ({instead})");
    }
}

#[test]
fn files_outside_the_folder_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let inside = root.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(root.path().join("secret.rhai"), "fn f() { 1 }").unwrap();
    std::fs::write(inside.join("own.rhai"), "fn f() { 1 }").unwrap();
    std::os::unix::fs::symlink(root.path().join("secret.rhai"), inside.join("link.rhai")).unwrap();
    let absolute = root.path().join("secret").display().to_string();
    for path in ["link", "../secret", absolute.as_str()] {
        let all = errors_in(Folder::new(&inside), &format!("import \"{path}\" as x;"));
        assert!(all[0].message.contains(path), "{}", all[0].message);
        assert!(all[0].message.contains("--allow"), "{}", all[0].message);
        let world: Arc<dyn World> = Arc::new(Folder::new(&inside).allow(root.path()));
        let allowed = evaluate(&format!("import \"{path}\" as x;"), "song.rhai", &world);
        assert!(allowed.is_ok(), "{allowed:?}");
    }
    let all = errors_in(Folder::new(&inside), "import \"owm\" as x;");
    assert!(all[0].message.contains("did you mean \"own.rhai\"?"), "{}", all[0].message);
}
