//! Who is invited: a table on wide screens, cards on phones, and the form for one more.

use leptos::prelude::*;
use shared::ids::MeetingId;
use shared::text::tr;

use super::invite_form::InviteForm;
use super::invitee_row::InviteeRow;
use super::meeting::Meeting;
use super::pin_dialog::{Issued, PinDialog};
use super::send_invitation::SendInvitations;
use crate::ui::{Card, Glyph, Icon};

/// The people of a meeting. Explicit roles, because a table that is laid out as cards loses its own.
#[component]
pub(super) fn Invitees(meeting: Meeting, id: MeetingId, over: Memo<bool>) -> impl IntoView {
    let ids =
        Memo::new(move |_| meeting.read(|m| m.invitees.iter().map(|i| i.id).collect::<Vec<_>>()).unwrap_or_default());
    let nobody = Memo::new(move |_| ids.with(Vec::is_empty));
    let issued = RwSignal::new(None::<Issued>);
    view! {
        <section class="invitees stack" aria-labelledby="invitees-title">
            <div class="invitees__head">
                <h2 id="invitees-title">{tr("Invited people")}</h2>
                {move || (!over.get()).then(|| view! { <SendInvitations meeting=meeting id=id /> })}
            </div>
            {move || (nobody.get() && !over.get()).then(|| view! {
                <p class="muted-text">{tr("Nobody yet. Invite yourself as well if you want to take part, as moderator.")}</p>
            })}
            <table class="people" role="table" aria-labelledby="invitees-title" hidden=move || nobody.get()>
                <thead role="rowgroup">
                    <tr role="row">
                        {[tr("Name"), tr("Telephone and e-mail"), tr("Role"), tr("PIN")].map(column)}
                        // When it is over, nobody is asked for anything, and nothing can be done.
                        {move || (!over.get()).then(|| [tr("Second proof"), tr("Invitation")].map(column))}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || ids.get() key=|id| *id let:invitee>
                        <InviteeRow meeting=meeting meeting_id=id id=invitee issued=issued over=over />
                    </For>
                </tbody>
            </table>
            {move || (!over.get()).then(|| view! {
                <Card class="invite">
                    <h3 class="invite__title"><Icon glyph=Glyph::Plus />{tr("Invite somebody")}</h3>
                    <InviteForm meeting=meeting id=id issued=issued />
                </Card>
            })}
        </section>
        {move || issued.get().map(|pin| view! { <PinDialog issued=pin on_close=move || issued.set(None) /> })}
    }
}

fn column(title: &'static str) -> impl IntoView {
    view! { <th role="columnheader" scope="col">{title}</th> }
}
