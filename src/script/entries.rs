//! The functions of scripts that are bound by hand: what the manual, completion and messages say of them.

/// One function, or several that are called alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name, then others that are described together with it.
    pub names: &'static [&'static str],
    /// Group in the manual.
    pub group: &'static str,
    /// How it is called.
    pub form: &'static str,
    /// What it does.
    pub text: &'static str,
    /// A runnable script.
    pub example: &'static str,
}

pub(super) const fn entry(
    names: &'static [&'static str],
    group: &'static str,
    form: &'static str,
    text: &'static str,
    example: &'static str,
) -> Entry {
    Entry { names, group, form, text, example }
}

const LOOPS: &str = "Loops played turn by turn";
const PIECE: &str = "The piece";
const TRACKS: &str = "Tracks and buses";
const MAKING: &str = "Instruments and chains";
const PARAMETERS: &str = "Parameters";
const NUMBERS: &str = "Numbers";

/// All of them, in the order of the manual.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    let played = super::pattern::midi::ENTRIES.iter().chain(super::song::ENTRIES);
    let played = played.chain(super::midi::ENTRIES).chain(super::controllers::ENTRIES);
    let files =
        super::drums::ENTRIES.iter().chain(super::render::ENTRIES).chain(super::writer::ENTRIES);
    let rigs = super::rig::ENTRIES.iter().chain(super::rig::COMMANDS);
    let plugins = super::plugin::ENTRIES.iter().chain(super::plugin::COMMANDS);
    let played = played.chain(super::clock::ENTRIES).chain(rigs).chain(plugins);
    let played = played.chain(super::function::ENTRIES).chain(super::function::BUFFER);
    let sounds = super::sound::ENTRIES.iter().chain(super::bounce::ENTRIES);
    let sounds = sounds.chain(super::whole::ENTRIES);
    let played = played.chain(super::multiplex::ENTRIES).chain(sounds);
    ENTRIES.iter().chain(played).chain(files).chain(super::perform::ENTRIES)
}

const ENTRIES: &[Entry] = &[
    entry(&["title"], PIECE, "title(name)", "The name of the piece.", "title(\"Night drive\");"),
    entry(
        &["tempo"],
        PIECE,
        "tempo(bpm) or tempo([[beat, bpm], ...])",
        "The tempo in beats per minute, 120 if not given; a list changes it at its beats.",
        "tempo([[0, 124], [32, 132]]);",
    ),
    entry(
        &["tempo_ramp"],
        PIECE,
        "tempo_ramp([[beat, bpm], ...])",
        "The tempo, moving in a straight line from each point to the next.",
        "tempo_ramp([[0, 90], [16, 140]]);",
    ),
    entry(
        &["meter"],
        PIECE,
        "meter(beats, unit)",
        "The time signature, 4/4 if not given. One cycle of a pattern is one bar.",
        "meter(3, 4);",
    ),
    entry(
        &["swing"],
        PIECE,
        "swing(amount, unit = 0.5)",
        "How late every second unit (in beats) is, 0 to 1 of half its length.",
        "swing(0.3);",
    ),
    entry(
        &["length_bars", "length_beats"],
        PIECE,
        "length_bars(n)",
        "How much an offline render plays, before the tail.",
        "length_bars(16);",
    ),
    entry(
        &["seed"],
        PIECE,
        "seed(n)",
        "All randomness is a function of time and this seed.",
        "seed(7);",
    ),
    entry(
        &["arg"],
        PIECE,
        "arg(name, default)",
        "What the user set with `--set name=value`, as a value of the default's type.",
        "tempo(arg(\"bpm\", 120));",
    ),
    entry(
        &["exists"],
        PIECE,
        "exists(path)",
        "Whether a file or folder is there and may be read; false outside the script's folder unless \
         `--allow FOLDER` says so.",
        "if !exists(\"break.wav\") { print(\"no recording here: playing without it\"); }",
    ),
    entry(
        &["print", "debug"],
        PIECE,
        "print(value)",
        "Shows a value to the user while the script runs.",
        "print(\"hello\");",
    ),
    entry(
        &["wait"],
        LOOPS,
        "t.wait(beats)",
        "In `loop_every`: what follows is played so many beats later.",
        "track(\"a\", instrument(|v| sine(v.freq) * v.gate)).play(loop_every(\"riff\", 4, |t| { \
         t.note(60, 0.5); t.wait(0.5); t.note(67, 0.5, 0.8); }));",
    ),
    entry(
        &["track"],
        TRACKS,
        "track(name, source)",
        "Makes a track: a named line of music. `track(name)` returns one that stands above. Methods: \
         play fx gain gain_db pan send mute solo output key quant fade param.",
        "track(\"bass\", sine(55) * 0.2).gain_db(-3).pan(-0.2);",
    ),
    entry(
        &["bus"],
        TRACKS,
        "bus(name, fx)",
        "Makes a bus: a place where sends and outputs of tracks meet, with effects.",
        "bus(\"space\", lowpass(3000)); track(\"a\", sine(220)).send(\"space\", 0.3);",
    ),
    entry(
        &["master"],
        TRACKS,
        "master(fx)",
        "The effects on the whole mix.",
        "master(lowpass(12000));",
    ),
    entry(
        &["play"],
        TRACKS,
        "track.play(pattern)",
        "Plays the track with a pattern or mini-notation; several patterns play together.",
        "track(\"a\", instrument(|v| sine(v.freq) * v.gate)).play(\"c3 e3 g3\");",
    ),
    entry(
        &["fx"],
        TRACKS,
        "track.fx(chain)",
        "Adds effects to the end of a track's or bus's chain.",
        "track(\"a\", sine(220)).fx(lowpass(800) |> lowpass(900).key(\"second\"));",
    ),
    entry(
        &["gain"],
        TRACKS,
        "track.gain(level)",
        "The fader, linear: a number or a signal.",
        "track(\"a\", sine(220)).gain(0.5);",
    ),
    entry(
        &["gain_db"],
        TRACKS,
        "track.gain_db(db)",
        "The fader in decibels.",
        "track(\"a\", sine(220)).gain_db(-6);",
    ),
    entry(
        &["pan"],
        TRACKS,
        "track.pan(position)",
        "The panorama, -1 (left) to 1 (right): a number or a signal.",
        "track(\"a\", sine(220)).pan(-0.5);",
    ),
    entry(
        &["send"],
        TRACKS,
        "track.send(bus, level = 1)",
        "Sends a copy to a bus, after the fader. The bus may stand further below.",
        "track(\"a\", sine(220)).send(\"space\", 0.3); bus(\"space\", lowpass(3000));",
    ),
    entry(
        &["mute", "solo"],
        TRACKS,
        "track.mute()",
        "Silences the track; `solo` silences all others. `mute(false)` takes it back.",
        "track(\"a\", sine(220)).mute();",
    ),
    entry(
        &["output"],
        TRACKS,
        "track.output(bus)",
        "Plays into a bus instead of the master.",
        "track(\"a\", sine(220)).output(\"group\"); bus(\"group\");",
    ),
    entry(
        &["key"],
        TRACKS,
        "x.key(name)",
        "Names an effect, a signal or a track's source: its identity over edits, and in paths.",
        "track(\"a\", sine(220)).fx(lowpass(800).key(\"dark\")); param(\"a/dark.cutoff\").set(500);",
    ),
    entry(
        &["quant", "fade"],
        TRACKS,
        "track.quant(beats), track.fade(seconds)",
        "An edit of the track waits for a multiple of so many beats; it crossfades for so long.",
        "track(\"a\", sine(220)).quant(8).fade(0.5);",
    ),
    entry(
        &["colour", "color"],
        TRACKS,
        "track.colour(\"#rrggbb\")",
        "The colour of the track, for plugins that show it.",
        "track(\"a\", sine(220)).colour(\"#ff8800\");",
    ),
    entry(
        &["instrument"],
        MAKING,
        "instrument(|v| signal, #{voices: 16, bend: 2, glide: 0.0, mono: false, legato: false})",
        "A polyphonic instrument. The closure is called once and returns the graph of one voice; `v` has \
         freq, gate, velocity, note, and `v.param(name, default)` for what patterns set by name.",
        "track(\"a\", instrument(|v| sine(v.freq) * v.gate * v.velocity));",
    ),
    entry(
        &["kit"],
        MAKING,
        "kit(#{name: instrument, ..., choke: [[name, name]]})",
        "Several instruments, or several recorded sounds (paths, or what `sound_file` and its methods give), played by \
         name. The sounds of a choke group cut each other off.",
        "track(\"d\", kit(#{bd: instrument(|v| sine(50) * v.gate), hh: instrument(|v| sine(9000) * v.gate)}));",
    ),
    entry(
        &["stack"],
        MAKING,
        "stack([a, b, ...])",
        "The sum of signals; effects side by side; patterns at the same time.",
        "track(\"a\", stack([sine(220), sine(330)]) * 0.3);",
    ),
    entry(
        &["split"],
        MAKING,
        "split([fx, fx, ...])",
        "One input through several effects side by side, added up.",
        "track(\"a\", sine(220) |> split([dry(), lowpass(400) * 0.5]));",
    ),
    entry(
        &["dry"],
        MAKING,
        "dry()",
        "The effect that does nothing.",
        "track(\"a\", sine(220) |> (dry() + lowpass(400)));",
    ),
    entry(
        &["follow"],
        MAKING,
        "follow(track, options)",
        "The envelope of a track (before or after this one in the script) as a signal; options are those \
         of `envelope_follower`.",
        "track(\"a\", sine(220) * follow(\"b\")); track(\"b\", sine(2));",
    ),
    entry(
        &["tap"],
        MAKING,
        "tap(track)",
        "The sound of a track as a signal.",
        "track(\"a\", sine(220) * tap(\"b\")); track(\"b\", sine(30));",
    ),
    entry(
        &["audio_in"],
        MAKING,
        "audio_in(channel), audio_in(left, right)",
        "Sound from outside as a signal, mono or stereo: a microphone, an instrument, another program. Channels \
         count from 1. Played live it is heard 64 frames (1.3 ms) later than the device delivers it, whatever \
         its buffer; `rhapsode live --inputs N` opens N channels (else as many as the first music asks for). \
         `rhapsode render --input take.wav` feeds the channels of a file from the beginning; without it, it is \
         silent.",
        "track(\"guitar\", audio_in(1)).fx(drive(0.4) |> delay(0.3)); track(\"room\", audio_in([1, 2]) |> highpass(80));",
    ),
    entry(
        &["param"],
        PARAMETERS,
        "param(\"track/effect.parameter\")",
        "A parameter by its path. Effects are named by key, else by kind with an ordinal from the second \
         on (`lowpass`, `lowpass2`); also `track/gain`, `track/pan`, `track/send.bus`. \
         `track(..).param(\"effect.parameter\")` leaves the track out.",
        "track(\"a\", sine(220)).fx(lowpass(800)); param(\"a/lowpass.cutoff\").set(400);",
    ),
    entry(
        &["set"],
        PARAMETERS,
        "param(..).set(value)",
        "Sets a parameter to a number or a signal.",
        "track(\"a\", sine(220)).fx(lowpass(800)).param(\"lowpass.q\").set(2);",
    ),
    entry(
        &[
            "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh",
            "acosh", "atanh",
        ],
        NUMBERS,
        "sin(x)",
        "Trigonometric and hyperbolic functions, in radians; `atan2(y, x)`, or `atan(y, x)`, is the angle of a point.",
        "print(sin(TAU / 8));",
    ),
    entry(
        &["exp", "exp2", "ln", "log", "log2", "sqrt", "cbrt", "pow", "hypot"],
        NUMBERS,
        "exp(x), log(x, base), pow(x, y)",
        "Exponentials, logarithms, roots and powers; `log(x)` has base 10.",
        "print(log(1000));",
    ),
    entry(
        &["floor", "ceil", "ceiling", "round", "trunc", "fract"],
        NUMBERS,
        "floor(x)",
        "Whole numbers below, above, nearest, towards zero; and what `floor` takes away.",
        "print(fract(1.25));",
    ),
    entry(
        &["min", "max", "clamp", "lerp", "select"],
        NUMBERS,
        "clamp(x, lo, hi), lerp(a, b, t), select(condition, yes, no)",
        "The smaller or larger of two numbers; a number kept between two; one between two (`t` from 0 to 1); one of two.",
        "print(clamp(12, 0, 10) + lerp(0.0, 10.0, 0.3) + select(1 > 2, 1, 0));",
    ),
    entry(
        &["db_to_gain", "gain_to_db", "note_to_hz", "hz_to_note", "to_radians", "to_degrees"],
        NUMBERS,
        "note_to_hz(note)",
        "Conversions: decibels and linear gain, MIDI notes and hertz, degrees and radians.",
        "print(note_to_hz(69));",
    ),
];
