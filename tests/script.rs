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

#[test]
fn effects_are_values_that_can_be_used_again() {
    let s = session(
        "let fx = (lowpass(800) |> lowpass(900).key(\"second\")) + dry() * 0.5;\n\
         track(\"a\", sine(1)).fx(fx);\n\
         track(\"b\", sine(2) |> -fx).fx(split([dry(), lowpass(10)]));",
    );
    let a = s.node(s.tracks[0].output);
    assert_eq!((a.kind.as_str(), a.inputs.len()), ("mix", 2));
    let second = s.node(a.inputs[0]);
    assert_eq!(second.key.as_deref(), Some("second"));
    assert_eq!(s.node(second.inputs[0]).args["cutoff"], Arg::Number(800.0));
    assert_eq!(s.node(a.inputs[1]).kind, "mul");
    let b = s.node(s.tracks[1].output);
    assert_eq!((b.kind.as_str(), b.inputs.len()), ("mix", 2));
    let inverted = s.node(b.inputs[0]);
    assert_eq!(inverted.args.values().next(), Some(&Arg::Number(-1.0)));
    assert_eq!(s.node(inverted.inputs[0]).kind, "mix");
}

#[test]
fn sums_are_flat() {
    let s = session("track(\"a\", sine(1) + sine(2) + sine(3) + stack([sine(4), sine(5)]));");
    assert_eq!(only(&s, "mix").inputs.len(), 5);
}

#[test]
fn numbers_and_signals_mix_in_any_order() {
    let s = session("track(\"a\", 1 - sine(3) * 2 + 0.5);");
    let add = s.node(s.tracks[0].output);
    assert_eq!((add.kind.as_str(), add.inputs.len()), ("add", 1));
    let sub = s.node(add.inputs[0]);
    assert_eq!(sub.kind, "sub");
    let one = s.node(sub.inputs[0]);
    assert_eq!((one.kind.as_str(), one.args.values().next()), ("add", Some(&Arg::Number(1.0))));
}

#[test]
fn kits_play_instruments_by_name() {
    let s = session(
        "let a = instrument(|v| sine(50) * v.gate);\n\
         track(\"d\", kit(#{sn: a, bd: a, hh: a, oh: a, choke: [[\"hh\", \"oh\"]]}));",
    );
    let kit = only(&s, "kit");
    assert_eq!((kit.text("sounds"), kit.text("chokes")), (Some("bd hh oh sn"), Some("hh oh")));
    assert_eq!(kit.inputs.len(), 4);
}

#[test]
fn parameters_are_set_by_path() {
    let s = session(
        "track(\"a\", instrument(|v| sine(v.freq) |> lowpass(100)))\n\
             .fx(lowpass(800) |> lowpass(900) |> lowpass(1000).key(\"third\")).send(\"x\", 0.1);\n\
         bus(\"x\", lowpass(1));\n\
         param(\"a/lowpass.cutoff\").set(801);\n\
         track(\"a\").param(\"lowpass2.q\").set(2);\n\
         param(\"a/third.cutoff\").set(sine(3));\n\
         param(\"a/lowpass4.cutoff\").set(101);\n\
         param(\"a/gain\").set(0.3); param(\"a/send.x\").set(0.7); param(\"x/lowpass.q\").set(5);",
    );
    let third = s.node(s.tracks[0].output);
    let Arg::Node(signal) = third.args["cutoff"] else { panic!("{third:?}") };
    assert_eq!(s.node(signal.signal).args["freq"], Arg::Number(3.0));
    let second = s.node(third.inputs[0]);
    assert_eq!(second.args["q"], Arg::Number(2.0));
    assert_eq!(s.node(second.inputs[0]).args["cutoff"], Arg::Number(801.0));
    assert_eq!(s.node(s.instruments[0].voice).args["cutoff"], Arg::Number(101.0));
    assert_eq!(s.tracks[0].strip.gain, Arg::Number(0.3));
    assert_eq!(s.tracks[0].strip.sends[0].level, Arg::Number(0.7));
    assert_eq!(s.node(s.buses[0].output).args["q"], Arg::Number(5.0));
}

#[test]
fn arguments_come_from_the_world_in_the_type_of_their_default() {
    let source = "let f = arg(\"f\", 220); let q = arg(\"q\", 0.5); let on = arg(\"on\", false);\n\
                  track(\"a\", sine(f) |> lowpass(f * 2, q)).mute(on); title(arg(\"name\", \"x\"));";
    let world = Memory::new()
        .with_argument("f", "330")
        .with_argument("on", "true")
        .with_argument("name", "Other")
        .with_argument("typo", "1")
        .with_seed(99);
    let done = try_in(world, source).unwrap();
    let s = &done.session;
    assert_eq!(only(s, "sine").args["freq"], Arg::Number(330.0));
    assert_eq!(only(s, "lowpass").args["q"], Arg::Number(0.5));
    assert!(s.tracks[0].strip.mute);
    assert_eq!((s.title.as_deref(), s.seed), (Some("Other"), 99));
    assert_eq!(s.arguments.len(), 4);
    assert_eq!(done.warnings.len(), 1);
    assert!(done.warnings[0].message.contains("\"typo\""));
    let errors = try_in(Memory::new().with_argument("f", "loud"), source).unwrap_err();
    assert!(errors[0].message.contains("\"loud\" and must be a number"), "{errors:?}");
}

#[test]
fn modules_share_the_piece() {
    let world = Memory::new().with_script(
        "lib/sounds.rhai",
        "const BASE = 110;\nfn low(x) { sine(global::BASE * x) }\n\
         fn synth(cut) { instrument(|v| sine(v.freq) |> lowpass(cut)) }",
    );
    let s = session_in(
        world,
        "import \"lib/sounds\" as a; import \"lib/sounds\" as b;\n\
         track(\"x\", a::low(2)); track(\"y\", b::synth(700));",
    );
    assert_eq!(s.node(s.tracks[0].output).args["freq"], Arg::Number(220.0));
    assert_eq!(s.node(s.tracks[0].output).place.file, 1);
    assert_eq!(s.files, ["song.rhai", "lib/sounds"]);
    assert_eq!(s.node(s.instruments[0].voice).args["cutoff"], Arg::Number(700.0));
}

#[test]
fn a_module_finds_what_stands_beside_it_then_what_the_main_script_finds() {
    let world = Memory::new()
        .with_script("lib/synths/bass.rhai", "import \"../tuning\" as t; import \"shared\" as s;\nfn bass() { sine(t::ROOT * s::OCTAVE) }")
        .with_script("lib/tuning.rhai", "export const ROOT = 55.0;")
        .with_script("lib/synths/shared.rhai", "import \"top\" as top; export const OCTAVE = top::OCTAVE;")
        .with_script("top.rhai", "export const OCTAVE = 2.0;");
    let s = session_in(world, "import \"lib/synths/bass\" as b; track(\"x\", b::bass());");
    assert_eq!(s.node(s.tracks[0].output).args["freq"], Arg::Number(110.0));
    assert_eq!(s.files, ["song.rhai", "lib/synths/bass", "lib/tuning", "lib/synths/shared", "top"]);
}

#[test]
fn maths_on_numbers_is_that_of_libm() {
    let s = session(
        "track(\"a\", sine(sin(1) * 100 + 2 ** 0.5 + 2.0 ** 3 + exp(1) + max(1, 2.5) + clamp(9, 0, 3)));",
    );
    let expected = libm::sin(1.0) * 100.0
        + libm::pow(2.0, 0.5)
        + libm::pow(2.0, 3.0)
        + libm::exp(1.0)
        + 2.5
        + 3.0;
    assert_eq!(only(&s, "sine").args["freq"], Arg::Number(expected));
}

#[test]
fn tempo_lists_step_and_ramp() {
    let s = session("tempo([[0, 100], [8, 120]]);");
    assert_eq!((s.tempo.bpm_at(7.9), s.tempo.bpm_at(8.0)), (100.0, 120.0));
    let s = session("tempo_ramp([[0, 100], [8, 120]]); swing(0.3, 0.25); length_beats(7.5);");
    assert_eq!((s.tempo.bpm_at(4.0), s.swing, s.swing_unit), (110.0, 0.3, 0.25));
    assert_eq!(s.length_beats, Some(7.5));
}

#[test]
fn numbers_out_of_range_are_warned_of() {
    let done = try_in(Memory::new(), "track(\"a\", sine(1) |> lowpass(90000));").unwrap();
    assert_eq!(done.warnings.len(), 1);
    assert!(done.warnings[0].message.contains("goes from 10 to 20000 Hz"), "{:?}", done.warnings);
    assert_eq!((done.warnings[0].place.column, done.warnings[0].width), (31, 5));
}
