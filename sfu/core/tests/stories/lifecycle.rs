//! Coming, going and what remains: nothing.

use std::time::Duration;

use sfu_core::Stats;
use shared::control::{Command, Gone};
use shared::limits::MAX_PARTICIPANTS;
use shared::meeting::Role;
use shared::signal::{OfferError, Stage};
use shared::surface::{DrawUp, OpKind};

use crate::world::{World, room};

fn held(stats: Stats) -> (usize, usize, usize, usize) {
    (stats.rooms, stats.sessions, stats.addresses, stats.timers)
}

/// A reload: the newer session of the same person wins, and there is no ghost of the older one.
#[test]
fn a_newer_session_replaces_the_older() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let before = world.join_as("Ben", 2, room(1), Role::Participant, Stage::Room);
    world.run_until("connected", |world| world.is_up(before));
    world.talk(&[ann, before], 10);
    let after = world.join_as("Ben", 2, room(1), Role::Participant, Stage::Room);
    world.run_until("connected", |world| world.is_up(after));
    assert_eq!(world.node.stats().sessions, 2);
    assert_eq!(world.people[before].gone, None, "signaling caused it, so it is not told");
    assert!(world.people[before].client.closed);
    world.talk(&[ann, after], 50);
    let slots = world.people[ann].slots.as_ref().unwrap();
    let bens = slots.video.iter().flatten().filter(|shown| shown.who.0 == 2).count();
    assert_eq!(bens, 1);
    assert!(world.people[after].seen(&world.people[ann]).len() > 10);
}

/// D32: when the room is closed nothing of it is left in the node, the drawing included.
#[test]
fn a_closed_room_leaves_nothing() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let lena = world.enter("Lena", Role::Participant, Stage::Lobby);
    world.talk(&[ann, ben, lena], 10);
    world.with(ann, |client| client.draw(&DrawUp { kind: OpKind::Stroke, object: 1, epoch: 0, body: vec![1; 9] }));
    let stats = world.node.stats();
    assert_eq!((stats.rooms, stats.sessions, stats.drawing_ops), (1, 3, 1));
    world.command(Command::CloseRoom { room: room(1) });
    assert_eq!(held(world.node.stats()), (0, 0, 0, 0));
    assert!([ann, ben, lena].iter().all(|person| world.people[*person].client.closed));
    assert!([ann, ben, lena].iter().all(|person| world.people[*person].gone.is_none()));
    let again = world.enter("Dora", Role::Moderator, Stage::Room);
    world.run_for(Duration::from_millis(300));
    assert_eq!(world.people[again].client.drawing.len(), 1, "a blank board: Begin and nothing else");
}

/// Somebody leaves whose packets never came: nothing of them stays.
#[test]
fn leaving_before_anything_arrived_frees_everything() {
    let mut world = World::new();
    let ann = world.join("Ann", Role::Moderator, Stage::Lobby);
    world.leave(ann);
    assert_eq!(held(world.node.stats()), (0, 0, 0, 0));
}

/// The drawing outlives everybody's reload, until the room is closed.
#[test]
fn the_drawing_outlives_a_reload_of_the_only_person() {
    let mut world = World::new();
    let before = world.join_as("Ann", 1, room(1), Role::Moderator, Stage::Room);
    world.run_until("connected", |world| world.is_up(before));
    world.with(before, |client| client.draw(&DrawUp { kind: OpKind::Stroke, object: 1, epoch: 0, body: vec![1] }));
    world.leave(before);
    let after = world.join_as("Ann", 1, room(1), Role::Moderator, Stage::Room);
    world.run_until("connected", |world| world.is_up(after));
    world.run_for(Duration::from_millis(300));
    assert_eq!(world.people[after].client.drawing.len(), 2);
    world.command(Command::CloseRoom { room: room(1) });
    assert_eq!(held(world.node.stats()), (0, 0, 0, 0));
}

#[test]
fn somebody_whose_connection_never_comes_up_is_given_up() {
    let mut world = World::new();
    let ann = world.join("Ann", Role::Moderator, Stage::Room);
    world.cut_off(ann);
    world.run_for(Duration::from_secs(14));
    let early = world.people[ann].gone;
    world.run_for(Duration::from_secs(2));
    // What she had already sent before she was cut off may have connected ICE, never DTLS.
    assert_eq!((early, world.people[ann].gone), (None, Some(Gone::Timeout)));
    assert_eq!(held(world.node.stats()), (0, 0, 0, 0));
}

#[test]
fn somebody_who_falls_silent_is_given_up_and_somebody_who_closes_goes_at_once() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    world.with(cleo, |client| client.close());
    world.run_for(Duration::from_millis(100));
    assert_eq!(world.people[cleo].gone, Some(Gone::Closed));
    world.cut_off(ben);
    world.run_for(Duration::from_secs(30));
    assert_eq!((world.people[ann].gone, world.people[ben].gone), (None, Some(Gone::Timeout)));
    assert_eq!(world.node.stats().sessions, 1);
}

#[test]
fn a_full_room_refuses_one_more_and_takes_back_one_of_its_own() {
    let mut world = World::new();
    for _ in 0..MAX_PARTICIPANTS {
        world.join("One of many", Role::Participant, Stage::Room);
    }
    let late = world.join("Late", Role::Moderator, Stage::Room);
    assert_eq!(world.people[late].refused, Some(OfferError::RoomFull));
    let back = world.join_as("One of many", 3, room(1), Role::Participant, Stage::Room);
    assert!(world.people[back].answered);
    let elsewhere = world.join_as("Elsewhere", 1, room(2), Role::Moderator, Stage::Room);
    assert!(world.people[elsewhere].answered);
    assert_eq!(world.node.stats().rooms, 2);
}

#[test]
fn two_rooms_never_meet() {
    let mut world = World::new();
    let ann = world.join_as("Ann", 1, room(1), Role::Moderator, Stage::Room);
    let zoe = world.join_as("Zoe", 2, room(2), Role::Moderator, Stage::Room);
    world.run_until("connected", |world| world.is_up(ann) && world.is_up(zoe));
    world.talk(&[ann, zoe], 20);
    assert_eq!(world.people[ann].client.counts.rtp + world.people[zoe].client.counts.rtp, 0);
}
