//! A command line, taken apart: the program that it names, found, and its arguments.

use std::path::{Path, PathBuf};

/// Where the sound goes in, and where it comes out.
const IN: &str = "{in}";
const OUT: &str = "{out}";

/// A program with its arguments.
pub(super) struct Order {
    /// The command line as the script has it.
    pub command: String,
    /// The program, with all links followed.
    pub program: PathBuf,
    /// It was named by a path relative to the script.
    pub beside: bool,
    words: Vec<String>,
}

impl Order {
    /// Reads a command line. A program without a slash in its name is looked for where the system does (`PATH`), one with
    /// a relative path by `locate`. No shell is asked: words are divided as a POSIX shell does, and that is all.
    ///
    /// # Errors
    /// The words cannot be told apart, or the program is not there.
    pub fn read(
        command: &str,
        locate: &dyn Fn(&str) -> Result<PathBuf, String>,
    ) -> Result<Order, String> {
        let mut words = shlex::split(command).ok_or_else(|| {
            format!(
                "`{command}` has a quote that does not end; close it, or put a backslash before it"
            )
        })?;
        if words.is_empty() {
            return Err("`external` has an empty command line; write for example \
                        external(\"sox {in} {out} reverse\", \"loop.wav\")"
                .into());
        }
        let name = words.remove(0);
        let path = Path::new(&name);
        let beside = name.contains('/') && path.is_relative();
        let found = match (beside, path.is_absolute()) {
            (true, _) => Some(locate(&name)?),
            (_, true) => Some(path.to_path_buf()).filter(|p| runs(p)),
            _ => on_path(&name),
        };
        let program = found.ok_or_else(|| {
            format!(
                "there is no program `{name}` on this machine; install it, or write where it is: `/usr/bin/{name}`"
            )
        })?;
        if !runs(&program) {
            let shown = program.display();
            return Err(format!("`{shown}` cannot be run; make it executable: chmod +x {shown}"));
        }
        let program = program.canonicalize().unwrap_or(program);
        Ok(Order { command: command.to_string(), program, beside, words })
    }

    /// Its arguments, with these files in the places that it has for them.
    pub fn arguments(&self, input: &Path, output: &Path) -> impl Iterator<Item = String> {
        let (input, output) = (input.to_string_lossy(), output.to_string_lossy());
        self.words.iter().map(move |word| word.replace(IN, &input).replace(OUT, &output))
    }

    /// Whether it is given the sound as a file; else on its standard input.
    pub fn takes_file(&self) -> bool {
        self.words.iter().any(|word| word.contains(IN))
    }

    /// Whether it writes the sound to a file; else to its standard output.
    pub fn makes_file(&self) -> bool {
        self.words.iter().any(|word| word.contains(OUT))
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&folders).map(|folder| folder.join(&file)).find(|path| runs(path))
}

/// Whether `path` is a file that may be run.
fn runs(path: &Path) -> bool {
    let Ok(meta) = path.metadata() else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        meta.is_file() && meta.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    meta.is_file()
}
