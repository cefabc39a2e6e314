//! The SMS password on top of the PIN.

use leptos::prelude::*;
use shared::secret::Secret;
use shared::signal::PasswordState;
use shared::text::tr;

use crate::app::use_session;
use crate::room::words;
use crate::ui::{Button, ButtonVariant, Card, Glyph, Page, TextField};

/// Asks for the password, and has one sent.
#[component]
pub(crate) fn PasswordPage() -> impl IntoView {
    let session = use_session();
    let store = session.store;
    let typed = RwSignal::new(String::new());
    let state = Memo::new(move |_| store.password.with(|ask| ask.as_ref().map(|ask| ask.state.clone())));
    let can_type = Memo::new(move |_| matches!(state.get(), Some(PasswordState::Sent { .. })));
    let for_moderator =
        Memo::new(move |_| store.password.with(|ask| ask.as_ref().is_some_and(|ask| ask.for_moderator)));
    let error = Signal::derive(move || store.password_error.with(|error| error.as_ref().map(words::password_refused)));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        session.submit_password(Secret::new(typed.get_untracked()));
        typed.set(String::new());
    };
    let why = move || {
        if for_moderator.get() {
            tr("Your PIN is right. A moderator lets others in, so we make sure of you with a password by SMS as well.")
        } else {
            tr("Your PIN is right. The organiser of this meeting asks for a password by SMS as well.")
        }
    };
    view! {
        <Page narrow=true demo=store.demo>
            <Card>
                <form class="stack" on:submit=submit novalidate=true>
                    <div class="stack stack--tight">
                        <h1 class="card__title" tabindex="-1">{tr("One more thing: your password")}</h1>
                        <p class="muted-text">{why}</p>
                        <p>{move || state.get().map(|state| words::password_state(&state))}</p>
                    </div>
                    <TextField
                        label=tr("Password from the SMS")
                        value=typed
                        error=error
                        autocomplete="one-time-code"
                        class="input--code"
                        maxlength=20
                        disabled=Signal::derive(move || !can_type.get())
                        testid="password-input"
                        error_testid="password-error"
                    />
                    <Show when=move || can_type.get()>
                        <Button variant=ButtonVariant::Primary submit=true wide=true busy=store.asking testid="password-submit">{tr("Continue")}</Button>
                    </Show>
                    {move || {
                        let (variant, words) = if can_type.get() {
                            (ButtonVariant::Quiet, tr("Not received? Send a new one"))
                        } else {
                            (ButtonVariant::Primary, tr("Send me the password"))
                        };
                        view! {
                            <Button variant=variant wide=true icon=Glyph::Send busy=store.asking testid="password-send" on:click=move |_| session.send_password()>{words}</Button>
                        }
                    }}
                    <p class="small muted-text">{tr("No telephone at hand? The organiser can change the number on your invitation.")}</p>
                </form>
            </Card>
        </Page>
    }
}
