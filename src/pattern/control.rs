//! Named controls of an event: sound, note, gain, pan, filter settings, ...

use super::call::Built;
use super::core::Pattern;
use super::frac::Frac;
use super::join::Join;
use super::operators::{How, Op};
use super::sequence;
use super::value::{Controls, Value};
use std::sync::Arc;

/// A control: its names (a list value sets them in order), other spellings, and what it means.
pub struct Control {
    /// The control's own name, then those that the further items of a list set.
    pub names: &'static [&'static str],
    /// Other spellings of the name.
    pub aliases: &'static [&'static str],
    /// What it means, in one line.
    pub doc: &'static str,
}

const fn control(
    names: &'static [&'static str],
    aliases: &'static [&'static str],
    doc: &'static str,
) -> Control {
    Control { names, aliases, doc }
}

/// The controls that have a combinator of their own; any other name goes through `param`.
pub const CONTROLS: &[Control] = &[
    control(
        &["s", "n", "gain"],
        &["sound"],
        "the sound: a drum or sample name; a list adds number and gain",
    ),
    control(&["note", "n"], &[], "the note: a name or a MIDI number"),
    control(&["n"], &[], "a number: the n-th sample of a sound, or a scale degree"),
    control(&["freq"], &[], "the pitch in Hz"),
    control(&["velocity"], &["vel"], "how hard a note is played, 0 to 1"),
    control(&["gain"], &[], "amplitude factor, 1 is unchanged"),
    control(&["postgain"], &[], "amplitude factor after the effects"),
    control(&["amp"], &[], "amplitude factor"),
    control(&["pan"], &[], "place in the stereo field, 0 left to 1 right"),
    control(&["gate"], &["gat"], "part of its time that a note is held"),
    control(&["clip"], &["legato"], "part of its time after which a note is cut"),
    control(&["duration"], &["dur"], "length in cycles"),
    control(&["attack"], &["att"], "envelope attack in seconds"),
    control(&["decay"], &["dec"], "envelope decay in seconds"),
    control(&["sustain"], &["sus"], "envelope sustain level, 0 to 1"),
    control(&["release"], &["rel"], "envelope release in seconds"),
    control(&["hold"], &[], "envelope hold in seconds"),
    control(&["cutoff", "resonance", "lpenv"], &["ctf", "lpf", "lp"], "low-pass cutoff in Hz"),
    control(&["resonance"], &["lpq"], "low-pass resonance"),
    control(&["lpenv"], &["lpe"], "low-pass envelope depth"),
    control(&["hcutoff", "hresonance", "hpenv"], &["hpf", "hp"], "high-pass cutoff in Hz"),
    control(&["hresonance"], &["hpq"], "high-pass resonance"),
    control(&["bandf", "bandq", "bpenv"], &["bpf", "bp"], "band-pass centre in Hz"),
    control(&["bandq"], &["bpq"], "band-pass Q"),
    control(&["vowel"], &[], "vowel of a formant filter"),
    control(&["crush"], &[], "bit depth"),
    control(&["coarse"], &[], "sample-rate division"),
    control(&["distort", "distortvol", "distorttype"], &["dist"], "distortion"),
    control(&["shape", "shapevol"], &[], "wave shaping, 0 to 1"),
    control(&["drive"], &[], "drive"),
    control(&["delay", "delaytime", "delayfeedback"], &[], "delay level"),
    control(&["delaytime"], &["delayt", "dt"], "delay time"),
    control(&["delayfeedback"], &["delayfb", "dfb"], "delay feedback, below 1"),
    control(&["room", "size"], &[], "reverb level"),
    control(&["roomsize"], &["size", "sz", "rsize"], "reverb size"),
    control(
        &["phaserrate", "phaserdepth", "phasercenter", "phasersweep"],
        &["ph", "phaser"],
        "phaser rate",
    ),
    control(&["tremolo", "tremolodepth", "tremoloskew", "tremolophase"], &["trem"], "tremolo rate"),
    control(&["leslie"], &[], "rotary speaker level"),
    control(&["vib", "vibmod"], &["vibrato", "v"], "vibrato rate in Hz"),
    control(&["vibmod", "vib"], &["vmod"], "vibrato depth in semitones"),
    control(&["fm"], &["fmi"], "frequency-modulation index"),
    control(&["fmh"], &[], "frequency-modulation ratio"),
    control(&["noise"], &[], "noise level"),
    control(&["detune"], &["det"], "detuning"),
    control(&["unison"], &[], "number of voices in unison"),
    control(&["spread"], &[], "stereo spread"),
    control(&["pw", "pwrate", "pwsweep"], &[], "pulse width, 0 to 1"),
    control(&["octave"], &["oct"], "octave"),
    control(&["nudge"], &[], "shift in seconds"),
    control(&["speed"], &[], "playback speed of a sample; negative is backwards"),
    control(&["begin"], &[], "where in a sample to begin, 0 to 1"),
    control(&["end"], &[], "where in a sample to end, 0 to 1"),
    control(&["loop_sample"], &[], "whether a sample loops"),
    control(&["unit"], &[], "what `speed` counts in"),
    control(&["stretch"], &[], "time stretching"),
    control(&["cut"], &[], "choke group"),
    control(&["bank"], &[], "prefix of the sound's name"),
    control(&["orbit"], &["o"], "effect bus number"),
    control(&["bus"], &[], "bus"),
    control(&["channel"], &[], "output channel"),
    control(&["slide"], &[], "pitch slide"),
    control(&["accelerate"], &[], "pitch change over the event"),
    control(&["penv"], &[], "pitch envelope depth in semitones"),
    control(&["pattack"], &["patt"], "pitch envelope attack in seconds"),
    control(&["pdecay"], &["pdec"], "pitch envelope decay in seconds"),
    control(&["chord"], &[], "chord symbol"),
    control(&["dictionary"], &["dict"], "voicing dictionary: ireal or triads"),
    control(&["anchor"], &[], "the note that a voicing or scale is laid at"),
    control(&["offset"], &[], "how many voicings up or down"),
    control(&["octaves"], &[], "octaves between repetitions of a voicing"),
    control(&["mode", "anchor"], &[], "how a voicing meets its anchor: below, above, duck, root"),
    control(&["midichan"], &[], "MIDI channel"),
    control(&["ccn"], &[], "MIDI controller number"),
    control(&["ccv"], &[], "MIDI controller value, 0 to 1"),
    control(&["midibend"], &[], "MIDI pitch bend, -1 to 1 of the instrument's range"),
    control(&["color"], &["colour"], "colour in drawings"),
    control(&["label"], &[], "label in drawings"),
];

/// A plain value as a map with this control; a list sets the control and those that follow it.
pub(crate) fn named(names: &[Arc<str>], v: &Value) -> Value {
    let (mut out, v) = match v {
        Value::Map(m) => match m.get("value") {
            Some(inner) => {
                let mut rest = m.clone();
                rest.remove("value");
                (rest, inner)
            }
            None => return v.clone(),
        },
        plain => (Controls::new(), plain),
    };
    match v {
        Value::List(l) if names.len() > 1 => {
            for (name, item) in names.iter().zip(l) {
                out.insert(name.clone(), item.clone());
            }
        }
        one => {
            out.insert(names[0].clone(), one.clone());
        }
    }
    Value::Map(out)
}

/// A pattern of plain values as a pattern of this control.
pub(crate) fn control_pattern(names: Vec<Arc<str>>, p: &Pattern) -> Pattern {
    p.map(move |v| named(&names, v))
}

/// Sets a control of every event.
pub(crate) fn set_control(p: &Pattern, names: Vec<Arc<str>>, values: &Pattern) -> Pattern {
    p.operate(Op::Set, How::In, &control_pattern(names, values))
}

fn part_of_sample(m: &Controls, begin: f64, end: f64) -> Value {
    let mut out = m.clone();
    let get = |k: &str| m.get(k).and_then(Value::as_num);
    let (b, e) = match (get("begin"), get("end")) {
        (Some(b), Some(e)) => (b + begin * (e - b), b + end * (e - b)),
        _ => (begin, end),
    };
    out.insert(Arc::from("begin"), Value::Num(b));
    out.insert(Arc::from("end"), Value::Num(e));
    Value::Map(out)
}

/// Cuts each event's sample into `n` parts, played one after the other.
pub(crate) fn chop(p: &Pattern, n: usize) -> Pattern {
    let steps = p.steps().map(|s| s * Frac::int(n as i64));
    let chopped = p.join(Join::Squeeze, move |v| {
        let m = v.as_map().cloned().unwrap_or_default();
        let part = |i: usize| {
            let (b, e) = (i as f64 / n as f64, (i + 1) as f64 / n as f64);
            Pattern::pure(part_of_sample(&m, b, e))
        };
        Ok(sequence::fastcat((0..n).map(part).collect()))
    });
    chopped.with_steps(steps)
}

/// Plays part 1 of every sample, then part 2 of every sample, and so on.
pub(crate) fn striate(p: &Pattern, n: usize) -> Pattern {
    let part = |i: usize| {
        let (b, e) = (i as f64 / n as f64, (i + 1) as f64 / n as f64);
        Pattern::pure(part_of_sample(&Controls::new(), b, e))
    };
    let parts = sequence::slowcat((0..n).map(part).collect());
    let by = Frac::int(n as i64);
    let steps = p.steps().map(|s| s * by);
    p.operate(Op::Set, How::In, &parts).fast(by).with_steps(steps)
}

/// Plays numbered parts of samples cut into `n` (or at the places of a list).
pub(crate) fn slice(n: &Pattern, index: &Pattern, p: &Pattern) -> Pattern {
    let (index, p) = (index.clone(), p.clone());
    let steps = index.steps();
    let sliced = n.clone().impure().join(Join::Inner, move |n| {
        let (n, p) = (n.clone(), p.clone());
        Ok(index.join(Join::Outer, move |i| {
            let (n, i) = (n.clone(), i.clone());
            Ok(p.map(move |v| one_slice(&n, &i, v)))
        }))
    });
    sliced.with_steps(steps)
}

fn one_slice(n: &Value, i: &Value, v: &Value) -> Value {
    let mut m = match v {
        Value::Map(m) => m.clone(),
        other => Controls::from([(Arc::from("s"), other.clone())]),
    };
    let i = i.as_num().unwrap_or(0.0);
    let at = |i: f64| match n {
        Value::List(l) => l.get(i as usize).and_then(Value::as_num).unwrap_or(1.0),
        n => i / n.as_num().unwrap_or(1.0),
    };
    for (k, x) in
        [("begin", Value::Num(at(i))), ("end", Value::Num(at(i + 1.0))), ("_slices", n.clone())]
    {
        m.entry(Arc::from(k)).or_insert(x);
    }
    Value::Map(m)
}

/// Like [`slice`], with the speed that makes each part fill its event.
pub(crate) fn splice(n: &Pattern, index: &Pattern, p: &Pattern) -> Pattern {
    slice(n, index, p).map_events(|e| {
        let Value::Map(m) = &mut e.value else { return };
        let slices = m.get("_slices").and_then(Value::as_num).unwrap_or(1.0);
        let own = m.get("speed").and_then(Value::as_num).filter(|s| *s != 0.0).unwrap_or(1.0);
        let length = e.whole.map_or(1.0, |w| w.duration().to_f64());
        m.entry(Arc::from("speed")).or_insert(Value::Num(1.0 / slices / length * own));
        m.entry(Arc::from("unit")).or_insert(Value::text("c"));
    })
}

/// Sets each sample's speed so that it fills its event.
pub(crate) fn fit(p: &Pattern) -> Pattern {
    p.map_events(|e| {
        let length = e.whole.map_or(1.0, |w| w.duration().to_f64());
        let Value::Map(m) = &mut e.value else { return };
        let get = |k: &str, or: f64| m.get(k).and_then(Value::as_num).unwrap_or(or);
        let part = get("end", 1.0) - get("begin", 0.0);
        m.insert(Arc::from("speed"), Value::Num(1.0 / length * part));
        m.insert(Arc::from("unit"), Value::text("c"));
    })
}

/// Spreads each sample over `cycles` cycles.
pub(crate) fn loop_at(p: &Pattern, cycles: Frac, cps: f64) -> Built {
    let set = Controls::from([
        (Arc::from("speed"), Value::Num(1.0 / cycles.to_f64() * cps)),
        (Arc::from("unit"), Value::text("c")),
    ]);
    let steps = p.steps().map(|s| s / cycles);
    let looped = p.operate(Op::Set, How::In, &Pattern::pure(Value::Map(set))).slow(cycles);
    Ok(looped.with_steps(steps))
}

/// `a` at position 0, `b` at position 1, both at full gain in the middle.
pub(crate) fn xfade(a: &Pattern, position: &Pattern, b: &Pattern) -> Pattern {
    let gain = |flip: bool| {
        let level = position.map(move |v| {
            let x = v.as_num().unwrap_or(0.0);
            let x = if flip { 1.0 - x } else { x };
            Value::Num(if x < 0.5 { 1.0 } else { 1.0 - (x - 0.5) / 0.5 })
        });
        control_pattern(vec!["gain".into()], &level)
    };
    sequence::stack(vec![a.mul(&gain(false)), b.mul(&gain(true))])
}
