//! Row 8: stop, Ctrl-C, `panic()` and `hush()`, for instruments of the program's own.

use crate::program::{Program, read};
use crate::stage::{Stage, peak, piece};
use rhapsode::engine::live::Quant;
use rhapsode::session::Mixer;

/// Notes that are held for long, in a long reverb.
const HELD: &str = "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate, #{release: 0.1})))\
                    .play(note(\"c3/16\")).fx(delay(0.2, #{feedback: 0.8}) |> reverb(#{decay: 6}));";

#[test]
fn row_08_panic_cuts_notes_and_tails_at_once() {
    let mut stage = Stage::new(HELD);
    stage.play_to(2.0);
    assert!(peak(&stage.left[48_000..]) > 0.1);
    let from = stage.left.len();
    stage.live.panic();
    stage.play_to(7.0);
    assert_eq!(peak(&stage.left[from..]), 0.0, "silence from the next buffer on");
    // The next note of the pattern plays: it is at 8 s.
    stage.play_to(32.5);
    assert!(peak(&stage.left[from..]) > 0.1, "the music goes on from there");
}

#[test]
fn row_08_hush_ends_notes_and_lets_tails_ring() {
    let mut stage = Stage::new(HELD);
    stage.play_to(2.0);
    let mixer = Mixer { stopped: ["a".to_string()].into(), ..Mixer::default() };
    let fresh = piece(HELD).fresh_through(&mixer).expect("compiles");
    let at = stage.live.commit(fresh, Quant::Now, &|_| false).expect("compiles") as usize;
    stage.play_to(30.0);
    let loud = peak(&stage.left[at - 9600..at]);
    let second = |s: usize| peak(&stage.left[at + s * 48_000..at + (s + 1) * 48_000]);
    assert!(second(1) > loud * 0.01, "the tail rings: {} of {loud}", second(1));
    assert!(second(4) < second(1) && second(8) < second(4), "and decays");
    assert!(second(26) < loud * 1e-4, "no note hangs: {}", second(26));
}

/// The same by hand, in the program; Ctrl-C ends it with whole files.
#[test]
fn row_08_the_program_is_silenced_and_stopped() {
    let mut program = Program::repl(HELD);
    program.expect("Playing on");
    program.say(":wait 0.5");
    program.say("record(\"take.wav\")");
    program.expect("Recording into");
    program.say(":wait 1");
    program.say("panic()");
    program.expect("Silence");
    program.say(":wait 1");
    program.say(":status");
    program.expect("bpm");
    program.signal(libc::SIGINT);
    program.expect("Recorded");
    assert!(program.end().success());
    let [left, _] = read(&program.file("take.wav"));
    let last = left.iter().rposition(|x| *x != 0.0).expect("sound");
    assert!(last > 24_000 && left.len() - last > 24_000, "{last} of {}", left.len());
    assert!(peak(&left[last - 480..last]) > 0.01, "cut, not faded");
}
