//! The memory that host and child both have: two words, a question, an answer, and the samples of a block.

use super::futex;
use super::plain::{PlainEvent, PlainTransport};
use crate::plugin::BLOCK;
use crate::plugin::event::MOST;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Most channels of all buses, both ways.
const CHANNELS: usize = 4096;

/// In place of the number of a request: the audio thread of the child is to end.
pub const STOP: u32 = u32::MAX;

/// In place of the number of an answer: the child is gone.
pub const GONE: u32 = u32::MAX;

/// A word on a line of its own, so that the two sides do not take it from each other while they wait.
#[repr(C, align(64))]
struct Word(AtomicU32);

/// What the host asks.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Question {
    /// Forget all that sounds, first.
    pub reset: u32,
    /// Frames of the block.
    pub frames: u32,
    /// Events of the block.
    pub events: u32,
    /// The processor on which the host waits, counted from 1; 0 if that is not known.
    pub processor: u32,
    /// Where the music is.
    pub time: PlainTransport,
}

/// What the child answers.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Answer {
    /// 0 playing, 1 silent, else failed.
    pub outcome: u32,
    /// Events that the plugin sent.
    pub sent: u32,
    /// Events of the plugin that were dropped.
    pub sent_dropped: u64,
    /// Events of the plugin that were moved.
    pub sent_moved: u64,
    /// Events for the plugin that were dropped.
    pub dropped: u64,
    /// 1 if it runs on the processor of the host.
    pub beside: u64,
}

#[repr(C)]
struct Head {
    request: Word,
    answer: Word,
    question: Question,
    reply: Answer,
    events: [PlainEvent; MOST],
    sent: [PlainEvent; MOST],
}

/// Where the samples begin: at the next line of the cache.
const SAMPLES: usize = size_of::<Head>().next_multiple_of(64);

/// A view of the memory, as long as it lives: channels of the inputs, then of the outputs.
///
/// Only the two words are shared by atomics. Each side reads the rest after the other's word has told it to, and
/// before it has changed its own. A child that does not keep to that brings wrong numbers, of which any bits are
/// valid, and nothing else: nobody has references to it.
pub struct Region {
    head: NonNull<Head>,
    length: usize,
    channels: usize,
}

// SAFETY: it is a view of memory that belongs to no thread; see above for who reads and writes when.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

/// Memory without a name, which may grow but not shrink under who has a view of it.
pub fn memory() -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = rustix::fs::memfd_create("rhapsode-plugin", flags)?;
    rustix::fs::fcntl_add_seals(&memory, SealFlags::SHRINK)?;
    Ok(memory)
}

/// Makes room for so many channels.
pub fn grow(memory: impl AsFd, channels: usize) -> io::Result<()> {
    let (length, size) = (length(channels)?, rustix::fs::fstat(&memory)?.st_size);
    if u64::try_from(size).unwrap_or(0) < length as u64 {
        rustix::fs::ftruncate(&memory, length as u64)?;
    }
    Ok(())
}

fn length(channels: usize) -> io::Result<usize> {
    if channels > CHANNELS {
        return Err(io::Error::other(format!("{channels} channels are too many")));
    }
    Ok(SAMPLES + channels * BLOCK * size_of::<f32>())
}

impl Region {
    /// A view of memory that has room for so many channels.
    ///
    /// # Errors
    /// If it has not, or the system has none.
    pub fn map(memory: impl AsFd, channels: usize) -> io::Result<Region> {
        let length = length(channels)?;
        let size = rustix::fs::fstat(&memory)?.st_size;
        if u64::try_from(size).unwrap_or(0) < length as u64 {
            return Err(io::Error::other("the shared memory is too small"));
        }
        let (access, flags) =
            (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::POPULATE);
        // SAFETY: a new view at a place that the system chooses. The memory cannot shrink.
        let head =
            unsafe { rustix::mm::mmap(std::ptr::null_mut(), length, access, flags, &memory, 0) }?;
        let head = NonNull::new(head.cast()).ok_or_else(|| io::Error::other("no memory"))?;
        Ok(Region { head, length, channels })
    }

    /// The number of the newest request, or [`STOP`].
    pub fn request(&self) -> &AtomicU32 {
        // SAFETY: it is mapped as long as `self` lives, and only ever used as an atomic.
        unsafe { &(*self.head.as_ptr()).request.0 }
    }

    /// The number of the newest answer, or [`GONE`].
    pub fn answer(&self) -> &AtomicU32 {
        // SAFETY: as above.
        unsafe { &(*self.head.as_ptr()).answer.0 }
    }

    /// Tells who waits for an answer that there will be none. Any thread.
    pub fn mark_gone(&self) {
        self.answer().store(GONE, Ordering::Release);
        futex::wake(self.answer());
    }

    /// Asks. Audio thread of the host.
    pub fn put_question(&self, question: Question) {
        // SAFETY: mapped and aligned; see `Region` for who writes when.
        unsafe { (&raw mut (*self.head.as_ptr()).question).write_volatile(question) }
    }

    /// What was asked. Audio thread of the child.
    pub fn question(&self) -> Question {
        // SAFETY: as above.
        unsafe { (&raw const (*self.head.as_ptr()).question).read_volatile() }
    }

    /// Answers. Audio thread of the child.
    pub fn put_reply(&self, answer: Answer) {
        // SAFETY: as above.
        unsafe { (&raw mut (*self.head.as_ptr()).reply).write_volatile(answer) }
    }

    /// What was answered. Audio thread of the host.
    pub fn reply(&self) -> Answer {
        // SAFETY: as above.
        unsafe { (&raw const (*self.head.as_ptr()).reply).read_volatile() }
    }

    /// The place of an event of the host, or of one that the plugin sent; within the list whatever `index` is.
    fn event_at(&self, sent: bool, index: usize) -> *mut PlainEvent {
        let head = self.head.as_ptr();
        // SAFETY: addresses within the mapping; the index stays in the list.
        unsafe {
            let list = if sent { &raw mut (*head).sent } else { &raw mut (*head).events };
            list.cast::<PlainEvent>().add(index % MOST)
        }
    }

    /// Writes an event of the host, or one that the plugin sent.
    pub fn put_event(&self, sent: bool, index: usize, event: PlainEvent) {
        // SAFETY: within the mapping; see `Region`.
        unsafe { self.event_at(sent, index).write_volatile(event) }
    }

    /// Reads an event of the host, or one that the plugin sent.
    pub fn event(&self, sent: bool, index: usize) -> PlainEvent {
        // SAFETY: within the mapping; see `Region`.
        unsafe { self.event_at(sent, index).read_volatile() }
    }

    fn channel(&self, channel: usize) -> *mut f32 {
        assert!(channel < self.channels, "channel {channel} of {}", self.channels);
        // SAFETY: within the mapping, as was just checked.
        unsafe { self.head.as_ptr().cast::<u8>().add(SAMPLES).cast::<f32>().add(channel * BLOCK) }
    }

    /// Writes a block of a channel, or what there is of it.
    pub fn write(&self, channel: usize, from: &[f32]) {
        let frames = from.len().min(BLOCK);
        // SAFETY: both have as many samples, and nobody has a reference to those of the mapping.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), self.channel(channel), frames) }
    }

    /// Reads a block of a channel, or as much of it as there is room for.
    pub fn read(&self, channel: usize, to: &mut [f32]) {
        let frames = to.len().min(BLOCK);
        // SAFETY: as above.
        unsafe { std::ptr::copy_nonoverlapping(self.channel(channel), to.as_mut_ptr(), frames) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this length, and nobody has references to it any more.
        let _ = unsafe { rustix::mm::munmap(self.head.as_ptr().cast(), self.length) };
    }
}
