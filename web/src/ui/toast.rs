//! Short messages that go by themselves. They never take the focus.

use std::time::Duration;

use leptos::prelude::*;

use super::{Button, ButtonVariant, Tone};

/// How long a toast stays: five seconds, and one more per 20 characters (WCAG 2.2.1).
fn life(text: &str) -> Duration {
    Duration::from_millis(5_000 + 50 * text.chars().count() as u64)
}

#[derive(Clone)]
struct Toast {
    id: u32,
    tone: Tone,
    text: String,
}

/// Where toasts are put. Copy it freely.
#[derive(Clone, Copy)]
pub struct ToastRack {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl ToastRack {
    /// Shows a sentence for a while.
    pub fn show(&self, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        let id = self.next.try_update_value(|next| {
            *next += 1;
            *next
        });
        let Some(id) = id else { return };
        let (shown, life) = (self.shown, life(&text));
        shown.update(|toasts| toasts.push(Toast { id, tone, text }));
        let take_away = move || {
            let _ = shown.try_update(|toasts| toasts.retain(|toast| toast.id != id));
        };
        set_timeout(take_away, life);
    }

    fn close(&self, id: u32) {
        self.shown.update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}

/// The rack that the nearest [`Toasts`] made; one of its own when there is none, whose toasts nobody sees.
pub fn use_toasts() -> ToastRack {
    use_context().unwrap_or_else(new_rack)
}

fn new_rack() -> ToastRack {
    ToastRack { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
}

/// Makes a rack, gives it to everything inside, and shows what is put on it.
#[component]
pub fn Toasts(
    /// The app.
    children: Children,
) -> impl IntoView {
    let rack = new_rack();
    provide_context(rack);
    view! {
        {children()}
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || rack.shown.get() key=|toast| toast.id let:toast>
                <div class=toast.tone.class("toast")>
                    <span>{toast.text}</span>
                    <Button variant=ButtonVariant::Quiet small=true label=shared::text::tr("Close message") on:click=move |_| rack.close(toast.id)>"×"</Button>
                </div>
            </For>
        </div>
    }
}
