//! Who is logged in, and how a login ends: by the person, by the clock (D8), or because the server says so.
//!
//! Every call of the console goes through [`Session::ask`] or [`Session::ask_quietly`]: a 401 from
//! anywhere shows the login page, and the address stays, so that logging in returns to the same page.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use shared::api::{ApiError, Login, Me, Site};

use super::api::{self, Call, CallError};
use super::fetch::{self, By};
use super::idle::{self, Idle};
use super::when;

/// Where windows of one browser tell each other that somebody is active: they share the cookie.
const SEEN_KEY: &str = "conclave.console.seen";

/// Why the login page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// Nobody was logged in.
    None,
    /// The person logged out.
    LoggedOut,
    /// Nobody did anything for as long as the deployment allows.
    Idle,
    /// The server ended the login.
    Ended,
}

/// Whether somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Not known yet.
    Asking,
    /// The server cannot be asked.
    Failed(CallError),
    /// Nobody.
    Out(Farewell),
    /// This account.
    In(Me),
}

/// The login of this window. A handle, given out through the context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    state: RwSignal<State>,
    site: RwSignal<Option<Site>>,
    seen: StoredValue<i64>,
}

impl Session {
    /// Asks the server who is logged in and what this deployment is.
    pub(crate) fn provide() -> Self {
        let session = Self {
            state: RwSignal::new(State::Asking),
            site: RwSignal::new(None),
            seen: StoredValue::new(when::now().0),
        };
        provide_context(session);
        session.open();
        session
    }

    /// The one of this page.
    pub(crate) fn get() -> Self {
        expect_context()
    }

    /// Asks (again) who is logged in.
    pub(crate) fn open(self) {
        self.state.set(State::Asking);
        spawn_local(async move {
            if let Ok(site) = fetch::send(&api::site(), By::Page).await {
                self.site.set(Some(site));
            }
            match fetch::send(&api::me(), By::Person).await {
                Ok(me) => self.enter(me),
                Err(CallError::Refused(ApiError::NotLoggedIn)) => self.state.set(State::Out(Farewell::None)),
                Err(other) => self.state.set(State::Failed(other)),
            }
        });
    }

    /// Whether somebody is logged in.
    pub(crate) fn state(self) -> State {
        self.state.get()
    }

    /// What this deployment is, once known.
    pub(crate) fn site(self) -> Option<Site> {
        self.site.get()
    }

    /// Whether passwords can reach anybody by SMS; taken for granted until the server has said otherwise.
    pub(crate) fn sends_sms(self) -> bool {
        self.site.with(|site| site.as_ref().is_none_or(|site| site.sms))
    }

    /// Whether invitations can go by e-mail.
    pub(crate) fn sends_mail(self) -> bool {
        self.site.with(|site| site.as_ref().is_none_or(|site| site.mail))
    }

    /// Whether SMS go to the outbox, which is then a page of the console.
    pub(crate) fn has_outbox(self) -> bool {
        self.state.with(|state| matches!(state, State::In(me) if me.outbox))
    }

    /// What the account is called that is logged in.
    pub(crate) fn name(self) -> Option<String> {
        self.state.with(|state| match state {
            State::In(me) => Some(me.name.clone()),
            _ => None,
        })
    }

    /// A call because a person did something.
    pub(crate) async fn ask<T: DeserializeOwned>(self, call: Call<T>) -> Result<T, CallError> {
        let answer = fetch::send(&call, By::Person).await;
        if answer.is_ok() {
            self.touch();
        }
        self.watch(answer)
    }

    /// A call that the page makes by itself: it does not count as activity.
    pub(crate) async fn ask_quietly<T: DeserializeOwned>(self, call: Call<T>) -> Result<T, CallError> {
        self.watch(fetch::send(&call, By::Page).await)
    }

    fn watch<T>(self, answer: Result<T, CallError>) -> Result<T, CallError> {
        let ended = matches!(answer, Err(CallError::Refused(ApiError::NotLoggedIn)));
        if ended && matches!(self.state.get_untracked(), State::In(_)) {
            let farewell = if self.idle() == Idle::Over { Farewell::Idle } else { Farewell::Ended };
            self.state.set(State::Out(farewell));
        }
        answer
    }

    /// Logs in; the page at the current address appears.
    pub(crate) async fn log_in(self, login: Login) -> Result<(), CallError> {
        let me = fetch::send(&api::login(&login), By::Person).await?;
        self.enter(me);
        Ok(())
    }

    fn enter(self, me: Me) {
        self.touch();
        self.state.set(State::In(me));
    }

    /// Logs out, here and on the server. When the server cannot be reached the login stays, because it does there too.
    pub(crate) async fn log_out(self, farewell: Farewell) -> Result<(), CallError> {
        let answer = fetch::send(&api::logout(), By::Person).await;
        let gone = matches!(answer, Ok(()) | Err(CallError::Refused(ApiError::NotLoggedIn)));
        if gone || farewell == Farewell::Idle {
            self.state.set(State::Out(farewell));
            return Ok(());
        }
        answer
    }

    /// Where this login stands with idleness.
    pub(crate) fn idle(self) -> Idle {
        self.limit().map_or(Idle::Active, |limit| idle::idle_at(when::now().0, self.last_seen(), limit))
    }

    /// Whether typing alone has gone on so long that the server should hear of it.
    pub(crate) fn is_due(self) -> bool {
        self.limit().is_some_and(|limit| idle::is_due(when::now().0, self.last_seen(), limit))
    }

    /// Tells the server that a person is here.
    pub(crate) fn stay(self) {
        self.touch();
        spawn_local(async move {
            // Whatever is wrong shows at the next thing the person does; a 401 shows at once.
            let _ = self.ask(api::me()).await;
        });
    }

    fn limit(self) -> Option<u32> {
        self.state.with_untracked(|state| match state {
            State::In(me) => Some(me.idle_logout_s),
            _ => None,
        })
    }

    fn touch(self) {
        let now = when::now().0;
        self.seen.set_value(now);
        if let Some(storage) = storage() {
            // Full or forbidden storage costs only the courtesy between windows.
            let _ = storage.set_item(SEEN_KEY, &now.to_string());
        }
    }

    fn last_seen(self) -> i64 {
        let elsewhere = storage().and_then(|storage| storage.get_item(SEEN_KEY).ok().flatten());
        let elsewhere = elsewhere.and_then(|text| text.parse::<i64>().ok()).filter(|at| *at <= when::now().0);
        self.seen.get_value().max(elsewhere.unwrap_or(i64::MIN))
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
