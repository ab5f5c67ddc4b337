//! The audio side of playing live: takes messages, renders blocks, hands back what it sheds.

use super::ends::{Report, Shared};
use super::inbox::{Inbox, Plays};
use super::log::{Entry, Pen};
use super::record::Reels;
use super::sync::Ear;
use crate::dsp::unit::BLOCK;
use crate::io::record::{Sound, Tape};
use crate::rt::{Arrival, Inlets, Outgoing, Renderer, Timed, Update};
use crate::session::INPUTS;
use ringbuf::HeapProd;
use ringbuf::traits::{Consumer, Observer, Producer};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Blocks of the fade at the very end: 20 ms at 48 kHz.
const FADE: f32 = 15.0;

/// Plays what a [`Live`](super::Live) sends. Owned by the device's callback.
pub struct Performer {
    renderer: Renderer,
    /// What hears the clock of others, and is told of their tempo.
    ear: Ear,
    inbox: Inbox,
    pen: Pen,
    reports: HeapProd<Report>,
    reels: Reels,
    /// What is being recorded.
    tape: Option<Box<Tape>>,
    shared: Arc<Shared>,
    /// How often silence was asked for so far.
    panics: u32,
    /// What the output is multiplied by: less than 1 once it is to end.
    level: f32,
    /// The block that is being given out, and how much of it has been.
    block: [[f32; BLOCK]; 2],
    given: usize,
}

impl Performer {
    pub(super) fn new(
        renderer: Renderer,
        (inbox, reports, reels): (Inbox, HeapProd<Report>, Reels),
        shared: Arc<Shared>,
        ear: Ear,
        pen: Pen,
    ) -> Performer {
        Performer {
            renderer: renderer.with_inlets(Inlets::new(INPUTS, 1)),
            ear,
            inbox,
            pen,
            reports,
            reels,
            tape: None,
            shared,
            panics: 0,
            level: 1.0,
            block: [[0.0; BLOCK]; 2],
            given: BLOCK,
        }
    }

    /// The sample rate that its music was built for, in hertz.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.renderer.rate()
    }

    /// [`render_with`](Performer::render_with) where nothing comes in.
    pub fn render(&mut self, output: &mut [f32], channels: usize) {
        self.render_with(output, channels, &[], 0);
    }

    /// Fills `output` (interleaved, `channels` a frame): left and right on the first two, both on one;
    /// further channels are silent. Any number of frames, blocks inside are always 64. `input` (as many
    /// frames, interleaved, `in_channels` each) is heard a block later, whatever the number of frames. Called
    /// on the audio thread: no allocation, free, lock or system call.
    pub fn render_with(
        &mut self,
        output: &mut [f32],
        channels: usize,
        input: &[f32],
        in_channels: usize,
    ) {
        let _flush = crate::rt::denormal::FlushToZero::new();
        let channels = channels.max(1);
        self.renderer.inlets().open(in_channels);
        let (mut done, frames) = (0, output.len() / channels);
        while done < frames {
            if self.given == BLOCK {
                self.next();
            }
            let run = (BLOCK - self.given).min(frames - done);
            let heard = input.get(done * in_channels..).unwrap_or_default();
            self.listen(heard, in_channels, run);
            self.give(&mut output[done * channels..][..run * channels], channels);
            done += run;
        }
        self.shared.frame.store(self.frame(), Ordering::Release);
    }

    /// The first frame that has not been given out. Audio thread.
    #[must_use]
    pub fn frame(&self) -> u64 {
        self.renderer.frame() - (BLOCK - self.given) as u64
    }

    /// Takes a MIDI message in, to be played at its frame by the tracks that listen to its port. Audio thread.
    pub fn hear(&mut self, arrival: Arrival) {
        self.ear.hear(&arrival);
        self.pen.note(Entry::Heard { arrival, at: self.renderer.frame() });
        self.renderer.hear(arrival);
    }

    /// MIDI messages that have gone out since the last call, through `f`. Audio thread.
    pub fn take_outgoing(&mut self, f: impl FnMut(Outgoing)) {
        self.renderer.take_outgoing(f);
    }

    /// Keeps the first `run` frames of `input` for the next block: the one that is being given out has had all
    /// of its own, so what is heard now is written over what it heard.
    fn listen(&mut self, input: &[f32], in_channels: usize, run: usize) {
        for channel in 0..in_channels.min(INPUTS) {
            let samples = input.iter().skip(channel).step_by(in_channels).copied().take(run);
            self.renderer.inlets().write(channel, self.given, samples);
        }
    }

    /// Gives out the next frames of the block.
    fn give(&mut self, output: &mut [f32], channels: usize) {
        for frame in output.chunks_exact_mut(channels) {
            let [left, right] = [self.block[0][self.given], self.block[1][self.given]];
            self.given += 1;
            match frame {
                [mono] => *mono = 0.5 * (left + right),
                [l, r, rest @ ..] => {
                    (*l, *r) = (left, right);
                    rest.fill(0.0);
                }
                [] => {}
            }
        }
    }

    /// Renders the next block.
    fn next(&mut self) {
        let taken = (self.inbox.received(), self.ear.paced());
        self.inbox.receive(&mut self.renderer);
        self.ear.pace(&mut self.renderer);
        self.panic();
        self.change_tape();
        let frame = self.renderer.frame();
        self.inbox.take(frame + BLOCK as u64, &mut self.renderer);
        let (messages, steps) = (self.inbox.received(), self.ear.paced());
        if (messages, steps) != taken {
            self.pen.note(Entry::Took { messages, steps, at: frame });
        }
        self.renderer.render(1);
        let output = &self.renderer.last(1)[0];
        let [left, right] = output;
        self.block = [left.0, right.0];
        self.given = 0;
        self.shared.peaks.note(&self.renderer, output);
        if let Some(tape) = &mut self.tape {
            let sounds = self.renderer.taps().map(|(tap, channels)| Sound {
                slot: tap.slot,
                early: tap.early,
                channels,
            });
            tape.write(frame, output, sounds);
        }
        let reports = &mut self.reports;
        self.renderer.take_faults(|fault| drop(reports.try_push(Report::Fault(fault))));
        self.shared.limited.store(self.renderer.limited(), Ordering::Relaxed);
        self.end();
    }

    /// Puts in a tape that has come, hands back one that is over. There is always room for it: no more are sent
    /// than the ring back holds.
    fn change_tape(&mut self) {
        if self.tape.as_ref().is_some_and(|tape| tape.is_over())
            && !self.reels.spent.is_full()
            && let Some(tape) = self.tape.take()
        {
            let _ = self.reels.spent.try_push(tape);
        }
        if self.tape.is_none() {
            self.tape = self.reels.tapes.try_pop();
        }
    }

    /// Silences everything if that was asked for: an order that does not wait behind an edit.
    fn panic(&mut self) {
        let panics = self.shared.panics.load(Ordering::Acquire);
        if self.panics != panics {
            self.panics = panics;
            self.pen.note(Entry::Silenced(self.renderer.frame()));
            self.renderer.reset();
        }
    }

    /// Fades the block if the music is to end.
    fn end(&mut self) {
        if !self.shared.ends.load(Ordering::Relaxed) {
            return;
        }
        if self.level == 1.0 {
            self.pen.note(Entry::Ended(self.renderer.frame() - BLOCK as u64));
            self.renderer.end_clocks();
        }
        let to = (self.level - 1.0 / FADE).max(0.0);
        let step = (to - self.level) / BLOCK as f32;
        for i in 0..BLOCK {
            let gain = self.level + step * (i + 1) as f32;
            self.block.iter_mut().for_each(|channel| channel[i] *= gain);
        }
        self.level = to;
    }
}

impl Plays for Renderer {
    fn push(&mut self, event: Timed) {
        Renderer::push(self, event);
    }

    fn forget(&mut self, frame: u64) {
        self.forget_from(frame);
    }

    fn take(&mut self, update: &mut Update) {
        Renderer::take(self, update);
    }
}
