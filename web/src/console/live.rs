//! What the server last said about one thing, asked again and again.
//!
//! An answer to a question that was asked before something changed is dropped, and a question that
//! fails keeps the last answer on the page, beside the trouble.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;

use super::api::{Call, CallError};
use super::session::Session;

/// The newest answer of a kind. A handle; copy it freely.
pub(crate) struct Live<T: Send + Sync + 'static> {
    value: RwSignal<Option<T>>,
    trouble: RwSignal<Option<CallError>>,
    changes: StoredValue<u32>,
    under_way: StoredValue<bool>,
}

impl<T: Send + Sync + 'static> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Live<T> {}

impl<T: Clone + PartialEq + DeserializeOwned + Send + Sync + 'static> Live<T> {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            value: RwSignal::new(None),
            trouble: RwSignal::new(None),
            changes: StoredValue::new(0),
            under_way: StoredValue::new(false),
        }
    }

    /// The newest answer.
    pub(crate) fn get(self) -> Option<T> {
        self.value.get()
    }

    /// Reads a piece of the newest answer.
    pub(crate) fn read<U>(self, piece: impl FnOnce(&T) -> U) -> Option<U> {
        self.value.with(|value| value.as_ref().map(piece))
    }

    /// Why the last question had no answer.
    pub(crate) fn trouble(self) -> Option<CallError> {
        self.trouble.get()
    }

    /// Whether anything is known.
    pub(crate) fn is_known(self) -> bool {
        self.value.with(Option::is_some)
    }

    /// Takes the answer to something a person did; answers under way are older and will be dropped.
    pub(crate) fn put(self, value: T) {
        self.changes.try_update_value(|changes| *changes = changes.wrapping_add(1));
        self.settle(Ok(value));
    }

    /// Changes a piece of it, as [`Live::put`] does.
    pub(crate) fn amend(self, change: impl FnOnce(&mut T)) {
        self.changes.try_update_value(|changes| *changes = changes.wrapping_add(1));
        self.value.update(|value| {
            if let Some(value) = value {
                change(value);
            }
        });
    }

    /// Asks without counting as activity, and keeps the answer unless something changed meanwhile. While a slow
    /// server still thinks about the last question, none is added.
    pub(crate) fn ask(self, session: Session, call: Call<T>) {
        if self.under_way.try_get_value() != Some(false) {
            return;
        }
        self.under_way.set_value(true);
        let before = self.changes.try_get_value();
        spawn_local(async move {
            let answer = session.ask_quietly(call).await;
            self.under_way.set_value(false);
            if self.changes.try_get_value() == before {
                self.settle(answer);
            }
        });
    }

    fn settle(self, answer: Result<T, CallError>) {
        let (value, trouble) = match answer {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error)),
        };
        self.trouble.maybe_update(|now| replace(now, trouble));
        if value.is_some() {
            self.value.maybe_update(|now| replace(now, value));
        }
    }
}

/// Puts `new` in place and says whether it is another: what stays the same repaints nothing.
fn replace<T: PartialEq>(now: &mut T, new: T) -> bool {
    let changed = *now != new;
    *now = new;
    changed
}
