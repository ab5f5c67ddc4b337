//! How functions are joined: lines that move and lines that rest, channels, voices, names.

use super::bench::{FRAMES, RATE, program};
use rhapsode::engine::{Length, Options, offline::Tail};
use rhapsode::ir::Program;
use rhapsode::jit::{Call, Code, LANES, Memory, Pace, Wire};
use rhapsode::runtime::Runtime;
use std::sync::Arc;

/// The first lane of a function whose first wire is sound and whose others are lines from 0.3 to `to`.
fn with_lines(program: &Arc<Program>, native: bool, lanes: usize, to: f32) -> Vec<u32> {
    let inputs = program.interface.inputs.len();
    let mut paces = vec![Pace::Line; inputs];
    paces[0] = Pace::Audio;
    let code = Code::new(program.clone(), &paces, lanes, native);
    let lanes = if code.is_wide() { lanes.max(2) } else { 1 };
    assert!(native || lanes == 1);
    let mut memory = Memory::new(program, LANES);
    let mut scratch = vec![0; code.scratch()];
    let rows: Vec<[f32; LANES]> =
        (0..FRAMES).map(|i| [libm::sinf(i as f32 * 0.1); LANES]).collect();
    let (from, to) = ([0.3f32; LANES], [to; LANES]);
    let wires: Vec<Wire> = (0..inputs)
        .map(|_| Wire { audio: rows.as_ptr().cast(), from: from.as_ptr(), to: to.as_ptr() })
        .collect();
    let mut out = vec![[0.0f32; LANES]; FRAMES];
    let seeds = [1; LANES];
    let mut call = Call {
        seconds_step: 1.0 / RATE,
        beat_step: 1.0 / 24_000.0,
        memory: memory.lane(0),
        stride: memory.stride() as u64,
        seeds: seeds.as_ptr(),
        wires: wires.as_ptr(),
        outs: [out.as_mut_ptr().cast(), std::ptr::null_mut()],
        ..Call::of(FRAMES)
    };
    // SAFETY: all that the call points to has eight lanes and lives as long as it.
    let fault = unsafe { code.run(&mut call, lanes, from == to, &mut scratch) };
    assert_eq!(fault, None);
    out.iter().map(|row| row[lanes - 1].to_bits()).collect()
}

#[test]
fn lines_give_the_same_bits_however_they_are_computed() {
    let text = "fn f(x, cutoff) { let a = exp(-TAU * cutoff * 1000.0 / sample_rate); this.z += (x - this.z) * a; this.z }";
    let program = program(text, "dsp(f, #{cutoff: 0.5})");
    for to in [0.3, 0.7] {
        let plain = with_lines(&program, false, 1, to);
        assert!(plain.iter().any(|x| *x != 0));
        for lanes in [1, 2, 4] {
            assert_eq!(with_lines(&program, true, lanes, to), plain, "{lanes} lanes to {to}");
        }
    }
    assert_ne!(with_lines(&program, true, 1, 0.3), with_lines(&program, true, 1, 0.7));
}

fn left(text: &str, seconds: f64) -> (Vec<f32>, Vec<f32>) {
    let options =
        Options { length: Length::Seconds(seconds), tail: Tail::None, ..Options::default() };
    let piece = Runtime::new().eval(text).unwrap_or_else(|e| panic!("{e:#?}"));
    let sound = piece.render(options).expect("renders");
    (sound.left, sound.right)
}

fn close(a: &[f32], b: &[f32], tolerance: f32) {
    assert_eq!(a.len(), b.len());
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= tolerance, "they differ by {worst}");
    assert!(a.iter().any(|x| x.abs() > 0.01), "there is sound");
}

#[test]
fn a_function_does_what_a_node_does() {
    let source = "noise() * 0.3";
    for (own, node) in [
        ("dsp(|x, gain| x * gain, #{gain: 0.5})", "gain(0.5)"),
        ("dsp(|x, gain| x * gain, #{gain: lfo(\"sine\", 2)})", "gain(lfo(\"sine\", 2))"),
        ("shape(|x| tanh(x * 3.65) / tanh(3.65))", "drive(0.3)"),
        ("dsp(|left, right| [right, left])", "dsp(|left, right| [right, left])"),
    ] {
        let a = left(&format!("track(\"a\", {source}).fx({own});"), 0.3);
        let b = left(&format!("track(\"a\", {source}).fx({node});"), 0.3);
        close(&a.0, &b.0, 1e-5);
    }
}

#[test]
fn channels_have_states_of_their_own() {
    let hold = "dsp(|x| { this.most = max(this.most, abs(x)); this.most })";
    let (left, right) = left(
        &format!(
            "track(\"a\", sine(100) * 0.5).fx(dsp(|left, right| [left, right * 0.5]) |> {hold});"
        ),
        0.1,
    );
    let last = left.len() - 1;
    assert!((left[last] / right[last] - 2.0).abs() < 0.01, "{} {}", left[last], right[last]);
}

#[test]
fn a_function_of_one_channel_that_makes_two_hears_both_together() {
    let sides = "dsp(|left, right| [left, right * 0.5])";
    let (mono, _) =
        left(&format!("track(\"a\", saw(90) * 0.5).fx({sides} |> dsp(|x| [x, -x]));"), 0.2);
    let (same, _) =
        left("track(\"a\", saw(90) * 0.5).fx(dsp(|left, right| [left * 0.75, right]));", 0.2);
    close(&mono, &same, 1e-6);
}

#[test]
fn a_voice_gives_what_it_knows() {
    let own = "instrument(|v| dsp(|freq, gate, velocity| { this.p = (this.p + freq / sample_rate) % 1.0; sin(TAU * this.p) * velocity * gate }))";
    let node = "instrument(|v| sine(v.freq) * v.velocity * v.gate)";
    let play = ".play(note(\"a3 c4\").velocity(0.5))";
    let a = left(&format!("track(\"a\", {own}){play};"), 0.4);
    let b = left(&format!("track(\"a\", {node}){play};"), 0.4);
    // One counts a phase before it sounds, the other after.
    close(&a.0[1..], &b.0[..b.0.len() - 1], 0.03);
}

#[test]
fn a_control_signal_is_a_line_between_blocks_or_a_value_a_frame() {
    let slow = left(
        "track(\"a\", saw(50) * 0.5).fx(gain(signal(|t| 0.5 + 0.5 * sin(TAU * t * 3.0))));",
        0.5,
    );
    let fast = left(
        "track(\"a\", saw(50) * 0.5).fx(gain(signal(|t| 0.5 + 0.5 * sin(TAU * t * 3.0), #{audio: true})));",
        0.5,
    );
    close(&slow.0, &fast.0, 1e-4);
    let beat = left("tempo(90); track(\"a\", saw(50) * signal(|beat| fract(beat)));", 0.5);
    let t = left("tempo(90); track(\"a\", saw(50) * signal(|t| fract(t * 1.5)));", 0.5);
    close(&beat.0, &t.0, 1e-5);
}

#[test]
fn captured_variables_are_constants_state_or_signals() {
    let text = "let k = 0.5; let count = 0; let wave = [0.0, 0.5, 1.0, 0.5]; let sweep = lfo(\"sine\", 3);\n\
        track(\"a\", dsp(|t| { count += 1; wave[count % 4] * k * sweep }));";
    let plain = "track(\"a\", dsp(|t, sweep| { this.count += 1; let i = this.count.to_int(); [0.0, 0.5, 1.0, 0.5][i % 4] * 0.5 * sweep }, #{sweep: lfo(\"sine\", 3)}));";
    close(&left(text, 0.2).0, &left(plain, 0.2).0, 0.0);
}

#[test]
fn parameters_have_paths_and_comments_give_their_ranges() {
    let text = "/// Makes it louder.\n/// level: 0..2 ratio = 0.5, exp - how loud\nfn louder(x, level) { x * level }\n\
        track(\"a\", saw(50) * 0.5).fx(dsp(louder));\nparam(\"a/louder.level\").set(0.25);";
    let plain = "track(\"a\", saw(50) * 0.5).fx(gain(0.25));";
    close(&left(text, 0.1).0, &left(plain, 0.1).0, 1e-6);
    let piece = Runtime::new().eval(text).expect("evaluates");
    let node = piece.session().nodes.iter().find(|n| n.called() == "louder").expect("the node");
    let kind = rhapsode::nodes::kind_of(node).expect("a kind");
    let (_, param) = kind.param("level").expect("the parameter");
    assert_eq!(
        (param.range, param.default, param.unit, param.doc),
        ((0.0, 2.0), 0.5, "ratio", "how loud")
    );
    assert_eq!(param.curve, rhapsode::nodes::table::Curve::Exponential);
    assert_eq!(kind.summary, "Makes it louder.");
    let wild = text.replace(".set(0.25)", ".set(9)");
    assert!(Runtime::new().eval(&wild).is_ok());
}

#[test]
fn functions_of_imports_and_constants_of_scripts_are_known() {
    let text = "import \"std/scales\" as scales; const HALF = 0.5;\n\
        fn f(x) { x * global::HALF }\ntrack(\"a\", saw(50)).fx(dsp(f));";
    close(&left(text, 0.1).0, &left("track(\"a\", saw(50)).fx(gain(0.5));", 0.1).0, 1e-6);
}

#[test]
fn an_analyser_makes_a_signal_of_sound() {
    let text = "let level = analyser(tap(\"a\"), |x, speed| { this.y += (abs(x) - this.y) * speed; this.y }, #{speed: 0.01});\n\
        track(\"a\", sine(500)).gain(0);\ntrack(\"b\", sine(0.0001 + 100) * level);";
    let (sound, _) = left(text, 0.5);
    // The mean of a rectified sine is 2/pi.
    let peak = sound[12_000..].iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let mean = core::f32::consts::FRAC_2_PI;
    let centre = core::f32::consts::FRAC_1_SQRT_2;
    assert!([mean, mean * centre].iter().any(|m| (peak - m).abs() < 0.03), "{peak}");
}

#[test]
fn both_channels_together_have_the_bits_of_each_alone() {
    let functions = "fn pole(x, cutoff) { let a = exp(-TAU * cutoff / sample_rate); this.z = x * (1.0 - a) + this.z * a; this.z }\n\
        fn echo(x, time) { this.line.pad(480, 0.0); let i = this.i ?? 0; let y = this.line[i]; this.line[i] = x + y * time; this.i = (i + 1) % 480; x + y }\n\
        fn turns(x) { let s = 0.0; for i in 0..3 { s += x * i; } s + this.n }\n\
        fn bend(x) { x * (1.5 - 0.5 * x * x) }\n";
    // Two channels that differ; a channel that is silent; a number beside a sound.
    let sources = [
        "noise() |> pan(lfo(\"sine\", 3))",
        "saw(50) |> multiplex([dry(), gain(0.0)])",
        "saw(50) |> multiplex([dry(), shape(|x| x * 0.0 + 0.25)])",
    ];
    let effects = [
        "dsp(pole, #{cutoff: 700})",
        "dsp(pole, #{cutoff: lfo(\"sine\", 2).range(200, 900)})",
        "dsp(pole, #{cutoff: sine(90) * 200 + 500})",
        "dsp(echo, #{time: 0.7})",
        "dsp(turns)",
        "shape(bend)",
    ];
    for source in sources {
        for effect in effects {
            let track = |name: &str, effect: &str| {
                format!("track(\"{name}\", {source} * 0.3).fx({effect});\n")
            };
            let alone = format!("multiplex([{effect}, {effect}])");
            // One track, and three alike, which are lanes.
            for names in [&["a"][..], &["a", "b", "c"]] {
                let piece = |effect: &str| {
                    let tracks: Vec<String> =
                        names.iter().map(|name| track(name, effect)).collect();
                    format!("{functions}{}", tracks.concat())
                };
                let (together, apart) = (left(&piece(effect), 0.3), left(&piece(&alone), 0.3));
                assert!(together == apart, "{source} {effect}");
                assert!(together.0.iter().any(|x| x.abs() > 0.01) && together.0 != together.1);
            }
        }
    }
}

#[test]
fn a_pattern_moves_a_parameter_in_both_channels() {
    let f = "fn louder(x, level) { x * level }\n";
    for (fx, name) in [
        ("gain(0.5)", "gain.gain"),
        ("dsp(louder, #{level: 0.5})", "louder.level"),
        // The second one of two, as paths count them.
        ("gain(1) |> gain(0.5)", "gain2.gain"),
    ] {
        let text = format!(
            "{f}tempo(120); track(\"a\", instrument(|v| sine(v.freq) * adsr(v.gate) |> pan(0.3))).play(note(\"a3*4\").param(\"{name}\", \"0.25 0.75\")).fx({fx});"
        );
        let (left, right) = left(&text, 2.0);
        let level = |x: &[f32], from: usize| {
            x[from..from + 12_000].iter().fold(0.0f32, |m, x| m.max(x.abs()))
        };
        for channel in [&left, &right] {
            let (soft, loud) = (level(channel, 6_000), level(channel, 54_000));
            assert!((loud / soft - 3.0).abs() < 0.2, "{fx}: {soft} {loud}");
        }
        assert!(left != right);
    }
}

#[test]
fn parameters_are_moved_by_patterns_and_by_knobs() {
    let f = "fn louder(x, level) { x * level }\n";
    let sweep = |fx: &str, name: &str| {
        format!(
            "{f}tempo(120); track(\"a\", instrument(|v| sine(v.freq) * adsr(v.gate))).play(note(\"a3*4\").param(\"{name}\", \"0.25 0.75\")).fx({fx});"
        )
    };
    let a = left(&sweep("dsp(louder, #{level: 0.5})", "louder.level"), 1.0);
    let b = left(&sweep("gain(0.5)", "gain.gain"), 1.0);
    close(&a.0, &b.0, 1e-6);
    let mapped = format!(
        "{f}track(\"a\", saw(50)).fx(dsp(louder, #{{level: 0.5}}));\nmap(74, \"a/louder.level\", 0, 1);"
    );
    assert!(Runtime::new().eval(&mapped).is_ok());
    let wrong = format!(
        "{f}track(\"a\", saw(50)).fx(dsp(louder, #{{level: 0.5}}));\nmap(74, \"a/louder.levl\", 0, 1);"
    );
    let Err(errors) = Runtime::new().eval(&wrong) else { panic!("there is no such parameter") };
    assert!(errors[0].hint.as_deref().is_some_and(|h| h.contains("`level`")), "{errors:#?}");
}
