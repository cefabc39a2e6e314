//! The messages of a server whose SMS or e-mail go to the outbox: what a gateway or mail server would have been given.

use leptos::prelude::*;
use shared::api::OutboxMessage;
use shared::text::tr;

use crate::console::live::Live;
use crate::console::parts::{Loading, PageHead, Trouble};
use crate::console::session::Session;
use crate::console::when::{self, Detail};
use crate::console::{api, poll};
use crate::ui::{Glyph, Icon};

/// The messages, as the server lists them.
#[component]
pub(crate) fn OutboxPage() -> impl IntoView {
    let (session, messages) = (Session::get(), Live::<Vec<OutboxMessage>>::new());
    let ask = move || messages.ask(session, api::outbox());
    ask();
    poll::every(poll::REFRESH, ask);
    view! {
        <div class="console-column stack">
            <PageHead title=tr("Outbox") />
            <p class="muted-text">{tr("SMS or e-mail of this server go nowhere: what it would have sent stands here, for as long as the server runs.")}</p>
            <Trouble error=Signal::derive(move || messages.trouble()) stale=Signal::derive(move || messages.is_known()) />
            <div data-testid="outbox" aria-live="polite">
                {move || match messages.get() {
                    None if messages.trouble().is_some() => ().into_any(),
                    None => view! { <Loading /> }.into_any(),
                    Some(list) if list.is_empty() => view! { <Nothing /> }.into_any(),
                    Some(list) => view! { <ul class="stack">{list.into_iter().map(message).collect_view()}</ul> }.into_any(),
                }}
            </div>
        </div>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <div class="card nothing">
            <Icon glyph=Glyph::Phone />
            <p>{tr("No message yet. One appears here when somebody is sent a password or an invitation.")}</p>
        </div>
    }
}

fn message(message: OutboxMessage) -> impl IntoView {
    view! {
        <li class="sms" data-testid="outbox-message">
            <p class="sms__head">
                <bdi class="sms__to">{message.to}</bdi>
                <span class="muted-text small">{when::here(message.at, Detail::ShortDateAndTime)}</span>
            </p>
            {message.subject.map(|subject| view! { <p class="sms__subject" dir="auto">{subject}</p> })}
            <p class="sms__text" dir="auto">{message.text}</p>
        </li>
    }
}
