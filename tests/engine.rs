//! The engine without the script: sessions built by hand, rendered and measured.

use rhapsode::engine::offline::Tail;
use rhapsode::engine::{Length, Library, Offline, Options};
use rhapsode::pattern::Pattern;
use rhapsode::session::track::Strip;
use rhapsode::session::{Arg, Bus, Instrument, Node, NodeId, Send, Session, Track};
use rhapsode::units::Place;

fn library() -> Library {
    Library::new(48_000, Box::new(|path| Err(format!("no file {path}"))))
}

fn track(name: &str, source: NodeId, output: NodeId, plays: Vec<Pattern>) -> Track {
    Track { plays, ..Track::new(name, source, output, Place::default()) }
}

fn options(seconds: f64, threads: usize) -> Options {
    Options { length: Length::Seconds(seconds), tail: Tail::None, threads, ..Options::default() }
}

fn render(session: &Session, options: Options) -> Vec<(f32, f32)> {
    let mut offline = Offline::new(session, &library(), options).expect("compiles");
    let mut out = Vec::new();
    while offline.advance() {
        out.extend(offline.frames());
    }
    out
}

/// Frequency by counting rising zero crossings.
fn frequency(samples: &[f32]) -> f64 {
    let rising: Vec<usize> =
        (1..samples.len()).filter(|&i| samples[i - 1] < 0.0 && samples[i] >= 0.0).collect();
    let (first, last) = (rising[0], rising[rising.len() - 1]);
    48_000.0 * (rising.len() - 1) as f64 / (last - first) as f64
}

#[test]
fn a_sine_has_its_frequency_and_level() {
    let mut session = Session::default();
    let sine = session.add(Node::new("sine", vec![]).with("freq", Arg::Number(440.0)));
    session.tracks.push(track("a", sine, sine, vec![]));
    let out = render(&session, options(1.0, 1));
    assert_eq!(out.len(), 48_000);
    let left: Vec<f32> = out.iter().map(|f| f.0).collect();
    assert!((frequency(&left) - 440.0).abs() < 0.1, "{}", frequency(&left));
    let peak = left.iter().fold(0.0f32, |a, x| a.max(x.abs()));
    assert!((peak - 1.0).abs() < 1e-3);
}

fn gated_instrument(session: &mut Session) -> NodeId {
    let freq = session.add(Node::new("voice", vec![]).with("input", Arg::Text("freq".into())));
    let sine = session.add(Node::new("sine", vec![]).with("freq", Arg::signal(freq)));
    session.instruments.push(Instrument {
        voice: sine,
        voices: 16,
        bend: 2.0,
        glide: 0.0,
        mono: false,
        legato: false,
        params: vec![],
    });
    session.add(Node::new("instrument", vec![]).with("index", Arg::Number(0.0)))
}

#[test]
fn notes_begin_at_their_sample() {
    let mut session = Session::default();
    let source = gated_instrument(&mut session);
    let pattern = Pattern::mini("~ 69 ~ ~").expect("parses");
    session.tracks.push(track("a", source, source, vec![pattern]));
    let out = render(&session, options(2.0, 1));
    // 120 bpm, 4/4: the second quarter of the bar begins at 0.5 s.
    let first = out.iter().position(|f| f.0 != 0.0).expect("sounds");
    assert!((24_000..24_003).contains(&first), "{first}");
    let note: Vec<f32> = out[26_000..46_000].iter().map(|f| f.0).collect();
    assert!((frequency(&note) - 440.0).abs() < 0.1);
    let last = out.iter().rposition(|f| f.0.abs() > 1e-4).expect("sounds");
    assert!((48_000..49_000).contains(&last), "ends soon after its gate closes: {last}");
}

#[test]
fn threads_and_repetition_do_not_change_a_bit() {
    let mut session = Session::default();
    for i in 0..5 {
        let source = gated_instrument(&mut session);
        let filter = session.add(
            Node::new("lowpass", vec![source])
                .with("cutoff", Arg::Number(300.0 + 100.0 * f64::from(i))),
        );
        let pattern = Pattern::mini(&format!("{} {}*3 ~ 60", 50 + i, 62 + i)).expect("parses");
        session.tracks.push(track(&format!("t{i}"), source, filter, vec![pattern]));
    }
    let one = render(&session, options(3.0, 1));
    let two = render(&session, options(3.0, 2));
    assert!(one.iter().any(|f| f.0.abs() > 0.1));
    assert!(one.iter().zip(&two).all(|(a, b)| a.0.to_bits() == b.0.to_bits()));
}

#[test]
fn a_loop_of_sends_is_legal_and_one_block_late() {
    let mut session = Session::default();
    let sine = session.add(Node::new("sine", vec![]).with("freq", Arg::Number(1000.0)));
    let mut a = track("a", sine, sine, vec![]);
    a.strip.sends.push(Send {
        bus: "echo".into(),
        level: Arg::Number(1.0),
        place: Place::default(),
    });
    a.strip.output = Some("echo".into());
    session.tracks.push(a);
    let input = session.add(Node::new("input", vec![]));
    let mut bus = Bus {
        name: "echo".into(),
        output: input,
        strip: Strip::default(),
        place: Place::default(),
    };
    bus.strip.sends.push(Send {
        bus: "echo".into(),
        level: Arg::Number(0.5),
        place: Place::default(),
    });
    session.buses.push(bus);
    let mut offline = Offline::new(&session, &library(), options(0.1, 1)).expect("compiles");
    let warnings = offline.take_warnings();
    assert!(warnings.iter().any(|w| w.message.contains("feeds back")), "{warnings:?}");
    assert!(offline.advance());
}

#[test]
fn an_unknown_bus_is_named_with_the_nearest() {
    let mut session = Session::default();
    let sine = session.add(Node::new("sine", vec![]));
    let mut a = track("a", sine, sine, vec![]);
    a.strip.sends.push(Send {
        bus: "spce".into(),
        level: Arg::Number(1.0),
        place: Place::default(),
    });
    session.tracks.push(a);
    let input = session.add(Node::new("input", vec![]));
    session.buses.push(Bus {
        name: "space".into(),
        output: input,
        strip: Strip::default(),
        place: Place::default(),
    });
    let errors = Offline::new(&session, &library(), options(0.1, 1)).err().expect("refused");
    assert!(errors[0].message.contains("spce"));
    assert_eq!(errors[0].hint.as_deref(), Some("did you mean `space`?"));
}

#[test]
fn any_number_of_blocks_at_a_time_gives_the_same_samples() {
    use rhapsode::engine::Player;
    use rhapsode::graph::compile;
    use rhapsode::rt::Renderer;
    let mut session = Session::default();
    let source = gated_instrument(&mut session);
    let echo = session.add(Node::new("delay", vec![source]).with("time", Arg::Number(0.1)));
    let pattern = Pattern::mini("60*7 [62 65]*3 ~ 60").expect("parses");
    session.tracks.push(track("a", source, echo, vec![pattern]));
    let run = |sizes: &[usize]| {
        let library = library();
        let compiled = compile(&session, 48_000.0, &library).expect("compiles");
        let mut player = Player::new(&session, &compiled, 48_000.0, &library, None);
        let mut renderer = Renderer::new(compiled.schedule, Some(1.0));
        let mut out: Vec<u32> = Vec::new();
        for &blocks in sizes.iter().cycle() {
            if out.len() >= 96_000 {
                break;
            }
            player.fill(renderer.frame() + 64 * blocks as u64, |event| renderer.push(event));
            let blocks = renderer.render(blocks);
            out.extend(blocks.iter().flat_map(|b| b[0].0.iter().map(|x| x.to_bits())));
        }
        out.truncate(96_000);
        out
    };
    let one = run(&[1]);
    assert!(one.iter().any(|x| *x != 0));
    assert_eq!(run(&[32]), one);
    assert_eq!(run(&[3, 1, 17, 8]), one);
}
