//! Names of files as editors know them: absolute paths in place of what scripts and command lines say.

use super::wire::Answer;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf, absolute};

/// Finds files by the names that messages have for them.
#[derive(Default)]
pub struct Files {
    /// The folder of the script: imports are named from there, without their ending.
    folder: PathBuf,
    /// What was found before; none for what is no file.
    known: BTreeMap<String, Option<String>>,
}

impl Files {
    /// Files of a session that plays `script`, or none.
    pub fn of(script: Option<&Path>) -> Files {
        let folder = script.and_then(|s| absolute(s).ok()?.parent().map(Path::to_path_buf));
        Files { folder: folder.unwrap_or_default(), known: BTreeMap::new() }
    }

    /// The same answer with the paths of files; what is no file (`prompt`, `std/drums`) keeps its name.
    pub fn spelt_out(&mut self, answer: &Answer) -> Answer {
        let mut answer = answer.clone();
        match &mut answer {
            Answer::Event(played) => played.file.iter_mut().for_each(|f| self.spell(f)),
            Answer::Error { diagnostics } => self.spell_all(diagnostics),
            Answer::Result(outcome) => self.spell_all(&mut outcome.diagnostics),
            Answer::Welcome { .. } | Answer::Status(_) | Answer::Meter { .. } => {}
            Answer::Log { .. } => {}
        }
        answer
    }

    fn spell_all(&mut self, problems: &mut [super::Problem]) {
        for problem in problems {
            self.spell(&mut problem.file);
            problem.related.iter_mut().for_each(|r| self.spell(&mut r.file));
        }
    }

    fn spell(&mut self, name: &mut String) {
        if name.is_empty() || Path::new(name).is_absolute() || name.starts_with("std/") {
            return;
        }
        let folder = &self.folder;
        let find = || {
            let import = folder.join(format!("{name}.rhai"));
            let found = [absolute(&name).ok()?, import].into_iter().find(|p| p.is_file())?;
            Some(found.display().to_string())
        };
        if !self.known.contains_key(name) {
            self.known.insert(name.clone(), find());
        }
        if let Some(Some(path)) = self.known.get(name) {
            name.clone_from(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::serve::{Elsewhere, Problem};
    use crate::diag::Diagnostic;

    #[test]
    fn files_are_spelt_out_and_other_names_are_left() {
        let dir = tempfile::tempdir().expect("a folder");
        let lib = dir.path().join("lib/kick.rhai");
        std::fs::create_dir(dir.path().join("lib")).expect("makes");
        std::fs::write(&lib, "").expect("writes");
        let mut files = Files::of(Some(&dir.path().join("song.rhai")));
        let problem = Problem::from(&Diagnostic::error("x", Default::default()));
        let other = |file: &str| Elsewhere {
            message: String::new(),
            file: file.into(),
            span: None,
            text: String::new(),
        };
        let related = vec![other("prompt"), other("std/drums"), other("Cargo.toml"), other("")];
        let problem = Problem { file: "lib/kick".into(), related, ..problem };
        let answer = files.spelt_out(&Answer::Error { diagnostics: vec![problem] });
        let Answer::Error { diagnostics } = answer else { panic!("{answer:?}") };
        assert_eq!(diagnostics[0].file, lib.display().to_string());
        let names: Vec<&str> = diagnostics[0].related.iter().map(|r| r.file.as_str()).collect();
        let here = absolute("Cargo.toml").expect("a path").display().to_string();
        assert_eq!(names, ["prompt", "std/drums", &here, ""]);
    }
}
