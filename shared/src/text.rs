//! The one translation function. Every string a person reads, in the page, an SMS or an invitation, goes through it.
//!
//! The key is the English sentence itself, as in gettext, so that code reads as the page does and a
//! missing translation shows English instead of a code. Only English exists now.

use std::borrow::Cow;

/// The sentence in the reader's language.
pub fn tr(sentence: &'static str) -> &'static str {
    sentence
}

/// The sentence in the reader's language with its `{names}` filled in. Whole sentences, never glued halves: word
/// order differs between languages.
pub fn tr_with(sentence: &'static str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sentence.len() + 32);
    let mut rest = tr(sentence);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) => {
                out.push_str(&value_of(name, values));
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The value of that name, or the name in its braces: a forgotten value is seen, not swallowed.
fn value_of<'v>(name: &str, values: &[(&str, &'v str)]) -> Cow<'v, str> {
    values
        .iter()
        .find(|(key, _)| *key == name)
        .map_or_else(|| Cow::Owned(format!("{{{name}}}")), |(_, value)| Cow::Borrowed(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_once_and_never_read_as_names() {
        assert_eq!(tr_with("{a} and {b}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
        assert_eq!(tr_with("{gone} {", &[]), "{gone} {");
    }
}
