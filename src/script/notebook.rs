//! A script that is written entry by entry: what an entry defines anew takes the place of what was there.

mod order;
mod statements;

use self::statements::{Meaning, Scan, code, meaning, statements};
use super::function::GIVEN;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Statements in order, as a script. Compare and copy freely: a copy is a point to go back to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notebook {
    cells: Vec<Cell>,
}

/// Where an entry comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name of the file, or of the prompt.
    pub name: Arc<str>,
    /// The line in it that the entry begins with, from 1.
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq)]
struct Cell {
    text: String,
    meaning: Meaning,
    origin: Origin,
    /// Column of its first character, from 1.
    column: usize,
}

impl Notebook {
    /// The notebook with the statements of `entry`. A function, variable, track, bus or setting of the piece
    /// that is there already is replaced where it stands, what changed the old one goes with it, and what it uses comes
    /// to stand before it.
    #[must_use]
    pub fn with(&self, entry: &str, origin: &Origin) -> Notebook {
        self.with_those(entry, origin, |_| true)
    }

    /// The same without what the entry says of other tracks and buses than `slot`.
    #[must_use]
    pub fn with_slot(&self, entry: &str, origin: &Origin, slot: &str) -> Notebook {
        self.with_those(entry, origin, |meaning| meaning.slot().is_none_or(|name| name == slot))
    }

    fn with_those(
        &self,
        entry: &str,
        origin: &Origin,
        meant: impl Fn(&Meaning) -> bool,
    ) -> Notebook {
        let mut notebook = self.clone();
        let mut replaced = BTreeSet::new();
        for (at, text) in statements(entry) {
            if !meant(&meaning(&text)) {
                continue;
            }
            let before = &entry[..at];
            let line = origin.line + before.matches('\n').count() as u32;
            let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
            let origin = Origin { line, ..origin.clone() };
            let cell = Cell { meaning: meaning(&text), text, origin, column };
            if let Some(name) = &cell.meaning.defines {
                notebook.cells.retain(|c| c.meaning.changes.as_ref() != Some(name));
                let same = |c: &&mut Cell| c.meaning.defines.as_ref() == Some(name);
                if let Some(old) = notebook.cells.iter_mut().find(same) {
                    replaced.insert(name.clone());
                    *old = cell;
                    continue;
                }
            }
            let place = match &cell.meaning.changes {
                Some(name) if replaced.contains(name) => notebook.behind(name),
                _ => notebook.cells.len(),
            };
            notebook.cells.insert(place, cell);
        }
        Notebook { cells: order::arranged(notebook.cells) }
    }

    /// The place behind what defines or changes `name`.
    fn behind(&self, name: &str) -> usize {
        let about =
            |c: &Cell| [&c.meaning.defines, &c.meaning.changes].contains(&&Some(name.into()));
        self.cells.iter().rposition(about).map_or(self.cells.len(), |at| at + 1)
    }

    /// The notebook without what was asked of the performance: that has been done.
    #[must_use]
    pub fn settled(mut self) -> Notebook {
        self.cells.retain(|c| !c.meaning.once);
        self
    }

    /// The whole as one script.
    #[must_use]
    pub fn text(&self) -> String {
        self.cells.iter().map(|c| format!("{}\n", c.text)).collect()
    }

    /// The whole as it is evaluated: columns are those of the entries, so that messages can be
    /// [told](Notebook::origin) in their places.
    #[must_use]
    pub fn source(&self) -> String {
        let indented = |c: &Cell| format!("{}{}\n", " ".repeat(c.column - 1), c.text);
        self.in_order().map(indented).collect()
    }

    /// The music first: its lines are the same once what was asked has been done.
    fn in_order(&self) -> impl Iterator<Item = &Cell> {
        let once = |once: bool| self.cells.iter().filter(move |c| c.meaning.once == once);
        once(false).chain(once(true))
    }

    /// Where line `line` of [`source`](Notebook::source) comes from.
    #[must_use]
    pub fn origin(&self, line: u32) -> Option<Origin> {
        let mut first = 1;
        for cell in self.in_order() {
            let lines = cell.text.matches('\n').count() as u32 + 1;
            if (first..first + lines).contains(&line) {
                let line = cell.origin.line + (line - first);
                return Some(Origin { line, ..cell.origin.clone() });
            }
            first += lines;
        }
        None
    }

    /// Whether `entry` is to be continued on another line: a bracket, a text or a comment is open, or what its last line
    /// says of a function is still to be followed by it.
    #[must_use]
    pub fn is_open(entry: &str) -> bool {
        let mut scan = Scan::new(entry);
        while scan.next().is_some() {}
        let last = entry.lines().last().unwrap_or_default();
        scan.depth > 0 || scan.open || last.trim_start().starts_with("///")
    }
}

/// Whether `entry` only asks something of the performance.
#[must_use]
pub fn is_command(entry: &str) -> bool {
    let all = statements(entry);
    !all.is_empty() && all.iter().all(|(_, text)| meaning(text).once)
}

/// Tracks that `entry` makes or changes.
#[must_use]
pub fn tracks(entry: &str) -> Vec<String> {
    let about = |(_, text): (usize, String)| {
        let Meaning { defines, changes, .. } = meaning(&text);
        Some(defines.or(changes)?.strip_prefix("track ")?.to_string())
    };
    statements(entry).into_iter().filter_map(about).collect()
}

/// The modules that a script imports: their paths by the names that it gives them.
#[must_use]
pub fn imports(script: &str) -> BTreeMap<String, String> {
    let import = |(_, text): (usize, String)| {
        let meaning = meaning(&text);
        let name = meaning.defines.as_deref()?.strip_prefix("import ")?;
        Some((name.to_string(), code(&text).split('"').nth(1)?.to_string()))
    };
    statements(script).into_iter().filter_map(import).collect()
}

/// What the statements of a script define, for completion: names by kind.
#[must_use]
pub fn names(script: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, statement) in statements(script) {
        if let Some((kind, name)) =
            meaning(&statement).defines.as_deref().and_then(|d| d.split_once(' '))
        {
            let name = name.split('/').next().unwrap_or(name).to_string();
            found.entry(kind.to_string()).or_default().push(name);
        }
    }
    found
}

/// The parameters of the functions of a script, by the name of the function: arguments but those that are always given,
/// such as the sound itself.
#[must_use]
pub fn parameters(script: &str) -> BTreeMap<String, Vec<String>> {
    let heads = statements(script).into_iter().filter_map(|(_, statement)| {
        let name = meaning(&statement).defines?.strip_prefix("fn ")?.split('/').next()?.to_string();
        let (_, rest) = statement.split_once(&format!("{name}("))?;
        let arguments = rest.split(')').next()?.split(',').map(|word| word.trim().to_string());
        Some((name, arguments.filter(|word| !GIVEN.contains(&word.as_str())).collect()))
    });
    heads.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(entries: &[&str]) -> String {
        entries.iter().fold(Notebook::default(), |n, e| n.with(e, &origin("prompt", 1))).text()
    }

    fn origin(name: &str, line: u32) -> Origin {
        Origin { name: name.into(), line }
    }

    #[test]
    fn parameters_of_functions_are_what_must_be_given() {
        let found = parameters(
            "/// cutoff: 1..2\nfn pole(x, cutoff, gain) { x } let y = 3; fn lfo(t) { t }",
        );
        let of = |name: &str| found.get(name).map(|all| all.join(" "));
        assert_eq!(of("pole").as_deref(), Some("cutoff gain"));
        assert_eq!((of("lfo").as_deref(), of("y")), (Some(""), None));
    }

    #[test]
    fn what_is_defined_anew_takes_the_place_of_the_old() {
        assert_eq!(after(&["let x = 1", "let y = x;", "let x = 2"]), "let x = 2;\nlet y = x;\n");
        assert_eq!(
            after(&[
                "fn f(a) { a + 1 } fn f() { 0 }",
                "track(\"a\", f(1))",
                "fn f(b) { if b { 1 } else { 2 } }"
            ]),
            "fn f(b) { if b { 1 } else { 2 } }\nfn f() { 0 }\ntrack(\"a\", f(1));\n"
        );
        assert_eq!(
            after(&["tempo(120); tempo(90)", "master(limiter())"]),
            "tempo(90);\nmaster(limiter());\n"
        );
    }

    #[test]
    fn changes_of_a_track_go_with_the_track() {
        let first =
            ["track(\"a\", sine(1)).gain(0.5)", "track(\"a\").mute()", "track(\"b\", sine(2))"];
        assert_eq!(
            after(&first),
            "track(\"a\", sine(1)).gain(0.5);\ntrack(\"a\").mute();\ntrack(\"b\", sine(2));\n"
        );
        let block = "let t = track(\"t\", sine(1)); t.gain(0.5); t.pan(1)";
        let other = "track(\"u\", sampler(t.bounce(1)))";
        assert_eq!(after(&[block, other, block]), after(&[block, other]));
        let again = [&first[..], &["track(\"a\", sine(3))"]].concat();
        assert_eq!(after(&again), "track(\"a\", sine(3));\ntrack(\"b\", sine(2));\n");
    }

    #[test]
    fn texts_and_comments_hide_what_is_in_them() {
        let entry = "let a = \"x; } \\\" {\"; // let b = 1; {\n/* ( */ let c = `{`;";
        assert_eq!(after(&[entry]).lines().count(), 3);
        assert!(!Notebook::is_open(entry));
        for open in ["f(", "let x = \"abc", "fn f() {", "/* x", "[1, (2)"] {
            assert!(Notebook::is_open(open), "{open}");
        }
        assert!(!Notebook::is_open("sine(1) // ("));
        assert!(Notebook::is_open("/// level: 0..1 = 0.5"));
        assert!(!Notebook::is_open("/// level: 0..1 = 0.5\nfn f(x, level) { x * level }"));
        assert_eq!(after(&["// only a comment"]), "");
    }

    #[test]
    fn lines_know_where_they_come_from() {
        let file = "// a song\nlet x = 1;  let y =\n  2;\ntrack(\"a\", sine(x));";
        let notebook = Notebook::default()
            .with(file, &origin("song.rhai", 1))
            .with("fn f() {\n 1 }", &origin("song.rhai", 40))
            .with("hush(); let y = 3", &origin("prompt", 1));
        let source = notebook.source();
        let of = |text: &str| {
            let line = source.lines().position(|l| l.contains(text)).expect("there") as u32 + 1;
            notebook.origin(line).map(|o| (o.name.to_string(), o.line))
        };
        let is = |name: &str, line| Some((name.to_string(), line));
        assert_eq!(of("let x"), is("song.rhai", 2));
        assert_eq!(of("track"), is("song.rhai", 4));
        assert_eq!(of(" 1 }"), is("song.rhai", 41));
        assert_eq!(of("let y = 3"), is("prompt", 1));
        assert!(source.contains(&format!("{}let y = 3", " ".repeat(8))));
        assert!(!notebook.settled().text().contains("hush"));
    }

    #[test]
    fn commands_are_told_from_music() {
        assert!(is_command("hush(); mute(\"a\")"));
        assert!(
            !is_command("mute(\"a\"); let x = 1")
                && !is_command("track(\"a\").mute()")
                && !is_command("")
        );
        assert_eq!(tracks("track(\"a\", f()); track(\"b\").mute(); let x = 1"), ["a", "b"]);
    }
}
