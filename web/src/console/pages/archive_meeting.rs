//! Puts a meeting that is over away.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::MeetingId;
use shared::text::tr;

use super::meeting::Meeting;
use crate::console::session::Session;
use crate::console::{api, focus, words};
use crate::ui::{Button, ButtonVariant, Tone, use_toasts};

/// The button. Nothing is lost by it, so nothing is asked.
#[component]
pub(super) fn ArchiveMeeting(meeting: Meeting, id: MeetingId) -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    let busy = RwSignal::new(false);
    let archive = move |_| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(api::archive_meeting(id)).await {
                Ok(archived) => {
                    toasts.show(Tone::Good, tr("The meeting is archived."));
                    meeting.put(archived);
                    focus::later("#main h1");
                }
                Err(error) => toasts.show(Tone::Danger, words::call_error(&error)),
            }
            busy.set(false);
        });
    };
    view! {
        <Button variant=ButtonVariant::Secondary small=true busy=busy testid="archive-meeting" on:click=archive>{tr("Archive")}</Button>
    }
}
