//! A meeting that ends at the very moment when somebody opens its room.

use shared::api::{NewMeeting, Start};
use shared::meeting::{DoorRules, MeetingKind};

use super::*;
use crate::meetings::schedule::{Owner, schedule};
use crate::testing::{NOON, World, world};

/// Ada's board, of an hour from noon.
async fn board(world: &World) -> (OrganisationId, MeetingId) {
    let state = &world.state;
    let parts = (&state.db, &state.hasher, state.chance.as_ref());
    let ada =
        crate::accounts::create(parts, ("Ada", &Secret::new("correct horse battery staple")), NOON).await.unwrap();
    let new = NewMeeting {
        title: "Board".into(),
        start: Start::Now {},
        duration_minutes: 60,
        time_zone: "UTC".into(),
        ask_password: false,
        password_before_minutes: 0,
        kind: MeetingKind::NothingKept,
        rules: DoorRules::default(),
    };
    let id = MeetingId::from_random(state.chance.id());
    let owner = Owner { meeting: id, organisation: ada.organisation, account: ada.id };
    db::meetings::insert(&state.db, &schedule(&new, owner, NOON).unwrap(), NOON).await.unwrap();
    (ada.organisation, id)
}

async fn closes(room: &Handle) {
    tokio::time::timeout(CLOSING, room.inbox.closed()).await.unwrap();
}

/// D31: ended between the look at the row and the opening.
#[tokio::test]
async fn a_room_does_not_open_on_a_meeting_that_just_ended() {
    let world = world().await;
    let (organisation, meeting) = board(&world).await;
    let live = &world.state.live;
    let row = db::rooms::find(&world.state.db, meeting).await.unwrap().unwrap();
    assert!(live.end(organisation, meeting, events::Actor::Clock).await.unwrap());
    let refused = live.open_row(row).await.err();
    assert!(matches!(refused, Some(EntryError::Refused(JoinRefused::MeetingOver))), "{refused:?}");
    if let Some(room) = live.room(meeting) {
        closes(&room).await;
    }
}

/// D31: opened between the look for a room and the end.
#[tokio::test]
async fn an_end_closes_the_room_that_opened_meanwhile() {
    let world = world().await;
    let (organisation, meeting) = board(&world).await;
    let live = &world.state.live;
    let room = live.open(meeting).await.unwrap();
    assert!(live.note_end(organisation, meeting, events::Actor::Clock).await.unwrap());
    closes(&room).await;
}

/// A server that was cut off in the middle of an answer is asked again.
#[tokio::test]
async fn what_is_tried_again_is_written_once() {
    let world = world().await;
    let (organisation, meeting) = board(&world).await;
    let (db, chance) = (&world.state.db, world.state.chance.as_ref());
    let event = DoorEvent::Extended { ends_at: NOON.plus_ms(1) };
    let entry = Entry { organisation, meeting, invitee: None, at: NOON, actor: events::Actor::Clock, event };
    let id = door_events::new_id(chance);
    for _ in 0..2 {
        assert!(door_events::apply_as(db, &id, &entry).await.unwrap());
    }
    assert_eq!(world.door_events().await.len(), 1);
    assert!(door_events::apply(db, chance, &entry).await.unwrap());
    assert_eq!(world.door_events().await.len(), 2, "another event like it is another");
}

/// What a room decides within a millisecond stands in its record in the order in which it happened.
#[tokio::test]
async fn notes_of_one_moment_keep_their_order() {
    let world = world().await;
    let (organisation, meeting) = board(&world).await;
    let db = &world.state.db;
    let notes = crate::live::notes::Notes::start(db.clone(), std::sync::Arc::clone(&world.state.chance));
    for confirmations in 0..40 {
        let event = DoorEvent::IdentityConfirmed { confirmations };
        notes.note(Entry { organisation, meeting, invitee: None, at: NOON, actor: events::Actor::Clock, event }).await;
    }
    notes
        .note(Entry {
            organisation,
            meeting,
            invitee: None,
            at: NOON,
            actor: events::Actor::Clock,
            event: DoorEvent::Ended,
        })
        .await;
    let written = door_events::of_meeting(db, organisation, meeting).await.unwrap();
    let order: Vec<_> = written
        .iter()
        .filter_map(|happened| match happened.event {
            DoorEvent::IdentityConfirmed { confirmations } => Some(confirmations),
            _ => None,
        })
        .collect();
    assert_eq!(order, (0..40).collect::<Vec<_>>());
}
