//! Another program on the server: plays notes at frames, records the sound and the notes that it hears.

use jack::contrib::ClosureProcessHandler;
use jack::{AudioIn, Client, ClientOptions, Control, MidiIn, MidiOut, PortFlags, RawMidi};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// What to play: frames from its beginning, and how long to record.
type Task = (Vec<(u32, [u8; 3])>, usize);

/// What was heard while it was played, frames from its beginning.
pub struct Take {
    pub left: Vec<f32>,
    pub right: Vec<f32>,
    pub midi: Vec<(usize, [u8; 3])>,
}

type Process = Box<dyn FnMut(&Client, &jack::ProcessScope) -> Control + Send>;

pub struct Peer {
    active: jack::AsyncClient<(), ClosureProcessHandler<(), Process>>,
    name: String,
    tasks: Sender<Task>,
    takes: Receiver<Take>,
    sounding: Arc<AtomicU64>,
}

impl Peer {
    pub fn named(name: &str) -> Peer {
        let (client, _) = Client::new(name, ClientOptions::NO_START_SERVER).expect("a client");
        let name = client.name().to_string();
        let mut feed = client.register_port("feed", MidiOut::default()).expect("a port");
        let hear = client.register_port("hear", MidiIn::default()).expect("a port");
        let left = client.register_port("left", AudioIn::default()).expect("a port");
        let right = client.register_port("right", AudioIn::default()).expect("a port");
        let (tasks, waiting) = channel::<Task>();
        let (done, takes) = channel();
        let sounding = Arc::new(AtomicU64::new(0));
        let count = sounding.clone();
        let (mut now, mut take): (Option<(Task, usize)>, _) = (None, empty());
        let process = move |_: &Client, scope: &jack::ProcessScope| {
            let mut writer = feed.writer(scope);
            for RawMidi { bytes, .. } in hear.iter(scope) {
                let key = 1 << (bytes.get(1).unwrap_or(&0) & 63);
                match bytes[0] & 0xf0 {
                    0x90 if bytes[2] > 0 => count.fetch_or(key, Relaxed),
                    0x80 | 0x90 => count.fetch_and(!key, Relaxed),
                    _ => 0,
                };
            }
            if now.is_none() {
                now = waiting.try_recv().ok().map(|task| (task, 0));
            }
            let Some(((notes, frames), at)) = &mut now else { return Control::Continue };
            let size = scope.n_frames() as usize;
            notes.sort();
            for (frame, bytes) in notes.iter() {
                let frame = *frame as usize;
                if (*at..*at + size).contains(&frame) {
                    let time = (frame - *at) as u32;
                    let bytes = &bytes[..=rhapsode::io::midi::length(bytes[0])];
                    writer.write(&RawMidi { time, bytes }).expect("room");
                }
            }
            take.left.extend_from_slice(left.as_slice(scope));
            take.right.extend_from_slice(right.as_slice(scope));
            for RawMidi { time, bytes } in hear.iter(scope).filter(|m| m.bytes.len() <= 3) {
                let mut message = [0; 3];
                message[..bytes.len()].copy_from_slice(bytes);
                take.midi.push((*at + time as usize, message));
            }
            *at += size;
            if *at >= *frames {
                now = None;
                let _ = done.send(std::mem::replace(&mut take, empty()));
            }
            Control::Continue
        };
        let process: Process = Box::new(process);
        let active = client.activate_async((), ClosureProcessHandler::new(process)).expect("runs");
        Peer { active, name, tasks, takes, sounding }
    }

    /// Connects the outputs of the player to our inputs.
    pub fn hear_the_player(&self) {
        let client = self.active.as_client();
        let begin = Instant::now();
        for (end, side) in [("out_0", "left"), ("out_1", "right")] {
            let port = loop {
                let found =
                    client.ports(Some(&format!("cpal.*{end}$")), None, PortFlags::IS_OUTPUT);
                if let Some(port) = found.into_iter().next() {
                    break port;
                }
                assert!(begin.elapsed() < Duration::from_secs(20), "no {end}");
                std::thread::sleep(Duration::from_millis(50));
            };
            let own = format!("{}:{side}", self.name);
            client.connect_ports_by_name(&port, &own).expect("connects");
        }
    }

    /// The transport of the server, which all clients share.
    pub fn transport(&self) -> jack::Transport {
        self.active.as_client().transport()
    }

    /// Connects another program's output to our input, once it is there.
    pub fn hear(&self, port: &str) {
        let client = self.active.as_client();
        let begin = Instant::now();
        let own = format!("{}:hear", self.name);
        while client.connect_ports_by_name(port, &own).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(20), "no {port}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Plays and records.
    pub fn play(&self, notes: Vec<(u32, [u8; 3])>, frames: usize) -> Take {
        self.begin(notes, frames);
        self.end()
    }

    /// Begins to play and record.
    pub fn begin(&self, notes: Vec<(u32, [u8; 3])>, frames: usize) {
        self.tasks.send((notes, frames)).expect("it runs");
    }

    /// What was recorded since it began.
    pub fn end(&self) -> Take {
        self.takes.recv_timeout(Duration::from_secs(120)).expect("it is played")
    }

    /// Keys (up to a multiple of 64) that have begun and not ended on our input.
    pub fn sounding(&self) -> u64 {
        self.sounding.load(Relaxed)
    }
}

fn empty() -> Take {
    Take { left: Vec::new(), right: Vec::new(), midi: Vec::new() }
}
