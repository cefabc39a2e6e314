//! The form that invites one more person. Its answer is a PIN, shown once.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{AccountName, Field, NewInvitee};
use shared::ids::{AccountId, MeetingId};
use shared::meeting::Role;
use shared::text::{tr, tr_with};

use super::meeting::Meeting;
use super::pin_dialog::Issued;
use crate::console::api;
use crate::console::forms::InviteeForm;
use crate::console::live::Live;
use crate::console::parts::FormState;
use crate::console::session::Session;
use crate::console::words;
use crate::ui::{Banner, Button, ButtonVariant, Choice, Glyph, Select, TextField, Tone};

#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    phone: RwSignal<String>,
    email: RwSignal<String>,
    role: RwSignal<Role>,
    account: RwSignal<Option<AccountId>>,
    state: FormState,
}

impl Fields {
    fn new() -> Self {
        let fields = Self {
            name: RwSignal::default(),
            phone: RwSignal::default(),
            email: RwSignal::default(),
            role: RwSignal::new(Role::Participant),
            account: RwSignal::new(None),
            state: FormState::new(),
        };
        fields.state.watch([(fields.name, Field::Name), (fields.phone, Field::Phone), (fields.email, Field::Email)]);
        fields
    }

    fn form(self) -> InviteeForm {
        InviteeForm {
            name: self.name.get_untracked(),
            phone: self.phone.get_untracked(),
            email: self.email.get_untracked(),
            role: self.role.get_untracked(),
            account: self.account.get_untracked(),
        }
    }

    /// Ready for the next person. The role stays at the one most people have.
    fn clear(self) {
        for field in [self.name, self.phone, self.email] {
            field.set(String::new());
        }
        self.role.set(Role::Participant);
        self.account.set(None);
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
        let is_unreachable = session.sends_sms() && fields.phone.with(|phone| phone.trim().is_empty());
        let somebody = fields.name.with(|name| !name.trim().is_empty());
        let why = || words::without_phone(fields.role.get(), asks.get(), fields.account.get().is_some());
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
            {move || fields.state.refusal.get().map(|text| view! {
                <Banner tone=Tone::Danger assertive=true testid="invite-error">{text}</Banner>
            })}
        </form>
    }
}

/// Whether they are somebody of the organisation. While nobody else has an account and no answer came, there is nothing to choose.
#[component]
fn AccountChoice(fields: Fields) -> impl IntoView {
    let (session, accounts) = (Session::get(), Live::<Vec<AccountName>>::new());
    accounts.ask(session, api::accounts());
    let choices = Signal::derive(move || {
        let own = session.name();
        let choice = |account: &AccountName| {
            let is_own = own.as_deref() == Some(account.name.as_str());
            let named = [("name", account.name.as_str())];
            Choice::new(
                account.id.to_string(),
                if is_own { tr_with("{name} (you)", &named) } else { account.name.clone() },
            )
        };
        let known = accounts.read(|accounts| accounts.iter().map(choice).collect::<Vec<_>>()).unwrap_or_default();
        std::iter::once(Choice::new("", tr("None: from outside"))).chain(known).collect()
    });
    let choose = move |id: String| {
        let chosen = id.parse::<AccountId>().ok();
        fields.account.set(chosen);
        let name =
            accounts.read(|accounts| accounts.iter().find(|a| Some(a.id) == chosen).map(|a| a.name.clone())).flatten();
        if let Some(name) = name.filter(|_| fields.name.with_untracked(|name| name.trim().is_empty())) {
            fields.name.set(name);
        }
    };
    let value = Signal::derive(move || fields.account.get().map(|id| id.to_string()).unwrap_or_default());
    view! {
        <Select label=tr("Account here") choices=choices value=value on_choice=choose testid="invitee-account" />
    }
}
