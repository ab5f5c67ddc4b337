//! What the graph compiler makes and the renderer runs: jobs in order, and where the output is.

use super::block::{Buffer, Ramp};
use super::clock_out::Clocks;
use super::controllers::Map;
use super::job::{Level, PortRef};
use super::midi::Route;
use super::slots::Slots;
use super::timeline::Timeline;
use crate::dsp::controls::Board;

/// An output that is kept for one block, for jobs that run before the one that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedbackLine {
    /// What is kept.
    pub from: PortRef,
}

/// Where a strip comes out: what is metered and recorded of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap {
    /// Number that the strip's name has for as long as it is played live.
    pub slot: u16,
    /// Frames by which it is earlier than the master.
    pub early: u32,
    /// Left and right after the fader.
    pub post: [PortRef; 2],
    /// With what gain those are heard that read it: 0 if it is muted.
    pub levels: [Level; 2],
    /// The gain in the last block; `None` where nothing is heard.
    pub heard: [Option<Ramp>; 2],
}

/// A compiled session. Built on the control thread and moved to the renderer.
pub struct Schedule {
    /// The jobs and what they put out.
    pub slots: Slots,
    /// Left and right of the master.
    pub master: [PortRef; 2],
    /// Lines of one block's delay; if there is any, chunks are one block.
    pub feedback: Vec<FeedbackLine>,
    /// Frames by which the master is late.
    pub latency: usize,
    /// Most blocks that may be rendered at once.
    pub chunk: usize,
    /// Tempo.
    pub timeline: Timeline,
    /// What the feedback lines hold.
    pub kept: Vec<Buffer>,
    /// Which tasks are played by hand; empty offline.
    pub routes: Vec<Route>,
    /// Parameters that controllers move; empty offline.
    pub maps: Vec<Map>,
    /// Who gets a clock; nobody offline.
    pub clocks: Clocks,
    /// The strips but the master; empty where none is asked for.
    pub taps: Vec<Tap>,
}

impl Schedule {
    /// Joins all that listens to controllers to them. Control thread, before it is played live.
    pub fn connect(&mut self, board: &mut dyn Board) {
        for job in self.slots.jobs() {
            job.connect(board);
        }
    }

    /// What `port` put out in block `block` of the last chunk; `None` if that is silence.
    #[must_use]
    pub fn output(&self, port: PortRef, block: usize) -> Option<&Buffer> {
        self.slots.output(port, block)
    }

    /// What is heard at the taps in the last block, moving mutes on. Audio thread.
    pub(super) fn listen(&mut self) {
        for tap in &mut self.taps {
            for ((port, level), heard) in tap.post.iter().zip(&mut tap.levels).zip(&mut tap.heard) {
                let sounds = self.slots.output(*port, 0).is_some();
                *heard = (sounds && !level.is_off()).then(|| level.advance());
                if !sounds {
                    level.arrive();
                }
            }
        }
    }
}
