//! The language as it was promised: each snippet of the guide is evaluated, compiled and rendered.

use rhapsode::engine::offline::Tail;
use rhapsode::{Length, Options, Runtime};

/// Peak of two bars of a script.
fn play(script: &str) -> f32 {
    let piece = Runtime::new().eval(script).unwrap_or_else(|e| panic!("{script}\n{e:#?}"));
    let options = Options { length: Length::Bars(2.0), tail: Tail::None, ..Options::default() };
    let mut offline = piece.start(options).unwrap_or_else(|e| panic!("{script}\n{e:#?}"));
    let mut peak = 0.0f32;
    while offline.advance() {
        peak = offline.frames().fold(peak, |p, (l, r)| p.max(l.abs()).max(r.abs()));
    }
    let warnings = offline.take_warnings();
    assert!(warnings.is_empty(), "{script}\n{warnings:#?}");
    peak
}

#[test]
fn a_whole_piece() {
    let peak = play(
        r#"
        title("Night drive");
        tempo(124);
        meter(4, 4);
        length_bars(16);
        seed(7);
        import "std/drums" as drums;
        import "std/synths" as synths;
        track("drums", drums::kit("808"))
            .play("bd*4, [~ hh]*4, ~ cp")
            .fx(compressor(#{threshold: -14, ratio: 4}))
            .gain_db(-2);
        let sweep = lfo("sine", 1.0 / 8).range(300, 3000);
        track("acid", synths::acid())
            .play(note("c2 eb2 <g2 bb2> c3").fast(2).every(4, |p| p.rev()))
            .fx(lowpass(sweep, 0.9) |> drive(0.3).key("dirt"))
            .send("space", 0.25);
        bus("space", reverb(#{size: 0.8, decay: 3.0}));
        master(limiter(-1));
        "#,
    );
    assert!(peak > 0.1 && peak <= 0.9, "{peak}");
}

const PLUCK: &str = r#"
    let pluck = instrument(|v| {
        let env = adsr(v.gate, 0.005, 0.2, 0.3, 0.4);
        (saw(v.freq) + saw(v.freq * 1.005)) * 0.5
            |> lowpass(200 + env * 4000 * v.velocity, 0.4)
            |> gain(env)
    }, #{voices: 16, bend: 2, glide: 0.0});
"#;

#[test]
fn instruments_and_chains() {
    for rest in [
        r#"track("a", pluck).play(note("c3 e3")).fx(lowpass(800) |> drive(0.2) + highpass(2000) * 0.5);"#,
        r#"track("a", pluck).play(note("60 64 67")).fx(-lowpass(900)).pan(-0.5).gain_db(-3).quant(4).fade(0.1);"#,
        r#"track("a", pluck).play(n("0 2 4").scale("c:minor")); track("b", pluck).play("c4*2").output("sub"); bus("sub", lowpass(300));"#,
        r#"track("a", pluck).play(chord("<Am7 Dm7>").voicing()); track("m", pluck).play("c2").mute();"#,
        r#"track("a", stack([saw(110) * 0.1, square(55, 0.3) * 0.1, triangle(220) * 0.1, noise() * 0.01, pink() * 0.01]));"#,
        r#"track("acid", pluck).play("c3*4").fx(lowpass(900) |> drive(0.3).key("dirt"));
           param("acid/lowpass.cutoff").set(lfo("tri", 0.5).range(300, 900));
           track("acid").param("dirt.amount").set(lfo("sine", 1));"#,
    ] {
        assert!(play(&format!("{PLUCK}{rest}")) > 0.01, "{rest}");
    }
}

#[test]
fn control_signals() {
    for signal in [
        r#"lfo("sine", 0.5)"#,
        r#"ramp(0, 1, 8)"#,
        r#"curve([[0, 0], [2, 1], [4, 0.3]], "exp")"#,
        r#"random(2)"#,
        r#"perlin(1)"#,
        r#"follow("drums")"#,
        r#"lfo("tri", 1).smooth(0.05).quantize(0.125).clamp(0.1, 0.9)"#,
        r#"(lfo("saw", 1) * 0.5 + 0.25)"#,
    ] {
        let script = format!(
            r#"track("drums", saw(55) * lfo("square", 2) * 0.3);
               track("a", saw(110) * 0.2).fx(lowpass({signal}.range(200, 4000)) |> gain({signal}.exp_range(0.1, 1)));"#
        );
        assert!(play(&script) > 0.05, "{signal}");
    }
}

#[test]
fn functions_on_the_audio_thread() {
    let peak = play(
        r#"
        import "std/synths" as synths;
        let pluck = synths::pluck();
        fn fold(x, amount) { sin(x * (1.0 + amount * 4.0)) }      // a plain function is an effect
        fn one_pole(x, cutoff) {                                  // `this` is the state of one instance, one channel
            let a = exp(-TAU * cutoff / sample_rate);
            this.z = x * (1.0 - a) + this.z * a;
            this.z
        }
        track("lead", pluck).play(note("c3 e3 g3")).fx(dsp(fold, #{amount: lfo("tri", 0.5)}) |> dsp(one_pole, #{cutoff: 1200}));
        let wobble = signal(|t| sin(TAU * t * 2.0) * 0.5 + 0.5);  // t in seconds; `beat` is there too
        track("w", saw(110) * 0.1 * wobble);
        "#,
    );
    assert!(peak > 0.05 && peak < 1.0, "{peak}");
}

/// Every script in the document.
#[test]
fn what_is_documented_of_functions_runs() {
    let text = std::fs::read_to_string("docs/dsp.md").expect("the document");
    let scripts: Vec<&str> =
        text.split("```rhai\n").skip(1).filter_map(|s| s.split("```").next()).collect();
    assert!(scripts.len() >= 5);
    for script in scripts {
        assert!(play(script) > 0.001, "{script}");
    }
}

#[test]
fn effects_with_their_defaults() {
    let effects = "gain gain_db pan width lowpass highpass bandpass notch allpass peak low_shelf high_shelf ladder comb \
        delay pingpong reverb chorus flanger phaser tremolo vibrato ring_mod drive saturate wavefold bitcrush compressor \
        limiter gate expander transient ducker pitch_shift dc_block meter";
    for effect in effects.split_whitespace() {
        let peak = play(&format!(r#"track("a", saw(110) * 0.3).fx({effect}());"#));
        assert!(peak > 0.01, "{effect}: {peak}");
    }
}

#[test]
fn patterns() {
    for pattern in [
        r#""c3 e3 g3""#,
        r#"note("c3 e3").velocity("0.6 1").gate(0.8)"#,
        r#"note("c3(3,8)").pan(sine.slow(4))"#,
        r#"arrange([[1, note("c3*4")], [1, note("e3*2")]])"#,
        r#"cat(note("c3"), note("e3*2"))"#,
        r#"note("c3 e3 g3 b3").jux(|p| p.rev()).ply(2).iter(4)"#,
        r#"clip([[0, "c4", 1], [1.5, "e4", 0.5, 90]])"#,
        r#"note(irand(12) + 48).segment(8).degrade_by(0.2)"#,
        r#"note("c3 e3").param("cutoff", "200 800")"#,
    ] {
        let script = format!(
            r#"let synth = instrument(|v| saw(v.freq) * 0.3 |> lowpass(v.param("cutoff", 1500)));
               track("a", synth).play({pattern});"#
        );
        assert!(play(&script) > 0.05, "{pattern}");
    }
}

#[test]
fn ducking_is_one_line() {
    let script = r#"
        tempo(120);
        track("kick", sine(50) * curve([[0, 1], [0.2, 0], [1, 0], [1.01, 1], [1.2, 0]], "lin") * 0.001).play("c3");
        track("pad", saw(220) * 0.3).fx(ducker(#{sidechain: "kick"}));"#;
    assert!(play(script) > 0.01);
}

#[test]
fn drums_answer_to_their_general_midi_notes() {
    let render = |pattern: &str| {
        let script = format!(
            "length_bars(1); import \"std/drums\" as drums; track(\"d\", drums::kit(\"808\")).play({pattern});"
        );
        let piece = Runtime::new().eval(&script).unwrap_or_else(|e| panic!("{e:#?}"));
        piece.render(Options { tail: Tail::None, ..Options::default() }).expect("renders")
    };
    let named = render("\"bd sn hh cp\"");
    assert!(named.left.iter().any(|x| x.abs() > 0.05));
    assert_eq!(render("\"36 38 42 39\""), named);
}

/// A kit at a time: all of them in one script would take the machine of a slow day longer than a script may.
#[test]
fn every_groove_plays_on_every_kit() {
    let world: std::sync::Arc<dyn rhapsode::world::World> =
        std::sync::Arc::new(rhapsode::world::Memory::new());
    let (mut bars, mut tracks) = (std::collections::BTreeSet::new(), 0);
    for kit in 0..4 {
        let script = format!(
            "import \"std/grooves\" as grooves; import \"std/drums\" as drums; length_bars(1);
            let kits = drums::names(); if kits.len() != 4 {{ throw \"how many?\" }}
            for name in grooves::names() {{ track(name, drums::kit(kits[{kit}])).play(drums::groove(name)); }}"
        );
        let piece = rhapsode::script::evaluate(&script, "s", &world);
        let piece = piece.unwrap_or_else(|e| panic!("{e:?}"));
        assert!(piece.session.tracks.len() >= 20, "{}", piece.session.tracks.len());
        tracks += piece.session.tracks.len();
        let (song, warnings) = rhapsode::engine::export::midi(&piece.session, 4.0);
        assert!(warnings.is_empty(), "{warnings:?}");
        for (part, track) in song.parts[1..].iter().zip(&piece.session.tracks) {
            assert!(part.events.len() > 8, "{} plays little", track.name);
            let other = part.events[1..]
                .iter()
                .find(|e| !matches!(e.kind, rhapsode::midi::Kind::Voice(9, _)));
            assert!(other.is_none(), "no drum: {other:?}");
            bars.insert(format!("{:?}", &part.events[1..]));
        }
    }
    // Different names are different music, whatever the kit.
    assert_eq!(bars.len(), tracks / 4);
    let error =
        rhapsode::script::evaluate("import \"std/drums\" as d; d::groove(\"hause\");", "s", &world);
    let text = format!("{:?}", error.expect_err("no such groove"));
    assert!(text.contains("there is no groove") && text.contains("house"), "{text}");
}
