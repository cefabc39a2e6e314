//! The lobby: what a moderator sees of who waits, and what who waits gets of the meeting, which is nothing.

use std::time::Duration;

use e2e::{Browser, Colour, Deployment, Options, Person, Proxy, Received, invitee, meeting_now};
use shared::meeting::Role;

const BOTH: [(&str, Role); 2] = [("Maria", Role::Moderator), ("Peter", Role::Participant)];

/// D27: the moderator sees the live face of who waits. Before admission nothing of the room reaches a person: no
/// RTP packet, no data-channel message, no roster; a refused person never got any. The PIN of a refused person still works.
#[tokio::test]
async fn who_waits_is_seen_and_receives_nothing() {
    let server = Deployment::start().await;
    let meeting = server.console().await.meeting("Weekly", &BOTH).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;

    let card = maria.number_of("lobby-card-", "Peter").await;
    maria
        .wait("Peter's face on the card", || async {
            maria.face_in(&format!("lobby-card-{card}")).await == Some(Colour::Green)
        })
        .await;
    maria.shot("lobby-moderator").await;
    peter.shot("lobby").await;
    // Maria speaks, points and is filmed all the while.
    maria.hover("whiteboard", 0.4, 0.4).await;
    tokio::time::sleep(Duration::from_secs(2)).await;

    let waiting = peter.received().await;
    assert!(waiting.connected == 1 && waiting.sent_packets > 20, "positive control: {waiting:?}");
    assert_eq!((waiting.rtp_packets, waiting.messages), (0, 0), "something of the room reached the lobby");
    // Who invites stands in the invitation, and the page says it back; who is there does not.
    let says = peter.page_text().await.replace("Invited by Maria", "");
    assert!(!says.contains("Maria"), "the lobby shows who is in the room: {says}");

    maria.refuse("Peter").await;
    peter.until_sees("ended").await;
    assert_eq!(peter.attribute("ended", "data-reason").await.as_deref(), Some("refused"));
    let refused = peter.received().await;
    assert_eq!((refused.rtp_packets, refused.messages), (0, 0), "something of the room reached a refused person");

    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    peter.until_faces(&[Person::MARIA]).await;
    let Received { rtp_packets, .. } = peter.received().await;
    assert!(rtp_packets > 0, "positive control");
}

/// The second press of a double-click falls on whoever moved up into the place of who was let in: it lets nobody in.
#[tokio::test]
async fn a_press_too_many_lets_nobody_in() {
    let server = Deployment::start().await;
    let people = [BOTH[0], BOTH[1], ("Quinn", Role::Participant)];
    let meeting = server.console().await.meeting("Weekly", &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let (peter, quinn) = (Browser::start(Person::PETER).await, Browser::start(Person::QUINN).await);
    for browser in [&peter, &quinn] {
        browser.come_in(meeting.link(browser.person().name)).await.until_sees("lobby").await;
    }
    let (first, second) =
        (maria.number_of("lobby-card-", "Peter").await, maria.number_of("lobby-card-", "Quinn").await);
    // Both presses by the page's own clock, at one place on the screen.
    let twice = r#"const button = document.querySelector(`[data-testid="admit-${arguments[0]}"]`);
        button.scrollIntoView({ block: 'center', behavior: 'instant' });
        const box = button.getBoundingClientRect();
        const press = () => document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2).click();
        press();
        return new Promise(resolve => setTimeout(() => { press(); setTimeout(resolve, 700); }, 300));"#;
    maria.run(twice, vec![first.into()]).await;
    peter.until_sees("room").await;
    assert!(maria.sees(&format!("lobby-card-{second}")).await && quinn.sees("lobby").await, "Quinn came in unseen");
    maria.admit("Quinn").await;
    quinn.until_sees("room").await;
}

/// No moderator yet, a moderator decides, the moderator is gone: each has its own sentence.
#[tokio::test]
async fn each_reason_to_wait_has_its_own_sentence() {
    let server = Deployment::start().await;
    let meeting = server.console().await.meeting("Weekly", &BOTH).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    let nobody = peter.text("waiting-reason").await;

    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    peter
        .wait("the sentence that a moderator decides", || async { peter.text("waiting-reason").await != nobody })
        .await;
    let decides = peter.text("waiting-reason").await;

    maria.click("leave").await;
    peter
        .wait("the sentence that the moderator is gone", || async { peter.text("waiting-reason").await != decides })
        .await;
    let gone = peter.text("waiting-reason").await;
    assert!(
        nobody != gone && !nobody.is_empty() && !decides.is_empty() && !gone.is_empty(),
        "{nobody} / {decides} / {gone}"
    );
}

/// A moderator's PIN alone makes nobody a moderator: the second factor is asked even where the meeting asks none.
#[tokio::test]
async fn a_moderator_needs_a_second_factor() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let meeting = console.meeting("Weekly", &BOTH).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.knock(meeting.link("Maria")).await.until_sees("password-input").await;
    assert!(!maria.sees("greenroom").await && !maria.sees("room").await);

    maria.click("password-send").await;
    let password =
        e2e::until_some("the SMS", || async { console.outbox().await.pop().and_then(|sms| password_in(&sms.text)) })
            .await;
    maria.fill("password-input", &password).await.click("password-submit").await;
    maria.until_sees("greenroom").await.click("enter").await.until_sees("end-meeting").await;
}

/// From the card: a password by SMS to somebody who waits, typed wrong and right in the lobby; then the invitation again, which
/// puts out whoever waits with the PIN before it.
#[tokio::test]
async fn a_moderator_makes_sure_by_telephone() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let people = [
        invitee("Maria", Role::Moderator),
        e2e::with_phone("Peter", "+32470123456"),
        e2e::with_phone("Quinn", "+491701234567"),
    ];
    let meeting = console.meeting_with(&meeting_now("Weekly"), &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    let number = maria.number_of("lobby-card-", "Peter").await;
    let card = format!("lobby-card-{number}");
    maria.click(&format!("more-{number}")).await.click(&format!("ask-password-{number}")).await;
    peter.until_sees("door-password-input").await;
    assert!(peter.text("door-password").await.contains("ends in 56"));
    maria.wait("that it was sent", || async { maria.text(&card).await.contains("Password sent, not given") }).await;
    maria.pictures("card-password-asked").await;
    peter.pictures("lobby-password-asked").await;
    peter.fill("door-password-input", "WRONGONE").await.click("door-password-submit").await;
    peter.until_sees("door-password-error").await;
    let password = console.outbox().await.pop().and_then(|sms| password_in(&sms.text)).unwrap();
    peter.fill("door-password-input", &password).await.click("door-password-submit").await;
    peter.until_gone("door-password-input").await;
    maria.wait("that it was given", || async { maria.text(&card).await.contains("Password given") }).await;
    // To one number not everything goes at once: the moderator reads why, and he goes on waiting.
    maria.click(&format!("invite-again-{number}")).await.click(&format!("invite-again-yes-{number}")).await;
    maria.wait("why not", || async { maria.page_text().await.contains("Peter was sent something just now") }).await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    let quinn = Browser::start(Person::QUINN).await;
    quinn.come_in(meeting.link("Quinn")).await.until_sees("lobby").await;
    let number = maria.number_of("lobby-card-", "Quinn").await;
    maria.click(&format!("more-{number}")).await;
    maria.click(&format!("invite-again-{number}")).await.click(&format!("invite-again-yes-{number}")).await;
    quinn.until_sees("ended").await;
    maria.wait("that it is on its way", || async { maria.page_text().await.contains("on its way to Quinn") }).await;
    assert_eq!(console.outbox().await.len(), 2);
}

/// The message ends with the password.
fn password_in(text: &str) -> Option<String> {
    text.split_whitespace().next_back().map(str::to_owned)
}

/// D28, D29, D30: computer and telephone are compared through a trusted proxy's header, with evidence and as an estimate;
/// a header from anybody else changes nothing.
#[tokio::test]
async fn the_card_compares_computer_and_telephone() {
    let server = Deployment::start_with(Options::behind_proxy("127.0.0.1/32")).await;
    let console = server.console().await;
    let mut people = vec![invitee("Maria", Role::Moderator)];
    for (name, phone) in
        [("Peter", "+32470123456"), ("Quinn", "+491701234567"), ("Ruth", "+870773111632"), ("Sam", "+492411234567")]
    {
        people.push(e2e::with_phone(name, phone));
    }
    let meeting = console.meeting_with(&meeting_now("Weekly"), &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let (liege, maastricht) = ("81.245.1.1", "145.2.1.1");
    for (person, address, verdict, evidence) in [
        (Person::PETER, liege, "agree", "Belgium"),
        (Person::QUINN, liege, "differ", "Belgium"),
        (Person::RUTH, liege, "unknown", "no country"),
        (Person::SAM, maastricht, "nearby", "These two are about 30 km apart"),
    ] {
        let proxy = Proxy::start(&server, &format!("X-Forwarded-For: 8.8.8.8, {address}")).await;
        let browser = Browser::start(person).await;
        browser.come_in(&proxy.link(meeting.link(person.name))).await.until_sees("lobby").await;
        let card = maria.number_of("lobby-card-", person.name).await;
        let said = maria.text_in(&format!("lobby-card-{card}"), "location-hint").await;
        let shown = maria.attribute_in(&format!("lobby-card-{card}"), "location-hint", "data-verdict").await;
        assert_eq!(shown.as_deref(), Some(verdict), "{}: {said}", person.name);
        assert!(said.contains(evidence), "no evidence in: {said}");
        maria.shot(&format!("location-{verdict}")).await;
        browser.click("leave").await;
    }
}
