//! The end of a meeting, planned or not.

use e2e::{Browser, Deployment, Person};
use shared::meeting::{MeetingPhase, Role};

const BOTH: [(&str, Role); 2] = [("Maria", Role::Moderator), ("Peter", Role::Participant)];

/// D13: meeting over, PIN useless at once.
#[tokio::test]
async fn the_end_comes_for_all_and_the_pins_die() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let meeting = console.meeting("Weekly", &BOTH).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    peter.until_faces(&[Person::MARIA]).await;

    maria.click("end-meeting").await;
    maria.confirm_if_asked("end-meeting-confirm").await;
    for browser in [&maria, &peter] {
        browser.until_sees("ended").await;
        assert_eq!(browser.attribute("ended", "data-reason").await.as_deref(), Some("meeting_over"));
    }
    peter.shot("ended").await;
    assert_eq!(console.detail(&meeting).await.phase, MeetingPhase::Over);

    // With the link the true reason, without it the one answer for everything.
    peter.knock(meeting.link("Peter")).await;
    let with_link = peter.refusal().await;
    peter.open(&format!("{}/join", server.url())).await;
    peter.fill("pin-input", &meeting.link("Peter").pin).await.click("pin-submit").await;
    let without = peter.refusal().await;
    assert_ne!(with_link, without);
    peter.open(&format!("{}/join", server.url())).await;
    peter.fill("pin-input", "1111 2222 3333 4444").await.click("pin-submit").await;
    assert_eq!(peter.refusal().await, without, "an unknown PIN is told from a dead one");
}

/// A restart of the server says that the room was lost, and the PIN works again.
#[tokio::test]
async fn after_a_restart_the_page_says_that_the_room_was_lost() {
    let mut server = Deployment::start().await;
    let meeting = server.console().await.meeting("Weekly", &BOTH).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    server.restart().await;
    maria.until_sees("ended").await;
    assert_eq!(maria.attribute("ended", "data-reason").await.as_deref(), Some("room_lost"));
    maria.shot("room-lost").await;
    maria.moderate(&server, meeting.link("Maria")).await;
}
