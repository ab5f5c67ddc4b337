//! The command `plugins`: finds the plugins of this machine, lists them, describes one.

mod text;

use super::Failure;
use crate::diag::Diagnostic;
use crate::plugin::scan::{Again, Catalogue, Options, serve};
use crate::plugin::{Description, Format, PluginError, sandbox};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `plugins`.
#[derive(Clone, Debug, clap::Args)]
pub struct PluginsArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// Look at this folder, bundle or file instead of the standard folders (may be repeated)
    #[arg(long, value_name = "PATH", global = true)]
    path: Vec<PathBuf>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Scan what is new, has changed or failed before
    Scan {
        /// Scan everything again
        #[arg(long)]
        all: bool,
        /// Seconds that the scan of a library may take
        #[arg(long, value_name = "SECONDS", default_value_t = 20.0)]
        limit: f64,
    },
    /// List the plugins that can be used
    List,
    /// Describe a plugin: buses, parameters, programs, latency
    Info {
        /// Its name, `vst3:NAME` or `clap:NAME`, its id or its path
        name: String,
    },
}

/// Arguments of the hidden command in which this program scans one library.
#[derive(Clone, Debug, clap::Args)]
pub struct ScanArgs {
    /// The library
    library: PathBuf,
    /// Where to write what it has
    answer: PathBuf,
}

/// Scans one library in this process, for another one that waits.
///
/// # Errors
/// If the answer cannot be written.
pub fn scan(args: &ScanArgs) -> Result<(), Failure> {
    serve(&args.library, &args.answer).map_err(|e| failure(&e))
}

/// Arguments of the hidden command in which this program has one plugin for another process.
#[derive(Clone, Debug, clap::Args)]
pub struct HostArgs {
    /// Its format
    format: String,
    /// The library
    library: PathBuf,
    /// The id of the plugin; the first of the library if it is empty
    id: String,
}

/// Has one plugin, for another process that plays it.
///
/// # Errors
/// If no process has started this one for that.
pub fn host(args: &HostArgs) -> Result<(), Failure> {
    let format = Format::ALL.into_iter().find(|format| format.prefix() == args.format);
    let unknown = || Failure::message(format!("`{}` is no format of plugins", args.format));
    let format = format.ok_or_else(unknown)?;
    sandbox::serve(format, &args.library, &args.id).map_err(|e| failure(&e))
}

/// Lists or describes plugins on standard output.
///
/// # Errors
/// If there is no such plugin, or the list cannot be written.
pub fn plugins(args: &PluginsArgs) -> Result<(), Failure> {
    let mut options = Options { paths: args.path.clone(), ..Options::new() };
    match args.what.as_ref().unwrap_or(&What::List) {
        What::List => list(&update(&options), args.json),
        What::Scan { all, limit } => {
            options.again = if *all { Again::All } else { Again::Failed };
            options.limit = Duration::try_from_secs_f64(*limit)
                .map_err(|_| Failure::message(format!("--limit {limit} is no time")))?;
            list(&update(&options), args.json)
        }
        What::Info { name } => {
            if is_file(name) {
                options.paths = vec![name.into()];
            }
            info(&update(&options), name, args.json)
        }
    }
}

/// Whether a path to a plugin is meant.
fn is_file(name: &str) -> bool {
    Format::of(Path::new(name)).is_some() && Path::new(name).exists()
}

/// The catalogue; what is scanned is said on a terminal.
fn update(options: &Options) -> Catalogue {
    let terminal = std::io::stderr().is_terminal();
    Catalogue::update(options, &|library, count| {
        if terminal {
            // Nobody needs to know that this could not be said.
            let _ = writeln!(std::io::stderr(), "scanning {} (of {count})", library.display());
        }
    })
}

#[derive(Serialize)]
struct Out<'a> {
    path: &'a Path,
    reason: &'a str,
}

fn outs(all: &[(PathBuf, String)]) -> Vec<Out<'_>> {
    all.iter().map(|(path, reason)| Out { path, reason }).collect()
}

fn list(catalogue: &Catalogue, json: bool) -> Result<(), Failure> {
    if !json {
        return say(&text::list(catalogue));
    }
    say_json(&serde_json::json!({
        "plugins": catalogue.plugins,
        "quarantined": outs(&catalogue.quarantined),
        "failed": outs(&catalogue.failed),
    }))
}

fn info(catalogue: &Catalogue, name: &str, json: bool) -> Result<(), Failure> {
    let plugin = catalogue.find(name).map_err(|unknown| {
        let error = Diagnostic::error(unknown.to_string(), Default::default());
        Failure(vec![error.hint(unknown.hint())])
    })?;
    let description: Description = catalogue.describe(plugin).map_err(|e| failure(&e))?;
    if json { say_json(&description) } else { say(&text::info(&description)) }
}

fn failure(error: &PluginError) -> Failure {
    let said = Diagnostic::error(error.to_string(), Default::default());
    Failure(vec![match error.hint() {
        Some(hint) => said.hint(hint),
        None => said,
    }])
}

fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value);
    say(&(text.map_err(|e| Failure::message(e.to_string()))? + "\n"))
}

/// Writes to standard output; a reader that has seen enough (`| head`) is no failure.
fn say(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::message(format!("the list cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}
