//! The second proof on top of the PIN: a password by SMS, or the code of an authenticator app.

use leptos::prelude::*;
use shared::secret::Secret;
use shared::signal::PasswordState;
use shared::text::tr;

use crate::app::{Session, use_session};
use crate::bindings::focus_later;
use crate::room::{PasswordAsk, words};
use crate::ui::{Button, ButtonVariant, Card, Glyph, Page, TextField};

const PASSWORD_FIELD: &str = "[data-testid=password-input]";
const SEND_BUTTON: &str = "[data-testid=password-send]";

/// The second proof: a password by SMS, the code of an app, or a login where there is neither.
#[component]
pub(crate) fn PasswordPage() -> impl IntoView {
    let session = use_session();
    let store = session.store;
    let no_sms = Memo::new(move |_| store.site.with(|site| site.as_ref().is_some_and(|site| !site.sms)));
    let login_alone = Memo::new(move |_| {
        let is_it = |ask: &PasswordAsk| ask.by_login && !ask.state.is_awaited();
        no_sms.get() && store.password.with(|ask| ask.as_ref().is_some_and(is_it))
    });
    view! {
        <Page narrow=true demo=store.demo>
            <Card>
                {move || match login_alone.get() {
                    true => view! { <LoginInstead /> }.into_any(),
                    false => view! { <PasswordForm session=session no_sms=no_sms /> }.into_any(),
                }}
            </Card>
        </Page>
    }
}

/// A server without SMS, and an account holder without an app.
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

/// Asks for the password, and has one sent; or for the code.
#[component]
fn PasswordForm(session: Session, no_sms: Memo<bool>) -> impl IntoView {
    let store = session.store;
    let typed = RwSignal::new(String::new());
    let state = Memo::new(move |_| store.password.with(|ask| ask.as_ref().map(|ask| ask.state.clone())));
    let is_there = Memo::new(move |_| state.with(|state| state.as_ref().is_some_and(PasswordState::is_awaited)));
    let is_code = Memo::new(move |_| state.with(|state| *state == Some(PasswordState::Code)));
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
    let by_login = Memo::new(move |_| store.password.with(|ask| ask.as_ref().is_some_and(|ask| ask.by_login)));
    view! {
        <form class="stack" on:submit=submit novalidate=true>
            <div class="stack stack--tight">
                <h1 class="card__title" tabindex="-1">{move || if is_code.get() { tr("One more thing: your code") } else { tr("One more thing: your password") }}</h1>
                <p class="muted-text">{move || why(for_moderator.get(), is_code.get(), no_sms.get())}</p>
                <p>{move || state.get().filter(|state| !no_sms.get() || state.is_awaited()).map(|state| words::password_state(&state))}</p>
            </div>
            {move || view! {
                <TextField
                    label=if is_code.get() { tr("Code of your app") } else { tr("Password") }
                    value=typed
                    error=error
                    autocomplete="one-time-code"
                    inputmode=if is_code.get() { "numeric" } else { "text" }
                    class="input--code"
                    maxlength=20
                    testid="password-input"
                    error_testid="password-error"
                />
            }}
            <Show when=move || can_go_on.get()>
                <Button variant=ButtonVariant::Primary submit=true wide=true busy=store.asking testid="password-submit">{tr("Continue")}</Button>
            </Show>
            {move || (!no_sms.get()).then(|| {
                let (variant, words) = if is_code.get() {
                    (ButtonVariant::Quiet, tr("Send me a password by SMS instead"))
                } else if is_there.get() {
                    (ButtonVariant::Quiet, tr("Not received? Send a new one"))
                } else {
                    (ButtonVariant::Primary, tr("Send me the password"))
                };
                view! {
                    <Button variant=variant wide=true icon=Glyph::Send busy=store.asking testid="password-send" on:click=move |_| session.send_password()>{words}</Button>
                }
            })}
            <p class="small muted-text">{tr("No telephone at hand? Ask the organiser to read a password out to you.")}" "{move || by_login.get().then(|| tr("Or log in to the console in this browser, then reload this page."))}</p>
        </form>
    }
}

/// Why it is asked, in a sentence or two.
fn why(for_moderator: bool, is_code: bool, no_sms: bool) -> &'static str {
    match (for_moderator, is_code, no_sms) {
        (true, true, _) => tr(
            "Your PIN is right. A moderator lets others in, so we make sure of you with your authenticator app as well.",
        ),
        (false, true, _) => tr(
            "Your PIN is right. The organiser of this meeting makes sure of you with your authenticator app as well.",
        ),
        (true, false, false) => {
            tr("Your PIN is right. A moderator lets others in, so we make sure of you with a password by SMS as well.")
        }
        (false, false, false) => {
            tr("Your PIN is right. The organiser of this meeting asks for a password by SMS as well.")
        }
        (_, false, true) => {
            tr("Your PIN is right. We make sure of you with a password that the organiser reads out to you.")
        }
    }
}
