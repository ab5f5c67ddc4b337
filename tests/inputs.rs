//! Sound from outside: what goes in comes out 64 frames later, to the bit, and goes on through edits.

use rhapsode::engine::live::{Live, Performer, Quant, Stand};
use rhapsode::engine::{Length, Options, offline::Tail};
use rhapsode::io::audio::{Callback, Format};
use rhapsode::runtime::{Piece, Runtime};
use rhapsode::session::INPUTS;

/// Frames by which live inputs are late.
const LATE: usize = 64;

fn piece(source: &str) -> Piece {
    Runtime::new().eval(source).unwrap_or_else(|e| panic!("{e:#?}"))
}

fn start(source: &str) -> (Live, Performer) {
    Live::new(piece(source).fresh().expect("compiles"), Some(1.0))
}

/// Frame `frame` of channel `channel` of the input: all different, none beyond full scale.
fn sample(channel: usize, frame: usize) -> f32 {
    let hash = (frame * INPUTS + channel + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    (hash as f32 / (1 << 24) as f32 - 0.5) * 1.5
}

/// Plays `frames` more frames in buffers of these sizes in turn, with `channels` inputs.
fn play(
    live: &mut Live,
    performer: &mut Performer,
    (buffers, frames, channels): (&[usize], usize, usize),
    out: &mut [Vec<f32>; 2],
) {
    let end = out[0].len() + frames;
    for &n in buffers.iter().cycle() {
        let done = out[0].len();
        if done >= end {
            return;
        }
        live.tick(|_| {});
        let input: Vec<f32> =
            (done..done + n).flat_map(|f| (0..channels).map(move |c| sample(c, f))).collect();
        let mut output = vec![9.0; n * 2];
        performer.render_with(&mut output, 2, &input, channels);
        for frame in output.chunks(2) {
            out[0].push(frame[0]);
            out[1].push(frame[1]);
        }
    }
}

/// What comes out of `source` for the input that [`play`] gives.
fn played(source: &str, buffers: &[usize], frames: usize, channels: usize) -> [Vec<f32>; 2] {
    let (mut live, mut performer) = start(source);
    let mut out = [Vec::new(), Vec::new()];
    play(&mut live, &mut performer, (buffers, frames, channels), &mut out);
    out
}

fn same(got: &[f32], want: &[f32], what: &str) {
    let n = got.len().min(want.len());
    assert!(n > 1000, "{what}: {n} frames");
    if let Some(i) = (0..n).find(|&i| got[i].to_bits() != want[i].to_bits()) {
        panic!("{what}: frame {i} of {n} is {} and not {}", got[i], want[i]);
    }
}

fn input(channel: usize, frames: usize) -> Vec<f32> {
    (0..frames).map(|f| sample(channel, f)).collect()
}

#[test]
fn an_input_is_heard_64_frames_later_whatever_the_buffer() {
    let (left, right) = (input(0, 12_000), input(1, 12_000));
    for buffers in [&[1][..], &[37], &[64], &[256], &[1000], &[1, 37, 64, 256, 1000, 63, 65, 128]] {
        let out = played("track(\"a\", audio_in(1, 2));", buffers, 10_000, 2);
        assert_eq!(out[0][..LATE], [0.0; LATE], "{buffers:?}");
        same(&out[0][LATE..], &left, &format!("left, {buffers:?}"));
        same(&out[1][LATE..], &right, &format!("right, {buffers:?}"));
    }
    // The latency of the graph comes on top.
    let out = played("track(\"a\", audio_in(2)).fx(limiter(0));", &[100], 10_000, 2);
    let late = piece("track(\"a\", audio_in(2)).fx(limiter(0));")
        .start(Options::default())
        .expect("compiles")
        .plan()
        .latency;
    assert!(late > 0);
    let first = out[0].iter().position(|x| *x != 0.0).expect("sound");
    assert_eq!(first, LATE + late);
}

#[test]
fn an_input_goes_wherever_a_signal_goes() {
    let options = |seconds| Options {
        length: Length::Seconds(seconds),
        tail: Tail::None,
        input: vec![input(0, 48_000), input(1, 48_000), input(2, 48_000)].into(),
        ..Options::default()
    };
    let render = |source: &str| piece(source).render(options(0.5)).expect("renders");
    let [one, two, three] = [0, 1, 2].map(|c| input(c, 24_000));
    let out = render("track(\"a\", audio_in([3, 1]));");
    same(&out.left, &three, "a list, in its order");
    same(&out.right, &one, "a list, in its order");
    let out = render("track(\"a\", sine(100) * 0 + audio_in(2) * 0.5);");
    let half: Vec<f32> = two.iter().map(|x| x * 0.5).collect();
    same(&out.left, &half, "in a sum");
    let out = render("track(\"a\", audio_in(2)).output(\"b\"); bus(\"b\", gain(0.5));");
    same(&out.left, &half, "through a bus");
    // Alike tracks share lanes, each with its own channels.
    let out = render(
        "track(\"a\", audio_in(1)).gain(0.5); track(\"b\", audio_in(2)).gain(0.5);\
         track(\"c\", audio_in(1, 3)).gain(0.5);",
    );
    let sum = |c: &[f32]| -> Vec<f32> {
        let halves = one.iter().zip(&two).zip(c);
        halves.map(|((a, b), c)| a * 0.5 + b * 0.5 + c * 0.5).collect()
    };
    same(&out.left, &sum(&one), "three tracks, left");
    same(&out.right, &sum(&three), "three tracks, right");
    let key = |key: &str| format!("track(\"a\", sine(200) * 0.3).fx(ducker({key}));");
    let ducked = render(&key("audio_in(1)"));
    let open = render(&key("sine(1) * 0"));
    assert_ne!(ducked.left[12_000..], open.left[12_000..], "as a side-chain");
    let wobble = render("track(\"a\", sine(200) * audio_in(1));");
    assert!(wobble.left.iter().any(|x| *x != 0.0), "as a level");
}

#[test]
fn playing_and_rendering_give_the_same_bits() {
    let song = "track(\"a\", audio_in(1, 2)).fx(lowpass(2000) |> delay(0.1, #{feedback: 0.5}));
                track(\"b\", audio_in(2)).fx(reverb()).gain(0.3); track(\"c\", sine(220) * audio_in(2));";
    let got = played(song, &[256], 38_400, 2);
    let late = |channel| [vec![0.0; LATE], input(channel, 48_000)].concat();
    for threads in [1, 3] {
        let options = Options {
            length: Length::Seconds(0.8),
            tail: Tail::None,
            threads,
            input: vec![late(0), late(1)].into(),
            ..Options::default()
        };
        let want = piece(song).render(options).expect("renders");
        same(&got[0], &want.left, "left");
        same(&got[1], &want.right, "right");
    }
}

#[test]
fn edits_do_not_touch_an_input() {
    let song = |rest: &str| {
        format!("track(\"a\", audio_in(1)).fx(delay(0.01)).pan(-1); bus(\"b\"); {rest}")
    };
    let tone = |hz: u32| format!("track(\"c\", sine({hz}) * 0.1).pan(1);");
    let buffers = [37, 256];
    let want = played(&song(&tone(200)), &buffers, 60_000, 2);
    let (mut live, mut performer) = start(&song(&tone(200)));
    let mut out = [Vec::new(), Vec::new()];
    for rest in [
        tone(300),
        String::new(),
        "track(\"c\", audio_in(2)).fx(reverb()).pan(1);".into(),
        "track(\"c\", audio_in(1)).fx(lowpass(300)).pan(1);".into(),
        "track(\"d\", audio_in(1)).mute();".into(),
    ] {
        play(&mut live, &mut performer, (&buffers, 9000, 2), &mut out);
        let fresh = piece(&song(&rest)).fresh().expect("compiles");
        live.commit(fresh, Quant::Now, &|_| false).expect("compiles");
    }
    play(&mut live, &mut performer, (&buffers, 9000, 2), &mut out);
    same(&out[0], &want[0], "the track that stays");
}

#[test]
fn another_channel_fades_in() {
    let song = |channel: u32| format!("track(\"a\", audio_in({channel}));");
    let (mut live, mut performer) = start(&song(1));
    let mut out = [Vec::new(), Vec::new()];
    play(&mut live, &mut performer, (&[256], 10_000, 2), &mut out);
    let fresh = piece(&song(2)).fresh().expect("compiles");
    let at = live.commit(fresh, Quant::Now, &|_| false).expect("compiles") as usize;
    play(&mut live, &mut performer, (&[256], 20_000, 2), &mut out);
    same(&out[0][LATE..at], &input(0, at - LATE), "before");
    let after = at + 2000;
    let want: Vec<f32> = (after - LATE..out[0].len() - LATE).map(|f| sample(1, f)).collect();
    same(&out[0][after..], &want, "after");
    // Half-way both are heard.
    let middle = at + 480;
    assert_ne!(out[0][middle], sample(0, middle - LATE));
    assert_ne!(out[0][middle], sample(1, middle - LATE));
}

#[test]
fn channels_that_are_not_there_are_silent_also_when_they_go() {
    let (mut live, mut performer) = start("track(\"a\", audio_in(1, 3));");
    let mut out = [Vec::new(), Vec::new()];
    for channels in [3, 2, 0, 3] {
        let from = out[0].len();
        play(&mut live, &mut performer, (&[200], 4000, channels), &mut out);
        let heard = |c: usize| out[c][from + 2 * LATE..].iter().any(|x| *x != 0.0);
        assert_eq!((heard(0), heard(1)), (channels > 0, channels > 2), "{channels} channels");
    }
    // What is not a number does not get in.
    let mut output = vec![0.0; 512];
    performer.render_with(&mut output, 2, &[f32::NAN; 768], 3);
    performer.render_with(&mut output, 2, &[f32::INFINITY; 768], 3);
    assert!(output.iter().all(|x| *x == 0.0));
}

#[test]
fn a_device_at_another_rate_hears_silence_until_the_music_is_built_anew() {
    let (mut stand, mut backstage) = Stand::new();
    let format = |rate| Format { rate, channels: 2, in_channels: 1, max_frames: 128 };
    let heard = |stand: &mut Stand, level: f32| {
        let mut output = vec![9.0; 256];
        for _ in 0..4 {
            stand.render(&mut output, 2, &[level; 128], 1);
        }
        output[255]
    };
    stand.prepare(format(48_000));
    assert_eq!(heard(&mut stand, 0.5), 0.0, "nobody plays");
    assert!(backstage.send(start("track(\"a\", audio_in(1));").1));
    assert_eq!(heard(&mut stand, 0.5), 0.5, "the input reaches the music");
    stand.prepare(format(44_100));
    assert_eq!(heard(&mut stand, 0.5), 0.0, "it was built for another rate");
    stand.prepare(format(48_000));
    assert_eq!(heard(&mut stand, 0.25), 0.25);
}

#[test]
fn a_script_is_told_what_is_wrong_with_its_channels() {
    for (source, says) in [
        ("track(\"a\", audio_in(0));", "one channel or two, not 0"),
        ("track(\"a\", audio_in(1.5));", "one channel or two, not 1.5"),
        ("track(\"a\", audio_in(65));", "one channel or two, not 65"),
        ("track(\"a\", audio_in([1, 2, 3]));", "one channel or two, not 3 channels"),
        ("track(\"a\", audio_in([]));", "one channel or two, not 0 channels"),
        ("track(\"a\", audio_in(\"left\"));", "one channel or two, not "),
        (
            "track(\"a\", instrument(|v| audio_in(1) * v.gate)).play(\"c3\");",
            "a voice cannot listen to an input",
        ),
    ] {
        let result = Runtime::new().eval(source).and_then(|p| p.fresh().map(drop));
        let errors = result.expect_err(source);
        assert!(errors[0].message.contains(says), "{source}: {}", errors[0].message);
        assert_eq!(errors[0].place.line, 1, "{source}");
    }
    assert_eq!(piece("track(\"a\", audio_in(2) + audio_in([7, 1]));").session().inputs(), 7);
    assert_eq!(piece("let x = audio_in(9); track(\"a\", sine(1));").session().inputs(), 0);
}

/// Runs `rhapsode` in `dir`; what it said.
fn rhapsode(dir: &std::path::Path, args: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rhapsode"));
    let out = command.args(args).current_dir(dir).output().expect("starts");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    said
}

#[test]
fn render_processes_a_file_from_its_first_frame_to_its_last() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = |name: &str| dir.path().join(name);
    let write = |name: &str, rate: u32, channels: usize| {
        let sample_format = hound::SampleFormat::Float;
        let (channels, bits_per_sample) = (channels as u16, 32);
        let spec = hound::WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
        let mut writer = hound::WavWriter::create(path(name), spec).expect("made");
        for frame in 0..30_011 {
            (0..channels.into()).for_each(|c| writer.write_sample(sample(c, frame)).expect("ok"));
        }
        writer.finalize().expect("whole");
    };
    let read = |name: &str| -> Vec<f32> {
        let mut reader = hound::WavReader::open(path(name)).expect("a WAV file");
        reader.samples().map(|s| s.expect("whole")).collect()
    };
    let render = |input: &str, more: &[&str]| {
        let args = ["render", "song.rhai", "-o", "out.wav", "--format", "wav32f", "--input", input];
        rhapsode(dir.path(), &[&args[..], &["--tail", "none"], more].concat())
    };
    write("take.wav", 48_000, 2);
    std::fs::write(path("song.rhai"), "track(\"a\", audio_in(1, 2) * 0.25).fx(limiter(0));")
        .expect("ok");
    // No length is given: the music is as long as the file. The limiter's latency is taken off.
    let said = render("take.wav", &[]);
    assert!(!said.contains("silent"), "{said}");
    let (got, want) = (read("out.wav"), read("take.wav"));
    assert_eq!(got.len(), 2 * 30_011);
    assert!(got.iter().zip(&want).all(|(a, b)| (a - b * 0.25).abs() < 1e-6), "in time");
    std::fs::write(path("song.rhai"), "track(\"a\", audio_in(1, 2));").expect("ok");
    render("take.wav", &["--threads", "2"]);
    same(&read("out.wav"), &read("take.wav"), "through a track without effects");
    assert_eq!(read("out.wav").len(), 2 * 30_011);
    render("take.wav", &["--seconds", "0.25"]);
    assert_eq!(read("out.wav").len(), 2 * 12_000, "a length that is asked for wins");
    // A file of another rate keeps its pitch and its length in seconds.
    write("slow.wav", 24_000, 2);
    render("slow.wav", &[]);
    assert_eq!(read("out.wav").len(), 4 * 30_011);
    // Channels that the file has not are told, with the place.
    write("mono.wav", 48_000, 1);
    let said = render("mono.wav", &[]);
    assert!(said.contains("channel 2 of the input is silent: it has one"), "{said}");
    assert!(said.contains("song.rhai:1:12"), "{said}");
    let said = rhapsode(dir.path(), &["render", "song.rhai", "-o", "out.wav", "--seconds", "1"]);
    assert!(said.contains("nothing comes in") && said.contains("--input take.wav"), "{said}");
    assert!(read_int(&path("out.wav")).iter().all(|x| *x == 0), "silence");
}

fn read_int(path: &std::path::Path) -> Vec<i32> {
    let mut reader = hound::WavReader::open(path).expect("a WAV file");
    reader.samples().map(|s| s.expect("whole")).collect()
}
