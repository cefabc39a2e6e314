//! Ends a meeting for everybody, after asking.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::MeetingId;
use shared::text::{tr, tr_with};

use super::meeting::Meeting;
use crate::console::session::Session;
use crate::console::{api, focus, words};
use crate::ui::{Button, ButtonVariant, ConfirmDialog, Tone, use_toasts};

/// The button, and the question behind it.
#[component]
pub(super) fn EndMeeting(meeting: Meeting, id: MeetingId, title: String) -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    let (open, busy) = (RwSignal::new(false), RwSignal::new(false));
    let end = move |()| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(api::end_meeting(id)).await {
                Ok(ended) => {
                    toasts.show(Tone::Good, tr("The meeting is over for everybody."));
                    meeting.put(ended);
                    focus::later("#main h1");
                }
                Err(error) => toasts.show(Tone::Danger, words::call_error(&error)),
            }
            busy.set(false);
        });
    };
    view! {
        <Button variant=ButtonVariant::DangerQuiet small=true busy=busy testid="end-meeting" on:click=move |_| open.set(true)>
            {tr("End for everybody")}
        </Button>
        <ConfirmDialog open=open title=tr_with("End “{title}”?", &[("title", &title)])
            text=tr("Everybody in the room and at the door is put out at once, every PIN stops working, and the meeting cannot be opened again.")
            confirm=tr("End the meeting") cancel=tr("Keep it") testid="end-meeting-confirm" on_confirm=end />
    }
}
