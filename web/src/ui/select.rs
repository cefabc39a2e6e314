//! A native select.

use leptos::prelude::*;

use super::next_id;

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the program calls it.
    pub value: String,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A menu of choices.
#[component]
pub fn Select(
    /// What is chosen here.
    #[prop(into)]
    label: String,
    /// What there is to choose from.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// The value of what is chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Called with the value of a new choice.
    #[prop(into)]
    on_choice: Callback<String>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// For tests.
    #[prop(optional, into)]
    testid: Option<String>,
) -> impl IntoView {
    let id = next_id("select");
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{label}</label>
            <select
                id=id
                class="select"
                data-testid=testid
                disabled=move || disabled.get()
                on:change=move |event| on_choice.run(event_target_value(&event))
            >
                {move || {
                    let chosen = value.get();
                    choices.get().into_iter().map(|choice| {
                        let selected = choice.value == chosen;
                        view! { <option value=choice.value selected=selected>{choice.label}</option> }
                    }).collect_view()
                }}
            </select>
        </div>
    }
}
