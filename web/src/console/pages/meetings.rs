//! The list of meetings in groups, with who is in the room and who waits, refreshed while it is looked at.

use leptos::prelude::*;
use shared::api::MeetingSummary;
use shared::ids::MeetingId;
use shared::meeting::MeetingPhase;
use shared::text::tr;

use crate::console::live::Live;
use crate::console::navigation::Link;
use crate::console::parts::{Loading, PageHead, Trouble};
use crate::console::route::Route;
use crate::console::session::Session;
use crate::console::when::{self, Detail};
use crate::console::{api, groups, poll, words};
use crate::ui::{Badge, Glyph, Icon, Tone};

type Meetings = Live<Vec<MeetingSummary>>;

/// Every meeting, what goes on now first.
#[component]
pub(crate) fn MeetingsPage() -> impl IntoView {
    let (session, meetings) = (Session::get(), Meetings::new());
    let ask = move || meetings.ask(session, api::meetings());
    ask();
    poll::every(poll::REFRESH, ask);
    let count = Memo::new(move |_| meetings.read(Vec::len));
    view! {
        <PageHead title=tr("Meetings")>
            <Link to=Route::CallIn class="button button--secondary" testid="call-in">
                <Icon glyph=Glyph::Phone /><span>{tr("Call people in")}</span>
            </Link>
            <Link to=Route::StartNow class="button button--secondary" testid="start-now">
                <Icon glyph=Glyph::Camera /><span>{tr("Start one now")}</span>
            </Link>
            <Link to=Route::Schedule class="button button--primary" testid="new-meeting">
                <Icon glyph=Glyph::Calendar /><span>{tr("Schedule")}</span>
            </Link>
        </PageHead>
        <Trouble error=Signal::derive(move || meetings.trouble()) stale=Signal::derive(move || meetings.is_known()) />
        {move || match count.get() {
            None if meetings.trouble().is_some() => ().into_any(),
            None => view! { <Loading /> }.into_any(),
            Some(0) => view! { <Lesson /> }.into_any(),
            Some(_) => view! { <Groups meetings=meetings /> }.into_any(),
        }}
    }
}

/// What to do when there is no meeting yet.
#[component]
fn Lesson() -> impl IntoView {
    let step = |title, text| {
        view! { <li class="lesson__step"><h3>{title}</h3><p class="muted-text">{text}</p></li> }
    };
    view! {
        <section class="lesson card" data-testid="meeting-list">
            <h2>{tr("No meetings yet. This is how one comes about:")}</h2>
            <ol class="lesson__steps">
                {step(tr("Schedule it, or start it now"), tr("Give it a title, a time and a length. Decide whether people need a password by SMS as well."))}
                {step(tr("Invite each person"), tr("Everybody gets a PIN of their own, which you see once, and a link. Pass them on by two different ways."))}
                {step(tr("Let them in yourself"), tr("At the door you see each face and name before anybody enters. When the meeting is over, nothing of it remains."))}
            </ol>
        </section>
    }
}

#[component]
fn Groups(meetings: Meetings) -> impl IntoView {
    let group = move |phase| view! { <Group meetings=meetings phase=phase /> };
    view! { <div class="stack meeting-groups" data-testid="meeting-list">{groups::ORDER.map(group)}</div> }
}

#[component]
fn Group(meetings: Meetings, phase: MeetingPhase) -> impl IntoView {
    let ids = Memo::new(move |_| meetings.read(|all| groups::ids_of(phase, all)).unwrap_or_default());
    let empty = Memo::new(move |_| ids.with(Vec::is_empty));
    let heading = match phase {
        MeetingPhase::Open => tr("Open now"),
        MeetingPhase::Scheduled => tr("Upcoming"),
        MeetingPhase::Over => tr("Over"),
        MeetingPhase::Archived => tr("Archived"),
    };
    view! {
        <section class="meeting-group" hidden=move || empty.get()>
            <h2 class="meeting-group__title">{heading}</h2>
            <ul class="meeting-group__list">
                <For each=move || ids.get() key=|id| *id let:id>
                    <Row meetings=meetings id=id phase=phase />
                </For>
            </ul>
        </section>
    }
}

#[component]
fn Row(meetings: Meetings, id: MeetingId, phase: MeetingPhase) -> impl IntoView {
    let meeting = Memo::new(move |_| meetings.read(|all| all.iter().find(|m| m.info.id == id).cloned()).flatten());
    view! {
        <li>
            <Link to=Route::Meeting(id) class="meeting-row">
                {move || meeting.get().map(|meeting| view! { <Line meeting=meeting phase=phase /> })}
            </Link>
        </li>
    }
}

#[component]
fn Line(meeting: MeetingSummary, phase: MeetingPhase) -> impl IntoView {
    let MeetingSummary { info, invitees, present, waiting, .. } = meeting;
    let length = words::minutes(u32::try_from(info.ends_at.since(info.starts_at) / 60_000).unwrap_or_default());
    let live = phase == MeetingPhase::Open;
    view! {
        <span class="meeting-row__main">
            <bdi class="meeting-row__title">{info.title}</bdi>
            <span class="meeting-row__when">{when::here(info.starts_at, Detail::DateAndTime)}</span>
        </span>
        <span class="meeting-row__facts">
            {(live && waiting > 0).then(|| view! { <Badge tone=Tone::Warn icon=Glyph::Door>{words::waiting(waiting)}</Badge> })}
            {live.then(|| view! { <Badge tone=Tone::Good icon=Glyph::People>{words::present(present)}</Badge> })}
            <span class="meeting-row__invited">{words::invited(invitees)}</span>
            <span class="meeting-row__length">{length}</span>
        </span>
    }
}
