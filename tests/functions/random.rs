//! Programs that nobody has written: all three ways agree on them too.

use super::bench::agree;
use super::corpus::feed;
use proptest::prelude::*;

/// An expression that is a number, of what is named `x a u v w`, `this.s this.r`, an array and constants.
fn number(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("x".to_string()),
        Just("a".to_string()),
        Just("u".to_string()),
        Just("v".to_string()),
        Just("this.s".to_string()),
        Just("this.r".to_string()),
        Just("i".to_string()),
        Just("this.line[3]".to_string()),
        (-40i32..40).prop_map(|n| format!("({:?})", f64::from(n) * 0.125)),
        (1i32..9).prop_map(|n| n.to_string()),
    ];
    leaf.prop_recursive(depth, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (two.clone(), prop::sample::select(vec!["+", "-", "*"]))
                .prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            two.clone().prop_map(|(a, b)| format!("({a} / (abs({b}) + 1.5))")),
            two.clone().prop_map(|(a, b)| format!("min({a} * 1.0, {b} * 1.0)")),
            two.clone().prop_map(|(a, b)| format!("max({a} * 1.0, {b} * 1.0)")),
            (
                inner.clone(),
                prop::sample::select(vec!["sin", "tanh", "abs", "floor", "fract", "exp2", "atan"])
            )
                .prop_map(|(a, f)| format!("{f}(clamp({a} * 1.0, -9.0, 9.0))")),
            inner.clone().prop_map(|a| format!("(-({a}))")),
            inner.clone().prop_map(|a| format!("helper({a} * 1.0)")),
            (truth(inner.clone()), two.clone())
                .prop_map(|(c, (a, b))| format!("(if {c} {{ {a} * 1.0 }} else {{ {b} * 1.0 }})")),
            (truth(inner.clone()), two)
                .prop_map(|(c, (a, b))| format!("select({c}, {a} * 1.0, {b} * 1.0)")),
            inner.prop_map(|a| format!("this.line[clamp({a} * 1.0, 0.0, 7.0).to_int()]")),
        ]
    })
    .boxed()
}

fn truth(number: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let compare = prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    (number.clone(), compare, number, prop::option::of(any::<bool>()))
        .prop_map(|(a, op, b, more)| match more {
            None => format!("{a} {op} {b}"),
            Some(true) => format!("{a} {op} {b} && x > -1.0"),
            Some(false) => format!("!({a} {op} {b}) || u < 0.5"),
        })
        .boxed()
}

fn statement() -> BoxedStrategy<String> {
    let simple = prop_oneof![
        (prop::sample::select(vec!["u", "v", "this.s", "this.r"]), number(3))
            .prop_map(|(to, x)| format!("{to} = clamp({x} * 1.0, -100.0, 100.0);")),
        (prop::sample::select(vec!["u", "this.r"]), number(2))
            .prop_map(|(to, x)| format!("{to} += clamp({x} * 1.0, -1.0, 1.0);")),
        (0usize..8, number(2))
            .prop_map(|(k, x)| format!("this.line[{k}] = clamp({x} * 1.0, -9.0, 9.0);")),
    ];
    simple
        .prop_recursive(2, 12, 3, |inner| {
            let some = prop::collection::vec(inner, 1..3).prop_map(|all| all.join(" "));
            prop_oneof![
                (truth(number(2)), some.clone(), some.clone())
                    .prop_map(|(c, a, b)| format!("if {c} {{ {a} }} else {{ {b} }}")),
                (truth(number(2)), some.clone()).prop_map(|(c, a)| format!("if {c} {{ {a} }}")),
                (2usize..5, some.clone()).prop_map(|(n, a)| format!("for i in 0..{n} {{ {a} }}")),
                (18usize..24, some.clone(), truth(number(1))).prop_map(|(n, a, c)| format!(
                    "for i in 0..{n} {{ if {c} {{ continue; }} {a} }}"
                )),
                (some.clone(), truth(number(1))).prop_map(|(a, c)| {
                    format!("let n = 0; while n < 6 {{ n += 1; if {c} {{ break; }} {a} }}")
                }),
                (some, truth(number(1))).prop_map(|(a, c)| format!("{a} if {c} {{ return u; }}")),
            ]
        })
        .boxed()
}

/// As many as the environment asks for.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(96)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn generated_programs_have_the_same_bits_three_ways(
        body in prop::collection::vec(statement(), 1..5),
        last in number(3),
    ) {
        let text = format!(
            "fn helper(q) {{ if q > 0.5 {{ q * 0.5 }} else {{ q + 0.25 }} }}\n\
             fn f(x, a) {{ this.line.pad(8, 0.5); let i = 2; let u = 0.5; let v = x; {} {last} * 1.0 }}",
            body.join(" "),
        );
        agree(&text, "x, a", 2, &feed);
    }
}
