//! `this.name ?? 0`: what is kept begins with another number than 0.0, or as a whole number.

use super::Lowered;
use super::chain::{Link, links};
use super::lower::Lower;
use super::value::Val;
use rhai::{Expr, Position};

impl Lower<'_> {
    /// A field of `this`, which is missing in the first frame, or what it is then.
    pub(super) fn first(&mut self, terms: &[Expr], at: Position) -> Lowered<Val> {
        let [field, first] = terms else { return self.no_field(at) };
        let (Expr::ThisPtr(_), path) = links(field) else { return self.no_field(at) };
        let mut name = self.this.clone();
        for link in &path {
            let Link::Property(part, _) = link else { return self.no_field(at) };
            name.push_str(part);
            name.push('.');
        }
        let name = name.trim_end_matches('.');
        let pos = first.start_position();
        let first = self.expr(first)?;
        let first = self.scalar(first, pos)?;
        let Some(bits) = self.build.known(first) else {
            return self.refuse(
                pos,
                format!("what `this.{name}` begins with is not a constant"),
                "write a number: this.name ?? 0",
            );
        };
        if name.is_empty() || self.known.arrays.iter().any(|array| array.name == name) {
            return self.no_field(at);
        }
        let of = self.build.of(first);
        let said = self.known.begins.insert(name.to_string(), (of, bits));
        if said.is_some_and(|said| said != (of, bits)) {
            return self.refuse(
                pos,
                format!("`this.{name}` begins with something else above"),
                "say it once, or the same each time",
            );
        }
        let index = self.state_of(name, of, bits);
        let state = &mut self.known.state[index as usize];
        if said.is_none() && (state.of, state.first) != (of, bits) {
            // It was read above, where nothing said so yet.
            (state.of, state.first) = (of, bits);
            self.again = true;
        }
        Ok(Val::One(self.state(index)))
    }

    fn no_field(&self, at: Position) -> Lowered<Val> {
        self.refuse(
            at,
            "`??` has no use on the audio thread but to say what a field of `this` begins with",
            "let i = this.i ?? 0;",
        )
    }
}
