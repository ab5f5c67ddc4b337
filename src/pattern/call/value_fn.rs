//! Functions of values, which are kept and called while a pattern is queried.

use super::super::core::Pattern;
use super::super::error::PatternError;
use super::super::value::Value;
use std::sync::Arc;

/// A function of values, kept and called when the pattern is queried (on the control side).
#[derive(Clone)]
pub struct ValueFn {
    /// What it does; an error fails the query.
    pub run: Arc<dyn Fn(&Value) -> Result<Value, PatternError> + Send + Sync>,
    /// Its text and captured values, by which two of them are compared.
    pub text: Arc<str>,
}

/// What a call of a function of values costs, in visited patterns.
const VALUE_FN_WORK: u32 = 50;

impl Pattern {
    /// Every value through a function of the script; `make` has the value and the function's, and may
    /// drop the event.
    pub(crate) fn map_values(
        &self,
        f: ValueFn,
        make: impl Fn(&Value, Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Pattern {
        let p = self.clone();
        Pattern::new(move |ctx, span, out| {
            let mut events = Vec::new();
            p.collect(ctx, span, &mut events);
            for mut e in events {
                if !ctx.spend_many(out.len(), VALUE_FN_WORK) {
                    return;
                }
                match (f.run)(&e.value) {
                    Ok(made) => {
                        if let Some(value) = make(&e.value, made) {
                            e.value = value;
                            out.push(e);
                        }
                    }
                    Err(err) => return ctx.fail(err),
                }
            }
        })
        .with_steps(self.steps())
    }
}
