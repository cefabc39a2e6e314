//! Waiting for a moderator.

use leptos::prelude::*;
use shared::secret::Secret;
use shared::text::tr;

use super::lines::Lines;
use super::preview::Preview;
use super::proof::{ProofField, SendPassword, is_awaited};
use super::says::InvitationSays;
use super::switches::DeviceProblems;
use crate::app::{Session, use_session};
use crate::bindings::focus_later;
use crate::room::{lobby_words, words};
use crate::ui::{Button, ButtonVariant, Card, Glyph, Icon, Page, Spinner};

const FIELD: &str = "[data-testid=door-password-input]";

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
                <AskedAtDoor session=session />
                <InvitationSays session=session />
                <Lines lines=store.lines on_write=Callback::new(move |text| session.write(None, text)) label=tr("Write to the moderators") waits=None />
                <p class="fact fact--quiet"><Icon glyph=Glyph::Shield /><span>{tr("Until you are let in, only moderators can see you, and nothing of the meeting reaches you.")}" "<span data-testid="kind-notice">{move || store.meeting.with(|meeting| meeting.as_ref().map(|m| words::kind(m.kind)))}</span></span></p>
                <div class="center"><Button variant=ButtonVariant::DangerQuiet icon=Glyph::Out testid="leave" on:click=move |_| session.leave()>{tr("Leave")}</Button></div>
            </div>
        </Page>
    }
}

/// The second proof that a moderator asked for, when one did.
#[component]
fn AskedAtDoor(session: Session) -> impl IntoView {
    let store = session.store;
    let state = Memo::new(move |_| store.asked_at_door.get());
    let typed = RwSignal::new(String::new());
    let is_open = Memo::new(move |_| state.with(|state| state.as_ref().is_some_and(|state| !state.is_given())));
    let can_type = is_awaited(state);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        session.submit_password(Secret::new(typed.get_untracked()));
        typed.set(String::new());
    };
    // Whoever is asked types at once; whoever typed it wrong types it again.
    Effect::new(move |_| {
        state.track();
        if is_open.get() && (can_type.get() || store.password_error.with(Option::is_some)) {
            focus_later(FIELD);
        }
    });
    view! {
        {move || state.get().map(|state| view! {
            <p class="fact" role="status" data-testid="door-password"><Icon glyph=Glyph::Key /><span>{lobby_words::asked_at_door(&state)}</span></p>
        })}
        <Show when=move || is_open.get()>
            <Card>
                <form class="stack stack--tight" on:submit=submit novalidate=true>
                    // Also where nothing works any more: the organiser may read a password out.
                    <ProofField session=session state=state typed=typed testid="door-password" />
                    <Button variant=ButtonVariant::Primary submit=true wide=true busy=store.asking testid="door-password-submit">{tr("Continue")}</Button>
                    <SendPassword session=session state=state testid="door-password-send" />
                </form>
            </Card>
        </Show>
    }
}
