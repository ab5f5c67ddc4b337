//! What a channel of a song is told, as levels that stay, parameters that move, and events for its instrument.

use crate::midi::{Change, Line, Song, initial};
use crate::pattern::Pattern;
use crate::script::build::Build;
use crate::script::pattern::midi::{Bars, File};
use crate::session::{Arg, Node, NodeId};
use crate::units::Place;
use std::collections::BTreeMap;

/// Rate of the vibrato that the modulation wheel gives, in hertz.
const VIBRATO: f64 = 5.5;

/// A controller that is a parameter of a track.
struct Target {
    control: u8,
    /// Kind of the node, its key and its parameter.
    node: (&'static str, &'static str, &'static str),
    /// The parameter's value for a value of the controller.
    value: fn(f64) -> f64,
}

/// Those that General MIDI has. The levels are 40 log10(x) dB, and the wheel is worth 50 cents (General MIDI 2, 1999).
const TARGETS: [Target; 4] = [
    Target { control: 7, node: ("gain", "volume", "gain"), value: |x| x * x },
    Target { control: 11, node: ("gain", "expression", "gain"), value: |x| x * x },
    Target { control: 1, node: ("vibrato", "modulation", "depth"), value: |x| x * 0.5 },
    Target { control: 10, node: ("pan", "panorama", "position"), value: pan },
];

/// -1..1 for 0..1, of which 64 / 127 is the middle and 1 / 127 as far left as 0.
fn pan(x: f64) -> f64 {
    ((x * 127.0 - 64.0) / 63.0).clamp(-1.0, 1.0)
}

/// What a channel is told while one of its programs plays.
pub struct Channel {
    /// Controllers: the value of each at the beginning, and what follows.
    controls: BTreeMap<u8, (f64, Vec<(u64, f64)>)>,
    /// Bends in shares of the instrument's range.
    bends: Vec<(u64, f64)>,
}

impl Channel {
    /// What the channel of `line`, which `source` plays, is told.
    pub fn new(build: &Build, song: &Song, line: &Line, source: NodeId) -> Channel {
        let own = match build.session.node(source).args.get("index") {
            Some(Arg::Number(i)) => build.session.instruments.get(*i as usize).map(|i| i.bend),
            _ => None,
        };
        let own = own.unwrap_or(2.0);
        let first = line.notes[0].begin;
        let mut channel = Channel { controls: BTreeMap::new(), bends: Vec::new() };
        for (tick, change) in song.changes(line.channel) {
            match change {
                Change::Control(number, value) => {
                    let begin = (initial(number), Vec::new());
                    let (from, later) = channel.controls.entry(number).or_insert(begin);
                    // What is said before the first note holds from the beginning.
                    if tick <= first {
                        *from = value;
                    } else {
                        later.push((tick, value));
                    }
                }
                Change::Bend(bend, range) => {
                    let share = range.filter(|_| own > 0.0).map_or(1.0, |range| range / own);
                    channel.bends.push((tick, bend * share));
                }
            }
        }
        channel
    }

    /// Puts it on track `index`: levels that stay in its strip, others as nodes in its chain and a pattern that moves
    /// them and plays the instrument.
    pub fn apply(self, build: &mut Build, index: usize, bars: &Bars, file: &File, at: &Place) {
        let (mut level, mut place) = (1.0, 0.0);
        let mut placed = Vec::new();
        let mut at_tick = |tick: u64, said: &[(&str, f64)]| placed.push(bars.moment(tick, said));
        for Target { control, node: (kind, key, param), value } in TARGETS {
            let silent = (initial(control), Vec::new());
            let (from, later) = self.controls.get(&control).unwrap_or(&silent);
            let steady = value(*from);
            match control {
                _ if !later.is_empty() => {}
                7 | 11 => level *= steady,
                10 => place = steady,
                _ => {}
            }
            if later.is_empty() && (control != 1 || steady == 0.0) {
                continue;
            }
            let output = build.session.tracks[index].output;
            let node = Node::new(kind, vec![output]).with(param, Arg::Number(steady));
            let node =
                if kind == "vibrato" { node.with("rate", Arg::Number(VIBRATO)) } else { node };
            let node = build.add(Node { key: Some(key.into()), ..node }, at);
            build.session.tracks[index].output = node;
            let path = format!("{key}.{param}");
            if later.is_empty() {
                continue;
            }
            let moves = std::iter::once((0, *from)).chain(later.iter().copied());
            for (tick, x) in moves {
                let number = f64::from(control);
                at_tick(tick, &[("ccn", number), ("ccv", x), (&path, value(x))]);
            }
        }
        let plain = |n: &u8| !TARGETS.iter().any(|t| t.control == *n);
        for (number, (from, later)) in self.controls.iter().filter(|(n, _)| plain(n)) {
            for (tick, x) in std::iter::once((0, *from)).chain(later.iter().copied()) {
                at_tick(tick, &[("ccn", f64::from(*number)), ("ccv", x)]);
            }
        }
        let begins = self.bends.first().is_some_and(|b| b.0 > 0);
        for (tick, bend) in begins.then_some((0, 0.0)).iter().chain(&self.bends) {
            at_tick(*tick, &[("midibend", *bend)]);
        }
        let track = &mut build.session.tracks[index];
        (track.strip.gain, track.strip.pan) = (Arg::Number(level), Arg::Number(place));
        if !placed.is_empty() {
            let mark = format!("{} controls {index}", file.mark);
            track.plays.push(Pattern::placed(placed, bars.length).written_as("song", &mark));
        }
    }
}
