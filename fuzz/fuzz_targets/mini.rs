//! Any text either parses as mini-notation and can be queried, or is refused with a place inside it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rhapsode::pattern::{Pattern, Span};

fuzz_target!(|text: &str| {
    match Pattern::mini(text) {
        Ok(pattern) => {
            let span = Span::cycles(-1, 3);
            for event in pattern.try_query(span).unwrap_or_default() {
                assert!(span.begin <= event.part.begin && event.part.end <= span.end);
                for source in event.source.iter() {
                    let written = text.get(source.begin as usize..source.end as usize);
                    assert!(written.is_some_and(|w| !w.is_empty()), "{source:?} of {text:?}");
                }
            }
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.offset), "{error:?}");
            assert!(error.expected.len() <= 3 && error.column >= 1);
        }
    }
});
