//! A script that is written entry by entry: what an entry defines anew takes the place of what was there.

use std::collections::BTreeMap;

/// Statements in order, as a script. Compare and copy freely: a copy is a point to go back to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notebook {
    cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq)]
struct Cell {
    text: String,
    /// What it defines: a function, a variable, a track, ...
    defines: Option<String>,
    /// What it changes without defining it: `track("a").gain(0.5)`.
    changes: Option<String>,
}

/// Functions that say one thing of the whole piece: the last one holds.
const ONCE: &[&str] =
    &["tempo", "meter", "title", "seed", "swing", "length_bars", "length_beats", "master"];

impl Notebook {
    /// The notebook with the statements of `entry`. A function, variable, track, bus or setting of the piece
    /// that is there already is replaced where it stands, and what changed the old track or bus goes with it.
    #[must_use]
    pub fn with(&self, entry: &str) -> Notebook {
        let mut notebook = self.clone();
        for text in statements(entry) {
            let (defines, changes) = meaning(&text);
            let cell = Cell { text, defines, changes };
            if let Some(name) = &cell.defines {
                notebook.cells.retain(|c| c.changes.as_ref() != Some(name));
                if let Some(old) =
                    notebook.cells.iter_mut().find(|c| c.defines.as_ref() == Some(name))
                {
                    *old = cell;
                    continue;
                }
            }
            notebook.cells.push(cell);
        }
        notebook
    }

    /// The whole as one script.
    #[must_use]
    pub fn text(&self) -> String {
        self.cells.iter().map(|c| format!("{}\n", c.text)).collect()
    }

    /// Whether `entry` is to be continued on another line: a bracket, a text or a comment is open.
    #[must_use]
    pub fn is_open(entry: &str) -> bool {
        let mut scan = Scan::new(entry);
        while scan.next().is_some() {}
        scan.depth > 0 || scan.open
    }
}

/// Characters of a script that stand outside texts and comments, with the depth of brackets.
struct Scan<'a> {
    rest: std::iter::Peekable<std::str::CharIndices<'a>>,
    depth: i32,
    /// A text or a comment does not end.
    open: bool,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Scan<'a> {
        Scan { rest: text.char_indices().peekable(), depth: 0, open: false }
    }

    /// Skips to behind the end of a text or comment.
    fn skip(&mut self, ends: impl Fn(char, char) -> bool, escapes: bool) {
        let mut before = ' ';
        for (_, c) in self.rest.by_ref() {
            if escapes && before == '\\' {
                before = ' ';
                continue;
            }
            if ends(before, c) {
                return;
            }
            before = c;
        }
        self.open = true;
    }
}

impl Iterator for Scan<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<(usize, char)> {
        loop {
            let (at, c) = self.rest.next()?;
            match (c, self.rest.peek().map(|p| p.1)) {
                ('/', Some('/')) => {
                    self.skip(|_, c| c == '\n', false);
                    // The end of the script ends such a comment too.
                    self.open = false;
                }
                ('/', Some('*')) => self.skip(|a, b| (a, b) == ('*', '/'), false),
                ('"' | '`', _) => self.skip(move |_, b| b == c, c == '"'),
                _ => {
                    match c {
                        '(' | '[' | '{' => self.depth += 1,
                        ')' | ']' | '}' => self.depth -= 1,
                        _ => {}
                    }
                    return Some((at, c));
                }
            }
        }
    }
}

/// The statements of a script, each with its end.
fn statements(text: &str) -> Vec<String> {
    let (mut all, mut begin) = (Vec::new(), 0);
    let mut scan = Scan::new(text);
    while let Some((at, c)) = scan.next() {
        let block = ["fn ", "private fn ", "if ", "for ", "while ", "loop ", "switch "];
        let body = || block.iter().any(|b| text[begin..].trim_start().starts_with(b));
        let goes_on = || text[at + 1..].trim_start().starts_with("else");
        if scan.depth == 0 && (c == ';' || (c == '}' && body() && !goes_on())) {
            all.push(text[begin..=at].trim().to_string());
            begin = at + 1;
        }
    }
    let last = text[begin..].trim();
    if !last.is_empty() && last.lines().any(|l| !l.trim_start().starts_with("//")) {
        all.push(if last.ends_with('}') { last.to_string() } else { format!("{last};") });
    }
    all.retain(|s| s != ";");
    all
}

/// What a statement defines, and what it changes.
fn meaning(statement: &str) -> (Option<String>, Option<String>) {
    let text: String = code(statement);
    let text = text.trim_start().trim_start_matches("private ").trim_start();
    let word = |from: &str| -> String {
        from.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    if let Some(rest) = text.strip_prefix("fn ") {
        let arguments = rest.split(['(', ')']).nth(1).unwrap_or("");
        let count = arguments.split(',').filter(|a| !a.trim().is_empty()).count();
        return (Some(format!("fn {}/{count}", word(rest))), None);
    }
    for keyword in ["let ", "const "] {
        if let Some(rest) = text.strip_prefix(keyword) {
            return (Some(format!("let {}", word(rest))), None);
        }
    }
    if text.starts_with("import ") {
        let name = text.rsplit(" as ").next().map(word).unwrap_or_default();
        return (Some(format!("import {name}")), None);
    }
    let name = word(text);
    let rest = &text[name.len()..];
    if ONCE.contains(&name.as_str()) && rest.starts_with('(') {
        return (Some(name), None);
    }
    if (name == "track" || name == "bus") && rest.starts_with("(\"") {
        let title = rest[2..].split('"').next().unwrap_or("");
        let id = format!("{name} {title}");
        let source = rest[2 + title.len()..].trim_start_matches('"').trim_start().starts_with(',');
        return if source { (Some(id), None) } else { (None, Some(id)) };
    }
    (None, None)
}

/// The statement without the comments in front of it.
fn code(statement: &str) -> String {
    let lines = statement.lines().skip_while(|l| {
        let line = l.trim_start();
        line.is_empty() || line.starts_with("//")
    });
    lines.map(|l| format!("{l}\n")).collect()
}

/// What the statements of a script define, for completion: names by kind.
#[must_use]
pub fn names(script: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for statement in statements(script) {
        if let (Some(defines), _) = meaning(&statement)
            && let Some((kind, name)) = defines.split_once(' ')
        {
            let name = name.split('/').next().unwrap_or(name).to_string();
            found.entry(kind.to_string()).or_default().push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(entries: &[&str]) -> String {
        entries.iter().fold(Notebook::default(), |n, e| n.with(e)).text()
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
        assert_eq!(after(&["// only a comment"]), "");
    }
}
