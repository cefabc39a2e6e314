//! One invited person: how they can be reached, where PIN and password stand, and what can be done about it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{Invitee, MeetingDetail};
use shared::ids::{InviteeId, MeetingId};
use shared::letter::Delivery;
use shared::meeting::Role;
use shared::signal::PasswordState;
use shared::text::{tr, tr_with};

use super::change_invitee::ChangeInvitee;
use super::meeting::Meeting;
use super::password_dialog::ReadOut;
use super::pin_dialog::Issued;
use super::send_invitation::SendInvitation;
use crate::console::session::Session;
use crate::console::when::{self, Detail};
use crate::console::{api, words};
use crate::ui::{Badge, Button, ButtonVariant, ConfirmDialog, CopyButton, Glyph, Icon, Tone, use_toasts};

/// Which person of which meeting, for the parts of a row.
#[derive(Clone, Copy)]
pub(super) struct Person {
    meeting: Meeting,
    pub(super) meeting_id: MeetingId,
    pub(super) id: InviteeId,
    /// 1-based place in the list.
    pub(super) place: usize,
}

impl Person {
    pub(super) fn read<U: Default>(self, piece: impl FnOnce(&Invitee) -> U) -> U {
        let found = |m: &MeetingDetail| m.invitees.iter().find(|i| i.id == self.id).map(piece);
        self.meeting.read(found).flatten().unwrap_or_default()
    }

    fn has_phone(self) -> bool {
        self.read(|i| i.phone.is_some())
    }

    /// Whether this person's link opens the door by itself.
    pub(super) fn link_suffices(self) -> bool {
        let is_moderator = self.read(|i| i.role == Role::Moderator);
        self.meeting.read(|m| m.rules.link_suffices).unwrap_or_default() && !is_moderator
    }

    /// Takes a newer state of this person.
    pub(super) fn put(self, newer: &Invitee) {
        self.meeting.amend(|m| m.invitees.iter_mut().filter(|i| i.id == newer.id).for_each(|i| i.clone_from(newer)));
    }
}

/// A row of the table, or a card.
#[component]
pub(super) fn InviteeRow(
    meeting: Meeting,
    meeting_id: MeetingId,
    id: InviteeId,
    issued: RwSignal<Option<Issued>>,
    over: Memo<bool>,
) -> impl IntoView {
    let position = |m: &MeetingDetail| m.invitees.iter().position(|i| i.id == id);
    let place = untrack(|| meeting.read(position)).flatten().unwrap_or_default() + 1;
    let person = Person { meeting, meeting_id, id, place };
    let name = untrack(|| person.read(|i| i.name.clone()));
    let role = Memo::new(move |_| person.read(|i| Some(i.role)));
    let account = untrack(|| person.read(|i| i.account.clone()));
    view! {
        <tr role="row" class="person" data-testid=format!("invitee-row-{place}")>
            <th role="rowheader" scope="row" class="person__name"><bdi>{name.clone()}</bdi>
                {account.map(|account| view! {
                    <span class="person__note" data-testid=format!("invitee-account-{place}")>{tr_with("Account {name}", &[("name", &account.name)])}</span>
                })}
            </th>
            <td role="cell" data-label=tr("Reach")><Reach person=person /></td>
            <td role="cell" data-label=tr("Role")>{move || role.get().map(|role| view! { <RoleBadge role=role /> })}</td>
            <td role="cell" class="person__pin" data-label=tr("PIN")><PinState person=person /></td>
            {move || (!over.get()).then(|| view! {
                <td role="cell" data-label=tr("Second proof")><span class="person__state"><PasswordBadge person=person /><PasswordSms person=person /></span></td>
                <td role="cell" class="person__actions"><Actions person=person name=name.clone() role=role issued=issued /></td>
            })}
        </tr>
    }
}

#[component]
fn Reach(person: Person) -> impl IntoView {
    let reach = Memo::new(move |_| person.read(|i| (i.phone.clone(), i.email.clone())));
    let sms = Memo::new(move |_| person.read(|i| i.invitation_sms.clone()));
    let mail = Memo::new(move |_| person.read(|i| i.invitation_email.clone()));
    move || {
        match reach.get() {
        (None, None) => view! { <span class="muted-text">{tr("None given")}</span> }.into_any(),
        (phone, email) => view! {
            <span class="person__reach">
                {phone.map(|phone| view! { <bdi class="person__phone">{phone}</bdi> })}
                {sms.get().map(|sms| view! { <DeliveryNote delivery=sms words=words::invitation_delivery testid=format!("invitation-sms-{}", person.place) /> })}
                {email.map(|email| view! { <bdi class="person__email">{email}</bdi> })}
                {mail.get().map(|mail| view! { <DeliveryNote delivery=mail words=words::invitation_delivery testid=format!("invitation-email-{}", person.place) /> })}
            </span>
        }
        .into_any(),
    }
    }
}

#[component]
fn RoleBadge(role: Role) -> impl IntoView {
    let tone = if role == Role::Moderator { Tone::Accent } else { Tone::Neutral };
    view! { <Badge tone=tone>{words::role(role)}</Badge> }
}

#[component]
fn PinState(person: Person) -> impl IntoView {
    let since = Memo::new(move |_| person.read(|i| i.pin_issued_at));
    move || match since.get() {
        Some(at) => {
            let time = when::here(at, Detail::ShortDateAndTime);
            view! { <span>{tr_with("Issued {time}", &[("time", &time)])}</span> }.into_any()
        }
        None => view! { <Badge tone=Tone::Danger>{tr("Withdrawn")}</Badge> }.into_any(),
    }
}

#[component]
fn PasswordBadge(person: Person) -> impl IntoView {
    let state = Memo::new(move |_| person.read(|i| Some(i.password.clone())));
    let has_phone = Memo::new(move |_| person.has_phone());
    let tone = |state: &PasswordState| match state {
        PasswordState::Given | PasswordState::CodeGiven => Tone::Good,
        PasswordState::Sent { .. } | PasswordState::ReadOut | PasswordState::Code => Tone::Accent,
        PasswordState::UsedUp => Tone::Warn,
        PasswordState::NotAsked | PasswordState::NotSent => Tone::Neutral,
    };
    move || {
        state.get().map(|state| match state {
            PasswordState::NotSent | PasswordState::UsedUp if !has_phone.get() => {
                view! { <Badge tone=Tone::Warn>{tr("No telephone")}</Badge> }.into_any()
            }
            PasswordState::NotAsked => view! { <span class="muted-text">{words::password(&state)}</span> }.into_any(),
            _ => view! { <Badge tone=tone(&state)>{words::password(&state)}</Badge> }.into_any(),
        })
    }
}

/// What became of the SMS.
#[component]
fn PasswordSms(person: Person) -> impl IntoView {
    let delivery = Memo::new(move |_| person.read(|i| i.password_sms.clone()));
    move || {
        delivery.get().map(
            |delivery| view! { <DeliveryNote delivery=delivery words=words::delivery testid=format!("password-sms-{}", person.place) /> },
        )
    }
}

/// How far a letter came and since when, in a line.
#[component]
fn DeliveryNote(delivery: Delivery, words: fn(&Delivery, &str) -> String, testid: String) -> impl IntoView {
    let time = when::here(delivery.at, Detail::Time);
    let class = if delivery.state.has_failed() { "person__note person__note--failed" } else { "person__note" };
    view! { <span class=class data-testid=testid>{words(&delivery, &time)}</span> }
}

#[component]
fn Actions(person: Person, name: String, role: Memo<Option<Role>>, issued: RwSignal<Option<Issued>>) -> impl IntoView {
    let (place, session) = (person.place, Session::get());
    let link = Signal::derive(move || person.read(|i| i.link.clone()));
    let for_name = |sentence| tr_with(sentence, &[("name", &name)]);
    let asked = Memo::new(move |_| {
        person.meeting.read(|m| m.ask_password).unwrap_or_default() || role.get() == Some(Role::Moderator)
    });
    let can_send = Memo::new(move |_| asked.get() && person.has_phone() && session.sends_sms());
    let for_read_out = name.clone();
    let send_label = for_name("Send password to {name} by SMS now");
    view! {
        <div class="person__buttons">
            <CopyButton text=link words=tr("Copy link") label=for_name("Copy link of {name}") small=true testid=format!("copy-link-{place}") />
            <a class="button button--secondary button--small" download="" href=api::calendar_path(person.meeting_id, person.id)
                aria-label=for_name(".ics calendar file of {name}") data-testid=format!("ics-{place}")>
                <Icon glyph=Glyph::Calendar /><span>{tr(".ics")}</span>
            </a>
            <SendInvitation person=person name=name.clone() />
            <Reissue person=person name=name.clone() issued=issued />
            {move || can_send.get().then(|| view! { <SendPassword person=person label=send_label.clone() /> })}
            {move || asked.get().then(|| view! { <ReadOut person=person name=for_read_out.clone() /> })}
            <ChangeInvitee person=person name=name.clone() role=role />
        </div>
    }
}

#[component]
fn Reissue(person: Person, name: String, issued: RwSignal<Option<Issued>>) -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    let (open, busy) = (RwSignal::new(false), RwSignal::new(false));
    let reissue = move |()| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(api::reissue_pin(person.meeting_id, person.id)).await {
                Ok(pin) => {
                    person.put(&pin.invitee);
                    let back_to = format!("[data-testid=reissue-pin-{}]", person.place);
                    issued.set(Some(Issued { pin, back_to }));
                }
                Err(error) => toasts.show(Tone::Danger, words::call_error(&error)),
            }
            busy.set(false);
        });
    };
    view! {
        <Button variant=ButtonVariant::Secondary small=true icon=Glyph::Key busy=busy testid=format!("reissue-pin-{}", person.place)
            label=tr_with("New PIN for {name}", &[("name", &name)]) on:click=move |_| open.set(true)>
            {tr("New PIN")}
        </Button>
        <ConfirmDialog open=open title=tr_with("Issue a new PIN for {name}?", &[("name", &name)])
            text=tr("The old PIN stops working at once. The invitation link stays the same.")
            confirm=tr("Issue a new PIN") cancel=tr("Keep the old one") testid="reissue-pin-confirm" on_confirm=reissue />
    }
}

#[component]
fn SendPassword(person: Person, label: String) -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    let busy = RwSignal::new(false);
    let send = move |_| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(api::send_password(person.meeting_id, person.id)).await {
                Ok(newer) => {
                    toasts.show(Tone::Good, sent(&newer));
                    person.put(&newer);
                }
                Err(error) => toasts.show(Tone::Danger, words::password_not_sent(&error)),
            }
            busy.set(false);
        });
    };
    view! {
        <Button variant=ButtonVariant::Secondary small=true icon=Glyph::Send busy=busy label=label
            testid=format!("send-password-{}", person.place) on:click=send>
            {tr("Send password")}
        </Button>
    }
}

fn sent(invitee: &Invitee) -> String {
    match &invitee.password {
        PasswordState::Sent { phone_ends_in } => tr_with(
            "A password is on its way to {name}, to the number that ends in {digits}.",
            &[("name", &invitee.name), ("digits", phone_ends_in)],
        ),
        _ => tr_with("A password is on its way to {name}.", &[("name", &invitee.name)]),
    }
}
