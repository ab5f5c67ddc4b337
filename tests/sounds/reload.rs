//! Files that are saved anew: what is made of them is made again, and heard by an edit.

use crate::desk::*;
use rhapsode::engine::live::{Live, Quant};

#[test]
fn a_file_that_was_saved_anew_is_cut_anew() {
    let desk = Desk::new();
    let runtime = desk.runtime();
    let script = once("", "sound_file(\"loop.wav\").slice(2)[1]");
    let piece = runtime.eval(&script).expect("evaluates");
    assert_eq!(heard(&piece, 0.5)[..24_000], desk.sound[48_000..72_000]);
    let other = noise(99, 80_000);
    write(&desk.folder.path().join("loop.wav"), &other);
    let next = runtime.eval_after(&script, &piece).expect("evaluates");
    assert_eq!(heard(&next, 0.5)[..24_000], other[40_000..64_000]);
}

#[test]
fn a_sampler_of_parts_begins_anew_when_the_file_has_changed_and_plays_on_when_not() {
    let desk = Desk::new();
    let runtime = desk.runtime();
    let script = once("", "sound_file(\"loop.wav\").slice(2)");
    let piece = runtime.eval(&script).expect("evaluates");
    let (mut live, _performer) = Live::new(piece.fresh().expect("compiles"), Some(1.0));
    let real = desk.folder.path().join("loop.wav").canonicalize().expect("is there");
    let library = piece.shared_library();
    let text = piece.session().nodes.iter().find_map(|n| n.text("path")).expect("a sampler");
    assert_eq!(library.behind(text), std::slice::from_ref(&real));
    let next = runtime.eval_after(&script, &piece).expect("evaluates");
    let stale = |text: &str| library.behind(text).contains(&real);
    assert!(stale(text) && !stale("other"));
    live.commit(next.fresh().expect("compiles"), Quant::Now, &stale).expect("is taken");
}
