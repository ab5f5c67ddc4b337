//! An edit of a function swaps its code and keeps what it has kept.

use super::stage::{Stage, played, same};
use rhapsode::engine::live::{News, Quant};

/// A sine whose phase is kept, so that a lost state is heard.
fn song(gain: &str) -> String {
    format!(
        "fn tone(freq) {{ this.p += freq / sample_rate; if this.p > 1.0 {{ this.p -= 1.0; }} sin(TAU * this.p) * {gain} }}\n\
         track(\"a\", dsp(tone, #{{freq: 100}}));"
    )
}

fn sharpest(x: &[f32]) -> f32 {
    x.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max)
}

#[test]
fn other_code_goes_on_with_the_state_of_the_old() {
    let mut stage = Stage::new(&song("0.2"));
    stage.play_to(0.5);
    let at = stage.edit(&song("0.4"), Quant::Now) as usize;
    stage.play_to(1.0);
    let want = played(&song("0.4"), 1.0);
    // The step is let go within 5 ms; then it is as if the new code had always played: its phase was kept.
    same(&stage.left[at + 400..], &want[at + 400..], "after the edit");
    assert!(stage.left[..at] != want[..at]);
    // Its slope may change from one frame to the next, its value does not: a step would be up to 0.2.
    assert!(sharpest(&stage.left) < 0.006, "{}", sharpest(&stage.left));
}

#[test]
fn the_same_function_saved_again_changes_no_bit() {
    let want = played(&song("0.2"), 1.0);
    let mut stage = Stage::new(&song("0.2"));
    for i in 1..8 {
        stage.play_to(f64::from(i) * 0.1);
        stage.edit(&format!("// {i}\n{}", song("0.2")), Quant::Now);
    }
    stage.play_to(1.0);
    same(&stage.left, &want, "left");
    assert!(stage.news.iter().any(|n| matches!(n, News::Swapped { .. })));
}

#[test]
fn a_delay_line_rings_on_under_new_code() {
    let song = |feedback: &str| {
        format!(
            "fn echo(x) {{ this.line.pad(4800, 0.0); let i = this.w.to_int(); let y = this.line[i]; \
             this.line[i] = x + y * {feedback}; this.w = (i + 1) % 4800; y }}\n\
             track(\"a\", noise() * square(2) * 0.2).fx(dsp(echo));"
        )
    };
    let mut stage = Stage::new(&song("0.5"));
    stage.play_to(0.45);
    let at = stage.edit(&song("0.51"), Quant::Now) as usize;
    stage.play_to(0.6);
    // The source has been silent since 0.25 s: what is heard comes out of the line.
    let after = &stage.left[at + 300..at + 3000];
    assert!(after.iter().any(|x| x.abs() > 0.005), "the line was lost");
}

#[test]
fn an_array_of_another_length_begins_anew_and_the_rest_stays() {
    let song = |len: usize| {
        format!(
            "fn f(t) {{ this.line.pad({len}, 0.25); this.n += 1.0; this.line[0] = this.line[0] + 0.0; \
             this.n * 0.000001 + this.line[{len} - 1] }}\ntrack(\"a\", dsp(f)).pan(-1).gain(1);"
        )
    };
    let mut stage = Stage::new(&song(100));
    stage.play_to(0.5);
    let at = stage.edit(&song(200), Quant::Now) as usize;
    stage.play_to(0.7);
    let want = played(&song(200), 0.7);
    same(&stage.left[at + 400..], &want[at + 400..], "the count went on");
}

/// A voice whose phase is kept, played by `pattern`; what sounds is told by its level.
fn voices(kind: &str, gain: &str, pattern: &str) -> String {
    format!(
        "fn tone(freq) {{ this.p += freq / sample_rate; if this.p > 1.0 {{ this.p -= 1.0; }} sin(TAU * this.p) * {gain} }}\n\
         tempo(60); let voice = instrument(|v| dsp(tone) * adsr(v.gate, 0.01, 0.1, 0.8, 0.1));\n\
         track(\"a\", {kind}).play({pattern});"
    )
}

#[test]
fn a_note_that_sounds_goes_on_with_other_code() {
    for (kind, pattern) in [
        ("voice", "note(\"[a3,c4]\").slow(4)"),
        ("kit(#{bd: voice, sn: instrument(|v| sine(v.freq) * adsr(v.gate))})", "s(\"bd\").slow(4)"),
    ] {
        let mut stage = Stage::new(&voices(kind, "0.2", pattern));
        stage.play_to(0.5);
        let at = stage.edit(&voices(kind, "0.4", pattern), Quant::Now) as usize;
        stage.play_to(1.5);
        let want = played(&voices(kind, "0.4", pattern), 1.5);
        same(&stage.left[at + 400..], &want[at + 400..], "after the edit");
        assert!(stage.left[..at] != want[..at] && sharpest(&stage.left) < 0.01, "{kind}");
        let said = format!("{:?}", stage.news);
        assert!(said.contains("changed: 1") && said.contains("added: []"), "{said}");
    }
}

#[test]
fn a_note_that_begins_after_an_edit_has_no_step() {
    let song = |gain: &str| {
        voices("voice", gain, "note(\"a3*4\").gate(0.53)")
            .replace("0.1, 0.8, 0.1", "0.1, 0.8, 0.001")
    };
    let mut stage = Stage::new(&song("0.2"));
    // All is silent between two notes.
    stage.play_to(3.98);
    let at = stage.edit(&song("0.4"), Quant::Now) as usize;
    stage.play_to(5.0);
    let want = played(&song("0.4"), 5.0);
    same(&stage.left[at + 960..], &want[at + 960..], "from the next note on");
}

/// Alike terms of a sum run side by side; their code is taken over all the same.
#[test]
fn a_sum_of_alike_functions_goes_on_with_other_code() {
    let sum = |gain: &str| {
        let term = |k: i32| format!("dsp(tone, #{{freq: {}}}) * (0.2 / {k})", 55 * k);
        let terms = (1..=12).map(term).collect::<Vec<_>>().join(" + ");
        let head = song(gain);
        let function = head.lines().next().expect("its first line");
        format!("{function}\ntrack(\"a\", {terms});")
    };
    let mut stage = Stage::new(&sum("0.2"));
    stage.play_to(0.5);
    let at = stage.edit(&sum("0.4"), Quant::Now) as usize;
    stage.play_to(1.0);
    let want = played(&sum("0.4"), 1.0);
    same(&stage.left[at + 400..], &want[at + 400..], "after the edit");
    assert!(stage.left[..at] != want[..at] && sharpest(&stage.left) < 0.02);
    let said = format!("{:?}", stage.news);
    assert!(said.contains("changed: 1") && said.contains("added: []"), "{said}");
}

#[test]
fn a_voice_of_another_shape_begins_anew() {
    let other = voices("voice", "0.4", "note(\"a3\").slow(4)")
        .replace("tone(freq)", "tone(freq, velocity)");
    let mut stage = Stage::new(&voices("voice", "0.2", "note(\"a3\").slow(4)"));
    stage.play_to(0.5);
    stage.edit(&other, Quant::Now);
    stage.play_to(1.0);
    assert!(!format!("{:?}", stage.news).contains("added: []"));
}
