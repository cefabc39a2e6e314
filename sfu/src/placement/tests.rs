//! Placement as stories: rooms by letter, people by number.

use std::collections::HashMap;

use proptest::prelude::*;
use shared::control::{KeyLength, Purpose};
use shared::ids::{MeetingId, ParticipantId};
use shared::meeting::Role;
use shared::signal::Stage;

use super::*;

fn room(letter: u8) -> RoomId {
    RoomId(MeetingId::from_random([letter; 16]))
}

fn join(letter: u8, session: u64) -> Command {
    Command::Join {
        room: room(letter),
        session: SessionId(session),
        participant: ParticipantId(1),
        role: Role::Participant,
        stage: Stage::Room,
        purpose: Purpose::Page,
        keys: KeyLength::Bits256,
        offer: String::new(),
    }
}

fn answered(session: u64) -> Event {
    Event::Answered { session: SessionId(session), answer: String::new() }
}

fn node_lost(session: u64) -> Event {
    Event::Gone { session: SessionId(session), reason: Gone::NodeLost }
}

fn refused(session: u64) -> Event {
    Event::OfferRefused { session: SessionId(session), error: OfferError::NoNode }
}

fn two_up() -> Placement {
    let mut placement = Placement::new(2);
    placement.up(0);
    placement.up(1);
    placement
}

#[test]
fn a_room_stays_together_and_the_next_goes_where_there_is_less() {
    let mut placement = two_up();
    assert_eq!(placement.route(&join(b'a', 1)), Route::To(0));
    assert_eq!(placement.route(&join(b'a', 2)), Route::To(0), "fuller, and still where the room is");
    assert_eq!(placement.route(&join(b'b', 3)), Route::To(1));
    assert_eq!(placement.route(&join(b'c', 4)), Route::To(1), "two against three");
    assert_eq!(placement.route(&Command::Admit { session: SessionId(2) }), Route::To(0));
    assert_eq!(placement.route(&Command::Leave { session: SessionId(2) }), Route::To(0));
    assert_eq!(placement.route(&Command::Admit { session: SessionId(2) }), Route::Nowhere);
    assert_eq!(placement.route(&Command::CloseRoom { room: room(b'a') }), Route::To(0));
    assert_eq!(placement.route(&Command::CloseRoom { room: room(b'a') }), Route::Nowhere);
    assert_eq!(placement.route(&join(b'a', 5)), Route::To(0), "now the emptier one");
}

#[test]
fn a_lost_node_s_people_are_told_and_meet_again_elsewhere() {
    let mut placement = two_up();
    for session in [1, 2, 3] {
        assert_eq!(placement.route(&join(b'a', session)), Route::To(0));
    }
    assert_eq!(placement.route(&join(b'b', 4)), Route::To(1));
    assert!(placement.hear(0, &answered(1)) && placement.hear(0, &answered(2)));
    assert_eq!(placement.lost(0), [node_lost(1), node_lost(2), refused(3)], "an offer that waits is answered");
    assert_eq!(placement.lost(0), [], "once");
    // The first is back before the second has noticed, and the node before both.
    placement.up(0);
    assert_eq!(placement.route(&Command::Watch { session: SessionId(2), closely: true }), Route::Nowhere);
    assert_eq!(placement.route(&join(b'a', 1)), Route::To(0));
    assert_eq!(placement.route(&join(b'a', 2)), Route::To(0));
}

/// A page keeps the number of its socket: what the node of before says about that number is about another session.
#[test]
fn what_a_node_says_of_what_it_has_no_more_is_not_heard() {
    let mut placement = two_up();
    placement.route(&join(b'a', 1));
    assert!(!placement.hear(1, &answered(1)), "it is on the other");
    assert!(placement.hear(0, &answered(1)));
    placement.lost(0);
    assert_eq!(placement.route(&join(b'a', 1)), Route::To(1));
    assert!(!placement.hear(0, &Event::Gone { session: SessionId(1), reason: Gone::Closed }));
    assert!(placement.hear(1, &Event::Gone { session: SessionId(1), reason: Gone::Closed }));
    assert!(!placement.hear(1, &answered(1)), "nothing follows");
}

#[test]
fn a_node_that_drains_keeps_its_rooms_and_gets_no_others() {
    let mut placement = two_up();
    placement.route(&join(b'a', 1));
    placement.drain(0);
    assert_eq!(placement.route(&join(b'a', 2)), Route::To(0), "a room is never split");
    for (letter, session) in [(b'b', 3), (b'c', 4), (b'd', 5), (b'e', 6)] {
        assert_eq!(placement.route(&join(letter, session)), Route::To(1));
    }
    placement.lost(1);
    assert_eq!(placement.route(&join(b'b', 7)), Route::Refused(refused(7)));
    placement.lost(0);
    placement.drain(0);
    placement.up(0);
    assert_eq!(placement.route(&join(b'b', 8)), Route::To(0), "another process of that name takes rooms again");
}

#[test]
fn without_a_node_offers_are_refused() {
    let mut placement = Placement::new(1);
    assert_eq!(placement.route(&join(b'a', 1)), Route::Refused(refused(1)));
    placement.up(0);
    assert_eq!(placement.route(&join(b'a', 1)), Route::To(0));
}

#[derive(Debug, Clone)]
enum Step {
    Up(usize),
    Drain(usize),
    Lost(usize),
    Join(u8, u64),
    Leave(u64),
    Close(u8),
    Answer(usize, u64),
    Gone(usize, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (node, letter, session) = (0..3_usize, 0..4_u8, 0..12_u64);
    prop_oneof![
        node.clone().prop_map(Step::Up),
        node.clone().prop_map(Step::Drain),
        node.clone().prop_map(Step::Lost),
        (letter.clone(), session.clone()).prop_map(|(room, session)| Step::Join(room, session)),
        (letter.clone(), session.clone()).prop_map(|(room, session)| Step::Join(room, session)),
        session.clone().prop_map(Step::Leave),
        letter.prop_map(Step::Close),
        (node.clone(), session.clone()).prop_map(|(node, session)| Step::Answer(node, session)),
        (node, session).prop_map(|(node, session)| Step::Gone(node, session)),
    ]
}

proptest! {
    /// Whatever happens in whatever order: a room's sessions are on one living node, and everybody on a node that is lost
    /// hears of it once.
    #[test]
    fn no_room_is_ever_on_two_nodes(steps in prop::collection::vec(step(), 0..200)) {
        let mut placement = Placement::new(3);
        // As a reader of the outputs alone would know it.
        let mut known: HashMap<u64, (usize, u8)> = HashMap::new();
        let mut living = [false; 3];
        for step in steps {
            match step {
                Step::Up(node) => {
                    // A line begins where there was none.
                    if !std::mem::replace(&mut living[node], true) {
                        placement.up(node);
                    }
                }
                Step::Drain(node) => placement.drain(node),
                Step::Lost(node) => {
                    living[node] = false;
                    let mut told: Vec<_> = placement.lost(node).iter().map(|event| event.session().0).collect();
                    let mut there: Vec<_> =
                        known.extract_if(|_, (on, _)| *on == node).map(|(session, _)| session).collect();
                    told.sort_unstable();
                    there.sort_unstable();
                    prop_assert_eq!(told, there);
                }
                Step::Join(letter, session) => match placement.route(&join(letter, session)) {
                    Route::To(node) => {
                        prop_assert!(living[node]);
                        known.insert(session, (node, letter));
                    }
                    // What this number named before was left by its room before it asked anew.
                    other => prop_assert_eq!(other, Route::Refused(refused(session))),
                },
                Step::Leave(session) => {
                    let expected = known.remove(&session).map_or(Route::Nowhere, |(node, _)| Route::To(node));
                    prop_assert_eq!(placement.route(&Command::Leave { session: SessionId(session) }), expected);
                }
                Step::Close(letter) => {
                    known.retain(|_, (_, of)| *of != letter);
                    placement.route(&Command::CloseRoom { room: room(letter) });
                }
                Step::Answer(node, session) => {
                    let has = known.get(&session).is_some_and(|(on, _)| *on == node);
                    prop_assert_eq!(placement.hear(node, &answered(session)), has);
                }
                Step::Gone(node, session) => {
                    let has = known.get(&session).is_some_and(|(on, _)| *on == node);
                    let event = Event::Gone { session: SessionId(session), reason: Gone::Timeout };
                    prop_assert_eq!(placement.hear(node, &event), has);
                    if has {
                        known.remove(&session);
                    }
                }
            }
            for (node, letter) in known.values() {
                prop_assert!(known.values().all(|(other, of)| of != letter || other == node), "{:?}", known);
            }
        }
    }
}
