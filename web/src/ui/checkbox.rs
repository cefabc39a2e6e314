//! A checkbox with its label.

use leptos::prelude::*;

/// A checkbox.
#[component]
pub fn Checkbox(
    /// What it switches.
    #[prop(into)]
    label: String,
    /// Whether it is ticked.
    #[prop(into)]
    checked: Signal<bool>,
    /// Called with the new state.
    #[prop(into)]
    on_change: Callback<bool>,
    /// A sentence that helps.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// For tests.
    #[prop(optional, into)]
    testid: Option<String>,
) -> impl IntoView {
    view! {
        <label class="checkbox">
            <input
                type="checkbox"
                class="checkbox__box"
                data-testid=testid
                disabled=move || disabled.get()
                prop:checked=move || checked.get()
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <span>
                {label}
                {hint.map(|hint| view! { <span class="checkbox__hint">{hint}</span> })}
            </span>
        </label>
    }
}
