//! An evaluated script: what it describes, and its sound.

use crate::diag::{Diagnostic, Source};
use crate::engine::live::Fresh;
use crate::engine::rack::Hosting;
use crate::engine::{Library, Offline, Options};
use crate::script::{Evaluated, evaluate};
use crate::session::{Command, Mixer, Output, Session};
use crate::world::{Folder, World};
use std::path::PathBuf;
use std::sync::Arc;

/// An evaluated script, ready to be rendered.
pub struct Piece {
    session: Arc<Session>,
    commands: Vec<Command>,
    outputs: Arc<[Output]>,
    read: Vec<String>,
    warnings: Vec<Diagnostic>,
    sources: Vec<Source>,
    library: Arc<Library>,
    folder: Arc<Folder>,
    rate: u32,
}

/// Stereo sound in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sound {
    /// Sample rate in hertz.
    pub rate: u32,
    /// Left channel.
    pub left: Vec<f32>,
    /// Right channel, as long as the left.
    pub right: Vec<f32>,
}

impl Piece {
    /// Evaluates `source`, called `name`, against a folder, for `rate` hertz.
    ///
    /// # Errors
    /// Everything that is wrong with the script.
    pub fn evaluate(
        source: &str,
        name: &str,
        folder: Folder,
        rate: u32,
    ) -> Result<Piece, Vec<Diagnostic>> {
        Piece::again(source, name, folder, rate, None)
    }

    /// The same after an edit: audio files that `before` has loaded are loaded again only if they were
    /// written anew.
    ///
    /// # Errors
    /// As [`evaluate`](Piece::evaluate).
    pub fn again(
        source: &str,
        name: &str,
        folder: Folder,
        rate: u32,
        before: Option<&Library>,
    ) -> Result<Piece, Vec<Diagnostic>> {
        let folder = Arc::new(folder);
        let world: Arc<dyn World> = folder.clone();
        let Evaluated { session, commands, outputs, read, warnings, sources } =
            evaluate(source, name, &world)?;
        let below = folder.clone();
        let locate: Box<crate::engine::library::Locate> = Box::new(move |path| below.locate(path));
        let library = match before {
            Some(before) => before.again(locate),
            None => Library::new(rate, locate),
        };
        let library = library.allow_external(folder.external()).observed(folder.observer().clone());
        let (library, session) = (Arc::new(library), Arc::new(session));
        let outputs = outputs.into();
        Ok(Piece { session, commands, outputs, read, warnings, sources, library, folder, rate })
    }

    /// The files that the script writes when it is run for them.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Where the file `path` of the script is to be written.
    ///
    /// # Errors
    /// It is not below the folder of the script.
    pub fn destination(&self, path: &str) -> Result<PathBuf, String> {
        self.folder.destination(path)
    }

    /// Sample rate in hertz.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// What is needed to write its files while it is played.
    #[must_use]
    pub(crate) fn aside(&self) -> Piece {
        Piece { outputs: self.outputs.clone(), ..self.part(Session::default()) }
    }

    /// The piece of one of its [`outputs`](Piece::outputs), with the same sounds.
    #[must_use]
    pub fn part(&self, session: Session) -> Piece {
        Piece {
            session: Arc::new(session),
            commands: Vec::new(),
            outputs: Arc::default(),
            read: Vec::new(),
            warnings: Vec::new(),
            sources: self.sources.clone(),
            library: self.library.clone(),
            folder: self.folder.clone(),
            rate: self.rate,
        }
    }

    /// What the script describes.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The same, to outlive the piece.
    #[must_use]
    pub fn shared_session(&self) -> Arc<Session> {
        self.session.clone()
    }

    /// What the script asks of the performance, in its order.
    #[must_use]
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// Files that the script read (other than scripts and sounds), as it names them.
    #[must_use]
    pub fn read(&self) -> &[String] {
        &self.read
    }

    /// The scripts that were read, the main one first.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The audio files that its nodes have loaded.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The same, to outlive the piece: for [`again`](Piece::again).
    #[must_use]
    pub fn shared_library(&self) -> Arc<Library> {
        self.library.clone()
    }

    /// What is worth knowing about the script.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Renders all of it into memory.
    ///
    /// # Errors
    /// Whatever keeps the graph from being built.
    pub fn render(&self, options: Options) -> Result<Sound, Vec<Diagnostic>> {
        let mut offline = self.start(options)?;
        let mut sound = Sound { rate: self.rate, ..Sound::default() };
        while offline.advance() {
            for (left, right) in offline.frames() {
                sound.left.push(left);
                sound.right.push(right);
            }
        }
        match offline.failed() {
            Some(why) => Err(self.located(vec![why.clone()])),
            None => Ok(sound),
        }
    }

    /// Starts a render whose blocks are pulled one chunk after the other; `options.rate` is the
    /// runtime's, and `options.input` must be at that rate.
    ///
    /// # Errors
    /// Whatever keeps the graph from being built.
    pub fn start(&self, options: Options) -> Result<Offline, Vec<Diagnostic>> {
        let options = Options { rate: self.rate, ..options };
        let library = self.library.hosting(Hosting::new(true));
        let mut offline =
            Offline::new(&self.session, &library, options).map_err(|diags| self.located(diags))?;
        offline.locate(|warning| warning.located(&self.sources));
        Ok(offline)
    }

    /// Compiles it for playing live.
    ///
    /// # Errors
    /// Whatever keeps the graph from being built.
    pub fn fresh(&self) -> Result<Fresh, Vec<Diagnostic>> {
        self.fresh_through(&Mixer::default())
    }

    /// The same with what is muted, soloed and stopped by hand.
    ///
    /// # Errors
    /// Whatever keeps the graph from being built.
    pub fn fresh_through(&self, mixer: &Mixer) -> Result<Fresh, Vec<Diagnostic>> {
        let session = if mixer.is_neutral() {
            self.session.clone()
        } else {
            Arc::new(mixer.apply(&self.session))
        };
        let fresh = Fresh::new(session, f64::from(self.rate), self.library.clone());
        fresh.map_err(|diags| self.located(diags))
    }

    fn located(&self, diags: Vec<Diagnostic>) -> Vec<Diagnostic> {
        diags.into_iter().map(|d| d.located(&self.sources)).collect()
    }
}
