//! A kit: several instruments behind one, chosen by the key of the note, with choke groups.

use super::block::{Block, Buffer};
use super::event::{Event, EventKind};
use super::processor::{Processor, Status};
use super::update::Tune;
use super::voices::Voices;
use crate::dsp::controls::Board;
use crate::dsp::unit::Mishap;
use std::any::Any;

/// Note ids that a kit remembers, so that a note's end reaches the sound that it began.
const OPEN: usize = 256;

/// Instruments by sound index. Audio out: 2 channels x 64 frames (mono sounds go to both).
pub struct Kit {
    sounds: Vec<Voices>,
    /// Channels of each sound.
    channels: Vec<usize>,
    /// Choke group of each sound; sounds of one group end each other.
    chokes: Vec<Option<u8>>,
    /// Note that each sound is played at when the event's key is its index.
    root: f32,
    queues: Vec<Vec<Event>>,
    open: Vec<(u32, usize)>,
    #[expect(clippy::vec_box, reason = "voices render to boxes, as those of a job are")]
    scratch: Vec<Box<Buffer>>,
}

impl Kit {
    /// A kit of `sounds` with their channel counts and choke groups.
    #[must_use]
    pub fn new(sounds: Vec<(Voices, usize)>, chokes: Vec<Option<u8>>) -> Kit {
        let (sounds, channels): (Vec<_>, Vec<_>) = sounds.into_iter().unzip();
        Kit {
            queues: sounds.iter().map(|_| Vec::with_capacity(256)).collect(),
            open: Vec::with_capacity(OPEN),
            scratch: vec![Box::default(), Box::default()],
            root: 60.0,
            sounds,
            channels,
            chokes,
        }
    }

    /// Sends an event to the sounds that it concerns.
    fn route(&mut self, event: &Event) {
        match event.kind {
            EventKind::NoteOn { id, key, velocity } => {
                let index = key.round() as usize;
                if index >= self.sounds.len() {
                    return;
                }
                if let Some(group) = self.chokes[index] {
                    for other in 0..self.sounds.len() {
                        if other != index && self.chokes[other] == Some(group) {
                            self.sounds[other].cut();
                        }
                    }
                }
                if self.open.len() == OPEN {
                    self.open.remove(0);
                }
                self.open.push((id, index));
                let kind = EventKind::NoteOn { id, key: self.root, velocity };
                push(&mut self.queues[index], Event { kind, ..*event });
            }
            EventKind::NoteOff { id } => {
                if let Some(at) = self.open.iter().position(|o| o.0 == id) {
                    let (_, index) = self.open.remove(at);
                    push(&mut self.queues[index], *event);
                }
            }
            // Sent ahead of its note: the sound is not known yet, and only the right one will use it.
            _ => self.queues.iter_mut().for_each(|queue| push(queue, *event)),
        }
    }
}

/// Pushes only while there is room: the audio thread does not allocate.
fn push(queue: &mut Vec<Event>, event: Event) {
    if queue.len() < queue.capacity() {
        queue.push(event);
    }
}

impl Processor for Kit {
    fn process(&mut self, block: &mut Block) -> Status {
        for queue in &mut self.queues {
            queue.clear();
        }
        for event in block.events {
            self.route(event);
        }
        for out in block.outs.iter_mut() {
            **out = Buffer::SILENCE;
        }
        let mut playing = false;
        for (i, sound) in self.sounds.iter_mut().enumerate() {
            let scratch = &mut self.scratch[..self.channels[i].max(1)];
            for buffer in scratch.iter_mut() {
                **buffer = Buffer::SILENCE;
            }
            if !sound.render(&self.queues[i], block.meta.rate, block.meta, scratch) {
                continue;
            }
            playing = true;
            for (ch, out) in block.outs.iter_mut().enumerate() {
                let from = &scratch[ch % scratch.len()];
                for (y, x) in out.0.iter_mut().zip(&from.0) {
                    *y += x;
                }
            }
        }
        if playing { Status::Playing } else { Status::Silent }
    }

    fn reset(&mut self) {
        self.open.clear();
        self.sounds.iter_mut().for_each(Processor::reset);
    }

    fn inherit(&mut self, before: &mut dyn Processor) -> bool {
        let before: &mut dyn Any = before;
        if let Some(before) = before.downcast_mut::<Kit>() {
            for (was, now) in before.sounds.iter_mut().zip(&mut self.sounds) {
                was.take_code(now);
            }
        }
        // What sounds goes on.
        false
    }

    fn mishap(&mut self) -> Option<Mishap> {
        self.sounds.iter_mut().find_map(Processor::mishap)
    }

    fn tune(&mut self, tune: Tune) {
        if let Some(sound) = self.sounds.get_mut(tune.part as usize) {
            sound.tune(tune);
        }
    }

    fn connect(&mut self, board: &mut dyn Board) {
        self.sounds.iter_mut().for_each(|sound| sound.connect(board));
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
