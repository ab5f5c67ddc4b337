//! Writes a log while a set is played.

use super::{Head, Line, seen};
use crate::app::live::score::{Music, Take};
use crate::diag::Source;
use crate::engine::live::Entry;
use crate::io::file::FileError;
use crate::session::{Mixer, Port};
use crate::units::Way;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A log that grows. Control thread.
pub struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    /// The newest number of each script, and its text.
    sources: BTreeMap<String, (u64, String)>,
    /// Scripts so far.
    numbers: u64,
    texts: BTreeSet<u64>,
    ports: BTreeSet<u8>,
}

impl Writer {
    /// Begins a log in the new file `path`.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be made.
    pub fn create(path: &Path, head: Head) -> Result<Writer, FileError> {
        let file = File::create_new(path).map_err(|e| FileError::write(path, e))?;
        let mut writer = Writer {
            path: path.to_path_buf(),
            file: BufWriter::new(file),
            sources: BTreeMap::new(),
            numbers: 0,
            texts: BTreeSet::new(),
            ports: BTreeSet::new(),
        };
        writer.line(&Line::Rhailog(head))?;
        Ok(writer)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what an edit is made of.
    ///
    /// # Errors
    /// [`FileError`] if the disk is full or gone.
    pub fn edit(
        &mut self,
        (number, delay): (u64, u64),
        music: &Music,
        mixer: &Mixer,
    ) -> Result<(), FileError> {
        self.text(&music.take)?;
        let (made, text) = ((*music.made).clone(), music.take.number);
        self.line(&Line::Edit { number, made, text, mixer: mixer.clone(), delay })
    }

    /// Writes a text, if it has not been written.
    fn text(&mut self, take: &Take) -> Result<(), FileError> {
        if !self.texts.insert(take.number) {
            return Ok(());
        }
        let mut sources = Vec::new();
        for source in take.sources.iter() {
            sources.push(self.source(source)?);
        }
        let read = take.read.iter().filter_map(|name| take.library.locate(name).ok());
        let size = |path: PathBuf| Some((seen(&path, &self.path), path.metadata().ok()?.len()));
        let files = read.chain(take.library.files()).filter_map(size).collect();
        self.line(&Line::Text { number: take.number, sources, files })
    }

    /// The number of a script, which is written if it is another one than before.
    fn source(&mut self, source: &Source) -> Result<u64, FileError> {
        let Source { name, text } = source;
        if let Some((number, _)) = self.sources.get(name).filter(|known| known.1 == *text) {
            return Ok(*number);
        }
        self.numbers += 1;
        let number = self.numbers;
        self.sources.insert(name.clone(), (number, text.clone()));
        self.line(&Line::Source { number, name: name.clone(), text: text.clone() })?;
        Ok(number)
    }

    /// Writes what has happened.
    ///
    /// # Errors
    /// [`FileError`] if the disk is full or gone.
    pub fn entries(&mut self, entries: Vec<Entry>) -> Result<(), FileError> {
        for entry in entries {
            if let Entry::Heard { arrival, .. } = &entry {
                self.port(arrival.port)?;
            }
            self.line(&Line::Entry(entry))?;
        }
        Ok(())
    }

    /// Writes which port a number is, if that has not been written.
    fn port(&mut self, number: u8) -> Result<(), FileError> {
        match Port::numbered(Way::In, number).filter(|_| self.ports.insert(number)) {
            Some(port) => self.line(&Line::Port { number, port }),
            None => Ok(()),
        }
    }

    /// Writes that a part of what happened is not known.
    ///
    /// # Errors
    /// [`FileError`] if the disk is full or gone.
    pub fn lost(&mut self) -> Result<(), FileError> {
        self.line(&Line::Lost)
    }

    /// Writes how far it has come, and hands all of it to the system.
    ///
    /// # Errors
    /// [`FileError`] if the disk is full or gone.
    pub fn flush(&mut self, frame: u64) -> Result<(), FileError> {
        self.line(&Line::Played(frame))?;
        self.file.flush().map_err(|e| FileError::write(&self.path, e))
    }

    fn line(&mut self, line: &Line) -> Result<(), FileError> {
        let failed = |e: std::io::Error| FileError::write(&self.path, e);
        serde_json::to_writer(&mut self.file, line).map_err(|e| failed(e.into()))?;
        self.file.write_all(b"\n").map_err(failed)
    }
}
