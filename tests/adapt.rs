//! Plain Rust functions as nodes: every shape renders what the function says, bit for bit, and asks for no memory.

#[path = "no_alloc/counting.rs"]
mod counting;
#[path = "../examples/host.rs"]
mod host;

use rhapsode::dsp::unit::{Unit, UnitCx};
use rhapsode::engine::Player;
use rhapsode::engine::offline::Tail;
use rhapsode::graph::compile;
use rhapsode::nodes::harness::{Feed, Setup};
use rhapsode::nodes::{Param, Ports, adapt, find};
use rhapsode::rt::Renderer;
use rhapsode::{Length, Options, Runtime, Sound};
use std::sync::Arc;

/// A quarter of a second of a script.
fn play(script: &str) -> Sound {
    let piece = Runtime::new().eval(script).unwrap_or_else(|e| panic!("{script}\n{e:#?}"));
    let options = Options { length: Length::Seconds(0.25), tail: Tail::None, ..Options::default() };
    piece.render(options).unwrap_or_else(|e| panic!("{script}\n{e:#?}"))
}

/// Two channels that differ.
const SOURCE: &str = "track(\"a\", stack([saw(110) * 0.3 |> pan(-1), saw(165) * 0.2 |> pan(1)]))";

/// What `fx` makes of the source, and the source.
fn through(fx: &str) -> (Sound, Sound) {
    (play(&format!("{SOURCE}.fx({fx})")), play(SOURCE))
}

fn number(name: &'static str, default: f64) -> Param {
    Param::number(name, "ratio", (0.0, 10.0), default, "A number.")
}

#[test]
fn the_example_of_a_host_runs() {
    host::main();
}

#[test]
fn a_function_of_a_sample_is_lifted_to_all_channels() {
    let table: Arc<[f32]> = Arc::from([0.5f32, 2.0]);
    let f = move |x: f32| if x < 0.0 { x * table[0] } else { (x * table[1]).min(0.3) };
    adapt("t_bend", f.clone()).register().expect("registers");
    let (heard, plain) = through("t_bend()");
    assert!(plain.left != plain.right && plain.left.iter().any(|x| *x > 0.2));
    assert_eq!(heard.left, plain.left.iter().map(|x| f(*x)).collect::<Vec<_>>());
    assert_eq!(heard.right, plain.right.iter().map(|x| f(*x)).collect::<Vec<_>>());
    // One channel stays one.
    let mono = play("track(\"a\", saw(110) |> t_bend())");
    assert_eq!(mono.left, mono.right);
}

#[test]
fn parameters_are_numbers_or_signals() {
    let f = |x: f32, by: f32, plus: f32| x * by + plus;
    adapt("t_line", f).param(number("by", 2.0)).param(number("plus", 0.0)).register().unwrap();
    let (heard, plain) = through("t_line(0.25, #{plus: 0.125})");
    assert_eq!(heard.left, plain.left.iter().map(|x| x * 0.25 + 0.125).collect::<Vec<_>>());
    let (heard, plain) = through("t_line()");
    assert_eq!(heard.right, plain.right.iter().map(|x| x * 2.0).collect::<Vec<_>>());
    // At audio rate, frame by frame.
    let heard = play("track(\"a\", saw(110) * 0.5 |> t_line(saw(55) * 0.5))");
    let (a, b) = (play("track(\"a\", saw(110) * 0.5)"), play("track(\"a\", saw(55) * 0.5)"));
    let product: Vec<f32> = a.left.iter().zip(&b.left).map(|(a, b)| a * b).collect();
    assert_eq!(heard.left, product);
    // By path, and named in the manual.
    let set = play("track(\"a\", saw(110) * 0.5).fx(t_line()); param(\"a/t_line.by\").set(0.5);");
    assert_eq!(set.left, a.left.iter().map(|x| x * 0.5).collect::<Vec<_>>());
    let page = rhapsode::script::doc::page("t_line").unwrap();
    assert!(page.contains("sound |> t_line(by = 2, plus = 0)"), "{page}");
    let errors = Runtime::new().eval("track(\"a\", saw(1) |> t_line(#{bye: 1}))").err().unwrap();
    assert!(errors[0].hint.as_deref().unwrap().contains("did you mean `by`?"), "{errors:?}");
}

#[test]
fn each_channel_and_each_voice_has_a_state_of_its_own() {
    let sum = |_: f64| {
        let mut last = 0.0;
        move |x: f32| {
            let y = x - last;
            last = x;
            y
        }
    };
    adapt("t_step", sum).register().unwrap();
    let (heard, plain) = through("t_step()");
    let steps = |side: &[f32]| -> Vec<f32> {
        let before = std::iter::once(&0.0).chain(side);
        side.iter().zip(before).map(|(x, last)| x - last).collect()
    };
    assert_eq!(heard.left, steps(&plain.left));
    assert_eq!(heard.right, steps(&plain.right));
    // A counter in a voice begins anew with each note, in the lane of the note.
    let count = |rate: f64| {
        let mut n = 0.0;
        move |gate: f32| {
            n += 1.0 / rate as f32;
            n * gate
        }
    };
    adapt("t_count", count).register().unwrap();
    let notes = "track(\"a\", instrument(|v| v.gate |> t_count())).play(note(\"60*8\").gate(0.5))";
    let heard = play(&format!("tempo(240); {notes}")).left;
    assert!(heard[100] > 0.0 && heard[2000] > heard[1000]);
    // The fade of a note's first moment rounds by its place.
    let off = heard[..2900].iter().zip(&heard[6000..]).map(|(a, b)| (a - b).abs());
    assert!(off.fold(0.0, f32::max) < 1e-7);
}

#[test]
fn a_reset_lane_begins_anew_and_the_others_go_on() {
    let count = |_: f64| {
        let mut n = 0.0;
        move |x: f32| {
            n += x;
            n
        }
    };
    adapt("t_lanes", count).latency(3).tail(0.5).register().unwrap();
    let mut unit = Setup::new("t_lanes").lanes(2).input(Feed::Const(1.0)).build();
    let heard = unit.run(3)[0].iter().map(|y| y.0[..3].to_vec()).collect::<Vec<_>>();
    assert_eq!(heard, [[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [3.0, 3.0, 0.0]], "lanes in use only");
    unit.unit().reset(1);
    let heard = unit.run(2)[0].iter().map(|y| y.0[..2].to_vec()).collect::<Vec<_>>();
    // It was run for whole blocks.
    assert_eq!(heard, [[65.0, 1.0], [66.0, 2.0]]);
    assert_eq!((unit.unit().latency(), unit.unit().tail()), (3, 24_000));
}

#[test]
fn stereo_functions_see_both_channels() {
    adapt("t_swap", |[l, r]: [f32; 2], by: f32| [r * by, l])
        .param(number("by", 1.0))
        .register()
        .unwrap();
    let (heard, plain) = through("t_swap(0.5)");
    assert_eq!(heard.left, plain.right.iter().map(|x| x * 0.5).collect::<Vec<_>>());
    assert_eq!(heard.right, plain.left);
    let peak = |_: f64| {
        let mut most = 0.0f32;
        move |[l, r]: [f32; 2]| {
            most = most.max(l.abs()).max(r.abs());
            [most, -most]
        }
    };
    adapt("t_most", peak).register().unwrap();
    let (heard, plain) = through("t_most()");
    let mut most = 0.0f32;
    for (i, (l, r)) in plain.left.iter().zip(&plain.right).enumerate() {
        most = most.max(l.abs()).max(r.abs());
        assert_eq!((heard.left[i], heard.right[i]), (most, -most), "frame {i}");
    }
}

#[test]
fn functions_of_blocks_get_64_frames_of_one_channel() {
    adapt("t_back", |block: &mut [f32]| block.reverse()).register().unwrap();
    let (heard, plain) = through("t_back()");
    let back = |side: &[f32]| -> Vec<f32> {
        side.chunks(64).flat_map(|block| block.iter().rev().copied()).collect()
    };
    // The last block of a quarter of a second is cut off.
    let whole = 12_000 / 64 * 64;
    assert_eq!(heard.left[..whole], back(&plain.left[..whole]));
    assert_eq!(heard.right[..whole], back(&plain.right[..whole]));
    let half = |x: &[f32], y: &mut [f32], by: f32| {
        // The second half stays as it is given: silent.
        for (y, x) in y.iter_mut().zip(&x[..32]) {
            *y = x * by;
        }
    };
    adapt("t_half", half).param(number("by", 1.0)).register().unwrap();
    let (heard, plain) = through("t_half(0.5)");
    for (i, x) in plain.left.iter().enumerate() {
        assert_eq!(heard.left[i], if i % 64 < 32 { x * 0.5 } else { 0.0 }, "frame {i}");
    }
    let turns = |_: f64| {
        let mut sign = -1.0;
        move |block: &mut [f32]| {
            sign = -sign;
            block.iter_mut().for_each(|x| *x *= sign);
        }
    };
    adapt("t_turns", turns).register().unwrap();
    let (heard, plain) = through("t_turns()");
    for (i, x) in plain.right.iter().enumerate() {
        assert_eq!(heard.right[i], if (i / 64) % 2 == 0 { *x } else { -x }, "frame {i}");
    }
    let voice =
        Runtime::new().eval("track(\"a\", instrument(|v| saw(v.freq) |> t_back()))").unwrap();
    let errors = voice.render(Options::default()).unwrap_err();
    assert!(errors[0].message.contains("`t_back` cannot run inside a voice"), "{errors:?}");
}

#[test]
fn latency_is_aligned_and_tails_are_rung_out() {
    let late = |_: f64| {
        let mut line = [0.0; 10];
        move |x: f32| {
            line.rotate_right(1);
            std::mem::replace(&mut line[0], x)
        }
    };
    adapt("t_late", late).latency(10).register().unwrap();
    // Both ways arrive together: twice the sound.
    let (heard, plain) = through("t_late() + dry()");
    let double: Vec<f32> = plain.left.iter().map(|x| x * 2.0).collect();
    assert_eq!(heard.left[..11_000], double[..11_000]);
}

#[test]
fn units_of_ones_own_are_adapted_by_their_maker() {
    let make =
        |cx: &UnitCx| -> Box<dyn Unit> { rhapsode::dsp::align::pure(cx.ins[0], |x| x[0] * -1.0) };
    adapt("t_own", make).ports(Ports::Each).register().unwrap();
    let (heard, plain) = through("t_own()");
    assert_eq!(heard.left, plain.left.iter().map(|x| -x).collect::<Vec<_>>());
}

#[test]
fn mistakes_are_told_and_change_nothing() {
    let told = |why: Result<_, String>, part: &str| {
        let why: String = why.map(|_: &rhapsode::nodes::Kind| ()).unwrap_err();
        assert!(why.contains(part), "{why}");
    };
    told(adapt("lowpass", |x: f32| x).register(), "there is a node `lowpass` already");
    told(adapt("two words", |x: f32| x).register(), "letters, digits and `_`");
    told(
        adapt("t_none", |x: f32, y: f32| x + y).register(),
        "has 1 parameters, and 0 are described",
    );
    let text = Param::other("file", rhapsode::nodes::ParamKind::Text, "", "A file.");
    told(adapt("t_text", |x: f32, y: f32| x + y).param(text).register(), "must be a number");
    assert!(find("t_none").is_none() && find("t_text").is_none());
}

#[test]
fn adapted_functions_neither_allocate_nor_free_when_they_play() {
    adapt("t_quiet_a", |x: f32, by: f32| x * by).param(number("by", 0.5)).register().unwrap();
    adapt("t_quiet_b", |_: f64| {
        let mut z = [0.0; 32];
        move |block: &mut [f32]| {
            block.iter_mut().zip(&mut z).for_each(|(x, z)| std::mem::swap(x, z));
        }
    })
    .register()
    .unwrap();
    let script = "track(\"a\", instrument(|v| saw(v.freq) * v.gate |> t_quiet_a(v.velocity))).play(note(\"c3*8 e3\"))\
                  .fx(t_quiet_b() |> t_quiet_a(lfo(\"sine\", 2)))";
    let piece = Runtime::new().eval(script).unwrap();
    let compiled = compile(piece.session(), 48_000.0, piece.library()).expect("compiles");
    let mut player = Player::new(piece.session(), &compiled, 48_000.0, piece.library(), None);
    let mut renderer = Renderer::new(compiled.schedule, Some(1.0));
    let mut events = Vec::new();
    for block in 0..2000 {
        events.clear();
        player.fill(renderer.frame() + 64, |event| events.push(event));
        let made = counting::calls(|| {
            events.iter().for_each(|event| renderer.push(*event));
            renderer.render(1);
        });
        assert_eq!(made, 0, "block {block}");
    }
}
