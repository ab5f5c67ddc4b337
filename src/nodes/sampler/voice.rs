//! One note of the sampler: where it reads, how loud it is, when it is over.

use super::envelope::Envelope;
use super::playhead::Playhead;
use super::zones::Hit;
use super::{BEND_SLOT, PAN};
use crate::nodes::table::Sample;

/// What a note is to be, before it begins. See [`NOTE_PARAMS`](super::NOTE_PARAMS).
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    id: u32,
    sample: usize,
    semitones: f32,
    one_shot: bool,
    looped: Option<(usize, usize)>,
    begin: f32,
    end: f32,
    speed: f32,
    reverse: bool,
    pan: f32,
    /// Semitones that it alone is bent by.
    bend: f32,
    envelope: [f32; 4],
    /// Level from its velocity.
    pub gain: f32,
    /// Choke group; 0 is none.
    pub cut: u16,
}

impl Note {
    /// A note that plays `hit` with an envelope of attack, decay, sustain and release.
    pub fn new(id: u32, hit: &Hit, envelope: [f32; 4]) -> Note {
        Note {
            id,
            sample: hit.sample,
            semitones: hit.semitones.clamp(-120.0, 120.0),
            one_shot: hit.one_shot,
            looped: hit.looped,
            begin: 0.0,
            end: 1.0,
            speed: 1.0,
            reverse: false,
            pan: 0.0,
            bend: 0.0,
            envelope,
            gain: 1.0,
            cut: hit.choke,
        }
    }

    /// Sets the parameter in `slot`.
    pub fn set(&mut self, slot: u16, value: f32) {
        match slot {
            0 => self.begin = value,
            1 => self.end = value,
            2 => (self.speed, self.reverse) = (value.abs(), self.reverse || value < 0.0),
            3 => self.reverse = value > 0.5,
            4 => self.cut = value.clamp(0.0, 60_000.0) as u16,
            5..=8 => self.envelope[slot as usize - 5] = value,
            PAN => self.pan = value,
            BEND_SLOT => self.bend = value,
            _ => {}
        }
    }
}

/// A voice: silent, or playing a note.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Voice {
    /// The note.
    pub id: u32,
    /// Index of the sound.
    pub sample: usize,
    /// When it began: smaller is older.
    pub age: u64,
    /// Choke group; 0 is none.
    pub cut: u16,
    head: Playhead,
    envelope: Envelope,
    /// Frames of the sound a frame, but for bend and tuning.
    step: f32,
    natural: f32,
    /// Ratio by which it alone is bent, and the one that it is on its way to.
    bent: (f32, f32),
    gain: f32,
    pan: f32,
    /// Levels left and right as they are now, on their way to what `gain` and `pan` say.
    now: (f32, f32),
    /// Level of the first frames of a note that begins in the middle of a sound, and its change.
    fade_in: (f32, f32),
    /// Whether the last frames fade, because the note ends in the middle of the sound.
    fade_out: bool,
    one_shot: bool,
    sustained: bool,
    /// Was held when the sostenuto pedal went down, which holds it from then on.
    caught: bool,
    sounds: bool,
}

/// Frames in which a note fades at an edge within a sound.
const EDGE: f32 = 96.0;

impl Voice {
    /// Begins `note`.
    pub fn start(note: Note, sample: &Sample, age: u64, rate: f32) -> Voice {
        let frames = sample.frames();
        let share = |x: f32| (f64::from(x.max(0.0).min(1.0)) * frames as f64) as usize;
        let (begin, end) = (share(note.begin), share(note.end));
        let natural = libm::exp2f(note.semitones / 12.0);
        let inside = begin > 0 || note.reverse;
        let now = balance(note.gain, note.pan);
        let step = speed(natural * note.speed);
        Voice {
            id: note.id,
            sample: note.sample,
            age,
            cut: note.cut,
            head: Playhead::new(begin, end, note.looped, note.reverse),
            envelope: Envelope::new(note.envelope, rate),
            step,
            natural,
            bent: (bent(note.bend), bent(note.bend)),
            gain: note.gain,
            pan: note.pan,
            now,
            fade_in: if inside { (0.0, 1.0 / EDGE) } else { (1.0, 0.0) },
            fade_out: end < frames || (note.reverse && begin > 0),
            one_shot: note.one_shot,
            sustained: false,
            caught: false,
            sounds: begin < end && step > 0.0 && !sample.channels.is_empty(),
        }
    }

    /// Whether it is heard.
    pub fn sounds(&self) -> bool {
        self.sounds
    }

    /// Whether it is heard and not released.
    pub fn held(&self) -> bool {
        self.sounds && self.envelope.held()
    }

    /// The note ends, unless the sound plays to its own end or the pedal holds it.
    pub fn note_off(&mut self, pedal: bool) {
        if pedal || self.caught {
            self.sustained = true;
        } else if !self.one_shot {
            self.envelope.release();
        }
    }

    /// The pedal lets go.
    pub fn pedal_up(&mut self) {
        if self.sustained && !self.caught && !self.one_shot {
            self.envelope.release();
        }
    }

    /// The sostenuto pedal goes down, which holds what sounds now, or up; `pedal` is the other one.
    pub fn sostenuto(&mut self, down: bool, pedal: bool) {
        if down {
            self.caught |= self.held() && !self.sustained;
        } else if std::mem::take(&mut self.caught) && !pedal {
            self.pedal_up();
        }
    }

    /// Releases it, whatever it is.
    pub fn release(&mut self) {
        self.envelope.release();
    }

    /// Ends it within `frames`.
    pub fn cut_off(&mut self, frames: f32) {
        self.envelope.cut(frames);
    }

    /// Changes a parameter while it sounds.
    pub fn set(&mut self, slot: u16, value: f32, rate: f32) {
        match slot {
            2 => self.step = speed(self.natural * value.abs()),
            7 => self.envelope.set_sustain(value),
            8 => self.envelope.set_release(value, rate),
            PAN => self.pan = value,
            BEND_SLOT => self.bent.1 = bent(value),
            _ => {}
        }
    }

    /// Adds its frames to the outputs; pitches are multiplied by `ratio`, which changes by `change`.
    pub fn render(
        &mut self,
        sample: &Sample,
        left: &mut [f32],
        right: &mut [f32],
        mut ratio: f32,
        change: f32,
    ) {
        let target = balance(self.gain, self.pan);
        for (l, r) in left.iter_mut().zip(right) {
            // As the pan does, within a few milliseconds.
            self.bent.0 += (self.bent.1 - self.bent.0) * 0.01;
            let step = self.step * ratio * self.bent.0;
            ratio += change;
            let (a, b) = self.head.read(sample);
            let mut level = self.envelope.next() * self.fade_in.0;
            self.fade_in.0 = (self.fade_in.0 + self.fade_in.1).min(1.0);
            let rest = self.head.left() as f32;
            if self.fade_out && rest < EDGE * step {
                level *= (rest / (EDGE * step)).max(0.0);
            }
            // Pan moves over a few milliseconds.
            self.now.0 += (target.0 - self.now.0) * 0.01;
            self.now.1 += (target.1 - self.now.1) * 0.01;
            *l += a * level * self.now.0;
            *r += b * level * self.now.1;
            self.head.advance(f64::from(step));
            if self.envelope.over() || self.head.left() <= 0.0 {
                self.sounds = false;
                return;
            }
        }
    }
}

/// The ratio of a bend in semitones.
fn bent(semitones: f32) -> f32 {
    libm::exp2f(semitones.max(-96.0).min(96.0) / 12.0)
}

/// A speed that a playhead can have.
fn speed(step: f32) -> f32 {
    step.max(0.0).min(1024.0)
}

/// Levels left and right: the further side is turned down, the nearer stays.
fn balance(gain: f32, pan: f32) -> (f32, f32) {
    let pan = pan.max(-1.0).min(1.0);
    (gain * (1.0 - pan).min(1.0), gain * (1.0 + pan).min(1.0))
}
