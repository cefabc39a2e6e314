//! Invitations by e-mail through a real mail server, read by a mail reader and a calendar that nobody here wrote.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use e2e::{Browser, Deployment, Link, MailEncryption, MailServer, Meeting, Options, Person, meeting_now, until};
use serde_json::{Value, json};
use shared::api::{Invitee, MeetingDetail, NewInvitee, NewMeeting, Start};
use shared::letter::{Delivery, DeliveryState};
use shared::meeting::Role;

/// A server that sends through that mail server, and keeps its SMS.
async fn server(mail: &MailServer) -> Deployment {
    let config = format!("[sms]\nsender = \"outbox\"\n{}", mail.config());
    Deployment::start_with(Options { config, ..Options::default() }).await
}

fn person(name: &str, email: &str, phone: Option<&str>) -> NewInvitee {
    NewInvitee {
        name: name.into(),
        phone: phone.map(str::to_owned),
        email: Some(email.into()),
        role: Role::Participant,
        account: None,
    }
}

async fn invite(server: &Deployment, meeting: &Meeting, link: &Link) -> Invitee {
    let path = format!("/meetings/{}/invitees/{}/invitation", meeting.id, link.invitee.id);
    server.console().await.call::<(), _>(reqwest::Method::POST, &path, None).await.unwrap()
}

/// What became of the e-mail to that person, once something has.
async fn outcome(server: &Deployment, meeting: &Meeting, name: &str) -> Delivery {
    let console = server.console().await;
    let delivery = async || {
        let invitees = console.detail(meeting).await.invitees;
        invitees.into_iter().find(|invitee| invitee.name == name).unwrap().invitation_email.unwrap()
    };
    until("what became of the e-mail", || async { delivery().await.state != DeliveryState::Sending }).await;
    delivery().await
}

/// The invitation arrives encrypted, says who invites, carries the link and a calendar file that a calendar reads as what was
/// meant, and never the PIN, which goes by SMS.
#[tokio::test]
async fn an_invitation_arrives_and_a_calendar_reads_it() {
    for encryption in [MailEncryption::Starttls, MailEncryption::Implicit] {
        let mail = MailServer::start(encryption).await;
        let server = server(&mail).await;
        let title = "Réunion; \"Budget\", 董事会 and a title that is long enough for its lines to be folded twice over";
        let start = Start::At { local: "2027-07-01T14:30".into() };
        let meeting = NewMeeting { start, duration_minutes: 90, ..meeting_now(title) };
        let olga = person("Olga Ωmega", "olga@example.org", Some("+32470123456"));
        let meeting = server.console().await.meeting_with(&meeting, &[olga]).await;
        let link = meeting.link("Olga Ωmega");
        invite(&server, &meeting, link).await;
        until("the e-mail", || async { !mail.taken().is_empty() }).await;
        let [taken] = &mail.taken()[..] else { panic!("{:?}", mail.taken()) };
        assert_eq!((&taken["encrypted"], &taken["to"]), (&json!(true), &json!(["olga@example.org"])));
        let header = |name: &str| taken["headers"][name].as_str().unwrap_or_default().to_owned();
        assert_eq!(header("From"), "Acme <meet@example.org>");
        assert!(header("Subject").starts_with("Invitation: Réunion; \"Budget\", 董事会"), "{}", header("Subject"));
        assert!(header("To").contains("Olga Ωmega") && header("Message-ID").ends_with("@example.org>"));
        assert_eq!(header("Auto-Submitted"), "auto-generated");
        let (text, html) = (taken["text"].as_str().unwrap(), taken["html"].as_str().unwrap());
        for said in ["Ada of Conclave invites you", "Olga Ωmega", "14:30 CEST", link.url(), "ends in 56"] {
            assert!(text.contains(said) && html.contains(said), "{said} in {text}");
        }
        let event = &taken["event"];
        assert!(taken["calendar_type"].as_str().unwrap().contains("method=\"PUBLISH\""), "{}", taken["calendar_type"]);
        let expected = json!({
            "method": "PUBLISH", "summary": title, "url": link.url(), "sequence": 0, "organizer": "mailto:meet@example.org",
            "organizer_name": "Conclave", "start": "2027-07-01T12:30:00+00:00", "end": "2027-07-01T14:00:00+00:00",
            "bare_line_breaks": 0,
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&event[name], value, "{name}");
        }
        assert!(event["longest_line"].as_u64().unwrap() <= 75, "RFC 5545 section 3.1: {}", event["longest_line"]);
        assert!(event["uid"].as_str().unwrap().contains(&link.invitee.id.to_string()));
        let console = server.console().await;
        until("the PIN by SMS", || async { console.outbox().await.len() == 1 }).await;
        let sms = console.outbox().await.remove(0);
        let pin = sms.text.split(": ").nth(2).unwrap().split('.').next().unwrap().to_owned();
        assert_eq!(pin.len(), 19, "{}", sms.text);
        let whole = taken.to_string();
        assert!(!whole.contains(&pin) && !whole.contains(&pin.replace(' ', "")), "the PIN is in the e-mail");
        assert_eq!(outcome(&server, &meeting, "Olga Ωmega").await.state, DeliveryState::Accepted, "{}", mail.log());
        let log = server.log();
        assert!(!log.contains("olga@") && !log.contains("Olga") && !log.contains("/join#"), "somebody is in the log");
    }
}

/// What the mail server refuses is said and not tried again; what it puts off is tried three times; and what cannot be said
/// encrypted is not said.
#[tokio::test]
async fn what_does_not_arrive_is_seen() {
    let mail = MailServer::start(MailEncryption::Starttls).await;
    let server = server(&mail).await;
    let people = [person("Nobody", "nobody@example.org", None), person("Later", "later@example.org", None)];
    let meeting = server.console().await.meeting_with(&meeting_now("Board"), &people).await;
    let console = server.console().await;
    let all = format!("/meetings/{}/invitations", meeting.id);
    console.call::<(), MeetingDetail>(reqwest::Method::POST, &all, None).await.unwrap();
    let refused = outcome(&server, &meeting, "Nobody").await;
    assert_eq!((refused.state, refused.said.as_deref()), (DeliveryState::Refused, Some("it answered 550")));
    let put_off = outcome(&server, &meeting, "Later").await;
    assert_eq!((put_off.state, put_off.said.as_deref()), (DeliveryState::NotReached, Some("it answered 451")));
    let later = "later@example.org";
    assert_eq!(mail.tried(), ["nobody@example.org", later, later, later]);
    assert!(!server.log().contains("@example.org\n") && !server.log().contains("nobody@"), "an address is in the log");

    let open = MailServer::start(MailEncryption::None).await;
    let server = self::server(&open).await;
    let olga = [person("Olga", "olga@example.org", None)];
    let meeting = server.console().await.meeting_with(&meeting_now("Board"), &olga).await;
    invite(&server, &meeting, meeting.link("Olga")).await;
    assert_eq!(outcome(&server, &meeting, "Olga").await.state, DeliveryState::NotReached);
    assert_eq!(open.tried(), Vec::<String>::new(), "something was said in the open");
}

/// The words of the invitation are the words of the page, in the green room and in the lobby; and the console says how each went.
#[tokio::test]
async fn the_page_says_what_the_invitation_says() {
    let mail = MailServer::start(MailEncryption::Starttls).await;
    let server = server(&mail).await;
    let people = [
        person("Olga", "olga@example.org", Some("+32470123456")),
        person("Mia", "mia@example.org", None),
        person("Nobody", "nobody@example.org", None),
    ];
    let meeting = server.console().await.meeting_with(&meeting_now("Board"), &people).await;
    let ada = Browser::start(Person::MARIA).await;
    ada.log_in_by_form(&server).await;
    ada.open(&format!("{}/console/meetings/{}", server.url(), meeting.id)).await;
    ada.click("send-invitation-1").await.until_sees("send-invitation-confirm-1").await;
    ada.pictures("console-send-invitation").await;
    ada.click("send-invitation-confirm-1").await.until_sees("invitation-sms-1").await;
    ada.click("send-invitations").await.click("send-invitations-confirm").await;
    ada.until_sees("invitation-email-3").await;
    ada.wait("a refusal", || async { ada.page_text().await.contains("refused (it answered 550)") }).await;
    ada.pictures("console-invitations").await;
    assert_eq!(mail.taken().len(), 2, "Olga was sent one before");

    let text = |n: usize| -> Value { mail.taken()[n]["text"].clone() };
    let phrase = text(0).as_str().unwrap().lines().rev().find_map(|line| line.strip_prefix("    ")).unwrap().to_owned();
    assert_eq!(phrase.split(' ').count(), 4, "{phrase}");
    let sms = server.console().await.outbox().await.remove(0);
    assert!(sms.text.ends_with(&phrase), "{} {phrase}", sms.text);
    let pin = sms.text.split(": ").nth(2).unwrap().split('.').next().unwrap().to_owned();
    let olga = Browser::start(Person::PETER).await;
    olga.open(meeting.link("Olga").url()).await.fill("pin-input", &pin).await.click("pin-submit").await;
    olga.until_sees("greenroom").await;
    assert_eq!(olga.text("phrase").await, phrase);
    olga.pictures("green-room-says").await;
    olga.click("enter").await.until_sees("lobby").await;
    assert_eq!(olga.text("phrase").await, phrase);
    olga.pictures("lobby-says").await;
    assert_eq!(ada.complaints().await, Vec::<String>::new());
    assert_eq!(olga.complaints().await, Vec::<String>::new());
}
