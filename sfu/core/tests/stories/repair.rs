//! What gets lost on the way is sent again, and what does not fit is not sent.

use std::time::Duration;

use shared::meeting::Role;
use shared::signal::Stage;
use str0m::media::MediaKind;
use str0m_netem::{NetemConfig, Probability, RandomLoss};

use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// A tenth of all packets is lost, and every one of Ben's arrives.
#[test]
fn what_a_lossy_link_loses_is_repeated_until_it_arrives() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let loss = RandomLoss::new(Probability::new(0.1));
    world.link_down(ann, NetemConfig::new().latency(Duration::from_millis(20)).seed(3));
    world.look(ann, &[(ben, 500)]);
    world.film(&[ben], 2 * SECOND);
    world.people[ann].client.received.clear();
    world.link_down(ann, NetemConfig::new().latency(Duration::from_millis(20)).loss(loss).seed(3));
    world.film(&[ben], 10 * SECOND);
    world.link_down(ann, NetemConfig::new().latency(Duration::from_millis(20)).seed(3));
    world.film(&[ben], 2 * SECOND);
    let video = world.people[ann].client.received.iter().filter(|packet| packet.kind == MediaKind::Video);
    let mut seqs: Vec<u64> = video.map(|packet| packet.seq).collect();
    let late = seqs.windows(2).filter(|pair| pair[1] < pair[0]).count();
    seqs.sort_unstable();
    seqs.dedup();
    let all = seqs.last().unwrap() - seqs.first().unwrap() + 1;
    let missing = all - seqs.len() as u64;
    assert!(all > 250 && late > 15, "{all} packets, {late} of them late: something was lost");
    assert_eq!(missing, 0, "of {all}");
}

/// A browser that says only what it takes its connection to carry (REMB) is sent no more than that.
#[test]
fn whoever_says_how_much_they_can_take_gets_no_more() {
    let mut world = World::new();
    world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let cleo = world.enter_without_estimate("Cleo");
    world.look(cleo, &[(ben, 1200)]);
    let layer = |world: &World| world.people[cleo].client.received.last().map(|packet| packet.mark.layer);
    world.film(&[ben], 3 * SECOND);
    assert_eq!(layer(&world), Some(2), "nothing is known, so all is sent");
    for (carries, largest) in [(200_000, 0), (600_000, 1), (5_000_000, 2)] {
        for _ in 0..3 {
            world.with(cleo, |client| client.can_take(carries));
            world.film(&[ben], SECOND);
        }
        assert_eq!(layer(&world), Some(largest), "{carries} bit/s");
    }
}
