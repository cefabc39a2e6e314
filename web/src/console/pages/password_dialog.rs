//! A password to read out, where no SMS arrives: shown this once, after asking, because the one before is void from then on.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::secret::Secret;
use shared::text::{tr, tr_with};

use super::invitee_row::Person;
use crate::console::session::Session;
use crate::console::{api, focus, words};
use crate::ui::{Banner, Button, ButtonVariant, ConfirmDialog, Dialog, Glyph, Tone, use_toasts};

/// The button, the question and the password.
#[component]
pub(super) fn ReadOut(person: Person, name: String) -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    let (open, busy) = (RwSignal::new(false), RwSignal::new(false));
    let shown = RwSignal::new(None::<Secret>);
    let ask = move |()| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(api::password_to_read(person.meeting_id, person.id)).await {
                Ok(made) => {
                    person.put(&made.invitee);
                    shown.set(Some(made.password));
                }
                Err(error) => toasts.show(Tone::Danger, words::call_error(&error)),
            }
            busy.set(false);
        });
    };
    let (button, confirm) = (format!("read-out-{}", person.place), format!("read-out-confirm-{}", person.place));
    let (back_to, owner) = (format!("[data-testid={button}]"), name.clone());
    view! {
        <Button variant=ButtonVariant::Secondary small=true icon=Glyph::Key busy=busy testid=button
            label=tr_with("Password for {name} to read out", &[("name", &name)]) on:click=move |_| open.set(true)>
            {tr("Read out…")}
        </Button>
        <ConfirmDialog open=open title=tr_with("Read a password out to {name}?", &[("name", &name)])
            text=tr("For somebody whom no SMS reaches. Call the person on a number you know, and be sure whom you speak to: it takes the place of the SMS password, and one that was sent before no longer works.")
            confirm=tr("Show a password") cancel=tr("Cancel") testid=confirm on_confirm=ask />
        {move || shown.get().map(|password| view! {
            <Shown password=password name=owner.clone() back_to=back_to.clone() on_close=move || shown.set(None) />
        })}
    }
}

#[component]
fn Shown(
    password: Secret,
    name: String,
    back_to: String,
    on_close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let open = RwSignal::new(true);
    Effect::new(move || {
        if !open.get() {
            on_close();
            focus::later(back_to.clone());
        }
    });
    let characters = password.reveal().to_owned();
    let spoken = characters.chars().filter(|c| *c != ' ').map(String::from).collect::<Vec<_>>().join(" ");
    view! {
        <Dialog open=open steady=true title=tr_with("Password for {name}", &[("name", &name)]) testid="password-dialog">
            <p class="pin">
                <span aria-hidden="true" data-testid="password-to-read">{characters}</span>
                <span class="visually-hidden">{spoken}</span>
            </p>
            <Banner tone=Tone::Warn icon=Glyph::Lock>
                {tr("It is shown this once. Five wrong tries void it; then show another.")}
            </Banner>
            <p class="muted-text small">{tr("Neither capital letters nor the space matter. There are no zeros, ones, twos, fives and eights in it, and no letters that look like them.")}</p>
            <div class="dialog__actions">
                <Button variant=ButtonVariant::Primary testid="password-close" on:click=move |_| open.set(false)>{tr("Done")}</Button>
            </div>
        </Dialog>
    }
}
