//! Waiting for a moderator.

use leptos::prelude::*;
use shared::text::tr;

use super::lines::Lines;
use super::preview::Preview;
use super::says::InvitationSays;
use super::switches::DeviceProblems;
use crate::app::use_session;
use crate::room::words;
use crate::ui::{Button, ButtonVariant, Glyph, Icon, Page, Spinner};

/// Own picture, what is being waited for, and the way out.
#[component]
pub(crate) fn LobbyPage() -> impl IntoView {
    let session = use_session();
    let store = session.store;
    let waiting = move || store.waiting.get().map(words::waiting);
    view! {
        <Page narrow=true demo=store.demo>
            <div class="lobby stack" data-testid="lobby">
                <Preview microphone_testid="mic-toggle" camera_testid="cam-toggle" />
                <DeviceProblems />
                <div class="stack stack--tight center">
                    <p class="muted-text">{move || store.meeting.with(|meeting| meeting.as_ref().map(|m| m.title.clone()))}</p>
                    <h1 class="lobby__title" tabindex="-1" data-testid="waiting-reason" aria-live="polite">
                        {move || waiting().map_or_else(|| tr("You are in the lobby.").to_owned(), |words| words.what)}
                    </h1>
                    <p class="muted-text">{move || waiting().map(|words| words.advice)}</p>
                    <p class="row row--center muted-text small"><Spinner /><span>{tr("Waiting")}</span></p>
                </div>
                <InvitationSays session=session />
                <Lines lines=store.lines on_write=Callback::new(move |text| session.write(None, text)) label=tr("Write to the moderators") waits=None />
                <p class="fact fact--quiet"><Icon glyph=Glyph::Shield /><span>{tr("Until you are let in, only moderators can see you, and nothing of the meeting reaches you.")}" "<span data-testid="kind-notice">{move || store.meeting.with(|meeting| meeting.as_ref().map(|m| words::kind(m.kind)))}</span></span></p>
                <div class="center"><Button variant=ButtonVariant::DangerQuiet icon=Glyph::Out testid="leave" on:click=move |_| session.leave()>{tr("Leave")}</Button></div>
            </div>
        </Page>
    }
}
