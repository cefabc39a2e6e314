//! The meeting itself: faces, whiteboard, panel and toolbar.

mod board;
mod clock;
mod devices;
mod faces;
mod lobby_card;
mod looking;
mod panel;
mod pointers;
mod quality;
mod rules;
mod screen;
mod tile;
mod toolbar;

use leptos::prelude::*;
use shared::limits::AUDIO_SLOTS;
use shared::meeting::MeetingKind;
use shared::text::tr;

use board::Whiteboard;
use clock::EndTime;
use devices::DevicesDialog;
use faces::Faces;
use panel::Panel;
use quality::{QualityButton, QualityPanel};
use rules::{LockedBadge, RulesDialog};
use screen::{ScreenStage, SharingNotice};
use toolbar::Toolbar;

use super::picture::Voice;
use super::switches::DeviceProblems;
use crate::app::{Session, use_session};
use crate::room::words;
use crate::ui::{Badge, Brand, Button, ButtonVariant, ConfirmDialog, DemoBanner, Dialog, Glyph, Icon, Tone};

/// Screens from this width on have room for the panel beside everything else, pixels.
const PANEL_FROM: f64 = 1_088.0;

/// What is open. Copy it freely.
#[derive(Clone, Copy)]
struct Layout {
    panel: RwSignal<bool>,
    board: RwSignal<bool>,
    settings: RwSignal<bool>,
    devices: RwSignal<bool>,
    rules: RwSignal<bool>,
    ending: RwSignal<bool>,
}

/// The meeting.
#[component]
pub(crate) fn RoomPage() -> impl IntoView {
    let session = use_session();
    let store = session.store;
    let wide = window().inner_width().ok().and_then(|width| width.as_f64()).is_none_or(|width| width >= PANEL_FROM);
    let layout = Layout {
        panel: RwSignal::new(wide),
        board: RwSignal::new(true),
        settings: RwSignal::new(false),
        devices: RwSignal::new(false),
        rules: RwSignal::new(false),
        ending: RwSignal::new(false),
    };
    let stage = RwSignal::new(None);
    let sharer = Memo::new(move |_| {
        let me = store.me();
        store.sharer.get().filter(|sharer| Some(*sharer) != me)
    });
    keep_place(layout, sharer);
    let staged = Memo::new(move |_| sharer.get().filter(|_| !layout.board.get()));
    let lost = Memo::new(move |_| store.link.get().is_lost());
    view! {
        <div
            class="room"
            class:room--panel=move || layout.panel.get()
            class:room--board=move || layout.board.get() || staged.get().is_some()
            class:room--lost=move || lost.get()
            data-testid="room"
        >
            {move || store.demo.get().then(|| view! { <DemoBanner short=true /> })}
            <RoomHeader session=session />
            <Voices session=session />
            <SoundBar session=session />
            <SharingNotice session=session />
            <div class="room__body">
                <main class="room__main" id="main">
                    <Faces session=session stage=stage />
                    {move || staged.get().map(|who| view! { <ScreenStage session=session who=who stage=stage /> })}
                    {move || layout.board.get().then(|| view! { <Whiteboard session=session /> })}
                </main>
                <Panel session=session open=layout.panel settings=layout.settings devices=layout.devices rules=layout.rules />
                <QualityPanel session=session />
            </div>
            <Knocking session=session layout=layout />
            <Toolbar session=session layout=layout />
            <Dialog open=layout.settings title=tr("Camera and microphone")>
                <DeviceProblems />
                <super::green_room::DeviceMenus session=session />
                <div class="dialog__actions"><Button on:click=move |_| layout.settings.set(false)>{tr("Done")}</Button></div>
            </Dialog>
            <DevicesDialog session=session open=layout.devices />
            <RulesDialog session=session open=layout.rules />
            <ConfirmDialog
                open=layout.ending
                title=tr("End the meeting for everybody?")
                text=tr("Everybody is taken out, all PINs of this meeting stop working, and the whiteboard is gone. This cannot be undone.")
                confirm=tr("End for everybody")
                cancel=tr("Go on")
                testid="end-meeting-confirm"
                on_confirm=Callback::new(move |()| session.end_meeting())
            />
        </div>
    }
}

/// A screen takes the whiteboard's place when it comes, and gives it back when it goes. The whiteboard's switch changes
/// between the two meanwhile.
fn keep_place(layout: Layout, sharer: Memo<Option<shared::ids::ParticipantId>>) {
    let had_board = StoredValue::new(true);
    Effect::new(move |before: Option<bool>| {
        let is_shared = sharer.get().is_some();
        match (before.unwrap_or_default(), is_shared) {
            (false, true) => {
                had_board.set_value(layout.board.get_untracked());
                layout.board.set(false);
            }
            (true, false) if had_board.get_value() => layout.board.set(true),
            _ => {}
        }
        is_shared
    });
}

#[component]
fn RoomHeader(session: Session) -> impl IntoView {
    let store = session.store;
    view! {
        <header class="room__header">
            <a class="skip-link" href="#main">{tr("Skip to the meeting")}</a>
            <div class="room__title">
                <Brand />
                <h1 class="room__name" tabindex="-1">{move || store.meeting.with(|meeting| meeting.as_ref().map(|m| m.title.clone()))}</h1>
            </div>
            <div class="room__facts">
                <LockedBadge session=session />
                <Kept session=session />
                <EndTime session=session />
                <QualityButton session=session />
            </div>
        </header>
    }
}

/// What may leave this meeting, and whether something takes it out just now.
#[component]
fn Kept(session: Session) -> impl IntoView {
    let store = session.store;
    let kind = Memo::new(move |_| store.meeting.with(|meeting| meeting.as_ref().map(|meeting| meeting.kind)));
    move || {
        match (store.watchers.get(), kind.get()) {
        (1.., _) => view! {
            <span class="room__watched" role="status" title=words::kind(MeetingKind::MayBeRecorded) data-testid="watched"><Badge tone=Tone::Danger icon=Glyph::Screen>{tr("Watched now")}</Badge></span>
        }
        .into_any(),
        (0, Some(MeetingKind::MayBeRecorded)) => view! {
            <span class="room__watched" title=words::kind(MeetingKind::MayBeRecorded) data-testid="may-be-watched"><Badge tone=Tone::Warn icon=Glyph::Screen>{words::kind_badge(MeetingKind::MayBeRecorded)}</Badge></span>
        }
        .into_any(),
        _ => view! {
            <span class="room__kept"><Badge icon=Glyph::Shield>{words::kind_badge(MeetingKind::NothingKept)}</Badge></span>
        }
        .into_any(),
    }
    }
}

/// Everything that is heard: one player for each slot, whoever's voice comes through it just now.
#[component]
fn Voices(session: Session) -> impl IntoView {
    let voice = move |slot: usize| {
        let track = Signal::derive_local(move || session.store.peer.get()?.audio(slot));
        view! { <Voice track=track /> }
    };
    (0..AUDIO_SLOTS).map(voice).collect_view()
}

/// Where the browser holds sound back until a press.
#[component]
fn SoundBar(session: Session) -> impl IntoView {
    let blocked = session.store.sound_blocked;
    view! {
        {move || blocked.get().then(|| view! {
            <button type="button" class="sound-bar" data-testid="sound-bar" on:click=move |_| blocked.set(false)>
                <Icon glyph=Glyph::Speaker />
                <span>{tr("Your browser holds the sound back. Press here to hear the others.")}</span>
            </button>
        })}
    }
}

/// For moderators: somebody waits, said aloud, and shown where the panel is closed.
#[component]
fn Knocking(session: Session, layout: Layout) -> impl IntoView {
    let store = session.store;
    let waiting = Memo::new(move |_| if store.is_moderator() { store.lobby.with(Vec::len) } else { 0 });
    let words = move || match waiting.get() {
        0 => String::new(),
        1 => tr("Somebody is waiting in the lobby.").to_owned(),
        n => shared::text::tr_with("{n} people are waiting in the lobby.", &[("n", &n.to_string())]),
    };
    view! {
        <div class="knocking" class:knocking--shown=move || { waiting.get() > 0 && !layout.panel.get() }>
            <span role="status">{words}</span>
            <Button variant=ButtonVariant::Primary small=true on:click=move |_| {
                layout.panel.set(true);
                request_animation_frame(|| panel::focus_if_lost("[data-testid=lobby-panel] h3"));
            }>{tr("Look")}</Button>
        </div>
    }
}

/// A hand's badge.
#[component]
fn HandBadge() -> impl IntoView {
    view! { <Badge tone=Tone::Warn icon=Glyph::Hand>{tr("Hand up")}</Badge> }
}
