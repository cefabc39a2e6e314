//! Setting an authenticator up: the password again, then the secret for the app, then the app's first code.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::Field;
use shared::authenticator::{BeginAuthenticator, ConfirmAuthenticator, NewAuthenticator, QrCode, RecoveryCodes};
use shared::secret::Secret;
use shared::text::tr;

use crate::console::parts::{FormState, Refusal};
use crate::console::session::Session;
use crate::console::{api, focus};
use crate::ui::{Banner, Button, ButtonVariant, Card, CopyButton, Glyph, TextField};

/// The three steps.
#[component]
pub(super) fn SetUp(
    /// Called when the first code was right.
    on_done: impl Fn(RecoveryCodes) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let begun = RwSignal::new(None::<NewAuthenticator>);
    view! {
        <Card>
            {move || match begun.get() {
                None => view! { <Begin begun=begun /> }.into_any(),
                Some(new) => view! { <Confirm new=new begun=begun on_done=on_done /> }.into_any(),
            }}
        </Card>
    }
}

#[component]
fn Begin(begun: RwSignal<Option<NewAuthenticator>>) -> impl IntoView {
    let (session, state, password) = (Session::get(), FormState::new(), RwSignal::new(String::new()));
    state.watch([(password, Field::Password)]);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let begin = BeginAuthenticator { password: Secret::new(password.get_untracked()) };
        state.start();
        spawn_local(async move {
            match session.ask(api::begin_authenticator(&begin)).await {
                Ok(new) => {
                    begun.set(Some(new));
                    focus::later("[data-testid=authenticator-title]");
                }
                Err(error) => {
                    password.set(String::new());
                    state.refuse(error);
                }
            }
            state.busy.set(false);
        });
    };
    view! {
        <form class="stack" on:submit=submit>
            <h2>{tr("Set up an authenticator app")}</h2>
            <p>{tr("You need an app such as Aegis, FreeOTP, Google Authenticator or a password manager that shows six digits. Nothing is sent to it: it works without a network.")}</p>
            <TextField label=tr("Your password, again") value=password kind="password" autocomplete="current-password"
                error=state.error(Field::Password) required=true testid="authenticator-password" error_testid="authenticator-password-error" />
            <Refusal state=state testid="authenticator-error" />
            <div class="form-actions">
                <Button variant=ButtonVariant::Primary submit=true busy=state.busy testid="authenticator-begin">{tr("Set up")}</Button>
            </div>
        </form>
    }
}

#[component]
fn Confirm(
    new: NewAuthenticator,
    begun: RwSignal<Option<NewAuthenticator>>,
    on_done: impl Fn(RecoveryCodes) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (session, state, code) = (Session::get(), FormState::new(), RwSignal::new(String::new()));
    state.watch([(code, Field::Code)]);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let confirm = ConfirmAuthenticator { code: Secret::new(code.get_untracked()) };
        state.start();
        spawn_local(async move {
            match session.ask(api::confirm_authenticator(&confirm)).await {
                Ok(codes) => on_done(codes),
                Err(error) => {
                    code.set(String::new());
                    state.refuse(error);
                }
            }
            state.busy.set(false);
        });
    };
    let NewAuthenticator { secret, uri, qr } = new;
    let secret = secret.reveal().to_owned();
    view! {
        <form class="stack" on:submit=submit>
            <h2 tabindex="-1" class="quiet-focus" data-testid="authenticator-title">{tr("1. Show it to the app")}</h2>
            <p>{tr("Scan this with the app. Whoever sees it can make the same codes: let nobody look, and keep no picture of it.")}</p>
            <Drawing qr=qr />
            <p>{tr("If the app cannot scan, type this into it:")}</p>
            <p class="pin pin--long" translate="no" data-testid="authenticator-secret">{secret.clone()}</p>
            <div class="pin-copies">
                <CopyButton text=Signal::stored(secret.replace(' ', "")) words=tr("Copy the secret") testid="copy-secret" />
                <a class="button button--secondary" href=uri.reveal().to_owned() data-testid="authenticator-uri">{tr("Open in the app")}</a>
            </div>
            <h2>{tr("2. Type what it shows")}</h2>
            <TextField label=tr("Code from the app") value=code autocomplete="one-time-code" inputmode="numeric" class="input--code"
                hint=tr("Six digits. If they are not taken, see whether the telephone's clock is right.")
                error=state.error(Field::Code) required=true testid="authenticator-code" error_testid="authenticator-code-error" />
            <Banner icon=Glyph::Info>{tr("From then on every login asks for a code, and you are logged out in all other browsers.")}</Banner>
            <Refusal state=state testid="authenticator-error" />
            <div class="form-actions">
                <Button variant=ButtonVariant::Primary submit=true busy=state.busy testid="authenticator-confirm">{tr("Switch it on")}</Button>
                <Button variant=ButtonVariant::Quiet testid="authenticator-cancel" on:click=move |_| begun.set(None)>{tr("Cancel")}</Button>
            </div>
        </form>
    }
}

/// Dark on light whatever the page is: many apps read no other.
#[component]
fn Drawing(qr: QrCode) -> impl IntoView {
    let size = qr.size;
    let view_box = format!("0 0 {size} {size}"); // not read: a rectangle
    view! {
        <svg class="qr" role="img" aria-label=tr("QR code with the secret, for the app to scan") viewBox=view_box shape-rendering="crispEdges" data-testid="authenticator-qr">
            <path class="qr__light" d=format!("M0 0h{size}v{size}H0z") />
            <path class="qr__dark" d=qr.path.reveal().to_owned() />
        </svg>
    }
}
