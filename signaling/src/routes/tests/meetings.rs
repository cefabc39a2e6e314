//! Ada schedules meetings; what nobody can mean is refused, field by field.

use axum::http::Method;
use serde_json::{Value, json};
use shared::api::{ApiError, Field, FieldError, MeetingDetail, MeetingSummary};
use shared::ids::{AccountId, OrganisationId};
use shared::input::InvalidText;
use shared::limits::{MAX_MEETING_MINUTES, MAX_TITLE_CHARS};
use shared::meeting::{MeetingKind, MeetingPhase};
use shared::secret::Secret;

use super::{Browser, PASSWORD, Site, meeting_now, person};
use crate::accounts::{Account, name_key};
use crate::db;
use crate::testing::NOON;

const MEETINGS: &str = "/api/v1/meetings";

fn path(meeting: &MeetingDetail, tail: &str) -> String {
    format!("{MEETINGS}/{}{tail}", meeting.info.id)
}

#[tokio::test]
async fn a_meeting_is_scheduled_listed_and_shown() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let mut later = meeting_now();
    later["title"] = json!("  <script>alert(1)</script>  ");
    later["start"] = json!({ "kind": "at", "local": "2026-12-01T14:30" });
    let answer = ada.post(MEETINGS, later).await;
    assert_eq!(answer.status, 201);
    let scheduled: MeetingDetail = answer.json();
    assert_eq!(scheduled.info.title, "<script>alert(1)</script>", "kept as text, shown as text");
    assert_eq!(scheduled.info.kind, MeetingKind::NothingKept);
    assert_eq!(scheduled.phase, MeetingPhase::Scheduled);
    assert_eq!(scheduled.info.closes_at.since(scheduled.info.starts_at), 70 * 60_000);
    let now = ada.meeting().await;
    assert_eq!((now.phase, now.info.starts_at, now.duration_minutes), (MeetingPhase::Open, NOON, 60));
    let list: Vec<MeetingSummary> = ada.get(MEETINGS).await.json();
    let ids: Vec<_> = list.iter().map(|line| line.info.id).collect();
    assert_eq!(ids, [scheduled.info.id, now.info.id], "newest start first");
    assert_eq!(ada.get(&path(&now, "")).await.json::<MeetingDetail>(), now);
}

#[tokio::test]
async fn wrong_fields_are_named_and_nothing_is_stored() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let text = |reason| FieldError::Text { reason };
    let long = "x".repeat(10_000);
    let table = [
        ("title", json!(""), Field::Title, text(InvalidText::Empty)),
        ("title", json!(long), Field::Title, text(InvalidText::TooLong { max: MAX_TITLE_CHARS })),
        ("title", json!("Bo\u{0}ard"), Field::Title, text(InvalidText::ControlCharacter)),
        ("title", json!("\u{202e}draoB"), Field::Title, text(InvalidText::HiddenCharacter)),
        ("start", json!({ "kind": "at", "local": "2026-11-20T10:00" }), Field::Start, FieldError::InThePast),
        ("start", json!({ "kind": "at", "local": "soon" }), Field::Start, FieldError::NotATime),
        ("duration_minutes", json!(0), Field::Duration, FieldError::OutOfRange { min: 1, max: MAX_MEETING_MINUTES }),
        ("time_zone", json!("Mars/Olympus"), Field::TimeZone, FieldError::UnknownTimeZone),
    ];
    for (name, value, field, reason) in table {
        let mut body = meeting_now();
        body[name] = value;
        assert_eq!(ada.post(MEETINGS, body).await.error(), (422, ApiError::Field { field, reason }), "{name}");
    }
    assert!(ada.get(MEETINGS).await.json::<Vec<MeetingSummary>>().is_empty());
}

#[tokio::test]
async fn what_is_no_meeting_cannot_be_read() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let changed = |name: &str, value: Value| {
        let mut body = meeting_now();
        body[name] = value;
        body
    };
    for body in [
        changed("recorded", json!(true)),
        changed("duration_minutes", json!(-1)),
        changed("duration_minutes", json!(1e99)),
        changed("start", json!({ "kind": "never" })),
        changed("start", json!({ "kind": "at", "local": "2026-12-01T14:30", "x": 1 })),
        json!({}),
        json!(null),
    ] {
        assert_eq!(ada.post(MEETINGS, body.clone()).await.error(), (400, ApiError::Unreadable), "{body}");
    }
    assert_eq!(
        ada.post(MEETINGS, changed("title", json!("x".repeat(100_000)))).await.error(),
        (413, ApiError::TooLarge)
    );
}

/// D25: a password can be asked on top of the PIN, or no longer.
#[tokio::test]
async fn the_password_switch_is_turned_and_only_what_is_sent_changes() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    for (body, asked) in
        [(json!({ "ask_password": true }), true), (json!({}), true), (json!({ "ask_password": false }), false)]
    {
        let answer = ada.send(Method::PATCH, &path(&meeting, ""), Some(body.to_string())).await;
        assert_eq!(answer.json::<MeetingDetail>().ask_password, asked, "{body}");
        assert_eq!(ada.get(&path(&meeting, "")).await.json::<MeetingDetail>().ask_password, asked);
    }
    let unknown = ada.send(Method::PATCH, &path(&meeting, ""), Some(json!({ "title": "x" }).to_string())).await;
    assert_eq!(unknown.error(), (400, ApiError::Unreadable));
}

/// D13, D38: over is over, at once and for everything.
#[tokio::test]
async fn a_meeting_is_ended_once() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let olga = ada.invite(&meeting, "Olga").await.invitee;
    let ended = ada.send(Method::POST, &path(&meeting, "/end"), None).await;
    assert_eq!(ended.json::<MeetingDetail>().phase, MeetingPhase::Over);
    let invitee = format!("/invitees/{}", olga.id);
    let late = [
        ada.send(Method::POST, &path(&meeting, "/end"), None).await,
        ada.send(Method::PATCH, &path(&meeting, ""), Some(json!({ "ask_password": true }).to_string())).await,
        ada.post(&path(&meeting, "/invitees"), person("Paul")).await,
        ada.send(Method::POST, &path(&meeting, &format!("{invitee}/pin")), None).await,
        ada.send(Method::POST, &path(&meeting, &format!("{invitee}/password")), None).await,
    ];
    for answer in late {
        assert_eq!(answer.error(), (409, ApiError::MeetingOver));
    }
    assert_eq!(ada.get(&path(&meeting, &format!("{invitee}/invitation.ics"))).await.status, 200);
}

#[tokio::test]
async fn the_clock_ends_a_meeting_too() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    site.world.clock.advance_ms(70 * 60_000);
    let ada = site.ada().await;
    assert_eq!(ada.get(&path(&meeting, "")).await.json::<MeetingDetail>().phase, MeetingPhase::Over);
    assert_eq!(ada.post(&path(&meeting, "/invitees"), person("Paul")).await.error(), (409, ApiError::MeetingOver));
}

/// Another organisation's meeting is not there, and neither is one that never was; nobody may look without logging in.
#[tokio::test]
async fn other_peoples_meetings_are_not_there() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let olga = ada.invite(&meeting, "Olga").await.invitee;
    let eve = eve_of_another_organisation(&site).await;
    let stranger = site.stranger();
    let invitee = format!("/invitees/{}", olga.id);
    for (method, tail) in [
        (Method::GET, String::new()),
        (Method::PATCH, String::new()),
        (Method::POST, "/end".into()),
        (Method::POST, "/invitees".into()),
        (Method::PATCH, invitee.clone()),
        (Method::POST, "/archive".into()),
        (Method::POST, format!("{invitee}/pin")),
        (Method::POST, format!("{invitee}/pin/revoke")),
        (Method::POST, format!("{invitee}/password")),
        (Method::GET, format!("{invitee}/invitation.ics")),
    ] {
        let body = match (&method, tail.as_str()) {
            (&Method::PATCH, _) => Some(json!({}).to_string()),
            (_, "/invitees") => Some(person("Eve").to_string()),
            _ => None,
        };
        let answer = eve.send(method.clone(), &path(&meeting, &tail), body.clone()).await;
        assert_eq!(answer.error(), (404, ApiError::NotFound), "{method} {tail}");
        let nowhere = format!("{MEETINGS}/{}{tail}", "0".repeat(32));
        assert_eq!(ada.send(method.clone(), &nowhere, body.clone()).await.error(), (404, ApiError::NotFound), "{tail}");
        let answer = stranger.send(method.clone(), &path(&meeting, &tail), body).await;
        assert_eq!(answer.error(), (401, ApiError::NotLoggedIn), "{method} {tail}");
    }
    assert!(eve.get(MEETINGS).await.json::<Vec<MeetingSummary>>().is_empty());
    for id in ["x", "%00", "..%2f..%2fetc", &"g".repeat(32)] {
        assert_eq!(ada.get(&format!("{MEETINGS}/{id}")).await.status, 404, "{id}");
    }
}

pub(super) async fn eve_of_another_organisation(site: &Site) -> Browser<'_> {
    let state = &site.world.state;
    let organisation = OrganisationId::from_random([9; 16]);
    db::accounts::insert_organisation(&state.db, organisation, "Elsewhere", NOON.plus_ms(1)).await.unwrap();
    let account = Account { id: AccountId::from_random([9; 16]), organisation, name: "Eve".into() };
    assert_eq!(name_key(" EVE "), name_key(&account.name));
    let hash = state.hasher.hash(&Secret::new(PASSWORD)).await.unwrap();
    assert!(db::accounts::insert(&state.db, &account, &hash, NOON).await.unwrap());
    let mut eve = site.stranger();
    assert_eq!(eve.log_in("Eve", PASSWORD).await.status, 200);
    eve
}
