//! Evaluating scripts: what they build.

use rhapsode::diag::Diagnostic;
use rhapsode::script::{Evaluated, evaluate};
use rhapsode::session::{Arg, Node, Session};
use rhapsode::world::{Memory, World};
use std::sync::Arc;

fn try_in(world: Memory, source: &str) -> Result<Evaluated, Vec<Diagnostic>> {
    let world: Arc<dyn World> = Arc::new(world);
    evaluate(source, "song.rhai", &world)
}

fn session_in(world: Memory, source: &str) -> Session {
    match try_in(world, source) {
        Ok(done) => done.session,
        Err(errors) => panic!("{errors:#?}"),
    }
}

fn session(source: &str) -> Session {
    session_in(Memory::new(), source)
}

fn only<'a>(session: &'a Session, kind: &str) -> &'a Node {
    let all: Vec<&Node> = session.nodes.iter().filter(|n| n.kind == kind).collect();
    assert_eq!(all.len(), 1, "{kind} in {}", session.to_json());
    all[0]
}

#[test]
fn a_piece_becomes_a_session() {
    let s = session(
        "title(\"Night drive\"); tempo(124); meter(3, 4); length_bars(16); seed(7);\n\
         track(\"a\", sine(220) * 0.2 |> lowpass(800)).gain_db(-6).pan(0.5).send(\"space\", 0.25);\n\
         bus(\"space\", lowpass(2000, 0.5));\n\
         master(lowpass(#{cutoff: 9000}));",
    );
    assert_eq!(s.title.as_deref(), Some("Night drive"));
    assert_eq!(s.tempo.bpm_at(3.0), 124.0);
    assert_eq!(s.length_beats, Some(48.0));
    assert_eq!(s.seed, 7);
    let track = &s.tracks[0];
    let filter = s.node(track.output);
    assert_eq!((filter.kind.as_str(), &filter.args["cutoff"]), ("lowpass", &Arg::Number(800.0)));
    let quieter = s.node(filter.inputs[0]);
    assert_eq!(quieter.kind, "mul");
    assert_eq!(s.node(quieter.inputs[0]).args["freq"], Arg::Number(220.0));
    assert_eq!(track.strip.pan, Arg::Number(0.5));
    assert_eq!(track.strip.gain, Arg::Number(rhapsode::units::db_to_gain(-6.0)));
    assert_eq!((track.strip.sends[0].bus.as_str(), s.buses[0].name.as_str()), ("space", "space"));
    assert_eq!(s.node(s.node(s.buses[0].output).inputs[0]).kind, "input");
    assert_eq!(s.node(s.master.unwrap()).args["cutoff"], Arg::Number(9000.0));
}

#[test]
fn the_same_script_gives_the_same_session() {
    let source = "let x = instrument(|v| sine(v.freq) * v.gate); track(\"a\", x); track(\"b\", x);";
    assert_eq!(session(source), session(source));
}

#[test]
fn constants_work_in_functions_and_closures() {
    let s = session(
        "fn f(x) { sin(TAU * x) + sample_rate * 0.0 }\n\
         fn g() { let h = |x| x * PI; h.call(2) }\n\
         let k = |x| x * TAU;\n\
         track(\"a\", sine(440.0 + f(0.25) + g() * 0.0 + k.call(0)));",
    );
    assert_eq!(only(&s, "sine").args["freq"], Arg::Number(441.0));
}

#[test]
fn an_instrument_is_built_once_from_its_closure() {
    let s = session(
        "let synth = instrument(|v| {\n\
             let cut = v.param(\"cutoff\", 1200);\n\
             (sine(v.freq) + sine(v.freq * 1.005)) * 0.5 * v.velocity |> lowpass(cut, 0.4)\n\
         }, #{voices: 8, glide: 0.1, mono: true});\n\
         track(\"lead\", synth);",
    );
    let i = &s.instruments[0];
    assert_eq!((i.voices, i.glide, i.mono, i.legato, i.bend), (8, 0.1, true, false, 2.0));
    assert_eq!(i.params, [("cutoff".to_string(), 1200.0)]);
    assert_eq!(s.node(i.voice).kind, "lowpass");
    assert_eq!(s.node(s.tracks[0].output).args["index"], Arg::Number(0.0));
    let leaves: Vec<&str> =
        s.nodes.iter().filter(|n| n.kind == "voice").filter_map(|n| n.text("input")).collect();
    assert_eq!(leaves, ["cutoff", "freq", "velocity"]);
}
