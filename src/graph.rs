//! The graph compiler: a session becomes a schedule, in a sentence of passes.
//!
//! Order the strips, flatten each into a net, bundle alike ones into jobs, build the jobs.

mod build;
mod compiler;
mod edit;
mod flatten;
mod layout;
mod net;
mod order;
mod plan;
mod program;
mod settings;
mod strip;
mod transition;
mod voice;

pub use build::ParamTarget;
pub use edit::{Edit, edit};
pub use plan::{Plan, PlanJob, PlanNode};
pub use transition::{Transition, transition};

use self::build::StripNet;
use self::compiler::Compiler;
pub use self::layout::Placement;
use self::order::order;
use crate::diag::{Diagnostic, Severity};
use crate::nodes::table::Assets;
use crate::rt::Schedule;
use crate::rt::job::{Level, PortRef};
use crate::rt::timeline::{Stretch, Timeline};
use crate::session::{Node, NodeId, Session};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks that are rendered at once where no loop forbids it (85 ms at 48 kHz).
const CHUNK: usize = 64;
/// Alike strips in one job.
const MEMBERS: usize = 8;

/// A task that takes events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRef {
    /// Level of its job.
    pub level: u16,
    /// Job in the level.
    pub job: u16,
    /// Task in the job.
    pub task: u16,
}

/// Where a strip is in the schedule.
#[derive(Clone, Debug)]
pub struct StripRef {
    /// Name of the track, bus or `master`.
    pub name: String,
    /// Left and right after the fader.
    pub post: [PortRef; 2],
    /// Whether it is heard: a gain of 0 or 1, on its way there where an edit has just changed that.
    pub level: Level,
    /// Frames by which it is late.
    pub latency: usize,
    /// The task that plays its notes, for tracks with an instrument.
    pub player: Option<TaskRef>,
    /// Level and job.
    pub at: (u16, u16),
    /// Parameters that can be set, by path inside the strip (`lowpass.cutoff`): where they are, for each channel.
    pub params: BTreeMap<String, Vec<ParamTarget>>,
}

/// What the compiler makes.
pub struct Compiled {
    /// For the renderer.
    pub schedule: Box<Schedule>,
    /// Strips that run, in the order of the script.
    pub strips: Vec<StripRef>,
    /// What was decided, for people.
    pub plan: Plan,
    /// What is worth knowing.
    pub warnings: Vec<Diagnostic>,
    /// Where everything runs, for the next edit.
    pub placement: Placement,
}

/// Compiles `session` for `rate` hertz, loading what its nodes need through `assets`.
///
/// # Errors
/// Everything that keeps the music from being made, with places.
pub fn compile(
    session: &Session,
    rate: f64,
    assets: &dyn Assets,
) -> Result<Compiled, Vec<Diagnostic>> {
    compile_in(session, rate, assets, MEMBERS)
}

/// The same with each strip in a job of its own, so that an edit can find the state of each again
/// ([`edit`]); muted strips run on, unheard. The samples are the same; alike tracks take more time.
///
/// # Errors
/// As [`compile`].
pub fn compile_apart(
    session: &Session,
    rate: f64,
    assets: &dyn Assets,
) -> Result<Compiled, Vec<Diagnostic>> {
    compile_in(session, rate, assets, 1)
}

fn compile_in(
    session: &Session,
    rate: f64,
    assets: &dyn Assets,
    alike: usize,
) -> Result<Compiled, Vec<Diagnostic>> {
    let mut diags = Vec::new();
    let (session, master) = with_master(session);
    let order = order(&session, master, alike == 1, &mut diags);
    let nets = strip::flatten(&session, rate, assets, &order, &mut diags);
    if diags.iter().any(|d| d.severity == Severity::Error) {
        return Err(diags);
    }
    let mut compiler = Compiler::new(&session, rate, assets, &order, nets);
    compiler.alike = alike;
    for level in 0..order.levels.len() {
        compiler.level(level);
        if !compiler.diags.is_empty() {
            break;
        }
    }
    diags.append(&mut compiler.diags);
    if diags.iter().any(|d| d.severity == Severity::Error) {
        return Err(diags);
    }
    diags.extend(assets.warnings());
    Ok(compiler.finish(diags))
}

/// The session with a master chain: what comes in, if the script says nothing.
fn with_master(session: &Session) -> (std::borrow::Cow<'_, Session>, NodeId) {
    match session.master {
        Some(master) => (std::borrow::Cow::Borrowed(session), master),
        None => {
            let mut session = session.clone();
            let master = session.add(Node::new("input", Vec::new()));
            (std::borrow::Cow::Owned(session), master)
        }
    }
}

/// The tempo map as the audio thread reads it.
fn timeline(session: &Session, rate: f64) -> Timeline {
    let points = session.tempo.points();
    let stretches = points.iter().enumerate().map(|(i, p)| {
        let slope = match points.get(i + 1) {
            Some(next) if p.ramp && next.beat > p.beat => (next.bpm - p.bpm) / (next.beat - p.beat),
            _ => 0.0,
        };
        Stretch { seconds: session.tempo.seconds_at(p.beat), beat: p.beat, bpm: p.bpm, slope }
    });
    Timeline::new(rate, session.meter.quarters(), stretches.collect())
}

/// The strips that the master hears, directly or not, or that such a strip listens to.
fn heard(reads: &[BTreeSet<usize>], master: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::from([master]);
    let mut open = vec![master];
    while let Some(i) = open.pop() {
        open.extend(reads[i].iter().copied().filter(|&r| found.insert(r)));
    }
    found
}
