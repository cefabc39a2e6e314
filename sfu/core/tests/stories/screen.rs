//! A shared screen: who sees it, what it comes before, and when its encoder rests.

use std::time::Duration;

use shared::limits::VIDEO_SLOTS;
use shared::meeting::Role;
use shared::signal::{Picture, Stage, Tile};
use str0m::media::MediaKind;
use str0m_netem::{Bitrate, DataSize, NetemConfig};

use crate::media_client::{Received, SCREEN};
use crate::world::{Person, World};

const SECOND: Duration = Duration::from_secs(1);

/// What came of somebody's screen, in order.
fn screen_of<'a>(viewer: &'a Person, of: &Person) -> Vec<&'a Received> {
    let sender = of.participant.0;
    let is_its = |packet: &&Received| packet.mark.sender == sender && packet.mark.layer == SCREEN;
    viewer.client.received.iter().filter(is_its).collect()
}

fn forget(world: &mut World) {
    world.people.iter_mut().for_each(|person| person.client.received.clear());
}

/// D20, D24: a screen is shown to everybody in the room, observers among them, beside its owner's face; to nobody in the
/// lobby; and to nobody any more once it is no longer shared.
#[test]
fn everybody_in_the_room_sees_a_shared_screen_and_the_lobby_does_not() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let olga = world.enter("Olga", Role::Observer, Stage::Room);
    let lena = world.enter("Lena", Role::Participant, Stage::Lobby);
    world.share(ben, true);
    world.film_and_share(&[ann, ben], ben, 2 * SECOND);
    let late = world.enter("Lou", Role::Participant, Stage::Room);
    world.film_and_share(&[ann, ben], ben, 2 * SECOND);
    for (viewer, least) in [(ann, 80), (olga, 80), (late, 40)] {
        let (viewer, sharer) = (&world.people[viewer], &world.people[ben]);
        let packets = screen_of(viewer, sharer);
        assert!(packets.len() > least, "{} got {} packets", viewer.name, packets.len());
        assert!(packets[0].keyframe, "{} began in the middle", viewer.name);
        assert!(packets.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1), "{} misses packets", viewer.name);
        let faces = viewer.client.received.iter().filter(|packet| packet.kind == MediaKind::Video);
        let faces = faces.filter(|packet| packet.mark.sender == sharer.participant.0 && packet.mark.layer != SCREEN);
        assert!(faces.count() > 20, "{} sees Ben's face too", viewer.name);
        let slots = &viewer.slots.as_ref().unwrap().video;
        for picture in [Picture::screen(sharer.participant), Picture::face(sharer.participant)] {
            assert_eq!(slots.iter().filter(|slot| **slot == Some(picture)).count(), 1, "{picture:?}");
        }
    }
    for blind in [ben, lena] {
        assert!(screen_of(&world.people[blind], &world.people[ben]).is_empty(), "{}", world.people[blind].name);
    }
    assert_eq!(world.people[lena].client.counts.rtp, 0);

    world.share(ben, false);
    forget(&mut world);
    world.people[ben].screen_wanted = true; // a page that goes on sending
    world.film_and_share(&[ann, ben], ben, SECOND);
    for viewer in [ann, olga, late] {
        let (viewer, sharer) = (&world.people[viewer], &world.people[ben]);
        assert!(screen_of(viewer, sharer).is_empty(), "{}", viewer.name);
        assert!(!viewer.slots.as_ref().unwrap().video.contains(&Some(Picture::screen(sharer.participant))));
    }
}

/// A page that sends a screen without asking, or from where none may be shared, is shown to nobody.
#[test]
fn a_screen_that_was_not_asked_for_reaches_nobody() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let olga = world.enter("Olga", Role::Observer, Stage::Room);
    let lena = world.enter("Lena", Role::Participant, Stage::Lobby);
    for eager in [ben, olga, lena] {
        if eager != ben {
            world.share(eager, true); // signaling never says so, and the core does not rely on that
        }
        world.people[eager].screen_wanted = true;
        world.film_and_share(&[ann], eager, SECOND);
        assert!(screen_of(&world.people[ann], &world.people[eager]).is_empty(), "{}", world.people[eager].name);
    }
}

/// Where there are more faces than slots, the screen has one all the same, wherever the page's own list has it.
#[test]
fn a_screen_has_its_slot_before_all_faces() {
    let mut world = World::new();
    let people: Vec<usize> = (0..VIDEO_SLOTS + 2)
        .map(|number| {
            world.enter("one of many", if number == 0 { Role::Moderator } else { Role::Participant }, Stage::Room)
        })
        .collect();
    let (ann, ben) = (people[0], people[VIDEO_SLOTS]);
    let faces: Vec<(usize, u16)> = people[1..].iter().map(|who| (*who, 200)).collect();
    world.look(ann, &faces);
    world.share(ben, true);
    let screen = Some(Picture::screen(world.people[ben].participant));
    assert!(world.people[ann].slots.as_ref().unwrap().video.contains(&screen));
    world.leave(ben);
    assert!(!world.people[ann].slots.as_ref().unwrap().video.contains(&screen));
}

/// A connection that carries the screen and little else: faces give way, the screen does not.
#[test]
fn faces_give_way_to_the_screen_where_the_connection_is_narrow() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let others = ["Ben", "Cleo", "Dan"].map(|name| world.enter(name, Role::Participant, Stage::Room));
    let [ben, cleo, dan] = others;
    let queue = DataSize::bytes(700_000 / 8 * 3 / 10);
    world.link_down(ann, NetemConfig::new().latency(Duration::from_millis(40)).link(Bitrate::kbps(700), queue).seed(7));
    world.share(ben, true);
    let face = |world: &World, who: usize| Tile { picture: Picture::face(world.people[who].participant), width: 1200 };
    let screen = Tile { picture: Picture::screen(world.people[ben].participant), width: 1200 };
    // The page lists the screen last: it is the most important all the same.
    let tiles = vec![face(&world, ben), face(&world, cleo), face(&world, dan), screen];
    world.look_at(ann, tiles);
    world.film_and_share(&others, ben, 15 * SECOND);
    forget(&mut world);
    world.film_and_share(&others, ben, 10 * SECOND);
    let viewer = &world.people[ann];
    let frames = screen_of(viewer, &world.people[ben]).iter().filter(|packet| packet.kind == MediaKind::Video).count();
    // 250 frames of two packets each. A larger face that is tried once and refuted costs up to 34 of them.
    assert!(frames > 430, "{frames} of 500 packets of the screen");
    let large = viewer.client.received.iter().filter(|packet| (1..SCREEN).contains(&packet.mark.layer)).count();
    let all = viewer.client.received.iter().filter(|packet| packet.kind == MediaKind::Video).count();
    assert!(large * 10 < all, "{large} of {all} packets are of large faces");
}

/// The publisher's encoder runs while somebody watches the screen, and not a moment longer than it takes to look back.
#[test]
fn the_screen_s_encoder_rests_while_nobody_watches() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.run_for(SECOND);
    assert!(!world.people[ben].screen_wanted, "nothing is shared yet");
    world.share(ben, true);
    assert!(world.people[ben].screen_wanted, "at once");
    world.film_and_share(&[ben], ben, SECOND);
    world.look(ann, &[(ben, 400)]);
    world.film_and_share(&[ben], ben, 4 * SECOND);
    assert!(!world.people[ben].screen_wanted, "Ann's page shows Ben's face alone");
    assert_eq!(world.people[ben].layers_wanted.first(), Some(&true));
    forget(&mut world);
    let screen = Tile { picture: Picture::screen(world.people[ben].participant), width: 900 };
    world.look_at(ann, vec![screen]);
    world.film_and_share(&[ben], ben, SECOND);
    let packets = screen_of(&world.people[ann], &world.people[ben]);
    assert!(packets.len() > 20 && packets[0].keyframe, "{} packets", packets.len());
}

/// Each picture's keyframes are asked for by themselves: a wish for the screen costs the camera nothing.
#[test]
fn a_keyframe_of_the_screen_is_not_one_of_the_camera() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.share(ben, true);
    world.film_and_share(&[ben], ben, 2 * SECOND);
    let slots = world.people[ann].slots.clone().unwrap().video;
    let slot = slots.iter().position(|slot| *slot == Some(Picture::screen(world.people[ben].participant))).unwrap();
    let asked = |world: &World| {
        let client = &world.people[ben].client;
        (client.screen_keyframe_requests, client.keyframe_requests)
    };
    let before = asked(&world);
    for _ in 0..20 {
        world.with(ann, |client| client.request_keyframe(slot));
        world.run_for(Duration::from_millis(10));
    }
    world.run_for(SECOND);
    let after = asked(&world);
    assert_eq!((after.0 - before.0, after.1 - before.1), (2, 0), "twenty wishes within 200 ms");
}
