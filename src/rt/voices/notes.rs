//! Which voice plays which note: allocation, stealing, sustain, mono and legato, glide.

use super::VoiceConfig;
use crate::rt::event::EventKind;

/// One voice of an instrument.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Voice {
    /// Sounding, or ringing out.
    pub active: bool,
    /// The note that it plays.
    pub id: u32,
    /// MIDI note number of the note.
    pub key: f32,
    /// 0..1.
    pub velocity: f32,
    /// The note has ended (its envelopes may go on).
    pub released: bool,
    /// Ended by its note, but held by a pedal.
    pub sustained: bool,
    /// Sounded when the sostenuto pedal went down, which holds it from then on.
    pub caught: bool,
    /// Semitones by which this note alone is bent.
    pub bend: f32,
    /// Blocks since it was last heard.
    pub quiet: usize,
    /// Frames since its envelopes ended.
    pub ended: usize,
    /// When it started or was released: smaller is older.
    age: u64,
    /// Present pitch as a MIDI note number, on its way to `key`.
    pitch: f32,
    /// Semitones per frame while it glides.
    glide: f32,
    /// Level of the lane, 1 but while it is being cut.
    gain: f32,
    /// Change of `gain` per frame.
    fade: f32,
    /// Gains of left and right (1 and 1 in the middle).
    pub pan: [f32; 2],
    /// The frequency of `heard`, so that a steady pitch costs nothing.
    hz: f32,
    heard: f32,
}

impl Voice {
    /// Whether its note still holds it.
    pub fn held(&self) -> bool {
        self.active && !self.released
    }

    /// Frequencies at the start and the end of the next `frames` frames.
    pub fn advance(&mut self, frames: usize, bend: f32) -> (f32, f32) {
        if !self.active {
            return (self.hz, self.hz);
        }
        let bend = bend + self.bend;
        let from = self.frequency(self.pitch + bend);
        if self.pitch == self.key {
            return (from, from);
        }
        let left = self.key - self.pitch;
        let step = self.glide * frames as f32;
        self.pitch = if left.abs() <= step.abs() { self.key } else { self.pitch + step };
        (from, self.frequency(self.pitch + bend))
    }

    fn frequency(&mut self, pitch: f32) -> f32 {
        if pitch != self.heard || self.hz == 0.0 {
            self.heard = pitch;
            self.hz = crate::units::note_to_hz(f64::from(pitch)) as f32;
        }
        self.hz
    }

    /// Levels of the lane at the start and the end of the next `frames` frames.
    pub fn level(&mut self, frames: usize) -> (f32, f32) {
        if !self.active {
            return (0.0, 0.0);
        }
        let from = self.gain;
        let to = from + self.fade * frames as f32;
        self.gain = if to > 0.0 { to } else { 0.0 };
        (from, self.gain)
    }

    /// Fades it out over `frames` frames.
    pub fn cut(&mut self, frames: usize) {
        if self.active && self.fade == 0.0 {
            self.fade = -1.0 / frames as f32;
            self.released = true;
        }
    }

    /// Whether a cut has come to its end.
    pub fn silenced(&self) -> bool {
        self.gain <= 0.0
    }
}

/// What is done to a voice at an offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    /// A new note on a free voice: state is cleared, the gate opens.
    Start,
    /// A new note on a sounding voice: envelopes start again from where they are.
    Retrigger,
    /// A new pitch on a held voice, envelopes go on.
    Slide,
    /// Parameters back to their defaults, before those of a new note.
    Fresh,
    /// The gate closes.
    Release,
    /// A named parameter.
    Param { slot: u16, value: f32 },
}

/// What the soft pedal makes of velocities: 4 dB less where they are levels.
pub const SOFT: f32 = 0.63;

/// Held notes of a mono instrument, newest last; more than these are forgotten, oldest first.
const STACK: usize = 16;

/// Who gets the next voice.
#[derive(Clone, Debug)]
pub(super) struct Allocation {
    /// Semitones of pitch bend.
    pub bend: f32,
    /// The soft pedal is down: what begins is softer.
    pub soft: bool,
    mono: bool,
    legato: bool,
    glide: f32,
    pedal: bool,
    clock: u64,
    last_pitch: Option<f32>,
    stack: Vec<(u32, f32, f32)>,
    /// Parameters sent ahead of the note that they belong to.
    pending: Vec<(u32, u16, f32)>,
}

type Actions = Vec<(u32, usize, Action)>;

/// Pushes only while there is room: the audio thread does not allocate.
fn push(actions: &mut Actions, action: (u32, usize, Action)) {
    if actions.len() < actions.capacity() {
        actions.push(action);
    }
}

impl Allocation {
    pub fn new(config: &VoiceConfig) -> Allocation {
        Allocation {
            bend: 0.0,
            soft: false,
            mono: config.mono,
            legato: config.legato,
            glide: config.glide,
            pedal: false,
            clock: 0,
            last_pitch: None,
            stack: Vec::with_capacity(STACK),
            pending: Vec::with_capacity(64),
        }
    }

    /// Forgets all notes.
    pub fn clear(&mut self) {
        self.stack.clear();
        self.pending.clear();
        (self.pedal, self.soft) = (false, false);
        self.last_pitch = None;
    }

    /// The sustain pedal goes down or up.
    pub fn sustain(
        &mut self,
        down: bool,
        offset: u32,
        voices: &mut [Voice],
        actions: &mut Actions,
    ) {
        self.pedal = down;
        if down {
            return;
        }
        for (i, voice) in voices.iter_mut().enumerate() {
            if voice.active && voice.sustained && !voice.caught {
                voice.sustained = false;
                voice.released = true;
                push(actions, (offset, i, Action::Release));
            }
        }
    }

    /// The sostenuto pedal goes down, which holds what sounds now, or up.
    pub fn sostenuto(
        &mut self,
        down: bool,
        offset: u32,
        voices: &mut [Voice],
        actions: &mut Actions,
    ) {
        for (i, voice) in voices.iter_mut().enumerate() {
            if down {
                voice.caught |= voice.held() && !voice.sustained;
            } else if std::mem::take(&mut voice.caught) && voice.sustained && !self.pedal {
                voice.sustained = false;
                voice.released = true;
                push(actions, (offset, i, Action::Release));
            }
        }
    }

    /// The first free one, so that few groups of eight have to run; else the oldest released, else the
    /// oldest.
    fn choose(&self, voices: &[Voice]) -> usize {
        if let Some(free) = voices.iter().position(|v| !v.active) {
            return free;
        }
        let rank = |v: &Voice| (!v.released, v.age);
        (0..voices.len()).min_by_key(|&i| (rank(&voices[i]), i)).unwrap_or(0)
    }
}

/// Gives a note event to voices, as actions at `offset`.
pub(super) fn allocate(
    state: &mut Allocation,
    voices: &mut [Voice],
    kind: EventKind,
    offset: u32,
    rate: f64,
    actions: &mut Actions,
) {
    match kind {
        EventKind::NoteParam { id, slot, value } => {
            match voices.iter().position(|v| v.active && v.id == id && !v.released) {
                Some(i) => push(actions, (offset, i, Action::Param { slot, value })),
                None if state.pending.len() < state.pending.capacity() => {
                    state.pending.push((id, slot, value));
                }
                None => {}
            }
        }
        EventKind::NoteOn { id, key, velocity } => {
            note_on(state, voices, (id, key, velocity), offset, rate, actions);
        }
        EventKind::NoteOff { id } => note_off(state, voices, id, offset, rate, actions),
        _ => {}
    }
}

fn note_on(
    state: &mut Allocation,
    voices: &mut [Voice],
    (id, key, velocity): (u32, f32, f32),
    offset: u32,
    rate: f64,
    actions: &mut Actions,
) {
    state.clock += 1;
    let velocity = if state.soft { velocity * SOFT } else { velocity };
    let index = if state.mono { 0 } else { state.choose(voices) };
    let voice = &mut voices[index];
    let overlapping = voice.held();
    let action =
        match (voice.active && voice.fade == 0.0, state.mono && state.legato && overlapping) {
            (_, true) => Action::Slide,
            (true, false) => Action::Retrigger,
            (false, _) => Action::Start,
        };
    if state.mono {
        if state.stack.len() == STACK {
            state.stack.remove(0);
        }
        state.stack.push((id, key, velocity));
    }
    let from = state.last_pitch.filter(|_| state.glide > 0.0 && (!state.mono || overlapping));
    start(voice, (id, key, velocity), from, state.glide, rate);
    voice.age = state.clock;
    state.last_pitch = Some(key);
    push(actions, (offset, index, Action::Fresh));
    for &(owner, slot, value) in &state.pending {
        if owner == id {
            push(actions, (offset, index, Action::Param { slot, value }));
        }
    }
    state.pending.retain(|p| p.0 != id);
    push(actions, (offset, index, action));
}

fn start(voice: &mut Voice, note: (u32, f32, f32), from: Option<f32>, glide: f32, rate: f64) {
    let (id, key, velocity) = note;
    let pitch = from.unwrap_or(key);
    let frames = (f64::from(glide) * rate).max(1.0) as f32;
    *voice = Voice {
        active: true,
        id,
        key,
        velocity,
        pitch,
        glide: (key - pitch) / frames,
        gain: 1.0,
        pan: [1.0; 2],
        hz: voice.hz,
        heard: voice.heard,
        ..Voice::default()
    };
}

fn note_off(
    state: &mut Allocation,
    voices: &mut [Voice],
    id: u32,
    offset: u32,
    rate: f64,
    actions: &mut Actions,
) {
    state.clock += 1;
    state.stack.retain(|n| n.0 != id);
    let Some(i) = voices.iter().position(|v| v.held() && v.id == id && !v.sustained) else {
        return;
    };
    if state.mono
        && let Some(&note) = state.stack.last()
    {
        // Back to the note that is still held.
        let from = Some(voices[i].pitch).filter(|_| state.glide > 0.0);
        start(&mut voices[i], note, from, state.glide, rate);
        voices[i].age = state.clock;
        let action = if state.legato { Action::Slide } else { Action::Retrigger };
        push(actions, (offset, i, action));
    } else if state.pedal || voices[i].caught {
        voices[i].sustained = true;
    } else {
        voices[i].released = true;
        voices[i].age = state.clock;
        push(actions, (offset, i, Action::Release));
    }
}
