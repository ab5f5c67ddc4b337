//! Words and brackets: what operators work on.

use super::super::ast::{Group, GroupKind, Op, Slice};
use super::{Parsed, Parser};
use crate::pattern::event::SourceSpan;

impl Parser<'_> {
    pub(super) fn slice(&mut self) -> Parsed<Option<Slice>> {
        Ok(self.slice_or_range()?.map(|(slice, _)| slice))
    }

    /// A slice, with the range that `0..4` without spaces is short for. White space after it is
    /// skipped; nothing is consumed when there is none.
    pub(super) fn slice_or_range(&mut self) -> Parsed<Option<(Slice, Option<Op>)>> {
        let before = self.scan.at;
        self.scan.skip_space();
        let start = self.scan.at;
        let group = match self.scan.peek() {
            Some('[') => {
                self.open()?;
                self.rows(Some(']'))?
            }
            Some('<') => {
                self.open()?;
                Group { kind: GroupKind::Slow, rows: self.lanes('>')? }
            }
            Some('{') => {
                self.open()?;
                let rows = self.lanes('}')?;
                let steps = match self.scan.peek() {
                    Some('%') => Some(Box::new(self.argument(1)?)),
                    _ => None,
                };
                Group { kind: GroupKind::Polymeter { steps }, rows }
            }
            _ => {
                let word = self.scan.word();
                if matches!(word, "" | "." | "_") {
                    self.scan.at = before;
                    return Ok(None);
                }
                self.scan.at += word.len();
                return self.word(word, start).map(Some);
            }
        };
        self.nested -= 1;
        self.scan.skip_space();
        Ok(Some((Slice::Group(group), None)))
    }

    fn word(&mut self, word: &str, start: usize) -> Parsed<(Slice, Option<Op>)> {
        if let Some((from, to)) = word.split_once("..")
            && is_integer(from)
        {
            let low = word_slice(from, start);
            if is_integer(to) {
                self.scan.skip_space();
                let high = word_slice(to, start + from.len() + 2);
                return Ok((low, Some(Op::Range(high))));
            }
            if to.is_empty() && matches!(self.scan.peek(), Some('[' | '{' | '<')) {
                let high = self.argument(0)?;
                return Ok((low, Some(Op::Range(high))));
            }
        }
        self.scan.skip_space();
        Ok((if matches!(word, "~" | "-") { Slice::Rest } else { word_slice(word, start) }, None))
    }
}

fn is_integer(s: &str) -> bool {
    let digits = s.strip_prefix('-').unwrap_or(s);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn word_slice(text: &str, start: usize) -> Slice {
    let at = SourceSpan { begin: start as u32, end: (start + text.len()) as u32 };
    Slice::Word { text: text.to_string(), at }
}
