//! The constants of a `switch`: asked from Rhai itself, which keeps only their hashes.

use rhai::{
    BinaryExpr, Caches, Dynamic, Engine, Expr, Position, RangeCase, Scope, Stmt,
    SwitchCasesCollection,
};
use std::collections::{BTreeMap, BTreeSet};

/// Whole numbers of a range that Rhai takes for single cases.
const SHORT: i64 = 16;
/// Characters of the text that are looked at.
const MOST: usize = 8_000;

/// Which expressions belong to which whole number, of all those that the text has; of truth values (`truth`) to 0 and 1.
/// `None` if there are others.
pub fn find(
    cases: &SwitchCasesCollection,
    text: &str,
    truth: bool,
) -> Option<BTreeMap<i64, Vec<usize>>> {
    let engine = Engine::new_raw();
    let mut found = BTreeMap::new();
    for number in if truth { vec![0, 1] } else { numbers(text) } {
        let operand = match truth {
            true => Expr::BoolConstant(number != 0, Position::NONE),
            false => Expr::IntegerConstant(number, Position::NONE),
        };
        let blocks = blocks(&engine, cases, &operand);
        if !blocks.is_empty() {
            found.insert(number, blocks);
        }
    }
    // A range is a case too, of the range itself.
    let ranges = cases.ranges.iter().map(|range| match range {
        RangeCase::ExclusiveInt(_, index) | RangeCase::InclusiveInt(_, index) => *index,
    });
    let known: BTreeSet<usize> = found.values().flatten().copied().chain(ranges).collect();
    let all = cases.cases.values().flat_map(|case| &case.blocks);
    all.into_iter().all(|block| known.contains(block)).then_some(found)
}

/// Whole numbers that stand in the text, and their opposites.
fn numbers(text: &str) -> Vec<i64> {
    let end = text.char_indices().nth(MOST).map_or(text.len(), |(at, _)| at);
    let words = text[..end].split(|c: char| !c.is_alphanumeric() && c != '_');
    let parsed = words.filter_map(|word| {
        let digits = word.replace('_', "");
        match digits.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok(),
            None => digits.parse().ok(),
        }
    });
    // Rhai writes short ranges out: what lies in one is not in the text.
    let near = |n: i64| (0..=SHORT).map(move |i| n.saturating_add(i));
    let mut all: Vec<i64> =
        parsed.flat_map(|n: i64| [n, n.wrapping_neg()]).flat_map(near).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The expressions of a case: found by letting the same `switch` give their numbers, one after the other.
fn blocks(engine: &Engine, cases: &SwitchCasesCollection, operand: &Expr) -> Vec<usize> {
    let mut found = Vec::new();
    loop {
        let numbered = |index: usize| BinaryExpr {
            lhs: Expr::BoolConstant(!found.contains(&index), Position::NONE),
            rhs: Expr::IntegerConstant(index as i64, Position::NONE),
        };
        let same = SwitchCasesCollection {
            expressions: (0..cases.expressions.len()).map(numbered).collect(),
            cases: cases.cases.clone(),
            ranges: Default::default(),
            def_case: None,
        };
        let statement = Stmt::Switch(Box::new((operand.clone(), same)), Position::NONE);
        #[allow(deprecated)] // Not deprecated but volatile, says Rhai.
        let value = engine.eval_statements_raw(
            &mut engine.new_global_runtime_state(),
            &mut Caches::new(),
            &mut Scope::new(),
            &[statement],
        );
        match value.as_ref().map(Dynamic::as_int) {
            Ok(Ok(index)) => found.push(index as usize),
            _ => return found,
        }
    }
}
