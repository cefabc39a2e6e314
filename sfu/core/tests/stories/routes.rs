//! Where somebody's packets go when their network changes, and when somebody else says that it did.

use std::net::SocketAddr;
use std::time::Duration;

use shared::meeting::Role;
use shared::signal::Stage;

use crate::media_client::Datagram;
use crate::world::World;

fn stranger() -> SocketAddr {
    "203.0.113.66:6666".parse().unwrap()
}

fn two(world: &mut World) -> [usize; 2] {
    [("Ann", Role::Moderator), ("Ben", Role::Participant)].map(|(name, role)| world.enter(name, role, Stage::Room))
}

/// Media among what went to nobody.
fn media(strays: &[Datagram]) -> usize {
    strays.iter().filter(|datagram| matches!(datagram.payload.first(), Some(128..=191))).count()
}

#[test]
fn whoever_s_nat_forgot_them_goes_on_with_their_next_check() {
    let mut world = World::new();
    let [ann, ben] = two(&mut world);
    world.talk(&[ann, ben], 50);
    world.rebind(ann);
    world.talk(&[ben], 250);
    let [before, now] = [&world.people[ann], &world.people[ben]];
    let seen = before.seen(now);
    assert_eq!(seen.last(), Some(&299), "the newest arrives");
    assert!(seen.len() > 100, "{} of 300", seen.len());
    world.strays.clear();
    world.talk(&[ann, ben], 50);
    assert_eq!(media(&world.strays), 0, "nothing goes where she was");
    let [ann, ben] = [&world.people[ann], &world.people[ben]];
    assert_eq!(ben.seen(ann).last(), Some(&99), "and she is seen");
}

/// They go on with what they report, which is sealed and numbered; the next check may be seconds away.
#[test]
fn whoever_s_nat_forgot_them_misses_a_moment() {
    let mut world = World::new();
    let [ann, ben] = two(&mut world);
    world.talk(&[ann, ben], 50);
    for time in 1..9 {
        world.rebind(ann);
        world.talk(&[ben], 30);
        let sent = 50 + 30 * time;
        let seen = world.people[ann].seen(&world.people[ben]);
        let missed = (sent - 30..sent).filter(|counter| !seen.contains(counter)).count();
        assert!(missed < 15, "{missed} of 30 pictures in 600 ms");
    }
}

/// SECURITY, RTP bleed: nobody's media is drawn elsewhere without their password, nor with a recording of their checks.
#[test]
fn nobody_draws_somebody_s_media_to_themselves() {
    let mut world = World::new();
    let [ann, ben] = two(&mut world);
    world.talk(&[ann, ben], 50);
    world.strays.clear();
    for _ in 0..20 {
        let check = world.people[ann].last_check.clone();
        assert!(check.windows(4).any(|attribute| attribute == [0, 0x25, 0, 0]), "it nominates");
        for (place, flip) in [(8, 1), (check.len() - 1, 1), (check.len() - 20, 0xff)] {
            let mut forged = check.clone();
            forged[place] ^= flip;
            world.inject(stranger(), &forged);
        }
        world.inject(stranger(), &check);
        let report = world.people[ann].last_report.clone();
        assert!(!report.is_empty(), "she reports");
        for place in [4, 8, report.len() - 1] {
            let mut forged = report.clone();
            forged[place] ^= 1;
            world.inject(stranger(), &forged);
        }
        world.inject(stranger(), &report);
        world.talk(&[ann, ben], 10);
    }
    assert_eq!(media(&world.strays), 0);
    let [ann, ben] = [&world.people[ann], &world.people[ben]];
    assert_eq!(ann.seen(ben).last(), Some(&249));
    assert_eq!(ben.seen(ann).last(), Some(&249));
}

/// As long as the world's people check their way every few seconds, nobody is given up for having moved.
#[test]
fn whoever_moves_again_and_again_stays() {
    let mut world = World::new();
    let [ann, ben] = two(&mut world);
    for _ in 0..12 {
        world.rebind(ann);
        world.run_for(Duration::from_secs(5));
    }
    world.talk(&[ann, ben], 250);
    assert!(world.people[ann].gone.is_none());
    assert_eq!(world.people[ann].seen(&world.people[ben]).last(), Some(&249));
}
