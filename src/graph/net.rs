//! A net: one strip, voice or term as a flat list of instances in the order in which they run.

use super::layout::Inside;
use super::settings::ArgSettings;
use crate::dsp::fade::Shape;
use crate::dsp::unit::Rate;
use crate::nodes::Kind;
use crate::nodes::plugin::{Guest, Joints};
use crate::session::NodeId;
use crate::units::Place;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Where an input of an instance comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wire {
    /// A constant.
    Const(f64),
    /// Output `port` of instance `inst`.
    Out {
        /// Index in [`Net::insts`].
        inst: u32,
        /// Channel of its output.
        port: u8,
    },
    /// A scalar of the voice (see [`crate::rt::voices::input`]).
    Voice(u16),
}

/// An output of another strip, scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImportFrom {
    /// Index of the strip.
    pub strip: usize,
    /// Which of its exports; left and right follow each other.
    pub export: Export,
    /// Linear gain.
    pub gain: f64,
    /// It comes one block late, because it closes a loop.
    pub late: bool,
    /// The gain that it moves from, after an edit.
    pub was: Option<f64>,
}

/// The pairs of channels that a strip puts out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Export {
    /// After fader and panorama.
    Post,
    /// After the effects, before the fader.
    Pre,
    /// A send whose level is a signal.
    Send(u16),
}

/// What an instance is.
#[derive(Clone)]
pub enum What {
    /// A light unit of the table.
    Unit(&'static Kind),
    /// A pure function of the table.
    Math(&'static Kind),
    /// The sum of its inputs.
    Sum,
    /// A delay of whole frames.
    Align(usize),
    /// Silence after the end of the piece.
    UntilStop,
    /// A fade of this many frames from a frame that is set later.
    Fade(Shape, u32, Arc<AtomicU64>),
    /// A processor of the table: audio inputs, then its parameters' wires.
    Processor(&'static Kind, usize),
    /// A hosted plugin: audio inputs, side-chain, then the wires of its driven parameters.
    Plugin(Arc<Hosted>),
    /// An instrument of the session.
    Instrument(usize),
    /// A kit of instruments, with choke groups.
    Kit(Vec<usize>, Vec<Option<u8>>),
    /// Alike terms of a sum.
    Bank(Vec<Net>),
    /// The parts of a bank, added in this order: level and job of each.
    Parts(Vec<(u16, u16)>),
    /// Outputs of other strips: left and right.
    Import(Vec<ImportFrom>),
    /// Channels from outside, from 0.
    Inlet(Vec<u16>),
}

/// A hosted plugin at its place.
pub struct Hosted {
    /// The instance.
    pub guest: Arc<dyn Guest>,
    /// How it is joined.
    pub joints: Joints,
    /// What paths call it.
    pub stem: String,
}

impl Hosted {
    /// Names of the parameters that events can set, by their index: first the driven ones.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let driven = self.joints.driven.iter().map(|d| self.guest.name(d.parameter));
        driven.chain(self.guest.movable()).collect()
    }
}

impl What {
    /// Whether it runs in lanes (else it is a task of its own).
    #[must_use]
    pub fn is_light(&self) -> bool {
        matches!(
            self,
            What::Unit(_)
                | What::Math(_)
                | What::Sum
                | What::Align(_)
                | What::UntilStop
                | What::Fade(..)
        )
    }

    /// Whether it gathers what other jobs have put out, or comes from outside, at the beginning of its own job.
    #[must_use]
    pub fn is_gathered(&self) -> bool {
        matches!(self, What::Import(_) | What::Parts(_) | What::Inlet(_))
    }

    /// Name for plans and messages.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            What::Unit(k) | What::Math(k) | What::Processor(k, _) => k.name,
            What::Plugin(hosted) => &hosted.stem,
            What::Sum => "sum",
            What::Align(_) => "align",
            What::UntilStop => "until_stop",
            What::Fade(..) => "fade",
            What::Instrument(_) => "instrument",
            What::Kit(..) => "kit",
            What::Bank(_) | What::Parts(_) => "bank",
            What::Import(_) => "import",
            What::Inlet(_) => "audio_in",
        }
    }
}

/// One unit or processor to be.
#[derive(Clone)]
pub struct Inst {
    /// What it is.
    pub what: What,
    /// Inputs: audio first, then parameters.
    pub ins: Vec<Wire>,
    /// Output channels.
    pub outs: u8,
    /// Rate of its outputs.
    pub rate: Rate,
    /// The node that it was made from.
    pub node: NodeId,
    /// Where the script made that node.
    pub place: Place,
    /// Its key within the strip: written, or kind and ordinal.
    pub path: String,
    /// The script has written that key.
    pub keyed: bool,
    /// What the script calls its node: the instances of a node, one a channel, share it.
    pub name: String,
    /// Settings.
    pub settings: Option<ArgSettings>,
    /// Frames by which its outputs are late, all told.
    pub latency: usize,
    /// Of those, its own.
    pub own_latency: usize,
    /// Frames that it rings; `usize::MAX` if it never ends by itself.
    pub tail: usize,
    /// Its state will be moved in from an instance that consists of this: none needs to be built.
    pub ghost: Option<Inside>,
    /// It decides how long a voice lasts.
    pub envelope: bool,
    /// Seed of its own.
    pub seed: u64,
    /// Path of the instance that hears its notes.
    pub feeds: Option<String>,
}

impl Inst {
    /// An instance that no node of the script asks for.
    #[must_use]
    pub fn helper(what: What) -> Inst {
        Inst {
            what,
            ins: Vec::new(),
            outs: 1,
            rate: Rate::Audio,
            node: NodeId(u32::MAX),
            place: Place::default(),
            path: String::new(),
            keyed: false,
            name: String::new(),
            settings: None,
            latency: 0,
            own_latency: 0,
            tail: 0,
            ghost: None,
            envelope: false,
            seed: 0,
            feeds: None,
        }
    }
}

/// Instances in order, and what leaves the net.
#[derive(Clone, Default)]
pub struct Net {
    /// Instances; each reads only from those before it.
    pub insts: Vec<Inst>,
    /// Wires that leave the net, in order.
    pub outs: Vec<Wire>,
    /// The node that hears what patterns and hands play, if that is not the source of the track.
    pub played: Option<NodeId>,
}

impl Net {
    /// Rate of what comes on `wire`.
    #[must_use]
    pub fn rate(&self, wire: Wire) -> Rate {
        match wire {
            Wire::Const(_) => Rate::Const,
            Wire::Out { inst, .. } => self.insts[inst as usize].rate,
            Wire::Voice(_) => Rate::Control,
        }
    }

    /// Frames by which `wire` is late; control wires are never held back.
    #[must_use]
    pub fn latency(&self, wire: Wire) -> usize {
        match wire {
            Wire::Out { inst, .. } => self.insts[inst as usize].latency,
            _ => 0,
        }
    }

    /// A text that two nets share if they differ in nothing but the values of constants and names:
    /// such nets run side by side in lanes.
    #[must_use]
    pub fn shape(&self) -> String {
        self.written(ArgSettings::shape)
    }

    /// The same but for what functions of the script compute: if only that has changed, states live on.
    #[must_use]
    pub fn identity(&self) -> String {
        self.written(ArgSettings::identity)
    }

    /// What its functions of the script compute, in order.
    #[must_use]
    pub fn code(&self) -> Vec<u64> {
        self.insts.iter().filter_map(|inst| inst.settings.as_ref()?.code()).collect()
    }

    fn written(&self, of: fn(&ArgSettings) -> String) -> String {
        use std::fmt::Write;
        let mut text = String::new();
        let wire = |text: &mut String, wire: &Wire| {
            let _ = match wire {
                Wire::Const(_) => write!(text, " c"),
                Wire::Out { inst, port } => write!(text, " {inst}.{port}"),
                Wire::Voice(slot) => write!(text, " v{slot}"),
            };
        };
        for inst in &self.insts {
            let _ = write!(text, "{}{}{:?}", inst.what.name(), inst.outs, inst.rate);
            match &inst.what {
                What::Align(n) => {
                    let _ = write!(text, "{n}");
                }
                What::Processor(_, channels) => {
                    let _ = write!(text, "{channels}");
                }
                What::Plugin(hosted) => {
                    let _ = write!(text, "{:?}", hosted.joints.channels);
                }
                What::Inlet(channels) => {
                    let _ = write!(text, "{}", channels.len());
                }
                _ => {}
            }
            inst.ins.iter().for_each(|w| wire(&mut text, w));
            if let Some(path) = &inst.feeds {
                let _ = write!(text, ">{path}");
            }
            if let Some(settings) = &inst.settings {
                text.push_str(&of(settings));
            }
            text.push(';');
        }
        self.outs.iter().for_each(|w| wire(&mut text, w));
        text
    }

    /// Whether every instance runs in lanes.
    #[must_use]
    pub fn is_light(&self) -> bool {
        self.insts.iter().all(|i| i.what.is_light())
    }
}
