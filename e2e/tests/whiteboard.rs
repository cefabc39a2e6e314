//! Pointing and drawing together.

use e2e::{Browser, Deployment, Meeting, Person};
use shared::meeting::Role;

async fn maria_and_peter(server: &Deployment) -> (Browser, Browser, Meeting) {
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant), ("Quinn", Role::Participant)];
    let meeting = server.console().await.meeting("Sketching", &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(server, meeting.link("Maria")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    peter.until_faces(&[Person::MARIA]).await;
    (maria, peter, meeting)
}

/// D21: mouse pointers are shared, each with its owner's name.
#[tokio::test]
async fn a_pointer_moved_in_one_browser_is_painted_in_another() {
    let server = Deployment::start().await;
    let (maria, peter, _) = maria_and_peter(&server).await;
    let number = maria.number_of("tile-", "Peter").await;
    for (x, y) in [(0.25, 0.5), (0.75, 0.25)] {
        peter.hover("whiteboard", x, y).await;
        maria
            .wait(&format!("Peter's pointer at {x} {y}"), || async {
                maria.pointer(number).await.is_some_and(|(px, py)| (px - x).abs() < 0.02 && (py - y).abs() < 0.02)
            })
            .await;
    }
    assert!(maria.text(&format!("pointer-{number}")).await.contains("Peter"));
}

/// D22: a stroke drawn in one browser appears in the others and for one who joins later; undo takes back one's own; a
/// moderator clears the board for all.
#[tokio::test]
async fn a_stroke_appears_for_others_and_for_one_who_joins_later() {
    let server = Deployment::start().await;
    let (maria, peter, meeting) = maria_and_peter(&server).await;
    assert_eq!(maria.ink("whiteboard").await, 0, "the board is empty at first");

    peter.click("tool-pen").await;
    peter.draw("whiteboard", &[(0.2, 0.2), (0.5, 0.5), (0.8, 0.3)]).await;
    peter.wait("the stroke at home", || async { peter.ink("whiteboard").await > 0 }).await;
    maria.wait("Peter's stroke", || async { maria.ink("whiteboard").await > 0 }).await;
    maria.shot("whiteboard").await;

    let quinn = Browser::start(Person::QUINN).await;
    quinn.come_in(meeting.link("Quinn")).await.until_sees("lobby").await;
    maria.admit("Quinn").await;
    quinn.until_sees("room").await;
    quinn.wait("the picture for who came later", || async { quinn.ink("whiteboard").await > 0 }).await;

    peter.click("undo").await;
    maria.wait("the stroke taken back", || async { maria.ink("whiteboard").await == 0 }).await;
    quinn.wait("the stroke taken back", || async { quinn.ink("whiteboard").await == 0 }).await;

    quinn.click("tool-pen").await;
    quinn.draw("whiteboard", &[(0.1, 0.8), (0.9, 0.8)]).await;
    maria.wait("Quinn's stroke", || async { maria.ink("whiteboard").await > 0 }).await;
    assert!(!peter.sees("clear").await, "only a moderator clears");
    maria.click("clear").await;
    maria.confirm_if_asked("clear-confirm").await;
    for browser in [&maria, &peter, &quinn] {
        browser.wait("the clear board", || async { browser.ink("whiteboard").await == 0 }).await;
    }
}
