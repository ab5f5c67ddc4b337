//! Rhapsode inside a Rust program: a node of one's own, a script, diagnostics as values, blocks as they come.

use rhapsode::dsp::F8;
use rhapsode::nodes::{Class, Kind, Make, OutRate, Ports, register};
use rhapsode::{Options, Runtime};

fn softly(x: &[F8]) -> F8 {
    (x[0] * 2.0).tanh() * 0.5
}

static SOFTLY: Kind = Kind {
    name: "softly",
    aliases: &[],
    class: Class::Effect,
    summary: "A gentle saturation.",
    details: "",
    ports: Ports::Signal,
    params: &[],
    rate: OutRate::Follow,
    make: Make::Math(softly, |rate| rhapsode::dsp::align::pure(rate, softly)),
    example: "",
};

/// Runs the example.
pub fn main() {
    register(&SOFTLY);
    let runtime = Runtime::new().set("pitch", "110");
    for error in runtime.eval("track(\"a\", swa(110))").err().unwrap_or_default() {
        println!("{}:{}: {} {:?}", error.place.line, error.place.column, error.message, error.hint);
    }
    let script =
        "length_bars(1); track(\"a\", saw(arg(\"pitch\", 55.0)) |> softly() |> lowpass(900))";
    let piece = runtime.eval(script).expect("the script is right");
    let mut blocks = piece.start(Options::default()).expect("it compiles");
    let (mut frames, mut peak) = (0, 0.0f32);
    while blocks.advance() {
        frames += blocks.frames().count();
        peak = blocks.frames().fold(peak, |p, (l, r)| p.max(l.abs()).max(r.abs()));
    }
    println!("{frames} frames, peak {peak:.3}");
    assert!(frames >= 96_000 && peak > 0.1);
}
