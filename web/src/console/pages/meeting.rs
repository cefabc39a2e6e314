//! One meeting: when, in which phase, how people get in, and who is invited.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{Invitee, MeetingDetail, MeetingPatch};
use shared::ids::MeetingId;
use shared::limits::PIN_OPENS_BEFORE_START_MS;
use shared::meeting::{MeetingInfo, MeetingKind, MeetingPhase, Role};
use shared::signal::PasswordState;
use shared::text::{tr, tr_with};

use super::archive_meeting::ArchiveMeeting;
use super::end_meeting::EndMeeting;
use super::invitees::Invitees;
use super::password_time::PasswordTime;
use crate::console::live::Live;
use crate::console::navigation::Link;
use crate::console::parts::{Loading, PageHead, PhaseBadge, Trouble};
use crate::console::route::Route;
use crate::console::session::Session;
use crate::console::when::{self, Detail};
use crate::console::{api, focus, poll, words};
use crate::ui::{Badge, Banner, Button, Card, Checkbox, Glyph, Icon, Tone, use_toasts};

/// Where inviting begins: below a list that is long on a phone.
const FIRST_FIELD: &str = "[data-testid=invitee-name]";

/// The meeting this page is about, as the server last told it.
pub(super) type Meeting = Live<MeetingDetail>;

/// The page of one meeting.
#[component]
pub(crate) fn MeetingPage(
    /// Which.
    id: MeetingId,
) -> impl IntoView {
    let (session, meeting) = (Session::get(), Meeting::new());
    let ask = move || meeting.ask(session, api::meeting(id));
    ask();
    poll::every(poll::REFRESH, ask);
    let known = Memo::new(move |_| meeting.is_known());
    view! {
        <Link to=Route::Meetings class="back-link"><Icon glyph=Glyph::Back />{tr("Meetings")}</Link>
        <Trouble error=Signal::derive(move || meeting.trouble()) stale=known />
        {move || match known.get() {
            true => view! { <Known meeting=meeting id=id /> }.into_any(),
            false if meeting.trouble().is_some() => view! { <PageHead title=tr("Meeting") /> }.into_any(),
            false => view! { <Loading /> }.into_any(),
        }}
    }
}

#[component]
fn Known(meeting: Meeting, id: MeetingId) -> impl IntoView {
    let info = Memo::new(move |_| meeting.read(|m| m.info.clone()));
    let phase = Memo::new(move |_| meeting.read(|m| m.phase));
    let over = Memo::new(move |_| phase.get().is_some_and(|phase| phase >= MeetingPhase::Over));
    let minutes = Memo::new(move |_| meeting.read(|m| m.duration_minutes).unwrap_or_default());
    let title = info.with_untracked(|info| info.as_ref().map(|info| info.title.clone())).unwrap_or_default();
    view! {
        <PageHead title=title.clone()>
            {move || (!over.get()).then(|| view! {
                <Button icon=Glyph::Plus testid="invite-somebody" on:click=move |_| focus::later(FIRST_FIELD)>{tr("Invite somebody")}</Button>
                <div class="console-head__end"><EndMeeting meeting=meeting id=id title=title.clone() /></div>
            })}
            {move || (phase.get() == Some(MeetingPhase::Over)).then(|| view! {
                <div class="console-head__end"><ArchiveMeeting meeting=meeting id=id /></div>
            })}
        </PageHead>
        <p class="row meeting-badges">
            {move || phase.get().map(|phase| view! { <PhaseBadge phase=phase /> })}
            {move || info.get().map(|info| match info.kind {
                MeetingKind::NothingKept => view! { <Badge tone=Tone::Accent icon=Glyph::Shield>{tr("Nothing of this meeting is kept")}</Badge> },
                MeetingKind::MayBeRecorded => view! { <Badge tone=Tone::Warn icon=Glyph::Screen>{tr("May be watched or recorded")}</Badge> },
            })}
        </p>
        {move || over.get().then(|| view! {
            <Banner icon=Glyph::Lock>{tr("This meeting is over. Its PINs no longer work, and this server kept nothing of what was said, shown or drawn.")}</Banner>
        })}
        <div class="meeting-facts">
            <Card><h2>{tr("When")}</h2>{move || info.get().map(|info| view! { <Times info=info minutes=minutes.get() over=over.get() /> })}</Card>
            <Card><h2>{tr("Getting in")}</h2><Entry meeting=meeting id=id over=over /></Card>
        </div>
        {move || over.get().then(|| view! { <Record meeting=meeting id=id /> })}
        <Invitees meeting=meeting id=id over=over />
    }
}

#[component]
fn Times(info: MeetingInfo, minutes: u32, over: bool) -> impl IntoView {
    let zone = info.time_zone.clone();
    let same = when::same_clock(info.starts_at, &zone);
    let opens = when::in_zone(info.starts_at.plus_ms(-PIN_OPENS_BEFORE_START_MS), &zone, Detail::Time);
    let until = when::in_zone(info.closes_at, &zone, Detail::Time);
    let own = (!same).then(|| when::span_in(info.starts_at, info.ends_at, &when::zone_here()));
    view! {
        <p class="meeting-when">{when::span_in(info.starts_at, info.ends_at, &zone)}</p>
        {own.map(|own| view! { <p class="meeting-when__own">{tr_with("On your clock: {time}", &[("time", &own)])}</p> })}
        <dl class="facts">
            <div><dt>{tr("Length")}</dt><dd>{words::minutes(minutes)}</dd></div>
            <div><dt>{tr("Time zone")}</dt><dd>{zone.replace('_', " ")}</dd></div>
            {(!over).then(|| view! {
                <div><dt>{tr("PINs work")}</dt><dd>{tr_with("{from} to {until} at the latest", &[("from", &opens), ("until", &until)])}</dd></div>
            })}
        </dl>
    }
}

/// The signed record of a meeting that is over.
#[component]
fn Record(meeting: Meeting, id: MeetingId) -> impl IntoView {
    let key = Memo::new(move |_| meeting.read(|m| m.record_key.clone()).flatten());
    let path = move |tail: &str| format!("/api/v1/meetings/{id}/record{tail}");
    view! {
        <Card>
            <h2>{tr("Record")}</h2>
            <p class="muted-text">{tr("Who was invited, who came when and on what evidence, who let them in, who left. Signed, so that nobody can change it unnoticed. It holds names and no telephone numbers or addresses.")}</p>
            <div class="row">
                <a class="button button--secondary" href=path(".html") download="" data-testid="record-page"><Icon glyph=Glyph::Calendar /><span>{tr("Page to read and print")}</span></a>
                <a class="button button--secondary" href=path("") download="" data-testid="record-json"><Icon glyph=Glyph::Shield /><span>{tr("Signed JSON")}</span></a>
            </div>
            {move || key.get().map(|key| view! {
                <p class="small muted-text">{tr("Signed with the key")}" "<code class="wraps" data-testid="record-key">{key}</code>". "{tr("Both files are checked by: conclave record verify FILE --key KEY")}</p>
            })}
        </Card>
    }
}

/// The switch for SMS passwords.
#[component]
fn Entry(meeting: Meeting, id: MeetingId, over: Memo<bool>) -> impl IntoView {
    let (session, toasts) = (Session::get(), use_toasts());
    // What the person last chose, and whether the server is being told. The box stays usable meanwhile: one that is
    // switched off loses the focus.
    let (wanted, busy) = (StoredValue::new((false, 0)), StoredValue::new(false));
    let asked = Memo::new(move |_| meeting.read(|m| m.ask_password).unwrap_or_default());
    let before = Memo::new(move |_| meeting.read(|m| m.password_before_minutes).unwrap_or_default());
    let offered = Memo::new(move |_| session.sends_sms());
    let change = move |(on, minutes): (bool, u32)| {
        let was = (asked.get_untracked(), before.get_untracked());
        wanted.set_value((on, minutes));
        let show = move |(on, minutes)| {
            meeting.amend(|m| (m.ask_password, m.password_before_minutes) = (on, minutes));
        };
        show((on, minutes));
        if busy.get_value() {
            return;
        }
        busy.set_value(true);
        spawn_local(async move {
            loop {
                let (on, minutes) = wanted.get_value();
                let patch = MeetingPatch { ask_password: Some(on), password_before_minutes: Some(minutes) };
                match session.ask(api::change_meeting(id, &patch)).await {
                    Ok(changed) if wanted.try_get_value() == Some((on, minutes)) => break meeting.put(changed),
                    // Changed again meanwhile: once more.
                    Ok(_) if wanted.try_get_value().is_some() => {}
                    Ok(_) => break,
                    Err(error) => {
                        show(was);
                        break toasts.show(Tone::Danger, words::call_error(&error));
                    }
                }
            }
            busy.try_set_value(false);
        });
    };
    let unreachable = Memo::new(move |_| {
        let names = |m: &MeetingDetail| {
            // Moderators bring a second proof in any case, and some have an app for it.
            let brings_none =
                |i: &&Invitee| i.phone.is_none() && i.role != Role::Moderator && i.password != PasswordState::Code;
            let without = m.invitees.iter().filter(brings_none);
            without.map(|invitee| invitee.name.clone()).collect::<Vec<_>>()
        };
        if asked.get() && !over.get() { meeting.read(names).unwrap_or_default() } else { Vec::new() }
    });
    view! {
        <p class="muted-text">{move || if over.get() {
            tr("Nobody gets in any more.")
        } else {
            tr("Each person has a PIN of their own, and a moderator lets everybody in by hand.")
        }}</p>
        {move || {
            let rules = meeting.read(|m| words::door_rules(&m.rules)).unwrap_or_default();
            (!rules.is_empty()).then(|| view! {
                <ul class="facts" data-testid="door-rules">
                    {rules.into_iter().map(|rule| view! { <li class="fact small"><Icon glyph=Glyph::Shield /><span>{rule}</span></li> }).collect_view()}
                </ul>
            })
        }}
        {move || if over.get() {
            ().into_any()
        } else if offered.get() {
            view! {
                <Checkbox label=tr("Ask everybody for a password by SMS as well")
                    hint=tr("On top of the PIN. Moderators need a second proof in any case.")
                    checked=asked on_change=move |on| change((on, before.get_untracked())) testid="ask-password" />
                {move || asked.get().then(|| view! {
                    <PasswordTime minutes=before on_choice=move |minutes| change((asked.get_untracked(), minutes)) />
                })}
                <div role="status">
                    {move || words::unreachable(&unreachable.get()).map(|text| view! {
                        <Banner tone=Tone::Warn testid="unreachable">{text}</Banner>
                    })}
                </div>
            }.into_any()
        } else {
            view! { <p class="muted-text small">{words::no_sms()}</p> }.into_any()
        }}
    }
}
