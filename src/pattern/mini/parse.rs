//! The grammar of mini-notation, as a recursive descent.

mod slice;

use super::ast::{Group, GroupKind, Op, Row, Slice, Step, Tree};
use super::scan::{Scan, error_at};
use crate::pattern::error::MiniError;

/// The most brackets inside brackets.
const MOST_NESTED: usize = 100;
/// The longest text, in bytes.
const LONGEST: usize = 65_536;

type Parsed<T> = Result<T, MiniError>;

struct Parser<'a> {
    scan: Scan<'a>,
    /// Taken in order of writing by everything random, and by feet.
    seeds: u32,
    nested: usize,
    densest: (f64, usize),
}

pub(super) fn parse(text: &str) -> Parsed<Tree> {
    if text.len() > LONGEST {
        let message = format!("a text of {} bytes is too long; at most {LONGEST}", text.len());
        return Err(error_at(text, 0, message, &[]));
    }
    let scan = Scan { text, at: 0 };
    let mut p = Parser { scan, seeds: 0, nested: 0, densest: (0.0, 0) };
    let root = p.rows(None)?;
    Ok(Tree { root, densest: p.densest.1 })
}

impl Parser<'_> {
    /// The inside of `[ ]`, or the whole text, up to and including the closing bracket.
    fn rows(&mut self, close: Option<char>) -> Parsed<Group> {
        self.scan.skip_space();
        let mut rows = vec![self.row()?];
        self.scan.skip_space();
        let separator = match self.scan.peek() {
            Some(c @ (',' | '|')) => Some(c),
            Some('.') if self.scan.word() == "." => Some('.'),
            _ => None,
        };
        if let Some(c) = separator {
            self.need_steps(c, &rows[0])?;
            while self.separator(c) {
                self.scan.skip_space();
                rows.push(self.row()?);
                self.need_steps(c, &rows[rows.len() - 1])?;
                self.scan.skip_space();
            }
        }
        let kind = match separator {
            Some('|') => GroupKind::Choice { seed: self.seed() },
            Some('.') => {
                self.seed();
                GroupKind::Feet
            }
            _ => GroupKind::Stack,
        };
        self.close(close)?;
        Ok(Group { kind, rows })
    }

    fn separator(&mut self, c: char) -> bool {
        (c != '.' || self.scan.word() == ".") && self.scan.eat(c)
    }

    /// Nothing at all is silence in a stack; a choice and feet need something.
    fn need_steps(&self, separator: char, row: &Row) -> Parsed<()> {
        if separator != ',' && row.steps.is_empty() {
            return Err(self.scan.expected(&["a word", "a number", "a bracket"]));
        }
        Ok(())
    }

    /// The inside of `{ }` or `< >`, where only `,` separates.
    fn lanes(&mut self, close: char) -> Parsed<Vec<Row>> {
        self.scan.skip_space();
        let mut rows = vec![self.row()?];
        self.scan.skip_space();
        while self.scan.eat(',') {
            self.scan.skip_space();
            rows.push(self.row()?);
            self.scan.skip_space();
        }
        self.close(Some(close))?;
        Ok(rows)
    }

    fn close(&mut self, close: Option<char>) -> Parsed<()> {
        match close {
            None if self.scan.peek().is_none() => Ok(()),
            None => Err(self.scan.expected(&["a step", "an operator", "the end"])),
            Some(c) if self.scan.eat(c) => Ok(()),
            Some(c) => Err(self.scan.expected(&["a step", "an operator", &format!("'{c}'")])),
        }
    }

    fn row(&mut self) -> Parsed<Row> {
        let marked = self.scan.eat('^');
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        if marked && steps.is_empty() {
            return Err(self.scan.expected(&["a word", "a number", "a bracket"]));
        }
        Ok(Row { marked, steps })
    }

    fn step(&mut self) -> Parsed<Option<Step>> {
        let Some((slice, range)) = self.slice_or_range()? else { return Ok(None) };
        let mut step = Step { slice, ops: range.into_iter().collect(), weight: 1.0 };
        let mut reps = 1.0;
        while self.op(&mut step, &mut reps)? {}
        Ok(Some(step))
    }

    /// One operator after a slice; false when there is none.
    fn op(&mut self, step: &mut Step, reps: &mut f64) -> Parsed<bool> {
        let before = self.scan.at;
        self.scan.skip_space();
        if self.scan.eat('@') || self.scan.eat('_') {
            step.weight += self.scan.number().unwrap_or(2.0) - 1.0;
            return Ok(true);
        }
        let at = self.scan.at;
        if self.scan.eat('!') {
            *reps += self.scan.number().unwrap_or(2.0) - 1.0;
            self.note_factor(*reps, at);
            step.ops.retain(|op| !matches!(op, Op::Replicate(_)));
            step.ops.push(Op::Replicate(*reps));
            step.weight = *reps;
            return Ok(true);
        }
        self.scan.at = before;
        let op = match self.scan.peek() {
            Some('*') => Op::Fast(self.argument(1)?),
            Some('/') => Op::Slow(self.argument(1)?),
            Some(':') => Op::Tail(self.argument(1)?),
            Some('(') => self.euclid()?,
            Some('?') => {
                self.scan.eat('?');
                let amount = self.scan.number().unwrap_or(0.5);
                Op::Degrade { amount, seed: self.seed() }
            }
            Some('.') if self.scan.rest().starts_with("..") && self.range_follows() => {
                Op::Range(self.argument(2)?)
            }
            _ => return Ok(false),
        };
        step.ops.push(op);
        Ok(true)
    }

    /// True when `..` has something to run to; else it is a word of its own.
    fn range_follows(&mut self) -> bool {
        let before = self.scan.at;
        self.scan.at += 2;
        self.scan.skip_space();
        let word = self.scan.word();
        let found =
            matches!(self.scan.peek(), Some('[' | '{' | '<')) || !matches!(word, "" | "." | "_");
        self.scan.at = before;
        found
    }

    /// What an operator of `width` bytes works with.
    fn argument(&mut self, width: usize) -> Parsed<Slice> {
        let at = self.scan.at;
        self.scan.at += width;
        let Some(slice) = self.slice()? else {
            return Err(self.scan.expected(&["a number", "a word", "a bracket"]));
        };
        if let Slice::Word { text, .. } = &slice {
            self.note_factor(text.parse().unwrap_or(0.0), at);
        }
        Ok(slice)
    }

    fn euclid(&mut self) -> Parsed<Op> {
        self.scan.eat('(');
        let pulses = self.euclid_argument()?;
        if !self.scan.eat(',') {
            return Err(self.scan.expected(&["','"]));
        }
        let steps = self.euclid_argument()?;
        self.scan.eat(',');
        // What is written after these slices counts for nothing, as in Strudel.
        let rotation = self.step()?.map(|s| s.slice);
        self.scan.skip_space();
        if !self.scan.eat(')') {
            return Err(self.scan.expected(&["')'"]));
        }
        Ok(Op::Euclid { pulses, steps, rotation })
    }

    fn euclid_argument(&mut self) -> Parsed<Slice> {
        match self.step()? {
            Some(step) => {
                self.scan.skip_space();
                Ok(step.slice)
            }
            None => {
                self.scan.skip_space();
                Err(self.scan.expected(&["a number", "a bracket"]))
            }
        }
    }

    fn open(&mut self) -> Parsed<()> {
        if self.nested >= MOST_NESTED {
            let message = format!("more than {MOST_NESTED} brackets inside one another");
            return Err(error_at(self.scan.text, self.scan.at, message, &[]));
        }
        self.nested += 1;
        self.scan.at += 1;
        Ok(())
    }

    fn seed(&mut self) -> u32 {
        self.seeds += 1;
        self.seeds - 1
    }

    fn note_factor(&mut self, factor: f64, at: usize) {
        if factor > self.densest.0 {
            self.densest = (factor, at);
        }
    }
}
