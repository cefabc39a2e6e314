//! The second proof on top of the PIN: a password by SMS or read out, the code of an authenticator app, or a login.

use leptos::prelude::*;
use shared::secret::Secret;
use shared::text::tr;

use super::proof::{ProofField, SendPassword, is_awaited, is_code, no_sms};
use crate::app::{Session, use_session};
use crate::bindings::focus_later;
use crate::room::words;
use crate::ui::{Button, ButtonVariant, Card, Page};

const FIELD: &str = "[data-testid=password-input]";
const SEND_BUTTON: &str = "[data-testid=password-send]";

/// Asks for one of them, and has a password sent.
#[component]
pub(crate) fn PasswordPage() -> impl IntoView {
    let session = use_session();
    view! {
        <Page narrow=true demo=session.store.demo>
            <Card><Form session=session /></Card>
        </Page>
    }
}

#[component]
fn Form(session: Session) -> impl IntoView {
    let store = session.store;
    let typed = RwSignal::new(String::new());
    let state = Memo::new(move |_| store.password.with(|ask| ask.as_ref().map(|ask| ask.state.clone())));
    let (is_there, is_code, no_sms) = (is_awaited(state), is_code(state), no_sms(session));
    // Whoever has one read out to them while this page stands open types it here too.
    let can_go_on = Memo::new(move |_| is_there.get() || typed.with(|typed| !typed.is_empty()));
    let asked = |what: fn(&crate::room::PasswordAsk) -> bool| {
        Memo::new(move |_| store.password.with(|ask| ask.as_ref().is_some_and(what)))
    };
    let (for_moderator, by_login) = (asked(|ask| ask.for_moderator), asked(|ask| ask.by_login));
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
            focus_later(if is_there.get_untracked() || no_sms.get_untracked() { FIELD } else { SEND_BUTTON });
        }
    });
    let title =
        move || if is_code.get() { tr("One more thing: your code") } else { tr("One more thing: your password") };
    let how = move || state.get().filter(|state| !no_sms.get() || state.is_awaited());
    view! {
        <form class="stack" on:submit=submit novalidate=true>
            <div class="stack stack--tight">
                <h1 class="card__title" tabindex="-1">{title}</h1>
                <p class="muted-text">{move || why(for_moderator.get(), is_code.get(), no_sms.get())}</p>
                <p>{move || how().map(|state| words::password_state(&state))}</p>
            </div>
            <ProofField session=session state=state typed=typed testid="password" />
            <Show when=move || can_go_on.get()>
                <Button variant=ButtonVariant::Primary submit=true wide=true busy=store.asking testid="password-submit">{tr("Continue")}</Button>
            </Show>
            <SendPassword session=session state=state testid="password-send" />
            <Show when=move || by_login.get()><OrLogIn first=Signal::derive(move || no_sms.get() && !is_there.get()) /></Show>
            <Show when=move || !no_sms.get()>
                <p class="small muted-text">{tr("No telephone at hand? Ask the organiser to read a password out to you.")}</p>
            </Show>
        </form>
    }
}

/// The invitation is for an account: its login is a proof as well.
#[component]
fn OrLogIn(
    /// Nothing else can be done on this page before somebody reads a password out.
    first: Signal<bool>,
) -> impl IntoView {
    let class =
        move || if first.get() { "button button--primary button--wide" } else { "button button--quiet button--wide" };
    view! {
        <div class="stack stack--tight">
            <p class="small muted-text">{tr("Or log in to your own account: the one that this invitation is for. Then reload this page and type your PIN again.")}</p>
            <a class=class href="/console" target="_blank" rel="noopener">{tr("Open the console in a new tab")}</a>
        </div>
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
            tr("Your PIN is right. We make sure of you with a password as well, which the organiser reads out to you.")
        }
    }
}
