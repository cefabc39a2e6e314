//! What lies over everything while the connection is lost: a quiet line while it mends itself and media goes on, a banner
//! when it does not.

use leptos::prelude::*;
use shared::text::{tr, tr_with};

use crate::app::use_session;
use crate::room::Link;
use crate::ui::{Button, ButtonVariant, Spinner};

/// Tries from which on the banner speaks of networks that block media, also when none of them failed for that: about half a
/// minute. A server that restarts is back before.
const PATIENCE: u32 = 8;

/// Tries of the socket that are worth no more than the quiet line while media goes on: about two seconds.
const QUIET_TRIES: u32 = 3;

/// Says that the connection is lost, counts down to the next try, and offers to try now.
#[component]
pub(crate) fn ReconnectBanner() -> impl IntoView {
    let session = use_session();
    let link = session.store.link;
    let blocked = session.store.blocked;
    let attempt = Memo::new(move |_| match link.get() {
        Link::Waiting { attempt, .. } | Link::Trying { attempt } => attempt,
        Link::Idle | Link::Up => 0,
    });
    let goes_on = Memo::new(move |_| session.store.media_up.get() && attempt.get() <= QUIET_TRIES);
    let is_lost = Memo::new(move |_| link.get().is_lost() && !goes_on.get());
    let is_mending = Memo::new(move |_| !is_lost.get() && (session.store.mending.get() || link.get().is_lost()));
    let countdown = Memo::new(move |_| match link.get() {
        Link::Waiting { in_ms, .. } if in_ms > 0 => {
            tr_with("Next try in {s} s.", &[("s", &in_ms.div_ceil(1_000).to_string())])
        }
        _ => tr("Trying now…").to_owned(),
    });
    view! {
        {move || is_mending.get().then(|| view! {
            <p class="reconnect reconnect--quiet" role="status" data-testid="mending">{tr("Your connection is being restored…")}</p>
        })}
        {move || is_lost.get().then(|| view! {
            <div class="reconnect" role="alert" data-testid="reconnect-banner">
                <Spinner />
                <div class="reconnect__words">
                    <strong>{tr("The connection was lost.")}</strong>
                    " "
                    <span aria-live="off">{countdown}</span>
                    {move || (blocked.get() || attempt.get() >= PATIENCE).then(|| view! {
                        <span>" "{tr("If this goes on, your network may block the connection: try another one.")}</span>
                    })}
                </div>
                <Button variant=ButtonVariant::Secondary small=true on:click=move |_| session.try_now()>{tr("Try now")}</Button>
            </div>
        })}
    }
}
