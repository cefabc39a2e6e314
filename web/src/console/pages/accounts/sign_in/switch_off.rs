//! Switching the authenticator off: it takes what logging in takes.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::Field;
use shared::authenticator::{Authenticator, RemoveAuthenticator};
use shared::secret::Secret;
use shared::text::tr;

use crate::console::api;
use crate::console::parts::{FormState, Refusal};
use crate::console::session::Session;
use crate::ui::{Button, ButtonVariant, TextField, Tone, use_toasts};

/// Folded away: nobody comes here for it.
#[component]
pub(super) fn SwitchOff(
    /// Called with how things stand then.
    on_done: impl Fn(Authenticator) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (session, state, toasts) = (Session::get(), FormState::new(), use_toasts());
    let (password, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    state.watch([(password, Field::Password), (code, Field::Code)]);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let remove = RemoveAuthenticator {
            password: Secret::new(password.get_untracked()),
            code: Secret::new(code.get_untracked()),
        };
        state.start();
        spawn_local(async move {
            match session.ask(api::remove_authenticator(&remove)).await {
                Ok(now) => {
                    toasts.show(Tone::Good, tr("The authenticator is switched off: the password alone logs in."));
                    on_done(now);
                }
                Err(error) => {
                    code.set(String::new());
                    state.refuse(error);
                }
            }
            state.busy.set(false);
        });
    };
    view! {
        <details class="form-more">
            <summary data-testid="authenticator-off-open">{tr("Switch it off, or change the telephone")}</summary>
            <form class="stack" on:submit=submit>
                <p class="muted-text">{tr("For another telephone, switch it off here and set it up again there. Recovery codes end with it.")}</p>
                <TextField label=tr("Your password") value=password kind="password" autocomplete="current-password"
                    error=state.error(Field::Password) required=true testid="off-password" error_testid="off-password-error" />
                <TextField label=tr("Code from the app, or a recovery code") value=code autocomplete="one-time-code" class="input--code"
                    error=state.error(Field::Code) required=true testid="off-code" error_testid="off-code-error" />
                <Refusal state=state testid="authenticator-error" />
                <div class="form-actions">
                    <Button variant=ButtonVariant::Danger submit=true busy=state.busy testid="authenticator-off">{tr("Switch it off")}</Button>
                </div>
            </form>
        </details>
    }
}
