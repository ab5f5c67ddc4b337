//! Turns the interpreter's errors into diagnostics that teach.

pub mod modules;

use super::build::Build;
use super::engine::DEADLINE;
use super::function::Sources;
use super::syntax::known_functions;
use super::value::FAILED;
use crate::diag::{Diagnostic, nearest};
use crate::units::Place;
use rhai::{Engine, EvalAltResult as E, ParseErrorType, Position};

/// The diagnostic for `error` of the script called `name`; none if its cause has been told already.
#[must_use]
pub fn convert(build: &Build, engine: &Engine, error: &E, name: &str) -> Option<Diagnostic> {
    let mut file = name.to_string();
    let mut calls: Vec<(String, Place)> = Vec::new();
    let mut inner = error;
    loop {
        match inner {
            E::ErrorInFunctionCall(function, source, next, at) => {
                let called = if function.starts_with("anon$") {
                    "in the closure that is used here".to_string()
                } else {
                    format!("in `{function}`, called here")
                };
                calls.push((called, build.place(Some(&file), *at)));
                if !source.is_empty() {
                    file.clone_from(source);
                }
                inner = next;
            }
            E::ErrorInModule(path, next, at) => {
                calls
                    .push((format!("in \"{path}\", imported here"), build.place(Some(&file), *at)));
                file.clone_from(path);
                inner = next;
            }
            _ => break,
        }
    }
    let (message, hint) = explain(build, engine, inner, &file)?;
    let place = build.place(Some(&file), inner.position());
    let mut diagnostic = Diagnostic::error(message, place.clone());
    diagnostic.hint = hint;
    calls.retain(|(_, call)| call.line > 0 && *call != place);
    for (message, place) in calls.into_iter().rev().take(3) {
        diagnostic = diagnostic.relate(message, place);
    }
    Some(diagnostic)
}

/// The diagnostic for a syntax error.
#[must_use]
pub fn syntax(build: &Build, kind: &ParseErrorType, at: Position, name: &str) -> Diagnostic {
    let place = build.place(Some(name), at);
    match kind {
        ParseErrorType::ModuleUndefined(module) => {
            Diagnostic::error(format!("there is no module `{module}` here"), place)
                .hint(format!("import it first: `import \"std/{module}\" as {module};`"))
        }
        ParseErrorType::Reserved(word) => {
            Diagnostic::error(format!("`{word}` is a word of the language"), place)
                .hint("take another name")
        }
        ParseErrorType::MissingToken(token, why) => {
            Diagnostic::error(format!("`{token}` is missing {why}"), place)
                .hint("look at the end of what stands before: is a bracket not closed?")
        }
        ParseErrorType::UnexpectedEOF => {
            Diagnostic::error("the script ends in the middle of something", place)
                .hint("is there a bracket or a quote that is not closed?")
        }
        ParseErrorType::ExprTooDeep => Diagnostic::error("this is nested too deeply", place)
            .hint("give parts of it names with `let`"),
        other => Diagnostic::error(other.to_string(), place),
    }
}

/// What went wrong inside a function of values, in words.
#[must_use]
pub fn of_value_function(error: &E) -> String {
    match error {
        E::ErrorRuntime(value, _) => value.to_string().replace('\n', ": "),
        E::ErrorFunctionNotFound(signature, _) => {
            let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
            let types: Vec<String> = types.trim_end_matches(')').split(", ").map(plain).collect();
            format!(
                "`{name}` cannot be used on {} in a function of values, which sees only values",
                types.join(", ")
            )
        }
        E::ErrorTooManyOperations(_) => {
            "the function took too many steps for one value and was stopped".to_string()
        }
        E::ErrorStackOverflow(_) => "functions call each other too deep".to_string(),
        E::ErrorDataTooLarge(what, _) => format!("{} grew too large", plain(what)),
        other => {
            let text = other.to_string();
            text.split(" (line ").next().unwrap_or(&text).to_string()
        }
    }
}

type Explained = Option<(String, Option<String>)>;

fn explain(build: &Build, engine: &Engine, error: &E, file: &str) -> Explained {
    let limit = |message: &str, hint: &str| Some((message.to_string(), Some(hint.to_string())));
    match error {
        E::ErrorRuntime(value, _) => {
            let text = value.to_string();
            let (message, hint) = text.split_once('\n').unwrap_or((&text, ""));
            let hint = Some(hint.trim()).filter(|h| !h.is_empty()).map(String::from);
            Some((message.to_string(), hint))
        }
        E::ErrorFunctionNotFound(signature, _) => no_function(build, engine, signature, file),
        E::ErrorVariableNotFound(name, _) => {
            let closure = format!("a function of a module is given in a closure: |x| {name}(x)");
            let hint = name.contains("::").then_some(closure);
            Some((format!("`{name}` is not defined"), hint))
        }
        E::ErrorMismatchDataType(wanted, found, _) if found.contains("Signal") => {
            let hint = "a signal has no value while the script runs, so no `if` or `while` can depend \
                        on it: use `select(cond, a, b)` or arithmetic";
            Some((format!("{} is needed here, not a signal", plain(wanted)), Some(hint.into())))
        }
        E::ErrorMismatchDataType(wanted, found, _)
        | E::ErrorMismatchOutputType(wanted, found, _) => {
            if found.contains(FAILED) {
                return None;
            }
            Some((format!("{} is needed here, not {}", plain(wanted), plain(found)), None))
        }
        E::ErrorIndexingType(found, _) | E::ErrorDotExpr(found, _) if found.contains(FAILED) => {
            None
        }
        E::ErrorTerminated(..) => limit(
            &format!("the script ran for more than {} ms and was stopped", DEADLINE.as_millis()),
            "is there a loop that never ends? A script only describes the piece; time passes in patterns",
        ),
        E::ErrorTooManyOperations(_) => limit(
            "the script took more than 5,000,000 steps and was stopped",
            "is there a loop that never ends? Long material comes from patterns and files, not from loops",
        ),
        E::ErrorStackOverflow(_) => limit(
            "functions call each other more than 64 deep",
            "is there a function that calls itself without an end?",
        ),
        E::ErrorDataTooLarge(what, _) => limit(
            &format!("{} grew too large", plain(what)),
            "lists hold at most 10,000 values, texts 65,536 characters, maps 4,096 entries",
        ),
        E::ErrorTooManyModules(_) => limit("more than 50 modules are imported", "import fewer"),
        E::ErrorParsing(kind, _) => {
            let told = syntax(build, kind, Position::NONE, "");
            Some((told.message, told.hint))
        }
        E::ErrorModuleNotFound(path, _) => Some((format!("there is no module \"{path}\""), None)),
        other => {
            let text = other.to_string();
            let text = text.split(" (line ").next().unwrap_or(&text);
            if text.contains(FAILED) { None } else { Some((text.to_string(), None)) }
        }
    }
}

/// A call that fits no function: either the name or the types are wrong.
fn no_function(build: &Build, engine: &Engine, signature: &str, file: &str) -> Explained {
    if signature.contains(FAILED) {
        return None;
    }
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let types: Vec<String> =
        types.trim_end_matches(')').split(", ").filter(|t| !t.is_empty()).map(plain).collect();
    let given = if types.is_empty() { "nothing".to_string() } else { types.join(", ") };
    if let Some((module, function)) = name.rsplit_once("::") {
        if build.lost_modules.contains(module.trim()) {
            return None;
        }
        let sources = Sources { trees: &build.trees, files: &build.sources };
        let call = (module.trim(), function.trim());
        return Some(modules::explain(&sources, build.file(Some(file)), call, &given));
    }
    let known = known_functions(engine);
    if let Some(kind) = crate::nodes::find(name).filter(|k| types.len() > k.params.len() + 1) {
        let message = format!("`{name}` takes at most {} arguments", kind.params.len());
        return Some((message, super::doc::signature(name).map(|s| format!("it is: {s}"))));
    }
    if known.contains(name) {
        let message = format!("`{name}` cannot take {given}");
        return Some((message, super::doc::signature(name).map(|s| format!("it is: {s}"))));
    }
    let near = nearest(name, known.iter().map(String::as_str));
    Some((format!("there is no function `{name}`"), near.map(|n| format!("did you mean `{n}`?"))))
}

/// A type's name as a musician would say it.
fn plain(name: &str) -> String {
    match name.trim().trim_start_matches("&mut ") {
        "i64" | "f64" | "INT" | "FLOAT" => "a number",
        "bool" => "true or false",
        "&str | ImmutableString | String"
        | "&str"
        | "string"
        | "ImmutableString"
        | "Length of string" => "a text",
        "array" | "Array" | "Size of array" | "Size of array/BLOB" => "a list",
        "map" | "Map" | "Size of object map" => "a map",
        "Fn" | "FnPtr" => "a function",
        "()" => "nothing",
        "Signal" => "a signal",
        "Effect" => "an effect",
        "Track" => "a track",
        "Voice" => "a voice",
        other => return format!("a value of type {other}"),
    }
    .to_string()
}
