//! The PIN door: how hopeless guessing is, and who has tried lately.

use leptos::prelude::*;
use shared::api::DoorReport;
use shared::text::{tr, tr_with};

use crate::console::live::Live;
use crate::console::parts::{Loading, PageHead, Trouble};
use crate::console::session::Session;
use crate::console::{api, poll, words};
use crate::ui::{Banner, Card, Glyph, Tone};

/// What the server says of its door.
#[component]
pub(crate) fn DoorPage() -> impl IntoView {
    let (session, report) = (Session::get(), Live::<DoorReport>::new());
    let ask = move || report.ask(session, api::door());
    ask();
    poll::every(poll::REFRESH, ask);
    view! {
        <div class="console-column stack" data-testid="door">
            <PageHead title=tr("Door") />
            <p class="muted-text">{tr("Everybody comes in with a PIN. All guessing together is held to so many PINs a second, fewer the more PINs work, so that nobody finds one by trying. A person in a crowd waits for their turn; the link of an invitation does not wait.")}</p>
            <Trouble error=Signal::derive(move || report.trouble()) stale=Signal::derive(move || report.is_known()) />
            {move || match report.get() {
                None if report.trouble().is_some() => ().into_any(),
                None => view! { <Loading /> }.into_any(),
                Some(report) => view! { <Verdict report=report.clone() /><Guessing report=report.clone() /><Lately report=report /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Verdict(report: DoorReport) -> impl IntoView {
    if report.holds() {
        return view! {
            <Banner tone=Tone::Good icon=Glyph::Shield title=tr("Guessing is hopeless.") testid="door-holds">
                {tr("A stranger who does nothing but guess stays below the chance this server aims at.")}
            </Banner>
        }
        .into_any();
    }
    let digits = report.pin_digits.to_string();
    view! {
        <Banner tone=Tone::Danger title=tr("PINs are too short for how many of them work.") testid="door-warns">
            {tr_with("New ones have {digits} digits. Raise pin_digits under [door] in the configuration, restart the server and issue new PINs, or invite fewer people at a time.", &[("digits", &digits)])}
        </Banner>
    }
    .into_any()
}

#[component]
fn Guessing(report: DoorReport) -> impl IntoView {
    let aim =
        |value, aim| tr_with("{chance} (aim: {aim} or less)", &[("chance", &chance(value)), ("aim", &chance(aim))]);
    view! {
        <Card>
            <h2 class="facts__title">{tr("What guessing comes to")}</h2>
            <dl class="facts facts--wide">
                <div><dt>{tr("PINs that work now")}</dt><dd data-testid="door-live">{words::count(report.live_pins)}</dd></div>
                <div><dt>{tr("Digits of a new PIN")}</dt><dd>{report.pin_digits}</dd></div>
                <div><dt>{tr("Looked at, at most")}</dt><dd>{tr_with("{n} a second, all together", &[("n", &words::pace(report.granted_per_s))])}</dd></div>
                <div><dt>{tr("A year of guessing at that pace")}</dt><dd data-testid="door-year">{aim(report.chance_per_year, report.target_per_year)}</dd></div>
                <div><dt>{tr("Two hours, one meeting")}</dt><dd>{aim(report.chance_per_meeting, report.target_per_meeting)}</dd></div>
                <div><dt>{tr("A year at the pace of the last hour’s busiest minute")}</dt><dd>{chance(report.chance_at_busiest)}</dd></div>
            </dl>
        </Card>
    }
}

fn chance(chance: f64) -> String {
    words::chance(chance).unwrap_or_else(|| tr("none").to_owned())
}

#[component]
fn Lately(report: DoorReport) -> impl IntoView {
    let count = |n: u32| words::count(u64::from(n));
    view! {
        <Card>
            <h2 class="facts__title">{tr("The last hour")}</h2>
            <dl class="facts facts--wide">
                <div><dt>{tr("PINs looked at without a link")}</dt><dd>{count(report.evaluated)}</dd></div>
                <div><dt>{tr("PINs that were wrong")}</dt><dd data-testid="door-failed">{count(report.failed)}</dd></div>
                <div><dt>{tr("Tries not looked at")}</dt><dd>{count(report.turned_away)}</dd></div>
                <div><dt>{tr("Sources in the busiest minute")}</dt><dd>{count(report.sources)}</dd></div>
                {report.sms_today.map(|(sent, most)| view! {
                    <div><dt>{tr("SMS sent today")}</dt><dd>{tr_with("{n} of {most}", &[("n", &count(sent)), ("most", &count(most))])}</dd></div>
                })}
                <div><dt>{tr("Waiting just now")}</dt><dd>{words::count(u64::try_from(report.waiting).unwrap_or_default())}</dd></div>
            </dl>
            <p class="muted-text small">{tr("Counted by the minute, in numbers alone: no address is kept.")}</p>
        </Card>
    }
}
