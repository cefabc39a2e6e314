//! Before going in: how one looks and sounds, what the meeting is, and what is looked at.

use std::time::Duration;

use leptos::prelude::*;
use shared::meeting::Role;
use shared::text::tr;
use wasm_bindgen_futures::spawn_local;

use super::preview::Preview;
use super::says::InvitationSays;
use super::switches::DeviceProblems;
use crate::app::{Session, use_session};
use crate::bindings::time_span;
use crate::media::level::Meter;
use crate::room::{location_words, words};
use crate::ui::{Badge, Button, ButtonVariant, Choice, Glyph, Icon, Page, Select, Tone};

/// How often the level meter moves.
const METER_EVERY: Duration = Duration::from_millis(80);

/// Camera preview, level, device menus, and the way in.
#[component]
pub(crate) fn GreenRoomPage() -> impl IntoView {
    let session = use_session();
    if session.media.is_untouched() {
        spawn_local(session.media.start());
    }
    view! {
        <Page demo=session.store.demo>
            // In the order of need, which is the order on a phone: how one looks, what this is and the way in, then
            // what a person may want to change or read.
            <div class="green-room" data-testid="greenroom">
                <div class="green-room__look stack">
                    <Preview microphone_testid="microphone-toggle" camera_testid="camera-toggle" />
                    <DeviceProblems />
                </div>
                <Invitation session=session />
                <div class="green-room__devices stack">
                    <MicrophoneLevel session=session />
                    <DeviceMenus session=session />
                </div>
                <Notices session=session />
            </div>
        </Page>
    }
}

#[component]
fn MicrophoneLevel(session: Session) -> impl IntoView {
    let media = session.media;
    let level = RwSignal::new(0.0_f64);
    let meter = StoredValue::new_local(None::<Meter>);
    Effect::new(move || {
        let next = media.microphone.with(|track| track.as_ref().and_then(Meter::of));
        meter.set_value(next);
    });
    let read = move || {
        let now = meter.with_value(|meter| meter.as_ref().map_or(0.0, Meter::read));
        level.set(if media.microphone_on.get_untracked() { now } else { 0.0 });
    };
    if let Ok(interval) = set_interval_with_handle(read, METER_EVERY) {
        on_cleanup(move || interval.clear());
    }
    let percent = move || (level.get() * 100.0).round() as u32;
    view! {
        <div class="level">
            <Icon glyph=Glyph::Microphone />
            <div
                class="level__bar"
                role="meter"
                aria-label=tr("Microphone level")
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=move || percent().to_string()
                data-testid="mic-level"
                data-level=move || percent().to_string()
            >
                <div class="level__fill" style:--level=move || percent().to_string()></div>
            </div>
            <span class="small muted-text">{move || if media.microphone_starting() {
                tr("Starting your microphone…")
            } else if media.state().microphone {
                tr("Say something: the bar should move")
            } else {
                tr("Your microphone is off")
            }}</span>
        </div>
    }
}

#[component]
pub(super) fn DeviceMenus(session: Session) -> impl IntoView {
    let media = session.media;
    let or_none = |choices: Vec<Choice>, none: &'static str| {
        if choices.is_empty() { vec![Choice::new("", none)] } else { choices }
    };
    let cameras = Signal::derive(move || or_none(media.cameras.get(), tr("No camera to choose")));
    let microphones = Signal::derive(move || or_none(media.microphones.get(), tr("No microphone to choose")));
    view! {
        <div class="menus">
            <Select
                label=tr("Camera")
                choices=cameras
                value=media.camera_id
                on_choice=Callback::new(move |id| media.choose_camera(id))
                disabled=Signal::derive(move || media.cameras.with(Vec::is_empty))
                testid="camera-select"
            />
            <Select
                label=tr("Microphone")
                choices=microphones
                value=media.microphone_id
                on_choice=Callback::new(move |id| media.choose_microphone(id))
                disabled=Signal::derive(move || media.microphones.with(Vec::is_empty))
                testid="microphone-select"
            />
        </div>
    }
}

#[component]
fn Invitation(session: Session) -> impl IntoView {
    let store = session.store;
    let role = Memo::new(move |_| store.invited_as.with(|invited| invited.as_ref().map(|invited| invited.role)));
    view! {
        <section class="green-room__entry stack" aria-label=tr("The meeting")>
            {move || store.meeting.get().map(|meeting| view! {
                <div class="stack stack--tight">
                    <h1 tabindex="-1">{meeting.title}</h1>
                    <p class="muted-text">{time_span(meeting.starts_at, meeting.ends_at)}</p>
                </div>
                <p class="row" data-testid="invited-as">
                    {store.invited_as.get().map(|invited| view! {
                        <span>{tr("Invited as")}" "<strong>{invited.name}</strong></span>
                        <Badge tone=if invited.role == Role::Moderator { Tone::Accent } else { Tone::Neutral }>{words::role(invited.role)}</Badge>
                    })}
                </p>
            })}
            <InvitationSays session=session />
            <div class="stack stack--tight">
                <Button variant=ButtonVariant::Primary wide=true icon=Glyph::Door testid="enter" on:click=move |_| session.enter()>
                    {move || if role.get() == Some(Role::Moderator) { tr("Enter the meeting") } else { tr("Ask to come in") }}
                </Button>
                <p class="small muted-text" data-testid="what-happens">{move || role.get().map(words::on_entering)}</p>
                <div><Button variant=ButtonVariant::Quiet small=true on:click=move |_| session.leave()>{tr("Not now: leave")}</Button></div>
            </div>
        </section>
    }
}

/// What is kept and what is looked at.
#[component]
fn Notices(session: Session) -> impl IntoView {
    let kept = move || session.store.meeting.with(|meeting| meeting.as_ref().map(|meeting| words::kind(meeting.kind)));
    let camera = move || session.store.meeting.with(|meeting| meeting.as_ref().is_some_and(|m| m.camera_required));
    view! {
        <ul class="facts green-room__facts">
            <li class="fact"><Icon glyph=Glyph::Shield /><span data-testid="kind-notice">{kept}</span></li>
            {move || camera().then(|| view! { <li class="fact"><Icon glyph=Glyph::Camera /><span data-testid="camera-notice">{tr("In this meeting nobody is let in whose camera is off.")}</span></li> })}
            <li class="fact"><Icon glyph=Glyph::Pin /><span data-testid="location-notice">{location_words::location_notice()}</span></li>
        </ul>
    }
}
