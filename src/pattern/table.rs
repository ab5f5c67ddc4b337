//! The one table of everything that can be called on patterns: bindings, docs and completion.

mod chance;
mod choice;
mod effects;
mod make;
pub(crate) mod operate;
mod rhythm;
mod samples;
mod signals;
mod stepwise;
mod timing;
mod tone;

use super::call::{Args, Built, LiftFn};
use super::control;
use super::core::Pattern;
use super::error::PatternError;
use super::join::Join;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// What an argument is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A number, or a pattern (or mini-notation) of numbers.
    Number,
    /// A pattern, mini-notation or a plain value.
    Pattern,
    /// As many patterns as one likes.
    Patterns,
    /// A function from pattern to pattern.
    Function,
    /// As many functions as one likes.
    Functions,
    /// A function from value to value.
    ValueFunction,
    /// A function that plays a turn of a loop.
    Recorder,
    /// A list or map of patterns.
    Lookup,
    /// A list.
    List,
    /// Plain text.
    Text,
}

impl Kind {
    pub(crate) fn is_function(self) -> bool {
        self == Kind::Function
    }
}

type MakeFn = Box<dyn Fn(&Args<'_, '_>) -> Built + Send + Sync>;
type RawFn = Box<dyn Fn(&Pattern, &Args<'_, '_>) -> Built + Send + Sync>;

/// How a row runs.
pub(crate) enum Run {
    /// A function without a receiver.
    Make(MakeFn),
    /// A method that takes its arguments as they are.
    Raw(RawFn),
    /// A method of constant values, made into one of patterns.
    Lift { join: Join, keep_steps: bool, run: LiftFn },
}

/// One combinator.
pub struct Row {
    /// Its name in snake_case.
    pub name: Arc<str>,
    /// Other names, Strudel's spelling among them.
    pub aliases: Vec<Arc<str>>,
    /// Its arguments, without the receiver of a method: name and kind.
    pub args: Vec<(&'static str, Kind)>,
    /// What it does, in one line.
    pub doc: String,
    /// An expression that shows it.
    pub example: String,
    /// Functions of it get a number as a second argument.
    pub(crate) indexed: bool,
    pub(crate) run: Run,
}

impl Row {
    /// True for a method on patterns, false for a function that makes one.
    pub fn is_method(&self) -> bool {
        !matches!(self.run, Run::Make(_))
    }

    /// True for a bare name such as `sine`, which takes no arguments.
    pub fn is_constant(&self) -> bool {
        !self.is_method() && self.args.is_empty()
    }

    fn new(names: &str, args: &[(&'static str, Kind)], doc: &str, example: &str, run: Run) -> Row {
        let mut names = names.split(' ');
        let name = names.next().unwrap_or_default();
        let mut aliases: Vec<Arc<str>> = names.map(Arc::from).collect();
        let spelled: Vec<String> =
            std::iter::once(name).chain(aliases.iter().map(|a| &**a)).map(camel_case).collect();
        for camel in spelled {
            if *camel != *name && !aliases.iter().any(|a| **a == *camel) {
                aliases.push(camel.into());
            }
        }
        Row {
            name: name.into(),
            aliases,
            args: args.to_vec(),
            doc: doc.into(),
            example: example.into(),
            indexed: false,
            run,
        }
    }
}

/// A method of numbers and functions: `names` separated by spaces, the first its own.
fn lift(names: &str, args: &[(&'static str, Kind)], doc: &str, example: &str, run: LiftFn) -> Row {
    Row::new(names, args, doc, example, Run::Lift { join: Join::Inner, keep_steps: false, run })
}

/// Like [`lift`], for what does not change the number of steps.
fn lift_same(
    names: &str,
    args: &[(&'static str, Kind)],
    doc: &str,
    example: &str,
    run: LiftFn,
) -> Row {
    Row::new(names, args, doc, example, Run::Lift { join: Join::Inner, keep_steps: true, run })
}

/// Like [`lift`], with the results laid one after the other by their steps.
fn lift_steps(
    names: &str,
    args: &[(&'static str, Kind)],
    doc: &str,
    example: &str,
    run: LiftFn,
) -> Row {
    Row::new(names, args, doc, example, Run::Lift { join: Join::Step, keep_steps: false, run })
}

/// A method that takes its arguments as they are.
fn raw(
    names: &str,
    args: &[(&'static str, Kind)],
    doc: &str,
    example: &str,
    run: impl Fn(&Pattern, &Args<'_, '_>) -> Built + Send + Sync + 'static,
) -> Row {
    Row::new(names, args, doc, example, Run::Raw(Box::new(run)))
}

/// A function that makes a pattern.
fn make(
    names: &str,
    args: &[(&'static str, Kind)],
    doc: &str,
    example: &str,
    run: impl Fn(&Args<'_, '_>) -> Built + Send + Sync + 'static,
) -> Row {
    Row::new(names, args, doc, example, Run::Make(Box::new(run)))
}

fn control_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for c in control::CONTROLS {
        let names: Vec<Arc<str>> = c.names.iter().map(|n| Arc::from(*n)).collect();
        let spelled = [&c.names[..1], c.aliases].concat().join(" ");
        // `clip(notes)` is a function of its own.
        let functions = spelled.trim_start_matches("clip ").to_string();
        let made = names.clone();
        let called = functions.split(' ').next().unwrap_or_default();
        let show = format!("{called}(\"0 1\")");
        rows.push(make(&functions, &[("values", Kind::Pattern)], c.doc, &show, move |args| {
            Ok(control::control_pattern(made.clone(), &args.sequence()?))
        }));
        let show = format!("note(\"c3 e3\").{}(\"0 1\")", c.names[0]);
        rows.push(raw(&spelled, &[("values", Kind::Pattern)], c.doc, &show, move |p, args| {
            if args.items.is_empty() {
                return Ok(control::control_pattern(names.clone(), p));
            }
            Ok(control::set_control(p, names.clone(), &args.sequence()?))
        }));
    }
    rows
}

struct Table {
    rows: Vec<Row>,
    methods: BTreeMap<Arc<str>, usize>,
    functions: BTreeMap<Arc<str>, usize>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut rows = Vec::new();
        for part in [
            timing::rows(),
            rhythm::rows(),
            effects::rows(),
            samples::rows(),
            chance::rows(),
            choice::rows(),
            operate::rows(),
            stepwise::rows(),
            tone::rows(),
            make::rows(),
            signals::rows(),
            control_rows(),
        ] {
            rows.extend(part);
        }
        let (mut methods, mut functions) = (BTreeMap::new(), BTreeMap::new());
        for own in [true, false] {
            for (i, row) in rows.iter().enumerate() {
                let into = if row.is_method() { &mut methods } else { &mut functions };
                let names: &[Arc<str>] =
                    if own { std::slice::from_ref(&row.name) } else { &row.aliases };
                for name in names {
                    into.entry(name.clone()).or_insert(i);
                }
            }
        }
        Table { rows, methods, functions }
    })
}

/// Every combinator, grouped by subject.
pub fn rows() -> &'static [Row] {
    &table().rows
}

/// The method of this name, in any of its spellings.
///
/// # Errors
/// When there is none; the message suggests the nearest.
pub fn find_method(name: &str) -> Result<&'static Row, PatternError> {
    let t = table();
    if let Some(i) = t.methods.get(name) {
        return Ok(&t.rows[*i]);
    }
    let near = t
        .methods
        .keys()
        .map(|k| (strsim::damerau_levenshtein(k, name), k))
        .min()
        .filter(|(d, _)| *d <= 3)
        .map_or(String::new(), |(_, k)| format!("; did you mean '{k}'?"));
    Err(PatternError::new(format!("there is no combinator '{name}'{near}")))
}

/// The function of this name, in any of its spellings.
pub fn find_function(name: &str) -> Option<&'static Row> {
    let t = table();
    t.functions.get(name).map(|i| &t.rows[*i])
}

/// `degrade_by` to `degradeBy`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut out = words.next().unwrap_or_default().to_string();
    for w in words {
        let mut chars = w.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    out
}
