//! The login page, shown at whatever address somebody came to; that page follows.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::Login;
use shared::secret::Secret;
use shared::text::tr;

use crate::console::focus;
use crate::console::session::{Farewell, Session};
use crate::console::words;
use crate::ui::{Banner, Button, ButtonVariant, Card, Glyph, TextField, Tone};

/// Name and password.
#[component]
pub(crate) fn LoginPage(
    /// Why one is here (again).
    farewell: Farewell,
) -> impl IntoView {
    let session = Session::get();
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (busy, error) = (RwSignal::new(false), RwSignal::new(None::<String>));
    document().set_title(tr("Log in · Conclave console"));
    focus::later("[data-testid=login-name]");
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let login =
            Login { name: name.get_untracked().trim().to_owned(), password: Secret::new(password.get_untracked()) };
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            if let Err(refusal) = session.log_in(login).await {
                error.set(Some(words::call_error(&refusal)));
                password.set(String::new());
                focus::later("[data-testid=login-password]");
            }
            busy.set(false);
        });
    };
    view! {
        <div class="login stack">
            {goodbye(farewell).map(|text| view! { <Banner icon=Glyph::Clock tone=Tone::Accent testid="farewell">{text}</Banner> })}
            <Card>
                <form class="stack" on:submit=submit>
                    <div>
                        <h1 class="login__title">{tr("Log in")}</h1>
                        <p class="muted-text">{tr("For those who arrange meetings. If you were invited to one, open your invitation link instead.")}</p>
                    </div>
                    <TextField label=tr("Name") value=name autocomplete="username" required=true testid="login-name" />
                    <TextField label=tr("Password") value=password kind="password" autocomplete="current-password" required=true testid="login-password" />
                    {move || error.get().map(|text| view! {
                        <Banner tone=Tone::Danger assertive=true testid="login-error">{text}</Banner>
                    })}
                    <Button variant=ButtonVariant::Primary submit=true wide=true busy=busy testid="login-submit">{tr("Log in")}</Button>
                </form>
            </Card>
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
