//! Where the instances of a strip run, so that an edit can find their states again.

use super::build::StripNet;
use super::net::{Export, Inst, Net, What, Wire};
use super::order::Order;
use crate::rt::update::{TaskSpot, Tune};

/// A constant input of an instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fixed {
    /// Which input.
    pub input: u16,
    /// What the script says.
    pub value: f64,
    /// Scalar of the lane program, or line of the job.
    pub index: u16,
}

/// Where an instance runs.
#[derive(Clone, Debug, Default)]
pub(super) enum Seat {
    /// Nowhere: what it stands for comes from other strips.
    #[default]
    Outside,
    /// Nowhere: it comes from outside, and has no state.
    Inlet,
    /// An operation of a lane program.
    Unit { task: u16, op: u16, fixed: Vec<Fixed> },
    /// A task of its own.
    Processor { task: u16, fixed: Vec<Fixed>, inside: Inside },
}

/// What a processor that is made of lane programs consists of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Inside {
    /// The same for all that differ in nothing but the values of constants and the code of functions of the script.
    pub shape: String,
    /// The code of these functions.
    pub code: Vec<u64>,
    /// The constants, in the order that the shape gives them.
    pub constants: Vec<Tune>,
}

/// A strip as it was compiled.
pub(super) struct Layout {
    pub strip: StripNet,
    pub level: u16,
    pub job: u16,
    /// By instance.
    pub seats: Vec<Seat>,
}

impl Layout {
    pub fn spot(&self, task: u16) -> TaskSpot {
        TaskSpot { level: self.level, job: self.job, task }
    }
}

/// Where everything of a compiled session runs. Kept on the control thread as long as the session sounds.
pub struct Placement {
    pub(super) layouts: Vec<Layout>,
    pub(super) order: Order,
    /// Feedback lines by index: strip, export, channel.
    pub(super) late: Vec<(String, Export, u16)>,
}

/// The constant inputs of `inst` among those that `index` knows a place of.
pub(super) fn fixed(inst: &Inst, index: impl Fn(usize) -> Option<u16>) -> Vec<Fixed> {
    let constant = |(input, wire): (usize, &Wire)| match wire {
        Wire::Const(value) => {
            Some(Fixed { input: input as u16, value: *value, index: index(input)? })
        }
        _ => None,
    };
    inst.ins.iter().enumerate().filter_map(constant).collect()
}

/// What two instances must share for the state of one to be the state of the other.
pub(super) fn signature(net: &Net, inst: &Inst, seat: &Seat) -> String {
    use std::fmt::Write;
    if let What::Plugin(hosted) = &inst.what {
        // The instance goes on whatever drives it.
        return format!("plugin {} {}", hosted.guest.serial(), inst.outs);
    }
    let mut text = format!("{} {}", inst.what.name(), inst.outs);
    let _ = match &inst.what {
        What::Align(frames) => write!(text, " {frames}"),
        What::Processor(_, channels) => write!(text, " {channels}"),
        What::Inlet(channels) => write!(text, " {channels:?}"),
        _ => Ok(()),
    };
    for wire in &inst.ins {
        // A unit may be specialised by what its inputs are.
        let _ = write!(text, " {:?}", net.rate(*wire));
    }
    if let Some(settings) = &inst.settings {
        text.push_str(&settings.identity());
    }
    if let Seat::Processor { inside, .. } = seat {
        text.push_str(&inside.shape);
    }
    text
}
