//! Sound from outside, block by block: the input channels of a device, or of a file.

use super::block::Buffer;

/// What comes in while a chunk is rendered. Belongs to the renderer, so that edits do not touch it; written
/// before each chunk by whoever drives it.
pub struct Inlets {
    /// Channels x blocks of a chunk; silence beyond those that are open.
    channels: Vec<Vec<Buffer>>,
    /// Channels that there are, from the first on.
    open: usize,
}

impl Inlets {
    /// Room for `channels` channels and chunks of `blocks` blocks, all silent. Control thread.
    #[must_use]
    pub fn new(channels: usize, blocks: usize) -> Inlets {
        Inlets { channels: vec![vec![Buffer::SILENCE; blocks]; channels], open: 0 }
    }

    /// Says how many channels come in from now on, at most as many as there is room for; the others are
    /// silenced. Audio thread.
    pub fn open(&mut self, channels: usize) {
        let channels = channels.min(self.channels.len());
        for closed in self.channels[channels..].iter_mut().take(self.open.saturating_sub(channels))
        {
            closed.fill(Buffer::SILENCE);
        }
        self.open = channels;
    }

    /// Writes samples of `channel` from frame `at` of the chunk on, as far as both reach. What is not a number
    /// comes in as silence: it is nobody's fault in here. Audio thread.
    pub fn write(&mut self, channel: usize, at: usize, samples: impl Iterator<Item = f32>) {
        let Some(blocks) = self.channels[..self.open].get_mut(channel) else { return };
        let frames = blocks.iter_mut().flat_map(|block| block.0.iter_mut()).skip(at);
        for (to, from) in frames.zip(samples) {
            *to = if from.is_finite() { from } else { 0.0 };
        }
    }

    /// Block `block` of `channel`; `None` if it is silent, or not open.
    pub(super) fn block(&self, channel: u16, block: usize) -> Option<&Buffer> {
        let buffer = self.channels[..self.open].get(usize::from(channel))?.get(block)?;
        (buffer.peak() > 0.0).then_some(buffer)
    }
}
