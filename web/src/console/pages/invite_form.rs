//! The form that invites one more person. Its answer is a PIN, shown once.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ConsoleAccount, Field, NewInvitee};
use shared::ids::MeetingId;
use shared::meeting::Role;
use shared::text::{tr, tr_with};

use super::meeting::Meeting;
use super::pin_dialog::Issued;
use crate::console::api;
use crate::console::forms::InviteeForm;
use crate::console::live::Live;
use crate::console::parts::{FormState, Refusal};
use crate::console::session::Session;
use crate::console::words;
use crate::ui::{Banner, Button, ButtonVariant, Choice, FieldError, Glyph, Select, TextField, Tone};

#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    phone: RwSignal<String>,
    email: RwSignal<String>,
    role: RwSignal<Role>,
    /// The id of an account, or nothing.
    account: RwSignal<String>,
    state: FormState,
}

impl Fields {
    fn new() -> Self {
        let fields = Self {
            name: RwSignal::default(),
            phone: RwSignal::default(),
            email: RwSignal::default(),
            role: RwSignal::new(Role::Participant),
            account: RwSignal::default(),
            state: FormState::new(),
        };
        fields.state.watch([(fields.name, Field::Name), (fields.phone, Field::Phone), (fields.email, Field::Email)]);
        fields.state.watch([(fields.account, Field::Account)]);
        fields
    }

    fn form(self) -> InviteeForm {
        InviteeForm {
            name: self.name.get_untracked(),
            phone: self.phone.get_untracked(),
            email: self.email.get_untracked(),
            role: self.role.get_untracked(),
            account: self.account.with_untracked(|id| id.parse().ok()),
        }
    }

    /// Ready for the next person. The role stays at the one most people have.
    fn clear(self) {
        for field in [self.name, self.phone, self.email, self.account] {
            field.set(String::new());
        }
        self.role.set(Role::Participant);
        self.state.clear();
    }

    async fn invite(
        self,
        session: Session,
        meeting: Meeting,
        id: MeetingId,
        issued: RwSignal<Option<Issued>>,
        invitee: NewInvitee,
    ) {
        self.state.start();
        match session.ask(api::invite(id, &invitee)).await {
            Ok(pin) => {
                meeting.amend(|m| m.invitees.push(pin.invitee.clone()));
                self.clear();
                issued.set(Some(Issued { pin, back_to: "[data-testid=invitee-name]".to_owned() }));
            }
            Err(error) => self.state.refuse(error),
        }
        self.state.busy.set(false);
    }
}

/// Name, telephone, e-mail and role of one more person.
#[component]
pub(super) fn InviteForm(meeting: Meeting, id: MeetingId, issued: RwSignal<Option<Issued>>) -> impl IntoView {
    let (session, fields) = (Session::get(), Fields::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match fields.form().check() {
            Ok(invitee) => spawn_local(fields.invite(session, meeting, id, issued, invitee)),
            Err(errors) => fields.state.show(errors),
        }
    };
    let roles = || [Role::Participant, Role::Moderator, Role::Observer];
    let choices = roles().map(|role| Choice::new(role.as_str(), words::role(role))).to_vec();
    let asks = Memo::new(move |_| meeting.read(|m| m.ask_password).unwrap_or_default());
    let warning = Memo::new(move |_| {
        let is_unreachable = !session.sends_sms() || fields.phone.with(|phone| phone.trim().is_empty());
        let somebody = fields.name.with(|name| !name.trim().is_empty());
        let why = || words::without_phone(fields.role.get(), asks.get(), fields.account.with(|id| !id.is_empty()));
        (somebody && is_unreachable).then(why).flatten()
    });
    let choose = move |name: String| fields.role.set(Role::from_name(&name).unwrap_or(Role::Participant));
    view! {
        <form class="invite__form" novalidate=true on:submit=submit>
            <TextField label=tr("Name") value=fields.name error=fields.state.error(Field::Name) required=true
                testid="invitee-name" error_testid="invitee-name-error" />
            <TextField label=tr("Telephone (optional)") kind="tel" placeholder="+31 20 123 4567" value=fields.phone
                error=fields.state.error(Field::Phone) testid="invitee-phone" error_testid="invitee-phone-error" />
            <TextField label=tr("E-mail (optional)") kind="email" value=fields.email error=fields.state.error(Field::Email)
                testid="invitee-email" error_testid="invitee-email-error" />
            <Select label=tr("Role") choices=Signal::stored(choices) value=Signal::derive(move || fields.role.get().as_str().to_owned())
                on_choice=choose testid="invitee-role" />
            <AccountChoice fields=fields />
            <div class="invite__end">
                <p class="muted-text small" role="status">{move || words::role_meaning(fields.role.get(), session.sends_sms())}</p>
                <Button variant=ButtonVariant::Primary submit=true busy=fields.state.busy icon=Glyph::Plus testid="invitee-add">{tr("Invite")}</Button>
            </div>
            {move || warning.get().map(|text| view! { <Banner tone=Tone::Warn testid="invite-warning">{text}</Banner> })}
            <Refusal state=fields.state testid="invite-error" />
        </form>
    }
}

/// Whether they are somebody of the organisation.
#[component]
fn AccountChoice(fields: Fields) -> impl IntoView {
    let (session, accounts) = (Session::get(), Live::<Vec<ConsoleAccount>>::new());
    accounts.ask(session, api::accounts());
    let choices = Signal::derive(move || {
        let own = session.name();
        let choice = |account: &ConsoleAccount| {
            let is_own = own.as_deref() == Some(account.name.as_str());
            let named = [("name", account.name.as_str())];
            Choice::new(
                account.id.to_string(),
                if is_own { tr_with("{name} (you)", &named) } else { account.name.clone() },
            )
        };
        let known = accounts
            .read(|all| all.iter().filter(|it| it.disabled_at.is_none()).map(choice).collect::<Vec<_>>())
            .unwrap_or_default();
        std::iter::once(Choice::new("", tr("None: from outside"))).chain(known).collect()
    });
    let filled_in = StoredValue::new(String::new());
    let choose = move |id: String| {
        let name_of =
            |all: &Vec<ConsoleAccount>| all.iter().find(|it| it.id.to_string() == id).map(|it| it.name.clone());
        let name = accounts.read(name_of).flatten().unwrap_or_default();
        fields.account.set(id);
        // What nobody typed follows the choice: an invitation in one name for the account of another is a mistake to be afraid of.
        let is_untouched =
            fields.name.with_untracked(|typed| typed.trim().is_empty() || *typed == filled_in.get_value());
        if is_untouched {
            fields.name.set(name.clone());
            filled_in.set_value(name);
        }
    };
    let error = fields.state.error(Field::Account);
    view! {
        <div class="field">
            <Select label=tr("Account here") choices=choices value=fields.account on_choice=choose testid="invitee-account" />
            <FieldError error=error testid="invitee-account-error" />
        </div>
    }
}
