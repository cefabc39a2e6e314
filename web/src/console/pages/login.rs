//! The login page, shown at whatever address somebody came to; that page follows. Name and password first, and then the code
//! of an authenticator, for accounts that have one.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ApiError, Login};
use shared::secret::Secret;
use shared::text::tr;

use crate::console::api::CallError;
use crate::console::session::{Farewell, Session};
use crate::console::{focus, words};
use crate::ui::{Banner, Button, ButtonVariant, Card, Glyph, TextField, Tone};

/// What is typed, and what came of it. A handle; copy it freely.
#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    password: RwSignal<String>,
    code: RwSignal<String>,
    /// Name and password are right; the code is asked for.
    asks_code: RwSignal<bool>,
    busy: RwSignal<bool>,
    error: RwSignal<Option<String>>,
}

impl Fields {
    fn new() -> Self {
        Self {
            name: RwSignal::default(),
            password: RwSignal::default(),
            code: RwSignal::default(),
            asks_code: RwSignal::new(false),
            busy: RwSignal::new(false),
            error: RwSignal::new(None),
        }
    }

    fn login(self) -> Login {
        Login {
            name: self.name.get_untracked().trim().to_owned(),
            password: Secret::new(self.password.get_untracked()),
            code: self.asks_code.get_untracked().then(|| Secret::new(self.code.get_untracked())),
        }
    }

    async fn send(self, session: Session) {
        self.busy.set(true);
        self.error.set(None);
        if let Err(refusal) = session.log_in(self.login()).await {
            self.refused(&refusal);
        }
        self.busy.set(false);
    }

    fn refused(self, refusal: &CallError) {
        self.code.set(String::new());
        match refusal {
            CallError::Refused(ApiError::CodeNeeded) => self.asks_code.set(true),
            other => self.error.set(Some(words::call_error(other))),
        }
        // Wrong now though it was right a moment ago: it was changed meanwhile.
        if *refusal == CallError::Refused(ApiError::WrongLogin) {
            self.begin_anew();
        }
        focus::later(if self.asks_code.get_untracked() {
            "[data-testid=login-code]"
        } else {
            "[data-testid=login-password]"
        });
    }

    fn begin_anew(self) {
        self.asks_code.set(false);
        self.password.set(String::new());
    }
}

/// Name and password, and then the code.
#[component]
pub(crate) fn LoginPage(
    /// Why one is here (again).
    farewell: Farewell,
) -> impl IntoView {
    let (session, fields) = (Session::get(), Fields::new());
    document().set_title(tr("Log in · Conclave console"));
    focus::later("[data-testid=login-name]");
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        spawn_local(fields.send(session));
    };
    view! {
        <div class="login stack">
            {move || goodbye(farewell).filter(|_| !fields.asks_code.get()).map(|text| view! {
                <Banner icon=Glyph::Clock tone=Tone::Accent testid="farewell">{text}</Banner>
            })}
            <Card>
                <form class="stack" on:submit=submit>
                    {move || if fields.asks_code.get() {
                        view! { <Code fields=fields /> }.into_any()
                    } else {
                        view! { <NameAndPassword fields=fields /> }.into_any()
                    }}
                    {move || fields.error.get().map(|text| view! {
                        <Banner tone=Tone::Danger assertive=true testid="login-error">{text}</Banner>
                    })}
                    <Button variant=ButtonVariant::Primary submit=true wide=true busy=fields.busy testid="login-submit">{tr("Log in")}</Button>
                    {move || fields.asks_code.get().then(|| {
                        let back = move |_| {
                            fields.begin_anew();
                            fields.error.set(None);
                            focus::later("[data-testid=login-name]");
                        };
                        view! {
                            <Button variant=ButtonVariant::Quiet wide=true testid="login-back" on:click=back>{tr("Another account")}</Button>
                        }
                    })}
                </form>
            </Card>
        </div>
    }
}

#[component]
fn NameAndPassword(fields: Fields) -> impl IntoView {
    view! {
        <div>
            <h1 class="login__title">{tr("Log in")}</h1>
            <p class="muted-text">{tr("For those who arrange meetings. If you were invited to one, open your invitation link instead.")}</p>
        </div>
        <TextField label=tr("Name") value=fields.name autocomplete="username" required=true testid="login-name" />
        <TextField label=tr("Password") value=fields.password kind="password" autocomplete="current-password" required=true testid="login-password" />
    }
}

/// One field for both kinds of code: who lost the telephone must not look for another. `numeric` brings up digits alone, so
/// that whoever has a recovery code asks for letters.
#[component]
fn Code(fields: Fields) -> impl IntoView {
    let recovery = RwSignal::new(false);
    let other = move |_| {
        recovery.update(|recovery| *recovery = !*recovery);
        fields.code.set(String::new());
        fields.error.set(None);
        focus::later("[data-testid=login-code]");
    };
    view! {
        <div>
            <h1 class="login__title">{tr("Your code")}</h1>
            <p class="muted-text">{move || if recovery.get() {
                tr("Type one of the recovery codes that you kept. It works this once.")
            } else {
                tr("Type the six digits that your authenticator app shows for this account.")
            }}</p>
        </div>
        {move || if recovery.get() {
            view! { <TextField label=tr("Recovery code") value=fields.code placeholder="ACDE-FGHJ-KMNP" class="input--code" required=true testid="login-code" /> }.into_any()
        } else {
            view! {
                <TextField label=tr("Code from the app") value=fields.code autocomplete="one-time-code" inputmode="numeric"
                    class="input--code" required=true testid="login-code" />
            }
            .into_any()
        }}
        <div>
            <Button variant=ButtonVariant::Quiet small=true icon=Glyph::Key testid="login-recovery" on:click=other>
                {move || if recovery.get() { tr("Use the app instead") } else { tr("Use a recovery code instead") }}
            </Button>
        </div>
    }
}

fn goodbye(farewell: Farewell) -> Option<&'static str> {
    match farewell {
        Farewell::None => None,
        Farewell::LoggedOut => Some(tr("You are logged out.")),
        Farewell::Idle => Some(tr(
            "You were logged out because nobody used the console for a while. Log in to come back to the same page; what was typed and not sent is gone.",
        )),
        Farewell::Ended => {
            Some(tr("Your login has ended. Log in to come back to the same page; what was typed and not sent is gone."))
        }
    }
}
