//! What both forms have in common: which fields are wrong, why the whole was refused, whether it is on its way.

use leptos::prelude::*;
use shared::api::Field;

use crate::console::api::CallError;
use crate::console::forms::FieldErrors;
use crate::console::{focus, words};

/// The state of a form besides its fields. A handle; copy it freely.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormState {
    errors: RwSignal<FieldErrors>,
    /// Why the server refused the whole of it.
    pub(crate) refusal: RwSignal<Option<String>>,
    /// Whether an answer is awaited.
    pub(crate) busy: RwSignal<bool>,
}

impl FormState {
    /// A form nobody has sent yet.
    pub(crate) fn new() -> Self {
        Self { errors: RwSignal::default(), refusal: RwSignal::new(None), busy: RwSignal::new(false) }
    }

    /// Watches fields: what is being mended is not called wrong while somebody types. A field that is emptied for the next try
    /// is not being mended yet.
    pub(crate) fn watch<const N: usize>(self, fields: [(RwSignal<String>, Field); N]) {
        for (value, field) in fields {
            let forget = move |is_empty: &bool, _: Option<&bool>, _: Option<()>| {
                if !is_empty {
                    self.errors.update(|errors| errors.forget(field));
                }
            };
            Effect::watch(move || value.with(String::is_empty), forget, false);
        }
    }

    /// What is wrong with a field, in words.
    pub(crate) fn error(self, field: Field) -> Signal<Option<String>> {
        Signal::derive(move || self.errors.with(|errors| errors.of(field).map(|error| words::error_of(field, error))))
    }

    /// It is on its way.
    pub(crate) fn start(self) {
        self.busy.set(true);
        self.refusal.set(None);
    }

    /// Marks the wrong fields and puts the focus into the first.
    pub(crate) fn show(self, errors: FieldErrors) {
        self.errors.set(errors);
        focus::first_wrong_field();
    }

    /// Takes a refusal to where it belongs: beside its field, or below the form.
    pub(crate) fn refuse(self, error: CallError) {
        match FieldErrors::try_from(error) {
            Ok(errors) => self.show(errors),
            Err(other) => self.refusal.set(Some(words::call_error(&other))),
        }
    }

    /// Nothing is wrong.
    pub(crate) fn clear(self) {
        self.errors.set(FieldErrors::default());
    }
}
