//! MIDI while playing: which ports are open, and what the player is told of them.

mod take;
mod thread;

use self::take::Taking;
use self::thread::{Listener, Order};
use super::studio::Studio;
use crate::app::serve::folder as session_folder;
use crate::engine::live::Socket;
use crate::io::audio::micros;
#[cfg(feature = "link")]
use crate::io::link::Link;
use crate::io::midi::{
    Drift, Ear, Event, Heard, JACK, MOST_MESSAGES, Ports, Timebase, Wanted, Way, Wires, loose, open,
};
use crate::session::{Port, Session};
use std::sync::Arc;

/// The ports, opened when a script first asks for one.
pub(super) struct Hands {
    socket: Socket,
    /// The system that was asked for.
    system: Option<String>,
    ports: Option<Ports>,
    /// There is no MIDI: said once.
    refused: bool,
    listener: Option<Listener>,
    /// What is being written down.
    taking: Option<Taking>,
    /// Wires that have not been plugged in.
    wires: Option<Box<Wires>>,
    /// Where the sound is.
    timebase: Option<Arc<Timebase>>,
    /// The session of the network, if it is followed.
    #[cfg(feature = "link")]
    link: Option<Link>,
}

/// Smooths the frames of what is played from within.
pub(super) type Stamp = Drift;

impl Hands {
    pub fn new(socket: Socket, system: Option<String>) -> Hands {
        let (ports, listener, taking, wires, timebase) = (None, None, None, None, None);
        Hands {
            socket,
            system,
            ports,
            refused: false,
            listener,
            taking,
            wires,
            timebase,
            #[cfg(feature = "link")]
            link: None,
        }
    }

    /// Plays a message from within the program, as if it came in on `ports` and were heard at `frame`.
    pub fn play(&self, ports: &[u8], frame: u64, bytes: [u8; 3]) {
        let hand = self.socket.hand();
        ports.iter().for_each(|&port| hand.say(port, frame, bytes));
        if let Some(listener) = &self.listener {
            let (micros, port) = (micros(), ports.first().copied().unwrap_or(0));
            let heard = Heard { frame, micros, port, bytes: bytes.to_vec() };
            listener.order(Order::Play(ports.to_vec(), heard));
        }
    }

    /// The frame that the device asks for now; none before there is sound.
    pub fn frame(&self, stamp: &mut Stamp) -> Option<u64> {
        let mark = self.timebase.as_ref()?.get()?;
        stamp.frame(micros(), Some(mark)).map(|frame| frame.max(0.0) as u64)
    }
}

/// What a session wants, by its numbers.
fn wanted(session: &Session) -> Vec<Wanted> {
    let ins = session.ports.iter().cloned().map(|port| (Way::In, port));
    let outs = session.outlets().map(|port| (Way::Out, port));
    let wanted = |(way, port): (Way, Port)| {
        let number = port.number(way)?;
        Some(Wanted { way, number, name: port.name, own: port.own })
    };
    ins.chain(outs).filter_map(wanted).collect()
}

/// What to say of a port that there is not.
pub(in crate::app) fn missing(wanted: &Wanted, there: &[String]) -> String {
    let there = match there {
        [] => "there is none".to_string(),
        names => format!("there are: {}", names.join(", ")),
    };
    let keys = if for_keyboard(wanted) {
        "; `live --keys`, or `:keys` at the prompt, plays the computer's own"
    } else {
        ""
    };
    format!(
        "No MIDI port is called \"{}\" yet ({there}); it is connected when it comes{keys}",
        wanted.name
    )
}

/// Whether the computer's keyboard is asked for by name.
fn for_keyboard(wanted: &Wanted) -> bool {
    let Wanted { name, own, .. } = wanted;
    wanted.way == Way::In
        && !name.is_empty()
        && Port { name: name.clone(), own: *own }.is_keyboard()
}

impl Studio {
    /// Opens the ports that a session names.
    pub(super) fn open_ports(&mut self, session: &Session) {
        #[cfg(feature = "link")]
        self.join_link(session);
        let wanted = wanted(session);
        // Where the keyboard is all that is wanted, it is not missed that there is no MIDI.
        let content = self.has_keys() && wanted.iter().all(|w| for_keyboard(w) && w.way == Way::In);
        let hands = &mut self.hands;
        if wanted.is_empty() || hands.refused {
            return;
        }
        if hands.ports.is_none() {
            match hands.system.as_deref() {
                Some("none") => hands.refused = true,
                system => match open(system, session_folder().as_deref()) {
                    Ok(ports) => hands.ports = Some(ports),
                    Err(_) if content => {}
                    Err(why) => {
                        hands.refused = true;
                        self.say(&format!(
                            "No MIDI: {why}; `rhapsode midi` lists the ports there are"
                        ));
                    }
                },
            }
        }
        if let Some(ports) = &self.hands.ports {
            ports.want(wanted);
        }
        self.listen();
    }

    /// Frames that a message takes until it leaves.
    pub(super) fn midi_delay(&self) -> u64 {
        let Some(ports) = &self.hands.ports else { return 0 };
        let jack = self.hands.system.as_deref().is_none_or(|name| name == JACK);
        ports.delay() + if jack { 0 } else { u64::from(self.stream.buffer()) }
    }

    /// Does what the ports ask for, tells what befell them, takes in what was played.
    pub(super) fn listen(&mut self) {
        let events: Vec<Event> = self.hands.ports.iter().flat_map(|ports| ports.events()).collect();
        for event in events {
            match event {
                Event::Wires(wires, ear) => self.wire(wires, ear),
                Event::Connected { wanted, name } => {
                    let verb = if wanted.way == Way::In { "Listening to" } else { "Sending to" };
                    self.say(&format!("{verb} {name}"));
                    if let Some(live) = self.live.as_mut().filter(|_| wanted.way == Way::Out) {
                        live.greet(wanted.number);
                    }
                }
                Event::Gone { wanted, name } => {
                    if let Some(listener) = &self.hands.listener {
                        listener.order(Order::Gone(wanted.number));
                    }
                    self.say(&format!("{name} is gone; it is connected again when it is back"));
                }
                Event::Missing { wanted, .. } if for_keyboard(&wanted) && self.has_keys() => {}
                Event::Missing { wanted, there } => self.say(&missing(&wanted, &there)),
                Event::Flood { wanted } => self.say(&format!(
                    "MIDI from \"{}\" came at more than {MOST_MESSAGES} messages a second and was dropped: \
                     does what goes out come in again?",
                    wanted.name
                )),
                Event::Ended { name, notes } => self.say(&format!(
                    "Ended {notes} notes on {name} that a session which was killed had left"
                )),
                Event::Failed(why) => self.say(&why),
            }
        }
        if let Some(wires) = self.hands.wires.take()
            && let Err(later) = self.hands.socket.plug(wires)
        {
            self.hands.wires = Some(later);
        }
        let listener = self.hands.listener.as_ref();
        let told: Vec<String> = listener.iter().flat_map(|l| l.told()).collect();
        told.iter().for_each(|text| self.say(text));
        self.take_down();
    }

    /// Plugs new wires in, and lets the thread of MIDI listen to their other end.
    fn wire(&mut self, wires: Box<Wires>, ear: Box<Ear>) {
        if self.hands.listener.is_none() {
            self.hands.listener = Listener::start(self.hands.socket.hand());
            self.tell_effects();
        }
        if let Some(listener) = &self.hands.listener {
            listener.order(Order::Listen(ear, wires.timebase.clone()));
        }
        #[cfg(feature = "link")]
        if let Some(link) = &self.hands.link {
            link.follow(wires.timebase.clone());
        }
        self.hands.timebase = Some(wires.timebase.clone());
        self.hands.wires = Some(wires);
    }

    /// Gets ready for what is played from within, where no port is open.
    pub(super) fn listen_within(&mut self) {
        if self.hands.timebase.is_none() {
            let (wires, ear) = loose();
            self.wire(wires, ear);
        }
    }

    /// Joins the session of the network if it gives the time, and leaves it if it does not any more.
    #[cfg(feature = "link")]
    fn join_link(&mut self, session: &Session) {
        let port = session.sync.as_ref().filter(|port| port.is_link());
        let Some(number) = port.and_then(|port| port.number(Way::In)) else {
            self.hands.link = None;
            return;
        };
        self.listen_within();
        if let (None, Some(timebase)) = (&self.hands.link, &self.hands.timebase) {
            let (hand, late) = (self.hands.socket.hand(), u64::from(self.stream.buffer()));
            let joined =
                Link::join(number, session.tempo.bpm_at(0.0), late, timebase.clone(), move |a| {
                    hand.play(a)
                });
            match joined {
                Ok(link) => self.hands.link = Some(link),
                Err(error) => self.say(&format!("No Ableton Link: {error}")),
            }
        }
    }

    /// Lets the effects know what plays, and by which clock.
    pub(super) fn tell_effects(&self) {
        if let (Some(listener), Some(live)) = (&self.hands.listener, &self.live) {
            listener.order(Order::Follow(live.session().clone(), live.clock().clone()));
        }
    }
}
