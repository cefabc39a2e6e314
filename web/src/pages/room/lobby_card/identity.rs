//! A moderator's word that somebody is the person on the invitation, after the meeting's checklist.

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::signal::LobbyCard;
use shared::text::{tr, tr_with};

use crate::app::Session;
use crate::ui::{Badge, Button, ButtonVariant, Checkbox, Glyph, Tone};

/// How far it is confirmed, and the way to confirm it.
#[component]
pub(super) fn IdentityPart(session: Session, who: ParticipantId, card: RwSignal<Option<LobbyCard>>) -> impl IntoView {
    let store = session.store;
    let identity =
        Memo::new(move |_| card.with(|card| card.as_ref().map(|card| card.identity.clone()).unwrap_or_default()));
    let mine = move || identity.with(|identity| store.me().is_some_and(|me| identity.by.contains(&me)));
    let ticked = RwSignal::new(0_u32);
    let checklist = store.checklist;
    let all = move || checklist.with(|list| ticked.get() == (1_u32 << list.len()) - 1);
    let confirm = move |_| {
        let checked = u8::try_from(checklist.with_untracked(Vec::len)).unwrap_or(u8::MAX);
        session.confirm_identity(who, checked);
        ticked.set(0);
    };
    let standing = move || {
        identity.with(|identity| {
            let by = identity.names.join(", ");
            match (identity.by.len(), identity.needed) {
                (0, 0) => None,
                (0, needed) => {
                    Some((Tone::Warn, tr_with("Identity to be confirmed by: {n}", &[("n", &needed.to_string())])))
                }
                (have, needed) if have < usize::from(needed) => {
                    Some((Tone::Warn, tr_with("Confirmed by {by}; one more must", &[("by", &by)])))
                }
                _ => Some((Tone::Good, tr_with("Identity confirmed by {by}", &[("by", &by)]))),
            }
        })
    };
    view! {
        <div class="lobby-card__identity" data-testid="identity">
            {move || standing().map(|(tone, words)| view! { <Badge tone=tone icon=Glyph::Shield>{words}</Badge> })}
            {move || if mine() {
                view! {
                    <Button variant=ButtonVariant::Quiet small=true testid=format!("doubt-{}", who.0) on:click=move |_| session.doubt_identity(who)>{tr("Take it back")}</Button>
                }.into_any()
            } else {
                view! {
                    <div class="stack stack--tight">
                        {checklist.get().into_iter().enumerate().map(|(index, point)| {
                            let bit = 1_u32 << index;
                            view! {
                                <Checkbox label=point checked=Signal::derive(move || ticked.get() & bit != 0) on_change=Callback::new(move |on| ticked.update(|ticked| if on { *ticked |= bit } else { *ticked &= !bit })) testid=format!("check-{}-{index}", who.0) />
                            }
                        }).collect_view()}
                        <Button small=true icon=Glyph::Shield testid=format!("confirm-{}", who.0) disabled=Signal::derive(move || !all()) on:click=confirm>{tr("This is the person invited")}</Button>
                    </div>
                }.into_any()
            }}
        </div>
    }
}
