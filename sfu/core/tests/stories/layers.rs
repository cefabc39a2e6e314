//! Which layers of whose camera reach whom: by the size of tiles, by bandwidth, and no more than anybody watches.

use std::time::Duration;

use shared::meeting::Role;
use shared::signal::Stage;
use str0m::media::MediaKind;
use str0m_netem::{Bitrate, DataSize, NetemConfig, Probability, RandomLoss};

use crate::media_client::Received;
use crate::shaper::Shaper;
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

fn three(world: &mut World) -> [usize; 3] {
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    [ann, world.enter("Ben", Role::Participant, Stage::Room), world.enter("Cleo", Role::Participant, Stage::Room)]
}

/// A link of so many kilobits a second, 40 ms long, with a queue of 300 ms.
fn link(kbps: u64) -> NetemConfig {
    let queue = DataSize::bytes((kbps * 1000 / 8 * 3 / 10) as i64);
    NetemConfig::new().latency(Duration::from_millis(40)).link(Bitrate::kbps(kbps), queue).seed(7)
}

/// Video that `viewer` received of `of` since the last look.
fn received(world: &mut World, viewer: usize, of: usize) -> Vec<Received> {
    let of = world.people[of].participant.0;
    let all = std::mem::take(&mut world.people[viewer].client.received);
    all.into_iter().filter(|packet| packet.kind == MediaKind::Video && packet.mark.sender == of).collect()
}

/// The layers among them, in order of first appearance.
fn layers(received: &[Received]) -> Vec<u8> {
    let mut layers = Vec::new();
    for packet in received {
        if !layers.contains(&packet.mark.layer) {
            layers.push(packet.mark.layer);
        }
    }
    layers
}

/// Lets `viewer` find out how much their connection carries.
fn widen(world: &mut World, viewer: usize, of: usize) {
    world.look(viewer, &[(of, 1200)]);
    world.film(&[of], 10 * SECOND);
    received(world, viewer, of);
}

/// One slot stays one stream, whatever flows through it.
fn assert_continuous(received: &[Received]) {
    for pair in received.windows(2) {
        assert_eq!(pair[1].seq, pair[0].seq + 1, "{pair:?}");
        let later = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(later < 90_000, "time goes on: {pair:?}");
        let (Some(before), Some(after)) = (pair[0].picture, pair[1].picture) else { panic!("no picture id") };
        assert!(after == before || after == (before + 1) & 0x7fff, "{pair:?}");
    }
}

#[test]
fn the_size_of_a_tile_chooses_the_layer() {
    let mut world = World::new();
    let [ann, ben, cleo] = three(&mut world);
    world.look(ann, &[(ben, 1200), (cleo, 200)]);
    world.look(cleo, &[(ben, 500)]);
    world.film(&[ben, cleo], 4 * SECOND);
    for viewer in [ann, cleo] {
        received(&mut world, viewer, ben);
    }
    world.film(&[ben, cleo], 2 * SECOND);
    assert_eq!(layers(&received(&mut world, ann, ben)), [2]);
    assert_eq!(layers(&received(&mut world, cleo, ben)), [1]);
    world.film(&[ben, cleo], SECOND);
    assert_eq!(layers(&received(&mut world, ann, cleo)), [0]);
}

#[test]
fn a_switch_of_layers_is_one_stream_and_begins_with_a_keyframe() {
    let mut world = World::new();
    let [ann, ben, _] = three(&mut world);
    widen(&mut world, ann, ben);
    let mut all = Vec::new();
    for width in [200, 500, 1200, 200, 1200, 500, 200] {
        world.look(ann, &[(ben, width)]);
        world.film(&[ben], 6 * SECOND);
        all.extend(received(&mut world, ann, ben));
    }
    assert_continuous(&all);
    let switches: Vec<u8> = all.chunk_by(|a, b| a.mark.layer == b.mark.layer).map(|run| run[0].mark.layer).collect();
    assert!(switches.len() >= 7 && switches.contains(&1), "{switches:?}");
    assert_eq!((switches.first(), switches.last()), (Some(&2), Some(&0)));
    for run in all.chunk_by(|a, b| a.mark.layer == b.mark.layer).skip(1) {
        assert!(run[0].keyframe, "layer {} began in the middle", run[0].mark.layer);
    }
}

#[test]
fn encoders_rest_what_nobody_watches() {
    let mut world = World::new();
    let [ann, ben, cleo] = three(&mut world);
    widen(&mut world, ann, ben);
    world.look(ann, &[(ben, 200)]);
    world.look(cleo, &[(ben, 500)]);
    world.film(&[ben], 4 * SECOND);
    assert_eq!(world.people[ben].layers_wanted, [true, true, false]);
    world.look(cleo, &[]);
    world.film(&[ben], 4 * SECOND);
    assert_eq!(world.people[ben].layers_wanted, [true, false, false]);
    world.look(ann, &[]);
    world.film(&[ben], 4 * SECOND);
    assert_eq!(world.people[ben].layers_wanted, [false, false, false]);
    received(&mut world, ann, ben);
    world.look(ann, &[(ben, 1200)]);
    // Where nothing flowed nothing is known of the connection, so it takes a while.
    let asked = world.now;
    while world.people[ben].layers_wanted != [true, false, true] {
        assert!(world.now < asked + 20 * SECOND, "{:?}", world.people[ben].layers_wanted);
        world.film(&[ben], Duration::from_millis(200));
    }
    println!("full picture {:.1} s after looking back", (world.now - asked).as_secs_f64());
    world.film(&[ben], SECOND);
    assert_eq!(received(&mut world, ann, ben).last().map(|packet| packet.mark.layer), Some(2));
}

/// Whoever was told that nobody watches sends nothing, and must hear of it when that changes.
#[test]
fn somebody_who_is_looked_at_only_later_is_asked_for_their_picture() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    world.look(ann, &[]);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.run_for(5 * SECOND);
    assert_eq!(world.people[ben].layers_wanted, [false; 3], "nobody looks");
    world.look(ann, &[(ben, 500)]);
    world.run_for(SECOND);
    assert!(world.people[ben].layers_wanted[0], "asked before anything came");
    world.film(&[ben], 2 * SECOND);
    assert_eq!(
        world.people[ben].layers_wanted,
        [true, true, false],
        "and for more as soon as there is something to measure by"
    );
}

/// One subscriber at 300 kbit/s among good ones: they get what fits, the others lose nothing by it.
#[test]
fn somebody_on_a_narrow_link_gets_less_and_costs_nobody_else_anything() {
    let mut world = World::new();
    let [ann, ben, cleo] = three(&mut world);
    world.link_down(ann, link(5_000));
    world.link_down(cleo, link(300));
    world.look(ann, &[(ben, 1200)]);
    world.look(cleo, &[(ben, 1200)]);
    world.film(&[ben], 15 * SECOND);
    received(&mut world, ann, ben);
    received(&mut world, cleo, ben);
    world.film(&[ben], 10 * SECOND);
    let good = received(&mut world, ann, ben);
    assert_eq!(layers(&good), [2], "Ann sees Ben in full");
    assert_continuous(&good);
    let narrow = received(&mut world, cleo, ben);
    assert_eq!(layers(&narrow), [0], "Cleo sees him small");
    assert!(narrow.len() > 200, "{} of 250 frames", narrow.len());
}

/// A bucket lets short probes pass at any rate, so that they find what is not there. Whoever has been wrong so often doubts.
#[test]
fn behind_a_bucket_of_tokens_a_voice_is_heard() {
    for (bucket, queue_ms) in [(4_096, 200), (16_384, 30), (16_384, 200), (65_536, 200)] {
        let mut world = World::new();
        let [_, ben, cleo] = three(&mut world);
        world.shape_down(cleo, Shaper::new(300, bucket, queue_ms));
        world.look(cleo, &[(ben, 1200)]);
        let mut heard = Vec::new();
        for _ in 0..12 {
            let before = world.people[cleo].heard(&world.people[ben]).len();
            world.film_and_talk(&[ben], 5 * SECOND);
            heard.push((world.people[cleo].heard(&world.people[ben]).len() - before) * 100 / 250);
        }
        let seen = received(&mut world, cleo, ben);
        let small = seen.iter().filter(|packet| packet.mark.layer == 0).count();
        let case = format!(
            "bucket {bucket}, queue {queue_ms} ms: {heard:?} percent of the voice, small {small} of {}",
            seen.len()
        );
        println!("{case}");
        assert!(heard.iter().all(|percent| *percent >= 90), "{case}");
        assert!(heard.iter().sum::<usize>() >= 98 * heard.len(), "{case}");
        assert!(small * 4 > seen.len() * 3, "{case}");
    }
}

/// The link gets narrow for 30 s: how long until the full picture is back?
#[test]
fn a_dip_in_capacity_is_survived_and_overcome() {
    let mut world = World::new();
    let [ann, ben, _] = three(&mut world);
    world.link_down(ann, link(4_000));
    world.look(ann, &[(ben, 1200)]);
    let began = world.now;
    while !layers(&received(&mut world, ann, ben)).contains(&2) {
        assert!(world.now < began + 10 * SECOND, "no full picture at all");
        world.film(&[ben], SECOND / 10);
    }
    println!("full picture after {:.1} s in the room", (world.now - began).as_secs_f64());
    world.film(&[ben], 20 * SECOND);
    assert_eq!(received(&mut world, ann, ben).last().map(|packet| packet.mark.layer), Some(2));
    world.link_down(ann, link(400));
    world.film(&[ben], 20 * SECOND);
    received(&mut world, ann, ben);
    world.film(&[ben], 10 * SECOND);
    let during = received(&mut world, ann, ben);
    assert!(during.len() > 200 && !layers(&during).contains(&2), "{} packets of {:?}", during.len(), layers(&during));
    world.link_down(ann, link(4_000));
    let back = world.now;
    while world.now < back + 30 * SECOND {
        world.film(&[ben], Duration::from_millis(200));
        if received(&mut world, ann, ben).last().is_some_and(|packet| packet.mark.layer == 2) {
            println!("full picture after {:.1} s", (world.now - back).as_secs_f64());
            return;
        }
    }
    panic!("no full picture within 30 s");
}

/// 30 % of everything is lost for 10 s: retransmission and keyframes bring the picture back.
#[test]
fn heavy_loss_is_overcome() {
    let mut world = World::new();
    let [ann, ben, _] = three(&mut world);
    world.link_down(ann, link(5_000));
    world.look(ann, &[(ben, 500)]);
    world.film(&[ben], 10 * SECOND);
    world.link_down(ann, link(5_000).loss(RandomLoss::new(Probability::new(0.3))));
    world.film(&[ben], 10 * SECOND);
    world.link_down(ann, link(5_000));
    world.film(&[ben], 5 * SECOND);
    received(&mut world, ann, ben);
    world.film(&[ben], 5 * SECOND);
    let after = received(&mut world, ann, ben);
    assert!(after.len() > 120, "{} packets", after.len());
}
