//! Ada invites people: each gets a PIN of their own, shown once, a link, an invitation and, when asked for, an SMS.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};
use shared::api::{
    ApiError, DoorReport, Field, FieldError, Invitee, IssuedPin, MeetingDetail, OutboxMessage, PasswordToRead,
};
use shared::input::InvalidText;
use shared::letter::DeliveryState;
use shared::limits::MAX_INVITEES;
use shared::meeting::Role;
use shared::pin::Pin;
use shared::signal::PasswordState;

use super::{Answer, Browser, Site, person};
use crate::config::SmsSenderKind;
use crate::db::sql;
use crate::meetings::events::SecondFactor;

async fn post(ada: &Browser<'_>, meeting: &MeetingDetail, tail: &str) -> Answer {
    ada.send(Method::POST, &format!("/api/v1/meetings/{}{tail}", meeting.info.id), None).await
}

async fn add(ada: &Browser<'_>, meeting: &MeetingDetail, person: Value) -> Answer {
    ada.post(&format!("/api/v1/meetings/{}/invitees", meeting.info.id), person).await
}

async fn detail(ada: &Browser<'_>, meeting: &MeetingDetail) -> Answer {
    ada.get(&format!("/api/v1/meetings/{}", meeting.info.id)).await
}

/// D9: every invitee has a PIN of their own.
#[tokio::test]
async fn each_invitee_gets_a_pin_that_is_shown_once_and_stored_as_a_mac() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let mut pins = BTreeSet::new();
    for name in ["Olga", "Paul", "Petra"] {
        let issued = ada.invite(&meeting, name).await;
        assert_eq!(issued.invitee.name, name);
        assert!(Pin::parse(issued.pin.reveal()).is_ok_and(|pin| pin.grouped() == issued.pin.reveal()));
        pins.insert(issued.pin.reveal().replace(' ', ""));
    }
    assert_eq!(pins.len(), 3);
    let shown = detail(&ada, &meeting).await;
    let names: Vec<_> = shown.json::<MeetingDetail>().invitees.into_iter().map(|invitee| invitee.name).collect();
    assert_eq!(names, ["Olga", "Paul", "Petra"], "in order of invitation");
    let stored = site.world.stored().await;
    assert!(stored.contains("Olga"), "the search finds what is there");
    assert!(pins.iter().all(|pin| !shown.text.contains(pin) && !stored.contains(pin)));
}

#[tokio::test]
async fn a_pin_issued_anew_takes_the_old_ones_place() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let first = ada.invite(&meeting, "Olga").await;
    site.world.clock.advance_ms(1_000);
    let second: IssuedPin = post(&ada, &meeting, &format!("/invitees/{}/pin", first.invitee.id)).await.json();
    assert_ne!(first.pin, second.pin);
    assert_eq!(second.invitee.link, first.invitee.link, "the link stays");
    assert!(second.invitee.pin_issued_at > first.invitee.pin_issued_at);
    let working: i64 = sql::query_scalar("SELECT COUNT(*) FROM pins WHERE revoked_at IS NULL")
        .fetch_one(site.world.state.db.read())
        .await
        .unwrap();
    assert_eq!(working, 1);
}

/// D9, D13: a PIN that is withdrawn opens nothing, and there is none until another is issued.
#[tokio::test]
async fn a_pin_is_withdrawn_once() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let olga = ada.invite(&meeting, "Olga").await.invitee;
    for _ in 0..2 {
        let withdrawn: Invitee = post(&ada, &meeting, &format!("/invitees/{}/pin/revoke", olga.id)).await.json();
        assert_eq!(withdrawn.pin_issued_at, None);
    }
    assert_eq!(events(&site).await, ["pin_issued", "pin_revoked"], "nothing was left to do the second time");
    let again: IssuedPin = post(&ada, &meeting, &format!("/invitees/{}/pin", olga.id)).await.json();
    assert!(again.invitee.pin_issued_at.is_some());
}

#[tokio::test]
async fn a_role_is_changed() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let olga = ada.invite(&meeting, "Olga").await.invitee;
    let path = format!("/api/v1/meetings/{}/invitees/{}", meeting.info.id, olga.id);
    for (body, role) in [
        (json!({"role": "observer"}), Role::Observer),
        (json!({}), Role::Observer),
        (json!({"role": "observer"}), Role::Observer),
    ] {
        let changed: Invitee = ada.send(Method::PATCH, &path, Some(body.to_string())).await.json();
        assert_eq!(changed.role, role);
    }
    assert_eq!(events(&site).await, ["pin_issued", "role_changed"], "what changes nothing is no event");
    for body in [json!({"role": "king"}), json!({"name": "Eve"}), json!([])] {
        assert_eq!(ada.send(Method::PATCH, &path, Some(body.to_string())).await.error(), (400, ApiError::Unreadable));
    }
}

/// D12: the console says what guessing comes to, from the PINs that work just now.
#[tokio::test]
async fn the_door_is_reported() {
    let site = Site::open_with(|config| config.door.pin_digits = 8).await;
    let ada = site.ada().await;
    let report = async || ada.get("/api/v1/door").await.json::<DoorReport>();
    let nobody = report().await;
    assert!(nobody.live_pins == 0 && nobody.holds() && nobody.chance_per_year == 0.0, "{nobody:?}");
    let meeting = ada.meeting().await;
    for name in ["Olga", "Piet"] {
        let pin = ada.invite(&meeting, name).await.pin;
        assert_eq!(pin.reveal().len(), 9, "eight digits and a space");
    }
    let two = report().await;
    assert!(two.live_pins == 2 && !two.holds(), "two PINs of eight digits are too short: {two:?}");
    assert!((9.9..10.1).contains(&two.granted_per_s), "and people still get in");
    assert_eq!(site.stranger().get("/api/v1/door").await.error(), (401, ApiError::NotLoggedIn));
}

/// What is written down, oldest first.
async fn events(site: &Site) -> Vec<String> {
    site.world.door_events().await.into_iter().map(|(kind, _)| kind).collect()
}

#[tokio::test]
async fn wrong_data_about_people_is_named() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let text = |reason| FieldError::Text { reason };
    let table = [
        ("name", json!("x".repeat(101)), Field::Name, text(InvalidText::TooLong { max: 100 })),
        ("name", json!("Ol\u{0}ga"), Field::Name, text(InvalidText::ControlCharacter)),
        ("name", json!("\u{200f}Olga"), Field::Name, text(InvalidText::HiddenCharacter)),
        ("phone", json!("0470 12 34 56"), Field::Phone, text(InvalidText::NotAPhoneNumber)),
        ("phone", json!("+999 123 456 789"), Field::Phone, FieldError::ImpossibleNumber),
        ("phone", json!("+32 0"), Field::Phone, text(InvalidText::NotAPhoneNumber)),
        ("email", json!("olga at example"), Field::Email, text(InvalidText::NotAnEmail)),
    ];
    for (name, value, field, reason) in table {
        let mut body = person("Olga");
        body[name] = value;
        assert_eq!(add(&ada, &meeting, body).await.error(), (422, ApiError::Field { field, reason }), "{name}");
    }
    let mut king = person("Olga");
    king["role"] = json!("king");
    let mut extra = person("Olga");
    extra["pin"] = json!("1234567890123456");
    for body in [king, extra] {
        assert_eq!(add(&ada, &meeting, body).await.error(), (400, ApiError::Unreadable));
    }
    assert!(detail(&ada, &meeting).await.json::<MeetingDetail>().invitees.is_empty());
}

#[tokio::test]
async fn a_meeting_has_so_many_invitees_and_no_more() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    for n in 0..MAX_INVITEES {
        assert_eq!(add(&ada, &meeting, person(&format!("Guest {n}"))).await.status, 201);
    }
    assert_eq!(add(&ada, &meeting, person("One more")).await.error(), (409, ApiError::MeetingFull));
}

/// D24: the invitation carries the link; the PIN is still asked.
#[tokio::test]
async fn the_calendar_file_has_the_link_and_not_the_pin() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let issued = ada.invite(&meeting, "Olga").await;
    let path = format!("/api/v1/meetings/{}/invitees/{}/invitation.ics", meeting.info.id, issued.invitee.id);
    let file = ada.get(&path).await;
    assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"invitation-Olga.ics\"; filename*=UTF-8''invitation-Olga.ics"
    );
    let unfolded = file.text.replace("\r\n ", "");
    assert_eq!(unfolded.matches("BEGIN:VEVENT").count(), 1);
    assert!(unfolded.contains(&issued.invitee.link) && issued.invitee.link.contains("/join#"));
    assert!(unfolded.contains("DTSTART:20261121T120000Z"), "{unfolded}");
    let pin = issued.pin.reveal();
    assert!(!unfolded.contains(pin) && !unfolded.contains(&pin.replace(' ', "")));
    assert!(!unfolded.contains("+32470123456") && !unfolded.contains("Olga"));
}

/// D26: the password goes out by SMS, and the console learns only that it did.
#[tokio::test]
async fn a_password_is_sent_now() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let olga = ada.invite(&meeting, "Olga").await.invitee;
    assert_eq!(olga.password, PasswordState::NotAsked);
    let send = format!("/invitees/{}/password", olga.id);
    let sent: shared::api::Invitee = post(&ada, &meeting, &send).await.json();
    assert_eq!(sent.password, PasswordState::Sent { phone_ends_in: "56".into() });
    let delivery = sent.password_sms.unwrap();
    assert_eq!((delivery.state, delivery.at), (DeliveryState::Accepted, site.world.state.clock.now()));
    let outbox: Vec<OutboxMessage> = ada.get("/api/v1/outbox").await.json();
    assert_eq!((outbox.len(), outbox[0].to.as_str()), (1, "+32470123456"));
    let (status, error) = post(&ada, &meeting, &send).await.error();
    assert!(status == 429 && matches!(error, ApiError::TooManyTries { .. }), "{error:?}");
    let mut no_phone = person("Paul");
    no_phone["phone"] = json!(null);
    let paul: IssuedPin = add(&ada, &meeting, no_phone).await.json();
    let answer = post(&ada, &meeting, &format!("/invitees/{}/password", paul.invitee.id)).await;
    assert_eq!(answer.error(), (409, ApiError::NoPhone));
    let nobody = post(&ada, &meeting, &format!("/invitees/{}/password", "0".repeat(32))).await;
    assert_eq!(nobody.error(), (404, ApiError::NotFound));
}

/// D25: whom no SMS reaches is read a password out; it takes the SMS password's place, and only its hash is kept.
#[tokio::test]
async fn a_password_is_shown_once_to_be_read_out() {
    let site = Site::open_with(|config| config.sms.sender = SmsSenderKind::None).await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let olga = ada.invite(&meeting, "Olga").await.invitee;
    let path = format!("/invitees/{}/password/read-out", olga.id);
    let shown: PasswordToRead = post(&ada, &meeting, &path).await.json();
    assert_eq!((shown.invitee.password.clone(), shown.invitee.password_sms), (PasswordState::ReadOut, None));
    let passwords = site.world.state.passwords();
    assert_eq!(shown.password.reveal().len(), 9);
    let given = passwords.check(olga.id, &shown.password).await.unwrap();
    assert_eq!(given, SecondFactor::ReadOutPassword, "the record says how it reached its person");
    let again: PasswordToRead = post(&ada, &meeting, &path).await.json();
    assert!(passwords.check(olga.id, &shown.password).await.is_err() && shown.password != again.password);
    assert_eq!(events(&site).await, ["pin_issued", "password_shown", "password_shown"]);
    let listed = detail(&ada, &meeting).await;
    assert!(!listed.text.contains(again.password.reveal()) && listed.text.contains("read_out"));
    let nobody = post(&ada, &meeting, &format!("/invitees/{}/password/read-out", "0".repeat(32))).await;
    assert_eq!(nobody.error(), (404, ApiError::NotFound));
}

/// D26: when passwords go out is chosen with the meeting, and later.
#[tokio::test]
async fn when_passwords_go_out_is_a_choice() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let mut asking = super::meeting_now();
    (asking["ask_password"], asking["password_before_minutes"]) = (json!(true), json!(30));
    let meeting: MeetingDetail = ada.post("/api/v1/meetings", asking).await.json();
    assert_eq!(meeting.password_before_minutes, 30);
    let path = format!("/api/v1/meetings/{}", meeting.info.id);
    let patch = async |body: Value| ada.send(Method::PATCH, &path, Some(body.to_string())).await;
    let changed: MeetingDetail = patch(json!({ "password_before_minutes": 5 })).await.json();
    assert_eq!((changed.ask_password, changed.password_before_minutes), (true, 5));
    let changed: MeetingDetail = patch(json!({ "ask_password": false })).await.json();
    assert_eq!((changed.ask_password, changed.password_before_minutes), (false, 5));
    let reason = FieldError::OutOfRange { min: 0, max: 120 };
    let refused = ApiError::Field { field: Field::PasswordBefore, reason };
    assert_eq!(patch(json!({ "password_before_minutes": 121 })).await.error(), (422, refused));
}

/// D26: without a sender no password can arrive, so none is asked for and none is tried.
#[tokio::test]
async fn a_server_without_sms_asks_for_no_passwords() {
    let site = Site::open_with(|config| config.sms.sender = SmsSenderKind::None).await;
    let ada = site.ada().await;
    assert!(!ada.get("/api/v1/site").await.json::<shared::api::Site>().sms);
    let mut asking = super::meeting_now();
    asking["ask_password"] = json!(true);
    assert_eq!(ada.post("/api/v1/meetings", asking).await.error(), (409, ApiError::NoSms));
    let meeting = ada.meeting().await;
    let path = format!("/api/v1/meetings/{}", meeting.info.id);
    let patch = |ask: bool| json!({ "ask_password": ask }).to_string();
    assert_eq!(ada.send(Method::PATCH, &path, Some(patch(true))).await.error(), (409, ApiError::NoSms));
    assert_eq!(ada.send(Method::PATCH, &path, Some(patch(false))).await.status, 200, "switching it off always works");
    let olga = ada.invite(&meeting, "Olga").await.invitee;
    for _ in 0..2 {
        let answer = post(&ada, &meeting, &format!("/invitees/{}/password", olga.id)).await;
        assert_eq!(answer.error(), (409, ApiError::NoSms));
    }
    let other = Site::open().await;
    assert!(other.ada().await.get("/api/v1/site").await.json::<shared::api::Site>().sms);
}
