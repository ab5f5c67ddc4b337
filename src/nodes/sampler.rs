//! The sampler: recorded sounds, played as notes or by name.

mod envelope;
mod names;
mod playhead;
mod voice;
mod zones;

use super::table::{Assets, Class, Kind, Make, OutRate, Param, ParamKind, Ports, ProcCx};
use crate::dsp::unit::BLOCK;
use crate::rt::voices::{BEND_SLOT, SOFT};
use crate::rt::{Block, EventKind, Processor, Ramp, Status};
use voice::{Note, Voice};
use zones::Zones;

/// Parameters that a single note can have, in the order of their slots in
/// [`EventKind::NoteParam`]; the pan comes in the last slot of all, `u16::MAX`, -1 left to 1 right.
///
/// `begin` and `end` are shares of the sound (0..1), `speed` multiplies the pitch (negative plays
/// backwards), `reverse` above 0.5 plays backwards, `cut` names a choke group (a note ends those of its
/// group that sound), `attack decay sustain release` stand in for the parameters of the sampler.
pub const NOTE_PARAMS: &[&str] =
    &["begin", "end", "speed", "reverse", "cut", "attack", "decay", "sustain", "release"];

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "sampler",
    aliases: &["sample"],
    class: Class::Instrument,
    summary: "Plays a recorded sound, or a folder of them.",
    details: "In a folder, file names say where a file belongs, in words divided by `_`, `-`, space or \
              point: a note (`c3`, `f#2`, `60`), a velocity layer (`v1`, `v2`, ... or `soft`, `hard`), a \
              round robin (`rr1`, `rr2`, ...), as in `piano_C3_v2_rr1.wav`. Files that all have notes \
              make one instrument over the keys; otherwise each name is a sound, and a note's key is \
              the index of the sound in the order of the names. Loops and root notes are read from \
              the files. Between samples it reads a six-point, fifth-order Hermite polynomial \
              (O. Niemitalo, \"Polynomial Interpolators for High-Quality Resampling of Oversampled \
              Audio\", 2001). A note that finds no free voice takes that of the oldest released note, or \
              of the oldest, which fades in 3 ms.",
    ports: Ports::Source(2),
    params: &[
        Param::other(
            "path",
            ParamKind::Text,
            "",
            "A sound: an audio file, a folder of them, or a list of sounds.",
        ),
        Param::number("attack", "s", (0.0, 10.0), 0.0, "Time to rise.").exponential(),
        Param::number("decay", "s", (0.001, 30.0), 1.0, "Time to fall by 60 dB towards `sustain`.")
            .exponential(),
        Param::number("sustain", "ratio", (0.0, 1.0), 1.0, "Level while the note is held."),
        Param::number("release", "s", (0.001, 30.0), 0.15, "Time to fall by 60 dB after the note.")
            .exponential(),
        Param::number("tune", "semitones", (-48.0, 48.0), 0.0, "Transposition of everything."),
        Param::number("velocity", "ratio", (0.0, 1.0), 1.0, "How much velocity changes the level."),
        Param::number(
            "root",
            "note",
            (-1.0, 127.0),
            -1.0,
            "Note of the recording; -1 asks the file.",
        )
        .fixed(),
        Param::other(
            "play",
            ParamKind::Choice(&["auto", "gate", "one_shot"]),
            "auto",
            "Whether a note ends with its release (`gate`) or with the sound; `auto` gates notes only.",
        ),
        Param::other(
            "loop",
            ParamKind::Choice(&["file", "off", "all"]),
            "file",
            "Loop between the points that the file says, not at all, or the whole sound.",
        ),
        Param::other(
            "map",
            ParamKind::Choice(&["auto", "notes", "sounds"]),
            "auto",
            "Whether files are spread over the keys or are sounds with names.",
        ),
        Param::other(
            "choke",
            ParamKind::Text,
            "",
            "Sounds that end each other, groups divided by commas: `hh oh, cl op`.",
        ),
        Param::number("voices", "", (1.0, 256.0), 32.0, "Notes at once.").fixed(),
    ],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| Ok(Box::new(Sampler::new(cx)?))),
    example: "track(\"a\", sampler(\"piano/\", #{release: 0.4})).play(note(\"c3 e3 g3\"))",
}];

/// Names of the sounds behind `path`, in the order of their keys (empty for an instrument over the keys).
/// Control thread.
///
/// # Errors
/// What the assets say of a file or folder that cannot be read.
pub fn sounds(path: &str, assets: &dyn Assets) -> Result<Vec<String>, String> {
    let files = zones::files(path, assets)?;
    Ok(zones::Plan::new(&files, "auto").sound_names())
}

/// Slot of the pan, the same for all instruments.
const PAN: u16 = u16::MAX;

/// Frames over which a note fades that must end at once, in seconds.
const CUT: f32 = 0.003;

/// Parameters that came for a note which has not begun.
const WAITING: usize = 256;

struct Sampler {
    rate: f32,
    zones: Zones,
    voices: Vec<Voice>,
    /// Voices that were stolen, as they fade.
    fading: Vec<Voice>,
    waiting: Vec<(u32, u16, f32)>,
    /// Semitones of bend, and the ratio of all pitches at the end of the last block.
    bend: f32,
    ratio: Ramp,
    heard: f32,
    pedal: bool,
    /// The soft pedal is down: what begins is softer.
    soft: bool,
    age: u64,
}

impl Sampler {
    fn new(cx: &ProcCx) -> Result<Sampler, String> {
        let voices = cx.settings.number("voices").clamp(1.0, 256.0) as usize;
        Ok(Sampler {
            rate: cx.rate as f32,
            zones: Zones::load(cx)?,
            voices: vec![Voice::default(); voices],
            fading: vec![Voice::default(); voices.min(32)],
            waiting: Vec::with_capacity(WAITING),
            bend: 0.0,
            ratio: Ramp::constant(1.0),
            heard: 0.0,
            pedal: false,
            soft: false,
            age: 0,
        })
    }

    fn event(&mut self, kind: EventKind, params: &[Ramp]) {
        match kind {
            EventKind::NoteOn { id, key, velocity } => self.note_on(id, key, velocity, params),
            EventKind::NoteOff { id } => {
                let pedal = self.pedal;
                self.each(|v| {
                    if v.id == id {
                        v.note_off(pedal)
                    }
                });
            }
            EventKind::NoteParam { id, slot, value } => {
                let mut known = false;
                let rate = self.rate;
                self.each(|v| {
                    if v.id == id && v.held() {
                        v.set(slot, value, rate);
                        known = true;
                    }
                });
                if !known && self.waiting.len() < self.waiting.capacity() {
                    self.waiting.push((id, slot, value));
                }
            }
            EventKind::Bend { semitones } => self.bend = semitones,
            EventKind::Control { number: 64, value } => {
                self.pedal = value >= 0.5;
                if !self.pedal {
                    self.each(Voice::pedal_up);
                }
            }
            EventKind::Control { number: 66, value } => {
                let (down, pedal) = (value >= 0.5, self.pedal);
                self.each(|voice| voice.sostenuto(down, pedal));
            }
            EventKind::Control { number: 67, value } => self.soft = value >= 0.5,
            EventKind::AllNotesOff => {
                self.pedal = false;
                self.each(Voice::release);
            }
            EventKind::Panic => self.reset(),
            EventKind::Control { .. } | EventKind::Param { .. } | EventKind::Midi { .. } => {}
        }
    }

    fn each(&mut self, mut f: impl FnMut(&mut Voice)) {
        self.voices.iter_mut().filter(|v| v.sounds()).for_each(&mut f);
    }

    fn note_on(&mut self, id: u32, key: f32, velocity: f32, params: &[Ramp]) {
        let soft = if self.soft { SOFT } else { 1.0 };
        let velocity = velocity.clamp(0.0, 1.0) * soft;
        let Some(hit) = self.zones.hit(key, velocity) else { return };
        let mut note = Note::new(id, &hit, [0, 1, 2, 3].map(|i: usize| params[i].to));
        note.gain = 1.0 + (velocity - 1.0) * params[5].to.clamp(0.0, 1.0);
        for &(_, slot, value) in self.waiting.iter().filter(|(i, ..)| *i == id) {
            note.set(slot, value);
        }
        self.waiting.retain(|(i, ..)| *i != id);
        let rate = self.rate;
        if note.cut > 0 {
            let group = note.cut;
            self.each(|v| {
                if v.cut == group {
                    v.cut_off(CUT * rate)
                }
            });
        }
        self.age += 1;
        let age = self.age;
        let slot = self.free_voice();
        let voice = Voice::start(note, &self.zones.samples[hit.sample], age, rate);
        self.voices[slot] = voice;
    }

    /// A voice that does not sound, or the oldest released, or the oldest; what sounded there fades.
    fn free_voice(&mut self) -> usize {
        if let Some(free) = self.voices.iter().position(|v| !v.sounds()) {
            return free;
        }
        let order = |i: &usize| (self.voices[*i].held(), self.voices[*i].age);
        let taken = (0..self.voices.len()).min_by_key(order).unwrap_or(0);
        let mut old = self.voices[taken];
        old.cut_off(CUT * self.rate);
        // The place of one that has finished fading, else of the one that began to fade first.
        let gone = self.fading.iter().position(|v| !v.sounds());
        let gone = gone.or_else(|| (0..self.fading.len()).min_by_key(|i| self.fading[*i].age));
        self.fading[gone.unwrap_or(0)] = old;
        taken
    }

    /// Adds all voices to frames `from..to` of the outputs.
    fn render(&mut self, block: &mut Block, from: usize, to: usize) {
        let [left, right] = block.outs else { return };
        let (left, right) = (&mut left.0[from..to], &mut right.0[from..to]);
        let per = 1.0 / BLOCK as f32;
        let step = (self.ratio.to - self.ratio.from) * per;
        let ratio = self.ratio.from + step * from as f32;
        for voice in self.voices.iter_mut().chain(&mut self.fading).filter(|v| v.sounds()) {
            voice.render(&self.zones.samples[voice.sample], left, right, ratio, step);
        }
    }

    /// Moves the common pitch ratio on to where bend and tuning want it at the end of the block.
    fn tune(&mut self, tune: f32) {
        let semitones = (self.bend + tune).clamp(-96.0, 96.0);
        self.ratio.from = self.ratio.to;
        if semitones != self.heard && !semitones.is_nan() {
            self.heard = semitones;
            self.ratio.to = libm::exp2f(semitones / 12.0);
        }
        if !self.voices.iter().any(Voice::sounds) {
            // Nothing hears the way there.
            self.ratio.from = self.ratio.to;
        }
    }
}

impl Processor for Sampler {
    fn process(&mut self, block: &mut Block) -> Status {
        block.outs.iter_mut().for_each(|out| out.0.fill(0.0));
        for event in block.events {
            if let EventKind::Bend { semitones } = event.kind {
                self.bend = semitones;
            }
        }
        self.tune(block.params[4].to);
        let mut done = 0;
        let events = block.events;
        for event in events {
            let at = (event.offset as usize).clamp(done, BLOCK);
            if at > done {
                self.render(block, done, at);
                done = at;
            }
            self.event(event.kind, block.params);
        }
        if done < BLOCK {
            self.render(block, done, BLOCK);
        }
        // Parameters come just before their note, at the same frame: what is left has none.
        self.waiting.clear();
        let sounding = self.voices.iter().chain(&self.fading).any(Voice::sounds);
        if sounding { Status::Playing } else { Status::Silent }
    }

    fn reset(&mut self) {
        self.voices.fill(Voice::default());
        self.fading.fill(Voice::default());
        self.waiting.clear();
        (self.pedal, self.soft) = (false, false);
        self.bend = 0.0;
    }

    fn tail(&self) -> usize {
        // Plays without input; `Status::Silent` says when nothing sounds.
        usize::MAX
    }
}
