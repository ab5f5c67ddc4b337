//! MIDI ports of the system (ALSA, CoreMIDI, WinMM): stamped when they come, sent by a thread that waits.

use super::stream::{Stream, length};
use super::timebase::{Drift, Timebase};
use super::wires::{Intake, Outtake};
use super::{Found, System, Wanted, Way};
use crate::io::audio::micros;
use crate::rt::Outgoing;
use midir::{Ignore, MidiInput, MidiInputConnection, MidiOutput, MidiOutputConnection};
use ringbuf::traits::Consumer;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Our name among the system's clients.
const NAME: &str = "rhapsode";
/// What helps where there is none.
#[cfg(target_os = "linux")]
const HELP: &str = "; load the kernel's sequencer (`modprobe snd-seq`), or start a JACK server";
/// What helps where there is none.
#[cfg(not(target_os = "linux"))]
const HELP: &str = "";

/// Frames by which what goes out is late: what the thread that sends takes to wake up.
const LATE: u64 = 256;
/// Frames by which what comes in is late beside a buffer of the device: what its thread takes to wake up.
const WAKE: u64 = 64;
/// Time between two looks at what is to be sent.
const TURN: Duration = Duration::from_micros(500);

type Outputs = Arc<Mutex<BTreeMap<u8, Vec<MidiOutputConnection>>>>;

/// The system's MIDI.
pub(super) struct Native {
    intake: Arc<Mutex<Intake>>,
    timebase: Arc<Timebase>,
    inputs: BTreeMap<(u8, String), MidiInputConnection<()>>,
    outputs: Outputs,
    stop: Arc<AtomicBool>,
    sender: Option<JoinHandle<()>>,
}

impl Native {
    /// Reaches the system's MIDI.
    ///
    /// # Errors
    /// If it has none.
    pub fn open(intake: Intake, outtake: Outtake) -> Result<Native, String> {
        MidiInput::new(NAME).map_err(|error| format!("the system has none ({error}){HELP}"))?;
        let timebase = outtake.timebase.clone();
        let (outputs, stop) = (Outputs::default(), Arc::new(AtomicBool::new(false)));
        let (to, ends) = (outputs.clone(), stop.clone());
        let sender = std::thread::Builder::new()
            .name("midi-out".into())
            .spawn(move || send(outtake, &to, &ends))
            .map_err(|error| format!("the system gave no thread: {error}"))?;
        let intake = Arc::new(Mutex::new(intake));
        let sender = Some(sender);
        Ok(Native { intake, timebase, inputs: BTreeMap::new(), outputs, stop, sender })
    }

    fn input(
        &self,
        port: u8,
    ) -> Result<(MidiInput, impl FnMut(u64, &[u8], &mut ()) + use<>), String> {
        let mut input = MidiInput::new(NAME).map_err(|error| error.to_string())?;
        input.ignore(Ignore::None);
        let (intake, timebase, mut drift) =
            (self.intake.clone(), self.timebase.clone(), Drift::default());
        let hear = move |_stamp: u64, bytes: &[u8], (): &mut ()| {
            let now = micros();
            let mark = timebase.get();
            // The buffer that was asked for last may have been rendered.
            let late = mark.map_or(0, |mark| u64::from(mark.frames)) + WAKE;
            let frame = drift.frame(now, mark).map_or(0, |f| f.max(0.0) as u64 + late);
            lock(&intake).take(port, bytes, now, frame);
        };
        Ok((input, hear))
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl System for Native {
    fn found(&self, way: Way) -> Vec<Found> {
        let found = |id: String, name: Option<String>| {
            let name = name?;
            Some(Found { own: name.contains(NAME), names: vec![name], id })
        };
        let inputs = MidiInput::new(NAME).into_iter().filter(|_| way == Way::In).flat_map(|all| {
            let ports = all.ports();
            ports.into_iter().map(move |p| (p.id(), all.port_name(&p).ok())).collect::<Vec<_>>()
        });
        let outputs =
            MidiOutput::new(NAME).into_iter().filter(|_| way == Way::Out).flat_map(|all| {
                let ports = all.ports();
                ports.into_iter().map(move |p| (p.id(), all.port_name(&p).ok())).collect::<Vec<_>>()
            });
        inputs.chain(outputs).filter_map(|(id, name)| found(id, name)).collect()
    }

    fn make(&mut self, wanted: &Wanted) -> Result<(), String> {
        if wanted.way == Way::In {
            let _ = lock(&self.intake).open(wanted.number, Stream::default());
        }
        if wanted.own { self.virtual_port(wanted) } else { Ok(()) }
    }

    fn join(&mut self, wanted: &Wanted, id: &str) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| format!("{error}");
        if wanted.way == Way::In {
            let (input, hear) = self.input(wanted.number)?;
            let port = input.find_port_by_id(id).ok_or("it has gone")?;
            let joined = input.connect(&port, &wanted.name, hear, ()).map_err(|e| failed(&e))?;
            self.inputs.insert((wanted.number, id.to_string()), joined);
        } else {
            let output = MidiOutput::new(NAME).map_err(|e| failed(&e))?;
            let port = output.find_port_by_id(id).ok_or("it has gone")?;
            let joined = output.connect(&port, &wanted.name).map_err(|e| failed(&e))?;
            lock(&self.outputs).entry(wanted.number).or_default().push(joined);
        }
        Ok(())
    }

    fn part(&mut self, wanted: &Wanted, id: &str) {
        match wanted.way {
            Way::In => {
                self.inputs.remove(&(wanted.number, id.to_string()));
                lock(&self.intake).unplug(wanted.number, 0);
            }
            Way::Out => {
                lock(&self.outputs).remove(&wanted.number);
            }
        }
    }

    fn is_lost(&self) -> bool {
        false
    }

    fn delay(&self) -> u64 {
        LATE
    }

    fn say(&mut self, port: u8, messages: &[[u8; 3]]) {
        for output in lock(&self.outputs).get_mut(&port).into_iter().flatten() {
            for bytes in messages {
                // A device that is gone need not hear of it.
                let _ = output.send(&bytes[..=length(bytes[0])]);
            }
        }
    }

    fn clear(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(sender) = self.sender.take() {
            // It ends within a turn; a panic of it concerns nobody any more.
            let _ = sender.join();
        }
    }

    fn settle(&mut self) {}
}

#[cfg(unix)]
impl Native {
    /// Makes a port that others connect to.
    fn virtual_port(&mut self, wanted: &Wanted) -> Result<(), String> {
        use midir::os::unix::{VirtualInput, VirtualOutput};
        if wanted.way == Way::In {
            let (input, hear) = self.input(wanted.number)?;
            let made = input.create_virtual(&wanted.name, hear, ()).map_err(|e| e.to_string())?;
            self.inputs.insert((wanted.number, String::new()), made);
        } else {
            let output = MidiOutput::new(NAME).map_err(|e| e.to_string())?;
            let made = output.create_virtual(&wanted.name).map_err(|e| e.to_string())?;
            lock(&self.outputs).entry(wanted.number).or_default().push(made);
        }
        Ok(())
    }
}

#[cfg(not(unix))]
impl Native {
    /// There are no such ports here.
    fn virtual_port(&mut self, wanted: &Wanted) -> Result<(), String> {
        Err(format!(
            "this system has no ports of programs, so \"{}\" cannot be made; a loopback driver has such ports",
            wanted.name
        ))
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Sends messages when they are due, until `stop`.
fn send(mut outtake: Outtake, outputs: &Outputs, stop: &AtomicBool) {
    let mut pending: Vec<Outgoing> = Vec::new();
    let mut drift = Drift::default();
    while !stop.load(Ordering::Relaxed) {
        while let Some(message) = outtake.outgoing.try_pop() {
            let at = pending.partition_point(|m| m.frame <= message.frame);
            pending.insert(at, message);
        }
        let now = drift.frame(micros(), outtake.timebase.get()).unwrap_or(f64::MAX);
        let due = pending.partition_point(|m| (m.frame + LATE) as f64 <= now);
        for message in pending.drain(..due) {
            outtake.sounding.note(message.port, message.bytes);
            if let Some(ports) = lock(outputs).get_mut(&message.port) {
                let bytes = &message.bytes[..=length(message.bytes[0])];
                // A device that is gone is found out by the keeper.
                for port in ports {
                    let _ = port.send(bytes);
                }
            }
        }
        std::thread::park_timeout(TURN);
    }
}
