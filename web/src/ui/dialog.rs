//! Dialogs on the native `<dialog>`: focus trap, Esc and the top layer come with it.

use leptos::html;
use leptos::prelude::*;

use super::{Button, ButtonVariant, next_id};

/// A modal dialog, open while `open` is true. Esc and a press beside it close it, unless it is `steady`.
#[component]
pub fn Dialog(
    /// Whether it is open; closing writes `false`.
    open: RwSignal<bool>,
    /// Its heading, and its name.
    #[prop(into)]
    title: String,
    /// Neither Esc nor a press beside it closes it: for what is shown once and must not vanish by a slip.
    #[prop(optional)]
    steady: bool,
    /// For tests.
    #[prop(optional, into)]
    testid: Option<String>,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let title_id = next_id("dialog");
    let labelled_by = title_id.clone();
    Effect::new(move || {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let beside = move |event: web_sys::MouseEvent| {
        let on_backdrop = node.get().is_some_and(|dialog| {
            event.target().is_some_and(|target| target == *AsRef::<web_sys::EventTarget>::as_ref(&dialog))
        });
        if on_backdrop && !steady {
            open.set(false);
        }
    };
    // Esc: a browser asks once with `cancel`, and closes without asking when it is pressed again.
    let refuse_cancel = move |event: web_sys::Event| {
        let is_own = node.get().is_some_and(|dialog| event.target().as_ref() == Some(dialog.as_ref()));
        if steady && is_own {
            event.prevent_default();
        }
    };
    let refuse_escape = move |event: web_sys::KeyboardEvent| {
        if steady && event.key() == "Escape" {
            event.prevent_default();
        }
    };
    view! {
        <dialog
            node_ref=node
            class="dialog"
            data-testid=testid
            aria-labelledby=labelled_by
            on:cancel=refuse_cancel
            on:keydown=refuse_escape
            on:close=move |_| open.set(false)
            on:click=beside
        >
            <div class="dialog__body">
                <h2 class="dialog__title" id=title_id>{title}</h2>
                {children()}
            </div>
        </dialog>
    }
}

/// Asks before something that cannot be undone.
#[component]
pub fn ConfirmDialog(
    /// Whether it is open; closing writes `false`.
    open: RwSignal<bool>,
    /// The question.
    #[prop(into)]
    title: String,
    /// What will happen.
    #[prop(into)]
    text: String,
    /// Words on the button that does it.
    #[prop(into)]
    confirm: String,
    /// Words on the button that does not.
    #[prop(into)]
    cancel: String,
    /// For tests, on the button that does it.
    #[prop(optional, into)]
    testid: Option<String>,
    /// Does it.
    #[prop(into)]
    on_confirm: Callback<()>,
) -> impl IntoView {
    let yes = move |_| {
        open.set(false);
        on_confirm.run(());
    };
    view! {
        <Dialog open=open title=title>
            <p class="muted-text">{text}</p>
            <div class="dialog__actions">
                <Button on:click=move |_| open.set(false)>{cancel}</Button>
                <Button variant=ButtonVariant::Danger testid=testid.unwrap_or_default() on:click=yes>{confirm}</Button>
            </div>
        </Dialog>
    }
}
