//! HTML that this server writes itself, in letters and records: names and titles in it are other people's words.

use crate::guards::{self, Guard};

/// As text, never as markup: in an element and in a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    if !guards::holds(Guard::Markup) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
