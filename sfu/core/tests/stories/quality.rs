//! Whose connection is bad: said of those whose it is, and of nobody else.

use std::time::Duration;

use sfu_core::Stats;
use shared::meeting::Role;
use shared::quality::Quality;
use shared::signal::Stage;
use str0m_netem::{NetemConfig, Probability, RandomLoss};

use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// Ben's way down loses every fifth packet for a while. Ann, who sends him all of it, is told nothing about herself.
#[test]
fn a_subscriber_whose_packets_get_lost_is_said_to_have_a_poor_connection_until_they_do_not() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let near = || NetemConfig::new().latency(Duration::from_millis(20)).seed(5);
    world.link_down(ben, near());
    world.film_and_talk(&[ann, ben], 6 * SECOND);
    assert!(world.people.iter().all(|person| person.qualities.is_empty()), "nothing is the matter");
    world.link_down(ben, near().loss(RandomLoss::new(Probability::new(0.2))));
    world.film_and_talk(&[ann, ben], 7 * SECOND);
    assert_eq!(world.people[ben].qualities, [Quality::Poor]);
    let Stats { connections, up, down, speakers, shown, .. } = world.node.stats();
    assert_eq!((connections.good, connections.poor, speakers), (1, 1, 2));
    assert_eq!(shown.faces.iter().sum::<usize>() + shown.paused, 2, "{shown:?}");
    assert!(up.expected > 1_000 && up.arrived == up.expected, "{up:?}");
    let lost = down.expected - down.arrived;
    assert!(
        lost * 30 > down.expected && lost * 10 < down.expected,
        "a fifth of what Ben got in seven seconds: {down:?}"
    );
    world.link_down(ben, near());
    world.film_and_talk(&[ann, ben], 13 * SECOND);
    assert_eq!(world.people[ben].qualities, [Quality::Poor, Quality::Good]);
    assert_eq!(world.people[ann].qualities, []);
}

/// Every tenth packet of Ann's voice is lost on its way to the server: it is her connection, not that of those who hear her.
#[test]
fn a_publisher_whose_packets_get_lost_is_said_to_have_a_bad_connection() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    for round in 0..400 {
        let datagrams = world.with_unsent(ann, |client, now| client.send_audio(now, Some(-30)));
        // A datagram of media: those of ICE and DTLS begin with other bytes (RFC 7983).
        let is_media = |payload: &[u8]| payload.first().is_some_and(|first| (128..192).contains(first));
        let lost = round % 10 == 0;
        world.send_all(datagrams.into_iter().filter(|datagram| !(lost && is_media(&datagram.payload))).collect());
        world.say(ben, -30);
        world.run_for(Duration::from_millis(20));
    }
    assert_eq!(world.people[ann].qualities, [Quality::Poor]);
    assert_eq!(world.people[ben].qualities, []);
}

/// A long way there and back is said as well: a satellite's.
#[test]
fn a_long_way_is_a_fair_connection() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.link_down(ben, NetemConfig::new().latency(Duration::from_millis(400)).seed(5));
    world.film_and_talk(&[ann, ben], 10 * SECOND);
    assert_eq!(world.people[ben].qualities, [Quality::Fair]);
    assert_eq!(world.people[ann].qualities, []);
}
