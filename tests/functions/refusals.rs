//! What cannot be compiled is refused where it stands, with what to write instead.

use super::bench::try_program;

fn refused(text: &str) -> String {
    match try_program(text, "dsp(f)") {
        Err(why) => why,
        Ok(program) => panic!("compiles: {text}\n{:?}", program.blocks),
    }
}

#[test]
fn refusals_say_where_and_what_to_write() {
    let cases: &[(&str, &str, &str)] = &[
        ("fn f(x) { f(x) }", "1:11 f calls itself", "use a loop"),
        ("fn f(x) { let a = \"abc\"; x + a }", "a text", "numbers"),
        (
            "import \"std/dsp\" as lib; fn f(x) { lib::laddr(x, 500.0, 0.4, 1.0) }",
            "there is no function `lib::laddr`",
            "did you mean `lib::ladder`?",
        ),
        (
            "import \"std/dsp\" as lib; fn f(x) { lib::triangle(x, x, x, x) }",
            "`lib::triangle` cannot take 4 arguments",
            "it is: triangle(freq)",
        ),
        ("fn f(x) { x + lowpas(x) }", "1:15 there is no function `lowpas`", "`lowpass`"),
        ("fn f(x) { let y = x; }", "returns nothing", "semicolon"),
        ("fn f(x) { if x > 0.0 { \"a\" } else { 1.0 } }", "not the same kind", "semicolon"),
        ("fn f(x) { let a = [x, x]; a.push(x); a[0] }", "lists keep their length", "list.len()"),
        ("fn f(x, left, right) { x }", "either `x`", "(x, ..) or (left, right, ..)"),
        ("fn f(left) { left }", "hears `right` too", "(left, right"),
        ("fn f(x) { this.line[0] }", "`this.line` is a number", "pad(4800, 0.0)"),
        (
            "fn f(x) { this.line.pad(x.to_int(), 0.0); x }",
            "must be known before it plays",
            "constants",
        ),
        ("fn f(x) { try { x } catch { 0.0 } }", "`try` cannot run", "`if`"),
        ("fn f(x) { throw 1; }", "`throw`", "return a value"),
        ("fn f(x) { if x { 1.0 } else { 0.0 } }", "a number, not true or false", "x > 0.5"),
        ("fn f(x) { let y = if x > 0.0 { 1.0 }; y * 2.0 }", "no number here", "`else`"),
        ("fn f(x) { 1 / 16 * x }", "1/16 is 0", "1.0 / 16"),
        ("fn f(x) { x << 2 }", "wants whole numbers", "to_int()"),
        ("fn f(x) { [x, x, x] }", "a list of 3", "[left, right]"),
        ("fn f(x) { let l = [x, x]; l[(x).to_int()] }", "constant indices", "pad"),
        ("fn f(x) { #{a: x}.a }", "texts and maps", "numbers"),
        ("fn f(x) { print(x); x }", "cannot run on the audio thread", "given as a parameter"),
        ("fn f(x) { (x ?? 0.0) * 2.0 }", "`??` has no use", "this.i ?? 0"),
        ("fn f(x) { this.a ?? x }", "not a constant", "this.name ?? 0"),
        (
            "fn f(x) { let a = this.a ?? 1; a + (this.a ?? 2) }",
            "something else above",
            "say it once",
        ),
        ("fn f(x, gain) { x * gain }", "does not say what `gain` is", "gain: 0.5"),
    ];
    for (text, what, hint) in cases {
        let why = refused(text);
        assert!(why.contains(what), "{text}\n{why}\nnot: {what}");
        assert!(why.contains(hint), "{text}\n{why}\nnot: {hint}");
    }
}
