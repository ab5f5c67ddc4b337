//! Definitions stand before what uses them, in whichever order they were entered.

use super::Cell;
use super::statements::Scan;
use std::collections::{BTreeMap, BTreeSet};

/// The same cells, where each that uses what another defines stands behind that one; otherwise in their order.
pub fn arranged(cells: Vec<Cell>) -> Vec<Cell> {
    let needs = needs(&cells);
    let mut order = Order { needs: &needs, seen: BTreeSet::new(), found: Vec::new() };
    (0..cells.len()).for_each(|at| order.visit(at));
    let mut cells: Vec<Option<Cell>> = cells.into_iter().map(Some).collect();
    order.found.into_iter().filter_map(|at| cells[at].take()).collect()
}

/// A walk to what is used, before what uses it.
struct Order<'a> {
    needs: &'a [BTreeSet<usize>],
    seen: BTreeSet<usize>,
    found: Vec<usize>,
}

impl Order<'_> {
    fn visit(&mut self, at: usize) {
        // What needs itself in the end stays where it is, and the evaluation tells.
        if self.seen.insert(at) {
            self.needs[at].iter().for_each(|&before| self.visit(before));
            self.found.push(at);
        }
    }
}

/// The cells that each cell needs: what defines its names, and what has changed these by then.
fn needs(cells: &[Cell]) -> Vec<BTreeSet<usize>> {
    let mut defined: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, cell) in cells.iter().enumerate() {
        if let Some(name) = defines(cell) {
            defined.entry(name).or_default().push(at);
        }
    }
    let changed = |name: &str, at: usize| {
        let name = format!("let {name}");
        let is = move |other: &usize| cells[*other].meaning.changes.as_ref() == Some(&name);
        (0..at).filter(is).collect::<Vec<_>>()
    };
    let of = |(at, cell): (usize, &Cell)| {
        let mut used = names(&cell.text);
        // The forms of a function do not wait for one another.
        if let Some(own) = defines(cell) {
            used.remove(own);
        }
        let used = used.iter().filter_map(|name| Some((name, defined.get(name.as_str())?)));
        used.flat_map(|(name, by)| by.iter().copied().chain(changed(name, at))).collect()
    };
    cells.iter().enumerate().map(of).collect()
}

/// The variable, module or function that a cell defines.
fn defines(cell: &Cell) -> Option<&str> {
    let (kind, name) = cell.meaning.defines.as_deref()?.split_once(' ')?;
    matches!(kind, "let" | "import" | "fn").then(|| name.split('/').next()).flatten()
}

/// Names of variables, functions and modules that a statement uses: neither properties nor keys of maps.
fn names(text: &str) -> BTreeSet<String> {
    // Without texts and comments, each of which parts two words.
    let (mut code, mut end) = (String::new(), 0);
    for (at, c) in Scan::new(text) {
        code.extend((at > end).then_some(' '));
        code.push(c);
        end = at + c.len_utf8();
    }
    let parts = |c: char| !c.is_alphanumeric() && c != '_';
    let (mut names, mut at) = (BTreeSet::new(), 0);
    for word in code.split_inclusive(parts) {
        let name = word.trim_end_matches(parts);
        let (before, after) = (code[..at].trim_end(), code[at + name.len()..].trim_start());
        let of_module = before.ends_with("::") && !before.ends_with("global::");
        let property = before.ends_with('.') && !before.ends_with("..");
        let key = after.starts_with(':') && !after.starts_with("::");
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if is_name && !of_module && !property && !key {
            names.insert(name.to_string());
        }
        at += word.len();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::{Notebook, Origin};
    use super::names;

    fn after(entries: &[&str]) -> String {
        let origin = Origin { name: "prompt".into(), line: 1 };
        entries.iter().fold(Notebook::default(), |n, e| n.with(e, &origin)).text()
    }

    #[test]
    fn what_is_used_is_told_from_what_is_called_so() {
        let found = |text: &str| names(text).into_iter().collect::<Vec<_>>().join(" ");
        let text = "track(\"x\", sine(y).gain(z) |> lib::f(#{w: v, u : t}).pan(a.b), 0..q, 1.5, global::C) // n";
        assert_eq!(found(text), "C a global lib q sine t track v y z");
    }

    #[test]
    fn a_track_that_is_entered_again_may_use_what_came_meanwhile() {
        assert_eq!(
            after(&["track(\"a\", sine(1))", "let w = lfo(2)", "track(\"a\", sine(w))"]),
            "let w = lfo(2);\ntrack(\"a\", sine(w));\n"
        );
        // Also behind a function, and a definition of a definition.
        assert_eq!(
            after(&[
                "track(\"a\", sine(1))",
                "track(\"b\", sine(2))",
                "import \"lib\" as lib",
                "let n = lib::n()",
                "n += 1",
                "let m = n * 2",
                "fn f(x) { lib::g(x) }",
                "track(\"a\", f(m))",
            ]),
            "import \"lib\" as lib;\nlet n = lib::n();\nn += 1;\nlet m = n * 2;\nfn f(x) { lib::g(x) }\n\
             track(\"a\", f(m));\ntrack(\"b\", sine(2));\n"
        );
    }

    #[test]
    fn what_needs_nothing_stays_where_it_is() {
        let entries = ["let x = 1", "track(\"a\", sine(x))", "let y = x", "track(\"b\", #{y: 1})"];
        assert_eq!(after(&entries), entries.map(|e| format!("{e};\n")).concat());
        // A circle is told when it is evaluated.
        assert_eq!(after(&["let x = 1", "let y = x", "let x = y"]).lines().count(), 2);
    }
}
