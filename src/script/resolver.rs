//! Imports: modules come from the world, each is read once, and circles are refused.

use super::build::Desk;
use super::constants::Constants;
use super::syntax;
use crate::diag::Source;
use rhai::{
    Engine, EvalAltResult, GlobalRuntimeState, Module, ModuleResolver, NativeCallContext, Position,
    Scope, Shared, Variant,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// `path` as seen from the folder of the script `importer`, without `.` and, where they can be taken back,
/// without `..`. Modules of the standard library are the same from everywhere.
pub(super) fn beside(importer: Option<&str>, path: &str) -> String {
    let folder = importer.and_then(|i| i.rsplit_once('/')).map_or("", |(folder, _)| folder);
    if path.starts_with("std/")
        || path.starts_with('/')
        || importer.is_none_or(|i| i.starts_with("std/"))
    {
        return path.to_string();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Resolves `import "path" as name`.
pub struct Modules {
    desk: Desk,
    constants: Constants,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Modules that were read.
    ready: BTreeMap<String, Shared<Module>>,
    /// Modules that are being read, outermost first.
    open: Vec<String>,
}

impl Modules {
    /// A resolver that reads from the world of `desk`.
    #[must_use]
    pub fn new(desk: Desk, constants: Constants) -> Modules {
        Modules { desk, constants, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a module: beside the script that imports it, else as seen from the main script.
    fn find(&self, near: String, path: &str, at: Position) -> Fallible<(String, String)> {
        let world = self.desk.world();
        if near != path
            && let Ok(text) = world.script(&near)
        {
            return Ok((near, text));
        }
        match world.script(path) {
            Ok(text) => Ok((path.to_string(), text)),
            Err(why) => Err(EvalAltResult::ErrorRuntime(format!("{why}\n").into(), at).into()),
        }
    }

    /// Compiles and runs the module `path`.
    fn load(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        path: &str,
        text: String,
        at: Position,
    ) -> Result<Module, Box<EvalAltResult>> {
        {
            let mut build = self.desk.open();
            build.sources.push(Source { name: path.to_string(), text: text.clone() });
            build.session.files.push(path.to_string());
        }
        let wrap = |e| Box::new(EvalAltResult::ErrorInModule(path.to_string(), e, at));
        let mut ast = syntax::compile(engine, &self.desk, &self.constants, path, &text)
            .map_err(|e| wrap(Box::new(e.into())))?;
        ast.set_source(path);
        let _ = syntax::lint(engine, &self.desk, &ast, path);
        syntax::literals(&self.desk, path, &ast);
        let ast = Arc::new(ast);
        syntax::keep(&self.desk, path, ast.clone());
        let module = Module::eval_ast_as_new_raw(engine, &mut Scope::new(), global, &ast);
        module.map_err(wrap)
    }
}

impl ModuleResolver for Modules {
    fn resolve(
        &self,
        engine: &Engine,
        _source: Option<&str>,
        path: &str,
        at: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let mut global = engine.new_global_runtime_state();
        self.resolve_raw(engine, &mut global, &mut Scope::new(), path, at)
    }

    fn resolve_raw(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        _scope: &mut Scope,
        path: &str,
        at: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let path = path.trim_end_matches(".rhai");
        let near = beside(global.source(), path);
        if let Some(module) = self.state().ready.get(&near) {
            return Ok(module.clone());
        }
        let (path, text) = self.find(near, path, at)?;
        let path = path.as_str();
        {
            let mut state = self.state();
            if let Some(module) = state.ready.get(path) {
                return Ok(module.clone());
            }
            if let Some(i) = state.open.iter().position(|p| p == path) {
                let circle = state.open[i..].join("\" imports \"");
                let message = format!(
                    "the imports run in a circle: \"{circle}\" imports \"{path}\"\n\
                     move what both need to a module of its own"
                );
                return Err(EvalAltResult::ErrorRuntime(message.into(), at).into());
            }
            state.open.push(path.to_string());
        }
        let module = self.load(engine, global, path, text, at);
        let mut state = self.state();
        state.open.pop();
        let module: Shared<Module> = module?.into();
        state.ready.insert(path.to_string(), module.clone());
        Ok(module)
    }
}

/// The value of `expression`, in which the module `std/name` of the standard library is called `name`.
///
/// # Errors
/// What goes wrong there.
pub fn with_std<T: Variant + Clone>(
    cx: &NativeCallContext,
    name: &str,
    expression: &str,
) -> Fallible<T> {
    let engine = cx.engine();
    let module = format!("std/{name}");
    let mut ast = engine.compile(format!("import \"{module}\" as {name};\n{expression}"))?;
    ast.set_source(module);
    engine.eval_ast(&ast)
}
