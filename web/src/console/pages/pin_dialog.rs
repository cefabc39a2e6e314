//! Shows a PIN this once: the server keeps only a keyed hash of it, and this page forgets it on closing.

use leptos::prelude::*;
use shared::api::IssuedPin;
use shared::text::{tr, tr_with};

use crate::console::focus;
use crate::ui::{Banner, Button, ButtonVariant, CopyButton, Dialog, Glyph, Tone};

/// A PIN on its way to the screen.
#[derive(Clone)]
pub(super) struct Issued {
    /// Whose, and which.
    pub(super) pin: IssuedPin,
    /// Selector of what has the focus afterwards.
    pub(super) back_to: String,
}

/// The PIN, the link, and how to pass them on.
#[component]
pub(super) fn PinDialog(
    /// What to show.
    issued: Issued,
    /// Called when it is closed.
    on_close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let Issued { pin: IssuedPin { invitee, pin }, back_to } = issued;
    let open = RwSignal::new(true);
    Effect::new(move || {
        if !open.get() {
            on_close();
            focus::later(back_to.clone());
        }
    });
    let digits = pin.reveal().to_owned();
    let (spoken, shown) = (spelled(&digits), digits.clone());
    view! {
        <Dialog open=open steady=true title=tr_with("PIN for {name}", &[("name", &invitee.name)]) testid="pin-dialog">
            <p class="pin">
                <span aria-hidden="true" data-testid="issued-pin">{shown}</span>
                <span class="visually-hidden">{spoken}</span>
            </p>
            <div class="pin-copies">
                <CopyButton text=Signal::stored(digits) words=tr("Copy PIN") testid="copy-pin" />
                <CopyButton text=Signal::stored(invitee.link) words=tr("Copy link") testid="copy-issued-link" />
            </div>
            <Banner tone=Tone::Warn icon=Glyph::Lock>
                {tr("The PIN is shown this once. Conclave keeps no readable copy; if it is lost, issue a new one.")}
            </Banner>
            <p class="muted-text small">{tr("Tell it to this person alone, by another way than the link: link by e-mail, PIN by telephone. It works for this meeting only.")}</p>
            <div class="dialog__actions">
                <Button variant=ButtonVariant::Primary testid="pin-close" on:click=move |_| open.set(false)>{tr("Done")}</Button>
            </div>
        </Dialog>
    }
}

/// The digits one by one, so that a screen reader does not make four numbers of thousands of them.
fn spelled(pin: &str) -> String {
    pin.split(' ')
        .map(|group| group.chars().map(String::from).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_pin_is_spelled_digit_by_digit() {
        assert_eq!(super::spelled("1234 5678"), "1 2 3 4, 5 6 7 8");
    }
}
