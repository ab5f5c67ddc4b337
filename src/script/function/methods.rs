//! Methods: what stands before the dot is a part of the state, a list, a function, or a first argument.

use super::Lowered;
use super::calls::Arg;
use super::lower::Lower;
use super::value::{Callable, Val};
use rhai::{Expr, FnCallExpr, Position};

impl Lower<'_> {
    /// A call on a part of the state: a function of the script whose `this` it is, or `pad`.
    pub(super) fn call_on_state(
        &mut self,
        path: &str,
        call: &FnCallExpr,
        at: Position,
    ) -> Lowered<Option<Val>> {
        let name = call.name.as_str();
        if name == "pad" {
            return self.pad(path, &call.args, at).map(Some);
        }
        let known = path.trim_end_matches('.');
        if self.known.arrays.iter().any(|array| array.name == known) {
            return Ok(None);
        }
        let Some(definition) = self.sources.function(self.file, name, call.args.len()) else {
            return Ok(None);
        };
        let mut args = Vec::new();
        for arg in &call.args {
            let val = self.expr(arg)?;
            args.push((self.unshared(val), arg.start_position()));
        }
        self.inline(&definition, Vec::new(), args, Some(path.to_string()), at).map(Some)
    }

    /// `this.name.pad(length, value)`: an array of that length at first filled with the value.
    fn pad(&mut self, path: &str, args: &[Expr], at: Position) -> Lowered<Val> {
        let [len, fill] = args else {
            return self.refuse(
                at,
                "`pad` wants a length and a value",
                "this.line.pad(4800, 0.0);",
            );
        };
        let name = path.trim_end_matches('.').to_string();
        let (len_at, fill_at) = (len.start_position(), fill.start_position());
        let len = self.expr(len)?;
        let len = self.scalar(len, len_at)?;
        let len = self.whole(len, len_at)?;
        let fill = self.expr(fill)?;
        let fill = self.scalar(fill, fill_at)?;
        let (of, known) = (self.build.of(fill), self.build.known(fill));
        let length = self.build.known(len).map(|len| len as i64);
        let most = (crate::ir::MOST_MEMORY / 8) as i64;
        match (length, known) {
            (Some(length), Some(fill)) if (1..=most).contains(&length) => {
                let array = self.array(&name, of, length as u32, vec![fill]);
                let known = &mut self.known.arrays[array as usize];
                // It is the lane's own, whether or not something is stored in it.
                self.again |= known.fixed;
                known.fixed = false;
                if (known.len as i64) < length {
                    known.len = length as u32;
                    self.again = true;
                }
                let was = self.known.state.len();
                self.known.state.retain(|state| state.name != name);
                self.again |= self.known.state.len() < was;
                Ok(Val::Unit)
            }
            (Some(length), Some(_)) => self.refuse(
                at,
                format!("an array has 1 to {most} elements, and not {length}"),
                "a second is `sample_rate` elements",
            ),
            _ => self.refuse(
                at,
                "how long an array is and what it is filled with must be known before it plays",
                "write constants: this.line.pad((sample_rate * 0.5).to_int(), 0.0);",
            ),
        }
    }

    /// A method: of an array, of a function, or a function whose first argument stands before the dot.
    pub(super) fn method(
        &mut self,
        val: Val,
        name: &str,
        args: &[Arg],
        at: Position,
    ) -> Lowered<Val> {
        match (&val, name) {
            (Val::Array(array), "len") => {
                return Ok(Val::One(self.length(*array)));
            }
            (Val::List(values), "len") => return Ok(Val::One(self.build.int(values.len() as i64))),
            (Val::Function(function), "call") => {
                let Callable { definition, captured } = (**function).clone();
                let wanted = definition.params.len() - captured.len().min(definition.params.len());
                if wanted != args.len() {
                    return self.refuse(
                        at,
                        format!("the function takes {wanted} arguments, {} given", args.len()),
                        "give as many as it has",
                    );
                }
                return self.inline(&definition, captured, args.to_vec(), None, at);
            }
            (Val::Array(_) | Val::List(_), _) => {
                return self.refuse(
                    at,
                    format!(
                        "there is no `{name}` on the audio thread: lists keep their length there"
                    ),
                    "`list[i]`, `list.len()` and `for x in list` are there",
                );
            }
            _ => {}
        }
        let val = self.unshared(val);
        let all: Vec<Arg> = std::iter::once((val, at)).chain(args.iter().cloned()).collect();
        self.native(name, &all, at)
    }
}
