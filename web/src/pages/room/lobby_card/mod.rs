//! Somebody at the door, as moderators see them: live face, name on the invitation, evidence, decision.
//!
//! The evidence is in [`facts`], the word on who it is in [`identity`], what may be asked for besides in
//! [`make_sure`], the decision in [`decide`].

mod decide;
mod facts;
mod identity;
mod make_sure;

use std::time::Duration;

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::text::{tr, tr_with};

use self::decide::Decide;
use self::facts::Facts;
use self::identity::IdentityPart;
use self::make_sure::MakeSure;
use super::tile::person_colour;
use crate::app::Session;
use crate::pages::lines::Lines;
use crate::pages::picture::{Picture, stream_of};
use crate::room::words;
use crate::ui::{Avatar, Glyph, Icon};

/// After cards have moved nobody is decided about for so long: the press was meant for whoever stood there before.
const SETTLES_IN: Duration = Duration::from_millis(800);

/// What all cards share. Copy it freely.
#[derive(Clone, Copy)]
pub(super) struct Door {
    /// Whom this page decided about last, so that the focus of their vanishing card finds its next place.
    pub(super) decided: StoredValue<Option<ParticipantId>>,
    /// How many moves of the cards are younger than [`SETTLES_IN`].
    settling: RwSignal<u32>,
}

impl Door {
    /// Nobody decided about yet.
    pub(super) fn new() -> Self {
        Self { decided: StoredValue::new(None), settling: RwSignal::new(0) }
    }

    /// Whether cards have moved just now.
    pub(super) fn is_settling(self) -> bool {
        self.settling.get() > 0
    }

    /// Cards have moved.
    pub(super) fn settle(self) {
        self.settling.update(|moves| *moves += 1);
        let settled = move || {
            let _ = self.settling.try_update(|moves| *moves = moves.saturating_sub(1));
        };
        set_timeout(settled, SETTLES_IN);
    }
}

/// The card.
#[component]
pub(super) fn Card(session: Session, who: ParticipantId, door: Door) -> impl IntoView {
    let store = session.store;
    let person = store.person(who);
    let card = RwSignal::from(person.card);
    let slots = RwSignal::from(person.slots);
    let face = Signal::derive_local(move || {
        let peer = store.peer.get()?;
        stream_of(&peer.video(slots.get().video?)?)
    });
    let name = Memo::new(move |_| card.with(|card| card.as_ref().map(|card| card.name.clone()).unwrap_or_default()));
    let camera = Memo::new(move |_| card.with(|card| card.as_ref().is_some_and(|card| card.media.camera)));
    let lines =
        Signal::derive(move || card.with(|card| card.as_ref().map(|card| card.lines.clone()).unwrap_or_default()));
    let looked = RwSignal::new(false);
    view! {
        <article class="lobby-card" style:--person=person_colour(who) data-testid=format!("lobby-card-{}", who.0) data-name=name>
            <div class="lobby-card__face">
                <div class="lobby-card__no-face">{move || view! { <Avatar name=name.get() /> }}<span class="small">{move || slots.get().undecodable.map_or_else(|| tr("No picture").to_owned(), |codec| words::undecodable(&name.get(), codec))}</span></div>
                <div class="lobby-card__picture" class:lobby-card__picture--blurred=move || !looked.get()><Picture stream=face shown=camera label=name.get_untracked() /></div>
                {move || (camera.get() && !looked.get()).then(|| view! {
                    <button type="button" class="lobby-card__look" data-testid=format!("look-{}", who.0) on:click=move |_| looked.set(true)>
                        <Icon glyph=Glyph::Camera /><span>{tr_with("Look at {name}", &[("name", &name.get())])}</span>
                    </button>
                })}
            </div>
            <div class="lobby-card__who">
                <span class="small muted-text">{tr("Invited as")}</span>
                <strong class="lobby-card__name" tabindex="-1">{name}</strong>
            </div>
            {move || card.get().map(|card| view! { <Facts session=session card=card /> })}
            <IdentityPart session=session who=who card=card />
            <details class="lobby-card__lines" open=move || lines.with(|lines| !lines.is_empty())>
                <summary class="small">{tr("Write to them")}</summary>
                <Lines lines=lines on_write=Callback::new(move |text| session.write(Some(who), text)) label=tr("Your line") waits=Some(name.get_untracked()) />
            </details>
            <MakeSure session=session who=who name=name.get_untracked() />
            <Decide session=session who=who name=name door=door />
        </article>
    }
}
