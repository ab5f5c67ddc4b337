//! What a call of `process` comes to: which files become which, through which plugins. All mistakes are found at once.

use super::ProcessArgs;
use super::job::{FileJob, Job, LinkJob, Setting, Source, Tail};
use crate::app::Failure;
use crate::diag::Diagnostic;
use crate::io::file::Format;
use crate::plugin::scan::{Catalogue, Options};
use crate::plugin::{self, Automation};
use crate::units::Place;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Endings of files that are looked for in folders.
const ENDINGS: [&str; 9] = ["wav", "wave", "aif", "aiff", "flac", "mp3", "ogg", "oga", "aifc"];

/// Sample rate of a MIDI file.
const RATE: u32 = 48_000;

/// What is to be done.
pub struct Plan {
    /// The files, in the order in which they are begun.
    pub jobs: Vec<Job>,
    /// The folders that they go to.
    pub folders: Vec<PathBuf>,
}

impl Plan {
    /// What the arguments come to.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn new(args: &ProcessArgs) -> Result<Plan, Failure> {
        let mut wrong = Vec::new();
        let links = links(args, &mut wrong);
        let files = files(args, &mut wrong);
        if !wrong.is_empty() {
            return Err(Failure(wrong));
        }
        let default = if args.midi.is_some() { Tail::Auto } else { Tail::Seconds(0.0) };
        let jobs: Vec<Job> = files
            .into_iter()
            .enumerate()
            .map(|(place, (source, name, format))| Job {
                source,
                output: name.clone(),
                name,
                links: if place == 0 { links.clone() } else { without_saving(&links) },
                tail: args.tail.unwrap_or(default),
                double: args.double,
                rate: args.rate,
                file: FileJob::of(&args.file, format),
            })
            .collect();
        let mut folders: Vec<PathBuf> = jobs.iter().map(|job| folder_of(&job.name)).collect();
        folders.dedup();
        Ok(Plan { jobs, folders })
    }
}

/// What a plugin is set to is the same for every file, and saved once.
fn without_saving(links: &[LinkJob]) -> Vec<LinkJob> {
    let mut links = links.to_vec();
    for link in &mut links {
        link.settings.retain(|setting| !matches!(setting, Setting::Save(_)));
    }
    links
}

/// The folder that holds `path`.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
        _ => ".".into(),
    }
}

fn error(message: String, hint: &str) -> Diagnostic {
    let error = Diagnostic::error(message, Place::default());
    if hint.is_empty() { error } else { error.hint(hint) }
}

/// The plugins of the chain, looked up, with the files that they need.
fn links(args: &ProcessArgs, wrong: &mut Vec<Diagnostic>) -> Vec<LinkJob> {
    let mut standard = None;
    let mut links = Vec::new();
    for (name, settings) in &args.chain.0 {
        let path = Path::new(name);
        let own = (plugin::Format::of(path).is_some() && path.exists()).then(|| {
            let options = Options { paths: vec![path.into()], ..Options::new() };
            Catalogue::update(&options, &|_, _| {})
        });
        let catalogue = match &own {
            Some(own) => own,
            None => standard.get_or_insert_with(|| Catalogue::update(&Options::new(), &|_, _| {})),
        };
        let settings = settings.iter().map(|setting| readable(setting, wrong)).collect();
        match catalogue.find(name) {
            Ok(found) => links.push(LinkJob {
                format: found.format,
                path: found.path.clone(),
                id: found.id.clone(),
                name: found.name.clone(),
                settings,
            }),
            Err(unknown) => wrong.push(error(unknown.to_string(), &unknown.hint())),
        }
    }
    links
}

/// A setting with what its file says, as far as that can be told without the plugin.
fn readable(setting: &Setting, wrong: &mut Vec<Diagnostic>) -> Setting {
    let unread = |path: &Path, e: std::io::Error| {
        let hint = "check the spelling and the folder it is looked for in";
        error(format!("cannot read `{}`: {e}", path.display()), hint)
    };
    match setting {
        Setting::Automation(path, _) => match std::fs::read_to_string(path) {
            Ok(text) => {
                if let Err(e) = Automation::parse(&text) {
                    let place = Place { line: e.line, column: e.column, ..Place::default() };
                    let mut told = Diagnostic::error(e.reason, place);
                    told.file = path.display().to_string();
                    let line = text.lines().nth(e.line.max(1) as usize - 1);
                    told.text = line.unwrap_or_default().to_string();
                    wrong.push(told);
                }
                Setting::Automation(path.clone(), text)
            }
            Err(e) => {
                wrong.push(unread(path, e));
                setting.clone()
            }
        },
        Setting::Preset(path) | Setting::Sidechain(path) => {
            wrong.extend(std::fs::metadata(path).err().map(|e| unread(path, e)));
            setting.clone()
        }
        _ => setting.clone(),
    }
}

/// Which source becomes which file of which format.
fn files(args: &ProcessArgs, wrong: &mut Vec<Diagnostic>) -> Vec<(Source, PathBuf, Format)> {
    let sources = match &args.midi {
        Some(midi) => vec![Source::Midi(midi.clone(), args.rate.unwrap_or(RATE))],
        None => sounds(args, wrong).into_iter().map(Source::Sound).collect(),
    };
    let several = sources.len() > 1 || args.inputs.iter().any(|input| input.is_dir());
    let slash = args.output.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    let folder = several || slash || args.output.is_dir();
    let mut taken: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut files = Vec::new();
    for source in sources {
        let input = source.path();
        let named = if folder { named(args, input) } else { Ok((args.output.clone(), None)) };
        let named = named.and_then(|(name, format)| match format {
            Some(format) => Ok((name, format)),
            None => args.file.format_for(&name).map(|format| (name, format)),
        });
        let (name, format) = match named {
            Ok(named) => named,
            Err(e) => {
                wrong.push(e.diagnostic(Place::default()));
                continue;
            }
        };
        let real = |path: &Path| path.canonicalize().ok();
        if real(&name).is_some_and(|name| Some(name) == real(input)) {
            let what = format!("`{}` would be replaced by its own result", input.display());
            wrong.push(error(what, "write to another file or folder"));
        }
        if let Some(other) = taken.insert(name.clone(), input.clone()) {
            let (a, b) = (other.display(), input.display());
            let what = format!("`{a}` and `{b}` would both become `{}`", name.display());
            wrong.push(error(what, "process them one after the other, to different folders"));
        }
        files.push((source, name, format));
    }
    files
}

/// The name in the output folder: the same, with an ending that tells the format. FLAC stays FLAC.
fn named(
    args: &ProcessArgs,
    input: &Path,
) -> Result<(PathBuf, Option<Format>), crate::io::file::FileError> {
    let kept = Format::from_path(input).unwrap_or(Format::Wav24);
    let format = args.file.format.unwrap_or(kept);
    let name = Path::new(input.file_name().unwrap_or_default()).with_extension(format.extension());
    Ok((args.output.join(name), Some(format)))
}

/// The sound files that are named, and those of the folders that are.
fn sounds(args: &ProcessArgs, wrong: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for input in &args.inputs {
        if !input.is_dir() {
            all.push(input.clone());
            continue;
        }
        let sound = |path: &PathBuf| {
            let end = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
            path.is_file() && end.is_some_and(|e| ENDINGS.contains(&e.as_str()))
        };
        match std::fs::read_dir(input) {
            Ok(entries) => {
                let paths = entries.flatten().map(|entry| entry.path());
                let mut found: Vec<PathBuf> = paths.filter(sound).collect();
                found.sort();
                if found.is_empty() {
                    let hint = "files in folders below it are not looked for";
                    wrong.push(error(format!("no sound files in `{}`", input.display()), hint));
                }
                all.append(&mut found);
            }
            Err(e) => wrong.push(error(format!("cannot read `{}`: {e}", input.display()), "")),
        }
    }
    all
}
