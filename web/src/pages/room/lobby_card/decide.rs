//! The decision about somebody at the door.

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::signal::RefuseReason;
use shared::text::{tr, tr_with};

use super::Door;
use crate::app::Session;
use crate::room::lobby_words;
use crate::ui::{Button, ButtonVariant, Dialog, Glyph};

/// Admit, or refuse with a reason.
#[component]
pub(super) fn Decide(session: Session, who: ParticipantId, name: Memo<String>, door: Door) -> impl IntoView {
    let store = session.store;
    let refusing = RwSignal::new(false);
    let held = Signal::derive(move || door.is_settling() || store.link.get().is_lost());
    // The second press of a double-click belongs to the first.
    let admit = move |press: web_sys::MouseEvent| {
        if press.detail() < 2 {
            door.decided.set_value(Some(who));
            session.admit(who);
        }
    };
    let ask = move |press: web_sys::MouseEvent| {
        if press.detail() < 2 {
            refusing.set(true);
        }
    };
    let refuse = move |reason: RefuseReason| {
        refusing.set(false);
        door.decided.set_value(Some(who));
        session.refuse(who, reason);
    };
    let name = name.get_untracked();
    let named = [("name", name.as_str())];
    view! {
        <div class="lobby-card__actions">
            <Button variant=ButtonVariant::Primary small=true icon=Glyph::Check label=tr_with("Admit {name}", &named) testid=format!("admit-{}", who.0) disabled=held on:click=admit>{tr("Admit")}</Button>
            <Button variant=ButtonVariant::DangerQuiet small=true label=tr_with("Refuse {name}", &named) testid=format!("refuse-{}", who.0) disabled=held on:click=ask>{tr("Refuse…")}</Button>
        </div>
        <Dialog open=refusing title=tr_with("Do not let {name} in?", &named)>
            <p class="muted-text">{tr("They read why. Their PIN goes on working, and you see on their next card that they were refused.")}</p>
            <div class="stack stack--tight">
                {RefuseReason::ALL.into_iter().map(|reason| view! {
                    <Button wide=true testid=format!("refuse-{}-{}", who.0, testid(reason)) on:click=move |_| refuse(reason)>{lobby_words::refuse_choice(reason)}</Button>
                }).collect_view()}
            </div>
            <div class="dialog__actions"><Button variant=ButtonVariant::Quiet on:click=move |_| refusing.set(false)>{tr("Let them wait")}</Button></div>
        </Dialog>
    }
}

const fn testid(reason: RefuseReason) -> &'static str {
    match reason {
        RefuseReason::Unsaid => "unsaid",
        RefuseReason::NotVerified => "not-verified",
        RefuseReason::WrongPerson => "wrong-person",
        RefuseReason::ComeBackLater => "later",
    }
}
