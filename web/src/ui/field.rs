//! Text fields with label, hint and error tied together for assistive technology.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

use super::{Glyph, Icon};

static NEXT: AtomicU32 = AtomicU32::new(1);

/// An id for an element that another one names (`for`, `aria-describedby`).
pub fn next_id(prefix: &str) -> String {
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The line under a field that says what is wrong with it. Announced when it appears.
#[component]
pub fn FieldError(
    /// What is wrong; nothing shows while it is `None`.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// What `aria-describedby` names.
    #[prop(optional, into)]
    id: Option<String>,
    /// For tests.
    #[prop(optional, into)]
    testid: Option<String>,
) -> impl IntoView {
    view! {
        <div role="alert" id=id>
            {move || {
                let testid = testid.clone();
                error.get().map(|text| view! {
                    <p class="field__error" data-testid=testid><Icon glyph=Glyph::Warning /><span>{text}</span></p>
                })
            }}
        </div>
    }
}

/// One line of text.
#[component]
pub fn TextField(
    /// What to type.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// A sentence that helps.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// `type` of the input.
    #[prop(optional, into)]
    kind: Option<String>,
    /// `autocomplete` of the input.
    #[prop(optional, into)]
    autocomplete: Option<String>,
    /// `inputmode` of the input.
    #[prop(optional, into)]
    inputmode: Option<String>,
    /// Shown while nothing is typed.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Most characters.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// For number and date fields.
    #[prop(optional, into)]
    min: Option<String>,
    /// For number and date fields.
    #[prop(optional, into)]
    max: Option<String>,
    /// Must be filled in.
    #[prop(optional)]
    required: bool,
    /// Extra class of the input.
    #[prop(optional, into)]
    class: Option<String>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// For tests.
    #[prop(optional, into)]
    testid: Option<String>,
    /// For tests, on the error.
    #[prop(optional, into)]
    error_testid: Option<String>,
) -> impl IntoView {
    let id = next_id("field");
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described_by = format!("{hint_id} {error_id}");
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="field__hint" id=hint_id>{hint}</p> })}
            <input
                id=id
                class=format!("input {}", class.unwrap_or_default())
                type=kind.unwrap_or_else(|| "text".to_owned())
                autocomplete=autocomplete.unwrap_or_else(|| "off".to_owned())
                inputmode=inputmode
                placeholder=placeholder
                maxlength=maxlength.map(|n| n.to_string())
                min=min
                max=max
                required=required
                aria-describedby=described_by
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                disabled=move || disabled.get()
                data-testid=testid
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            <FieldError error=error id=error_id testid=error_testid.unwrap_or_default() />
        </div>
    }
}
