//! Ada sends invitations: the link by e-mail, the PIN by SMS, never both in one mailbox; and calls people into a meeting.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use shared::api::{
    ApiError, CalledIn, Field, FieldError, Invitee, IssuedPin, MeetingDetail, MeetingSummary, OutboxMessage,
};
use shared::letter::DeliveryState;
use shared::meeting::Role;
use shared::pin::Pin;

use super::{Answer, Browser, Site};
use crate::config::{Config, MailSenderKind, SmsSenderKind};
use crate::meetings::pins;

fn with_mail(config: &mut Config) {
    config.mail.sender = MailSenderKind::Outbox;
    config.mail.from = Some("Acme <meet@example.org>".into());
}

fn person(name: &str, phone: Option<&str>, email: Option<&str>) -> Value {
    json!({ "name": name, "phone": phone, "email": email, "role": "participant" })
}

async fn add(ada: &Browser<'_>, meeting: &MeetingDetail, person: Value) -> IssuedPin {
    ada.post(&format!("/api/v1/meetings/{}/invitees", meeting.info.id), person).await.json()
}

async fn send(ada: &Browser<'_>, meeting: &MeetingDetail, to: &Invitee) -> Answer {
    ada.send(Method::POST, &format!("/api/v1/meetings/{}/invitees/{}/invitation", meeting.info.id, to.id), None).await
}

async fn send_all(ada: &Browser<'_>, meeting: &MeetingDetail) -> Answer {
    ada.send(Method::POST, &format!("/api/v1/meetings/{}/invitations", meeting.info.id), None).await
}

/// The outbox, oldest first, once so much is in it.
async fn outbox(ada: &Browser<'_>, messages: usize) -> Vec<OutboxMessage> {
    for _ in 0..400 {
        let mut outbox: Vec<OutboxMessage> = ada.get("/api/v1/outbox").await.json();
        if outbox.len() >= messages {
            outbox.reverse();
            return outbox;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{messages} messages in vain");
}

/// The meeting once nothing is on its way any more.
async fn settled(ada: &Browser<'_>, meeting: &MeetingDetail) -> MeetingDetail {
    for _ in 0..400 {
        let detail: MeetingDetail = ada.get(&format!("/api/v1/meetings/{}", meeting.info.id)).await.json();
        let sending = |invitee: &Invitee| {
            let letters = [&invitee.invitation_email, &invitee.invitation_sms];
            letters.into_iter().flatten().any(|letter| letter.state == DeliveryState::Sending)
        };
        if !detail.invitees.iter().any(sending) {
            return detail;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("something is on its way for ever");
}

async fn works(site: &Site, pin: &str) -> bool {
    let state = &site.world.state;
    let known = pins::find(&state.db, &state.keys, &Pin::parse(pin).unwrap()).await.unwrap();
    known.is_some_and(|known| known.revoked_at.is_none())
}

/// The digits of the PIN in a text.
fn pin_in(text: &str) -> String {
    let after = text.split_once("PIN ").unwrap().1;
    after.chars().take_while(|c| c.is_ascii_digit() || *c == ' ').collect::<String>().trim().to_owned()
}

/// Link in one place, PIN in another: who reads the mailbox gets no further than who reads the telephone.
#[tokio::test]
async fn the_link_goes_by_e_mail_and_the_pin_by_sms() {
    let site = Site::open_with(with_mail).await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let olga = add(&ada, &meeting, person("Olga", Some("+32470123456"), Some("olga@example.org"))).await;
    let sent: Invitee = send(&ada, &meeting, &olga.invitee).await.json();
    // Nobody waits for it; on a busy machine it may be done all the same.
    let begun = sent.invitation_email.map(|mail| mail.state);
    assert!(matches!(begun, Some(DeliveryState::Sending | DeliveryState::Accepted)), "{begun:?}");
    let messages = outbox(&ada, 2).await;
    let (mail, sms) = (&messages[0], &messages[1]);
    assert_eq!((mail.to.as_str(), sms.to.as_str()), ("olga@example.org", "+32470123456"));
    assert!(
        mail.subject.as_ref().is_some_and(|subject| subject.starts_with("Invitation: Board")) && sms.subject.is_none()
    );
    assert!(mail.text.contains(&sent.link) && !sms.text.contains("/join#"));
    let pin = sms.text.split(": ").nth(2).unwrap().split('.').next().unwrap();
    assert!(works(&site, pin).await && !works(&site, olga.pin.reveal()).await, "a new PIN took the old one's place");
    assert!(!mail.text.contains(pin) && !mail.text.contains(&pin.replace(' ', "")));
    let olga = settled(&ada, &meeting).await.invitees.remove(0);
    let state = |delivery: Option<shared::letter::Delivery>| delivery.map(|delivery| delivery.state);
    let accepted = Some(DeliveryState::Accepted);
    assert_eq!((state(olga.invitation_email.clone()), state(olga.invitation_sms.clone())), (accepted, accepted));
    let (status, error) = send(&ada, &meeting, &olga).await.error();
    assert!(status == 429 && matches!(error, ApiError::TooManyTries { .. }), "{error:?}");
    let kinds: Vec<String> = site.world.door_events().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["pin_issued", "invitation_sent", "pin_issued", "invitation_sent"]);
}

/// Whom one way alone reaches: a telephone is sent both, a mailbox only the link, and who has neither is told by hand.
#[tokio::test]
async fn each_is_sent_what_their_ways_allow() {
    let site = Site::open_with(with_mail).await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let phone = add(&ada, &meeting, person("Peter", Some("+32470123456"), None)).await;
    let mail = add(&ada, &meeting, person("Mia", None, Some("mia@example.org"))).await;
    let neither = add(&ada, &meeting, person("Noor", None, None)).await;
    send(&ada, &meeting, &phone.invitee).await.json::<Invitee>();
    let sms = outbox(&ada, 1).await.remove(0);
    assert!(sms.text.contains(&phone.invitee.link) && works(&site, &pin_in(&sms.text)).await, "{}", sms.text);
    send(&ada, &meeting, &mail.invitee).await.json::<Invitee>();
    let letter = outbox(&ada, 2).await.remove(1);
    assert!(letter.text.contains("Ada gives it to you another way"), "{}", letter.text);
    assert!(works(&site, mail.pin.reveal()).await, "an e-mail leaves the PIN as it is");
    assert_eq!(send(&ada, &meeting, &neither.invitee).await.error(), (409, ApiError::NoWay));
    let nobody = format!("/api/v1/meetings/{}/invitees/{}/invitation", meeting.info.id, "0".repeat(32));
    assert_eq!(ada.send(Method::POST, &nobody, None).await.error(), (404, ApiError::NotFound));
}

/// D24: where the link is enough it goes one way, and no PIN with it; the PIN that was handed out goes on working.
#[tokio::test]
async fn where_the_link_is_enough_no_pin_goes_out() {
    let site = Site::open_with(with_mail).await;
    let ada = site.ada().await;
    let mut new = super::meeting_now();
    new["rules"] = json!({ "link_suffices": true });
    let meeting: MeetingDetail = ada.post("/api/v1/meetings", new).await.json();
    let olga = add(&ada, &meeting, person("Olga", Some("+32470123456"), Some("olga@example.org"))).await;
    let peter = add(&ada, &meeting, person("Peter", Some("+31201234567"), None)).await;
    send_all(&ada, &meeting).await;
    settled(&ada, &meeting).await;
    let messages = outbox(&ada, 2).await;
    assert_eq!(
        messages.iter().map(|message| message.to.as_str()).collect::<Vec<_>>(),
        ["olga@example.org", "+31201234567"]
    );
    assert!(
        messages[1].text.contains(&peter.invitee.link) && messages.iter().all(|message| !message.text.contains("PIN "))
    );
    assert!(works(&site, olga.pin.reveal()).await && works(&site, peter.pin.reveal()).await);
}

/// To all at once goes what was not sent, and nothing to who has come with their PIN, or whose PIN was withdrawn.
#[tokio::test]
async fn everybody_is_sent_one_once() {
    let site = Site::open_with(with_mail).await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let mut people = Vec::new();
    for n in 0..4 {
        let number = format!("+3247012345{n}");
        people.push(add(&ada, &meeting, person(&format!("Guest {n}"), Some(&number), None)).await);
    }
    let withdraw = format!("/api/v1/meetings/{}/invitees/{}/pin/revoke", meeting.info.id, people[2].invitee.id);
    ada.send(Method::POST, &withdraw, None).await.json::<Invitee>();
    crate::db::sql::query("INSERT INTO door_events SELECT 'e', organisation_id, meeting_id, id, 1, 'knocked', 'clock', '{}' FROM invitees WHERE id = $1")
        .bind(people[3].invitee.id.to_string())
        .execute(site.world.state.db.write())
        .await
        .unwrap();
    for _ in 0..3 {
        assert_eq!(send_all(&ada, &meeting).await.status, 200);
        settled(&ada, &meeting).await;
        site.world.clock.advance_ms(60_000);
    }
    let to: Vec<String> = outbox(&ada, 2).await.into_iter().map(|message| message.to).collect();
    assert_eq!(to, ["+32470123450", "+32470123451"]);
    assert!(works(&site, people[3].pin.reveal()).await, "who has come keeps their PIN");
    assert_eq!(send(&ada, &meeting, &people[2].invitee).await.error(), (409, ApiError::PinWithdrawn));
}

/// A console is no mail bomb: the day's limit holds, whoever is written to, and what it keeps back is seen.
#[tokio::test]
async fn the_day_s_limit_holds() {
    let site = Site::open_with(|config| {
        with_mail(config);
        (config.mail.per_day, config.sms.sender) = (2, SmsSenderKind::None);
    })
    .await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    for n in 0..3 {
        add(&ada, &meeting, person(&format!("Guest {n}"), None, Some(&format!("{n}@example.org")))).await;
    }
    send_all(&ada, &meeting).await;
    let detail = settled(&ada, &meeting).await;
    let states: Vec<_> = detail.invitees.iter().map(|i| i.invitation_email.as_ref().unwrap().state).collect();
    assert_eq!(states, [DeliveryState::Accepted, DeliveryState::Accepted, DeliveryState::KeptBack]);
    assert_eq!(outbox(&ada, 2).await.len(), 2);
    assert_eq!(send(&ada, &meeting, &detail.invitees[2]).await.error(), (409, ApiError::MailBudgetSpent));
    site.world.clock.advance_ms(12 * 3_600_000);
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let issued = add(&ada, &meeting, person("Guest", None, Some("0@example.org"))).await;
    assert_eq!(send(&ada, &meeting, &issued.invitee).await.status, 200, "the next day");
}

#[tokio::test]
async fn a_server_that_sends_nothing_says_so() {
    let site = Site::open_with(|config| config.sms.sender = SmsSenderKind::None).await;
    let ada = site.ada().await;
    let meeting = ada.meeting().await;
    let olga = add(&ada, &meeting, person("Olga", Some("+32470123456"), Some("olga@example.org"))).await;
    assert_eq!(send_all(&ada, &meeting).await.error(), (409, ApiError::NoWay));
    assert_eq!(send(&ada, &meeting, &olga.invitee).await.error(), (409, ApiError::NoWay));
    let call = json!({ "title": "Fire", "duration_minutes": 60, "time_zone": "UTC", "people": [] });
    assert_eq!(ada.post("/api/v1/meetings/call", call).await.error(), (409, ApiError::NoSms));
}

/// Q18: one call starts a meeting now and sends everybody their own link and PIN; who calls is its moderator.
#[tokio::test]
async fn people_are_called_into_a_meeting_that_starts_now() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let call = |people: Value| json!({ "title": "Fire", "duration_minutes": 60, "time_zone": "UTC", "people": people });
    let text = |reason| FieldError::Text { reason };
    let wrong = json!([{ "name": "Olga", "phone": "+32470123456" }, { "name": "Piet", "phone": "020" }]);
    let reason = text(shared::input::InvalidText::NotAPhoneNumber);
    let refused = ApiError::Person { row: 1, field: Field::Phone, reason };
    assert_eq!(ada.post("/api/v1/meetings/call", call(wrong)).await.error(), (422, refused));
    let reason = text(shared::input::InvalidText::Empty);
    let nobody = ApiError::Field { field: Field::Name, reason: reason.clone() };
    assert_eq!(ada.post("/api/v1/meetings/call", call(json!([]))).await.error(), (422, nobody));
    let no_phone = ApiError::Person { row: 0, field: Field::Phone, reason };
    let answer = ada.post("/api/v1/meetings/call", call(json!([{ "name": "Olga", "phone": " " }]))).await;
    assert_eq!(answer.error(), (422, no_phone));
    assert!(ada.get("/api/v1/meetings").await.json::<Vec<MeetingSummary>>().is_empty(), "nothing was made");

    let people = json!([{ "name": "Olga", "phone": "+32470123456" }, { "name": "Piet", "phone": "+31201234567" }]);
    let answer = ada.post("/api/v1/meetings/call", call(people)).await;
    assert_eq!(answer.status, 201);
    let CalledIn { meeting, own } = answer.json();
    assert_eq!((own.invitee.role, own.invitee.name.as_str()), (Role::Moderator, "Ada"));
    assert!(works(&site, own.pin.reveal()).await);
    let names: Vec<_> = meeting.invitees.iter().map(|invitee| invitee.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Olga", "Piet"]);
    let messages = outbox(&ada, 2).await;
    for (message, invitee) in messages.iter().zip(&meeting.invitees[1..]) {
        assert_eq!(Some(&message.to), invitee.phone.as_ref());
        assert!(message.text.contains(&invitee.link) && message.text.contains("now"), "{}", message.text);
        assert!(works(&site, &pin_in(&message.text)).await);
    }
    assert_ne!(pin_in(&messages[0].text), pin_in(&messages[1].text));
    let stranger = site.stranger().post("/api/v1/meetings/call", call(json!([]))).await;
    assert_eq!(stranger.error(), (401, ApiError::NotLoggedIn));
}
