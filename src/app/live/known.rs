//! What there is to be named: for completion at the prompt.

use super::studio::Studio;
use crate::app::repl::complete::Known;
use crate::engine::library::is_audio;
use crate::script::notebook;
use crate::world::{Stdlib, World};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Sound files that are offered, and folders below the script's that are looked into.
const FILES: usize = 500;
const DEPTH: usize = 3;

impl Studio {
    /// What there is to be named.
    #[must_use]
    pub fn known(&self) -> Known {
        let mut names = notebook::names(&self.text());
        let mut take = |kind: &str| names.remove(kind).unwrap_or_default();
        let (tracks, buses) = (take("track"), take("bus"));
        let (imports, own) = (take("import"), [take("fn"), take("let")].concat());
        let world = self.script.world(f64::from(self.stream.rate()));
        let members = |path: &str| -> Vec<String> {
            let text = world.script(path).unwrap_or_default();
            notebook::names(&text).remove("fn").unwrap_or_default()
        };
        let paths = notebook::imports(&self.text());
        let mut functions = notebook::parameters(&self.text());
        for path in paths.values() {
            functions.extend(notebook::parameters(&world.script(path).unwrap_or_default()));
        }
        let modules = imports.into_iter().filter_map(|name| {
            let path = paths.get(&name)?;
            Some((name, members(path)))
        });
        let kits = members("std/kits").into_iter();
        let mut files = Vec::new();
        let folder = self.script.script.parent().unwrap_or(Path::new(""));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        sounds(folder, "", DEPTH, &mut files);
        Known {
            own,
            tracks,
            buses,
            params: self.live.as_ref().map(|live| live.params()).unwrap_or_default(),
            functions,
            modules: modules.collect(),
            library: Stdlib::embedded().names().iter().map(|n| format!("std/{n}")).collect(),
            kits: kits.filter_map(|k| k.strip_prefix("kit_").map(String::from)).collect(),
            files,
            plugins: world.plugins().into_iter().map(|plugin| plugin.name).collect(),
            hosted: self.library().map(|library| library.rack().places()).unwrap_or_default(),
            knobs: knobs(&world, &self.text()),
        }
    }
}

/// Names of the open parameters of the plugins that a text names.
fn knobs(world: &impl World, text: &str) -> BTreeMap<String, Vec<String>> {
    let names = text.split("plugin(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let names: BTreeSet<&str> = names.collect();
    let of = |name: &str| -> Option<Vec<String>> {
        let plugin = world.plugin(name).ok()?;
        let open = plugin.parameters.iter().filter(|p| p.open());
        Some(open.map(|p| p.name.clone()).collect())
    };
    names.into_iter().filter_map(|name| Some((name.to_string(), of(name)?))).collect()
}

/// Gathers the sound files of a folder, as scripts name them.
fn sounds(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if files.len() >= FILES || name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        if path.is_dir() && depth > 1 {
            sounds(&path, &format!("{prefix}{name}/"), depth - 1, files);
        } else if is_audio(&path) {
            files.push(format!("{prefix}{name}"));
        }
    }
}
