//! Sending invitations: one person's, and everybody's who was sent none. What goes on which way is said before it goes.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::MeetingId;
use shared::text::{tr, tr_with};

use super::invitee_row::Person;
use super::meeting::Meeting;
use crate::console::session::Session;
use crate::console::{api, words};
use crate::ui::{Button, ButtonVariant, Dialog, Glyph, Tone, use_toasts};

/// The button of one person's row, and what it does in words.
#[component]
pub(super) fn SendInvitation(person: Person, name: String) -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    let (open, busy) = (RwSignal::new(false), RwSignal::new(false));
    let ways = Memo::new(move |_| {
        let (phone, email) = person.read(|i| (i.phone.is_some(), i.email.is_some()));
        (email && session.sends_mail(), phone && session.sends_sms())
    });
    let suffices = Memo::new(move |_| person.link_suffices());
    let has_pin = Memo::new(move |_| person.read(|i| i.pin_issued_at.is_some()));
    let sent_before = Memo::new(move |_| person.read(|i| i.invitation_email.is_some() || i.invitation_sms.is_some()));
    let send = move |()| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(api::send_invitation(person.meeting_id, person.id)).await {
                Ok(newer) => {
                    toasts
                        .show(Tone::Good, tr_with("The invitation of {name} is on its way.", &[("name", &newer.name)]));
                    person.put(&newer);
                }
                Err(error) => toasts.show(Tone::Danger, words::invitation_not_sent(&error)),
            }
            busy.set(false);
        });
    };
    let (button, confirm) =
        (format!("send-invitation-{}", person.place), format!("send-invitation-confirm-{}", person.place));
    let title = tr_with("Send {name} the invitation?", &[("name", &name)]);
    let label = tr_with("Send {name} the invitation", &[("name", &name)]);
    let is_offered = move || has_pin.get() && ways.get() != (false, false);
    move || {
        is_offered().then(|| {
            let (title, confirm) = (title.clone(), confirm.clone());
            view! {
                <Button variant=ButtonVariant::Secondary small=true icon=Glyph::Mail busy=busy label=label.clone()
                    testid=button.clone() on:click=move |_| open.set(true)>
                    {move || if sent_before.get() { tr("Invite again") } else { tr("Send invitation") }}
                </Button>
                <Ask open=open title=title text=Signal::derive(move || words::invitation_ways(ways.get(), suffices.get()).to_owned()) testid=confirm on_yes=send />
            }
        })
    }
}

/// The button above the list.
#[component]
pub(super) fn SendInvitations(meeting: Meeting, id: MeetingId) -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    let (open, busy) = (RwSignal::new(false), RwSignal::new(false));
    let offered = Memo::new(move |_| {
        let somebody = meeting.read(|m| !m.invitees.is_empty()).unwrap_or_default();
        somebody && (session.sends_mail() || session.sends_sms())
    });
    let ways = Memo::new(move |_| (session.sends_mail(), session.sends_sms()));
    let suffices = Memo::new(move |_| meeting.read(|m| m.rules.link_suffices).unwrap_or_default());
    let send = move |()| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(api::send_invitations(id)).await {
                Ok(newer) => {
                    toasts.show(Tone::Good, tr("The invitations are on their way. How each went is said beside it."));
                    meeting.put(newer);
                }
                Err(error) => toasts.show(Tone::Danger, words::invitation_not_sent(&error)),
            }
            busy.set(false);
        });
    };
    let text = move || {
        let to = tr("To everybody who was sent none, and has not come yet.");
        format!("{to} {}", words::invitations_ways(ways.get(), suffices.get()))
    };
    move || {
        offered.get().then(|| view! {
            <Button variant=ButtonVariant::Secondary small=true icon=Glyph::Mail busy=busy testid="send-invitations" on:click=move |_| open.set(true)>
                {tr("Send invitations…")}
            </Button>
            <Ask open=open title=tr("Send the invitations?") text=Signal::derive(text) testid="send-invitations-confirm" on_yes=send />
        })
    }
}

#[component]
fn Ask(
    open: RwSignal<bool>,
    #[prop(into)] title: String,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] testid: String,
    #[prop(into)] on_yes: Callback<()>,
) -> impl IntoView {
    let yes = move |_| {
        open.set(false);
        on_yes.run(());
    };
    view! {
        <Dialog open=open title=title>
            <p class="muted-text">{move || text.get()}</p>
            <div class="dialog__actions">
                <Button on:click=move |_| open.set(false)>{tr("Cancel")}</Button>
                <Button variant=ButtonVariant::Primary icon=Glyph::Send testid=testid on:click=yes>{tr("Send")}</Button>
            </div>
        </Dialog>
    }
}
