//! A script of 200 lines and 16 tracks, of all sorts of instruments, patterns and effects.

/// On the left sixteen tracks; on the right nothing but a constant `level`, through a `gain(0.5)` if `effect`.
pub fn song(level: f64, effect: bool) -> String {
    let mut lines = vec!["tempo(128);".to_string()];
    for track in 0..15 {
        lines.extend(instrument(track));
    }
    lines.push("bus(\"hall\", reverb(#{decay: 2, mix: 1})).pan(-1);".into());
    lines.push("bus(\"echo\", delay(0.3, #{feedback: 0.5, mix: 1})).pan(-1);".into());
    let effect = if effect { ".fx(gain(0.5))" } else { "" };
    lines.push(format!("track(\"mark\", constant({level})){effect}.pan(1);"));
    while lines.len() < 200 {
        lines.push(format!("// line {}", lines.len() + 1));
    }
    lines.join("\n") + "\n"
}

fn instrument(n: usize) -> Vec<String> {
    let source = ["saw(v.freq)", "square(v.freq)", "sine(v.freq * 2)", "triangle(v.freq)"][n % 4];
    let filter = ["lowpass(cut)", "ladder(cut)", "bandpass(cut)"][n % 3];
    let effect =
        ["chorus()", "drive(2)", "delay(0.2, #{feedback: 0.3})", "highpass(90)", "compressor()"];
    let pattern = ["c3*8 e3", "c4 [e4 g4] <b3 a3>", "c2(3,8)", "g4*2 ~ c5"][n % 4];
    vec![
        format!("// Track {n}."),
        format!("let synth{n} = instrument(|v| {{"),
        format!("    let cut = 400 + {n} * 50 + lfo(\"sine\", 0.{}) * 200;", n % 9 + 1),
        format!("    let tone = {source} + {source} * 0.5;"),
        format!("    let shape = adsr(v.gate, #{{attack: 0.01, release: 0.2}});"),
        format!("    tone * shape * 0.01 |> {filter}"),
        "});".into(),
        format!("let notes{n} = note(\"{pattern}\").gate(0.{});", n % 8 + 2),
        format!("track(\"track{n}\", synth{n})"),
        format!("    .play(notes{n})"),
        format!("    .fx({})", effect[n % 5]),
        format!(
            "    .send(\"{}\", 0.{})",
            if n.is_multiple_of(2) { "hall" } else { "echo" },
            n % 4 + 1
        ),
        "    .gain(0.05).pan(-1);".into(),
    ]
}
