//! Where a second proof is typed: a password, or the code of an authenticator app.

use leptos::prelude::*;
use shared::signal::PasswordState;
use shared::text::tr;

use crate::app::Session;
use crate::bindings::focus_later;
use crate::room::words;
use crate::ui::{Button, ButtonVariant, Glyph, TextField};

/// How things stand with a second proof, as far as the server said.
pub(super) type ProofState = Memo<Option<PasswordState>>;

/// Whether the code of an app is asked for.
pub(super) fn is_code(state: ProofState) -> Memo<bool> {
    Memo::new(move |_| state.with(|state| *state == Some(PasswordState::Code)))
}

/// Whether there is something to type.
pub(super) fn is_awaited(state: ProofState) -> Memo<bool> {
    Memo::new(move |_| state.with(|state| state.as_ref().is_some_and(PasswordState::is_awaited)))
}

/// Whether this server sends no SMS.
pub(super) fn no_sms(session: Session) -> Memo<bool> {
    Memo::new(move |_| session.store.site.with(|site| site.as_ref().is_some_and(|site| !site.sms)))
}

/// The field, with what was wrong. For a code a telephone shows digits alone; whoever has a password instead says so.
#[component]
pub(super) fn ProofField(
    session: Session,
    state: ProofState,
    /// What is typed.
    typed: RwSignal<String>,
    /// For tests, before `-input`, `-error` and `-kind`.
    testid: &'static str,
) -> impl IntoView {
    let refused = session.store.password_error;
    let error = Signal::derive(move || refused.with(|error| error.as_ref().map(words::password_refused)));
    let has_password = RwSignal::new(false);
    let asks_code = is_code(state);
    let is_code = Memo::new(move |_| asks_code.get() && !has_password.get());
    let other = move |_| {
        has_password.update(|has| *has = !*has);
        typed.set(String::new());
        focus_later(format!("[data-testid={testid}-input]"));
    };
    view! {
        {move || {
            let (label, inputmode) = if is_code.get() { (tr("Code of your app"), "numeric") } else { (tr("Password"), "text") };
            view! {
                <TextField label=label inputmode=inputmode value=typed error=error autocomplete="one-time-code" class="input--code"
                    maxlength=20 testid=format!("{testid}-input") error_testid=format!("{testid}-error") />
            }
        }}
        {move || asks_code.get().then(|| view! {
            <div>
                <Button variant=ButtonVariant::Quiet small=true icon=Glyph::Key testid=format!("{testid}-kind") on:click=other>
                    {move || if is_code.get() { tr("I have a password instead") } else { tr("I have my app") }}
                </Button>
            </div>
        })}
    }
}

/// Has a password sent: the first, another one, or one in place of a code. Nothing where no SMS are sent.
#[component]
pub(super) fn SendPassword(session: Session, state: ProofState, testid: &'static str) -> impl IntoView {
    let (asks_code, is_there, no_sms) = (is_code(state), is_awaited(state), no_sms(session));
    move || {
        (!no_sms.get()).then(|| {
            let (variant, words) = match (asks_code.get(), is_there.get()) {
                (true, _) => (ButtonVariant::Quiet, tr("Send me a password by SMS instead")),
                (false, true) => (ButtonVariant::Quiet, tr("Not received? Send a new one")),
                (false, false) => (ButtonVariant::Primary, tr("Send me the password")),
            };
            view! {
                <Button variant=variant wide=true icon=Glyph::Send busy=session.store.asking testid=testid on:click=move |_| session.send_password()>{words}</Button>
            }
        })
    }
}
