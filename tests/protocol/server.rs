//! The server by itself; the test is the session.

use super::editor::Editor;
use super::stage::{Stage, step};
use rhapsode::app::serve::session::{Session, running};
use rhapsode::app::serve::wire::{Answer, Importance, Kind};
use rhapsode::app::serve::{ServeArgs, Server};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[test]
fn requests_are_answered_under_their_names() {
    let stage = Stage::new();
    let mut editor = Editor::enter(&stage.session);
    editor.say(&json!({"type": "eval", "id": 7, "code": "a\nb", "line": 3, "file": "x.rhai", "quant": 0.5}));
    editor.say(&json!({"type": "eval", "id": "b", "code": "it\nis wrong", "line": 11}));
    editor.say(&json!({"type": "status"}));
    assert_eq!(
        editor.hear(),
        Some(json!({"type": "result", "id": 7, "text": "a\nb", "beat": 0.5}))
    );
    let wrong = json!({"type": "error", "id": "b", "diagnostics": [{
        "severity": "error", "message": "it is wrong", "hint": "do it right",
        "span": {"line": 12, "column": 4, "end_line": 12, "end_column": 9}, "text": "is wrong"}]});
    assert_eq!(editor.hear(), Some(wrong));
    assert_eq!(editor.hear().expect("a status")["type"], "status");
}

#[test]
fn only_who_subscribed_hears_and_only_what_it_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::open_in(folder.path(), None, &ServeArgs::default()).expect("opens");
    let session = server.session().expect("open").clone();
    let (mut one, mut other) = (Editor::enter(&session), Editor::enter(&session));
    assert!(!server.wants(Kind::Log));
    one.say(&json!({"type": "subscribe", "kinds": ["log", "meter"]}));
    other.say(&json!({"type": "subscribe", "kinds": ["status"]}));
    while !(server.wants(Kind::Log) && server.wants(Kind::Status)) {
        step(&mut server);
    }
    assert!(server.wants(Kind::Meter) && !server.wants(Kind::Event));
    server.publish(&Answer::Status(Default::default()));
    server.publish(&Answer::Log { level: Importance::Warning, text: "hear".into() });
    assert_eq!(one.hear().expect("an answer")["text"], "subscribed");
    assert_eq!(other.hear().expect("an answer")["text"], "subscribed");
    let log = json!({"type": "log", "level": "warning", "text": "hear"});
    assert_eq!(one.hear(), Some(log));
    assert_eq!(other.hear().expect("a status")["type"], "status");
    one.say(&json!({"type": "subscribe", "kinds": []}));
    while server.wants(Kind::Log) {
        step(&mut server);
    }
}

#[test]
fn row_30_only_who_knows_the_token_is_let_in() {
    let stage = Stage::new();
    let token = &stage.session.token;
    assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()));
    let other = format!("{}{}", &token[..63], if token.ends_with('0') { '1' } else { '0' });
    for (hello, why) in [
        (json!({"type": "hello", "version": 1, "token": other}), "the token is wrong"),
        (json!({"type": "hello", "version": 1, "token": &token[..63]}), "the token is wrong"),
        (json!({"type": "hello", "version": 1, "token": ""}), "the token is wrong"),
        (json!({"type": "hello", "version": 1}), "the token is wrong"),
        (json!({"type": "hello", "version": 2, "token": token}), "version 2"),
        (json!({"type": "eval", "code": "1"}), "must be `hello`"),
        (json!({"hello": 1}), "not understood"),
    ] {
        let mut editor = Editor::connect(&stage.session);
        editor.say(&hello);
        let refusal = editor.refusal();
        assert!(refusal.contains(why), "{hello}: {refusal}");
        assert!(stage.note().contains(why));
        assert_eq!(editor.hear(), None, "{hello}");
    }
    stage.lives();
}

#[test]
fn row_30_browsers_are_refused() {
    let stage = Stage::new();
    let hello = json!({"type": "hello", "version": 1, "token": stage.session.token});
    let body = format!("\r\n{hello}\n{}\n", json!({"type": "eval", "code": "1"}));
    for head in [
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://example.com\r\n",
        "POST / HTTP/1.1\r\nContent-Type: text/plain\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "Origin: null\r\n",
        "\r\n",
        "\u{16}\u{3}\u{1}",
    ] {
        let mut editor = Editor::connect(&stage.session);
        // It may be closed before all is said.
        let _ = editor.say_bytes(format!("{head}{body}").as_bytes());
        assert_eq!(editor.hear(), None, "{head}");
        let begin = head.split("\r\n").next().expect("a line").escape_debug().to_string();
        let (note, begin) = (stage.note(), begin.chars().take(20).collect::<String>());
        assert!(note.contains("no editor's") && note.contains(&begin), "{note}");
    }
    stage.lives();
}

#[test]
fn row_30_sizes_and_depths_are_capped() {
    let stage = Stage::new();
    let mut editor = Editor::enter(&stage.session);
    let long = json!({"type": "eval", "code": "x".repeat(2 << 20)});
    let nested = |n: usize| format!("{}{}\n", "{\"a\":[".repeat(n / 2), "]}".repeat(n / 2));
    for (bytes, why) in [
        (format!("{long}\n"), "longer than 1 MiB"),
        (nested(100), "deeper than 32"),
        ("[".repeat(900_000) + "\n", "deeper than 32"),
        (nested(32), "not understood"),
        ("{\"type\":\"eval\"}\n".into(), "missing field `code`"),
        ("{\"type\":\"eval\",\"code\":\"\",\"quantt\":1}\n".into(), "unknown field `quantt`"),
        ("{\"type\":\"eval\",\"code\":\"\",\"quant\":-1}\n".into(), "beats from above 0"),
        ("{\"type\":\"eval\",\"code\":\"\",\"quant\":[]}\n".into(), "`bar`, `now`"),
        ("{\"type\":\"sing\"}\n".into(), "unknown variant `sing`"),
        ("{\"type\":\"status\",\"id\":[1]}\n".into(), "`id`"),
        ("7\n".into(), "not understood"),
        ("nonsense\n".into(), "not JSON"),
    ] {
        editor.say_bytes(bytes.as_bytes()).expect("is heard");
        let refusal = editor.refusal();
        assert!(refusal.contains(why), "{why}: {refusal}");
    }
    editor.say_bytes(b"{\"type\":\"\xff\"}\n\n").expect("is heard");
    assert!(editor.refusal().contains("UTF-8"));
    // The same connection is as good as before.
    let fits = "y".repeat(1_000_000);
    editor.say(&json!({"type": "eval", "code": fits}));
    assert_eq!(editor.hear().expect("an answer")["text"], fits);
    // Before the token is known, much less is read.
    let mut stranger = Editor::connect(&stage.session);
    stranger.say(&json!({"type": "hello", "version": 1, "token": "x".repeat(10_000)}));
    assert!(stranger.refusal().contains("longer"));
    stage.lives();
}

#[test]
fn row_30_connections_and_their_silence_are_capped() {
    let stage = Stage::new();
    let mut many: Vec<Editor> = (0..16).map(|_| Editor::enter(&stage.session)).collect();
    let mut more = Editor::connect(&stage.session);
    assert!(more.refusal().contains("16 connections"));
    assert_eq!(more.hear(), None);
    // Room is made by one that goes.
    drop(many.pop());
    let end = Instant::now() + Duration::from_secs(10);
    let (mut silent, waited) = loop {
        let (mut silent, began) = (Editor::connect(&stage.session), Instant::now());
        silent.say_bytes(b"{").expect("says");
        let refusal = silent.refusal();
        if refusal.contains("5 s") {
            break (silent, began.elapsed().as_secs_f64());
        }
        assert!(refusal.contains("16 connections") && Instant::now() < end, "{refusal}");
    };
    assert!((4.0..8.0).contains(&waited), "{waited}");
    assert_eq!(silent.hear(), None);
    stage.lives();
}

#[test]
fn row_30_who_does_not_read_is_dropped_and_holds_nobody_up() {
    let stage = Stage::new();
    let (mut slow, mut quick) = (Editor::enter(&stage.session), Editor::enter(&stage.session));
    for editor in [&mut slow, &mut quick] {
        editor.say(&json!({"type": "subscribe", "kinds": ["log"]}));
        assert_eq!(editor.hear().expect("an answer")["type"], "result");
    }
    stage.loud.store(true, Ordering::Relaxed);
    let mut heard = 0;
    let end = Instant::now() + Duration::from_secs(60);
    let note = loop {
        assert_eq!(quick.hear().expect("it is still connected")["type"], "log");
        heard += 1;
        if let Ok(note) = stage.notes.try_recv() {
            break note;
        }
        assert!(Instant::now() < end, "the slow one is dropped");
    };
    assert!(note.contains("does not read"), "{note}");
    assert!(heard > 50, "{heard}");
    // What was on its way comes, then the end.
    while slow.hear().is_some() {}
    assert_eq!(quick.hear().expect("it goes on")["type"], "log");
}

#[test]
fn row_30_it_listens_on_the_loopback_interface_alone() {
    let stage = Stage::new();
    let port = stage.session.port;
    // The kernel's own list of sockets: 0100007F is 127.0.0.1.
    if let Ok(table) = std::fs::read_to_string("/proc/net/tcp") {
        let listens = |l: &&str| l.contains(&format!(":{port:04X} 00000000:0000 0A"));
        let found: Vec<&str> = table.lines().filter(listens).collect();
        assert!(found.len() == 1 && found[0].contains("0100007F:"), "{found:?}");
    }
    assert!(std::net::TcpStream::connect(("::1", port)).is_err());
    assert!(std::net::TcpStream::connect(("127.0.0.2", port)).is_err());
}

#[cfg(unix)]
#[test]
fn row_30_session_files_are_private_and_do_not_outlive_their_session() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("is there").permissions().mode() & 0o777
    };
    let mut stage = Stage::new();
    let folder = stage.folder();
    let (file, socket) = (stage.session.path(&folder), stage.session.socket_path(&folder));
    assert_eq!((mode(&folder), mode(&file), mode(&socket)), (0o700, 0o600, 0o600));
    assert_eq!(running(&folder), [stage.session.clone()]);
    // One that was killed, and a file that is none of ours.
    let dead = Session { pid: 1, socket: Some(folder.join("1.sock")), ..stage.session.clone() };
    drop(std::os::unix::net::UnixListener::bind(folder.join("1.sock")).expect("binds"));
    dead.write(&folder).expect("writes");
    std::fs::write(folder.join("2.json"), "{\"version\":9}").expect("writes");
    assert_eq!(running(&folder), [stage.session.clone()]);
    let names = || {
        let files = std::fs::read_dir(&folder).expect("lists").flatten();
        let mut names: Vec<_> = files.map(|f| f.file_name().into_string().expect("text")).collect();
        names.sort();
        names
    };
    let pid = std::process::id();
    let mut want = vec!["2.json".to_string(), format!("{pid}.json"), format!("{pid}.sock")];
    want.sort();
    assert_eq!(names(), want);
    stage.end();
    assert_eq!(names(), ["2.json"]);
    let port = stage.session.port;
    let end = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(Instant::now() < end, "the port is free again");
    }
    // A folder that is a link to somewhere is not taken.
    let link = stage.runtime.path().join("link");
    std::os::unix::fs::symlink(&folder, &link).expect("links");
    assert!(Server::open_in(&link, None, &ServeArgs::default()).is_err());
}

#[cfg(unix)]
#[test]
fn the_unix_socket_needs_no_token() {
    use std::io::{BufRead, BufReader, Write};
    let stage = Stage::new();
    let path = stage.session.socket.clone().expect("a socket");
    let mut stream = std::os::unix::net::UnixStream::connect(path).expect("connects");
    stream
        .write_all(b"{\"type\":\"hello\",\"version\":1}\n{\"type\":\"status\",\"id\":1}\n")
        .expect("says");
    let mut lines = BufReader::new(stream).lines().map(|l| l.expect("reads"));
    assert!(lines.next().expect("a line").contains("welcome"));
    assert!(lines.next().expect("a line").contains("\"id\":1"));
}

#[test]
fn closed_to_editors_means_no_port_and_no_file() {
    let options = ServeArgs { no_server: true, ..ServeArgs::default() };
    let mut server = Server::open(None, &options).expect("opens");
    assert!(server.session().is_none() && server.next().is_none());
    server.publish(&Answer::Status(Default::default()));
}
