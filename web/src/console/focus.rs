//! Puts the keyboard where the next thing happens: the heading of a new page, the first wrong field.

pub(crate) use crate::bindings::focus_later as later;

/// Focuses the first field that is marked as wrong.
pub(crate) fn first_wrong_field() {
    later("#main [aria-invalid=true]");
}
