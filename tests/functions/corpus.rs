//! Functions that all three ways compute to the same bits.

use super::bench::agree;

/// A sound with all sorts of values: a sine, silence, extremes.
pub fn feed(wire: usize, frame: usize) -> f32 {
    match wire {
        0 if frame % 211 == 7 => 0.0,
        0 => libm::sinf(frame as f32 * 0.13) * (1.0 + (frame % 5) as f32),
        1 => 0.3 + 0.2 * libm::sinf(frame as f32 * 0.01),
        _ => (frame % 97) as f32 * 0.01 + wire as f32,
    }
}

/// The corpus: the arguments of `f`, and its body.
pub const CORPUS: &[(&str, &str)] = &[
    ("x", "x"),
    ("x", "x * 0.5 + 1"),
    ("x, a", "sin(x * (1.0 + a * 4.0))"),
    ("x", "tanh(x * 3.0)"),
    ("x", "let c = clamp(x, -3.0, 3.0); c * (27.0 + c * c) / (27.0 + 9.0 * c * c)"),
    ("x", "cos(x) + tan(x * 0.3) + asin(x * 0.1) + acos(x * 0.1) + atan(x) + atan(x, 2.0)"),
    (
        "x",
        "exp(x) + exp2(x) + ln(abs(x) + 1.0) + log(abs(x) + 1.0) + log2(abs(x) + 1.0) + log(abs(x) + 2.0, 3.0)",
    ),
    ("x", "sqrt(abs(x)) + cbrt(x) + pow(abs(x), 1.7) + abs(x) ** 0.3 + hypot(x, 2.0)"),
    ("x", "floor(x) + ceil(x) * 2.0 + round(x) * 4.0 + trunc(x) * 8.0 + fract(x) * 16.0"),
    ("x", "sinh(x) + cosh(x) + asinh(x) + acosh(abs(x) + 1.0) + atanh(x * 0.1)"),
    ("x, a", "min(x, a) + max(x, 0.5) * 2.0 + min(3, 4) + lerp(x, a, 0.25)"),
    ("x", "select(x > 0.0, x * 2.0, x * 0.5)"),
    ("x", "x % 0.7 + (x * 10.0).to_int() % 3"),
    ("x", "if x > 1.0 { 1.0 } else if x < -1.0 { -1.0 } else { x }"),
    ("x", "let y = 0.0; if x > 0.0 { y = x * x; } else { y = sin(x); } y * 0.5"),
    ("x", "let y = x; if x > 0.5 { y = 0; } y + 1"),
    ("x, a", "if x > 0.0 && a > 0.3 || x < -2.0 { 1.0 } else { 0.0 }"),
    (
        "x",
        "let on = x > 0.0; let off = !on; if on == off { 7.0 } else if on != off { x } else { 9.0 }",
    ),
    (
        "x, cutoff",
        "let a = exp(-TAU * (100.0 + cutoff * 1000.0) / sample_rate); this.z = x * (1.0 - a) + this.z * a; this.z",
    ),
    (
        "x",
        "let y = 0.2 * x + 0.3 * this.x1 + 0.1 * this.x2 - 0.4 * this.y1 - 0.2 * this.y2; this.x2 = this.x1; this.x1 = x; this.y2 = this.y1; this.y1 = y; y",
    ),
    (
        "freq",
        "this.p += (freq * 100.0) / sample_rate; if this.p >= 1.0 { this.p -= 1.0; } 2.0 * this.p - 1.0",
    ),
    ("t", "sin(TAU * t * 2.0) * 0.5 + 0.5"),
    ("beat, bpm", "beat * bpm / 60.0"),
    ("x", "let s = 0.0; let i = 0; while i < 5 { s += x * i; i += 1; } s"),
    ("x", "let s = 0.0; for i in 0..8 { s += sin(x + i) / (i + 1); } s"),
    (
        "x",
        "let s = 0.0; for i in 0..=40 { if i == 3 { continue; } if i > 30 { break; } s = s * 0.5 + x * i; } s",
    ),
    ("x", "let n = (abs(x) * 10.0).to_int(); let s = 0; for i in 0..n { s += i * i; } s * 0.001"),
    ("x", "let i = 0; loop { i += 1; if i * 0.3 > abs(x) { break; } } i"),
    (
        "x",
        "let i = 0; do { i += 2; } while i < 7; let j = 9; do { j -= 2; } until j < 3; i * 100 + j + x",
    ),
    (
        "x",
        "if x < 0.0 { return -1; } let s = 0.0; for k in 0..20 { if k > 7 { return s; } s += x; } s",
    ),
    (
        "x",
        "switch (x * 2.0).to_int() { 0 => 0.0, 1 => x, 2 | 3 => x * x, -1 if x < -0.7 => 11.0, 4..=7 => 4.0, _ => -x }",
    ),
    ("x", "let y = switch x > 1.0 { true => 1.0, false => 0.0 }; y + x"),
    (
        "x",
        "this.line.pad(37, 0.0); let w = this.w.to_int(); let y = this.line[w]; this.line[w] = x + y * 0.5; this.w = (w + 1) % 37; y",
    ),
    (
        "x",
        "this.line.pad(8, 1.5); let s = 0.0; for v in this.line { s += v; } this.line[-1] = x; this.line[2] = s * 0.1; s + this.line.len()",
    ),
    ("x", "let l = [0.1, 0.2, 0.3]; l[1] = x; l[0] + l[1] * l[2] + l[-1] + l.len()"),
    ("x", "let table = [1.0, 4.0, 9.0, 16.0]; table[(abs(x) * 3.0).to_int() % 4]"),
    ("x", "[x * 0.5, -x]"),
    ("left, right", "let m = (left + right) * 0.5; let s = left - right; [m + s, m - s]"),
    (
        "x",
        "let a = 7; let b = 3; a / b + a % b + (a << 2) + (a >> 1) + (a & 6) + (a | 8) + (a ^ 5) + 2 ** 5 + x",
    ),
    ("x", "let i = (x * 100.0).to_int(); i / 7 + i % 7 + abs(i) + sign(x) + (-i)"),
    ("x", "let k = 3; let y = k; y *= 2; y -= 1; y += x; y /= 4; y %= 3; y"),
    (
        "x",
        "this.line.pad(37, 0.0); let i = this.i ?? 5; let y = this.line[i]; this.line[i] = x + y * 0.5; this.i = (i + 1) % 37; y",
    ),
    (
        "x",
        "this.n = (this.n ?? 7) / 2 + 9; this.up = !(this.up ?? true); this.low = (this.low ?? -1.5) * 0.9; if this.up { x * this.n } else { this.low }",
    ),
    ("x", "this.count += 1; if this.count > 100 { this.count = 0; } this.count * 0.01 + x"),
    ("x", "this.on = x > 0.3; if this.on { this.n += 1.0; } this.n"),
    ("x", "random() * x + random()"),
    (
        "x",
        "let e = abs(x); let k = if e > this.env { 0.01 } else { 0.001 }; this.env += (e - this.env) * k; this.env",
    ),
    ("x", "fold(fold(x)) + scaled(x, 3)"),
    (
        "x",
        "this.a.smooth(x, 0.1) + this.b.smooth(this.a.smooth(x, 0.2), 0.3) + this.b.deep.smooth(x, 0.4)",
    ),
    ("x", "let f = |v| v * 2.0 + 1.0; f.call(x) + x.abs().sqrt().min(2.0)"),
    (
        "x, a",
        "let v = { let q = x * a; q * q }; let w = if a > 0.4 { let z = v; z + 1.0 } else { v }; w",
    ),
    (
        "x, a, b, c",
        "this.s1 += a * 0.001; this.s2 = this.s2 * 0.99 + b * 0.01; x * this.s1 + this.s2 - c",
    ),
    (
        "x",
        "let y = x; let i = 0; while i < 30 { if i % 2 == 0 { y = y * 0.9; } else { y = y + 0.01; } if y > 3.0 { break; } i += 1; } y",
    ),
    ("x", "1.0 / x + (x - x) / (x - x)"),
    ("x", "x * 2.0;"),
    ("x", "this.z = this.z * 0.5 + x * 1e-300 * 1e-10; this.z"),
];

pub const HELPERS: &str = "fn fold(x) { if x > 1.0 { 2.0 - x } else if x < -1.0 { -2.0 - x } else { x } }\n\
    fn scaled(x, n) { let y = 0.0; for i in 0..n { y += x; } y }\n\
    fn smooth(x, k) { this.z += (x - this.z) * k; this.z }\n";

#[test]
fn the_corpus_has_the_same_bits_three_ways() {
    assert!(CORPUS.len() >= 40);
    for (args, body) in CORPUS {
        // What comes out is kept too, so that all its bits are compared, not only those of a sample.
        let kept = if body.starts_with('[') || body.contains("[m + s") {
            format!("fn f({args}) {{ {body} }}")
        } else {
            format!(
                "fn inner({args}) {{ {body} }}\nfn f({args}) {{ this.all = this.inner({args}); this.all }}"
            )
        };
        agree(&format!("{HELPERS}{kept}"), args, 4, &feed);
    }
}

/// What this program lowers passes for what a file may say; what is damaged does not, or does no harm.
#[test]
fn programs_are_told_from_damaged_ones() {
    for (args, body) in CORPUS {
        let text = format!("{HELPERS}fn f({args}) {{ {body} }}");
        let program = super::bench::program(&text, &super::bench::call(args));
        assert!(program.is_sound(), "{body}: {:?}", program.blocks);
        let json = serde_json::to_string(&*program).expect("JSON");
        let again: rhapsode::ir::Program = serde_json::from_str(&json).expect("the same");
        assert!(again == *program && again.is_sound(), "{body}");
        let mut values = program.blocks.iter().flat_map(|b| b.end.reads()).collect::<Vec<_>>();
        values.dedup();
        for wild in [u32::MAX, program.types.len() as u32] {
            let mut damaged = (*program).clone();
            let last = damaged.blocks.len() - 1;
            damaged.blocks[last].end = rhapsode::ir::End::Return(vec![rhapsode::ir::Value(wild)]);
            assert!(!damaged.is_sound(), "{body}");
        }
        let mut damaged = (*program).clone();
        damaged.types.iter_mut().for_each(|of| {
            *of = if *of == rhapsode::ir::Type::Float {
                rhapsode::ir::Type::Int
            } else {
                rhapsode::ir::Type::Float
            };
        });
        assert!(!damaged.is_sound(), "{body}");
        let mut damaged = (*program).clone();
        damaged.blocks.reverse();
        assert!(damaged.blocks.len() == 1 || !damaged.is_sound(), "{body}");
    }
}

#[test]
fn straight_functions_run_in_lanes() {
    let straight =
        ["x * 2.0", "if x > 0.0 { x } else { -x }", "this.z += x; clamp(this.z, -1.0, 1.0)"];
    for body in straight {
        let program = super::bench::program(&format!("fn f(x) {{ {body} }}"), "dsp(f)");
        assert!(rhapsode::ir::straighten(&program).is_some(), "{body}: {:?}", program.blocks);
    }
}
