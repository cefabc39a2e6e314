//! Whose accounts there are, which may log in, and disabling one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::ConsoleAccount;
use shared::ids::AccountId;
use shared::text::{tr, tr_with};

use crate::console::api::Call;
use crate::console::live::Live;
use crate::console::parts::{Loading, Trouble};
use crate::console::session::Session;
use crate::console::when::{self, Detail};
use crate::console::{api, focus, words};
use crate::ui::{Badge, Button, ButtonVariant, Card, ConfirmDialog, Tone, use_toasts};

type Accounts = Live<Vec<ConsoleAccount>>;

/// The organisation's accounts.
#[component]
pub(super) fn Everybody() -> impl IntoView {
    let (session, accounts) = (Session::get(), Accounts::new());
    accounts.ask(session, api::accounts());
    let ids = Memo::new(move |_| accounts.read(|all| all.iter().map(|account| account.id).collect::<Vec<_>>()));
    view! {
        <Card>
            <div class="stack">
                <h2>{tr("Everybody's accounts")}</h2>
                <p class="muted-text">{tr("Each of them may do everything here. Disable the account of whoever leaves: it is logged out, and with it go the PINs of invitations that are for it. Nothing else is deleted.")}</p>
                <Trouble error=Signal::derive(move || accounts.trouble()) stale=Signal::derive(move || accounts.is_known()) />
                {move || (ids.with(Option::is_none) && accounts.trouble().is_none()).then(|| view! { <Loading /> })}
                <ul class="account-list">
                    <For each=move || ids.get().unwrap_or_default() key=|id| *id let(id)>
                        <One session=session accounts=accounts id=id />
                    </For>
                </ul>
                <p class="muted-text small">{tr("The server's operator makes new ones, with")}" "<code>"conclave admin create"</code>"."</p>
            </div>
        </Card>
    }
}

#[component]
fn One(session: Session, accounts: Accounts, id: AccountId) -> impl IntoView {
    let toasts = use_toasts();
    let (open, busy) = (RwSignal::new(false), RwSignal::new(false));
    let account =
        Memo::new(move |_| accounts.read(|all| all.iter().find(|account| account.id == id).cloned()).flatten());
    let name = untrack(|| account.get().map(|account| account.name).unwrap_or_default());
    let named = [("name", name.as_str())];
    let is_own = session.name().is_some_and(|own| own == name);
    let disabled_at = Memo::new(move |_| account.with(|account| account.as_ref().and_then(|it| it.disabled_at)));
    let ask = move |call: Call<Vec<ConsoleAccount>>, done: String| {
        busy.set(true);
        spawn_local(async move {
            match session.ask(call).await {
                Ok(all) => {
                    accounts.put(all);
                    toasts.show(Tone::Good, done);
                    // The button that was pressed has made way for the other.
                    let next = if disabled_at.get_untracked().is_some() { "enable" } else { "disable" };
                    focus::later(format!("[data-testid={next}-{id}]"));
                }
                Err(error) => toasts.show(Tone::Danger, words::call_error(&error)),
            }
            busy.try_set(false);
        });
    };
    let disabled = tr_with("{name} is disabled and logged out everywhere.", &named);
    let enabled = tr_with("{name} may log in again.", &named);
    let (disable_label, enable_label) = (tr_with("Disable {name}", &named), tr_with("Enable {name}", &named));
    // Each button in a place of its own: in one place, where the two look alike to leptos, it keeps the other one's listener.
    let enable = move || {
        let (label, done) = (enable_label.clone(), enabled.clone());
        disabled_at.get().map(|_| {
            view! {
                <Button small=true busy=busy label=label testid=format!("enable-{id}")
                    on:click=move |_| ask(api::enable_account(id), done.clone())>{tr("Enable")}</Button>
            }
        })
    };
    let disable = move || {
        let label = disable_label.clone();
        disabled_at.get().is_none().then(|| view! {
            <Button variant=ButtonVariant::DangerQuiet small=true busy=busy label=label testid=format!("disable-{id}")
                on:click=move |_| open.set(true)>{tr("Disable…")}</Button>
        })
    };
    let confirm = move |()| ask(api::disable_account(id), disabled.clone());
    let state = move || {
        disabled_at.get().map(|at| {
            let words = tr_with("Disabled {time}", &[("time", &when::here(at, Detail::ShortDateAndTime))]);
            view! { <Badge tone=Tone::Danger>{words}</Badge> }
        })
    };
    let has_app = Memo::new(move |_| account.with(|account| account.as_ref().is_some_and(|it| it.has_authenticator)));
    view! {
        <li class="account-list__one" data-testid=format!("account-{id}")>
            <span class="account-list__name"><bdi>{name.clone()}</bdi>{is_own.then(|| tr(" (you)"))}</span>
            <span class="account-list__state">
                {move || has_app.get().then(|| view! { <Badge tone=Tone::Good>{tr("Authenticator app")}</Badge> })}
                {state}
            </span>
            {(!is_own).then(|| view! { <span>{enable}{disable}</span> })}
            <ConfirmDialog open=open title=tr_with("Disable the account {name}?", &named)
                text=tr("It is logged out everywhere and logs in no more. PINs of invitations that are for it stop working, and whoever is in a meeting on one is out at once. PINs of invitations in other names stay. You can enable it again; the PINs that stopped stay so.")
                confirm=tr("Disable the account") cancel=tr("Leave it") testid=format!("disable-confirm-{id}") on_confirm=confirm />
        </li>
    }
}
