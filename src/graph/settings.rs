//! A node's settings that do not move, with the table's defaults behind them.

use crate::dsp::unit::Settings;
use crate::nodes::Kind;
use crate::nodes::function::FUNCTION;
use crate::nodes::plugin::NOTES;
use crate::session::{Arg, Node};
use std::any::Any;
use std::collections::BTreeMap;

/// Arguments of a node over the defaults of its kind.
#[derive(Clone)]
pub struct ArgSettings {
    kind: &'static Kind,
    args: BTreeMap<String, Arg>,
}

impl ArgSettings {
    /// The settings of `node`, which is of `kind`.
    #[must_use]
    pub fn new(kind: &'static Kind, node: &Node) -> ArgSettings {
        let moving = |name: &str| kind.param(name).is_some_and(|(_, p)| p.is_wire());
        let args = node.args.iter().filter(|(name, _)| !moving(name) && *name != NOTES);
        ArgSettings { kind, args: args.map(|(k, v)| (k.clone(), v.clone())).collect() }
    }

    /// The same with a flag that is set.
    #[must_use]
    pub fn flagged(mut self, name: &str) -> ArgSettings {
        self.args.insert(name.to_string(), Arg::Flag(true));
        self
    }

    /// Its texts: paths of files, names.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.args.values().filter_map(|arg| match arg {
            Arg::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A text that is the same for the same settings.
    #[must_use]
    pub fn shape(&self) -> String {
        let identity = self.identity();
        match self.code() {
            Some(code) => format!("{identity} {code:016x}"),
            None => identity,
        }
    }

    /// What tells the code of its function of the script from other code, if it has one.
    #[must_use]
    pub fn code(&self) -> Option<u64> {
        match self.args.get(FUNCTION) {
            Some(Arg::Program(program)) => Some(program.fingerprint),
            _ => None,
        }
    }

    /// The same but for what a function of the script computes: if only that has changed, its state lives on.
    #[must_use]
    pub fn identity(&self) -> String {
        if !self.args.contains_key(FUNCTION) {
            return format!("{:?}", self.args);
        }
        let others: Vec<_> = self.args.iter().filter(|(name, _)| *name != FUNCTION).collect();
        format!("{others:?}")
    }
}

impl Settings for ArgSettings {
    fn extra(&self) -> Option<&dyn Any> {
        match self.args.get(FUNCTION) {
            Some(Arg::Program(program)) => Some(program),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> &str {
        match self.args.get(name) {
            Some(Arg::Text(text)) => text,
            _ => self.kind.param(name).map_or("", |(_, p)| p.text),
        }
    }

    fn flag(&self, name: &str) -> bool {
        match self.args.get(name) {
            Some(Arg::Flag(flag)) => *flag,
            Some(Arg::Number(x)) => *x != 0.0,
            _ => self.kind.param(name).is_some_and(|(_, p)| p.text == "true"),
        }
    }

    fn number(&self, name: &str) -> f64 {
        match self.args.get(name) {
            Some(Arg::Number(x)) => *x,
            _ => self.kind.param(name).map_or(0.0, |(_, p)| p.default),
        }
    }

    fn list(&self, name: &str) -> &[f64] {
        match self.args.get(name) {
            Some(Arg::List(list)) => list,
            _ => &[],
        }
    }
}
