//! Changes what an invited person may do, or withdraws their PIN.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{Invitee, InviteePatch};
use shared::meeting::Role;
use shared::text::{tr, tr_with};

use super::invitee_row::Person;
use crate::console::api::Call;
use crate::console::session::Session;
use crate::console::{api, words};
use crate::ui::{Button, ButtonVariant, Choice, Dialog, Select, Tone, use_toasts};

/// The button, and the dialog behind it.
#[component]
pub(super) fn ChangeInvitee(person: Person, name: String, role: Memo<Option<Role>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let (place, label) = (person.place, tr_with("Change the invitation of {name}", &[("name", &name)]));
    view! {
        <Button variant=ButtonVariant::Secondary small=true label=label testid=format!("change-invitee-{place}") on:click=move |_| open.set(true)>
            {tr("Change…")}
        </Button>
        // Made anew each time, so that it begins with what is so now.
        {move || open.get().then(|| view! { <Change person=person name=name.clone() role=role open=open /> })}
    }
}

#[component]
fn Change(person: Person, name: String, role: Memo<Option<Role>>, open: RwSignal<bool>) -> impl IntoView {
    let (session, toasts, busy) = (Session::get(), use_toasts(), RwSignal::new(false));
    let is_now = role.get_untracked().unwrap_or(Role::Participant);
    let chosen = RwSignal::new(is_now);
    let has_pin = Memo::new(move |_| person.read(|i| i.pin_issued_at.is_some()));
    let send = move |call: Call<Invitee>, done: String| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(call).await {
                Ok(newer) => {
                    person.put(&newer);
                    toasts.show(Tone::Good, done);
                    open.try_set(false);
                }
                Err(error) => toasts.show(Tone::Danger, words::call_error(&error)),
            }
            busy.try_set(false);
        });
    };
    let for_name = StoredValue::new(name.clone());
    let save = move |_| {
        let role = chosen.get_untracked();
        if role == is_now {
            return open.set(false);
        }
        let call = api::change_invitee(person.meeting_id, person.id, &InviteePatch { role: Some(role) });
        let done = for_name.with_value(|name| {
            tr_with("{name} is now invited as: {role}.", &[("name", name), ("role", words::role(role))])
        });
        send(call, done);
    };
    let withdraw = move |_| {
        let done = for_name.with_value(|name| tr_with("The PIN of {name} no longer works.", &[("name", name)]));
        send(api::revoke_pin(person.meeting_id, person.id), done);
    };
    let choices =
        [Role::Moderator, Role::Participant, Role::Observer].map(|role| Choice::new(role.as_str(), words::role(role)));
    let choose = move |value: String| chosen.set(Role::from_name(&value).unwrap_or(is_now));
    view! {
        <Dialog open=open title=tr_with("Invitation of {name}", &[("name", &name)]) testid="change-invitee">
            <Select label=tr("Role") choices=Signal::stored(choices.to_vec()) value=Signal::derive(move || chosen.get().as_str().to_owned())
                on_choice=choose testid="change-role" />
            <p class="muted-text small" role="status">{move || words::role_meaning(chosen.get(), session.sends_sms())}</p>
            <p class="muted-text small">{tr("Whoever is in the meeting under this invitation is put out and comes in again with the same PIN.")}</p>
            <div class="dialog__actions">
                {move || has_pin.get().then(|| view! {
                    <Button variant=ButtonVariant::DangerQuiet busy=busy testid="withdraw-pin" on:click=withdraw>{tr("Withdraw PIN")}</Button>
                })}
                <Button on:click=move |_| open.set(false)>{tr("Cancel")}</Button>
                <Button variant=ButtonVariant::Primary busy=busy testid="change-save" on:click=save>{tr("Save role")}</Button>
            </div>
        </Dialog>
    }
}
