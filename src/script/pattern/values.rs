//! Functions of values: kept as body and captured values, run on the control side while patterns are queried.

use super::recorder::Recorder;
use crate::pattern::{PatternError, Value, ValueFn, Where};
use crate::script::build::{Desk, number, with};
use crate::script::engine;
use crate::script::errors;
use crate::units::Place;
use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, GlobalRuntimeState, Map, NativeCallContext as Cx,
    Position,
};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Values whose results are remembered.
const MOST_REMEMBERED: usize = 1_024;

/// What a kept function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Makes a value of a value; the same of the same.
    Value,
    /// Plays a turn of a loop on a recorder.
    Loop,
    /// Makes messages of a message, with a state of its own.
    Midi,
    /// Hears of a change; may return nothing.
    Change,
}

/// A function of the script with all that it needs to run after the script has ended: a function pointer
/// alone is but a name.
struct Kept {
    engine: Arc<Engine>,
    function: FnPtr,
    /// The functions of its script, imported modules and global constants.
    global: GlobalRuntimeState,
    role: Role,
    /// The call that the function was given to.
    call: Place,
    /// Names of the sources, for places.
    files: Vec<String>,
    /// Results so far, by the text of the value: the same value always gives the same.
    memory: Mutex<BTreeMap<String, Result<Value, PatternError>>>,
}

/// Keeps `function`, which the script gives to the call `cx`.
pub fn kept(cx: &Cx, function: &FnPtr, role: Role) -> ValueFn {
    let desk = Desk::of(cx);
    let engine = engine::of_values(&desk);
    let (files, call) = with(cx, |build, at| {
        (build.sources.iter().map(|s| s.name.clone()).collect::<Vec<_>>(), at)
    });
    #[allow(deprecated)] // Not deprecated but volatile, says Rhai.
    let mut global = cx.store_data().global;
    global.tag = Dynamic::UNIT;
    global.level = 0;
    global.num_operations = Default::default();
    let own = |lib: &rhai::Shared<rhai::Module>| {
        lib.iter_script_fn_info().any(|(_, _, name, ..)| name == function.fn_name())
    };
    if !global.lib.first().is_some_and(own) {
        adopt_modules(&mut global);
    }
    let mut function = function.clone();
    // What is captured is shared with the script, which may change it later.
    let captured: Vec<Dynamic> = function.iter_curry().map(|v| v.clone().flatten()).collect();
    function.set_curry(captured);
    let text = identity(&desk, &function);
    let kept = Kept { engine, function, global, call, files, role, memory: Mutex::default() };
    ValueFn { run: Arc::new(move |v| kept.call(v)), text: text.into() }
}

/// Puts the functions of imported modules beside the script's own: a closure that a module has returned is known to
/// that module alone, and is called from outside of it.
fn adopt_modules(global: &mut GlobalRuntimeState) {
    let imported: Vec<_> = global.iter_imports_raw().map(|(_, module)| module.clone()).collect();
    let mut all = global.lib.first().map_or_else(Default::default, |own| (**own).clone());
    for module in imported {
        all.fill_with(&module);
    }
    match global.lib.first_mut() {
        Some(own) => *own = all.into(),
        None => global.lib.push(all.into()),
    }
}

/// A text that differs where the function or what it uses differs.
fn identity(desk: &Desk, function: &FnPtr) -> String {
    let mut all = String::new();
    for source in &desk.open().sources {
        let _ = write!(all, "{}\u{0}", source.text);
    }
    let _ = write!(all, "{:?}", function.curry());
    let name =
        if function.is_anonymous() { "|v| ..".into() } else { function.fn_name().to_string() };
    format!("{name} /* {:016x} */", crate::pattern::fingerprint(&all))
}

impl Kept {
    fn call(&self, value: &Value) -> Result<Value, PatternError> {
        if self.role == Role::Midi {
            return self.message(value);
        }
        if self.role == Role::Change {
            return self.run(value);
        }
        let memory = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{value:?}");
        if let Some(known) = memory().get(&key) {
            return known.clone();
        }
        let made = self.run(value);
        let mut memory = memory();
        if memory.len() >= MOST_REMEMBERED {
            memory.clear();
        }
        memory.insert(key, made.clone());
        made
    }

    fn run(&self, value: &Value) -> Result<Value, PatternError> {
        let name = self.function.fn_name();
        let cx = Cx::new_with_all_fields(&self.engine, name, None, &self.global, Position::NONE);
        let run = |given| self.function.call_raw(&cx, None, [given]);
        if self.role == Role::Loop {
            let recorder = Recorder::new(value);
            // What it returns does not matter: it has played.
            let _ = run(Dynamic::from(recorder.clone())).map_err(|e| self.told(&e, ""))?;
            return recorder.notes();
        }
        let for_value = format!(" (for the value {value})");
        let made = run(to_dynamic(value)).map_err(|e| self.told(&e, &for_value))?;
        if self.role == Role::Change && made.is_unit() {
            return Ok(Value::text(""));
        }
        from_dynamic(&made).ok_or_else(|| {
            let what = crate::script::args::describe(&made);
            PatternError::new(format!(
                "a function of values must return a number, a text, true or false, a list or a map; \
                 for {value} it returns {what}"
            ))
            .at(Where::At(self.call.clone()))
        })
    }

    /// Calls it with the `message` in a map, bound to `this`; gives what it returns as `send`, and `this`.
    fn message(&self, value: &Value) -> Result<Value, PatternError> {
        let given = |name: &str| match value {
            Value::Map(parts) => parts.get(name).map_or(Dynamic::UNIT, to_dynamic),
            _ => Dynamic::UNIT,
        };
        let name = self.function.fn_name();
        let cx = Cx::new_with_all_fields(&self.engine, name, None, &self.global, Position::NONE);
        let mut this = given("this");
        let made = self.function.call_raw(&cx, Some(&mut this), [given("message")]);
        let made = made.map_err(|error| self.told(&error, ""))?;
        let wrong = |what: &Dynamic| {
            let what = crate::script::args::describe(what);
            let message =
                format!("a function of `on_midi` returns messages or nothing, not {what}");
            PatternError::new(message).at(Where::At(self.call.clone()))
        };
        let mut parts = BTreeMap::new();
        if !made.is_unit() {
            let send = from_dynamic(&made).ok_or_else(|| wrong(&made))?;
            parts.insert("send".into(), send);
        }
        let state = from_dynamic(&this).ok_or_else(|| wrong(&this))?;
        parts.insert("this".into(), state);
        Ok(Value::Map(parts))
    }

    /// The error at its own place, and when it happened.
    fn told(&self, error: &EvalAltResult, when: &str) -> PatternError {
        let mut file = self.global.source.as_ref().map(ToString::to_string);
        let mut inner = error;
        while let EvalAltResult::ErrorInFunctionCall(_, source, next, _) = inner {
            if !source.is_empty() {
                file = Some(source.clone());
            }
            inner = next;
        }
        let index = file.and_then(|f| self.files.iter().position(|name| *name == f)).unwrap_or(0);
        let at = inner.position();
        let inside = at.line().map(|line| Place {
            file: index as u16,
            line: line as u32,
            column: at.position().unwrap_or(1) as u32,
        });
        let place = inside.unwrap_or_else(|| self.call.clone());
        let message = format!("{}{when}", errors::of_value_function(inner));
        PatternError::new(message).at(Where::At(place))
    }
}

/// A value as the script sees it: numbers are floats.
fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Num(n) => Dynamic::from_float(*n),
        Value::Text(t) => Dynamic::from(t.to_string()),
        Value::Bool(b) => Dynamic::from_bool(*b),
        Value::List(l) => Dynamic::from_array(l.iter().map(to_dynamic).collect()),
        Value::Map(m) => {
            let pairs = m.iter().map(|(k, v)| (k.as_ref().into(), to_dynamic(v)));
            Dynamic::from_map(pairs.collect())
        }
    }
}

/// A value of the script as one of a pattern; `None` for what no event can carry.
pub fn from_dynamic(made: &Dynamic) -> Option<Value> {
    if let Some(n) = number(made) {
        return Some(Value::Num(n));
    }
    if let Ok(b) = made.as_bool() {
        return Some(Value::Bool(b));
    }
    if let Ok(c) = made.as_char() {
        return Some(Value::text(c.to_string()));
    }
    if let Ok(text) = made.as_immutable_string_ref() {
        return Some(Value::text(text.as_str()));
    }
    if let Some(list) = made.read_lock::<Array>() {
        return list.iter().map(from_dynamic).collect::<Option<_>>().map(Value::List);
    }
    let map = made.read_lock::<Map>()?;
    let pair = |(k, v): (_, &Dynamic)| {
        let name: &rhai::Identifier = k;
        Some((name.as_str().into(), from_dynamic(v)?))
    };
    map.iter().map(pair).collect::<Option<_>>().map(Value::Map)
}
