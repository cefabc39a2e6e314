//! How the account logs in: with its password, and with an authenticator app where one was set up. One part at a time: setting
//! one up, or what there is of it and switching it off.

mod recovery_codes;
mod set_up;
mod switch_off;

use leptos::prelude::*;
use shared::authenticator::{Authenticator, RecoveryCodes};
use shared::text::{tr, tr_with};

use self::recovery_codes::RecoveryCodesDialog;
use self::set_up::SetUp;
use self::switch_off::SwitchOff;
use crate::console::live::Live;
use crate::console::parts::{Loading, Trouble};
use crate::console::session::Session;
use crate::console::when::{self, Detail};
use crate::console::{api, words};
use crate::ui::{Badge, Banner, Card, Glyph, Tone};

/// Fewer recovery codes than this are worth a word.
const FEW: u32 = 3;

/// What the server says of the account's authenticator.
#[component]
pub(super) fn SignIn() -> impl IntoView {
    let (session, state) = (Session::get(), Live::<Authenticator>::new());
    let codes = RwSignal::new(None::<RecoveryCodes>);
    let ask = move || state.ask(session, api::authenticator());
    ask();
    let confirmed = move |made: RecoveryCodes| {
        codes.set(Some(made));
        ask();
    };
    let is_on = Memo::new(move |_| state.read(|state| state.since.is_some()));
    view! {
        <section class="stack" data-testid="sign-in">
            <p class="muted-text">{tr("A password can be overheard, guessed or read over a shoulder. With an authenticator app on your telephone, whoever has your password still does not get in.")}</p>
            <Trouble error=Signal::derive(move || state.trouble()) stale=Signal::derive(move || state.is_known()) />
            {move || match is_on.get() {
                None if state.trouble().is_some() => ().into_any(),
                None => view! { <Loading /> }.into_any(),
                Some(false) => view! { <SetUp on_done=confirmed /> }.into_any(),
                Some(true) => view! { <InUse state=state /> }.into_any(),
            }}
            {move || codes.get().map(|made| view! { <RecoveryCodesDialog codes=made.codes on_close=move || codes.set(None) /> })}
        </section>
    }
}

#[component]
fn InUse(state: Live<Authenticator>) -> impl IntoView {
    let since = move || state.read(|state| state.since).flatten();
    let left = move || state.read(|state| state.recovery_codes_left).unwrap_or_default();
    view! {
        <Card>
            <div class="stack">
                <div class="console-head__side">
                    <h2>{tr("Authenticator app")}</h2>
                    <span data-testid="authenticator-on"><Badge tone=Tone::Good>{tr("In use")}</Badge></span>
                </div>
                <dl class="facts facts--wide">
                    <div><dt>{tr("Since")}</dt><dd>{move || since().map(|since| when::here(since, Detail::DateAndTime))}</dd></div>
                    <div><dt>{tr("Recovery codes left")}</dt><dd data-testid="recovery-left">{move || words::count(u64::from(left()))}</dd></div>
                </dl>
                {move || (left() < FEW).then(|| view! {
                    <Banner tone=Tone::Warn icon=Glyph::Key testid="recovery-few">
                        {tr_with("Only {n} recovery codes are left. Switch the authenticator off and set it up again: that makes new ones.", &[("n", &left().to_string())])}
                    </Banner>
                })}
                <SwitchOff on_done=move |now| state.put(now) />
            </div>
        </Card>
    }
}
