//! Pointers and the board, as they arrive in other people's browsers.

use std::time::Duration;

use shared::control::Command;
use shared::ids::ParticipantId;
use shared::limits::MAX_DRAWING_LOG_BYTES;
use shared::meeting::Role;
use shared::signal::Stage;
use shared::surface::{DRAWING_CHANNEL, DrawDown, DrawRefused, DrawUp, OpKind, POINTER_CHANNEL, Point, PointerUp};

use crate::world::{World, room};

fn at(x: u16) -> PointerUp {
    PointerUp(Some(Point { x, y: 1 }))
}

fn op(kind: OpKind, object: u32, epoch: u32, body: Vec<u8>) -> DrawUp {
    DrawUp { kind, object, epoch, body }
}

fn stroke(object: u32, epoch: u32) -> DrawUp {
    op(OpKind::Stroke, object, epoch, vec![1, 2, 3, 4, 5, 6])
}

/// What a page would show: (author, object) of every stroke part, in order.
fn picture(records: &[DrawDown]) -> Vec<(u16, u32)> {
    let mut shown = Vec::new();
    for record in records {
        match *record {
            DrawDown::Op { author, kind: OpKind::Stroke, object, .. } => shown.push((author.0, object)),
            DrawDown::Op { author, kind: OpKind::Undo, object, .. } => shown.retain(|it| *it != (author.0, object)),
            DrawDown::Op { kind: OpKind::Clear, .. } => shown.clear(),
            DrawDown::Begin { .. } | DrawDown::Refused { .. } => {}
        }
    }
    shown
}

fn refusals(records: &[DrawDown]) -> Vec<(u32, DrawRefused)> {
    let refused = records.iter().filter_map(|record| match record {
        DrawDown::Refused { object, reason } => Some((*object, *reason)),
        _ => None,
    });
    refused.collect()
}

fn trio() -> (World, usize, usize, usize) {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let olga = world.enter("Olga", Role::Observer, Stage::Room);
    (world, ann, ben, olga)
}

/// D21: a pointer carries the author that its session has; what a message claims is not even looked at.
#[test]
fn a_pointer_s_author_is_its_session_s() {
    let (mut world, ann, ben, olga) = trio();
    world.with(ben, |client| client.point(at(5)));
    // A message in the shape of what comes down, with Ann's number in front, is no pointer.
    world.with(ben, |client| client.send_raw(POINTER_CHANNEL, &[0, 1, 1, 0, 9, 0, 9]));
    world.run_for(Duration::from_millis(200));
    for viewer in [ann, olga] {
        let pointers = &world.people[viewer].client.pointers;
        assert_eq!(pointers.len(), 1, "{}", world.people[viewer].name);
        assert_eq!((pointers[0].author, pointers[0].at.map(|at| at.x)), (ParticipantId(2), Some(5)));
    }
    assert!(world.people[ben].client.pointers.is_empty(), "nobody gets their own pointer back");
    assert_eq!(world.node.stats().stray_messages, 1);
}

/// D21: thirty a second at most, and the place where the pointer came to rest always arrives.
#[test]
fn pointers_are_limited_and_the_newest_wins() {
    let (mut world, ann, ben, _) = trio();
    for x in 1..=500 {
        world.with(ben, |client| client.point(at(x)));
        world.run_for(Duration::from_millis(2));
    }
    world.run_for(Duration::from_millis(200));
    let pointers = &world.people[ann].client.pointers;
    assert!((20..=32).contains(&pointers.len()), "{} in a second", pointers.len());
    assert_eq!(pointers.last().and_then(|pointer| pointer.at).map(|at| at.x), Some(500));
    world.leave(ben);
    world.run_for(Duration::from_millis(100));
    let last = world.people[ann].client.pointers.last();
    assert_eq!(last.map(|pointer| pointer.at), Some(None), "it goes when its owner goes");
}

/// D22: everybody has the same strokes in the same order, somebody who comes later too; an observer draws nothing.
#[test]
fn the_board_is_one_for_all() {
    let (mut world, ann, ben, olga) = trio();
    for object in 0..20 {
        world.with(ann, |client| client.draw(&stroke(object, 0)));
        world.with(ben, |client| client.draw(&stroke(object, 0)));
    }
    world.with(olga, |client| client.draw(&stroke(1, 0)));
    world.with(olga, |client| client.point(at(1)));
    world.with(ben, |client| client.draw(&op(OpKind::Undo, 3, 0, vec![])));
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    world.run_for(Duration::from_millis(500));
    let expected = picture(&world.people[ann].client.drawing);
    assert_eq!(expected.len(), 39);
    assert!(expected.contains(&(1, 3)), "Ben's undo of his own 3 leaves Ann's 3 alone");
    for viewer in [ben, olga, cleo] {
        assert_eq!(picture(&world.people[viewer].client.drawing), expected, "{}", world.people[viewer].name);
    }
    assert_eq!(refusals(&world.people[olga].client.drawing), [(1, DrawRefused::NotAllowed)]);
    assert!(world.people[ann].client.pointers.is_empty(), "an observer does not point");
    assert_eq!(world.people[cleo].client.drawing.first(), Some(&DrawDown::Begin { epoch: 0 }));
}

/// D22: only a moderator clears; what was drawn before the clear arrived is dropped.
#[test]
fn a_clear_begins_the_next_epoch() {
    let (mut world, ann, ben, _) = trio();
    world.with(ben, |client| client.draw(&stroke(1, 0)));
    world.with(ben, |client| client.draw(&op(OpKind::Clear, 0, 0, vec![])));
    world.run_for(Duration::from_millis(100));
    assert_eq!(refusals(&world.people[ben].client.drawing), [(0, DrawRefused::NotAllowed)]);
    assert_eq!(picture(&world.people[ann].client.drawing), [(2, 1)]);
    world.with(ann, |client| client.draw(&op(OpKind::Clear, 0, 0, vec![])));
    world.with(ben, |client| client.draw(&stroke(2, 0)));
    world.with(ben, |client| client.draw(&stroke(3, 1)));
    world.run_for(Duration::from_millis(100));
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    world.run_for(Duration::from_millis(300));
    for viewer in [ann, ben, cleo] {
        assert_eq!(picture(&world.people[viewer].client.drawing), [(2, 3)], "{}", world.people[viewer].name);
    }
    assert_eq!(world.people[cleo].client.drawing.first(), Some(&DrawDown::Begin { epoch: 1 }));
}

/// Faster than anybody draws: the object is taken away everywhere, and the author hears of it once.
#[test]
fn a_flood_of_strokes_is_refused() {
    let (mut world, ann, ben, _) = trio();
    for part in 0..300 {
        world.with(ben, |client| client.draw(&stroke(if part == 0 { 1 } else { 2 }, 0)));
    }
    world.run_for(Duration::from_millis(300));
    assert_eq!(refusals(&world.people[ben].client.drawing), [(2, DrawRefused::TooFast)]);
    assert_eq!(picture(&world.people[ann].client.drawing), [(2, 1)], "no half of object 2 stays behind");
}

/// Fills the board to its bound; how many strokes it took.
fn fill(world: &mut World, author: usize) -> u32 {
    let body = 16_000;
    let strokes = (MAX_DRAWING_LOG_BYTES / (body + 18)) as u32;
    for object in 0..strokes {
        let taken = world.with(author, |client| client.draw(&op(OpKind::Stroke, object, 0, vec![7; body])));
        assert!(taken);
        world.run_for(Duration::from_millis(30));
    }
    strokes
}

/// D22: a full board refuses with a reason and loses nothing; pointers pass while its 4 MiB go out to a newcomer.
#[test]
fn a_full_board_refuses_and_a_long_snapshot_leaves_room_for_pointers() {
    let (mut world, ann, ben, _) = trio();
    let strokes = fill(&mut world, ann);
    world.with(ben, |client| client.draw(&op(OpKind::Stroke, 77, 0, vec![7; 16_000])));
    world.run_for(Duration::from_secs(2));
    assert_eq!(refusals(&world.people[ben].client.drawing), [(77, DrawRefused::Full)]);

    world.latency = Duration::from_millis(20);
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    let (mut pointers_during_snapshot, began) = (0, world.now);
    for x in 1..=2000 {
        world.with(ben, |client| client.point(at(x)));
        world.run_for(Duration::from_millis(10));
        let cleo = &world.people[cleo].client;
        if picture(&cleo.drawing).len() == strokes as usize {
            break;
        }
        pointers_during_snapshot = cleo.pointers.len();
    }
    let shown = picture(&world.people[cleo].client.drawing);
    assert_eq!(shown, (0..strokes).map(|object| (1, object)).collect::<Vec<_>>());
    let took = world.now - began;
    println!("{pointers_during_snapshot} pointers passed during the snapshot of {took:?}");
    assert!(pointers_during_snapshot as f32 > took.as_secs_f32() * 20.0, "{pointers_during_snapshot} in {took:?}");
}

/// Messages that are none: counted, dropped, and the connection lives on.
#[test]
fn nonsense_on_the_channels_is_counted() {
    let (mut world, ann, ben, _) = trio();
    let too_long = vec![1; 17 * 1024];
    let nonsense: [(u16, &[u8]); 5] = [
        (POINTER_CHANNEL, &[]),
        (POINTER_CHANNEL, &[9]),
        (DRAWING_CHANNEL, &[9, 0, 0, 0, 0, 0, 0, 0, 0]),
        (DRAWING_CHANNEL, &[1, 2]),
        (DRAWING_CHANNEL, &too_long),
    ];
    for (channel, bytes) in nonsense {
        world.with(ben, |client| client.send_raw(channel, bytes));
    }
    world.with(ben, |client| client.draw(&stroke(1, 0)));
    world.run_for(Duration::from_millis(300));
    let stray = world.node.stats().stray_messages;
    assert!((4..=5).contains(&stray), "{stray}"); // the one of 17 KiB may already be refused by SCTP at the sender
    assert_eq!(picture(&world.people[ann].client.drawing), [(2, 1)]);
}

/// Where only moderators draw and point, others' strokes are refused and their pointers go, theirs do not; and back again.
#[test]
fn the_surface_can_be_the_moderators() {
    let (mut world, ann, ben, _) = trio();
    let surface = |only| Command::Surface { room: room(1), only_moderators_draw: only, only_moderators_point: only };
    world.with(ben, |client| client.point(at(5)));
    world.run_for(Duration::from_millis(100));
    world.command(surface(true));
    world.with(ben, |client| client.point(at(6)));
    world.with(ben, |client| client.draw(&stroke(1, 0)));
    world.with(ann, |client| client.draw(&stroke(1, 0)));
    world.with(ann, |client| client.point(at(7)));
    world.run_for(Duration::from_millis(200));
    let seen: Vec<_> = world.people[ann].client.pointers.iter().map(|pointer| pointer.at.map(|at| at.x)).collect();
    assert_eq!(seen, [Some(5), None]);
    assert_eq!(refusals(&world.people[ben].client.drawing), [(1, DrawRefused::NotAllowed)]);
    assert_eq!(picture(&world.people[ben].client.drawing), [(1, 1)]);
    assert_eq!(world.people[ben].client.pointers.len(), 1, "the moderator's");
    world.command(surface(false));
    world.with(ben, |client| client.draw(&stroke(2, 0)));
    world.run_for(Duration::from_millis(200));
    assert_eq!(picture(&world.people[ann].client.drawing), [(1, 1), (2, 2)]);
}
