//! Takes a script apart into statements, and tells what each is about.

use crate::script::perform::is_command;

/// Functions that say one thing of the whole piece: the last one holds.
const ONCE: &[&str] =
    &["tempo", "meter", "title", "seed", "swing", "length_bars", "length_beats", "master", "song"];

/// Characters of a script that stand outside texts and comments, with the depth of brackets.
pub struct Scan<'a> {
    rest: std::iter::Peekable<std::str::CharIndices<'a>>,
    pub depth: i32,
    /// A text or a comment does not end.
    pub open: bool,
}

impl<'a> Scan<'a> {
    /// From the beginning of `text`.
    pub fn new(text: &'a str) -> Scan<'a> {
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

/// The statements of a script, each with its end, and the byte at which it begins.
pub fn statements(text: &str) -> Vec<(usize, String)> {
    let start = |from: usize| from + text[from..].len() - text[from..].trim_start().len();
    let (mut all, mut begin) = (Vec::new(), 0);
    let mut scan = Scan::new(text);
    while let Some((at, c)) = scan.next() {
        let block = ["fn ", "private fn ", "if ", "for ", "while ", "loop ", "switch "];
        let body = || block.iter().any(|b| text[begin..].trim_start().starts_with(b));
        let goes_on = || text[at + 1..].trim_start().starts_with("else");
        if scan.depth == 0 && (c == ';' || (c == '}' && body() && !goes_on())) {
            all.push((start(begin), text[begin..=at].trim().to_string()));
            begin = at + 1;
        }
    }
    let last = text[begin..].trim();
    if !last.is_empty() && last.lines().any(|l| !l.trim_start().starts_with("//")) {
        let last = if last.ends_with('}') { last.to_string() } else { format!("{last};") };
        all.push((start(begin), last));
    }
    all.retain(|(_, s)| s != ";");
    all
}

/// What a statement does to the piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// What it defines: a function, a variable, a track, ...
    pub defines: Option<String>,
    /// What it changes without defining it: `track("a").gain(0.5)`, `x += 1`.
    pub changes: Option<String>,
    /// It asks something of the performance, and is no part of the piece.
    pub once: bool,
}

impl Meaning {
    /// The track or bus that it is about.
    pub fn slot(&self) -> Option<&str> {
        let about = self.defines.as_deref().or(self.changes.as_deref())?;
        about.strip_prefix("track ").or(about.strip_prefix("bus "))
    }
}

/// What a statement does to the piece.
pub fn meaning(statement: &str) -> Meaning {
    let defined = |name: String| Meaning { defines: Some(name), ..Meaning::default() };
    let text: String = code(statement);
    let text = text.trim_start().trim_start_matches("private ").trim_start();
    let word = |from: &str| -> String {
        from.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    if let Some(rest) = text.strip_prefix("fn ") {
        let arguments = rest.split(['(', ')']).nth(1).unwrap_or("");
        let count = arguments.split(',').filter(|a| !a.trim().is_empty()).count();
        return defined(format!("fn {}/{count}", word(rest)));
    }
    for keyword in ["let ", "const "] {
        if let Some(rest) = text.strip_prefix(keyword) {
            return defined(format!("let {}", word(rest)));
        }
    }
    if text.starts_with("import ") {
        let name = text.rsplit(" as ").next().map(word).unwrap_or_default();
        return defined(format!("import {name}"));
    }
    let name = word(text);
    let rest = &text[name.len()..];
    if ONCE.contains(&name.as_str()) && rest.starts_with('(') {
        return defined(name);
    }
    if name == "drums" && rest.starts_with("(\"") && !rest.contains("name:") {
        return defined("track drums".to_string());
    }
    if (name == "track" || name == "bus") && rest.starts_with("(\"") {
        let title = rest[2..].split('"').next().unwrap_or("");
        let id = format!("{name} {title}");
        let source = rest[2 + title.len()..].trim_start_matches('"').trim_start().starts_with(',');
        return if source {
            defined(id)
        } else {
            Meaning { changes: Some(id), ..Meaning::default() }
        };
    }
    if !name.is_empty() && changes(rest.trim_start()) {
        return Meaning { changes: Some(format!("let {name}")), ..Meaning::default() };
    }
    Meaning { once: rest.starts_with('(') && is_command(&name), ..Meaning::default() }
}

/// Whether what follows a name at the beginning of a statement changes what the name stands for.
fn changes(rest: &str) -> bool {
    let assigns = rest.find('=').is_some_and(|at| {
        let operator = rest[..at].trim();
        let compares = rest[at + 1..].starts_with('=') || rest[at + 1..].starts_with('>');
        !compares && operator.chars().all(|c| "+-*/%^&|<>".contains(c))
    });
    rest.starts_with(['.', '[']) || assigns
}

/// The statement without the comments in front of it.
pub fn code(statement: &str) -> String {
    let lines = statement.lines().skip_while(|l| {
        let line = l.trim_start();
        line.is_empty() || line.starts_with("//")
    });
    lines.map(|l| format!("{l}\n")).collect()
}
