//! The musics of a log, made again from its texts.

use crate::app::live::score::Made;
use crate::app::log::Head;
use crate::diag::Diagnostic;
use crate::engine::Library;
use crate::engine::live::Fresh;
use crate::engine::rack::Hosting;
use crate::runtime::{Installed, Piece};
use crate::session::{Mixer, Session, compose};
use crate::units::Place;
use crate::world::Folder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What an edit is made of.
pub(super) struct Edit {
    pub made: Made,
    pub text: u64,
    pub mixer: Mixer,
    pub delay: u64,
}

struct Text {
    /// Numbers of its scripts, the main one first.
    sources: Vec<u64>,
    /// The other files that it read, and their sizes.
    files: Vec<(PathBuf, u64)>,
    piece: Option<Piece>,
}

/// All that a log says of musics.
pub(super) struct Musics {
    head: Head,
    /// The folder of the log.
    beside: PathBuf,
    /// Whether its scripts may run programs: whoever replays it says so, never the log.
    external: bool,
    /// Name and text of each script.
    sources: BTreeMap<u64, (String, String)>,
    texts: BTreeMap<u64, Text>,
    edits: BTreeMap<u64, Edit>,
    /// The sounds that were loaded last.
    library: Option<Arc<Library>>,
    warnings: Vec<String>,
}

fn missing(what: &str, number: u64) -> Vec<Diagnostic> {
    let why = format!("the log is damaged: it does not say what {what} {number} is");
    vec![Diagnostic::error(why, Place::default())]
}

impl Musics {
    /// Those of the log `path` that begins with `head`; its scripts may run programs if `external`.
    pub fn new(head: Head, path: &Path, external: bool) -> Musics {
        Musics {
            head,
            external,
            beside: path.parent().unwrap_or(Path::new("")).to_path_buf(),
            sources: BTreeMap::new(),
            texts: BTreeMap::new(),
            edits: BTreeMap::new(),
            library: None,
            warnings: Vec::new(),
        }
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    pub fn source(&mut self, number: u64, name: String, text: String) {
        self.sources.insert(number, (name, text));
    }

    pub fn text(&mut self, number: u64, sources: Vec<u64>, files: Vec<(PathBuf, u64)>) {
        self.texts.insert(number, Text { sources, files, piece: None });
    }

    pub fn edit(&mut self, number: u64, edit: Edit) {
        self.edits.insert(number, edit);
    }

    /// Frames that a MIDI message took while an edit was made.
    pub fn delay(&self, edit: u64) -> u64 {
        self.edits.get(&edit).map_or(0, |edit| edit.delay)
    }

    /// What is worth knowing so far; it is told once.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// The music of an edit, compiled.
    ///
    /// # Errors
    /// The log does not say what it is, or what it was made of is gone.
    pub fn fresh(&mut self, edit: u64) -> Result<Fresh, Vec<Diagnostic>> {
        let Edit { made, text, mixer, .. } =
            self.edits.get(&edit).ok_or_else(|| missing("edit", edit))?;
        let (made, text, mixer) = (made.clone(), *text, mixer.clone());
        let session = mixer.apply(&*self.session(&made)?);
        let library = self.piece(text)?.shared_library();
        Fresh::new(Arc::new(session), f64::from(self.head.rate), library)
    }

    fn session(&mut self, made: &Made) -> Result<Arc<Session>, Vec<Diagnostic>> {
        match made {
            Made::Text(number) => Ok(self.piece(*number)?.shared_session()),
            Made::Mixed { old, new, stays } => {
                let (old, new) = (self.session(old)?, self.session(new)?);
                Ok(Arc::new(compose(&old, &new, &|name| stays.contains(name))))
            }
        }
    }

    /// What a text says.
    fn piece(&mut self, number: u64) -> Result<&Piece, Vec<Diagnostic>> {
        let text = self.texts.get(&number).ok_or_else(|| missing("text", number))?;
        if text.piece.is_none() {
            let piece = self.read(text)?;
            let changed = self.changed(&text.files);
            self.warnings.extend(changed);
            self.library = Some(piece.shared_library());
            if let Some(text) = self.texts.get_mut(&number) {
                text.piece = Some(piece);
            }
        }
        let piece = self.texts.get(&number).and_then(|text| text.piece.as_ref());
        piece.ok_or_else(|| missing("text", number))
    }

    fn read(&self, text: &Text) -> Result<Piece, Vec<Diagnostic>> {
        let source = |n: &u64| self.sources.get(n).ok_or_else(|| missing("script", *n));
        let scripts: Vec<&(String, String)> =
            text.sources.iter().map(source).collect::<Result<_, _>>()?;
        let (name, main) = scripts.first().ok_or_else(|| missing("script", 0))?;
        let rate = self.head.rate;
        let mut world = Folder::new(self.beside.join(&self.head.folder))
            .sample_rate(f64::from(rate))
            .scripts(scripts.iter().skip(1).map(|s| (s.0.clone(), s.1.clone())).collect())
            .on_print(|_| {});
        for (name, value) in &self.head.set {
            world = world.argument(name, value);
        }
        for folder in &self.head.allow {
            world = world.allow(self.beside.join(folder));
        }
        if let Some(seed) = self.head.seed {
            world = world.seed(seed);
        }
        let world = world.catalogue(Installed::shared()).allow_external(self.external);
        let offline =
            || Library::new(rate, Box::new(|path| Err(path.into()))).hosting(Hosting::new(true));
        let before = self.library.clone().unwrap_or_else(|| Arc::new(offline()));
        Piece::again(main, name, world, rate, Some(&before))
    }

    /// What to say of the files of a text that are not as they were.
    fn changed(&self, files: &[(PathBuf, u64)]) -> Vec<String> {
        let other = |(path, size): &&(PathBuf, u64)| {
            self.beside.join(path).metadata().map_or(true, |now| now.len() != *size)
        };
        let told = |(path, _): &(PathBuf, u64)| {
            let path = path.display();
            format!("{path} is not the file that was played: what is heard of it may differ")
        };
        let told = files.iter().filter(other).map(told);
        told.filter(|text| !self.warnings.contains(text)).collect()
    }
}
