//! The console's frame: login page or pages, header, footer, and the watch over idleness.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::text::{tr, tr_with};

use super::navigation::{Link, Navigation};
use super::pages::{
    AccountsPage, CallInPage, DoorPage, LoginPage, MeetingPage, MeetingsPage, NewMeetingPage, OutboxPage, UnknownPage,
};
use super::parts::{IdleWatch, Loading};
use super::route::Route;
use super::session::{Farewell, Session, State};
use super::words;
use crate::ui::{Banner, Button, ButtonVariant, Glyph, Page, Toasts, Tone, use_toasts};

/// The console's root.
#[component]
pub fn App() -> impl IntoView {
    let session = Session::provide();
    Navigation::provide();
    // Without the account in it, so that nothing repaints when only that changes.
    let state = Memo::new(move |_| match session.state() {
        State::In(_) => None,
        other => Some(other),
    });
    view! {
        <Toasts>
            {move || match state.get() {
                None => view! { <Inside /> }.into_any(),
                Some(State::Out(farewell)) => view! { <Door><LoginPage farewell=farewell /></Door> }.into_any(),
                Some(State::Failed(error)) => view! { <Door><Failed text=words::call_error(&error) /></Door> }.into_any(),
                Some(_) => view! { <Door><Loading /></Door> }.into_any(),
            }}
        </Toasts>
    }
}

fn is_demo(session: Session) -> Signal<bool> {
    Signal::derive(move || session.site().is_some_and(|site| site.demo))
}

/// The frame before the login.
#[component]
fn Door(children: Children) -> impl IntoView {
    view! {
        <Page title=tr("Console") narrow=true demo=is_demo(Session::get()) footer=Footer>
            {children()}
        </Page>
    }
}

#[component]
fn Failed(text: String) -> impl IntoView {
    let session = Session::get();
    view! {
        <div class="stack">
            <Banner tone=Tone::Danger title=tr("The console cannot start") assertive=true>{text}</Banner>
            <Button icon=Glyph::Refresh on:click=move |_| session.open()>{tr("Try again")}</Button>
        </div>
    }
}

/// The frame after the login.
#[component]
fn Inside() -> impl IntoView {
    let navigation = Navigation::get();
    let page = move || match navigation.route() {
        Route::Meetings => view! { <MeetingsPage /> }.into_any(),
        Route::Schedule => view! { <NewMeetingPage now=false /> }.into_any(),
        Route::StartNow => view! { <NewMeetingPage now=true /> }.into_any(),
        Route::CallIn => view! { <CallInPage /> }.into_any(),
        Route::Meeting(id) => view! { <MeetingPage id=id /> }.into_any(),
        Route::Door => view! { <DoorPage /> }.into_any(),
        Route::Outbox => view! { <OutboxPage /> }.into_any(),
        Route::Accounts => view! { <AccountsPage /> }.into_any(),
        Route::Unknown => view! { <UnknownPage /> }.into_any(),
    };
    view! {
        <Page title=tr("Console") demo=is_demo(Session::get()) aside=Aside footer=Footer>
            {page}
        </Page>
        <IdleWatch />
    }
}

#[component]
fn Aside() -> impl IntoView {
    let session = Session::get();
    let outbox = Memo::new(move |_| session.has_outbox());
    view! {
        <nav class="console-nav" aria-label=tr("Console")>
            <Link to=Route::Meetings class="console-nav__link" in_navigation=true>{tr("Meetings")}</Link>
            <Link to=Route::Door class="console-nav__link" in_navigation=true testid="door-link">{tr("Door")}</Link>
            {move || outbox.get().then(|| view! {
                <Link to=Route::Outbox class="console-nav__link" in_navigation=true testid="outbox-link">{tr("Outbox")}</Link>
            })}
            <Link to=Route::Accounts class="console-nav__link" in_navigation=true testid="accounts-link">{tr("Accounts")}</Link>
        </nav>
        <Account />
    }
}

#[component]
fn Account() -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    let busy = RwSignal::new(false);
    let me = move || match session.state() {
        State::In(me) => Some(me),
        _ => None,
    };
    let leave = move |_| {
        busy.set(true);
        spawn_local(async move {
            if let Err(error) = session.log_out(Farewell::LoggedOut).await {
                toasts.show(Tone::Danger, words::call_error(&error));
            }
            busy.set(false);
        });
    };
    view! {
        <span class="console-account">
            <bdi class="console-account__name">{move || me().map(|me| me.name)}</bdi>
            <bdi class="console-account__organisation">{move || me().map(|me| me.organisation)}</bdi>
        </span>
        <Button variant=ButtonVariant::Secondary small=true icon=Glyph::Out busy=busy testid="logout" on:click=leave>
            {tr("Log out")}
        </Button>
    }
}

#[component]
fn Footer() -> impl IntoView {
    let session = Session::get();
    let version = move || session.site().map(|site| tr_with("Conclave {version}", &[("version", &site.version)]));
    view! {
        <span>{version}</span>
        <span>{move || session.site().and_then(|site| site.geo_attribution)}</span>
    }
}
