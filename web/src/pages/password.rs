//! The SMS password on top of the PIN.

use leptos::prelude::*;
use shared::secret::Secret;
use shared::signal::PasswordState;
use shared::text::tr;

use crate::app::{Session, use_session};
use crate::bindings::focus_later;
use crate::room::words;
use crate::ui::{Button, ButtonVariant, Card, Glyph, Page, TextField};

const PASSWORD_FIELD: &str = "[data-testid=password-input]";
const SEND_BUTTON: &str = "[data-testid=password-send]";

/// The second proof: a password by SMS, or a login where the server sends none.
#[component]
pub(crate) fn PasswordPage() -> impl IntoView {
    let session = use_session();
    let store = session.store;
    let no_sms = Memo::new(move |_| store.site.with(|site| site.as_ref().is_some_and(|site| !site.sms)));
    let is_read_out = Memo::new(move |_| {
        store.password.with(|ask| ask.as_ref().is_some_and(|ask| ask.state == PasswordState::ReadOut))
    });
    view! {
        <Page narrow=true demo=store.demo>
            <Card>
                {move || match no_sms.get() && !is_read_out.get() {
                    true => view! { <LoginInstead /> }.into_any(),
                    false => view! { <PasswordForm session=session no_sms=no_sms /> }.into_any(),
                }}
            </Card>
        </Page>
    }
}

/// Only a moderator is asked for a second proof by a server without SMS.
#[component]
fn LoginInstead() -> impl IntoView {
    view! {
        <div class="stack stack--tight">
            <h1 class="card__title" tabindex="-1">{tr("One more thing: your login")}</h1>
            <p class="muted-text">{tr("Your PIN is right. A moderator lets others in, so we make sure of you with a login as well.")}</p>
            <p>{tr("Log in to the console in this browser, then reload this page and type your PIN again.")}</p>
            <a class="button button--primary button--wide" href="/console" target="_blank" rel="noopener">{tr("Open the console in a new tab")}</a>
        </div>
    }
}

/// Asks for the password, and has one sent.
#[component]
fn PasswordForm(session: Session, no_sms: Memo<bool>) -> impl IntoView {
    let store = session.store;
    let typed = RwSignal::new(String::new());
    let state = Memo::new(move |_| store.password.with(|ask| ask.as_ref().map(|ask| ask.state.clone())));
    let is_there = Memo::new(move |_| matches!(state.get(), Some(PasswordState::Sent { .. } | PasswordState::ReadOut)));
    // Whoever has one read out to them while this page stands open types it here too.
    let can_go_on = Memo::new(move |_| is_there.get() || typed.with(|typed| !typed.is_empty()));
    let for_moderator =
        Memo::new(move |_| store.password.with(|ask| ask.as_ref().is_some_and(|ask| ask.for_moderator)));
    let error = Signal::derive(move || store.password_error.with(|error| error.as_ref().map(words::password_refused)));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        session.submit_password(Secret::new(typed.get_untracked()));
        typed.set(String::new());
    };
    // Once something was sent, tried or used up, the keyboard goes where the next thing happens. A field that is
    // switched off or a button that goes would drop it at the page's beginning.
    Effect::new(move |before: Option<()>| {
        let (is_asked, is_refused) = (store.password.with(Option::is_some), store.password_error.with(Option::is_some));
        if before.is_some() && (is_asked || is_refused) {
            focus_later(if is_there.get_untracked() { PASSWORD_FIELD } else { SEND_BUTTON });
        }
    });
    let why = move || {
        if for_moderator.get() {
            tr("Your PIN is right. A moderator lets others in, so we make sure of you with a password by SMS as well.")
        } else {
            tr("Your PIN is right. The organiser of this meeting asks for a password by SMS as well.")
        }
    };
    view! {
        <form class="stack" on:submit=submit novalidate=true>
            <div class="stack stack--tight">
                <h1 class="card__title" tabindex="-1">{tr("One more thing: your password")}</h1>
                <p class="muted-text">{why}</p>
                <p>{move || state.get().map(|state| words::password_state(&state))}</p>
            </div>
            <TextField
                label=tr("Password")
                value=typed
                error=error
                autocomplete="one-time-code"
                class="input--code"
                maxlength=20
                testid="password-input"
                error_testid="password-error"
            />
            <Show when=move || can_go_on.get()>
                <Button variant=ButtonVariant::Primary submit=true wide=true busy=store.asking testid="password-submit">{tr("Continue")}</Button>
            </Show>
            {move || (!no_sms.get()).then(|| {
                let (variant, words) = if is_there.get() {
                    (ButtonVariant::Quiet, tr("Not received? Send a new one"))
                } else {
                    (ButtonVariant::Primary, tr("Send me the password"))
                };
                view! {
                    <Button variant=variant wide=true icon=Glyph::Send busy=store.asking testid="password-send" on:click=move |_| session.send_password()>{words}</Button>
                }
            })}
            <p class="small muted-text">{tr("No telephone at hand? Ask the organiser to read a password out to you.")}</p>
        </form>
    }
}
