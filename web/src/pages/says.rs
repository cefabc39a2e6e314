//! What the invitation says, said back: whoever compares the words knows that this page is the one it speaks of.

use leptos::prelude::*;
use shared::text::{tr, tr_with};

use crate::app::Session;
use crate::ui::{Glyph, Icon};

/// Organisation, moderator and words, as they stand in the invitation.
#[component]
pub(super) fn InvitationSays(session: Session) -> impl IntoView {
    let says = Memo::new(move |_| session.store.says.get().filter(|says| !says.phrase.is_empty()));
    move || {
        says.get().map(|says| {
            let by = tr_with(
                "Invited by {moderator}, {organisation}",
                &[("moderator", &says.moderator), ("organisation", &says.organisation)],
            );
            view! {
                <div class="says" data-testid="invitation-says">
                    <p class="small muted-text"><bdi>{by}</bdi></p>
                    <p class="fact"><Icon glyph=Glyph::Mail /><span>{tr("Your invitation says:")}" "<strong class="says__phrase" data-testid="phrase">{says.phrase}</strong></span></p>
                    <p class="small muted-text">{tr("If it does not, this is not the meeting you were invited to: leave, and call whoever invited you.")}</p>
                </div>
            }
        })
    }
}
