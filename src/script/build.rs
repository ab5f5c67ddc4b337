//! What grows while a script runs: the session, the diagnostics, the sources that were read.

use super::constants::Constants;
use super::controllers::Wanted;
use super::literal::{self, Literals};
use super::value::Fx;
use crate::diag::{Diagnostic, Source, place_at};
use crate::pattern::{Pattern, PatternError, Places, Where};
use crate::session::{Arg, Command, Node, NodeId, Output, Session};
use crate::units::Place;
use crate::world::World;
use rhai::{AST, Dynamic, EvalAltResult, NativeCallContext, Position};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The result of a binding; `Err` ends the statement of the script.
pub type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// Which argument of a call a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// The call itself.
    Call,
    /// The argument with this index.
    Index(usize),
    /// The option of this name.
    Option(String),
}

/// A parameter set by its path; done when all tracks are known.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The path.
    pub path: String,
    /// The value.
    pub value: Arg,
    /// Where the script says so.
    pub place: Place,
}

/// Length of the piece as the script gave it.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// In bars of the meter that holds at the end of the script.
    Bars(f64),
    /// In beats.
    Beats(f64),
}

/// The state of an evaluation.
pub struct Build {
    /// The piece so far.
    pub session: Session,
    /// The outside.
    pub world: Arc<dyn World>,
    /// Files read so far; indices of [`Place::file`].
    pub sources: Vec<Source>,
    /// Messages so far, and which argument of the call at their place they are about.
    pub messages: Vec<(Diagnostic, Site)>,
    /// Parameters set by path.
    pub settings: Vec<Setting>,
    /// Controllers that are to move parameters.
    pub maps: Vec<Wanted>,
    /// Parameters that are to be mapped to the controller that is moved next.
    pub learns: Vec<Wanted>,
    /// Buses named by `.output()`, and where.
    pub outputs: Vec<(String, Place)>,
    /// Leaves of voices by instrument and input.
    pub leaves: BTreeMap<(usize, String), NodeId>,
    /// Files whose bytes were read, as the script names them.
    pub read: BTreeSet<String>,
    /// Files that the script writes.
    pub written: Vec<Output>,
    /// Time that files took, which is not the script's.
    pub aside: std::time::Duration,
    /// Plugins that the script names.
    pub plugins: super::plugin::Known,
    /// MIDI files that were read.
    pub songs: BTreeMap<String, super::pattern::midi::File>,
    /// What is asked of the performance, and where.
    pub commands: Vec<(Command, Place)>,
    /// Length, once given.
    pub length: Option<Length>,
    /// Names of tracks and buses whose statements failed.
    pub lost: BTreeSet<String>,
    /// Modules whose imports failed.
    pub lost_modules: BTreeSet<String>,
    /// Syntax trees by index of their file.
    pub trees: Vec<(u16, Arc<AST>)>,
    /// Where the text literals stand.
    pub literals: Literals,
    /// Names that scripts know without declaring them.
    pub constants: Constants,
    /// What functions of values run on, once there is one.
    pub values: Option<Arc<rhai::Engine>>,
    /// Patterns that are played, and where the script says so.
    pub played: Vec<(Pattern, Place)>,
    /// Where each of the declarations that may stand only once was made.
    pub once: BTreeMap<&'static str, Place>,
}

impl Build {
    /// Nothing yet.
    #[must_use]
    pub fn new(world: Arc<dyn World>, name: &str, text: &str) -> Build {
        let source = Source { name: name.to_string(), text: text.to_string() };
        Build {
            session: Session { files: vec![name.to_string()], ..Session::default() },
            world,
            sources: vec![source],
            messages: Vec::new(),
            settings: Vec::new(),
            maps: Vec::new(),
            learns: Vec::new(),
            outputs: Vec::new(),
            leaves: BTreeMap::new(),
            read: BTreeSet::new(),
            written: Vec::new(),
            aside: std::time::Duration::ZERO,
            plugins: BTreeMap::new(),
            songs: BTreeMap::new(),
            commands: Vec::new(),
            length: None,
            lost: BTreeSet::new(),
            lost_modules: BTreeSet::new(),
            trees: Vec::new(),
            literals: Literals::default(),
            constants: Constants::default(),
            values: None,
            played: Vec::new(),
            once: BTreeMap::new(),
        }
    }

    /// Index of the source called `name`.
    #[must_use]
    pub fn file(&self, name: Option<&str>) -> u16 {
        let index = name.and_then(|n| self.sources.iter().position(|s| s.name == n));
        index.and_then(|i| u16::try_from(i).ok()).unwrap_or(0)
    }

    /// The place of a position in the source called `name`.
    #[must_use]
    pub fn place(&self, name: Option<&str>, at: Position) -> Place {
        Place {
            file: self.file(name),
            line: at.line().unwrap_or(0) as u32,
            column: at.position().unwrap_or(1) as u32,
        }
    }

    /// Where the bytes of `text` stand, an argument of the call at `call`; `None` if it is no literal.
    #[must_use]
    pub fn literal(&self, text: &str, call: &Place) -> Option<Places> {
        literal::places(self, text, call)
    }

    /// The place of an error of a pattern, if the error knows it.
    #[must_use]
    pub fn place_of(&self, error: &PatternError) -> Option<Place> {
        match &error.place {
            Where::Unknown => None,
            Where::Offset(offset) => place_at(&self.sources, *offset),
            Where::At(place) => Some(place.clone()),
        }
    }

    /// Adds a message.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.report_at(diagnostic, Site::Call);
    }

    /// Adds a message about an argument of the call at the message's place.
    pub fn report_at(&mut self, diagnostic: Diagnostic, site: Site) {
        // A loop over a mistake says it a few times only.
        let same = |(m, s): &&(Diagnostic, Site)| m.place == diagnostic.place && *s == site;
        let told = self.messages.iter().filter(same);
        if told.clone().count() < 3 && !told.clone().any(|(m, _)| *m == diagnostic) {
            self.messages.push((diagnostic, site));
        }
    }

    /// Adds a node made at `place`.
    pub fn add(&mut self, node: Node, place: &Place) -> NodeId {
        self.session.add(Node { place: place.clone(), ..node })
    }

    /// The sum of `inputs`; sums among them are taken apart, so that `a + b + c` is one node.
    pub fn mix(&mut self, inputs: &[NodeId], place: &Place) -> NodeId {
        let mut all = Vec::new();
        for &input in inputs {
            let node = self.session.node(input);
            if node.kind == "mix" && node.key.is_none() && !node.inputs.is_empty() {
                all.extend_from_slice(&node.inputs);
            } else {
                all.push(input);
            }
        }
        match all.as_slice() {
            [one] => *one,
            _ => self.add(Node::new("mix", all), place),
        }
    }

    /// The output of `fx` when its input is `input`.
    pub fn apply(&mut self, fx: &Fx, input: NodeId, place: &Place) -> NodeId {
        match fx {
            Fx::Dry => input,
            Fx::Node(node) => {
                let node = Node { inputs: vec![input], ..(**node).clone() };
                self.session.add(node)
            }
            Fx::Series(all) => all.iter().fold(input, |input, fx| self.apply(fx, input, place)),
            Fx::Mix(all) => {
                let outs: Vec<NodeId> = all.iter().map(|fx| self.apply(fx, input, place)).collect();
                self.mix(&outs, place)
            }
            Fx::Channels(all) => {
                let outs = (0..).zip(all).map(|(index, fx)| {
                    let pick = Node::new("channel", vec![input]);
                    let one = self.add(pick.with("index", Arg::Number(f64::from(index))), place);
                    self.apply(fx, one, place)
                });
                let outs = outs.collect();
                self.add(Node::new("join", outs), place)
            }
            Fx::Scale(fx, by) => {
                let out = self.apply(fx, input, place);
                let node = super::operators::math_node("mul", out, by.clone());
                self.add(node, place)
            }
        }
    }

    /// Notes that a declaration that may stand only once stands at `place`; complains if it is the second.
    pub fn once(&mut self, what: &'static str, place: &Place) {
        if let Some(first) = self.once.insert(what, place.clone()) {
            let message = format!("`{what}` is given twice");
            let diagnostic = Diagnostic::error(message, place.clone());
            self.report(diagnostic.relate("first given here", first).hint("keep one of the two"));
        }
    }
}

/// The build as the engine carries it to every binding.
#[derive(Clone)]
pub struct Desk(Arc<Mutex<Build>>);

impl Desk {
    /// Wraps a build.
    #[must_use]
    pub fn new(build: Build) -> Desk {
        Desk(Arc::new(Mutex::new(build)))
    }

    /// The build. Never held while the interpreter runs (a closure would wait for itself).
    pub fn open(&self) -> MutexGuard<'_, Build> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outside.
    #[must_use]
    pub fn world(&self) -> Arc<dyn World> {
        self.open().world.clone()
    }

    /// The desk of the engine that makes this call.
    ///
    /// # Panics
    /// Never: the engine is made with a desk.
    #[must_use]
    pub fn of(ctx: &NativeCallContext) -> Desk {
        let tag = ctx.tag().and_then(|tag| tag.read_lock::<Desk>().map(|desk| desk.clone()));
        tag.unwrap_or_else(|| unreachable!("the engine is made with a desk"))
    }
}

/// Runs `f` with the build and the place of the call.
pub fn with<R>(ctx: &NativeCallContext, f: impl FnOnce(&mut Build, Place) -> R) -> R {
    let desk = Desk::of(ctx);
    let mut build = desk.open();
    let place = build.place(ctx.call_source(), ctx.call_position());
    f(&mut build, place)
}

/// A number, if `value` is an integer or a float.
#[must_use]
pub fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|i| i as f64))
}
