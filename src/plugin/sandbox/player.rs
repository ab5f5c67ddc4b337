//! The audio thread of the child: waits for requests and has the plugin render them.

use super::futex;
use super::region::{Answer, Region, STOP};
use super::scheduling;
use crate::plugin::event::MOST;
use crate::plugin::{AudioHalf, BLOCK, Bus, Event, Outcome};
use crate::rt::denormal::FlushToZero;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

/// The audio thread, as the main thread has it.
pub struct Player {
    region: Arc<Region>,
    thread: JoinHandle<Box<dyn AudioHalf>>,
}

/// What a thread works on.
struct Work {
    region: Arc<Region>,
    half: Box<dyn AudioHalf>,
    /// Bus and channel of the inputs, then of the outputs.
    ins: Box<[(usize, usize)]>,
    outs: Box<[(usize, usize)]>,
    events: Vec<Event>,
    /// The processor on which the host was last, and whether this thread is there too.
    processor: u32,
    beside: bool,
}

fn channels(buses: &[Bus]) -> Box<[(usize, usize)]> {
    let all = buses.iter().enumerate();
    all.flat_map(|(bus, b)| (0..b.channels).map(move |channel| (bus, channel))).collect()
}

impl Player {
    /// Starts the thread; `live` has it raised to realtime if the system allows it.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn start(
        region: Arc<Region>,
        half: Box<dyn AudioHalf>,
        inputs: &[Bus],
        outputs: &[Bus],
        live: bool,
    ) -> io::Result<Player> {
        region.request().store(0, Ordering::Release);
        region.answer().store(0, Ordering::Release);
        let (ins, outs) = (channels(inputs), channels(outputs));
        let work = Work {
            region: region.clone(),
            half,
            ins,
            outs,
            events: Vec::with_capacity(MOST),
            processor: 0,
            beside: false,
        };
        let thread = std::thread::Builder::new().name("plugin-audio".into());
        Ok(Player { region, thread: thread.spawn(move || work.run(live))? })
    }

    /// Ends the thread, which waits for a request that does not come.
    pub fn stop(self) {
        self.region.request().store(STOP, Ordering::Release);
        futex::wake(self.region.request());
        // The half goes here, on the main thread. A panic has ended the process.
        drop(self.thread.join());
    }
}

impl Work {
    fn run(mut self, live: bool) -> Box<dyn AudioHalf> {
        if live {
            scheduling::raise();
        }
        let _flush = FlushToZero::new();
        let region = self.region.clone();
        let mut seen = 0;
        loop {
            let number = region.request().load(Ordering::Acquire);
            if number == STOP {
                return self.half;
            }
            if number == seen {
                futex::wait(region.request(), seen, None);
                continue;
            }
            seen = number;
            self.follow();
            self.block();
            region.answer().store(number, Ordering::Release);
            futex::wake(region.answer());
        }
    }

    /// Goes to the processor on which the host waits: it has nothing else to do meanwhile, and need not be woken.
    fn follow(&mut self) {
        let processor = self.region.question().processor;
        if processor != self.processor {
            self.processor = processor;
            self.beside = processor != 0 && scheduling::stay_on(processor);
        }
    }

    fn block(&mut self) {
        let question = self.region.question();
        if question.reset != 0 {
            self.half.reset();
        }
        for (at, &(bus, channel)) in self.ins.iter().enumerate() {
            self.region.read(at, self.half.input(bus, channel));
        }
        self.events.clear();
        let events = (0..(question.events as usize).min(MOST)).map(|i| self.region.event(false, i));
        self.events.extend(events.filter_map(|event| event.event()));
        let frames = (question.frames as usize).min(BLOCK);
        let outcome = self.half.process(frames, &self.events, &question.time.into());
        for (at, &(bus, channel)) in self.outs.iter().enumerate() {
            self.region.write(self.ins.len() + at, self.half.output(bus, channel));
        }
        let sent = self.half.sent();
        for (index, event) in sent.events().iter().enumerate() {
            self.region.put_event(true, index, event.into());
        }
        self.region.put_reply(Answer {
            outcome: match outcome {
                Outcome::Playing => 0,
                Outcome::Silent => 1,
                Outcome::Failed | Outcome::Late => 2,
            },
            sent: sent.events().len() as u32,
            sent_dropped: sent.dropped(),
            sent_moved: sent.moved(),
            dropped: self.half.dropped(),
            beside: u64::from(self.beside),
        });
    }
}
