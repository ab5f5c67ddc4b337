//! Draws what a pattern plays: a piano roll of notes, a grid of sounds, the curve of a signal.

use super::observed::{Piece, pieces};
use super::rows::{Row, rows};
use super::{Look, Page};
use crate::pattern::{Frac, Span};
use std::fmt::Write;

/// Columns of a cycle where there is room for as many as one likes.
const WIDEST: usize = 64;
/// Columns that a cycle should have at least; more cycles than fit go on below.
const NARROWEST: usize = 16;
/// Lines of a curve.
const HEIGHT: usize = 8;
/// Most stretches that are drawn below one another.
const MOST_SYSTEMS: i64 = 64;

/// A drawing of what was looked at, that fits the page. Notes: a line for each semitone; other numbers:
/// a line for each; everything else: a line for each name. `●` is where an event begins.
#[must_use]
pub fn draw(look: &Look, page: &Page) -> String {
    let pieces = pieces(&look.events);
    if pieces.is_empty() && look.events.iter().any(|e| e.whole.is_none()) {
        return curve(look, page);
    }
    let rows = rows(&pieces);
    let label = rows.iter().map(|r| r.label.chars().count()).max().unwrap_or(0);
    let scale = Scale::of(&pieces, look.span, page.width.saturating_sub(label + 2));
    let mut out = String::new();
    for system in scale.systems(look.span) {
        let _ = writeln!(out, "{:label$} {}", "", page.faint(scale.numbers(system).trim_end()));
        for row in &rows {
            let line = scale.line(system, row, &pieces, page);
            let name = format!("{:>label$}", row.label);
            let _ = writeln!(out, "{} {line}", page.paint(&name, row.colour));
        }
    }
    let count = pieces.iter().filter(|p| p.has_onset()).count();
    let s = if count == 1 { "" } else { "s" };
    let _ = writeln!(out, "{count} event{s} {}", duration(look.span));
    out
}

fn duration(span: Span) -> String {
    let s = if span.duration() == Frac::ONE { "" } else { "s" };
    format!("in {} cycle{s} from {}", span.duration(), span.begin)
}

/// How time becomes columns.
struct Scale {
    /// Columns of a cycle.
    columns: usize,
    /// Cycles side by side.
    cycles: i64,
}

impl Scale {
    /// A scale on which events begin at columns, if that is possible, and that fits `width`.
    fn of(pieces: &[Piece], span: Span, width: usize) -> Scale {
        let parts = pieces.iter().flat_map(|p| [p.part.begin, p.part.end]);
        let grid = parts.fold(Frac::ONE, |grid, t| grid.lcm(Frac::int(t.den())));
        let grid = usize::try_from(grid.num()).ok().filter(|g| *g <= WIDEST).unwrap_or(1);
        let all = usize::try_from(span.duration().ceil().num()).unwrap_or(usize::MAX).max(1);
        let widest = WIDEST.min((width / all).saturating_sub(1));
        // A cycle takes a column more than it has, for the bar before it.
        let columns = if widest >= NARROWEST && widest >= grid {
            widest - widest % grid
        } else {
            NARROWEST.div_ceil(grid) * grid
        };
        let columns = columns.min(width.saturating_sub(2)).max(4);
        let cycles = (width.saturating_sub(1) / (columns + 1)).clamp(1, all.min(4096));
        Scale { columns, cycles: cycles as i64 }
    }

    /// The stretches that are drawn below one another.
    fn systems(&self, span: Span) -> impl Iterator<Item = Span> + use<> {
        let step = Frac::int(self.cycles);
        let begins = (0..MOST_SYSTEMS).map(move |i| span.begin + step * Frac::int(i));
        let inside = begins.take_while(move |b| *b < span.end || *b == span.begin);
        inside.map(move |b| Span::new(b, (b + step).min(span.end)))
    }

    /// The column of a time, and whether it is the very first of a cycle.
    fn cells(&self, system: Span) -> usize {
        let columns = system.duration() * Frac::int(self.columns as i64);
        usize::try_from(columns.ceil().num()).unwrap_or(0).max(1)
    }

    fn time(&self, system: Span, cell: usize) -> Frac {
        system.begin + Frac::new(cell as i64, self.columns as i64)
    }

    /// The numbers of the cycles, above their bars.
    fn numbers(&self, system: Span) -> String {
        let mut line = String::new();
        let mut column = 0;
        for cell in 0..self.cells(system) {
            let t = self.time(system, cell);
            if t.is_int() {
                if line.chars().count() <= column {
                    let pad = column - line.chars().count();
                    let _ = write!(line, "{}{t}", " ".repeat(pad));
                }
                column += 1;
            }
            column += 1;
        }
        line
    }

    /// One line of a system.
    fn line(&self, system: Span, row: &Row, pieces: &[Piece], page: &Page) -> String {
        let mut cells = vec![' '; self.cells(system)];
        for &i in &row.pieces {
            self.place(system, &pieces[i], &mut cells);
        }
        let mut line = String::new();
        let mut run = String::new();
        for (i, cell) in cells.iter().enumerate() {
            let t = self.time(system, i);
            if t.is_int() {
                line.push_str(&page.paint(&std::mem::take(&mut run), row.colour));
                line.push_str(&page.faint("│"));
            }
            if *cell == ' ' {
                line.push_str(&page.paint(&std::mem::take(&mut run), row.colour));
                let quarter = (t * Frac::int(4)).is_int();
                line.push_str(&page.faint(if quarter { "·" } else { row.ground }));
            } else {
                run.push(*cell);
            }
        }
        line.push_str(&page.paint(&run, row.colour));
        line.push_str(&page.faint("│"));
        line
    }

    /// Draws one event: `●` where it begins, a line as long as it lasts.
    fn place(&self, system: Span, piece: &Piece, cells: &mut [char]) {
        let Some(part) = piece.part.intersect(system) else { return };
        let column = |t: Frac| {
            let at = ((t - system.begin) * Frac::int(self.columns as i64)).floor().num();
            usize::try_from(at).unwrap_or(0).min(cells.len())
        };
        let (first, end) = (column(part.begin), column(part.end));
        let first = first.min(cells.len() - 1);
        for cell in cells.iter_mut().take(end).skip(first) {
            if *cell != '●' {
                *cell = '━';
            }
        }
        if end > first + 1 && part.end == piece.whole.end && cells[end - 1] == '━' {
            cells[end - 1] = '╸';
        }
        if piece.has_onset() && part.begin == piece.part.begin {
            cells[first] = '●';
        }
    }
}

/// A number in at most seven characters, where it is not a giant.
fn short(x: f64) -> String {
    let digits = match x.abs() {
        a if a < 10.0 => 4,
        a if a < 1_000.0 => 2,
        _ => 0,
    };
    format!("{x:.digits$}")
}

/// A continuous pattern, sampled at every column.
fn curve(look: &Look, page: &Page) -> String {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let scale = Scale::of(&[], look.span, page.width.saturating_sub(9));
    let systems: Vec<Span> = scale.systems(look.span).collect();
    let sample = |t: Frac| {
        let events = look.pattern.query(Span::new(t, t + Frac::new(1, scale.columns as i64)));
        events.first().and_then(|e| e.value.as_num())
    };
    let sampled: Vec<Vec<Option<f64>>> = systems
        .iter()
        .map(|s| (0..scale.cells(*s)).map(|i| sample(scale.time(*s, i))).collect())
        .collect();
    let all = || sampled.iter().flatten().flatten().copied().filter(|v| v.is_finite());
    let (low, high) =
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let range = if high > low { high - low } else { 1.0 };
    let mut out = String::new();
    for (system, values) in systems.iter().zip(&sampled) {
        let _ = writeln!(out, "{:7} {}", "", page.faint(scale.numbers(*system).trim_end()));
        for row in (0..HEIGHT).rev() {
            let bound = match row {
                r if r == HEIGHT - 1 => short(high),
                0 => short(low),
                _ => String::new(),
            };
            let label = format!("{bound:>7}");
            let mut line = String::new();
            for (i, v) in values.iter().enumerate() {
                if scale.time(*system, i).is_int() {
                    line.push_str(&page.faint("│"));
                }
                // The lowest value still has an eighth of a line.
                let level =
                    v.map_or(0.0, |v| (v - low) / range * (8.0 * HEIGHT as f64 - 1.0) + 1.0);
                let eighths = (level - 8.0 * row as f64).clamp(0.0, 8.0);
                line.push_str(&page.paint(&BLOCKS[eighths as usize].to_string(), 0));
            }
            let _ = writeln!(out, "{label} {line}{}", page.faint("│"));
        }
    }
    let _ = writeln!(out, "a continuous signal {}", duration(look.span));
    out
}
