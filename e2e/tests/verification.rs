//! How a moderator makes sure who somebody is: the whole way, in real browsers.

use e2e::{Browser, Colour, Deployment, Options, Person, Proxy, invitee, meeting_now, with_phone};
use shared::api::NewMeeting;
use shared::meeting::{DoorRules, Role};

/// A strict meeting, with two moderators and two who are let in.
async fn strict(server: &Deployment) -> e2e::Meeting {
    let rules = DoorRules {
        link_suffices: true,
        camera_required: true,
        confirmations: 2,
        checklist: vec!["The face is the one in the passport held up".into(), "Knows the number of the file".into()],
    };
    let people = [
        invitee("Maria", Role::Moderator),
        invitee("Ruth", Role::Moderator),
        with_phone("Peter", "+32470123456"),
        with_phone("Quinn", "+491701234567"),
    ];
    server.console().await.meeting_with(&NewMeeting { rules, ..meeting_now("Signing at the notary's") }, &people).await
}

fn card(number: u16) -> String {
    format!("lobby-card-{number}")
}

/// Ticks both points of the checklist and confirms.
async fn confirm(moderator: &Browser, number: u16) {
    moderator.click(&format!("check-{number}-0")).await.click(&format!("check-{number}-1")).await;
    moderator.click(&format!("confirm-{number}")).await.until_sees(&format!("doubt-{number}")).await;
}

/// D24, D27 and the lobby's whole flow: a knock without a PIN shown as what it is, a face that is blurred until looked at,
/// lines both ways, four eyes, a second use of the PIN refused with a reason, back to the lobby, a locked room.
#[tokio::test]
async fn a_moderator_makes_sure_who_it_is() {
    let server = Deployment::start_with(Options::behind_proxy("127.0.0.1/32")).await;
    let meeting = strict(&server).await;
    let (maria, ruth) = (Browser::start(Person::MARIA).await, Browser::start(Person::RUTH).await);
    maria.moderate(&server, meeting.link("Maria")).await;
    ruth.moderate(&server, meeting.link("Ruth")).await;

    // Peter has mislaid his PIN and comes by his link alone, from Belgium.
    let proxy = Proxy::start(&server, "X-Forwarded-For: 81.245.1.1").await;
    let peter = Browser::start(Person::PETER).await;
    peter.open(proxy.link(meeting.link("Peter")).url()).await;
    peter.click("knock-without-pin").await.until_sees("greenroom").await.until_sees("camera-notice").await;
    peter.until_preview().await.click("enter").await.until_sees("lobby").await;
    let number = maria.number_of("lobby-card-", "Peter").await;
    let said = maria.text(&card(number)).await;
    for words in
        ["Knocked without a PIN", "Countries agree", "Says it is Chrome on Linux", "Identity to be confirmed by: 2"]
    {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    maria.wait("Peter's face", || async { maria.face_in(&card(number)).await == Some(Colour::Green) }).await;
    maria.pictures("card-knocked-without-pin").await;
    maria.click(&format!("look-{number}")).await.until_gone(&format!("look-{number}")).await;

    // He writes, she answers.
    peter.fill("line-text", "Good morning, I cannot find my PIN").await.click("line-send").await;
    maria.wait("Peter's line", || async { maria.text(&card(number)).await.contains("cannot find my PIN") }).await;
    maria.fill("line-text", "Please hold your passport up").await.click("line-send").await;
    peter.wait("Maria's line", || async { peter.page_text().await.contains("hold your passport up") }).await;
    peter.pictures("lobby-lines").await;

    // One word is not enough, and neither is an admission without.
    maria.click(&format!("admit-{number}")).await;
    maria.wait("why not", || async { maria.page_text().await.contains("wants their identity confirmed first") }).await;
    confirm(&maria, number).await;
    assert!(maria.text_in(&card(number), "identity").await.contains("Confirmed by Maria; one more must"));
    confirm(&ruth, number).await;
    maria.wait("both words", || async { maria.text(&card(number)).await.contains("confirmed by Maria, Ruth") }).await;
    maria.pictures("card-confirmed").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await.until_faces(&[Person::MARIA, Person::RUTH]).await;

    // Somebody else has Peter's PIN, from another country, and is not let in. Peter stays, and was told.
    let abroad = Proxy::start(&server, "X-Forwarded-For: 8.8.8.8").await;
    let other = Browser::start(Person::QUINN).await;
    other.come_in(&abroad.link(meeting.link("Peter"))).await.until_sees("lobby").await;
    peter.wait("the warning", || async { peter.page_text().await.contains("at the door with your PIN") }).await;
    let second = maria.number_of("lobby-card-", "Peter").await;
    assert!(maria.text_in(&card(second), "pin-in-use").await.contains("in the meeting with the same PIN"));
    maria.pictures("card-pin-in-use").await;
    maria.refuse_because(second, "wrong-person").await;
    other.until_sees("ended").await;
    assert!(other.page_text().await.contains("expected somebody else"), "{}", other.page_text().await);
    other.pictures("ended-wrong-person").await;
    assert!(peter.sees("room").await);

    // Back to the lobby: what was confirmed is open again, and nothing of the room is on his page.
    maria.click(&format!("send-back-{number}")).await;
    peter.until_sees("lobby").await;
    let number = maria.number_of("lobby-card-", "Peter").await;
    assert!(maria.text(&card(number)).await.contains("Identity to be confirmed by: 2"));
    assert!(maria.text_in(&card(number), "before").await.contains("Before in this meeting"));

    // Locked: he reads it, and everybody in the room sees it.
    maria.click("rules-open").await.click("lock-closed").await;
    ruth.until_sees("locked").await;
    peter.wait("that it is locked", || async { peter.text("waiting-reason").await.contains("locked") }).await;
    maria.pictures("rules").await;
}

/// The way in, in Firefox: a camera that is off keeps out and says so, and where participants skip the lobby they come in.
#[tokio::test]
async fn the_way_in_in_firefox() {
    let server = Deployment::start().await;
    let rules = DoorRules { camera_required: true, ..DoorRules::default() };
    let people = [invitee("Maria", Role::Moderator), invitee("Quinn", Role::Participant)];
    let console = server.console().await;
    let meeting = console.meeting_with(&NewMeeting { rules, ..meeting_now("Weekly") }, &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let quinn = Browser::start_firefox(Person::QUINN).await;
    quinn.come_in(meeting.link("Quinn")).await.until_sees("lobby").await;
    quinn.click("cam-toggle").await;
    quinn
        .wait("that the camera is wanted", || async { quinn.text("waiting-reason").await.contains("camera on") })
        .await;
    maria.admit("Quinn").await;
    maria.wait("why not", || async { maria.page_text().await.contains("camera is off") }).await;
    assert!(quinn.sees("lobby").await);
    quinn.click("cam-toggle").await;
    quinn
        .wait("a moderator to decide", || async { quinn.text("waiting-reason").await.contains("sees that you") })
        .await;
    quinn.fill("line-text", "Here I am").await.click("line-send").await;
    let number = maria.number_of("lobby-card-", "Quinn").await;
    maria.wait("the line", || async { maria.text(&card(number)).await.contains("Here I am") }).await;
    maria.admit("Quinn").await;
    quinn.until_sees("room").await.until_faces(&[Person::MARIA]).await;
    maria.until_faces(&[Person::QUINN]).await;
}

/// Where participants skip the lobby they come straight in, muted where the room says so, and draw only while they may.
#[tokio::test]
async fn the_rules_of_the_room() {
    let server = Deployment::start().await;
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant)];
    let meeting = server.console().await.meeting("Weekly", &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    maria.click("rules-open").await;
    for rule in ["lock-participants", "lock-mute", "lock-draw"] {
        maria.click(rule).await;
    }
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("room").await;
    peter.wait("to be muted", || async { peter.page_text().await.contains("Your microphone is off") }).await;
    assert!(peter.text("board-note").await.contains("Only moderators draw"));
    maria.click("lock-draw").await;
    peter.until_gone("board-note").await;
}
