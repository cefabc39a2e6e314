//! Stories that need hooks of unit tests; the people are those of `tests/stories`. A panic while handling one peer, caused on
//! purpose, costs that peer alone.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "shared with the stories, of which this is one")]

#[path = "../../../e2e/src/media_client.rs"]
pub(crate) mod media_client;
#[path = "../tests/stories/shaper.rs"]
mod shaper;
#[path = "../tests/stories/world.rs"]
mod world;

use shared::control::Gone;
use shared::meeting::Role;
use shared::signal::{Picture, Stage};

use world::World;

/// SECURITY T3: one panic, one session.
#[test]
fn a_panic_in_one_peer_costs_that_peer_alone() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    world.talk(&[ann, ben, cleo], 10);
    world.node.break_peer(world.people[cleo].session);
    world.talk(&[ann, ben, cleo], 30);
    let stats = world.node.stats();
    assert_eq!((stats.faults, stats.sessions), (1, 2));
    let [ann, ben, cleo] = [ann, ben, cleo].map(|person| &world.people[person]);
    assert_eq!((ann.gone, ben.gone, cleo.gone), (None, None, Some(Gone::Fault)));
    assert_eq!((ann.seen(ben).len(), ben.seen(ann).len()), (40, 40), "the others missed nothing");
    assert!(ann.slots.as_ref().is_some_and(|slots| !slots.video.contains(&Some(Picture::face(cleo.participant)))));
}

/// What publishers report of their streams is str0m's, which answers it. Of somebody who only watches there is nothing in it.
#[test]
fn str0m_reads_the_reports_of_those_who_publish() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.film(&[ann], std::time::Duration::from_secs(5));
    let given = |who: usize| world.node.reports_given(world.people[who].session);
    assert!(given(ann) >= 3, "{}", given(ann));
    assert_eq!(given(ben), 0);
}
