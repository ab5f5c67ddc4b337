//! Reads a log, line by line.

use super::{FORMAT, Head, Line};
use crate::app::Failure;
use crate::diag::Diagnostic;
use crate::units::Place;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A log that is being read.
pub struct Reader {
    path: PathBuf,
    lines: BufReader<File>,
    /// The line that was read last, from 1.
    number: u32,
    head: Head,
}

/// What ends a log before its end.
#[derive(Debug)]
pub enum Damage {
    /// Its last line is not whole: the program was killed while it wrote.
    Torn,
    /// A line says nothing that is known.
    Line(Failure),
}

impl Reader {
    /// Opens the log `path`.
    ///
    /// # Errors
    /// It cannot be read, is no log, or one of another format.
    pub fn open(path: &Path) -> Result<Reader, Failure> {
        let name = path.display();
        let error = |why: String| Failure::message(why);
        let file = File::open(path).map_err(|e| error(format!("cannot read {name}: {e}")))?;
        let mut lines = BufReader::new(file);
        let mut first = String::new();
        let read = line(&mut lines, &mut first);
        let no_log = || {
            let error = Diagnostic::error(format!("{name} is not a session log"), Place::default());
            Failure(vec![error.hint("`rhapsode live song.rhai --log set.rhailog` writes one")])
        };
        read.map_err(|_| no_log())?;
        let value: serde_json::Value = serde_json::from_str(&first).map_err(|_| no_log())?;
        let format = value.pointer("/rhailog/format").ok_or_else(no_log)?;
        if *format != FORMAT {
            let why = format!("{name} is a log of format {format}; this program reads {FORMAT}");
            let error = Diagnostic::error(why, Place::default());
            let hint = "render it with the Rhapsode that wrote it, or a newer one";
            return Err(Failure(vec![error.hint(hint)]));
        }
        match serde_json::from_value(value) {
            Ok(Line::Rhailog(head)) => {
                Ok(Reader { path: path.to_path_buf(), lines, number: 1, head })
            }
            _ => Err(error(format!("{name}:1 does not say what the set was played with"))),
        }
    }

    /// What the set was played with.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// A failure at the line that was read last.
    #[must_use]
    pub fn failure(&self, why: &str) -> Failure {
        Failure::message(format!("{}:{}: {why}", self.path.display(), self.number))
    }

    /// The next line; none at the end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&mut self) -> Result<Option<Line>, Damage> {
        let mut text = String::new();
        self.number += 1;
        match line(&mut self.lines, &mut text) {
            Ok(0) => Ok(None),
            Ok(_) if !text.ends_with('\n') => Err(Damage::Torn),
            Ok(_) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|why| Damage::Line(self.failure(&format!("no line of a log: {why}")))),
            Err(why) => Err(Damage::Line(self.failure(&why.to_string()))),
        }
    }
}

/// Bytes of a line that are read at most.
const LONGEST: u64 = 64 << 20;

fn line(from: &mut BufReader<File>, text: &mut String) -> std::io::Result<usize> {
    from.take(LONGEST).read_line(text)
}
