//! What the graph compiler makes and the renderer runs: jobs in levels, and where the output is.

use super::block::Buffer;
use super::job::{Job, PortRef, Published};
use super::timeline::Timeline;

/// An output that is kept for one block, for jobs that run before the one that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedbackLine {
    /// What is kept.
    pub from: PortRef,
}

/// A compiled session. Built on the control thread and moved to the renderer.
pub struct Schedule {
    /// Jobs by level: a job reads only from earlier levels, or from feedback lines.
    pub levels: Vec<Vec<Job>>,
    /// What they put out, in the same order.
    pub outputs: Vec<Vec<Published>>,
    /// Left and right of the master.
    pub master: [PortRef; 2],
    /// Lines of one block's delay; if there is any, chunks are one block.
    pub feedback: Vec<FeedbackLine>,
    /// Frames by which the master is late.
    pub latency: usize,
    /// Blocks that may be rendered job by job before the next level begins.
    pub chunk: usize,
    /// Tempo.
    pub timeline: Timeline,
    /// What the feedback lines hold.
    pub kept: Vec<Buffer>,
}

impl Schedule {
    /// What `port` put out in block `block` of the last chunk; `None` if that is silence.
    #[must_use]
    pub fn output(&self, port: PortRef, block: usize) -> Option<&Buffer> {
        self.outputs[port.level as usize][port.job as usize].output(port.port, block)
    }
}
