//! Opening a plugin for a place: its channels, program, preset and first values, then its audio half.

use super::guest::{Instance, QUIET};
use super::{Identity, Problem, Rack};
use crate::nodes::plugin::{Order, settings};
use crate::plugin::{
    self, AudioHalf, Description, Home, Mover, Parking, Plugin, PluginError, Setup, State, Tail,
    preset, sandbox,
};
use crate::session::Arg;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Parameters that patterns and controllers can move by name, though the script does not set them; of a plugin with
/// more, the first so many.
const MOVERS: usize = 512;
/// Seconds that a plugin which does not say it is heard to ring after an edit has taken it away.
const RINGS: f64 = 2.0;

/// What is known of an instance once it is open.
struct Opened {
    description: Description,
    half: Box<dyn AudioHalf>,
    movers: Vec<Mover>,
    set: Vec<(u32, f32)>,
}

/// A first value, as the script says it.
enum First {
    Number(f64, bool),
    Text(String),
}

/// What is to be opened.
struct Wanted {
    identity: Identity,
    first: Vec<(String, First)>,
    program: Option<Arg>,
    preset: Option<PathBuf>,
    legacy: Option<State>,
    /// Name and colour.
    strip: (String, Option<[u8; 3]>),
    offline: bool,
}

/// Opens the plugin of an order on the plugins' thread: as its preset says, or as `legacy` if there is one.
pub(super) fn open(
    rack: &Rack,
    order: &Order,
    at: String,
    identity: Identity,
    (preset, legacy): (Option<PathBuf>, Option<State>),
) -> Result<Arc<Instance>, Problem> {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let stale = Arc::new(AtomicBool::new(false));
    let first = settings(order.node).filter_map(|(name, normalised, arg)| {
        let first = match arg {
            Arg::Number(x) => First::Number(*x, normalised),
            Arg::Flag(on) => First::Number(f64::from(u8::from(*on)), normalised),
            Arg::Text(text) => First::Text(text.clone()),
            _ => return None,
        };
        Some((name.to_string(), first))
    });
    let wanted = Wanted {
        identity: identity.clone(),
        first: first.collect(),
        program: order.node.args.get("program").cloned(),
        preset,
        legacy,
        strip: (order.strip.to_string(), order.colour),
        offline: rack.hosting.offline,
    };
    let (place, flag) = (at.clone(), stale.clone());
    let apart = rack.hosting.sandbox.clone().filter(|_| identity.sandbox);
    let opened = rack.keeper.ask(move |plugins| {
        let mut plugin = start(&wanted.identity, apart)?;
        let opened = prepare(&mut *plugin, &wanted)?;
        plugins.insert(serial, place, plugin, flag);
        Ok::<Opened, Problem>(opened)
    });
    let nobody = || ("the thread of the plugins has ended".to_string(), "start again".to_string());
    let Opened { description, half, movers, set } = opened.ok_or_else(nobody)??;
    let rings = match description.tail {
        // What plays notes, or sends them, does so by itself.
        _ if description.instrument() || description.midi_out => usize::MAX,
        Tail::None => (RINGS * identity.rate) as usize,
        Tail::Frames(frames) => frames as usize,
        Tail::Endless => usize::MAX,
    };
    let quiet = (QUIET * identity.rate) as usize;
    let bend = match order.node.args.get("bend") {
        Some(Arg::Number(semitones)) => *semitones as f32,
        _ => 2.0,
    };
    let home = Home {
        parking: Parking::new(half),
        opened: set.into(),
        movers: movers.into(),
        latency: description.latency as usize,
        tail: rings.max(quiet),
        bend,
    };
    Ok(Arc::new_cyclic(|this| Instance {
        this: this.clone(),
        serial,
        at,
        identity,
        description: Arc::new(description),
        home: Arc::new(home),
        tail: rings,
        stale,
        driven: Mutex::default(),
        words: Mutex::default(),
        moves: Mutex::default(),
        more: Mutex::default(),
        keeper: rack.keeper.clone(),
    }))
}

pub(super) fn problem(error: &PluginError) -> Problem {
    let usual = match error {
        PluginError::Value { name, .. } | PluginError::Refused { name, .. } => {
            format!("`rhapsode plugins info \"{name}\"` shows what it takes")
        }
        PluginError::Died { .. } => "leave it out, or try another version or format of it".into(),
        _ => "`rhapsode plugins` lists what there is".into(),
    };
    let hint = error.hint().unwrap_or(usual);
    (error.to_string(), hint)
}

fn start(identity: &Identity, apart: Option<sandbox::Options>) -> Result<Box<dyn Plugin>, Problem> {
    let Identity { format, path, id, .. } = identity;
    let opened = match apart {
        Some(options) => sandbox::open(&options, *format, path, id),
        None => plugin::open(*format, path, id),
    };
    opened.map_err(|e| problem(&e))
}

/// Gets a plugin ready to play.
fn prepare(plugin: &mut dyn Plugin, wanted: &Wanted) -> Result<Opened, Problem> {
    arrange(plugin, wanted.identity.channels);
    plugin.track(&wanted.strip.0, wanted.strip.1);
    match &wanted.legacy {
        Some(state) => plugin.restore(state).map_err(|e| problem(&e))?,
        None => begin(plugin, wanted)?,
    }
    let count = plugin.description().parameters.len() as u32;
    let open = |i: &u32| plugin.description().parameters[*i as usize].open();
    let movable: Vec<u32> = (0..count).filter(open).take(MOVERS).collect();
    let movers = movable.into_iter().map(|index| mover(plugin, index)).collect();
    let set = set(plugin, &wanted.first);
    let setup = Setup {
        double: wanted.identity.double,
        offline: wanted.offline,
        ..Setup::new(wanted.identity.rate)
    };
    let half = plugin.activate(&setup).map_err(|e| problem(&e))?;
    plugin.poll();
    Ok(Opened { description: plugin.description().clone(), half, movers, set })
}

/// The program and the preset that the script wants.
fn begin(plugin: &mut dyn Plugin, wanted: &Wanted) -> Result<(), Problem> {
    if let Some(program) = &wanted.program {
        choose(plugin, program)?;
    }
    match &wanted.preset {
        Some(file) => preset::load(plugin, file).map_err(|e| problem(&e)),
        None => Ok(()),
    }
}

/// Asks for as many channels as the graph has, where the plugin has others.
fn arrange(plugin: &mut dyn Plugin, channels: usize) {
    let main = |buses: &[plugin::Bus]| buses.first().map_or(0, |bus| bus.channels);
    let d = plugin.description();
    let (ins, outs) = (main(&d.inputs), main(&d.outputs));
    if channels == 0 || ins == 0 || ins == channels || (ins == 2 && channels == 1) {
        return;
    }
    let with = |buses: &[plugin::Bus], first: usize| {
        let rest = buses.iter().skip(1).map(|bus| bus.channels);
        std::iter::once(first).chain(rest).collect::<Vec<usize>>()
    };
    let (inputs, outputs) = (with(&d.inputs, channels), with(&d.outputs, channels.max(outs)));
    plugin.arrange(&inputs, &outputs);
}

/// How the graph moves a parameter.
pub(super) fn mover(plugin: &dyn Plugin, index: u32) -> Mover {
    let initial = plugin.normalise(index, plugin.value(index));
    Mover { index, curve: Some(plugin.curve(index)), initial }
}

/// Sets what the script says; what is wrong with it is told where the parameters become wires.
fn set(plugin: &mut dyn Plugin, first: &[(String, First)]) -> Vec<(u32, f32)> {
    let mut set = Vec::new();
    for (name, value) in first {
        let Ok(index) = plugin.description().find_parameter(name) else { continue };
        let plain = match value {
            First::Number(x, false) => Some(*x),
            First::Number(x, true) => Some(plugin.plain(index, x.clamp(0.0, 1.0))),
            First::Text(text) => plugin.parse(index, text),
        };
        let Some(plain) = plain else { continue };
        if plugin.set(index, plain).is_ok() {
            let graph = match value {
                First::Number(x, true) => *x,
                _ => plain,
            };
            set.push((index, graph as f32));
        }
    }
    set
}

/// Chooses a factory program by number or name.
fn choose(plugin: &mut dyn Plugin, program: &Arg) -> Result<(), Problem> {
    let names = plugin.description().programs.clone();
    let number = match program {
        Arg::Number(n) => Some(*n as usize),
        Arg::Text(name) => names.iter().position(|n| n.eq_ignore_ascii_case(name)),
        _ => None,
    };
    if let Some(number) = number.filter(|n| *n < names.len()) {
        return plugin.program(number).map_err(|e| problem(&e));
    }
    let wanted = match program {
        Arg::Text(name) => format!("called \"{name}\""),
        Arg::Number(n) => format!("{n}"),
        _ => String::new(),
    };
    let message = format!("`{}` has no program {wanted}", plugin.description().name);
    let hint = match names.as_slice() {
        [] => "it has no factory programs at all".to_string(),
        names => {
            let all: Vec<String> = names.iter().take(12).map(|n| format!("\"{n}\"")).collect();
            format!("from 0: {}", all.join(", "))
        }
    };
    Err((message, hint))
}
