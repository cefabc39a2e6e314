//! The panel at the side: who waits (for moderators) and who is here.

use std::time::Duration;

use leptos::prelude::*;
use shared::device::DeviceUse;
use shared::ids::ParticipantId;
use shared::meeting::Role;
use shared::signal::RosterEntry;
use shared::text::{tr, tr_with};
use wasm_bindgen::JsCast;

use super::lobby_card::{Card, Door};
use super::tile::{BadConnection, person_colour};
use crate::app::Session;
use crate::app::store::Store;
use crate::room::words;
use crate::ui::{Avatar, Button, ConfirmDialog, Glyph, Icon};

/// By then a removed person's line is gone, and the focus with it.
const REMOVED_WITHIN: Duration = Duration::from_millis(700);

/// The panel.
#[component]
pub(super) fn Panel(
    session: Session,
    open: RwSignal<bool>,
    settings: RwSignal<bool>,
    devices: RwSignal<bool>,
    rules: RwSignal<bool>,
) -> impl IntoView {
    let store = session.store;
    let is_moderator = Memo::new(move |_| store.is_moderator());
    // The focus goes back to the button that opens it again.
    let close = move || {
        open.set(false);
        request_animation_frame(|| focus_if_lost("[data-testid=people-toggle]"));
    };
    view! {
        <aside class="panel" class:panel--open=move || open.get() aria-label=tr("People") inert=move || !open.get() on:keydown=move |event| if event.key() == "Escape" { close() }>
            <div class="panel__head">
                <h2>{tr("People")}</h2>
                {move || is_moderator.get().then(|| view! {
                    <button type="button" class="panel__devices panel__devices--always" aria-label=tr("Rules of the room") title=tr("Rules of the room") data-testid="rules-open" on:click=move |_| rules.set(true)><Icon glyph=Glyph::Lock /></button>
                })}
                <button type="button" class="panel__devices" aria-label=tr("Choose camera and microphone") on:click=move |_| settings.set(true)><Icon glyph=Glyph::Settings /></button>
                <button type="button" class="panel__close" aria-label=tr("Close the list of people") on:click=move |_| close()><Icon glyph=Glyph::Cross /></button>
            </div>
            <div class="panel__body">
                {move || is_moderator.get().then(|| view! { <LobbyPanel session=session /> })}
                <Roster session=session />
                <div><Button small=true icon=Glyph::Plus testid="connect-device" on:click=move |_| devices.set(true)>{tr("Connect a device")}</Button></div>
            </div>
        </aside>
    }
}

#[component]
fn LobbyPanel(session: Session) -> impl IntoView {
    let store = session.store;
    let count = move || store.lobby.with(Vec::len);
    let door = Door::new();
    keep_focus(store, door);
    view! {
        <section class="panel__part" data-testid="lobby-panel" aria-label=tr("Lobby")>
            <h3 class="panel__title" tabindex="-1">{tr("Waiting to come in")}<span class="panel__count">{count}</span></h3>
            {move || (count() > 1).then(|| view! {
                <Button small=true icon=Glyph::Check testid="admit-all" label=tr("Admit all who wait, apart from those who need a second look") disabled=Signal::derive(move || door.is_settling() || store.link.get().is_lost()) on:click=move |press: web_sys::MouseEvent| if press.detail() < 2 { session.admit_all(store.lobby.get_untracked()) }>{tr("Admit all")}</Button>
            })}
            <For each=move || store.lobby.get() key=|who| *who let:who>
                <Card session=session who=who door=door />
            </For>
            {move || (count() == 0).then(|| view! { <p class="small muted-text">{tr("Nobody is waiting. You will be told when somebody comes.")}</p> })}
        </section>
    }
}

/// A decision takes its card away, and the focus with it: it goes on to the name of who waits next, or to the lobby's
/// heading. Never to a button, and no card is decided about while the others move up: one press too many would let
/// somebody in whom nobody looked at.
fn keep_focus(store: Store, door: Door) {
    Effect::new(move |before: Option<Vec<ParticipantId>>| {
        let now = store.lobby.get();
        let before = before.unwrap_or_default();
        if before.iter().any(|who| !now.contains(who)) {
            door.settle();
        }
        if let Some(gone) = door.decided.get_value().filter(|who| !now.contains(who)) {
            door.decided.set_value(None);
            let selector = match next_in_line(&before, &now, gone) {
                Some(next) => format!("[data-testid=lobby-card-{}] .lobby-card__name", next.0),
                None => "[data-testid=lobby-panel] h3".to_owned(),
            };
            request_animation_frame(move || focus_if_lost(&selector));
        }
        now
    });
}

/// Who waits next after somebody is gone: who stood behind them, or else before them.
fn next_in_line(before: &[ParticipantId], now: &[ParticipantId], gone: ParticipantId) -> Option<ParticipantId> {
    let place = before.iter().position(|who| *who == gone)?;
    let (ahead, behind) = before.split_at(place);
    let still_here = |who: &&ParticipantId| now.contains(who);
    behind.iter().find(still_here).or_else(|| ahead.iter().rev().find(still_here)).or(now.first()).copied()
}

/// Focuses an element, unless the focus is somewhere already.
pub(super) fn focus_if_lost(selector: &str) {
    let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
    let found = document().query_selector(selector).ok().flatten().filter(|_| is_lost);
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

#[component]
fn Roster(session: Session) -> impl IntoView {
    let store = session.store;
    let leaving = RwSignal::new(None::<(ParticipantId, String)>);
    let text = move |who: ParticipantId| {
        let entry = store.person(who).entry;
        if entry.with_untracked(|entry| entry.as_ref().is_some_and(|entry| entry.device.is_some())) {
            tr("It is put out at once and its token stops working. Its owner stays.")
        } else {
            tr(
                "They are put out at once and their PIN stops working. To let them back in, issue a new PIN in the console.",
            )
        }
    };
    let open = RwSignal::new(false);
    let ask = Callback::new(move |(who, name): (ParticipantId, String)| {
        leaving.set(Some((who, name)));
        open.set(true);
    });
    view! {
        <section class="panel__part" aria-label=tr("In the meeting")>
            <h3 class="panel__title" tabindex="-1" data-testid="roster-title">{tr("In the meeting")}<span class="panel__count">{move || store.roster.with(Vec::len)}</span></h3>
            <ul class="roster" data-testid="roster">
                <For each=move || store.roster.get() key=|who| *who let:who>
                    <Line session=session who=who ask=ask />
                </For>
            </ul>
            {move || leaving.get().map(|(who, name)| view! {
                <ConfirmDialog
                    open=open
                    title=tr_with("Take {name} out of the meeting?", &[("name", &name)])
                    text=text(who)
                    confirm=tr("Take out")
                    cancel=tr("Let them stay")
                    testid="remove-confirm"
                    on_confirm=Callback::new(move |()| {
                        session.remove(who);
                        set_timeout(|| focus_if_lost("[data-testid=roster-title]"), REMOVED_WITHIN);
                    })
                />
            })}
        </section>
    }
}

#[component]
fn Line(session: Session, who: ParticipantId, ask: Callback<(ParticipantId, String)>) -> impl IntoView {
    let store = session.store;
    let entry = RwSignal::from(store.person(who).entry);
    let name = Memo::new(move |_| entry.with(|entry| entry.as_ref().map(|e| e.name.clone()).unwrap_or_default()));
    let is_me = Memo::new(move |_| store.me() == Some(who));
    let may_remove = Memo::new(move |_| store.is_moderator() && store.me() != Some(who));
    let may_send_back = Memo::new(move |_| {
        let waits = |entry: &RosterEntry| entry.device.is_none() && entry.role != Role::Moderator;
        may_remove.get() && entry.with(|entry| entry.as_ref().is_some_and(waits))
    });
    // To all but moderators and themselves an observer has neither voice nor face: crossed-out devices would say that they
    // had switched them off.
    let perceived = move |entry: &RosterEntry| {
        let watches = entry.device.is_some_and(|device| device.does == DeviceUse::Watch);
        !watches && (entry.role.is_seen_by_all() || store.is_moderator() || store.me() == Some(entry.participant))
    };
    let shown_name = move || if is_me.get() { tr_with("{name} (you)", &[("name", &name.get())]) } else { name.get() };
    view! {
        <li class="roster__line" style:--person=person_colour(who)>
            {move || view! { <Avatar name=name.get() /> }}
            <div class="roster__who">
                <span class="roster__name" title=name>{shown_name}</span>
                <span class="small muted-text">{move || entry.with(|entry| entry.as_ref().map(words::standing))}</span>
            </div>
            <div class="roster__state">
                {move || entry.get().map(|entry| view! {
                    {entry.confirmed.then(|| view! { <span class="state state--confirmed" title=tr("Identity confirmed")><Icon glyph=Glyph::Shield /><span class="visually-hidden">{tr("Identity confirmed")}</span></span> })}
                    <BadConnection quality=Signal::stored(entry.connection) />
                    {entry.hand.then(|| view! { <span class="state state--hand" title=tr("Hand up")><Icon glyph=Glyph::Hand /><span class="visually-hidden">{tr("Hand up")}</span></span> })}
                    {perceived(&entry).then(|| view! {
                        <State off=!entry.media.microphone glyph_on=Glyph::Microphone glyph_off=Glyph::MicrophoneOff on=tr("Microphone is on") off_words=tr("Microphone is off") />
                        <State off=!entry.media.camera glyph_on=Glyph::Camera glyph_off=Glyph::CameraOff on=tr("Camera is on") off_words=tr("Camera is off") />
                    })}
                })}
                {move || may_send_back.get().then(|| {
                    let label = tr_with("Send {name} back to the lobby", &[("name", &name.get())]);
                    view! {
                        <button type="button" class="roster__remove" disabled=move || store.link.get().is_lost() aria-label=label.clone() title=label data-testid=format!("send-back-{}", who.0) on:click=move |_| session.send_back(who)>
                            <Icon glyph=Glyph::Door />
                        </button>
                    }
                })}
                {move || may_remove.get().then(|| {
                    let label = tr_with("Take {name} out of the meeting", &[("name", &name.get())]);
                    view! {
                        <button type="button" class="roster__remove" disabled=move || store.link.get().is_lost() aria-label=label.clone() title=label data-testid=format!("remove-{}", who.0) on:click=move |_| ask.run((who, name.get_untracked()))>
                            <Icon glyph=Glyph::Cross />
                        </button>
                    }
                })}
            </div>
        </li>
    }
}

#[component]
fn State(off: bool, glyph_on: Glyph, glyph_off: Glyph, on: &'static str, off_words: &'static str) -> impl IntoView {
    let (glyph, words) = if off { (glyph_off, off_words) } else { (glyph_on, on) };
    view! {
        <span class="state" class:state--off=off title=words><Icon glyph=glyph /><span class="visually-hidden">{words}</span></span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_focus_goes_to_who_waits_next() {
        let ids = |numbers: &[u16]| numbers.iter().copied().map(ParticipantId).collect::<Vec<_>>();
        let next = |before: &[u16], now: &[u16]| next_in_line(&ids(before), &ids(now), ParticipantId(2));
        assert_eq!(next(&[1, 2, 3], &[1, 3]), Some(ParticipantId(3)), "who stood behind");
        assert_eq!(next(&[1, 2], &[1]), Some(ParticipantId(1)), "who stood before");
        assert_eq!(next(&[2], &[7]), Some(ParticipantId(7)), "who came just then");
        assert_eq!(next(&[2], &[]), None);
    }
}
