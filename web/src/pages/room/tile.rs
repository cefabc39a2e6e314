//! One person's tile.

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::quality::Quality;
use shared::text::tr;

use super::HandBadge;
use crate::app::Session;
use crate::pages::picture::{Picture, stream_of};
use crate::room::{quality, words};
use crate::ui::{Avatar, Bars, Glyph, Icon};

/// The CSS variable of a person's colour.
pub(super) fn person_colour(who: ParticipantId) -> String {
    format!("var(--person-{})", crate::room::board::colour_of(who) + 1)
}

/// Somebody else: face or initials, name, what is off, a raised hand.
#[component]
pub(super) fn Tile(session: Session, who: ParticipantId) -> impl IntoView {
    let store = session.store;
    let person = store.person(who);
    let entry = RwSignal::from(person.entry);
    let slots = RwSignal::from(person.slots);
    let level = RwSignal::from(person.speaking);
    let speaking = Memo::new(move |_| level.get() > 0);
    let face = Signal::derive_local(move || {
        let peer = store.peer.get()?;
        stream_of(&peer.video(slots.get().video?)?)
    });
    let name = Memo::new(move |_| entry.with(|entry| entry.as_ref().map(|e| e.name.clone()).unwrap_or_default()));
    let camera = Memo::new(move |_| entry.with(|entry| entry.as_ref().is_some_and(|e| e.media.camera)));
    let microphone = Memo::new(move |_| entry.with(|entry| entry.as_ref().is_some_and(|e| e.media.microphone)));
    let hand = Memo::new(move |_| entry.with(|entry| entry.as_ref().is_some_and(|e| e.hand)));
    let connection = Memo::new(move |_| entry.with(|entry| entry.as_ref().map(|e| e.connection).unwrap_or_default()));
    let undecodable = move || Some(words::undecodable(&name.get(), slots.get().undecodable?));
    view! {
        <article
            class="tile"
            class:tile--speaking=move || speaking.get() && microphone.get()
            class:tile--hand=hand
            style:--person=person_colour(who)
            data-testid=format!("tile-{}", who.0)
            data-name=name
            data-camera=move || on_off(camera.get())
            data-microphone=move || on_off(microphone.get())
            aria-label=name
        >
            {move || view! { <Avatar name=name.get() /> }}
            <Picture stream=face shown=camera label=name.get_untracked() />
            {move || undecodable().map(|words| view! { <p class="tile__undecodable" data-testid="undecodable">{words}</p> })}
            <Caption name=Signal::derive(move || name.get()) microphone=microphone camera=camera hand=hand connection=connection />
        </article>
    }
}

/// This person's own tile, mirrored.
#[component]
pub(super) fn OwnTile(session: Session) -> impl IntoView {
    let (store, media) = (session.store, session.media);
    let name = Memo::new(move |_| {
        store.invited_as.with(|invited| invited.as_ref().map(|i| i.name.clone()).unwrap_or_default())
    });
    let camera = Memo::new(move |_| media.state().camera);
    let microphone = Memo::new(move |_| media.state().microphone);
    let hand = Memo::new(move |_| {
        let Some(me) = store.me() else { return false };
        store.person(me).entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.hand))
    });
    // As this page measures it, which the server also does, a little later.
    let connection = Memo::new(move |_| store.quality.with(|report| report.verdict.quality.unwrap_or_default()));
    let words = Signal::derive(move || shared::text::tr_with("{name} (you)", &[("name", &name.get())]));
    view! {
        <article
            class="tile tile--self"
            class:tile--hand=hand
            style:--person=move || store.me().map(person_colour).unwrap_or_default()
            data-testid="tile-self"
            data-name=name
            data-camera=move || on_off(camera.get())
            data-microphone=move || on_off(microphone.get())
            aria-label=words
        >
            {move || view! { <Avatar name=name.get() /> }}
            <Picture
                stream=Signal::derive_local(move || media.preview())
                mirrored=true
                shown=camera
                label=tr("You, mirrored")
            />
            <Caption name=words microphone=microphone camera=camera hand=hand connection=connection />
        </article>
    }
}

#[component]
fn Caption(
    #[prop(into)] name: Signal<String>,
    #[prop(into)] microphone: Signal<bool>,
    #[prop(into)] camera: Signal<bool>,
    #[prop(into)] hand: Signal<bool>,
    #[prop(into)] connection: Signal<Quality>,
) -> impl IntoView {
    view! {
        <div class="tile__top">{move || hand.get().then(|| view! { <HandBadge /> })}</div>
        <div class="tile__caption">
            <span class="tile__name">{name}</span>
            <BadConnection quality=connection />
            {move || (!microphone.get()).then(|| view! {
                <span class="tile__off" title=tr("Microphone is off")><Icon glyph=Glyph::MicrophoneOff /><span class="visually-hidden">{tr("Microphone is off")}</span></span>
            })}
            {move || (!camera.get()).then(|| view! {
                <span class="tile__off" title=tr("Camera is off")><Icon glyph=Glyph::CameraOff /><span class="visually-hidden">{tr("Camera is off")}</span></span>
            })}
        </div>
    }
}

/// Bars, where somebody's connection is not good: nobody needs to be told that all is well.
#[component]
pub(super) fn BadConnection(#[prop(into)] quality: Signal<Quality>) -> impl IntoView {
    move || {
        let grade = quality.get();
        let words = quality::words::connection(grade)?;
        Some(view! {
            <span class="bad-connection" title=words data-testid="bad-connection" data-quality=quality::words::grade(Some(grade))>
                <Bars quality=Signal::stored(Some(grade)) />
                <span class="visually-hidden">{words}</span>
            </span>
        })
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
