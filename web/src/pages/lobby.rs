//! Waiting for a moderator.

use leptos::prelude::*;
use shared::text::tr;

use super::picture::Picture;
use super::switches::{CameraSwitch, DeviceProblems, MicrophoneSwitch};
use crate::app::use_session;
use crate::room::words;
use crate::ui::{Avatar, Button, ButtonVariant, Glyph, Icon, Page, Spinner};

/// Own picture, what is being waited for, and the way out.
#[component]
pub(crate) fn LobbyPage() -> impl IntoView {
    let session = use_session();
    let (store, media) = (session.store, session.media);
    let waiting = move || store.waiting.get().map(words::waiting);
    let name = move || store.invited_as.with(|invited| invited.as_ref().map(|i| i.name.clone()).unwrap_or_default());
    view! {
        <Page narrow=true demo=store.demo>
            <div class="lobby stack" data-testid="lobby">
                <div class="preview">
                    <div class="preview__empty" hidden=move || media.state().camera>{move || view! { <Avatar name=name() /> }}<span>{tr("Your camera is off")}</span></div>
                    <Picture
                        stream=Signal::derive_local(move || media.preview())
                        mirrored=true
                        shown=Signal::derive(move || media.state().camera)
                        label=tr("You, as the moderators see you, mirrored")
                    />
                    <div class="preview__switches">
                        <MicrophoneSwitch testid="mic-toggle" />
                        <CameraSwitch testid="cam-toggle" />
                    </div>
                </div>
                <DeviceProblems />
                <div class="stack stack--tight center">
                    <p class="muted-text">{move || store.meeting.with(|meeting| meeting.as_ref().map(|m| m.title.clone()))}</p>
                    <h1 class="lobby__title" tabindex="-1" data-testid="waiting-reason" aria-live="polite">
                        {move || waiting().map_or_else(|| tr("You are in the lobby.").to_owned(), |words| words.what)}
                    </h1>
                    <p class="muted-text">{move || waiting().map(|words| words.advice)}</p>
                    <p class="row row--center muted-text small"><Spinner /><span>{tr("Waiting")}</span></p>
                </div>
                <p class="fact fact--quiet"><Icon glyph=Glyph::Shield /><span>{tr("Until you are let in, only moderators can see you, and nothing of the meeting reaches you. Nothing of this meeting is kept.")}</span></p>
                <div class="center"><Button variant=ButtonVariant::DangerQuiet icon=Glyph::Out testid="leave" on:click=move |_| session.leave()>{tr("Leave")}</Button></div>
            </div>
        </Page>
    }
}
