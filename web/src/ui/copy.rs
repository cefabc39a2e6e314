//! Copying to the clipboard, with an answer on the button itself (a toast would lie behind an open dialog), and
//! a field to copy from by hand where the browser denies it.

use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::text::tr;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{Button, ButtonVariant, Dialog, Glyph};

/// How long "Copied" stays on the button.
const COPIED_FOR: Duration = Duration::from_millis(2_500);

/// A button that copies a text.
#[component]
pub fn CopyButton(
    /// What it copies, asked at the press.
    #[prop(into)]
    text: Signal<String>,
    /// Words on it.
    #[prop(into)]
    words: String,
    /// Its name, when the words alone do not say enough.
    #[prop(optional, into)]
    label: Option<String>,
    /// For tests.
    #[prop(into)]
    testid: String,
    /// Lower and tighter.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let by_hand = RwSignal::new(None::<String>);
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            match write(&text).await {
                Ok(()) => show_for_a_while(copied),
                Err(_) => by_hand.set(Some(text)),
            }
        });
    };
    view! {
        <span class="copy">
            <Button variant=ButtonVariant::Secondary small=small icon=Glyph::Copy label=label.unwrap_or_else(|| words.clone()) testid=testid on:click=copy>
                {move || if copied.get() { tr("Copied").to_owned() } else { words.clone() }}
            </Button>
            <span class="visually-hidden" role="status">{move || copied.get().then(|| tr("Copied"))}</span>
            {move || by_hand.get().map(|text| view! { <ByHandDialog text=text on_close=move || by_hand.set(None) /> })}
        </span>
    }
}

fn show_for_a_while(copied: RwSignal<bool>) {
    copied.set(true);
    set_timeout(move || copied.set(false), COPIED_FOR);
}

/// Through `Reflect`: outside a secure context `navigator.clipboard` does not exist.
async fn write(text: &str) -> Result<(), JsValue> {
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into())?;
    let write: Function = Reflect::get(&clipboard, &"writeText".into())?.dyn_into()?;
    let done: Promise = write.call1(&clipboard, &text.into())?.dyn_into()?;
    JsFuture::from(done).await.map(drop)
}

#[component]
fn ByHandDialog(text: String, on_close: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let open = RwSignal::new(true);
    let field = NodeRef::<html::Input>::new();
    Effect::new(move || {
        if let Some(field) = field.get() {
            request_animation_frame(move || field.select());
        }
    });
    Effect::new(move || {
        if !open.get() {
            on_close();
        }
    });
    view! {
        <Dialog open=open title=tr("Copy it by hand")>
            <p class="muted-text">{tr("The browser did not allow this page to copy. The text below is selected: copy it with the keyboard or the menu.")}</p>
            <input class="input" readonly=true aria-label=tr("Text to copy") prop:value=text node_ref=field data-testid="copy-by-hand" />
            <div class="dialog__actions">
                <Button variant=ButtonVariant::Primary on:click=move |_| open.set(false)>{tr("Done")}</Button>
            </div>
        </Dialog>
    }
}
