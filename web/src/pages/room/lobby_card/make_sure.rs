//! Asking for what only the person invited has: the telephone on the invitation.

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::text::{tr, tr_with};

use crate::app::Session;
use crate::ui::{Button, ButtonVariant, Dialog, Glyph};

/// Two more ways to make sure of somebody, both by what only the person invited has: the telephone on the invitation, or the
/// authenticator app of their account.
#[component]
pub(super) fn MakeSure(session: Session, who: ParticipantId, name: String) -> impl IntoView {
    let store = session.store;
    let held = Signal::derive(move || store.link.get().is_lost());
    let inviting = RwSignal::new(false);
    let named = [("name", name.as_str())];
    let invite = move |_| {
        inviting.set(false);
        session.invite_again(who);
    };
    view! {
        <details class="lobby-card__more small">
            <summary data-testid=format!("more-{}", who.0)>{tr("Make sure of them")}</summary>
            <div class="stack stack--tight">
                <Button small=true wide=true icon=Glyph::Key label=tr_with("Ask {name} for a second proof", &named) testid=format!("ask-password-{}", who.0) disabled=held on:click=move |_| session.ask_password(who)>{tr("Ask for a second proof")}</Button>
                <Button small=true wide=true icon=Glyph::Send label=tr_with("Send {name} the invitation again", &named) testid=format!("invite-again-{}", who.0) disabled=held on:click=move |_| inviting.set(true)>{tr("Send the invitation again…")}</Button>
            </div>
        </details>
        <Dialog open=inviting title=tr_with("Send {name} the invitation again?", &named)>
            <p class="muted-text">{tr("It goes to the telephone and address on file. An SMS carries a new PIN: the one in use stops working, whoever waits here with it has to go, and comes back only with the new one.")}</p>
            <div class="dialog__actions">
                <Button variant=ButtonVariant::Quiet on:click=move |_| inviting.set(false)>{tr("Cancel")}</Button>
                <Button variant=ButtonVariant::Primary testid=format!("invite-again-yes-{}", who.0) on:click=invite>{tr("Send it")}</Button>
            </div>
        </Dialog>
    }
}
