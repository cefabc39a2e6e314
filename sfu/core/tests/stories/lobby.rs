//! The lobby at the wire: before admission a person gets STUN, DTLS and RTCP, and nothing else.

use shared::meeting::Role;
use shared::signal::{Picture, Stage};
use shared::surface::{DrawUp, OpKind, Point, PointerUp};

use crate::media_client::Counts;
use crate::world::World;

/// A busy room: two who talk, point and draw.
fn busy_room(world: &mut World) -> (usize, usize) {
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    (ann, ben)
}

fn be_busy(world: &mut World, people: &[usize], lena: usize) {
    for round in 0..40u32 {
        let x = round as u16;
        for person in people {
            world.with(*person, |client| client.point(PointerUp(Some(Point { x, y: 7 }))));
            let stroke = DrawUp { kind: OpKind::Stroke, object: round, epoch: 0, body: vec![1, 2, 0, 0, 0, 0] };
            world.with(*person, |client| client.draw(&stroke));
        }
        world.talk(&[people, &[lena]].concat(), 1);
    }
}

/// D24: nothing of the room reaches somebody in the lobby; after admission it does (the positive control).
#[test]
fn somebody_in_the_lobby_receives_nothing_until_they_are_let_in() {
    let mut world = World::new();
    let (ann, ben) = busy_room(&mut world);
    let lena = world.enter("Lena", Role::Participant, Stage::Lobby);
    be_busy(&mut world, &[ann, ben], lena);
    let waiting = &world.people[lena];
    let Counts { stun, dtls, rtp, rtcp, other, data_messages } = waiting.client.counts;
    assert!(stun > 0 && dtls > 0 && rtcp > 0, "{:?}", waiting.client.counts);
    assert_eq!((rtp, other, data_messages), (0, 0, 0));
    assert_eq!(waiting.slots, None, "and signaling is told of no slots for her");

    world.admit(lena);
    be_busy(&mut world, &[ann, ben], lena);
    let [ann, ben, lena] = [ann, ben, lena].map(|person| &world.people[person]);
    assert!(lena.client.counts.rtp > 0 && lena.client.counts.data_messages > 0);
    assert!(lena.seen(ann).len() > 20 && lena.heard(ben).len() > 20);
    assert!(!lena.client.pointers.is_empty() && !lena.client.drawing.is_empty());
    assert!(lena.slots.as_ref().is_some_and(|slots| slots.video.contains(&Some(Picture::face(ann.participant)))));
}

/// D24: somebody who is refused never received an RTP packet or a data-channel message.
#[test]
fn somebody_who_is_refused_never_received_anything() {
    let mut world = World::new();
    let (ann, ben) = busy_room(&mut world);
    let rob = world.enter("Rob", Role::Participant, Stage::Lobby);
    be_busy(&mut world, &[ann, ben], rob);
    world.leave(rob);
    be_busy(&mut world, &[ann, ben], rob);
    let rob = &world.people[rob];
    assert_eq!((rob.client.counts.rtp, rob.client.counts.data_messages), (0, 0));
    assert!(rob.client.closed, "his browser hears of it at once");
}

/// D27: moderators see a waiting person's face, never their sound; nobody else sees anything.
#[test]
fn moderators_alone_see_the_lobby_and_nobody_hears_it() {
    let mut world = World::new();
    let (ann, ben) = busy_room(&mut world);
    let olga = world.enter("Olga", Role::Observer, Stage::Room);
    let lena = world.enter("Lena", Role::Participant, Stage::Lobby);
    let luis = world.enter("Luis", Role::Participant, Stage::Lobby);
    world.talk(&[ann, ben, olga, lena, luis], 40);
    let [ann, ben, olga, lena, luis] = [ann, ben, olga, lena, luis].map(|person| &world.people[person]);
    assert!(ann.seen(lena).len() > 20 && ann.seen(luis).len() > 20);
    for (listener, waiting) in [(ann, lena), (ben, lena), (olga, lena), (luis, lena)] {
        assert!(listener.heard(waiting).is_empty(), "{} hears {}", listener.name, waiting.name);
    }
    for (viewer, waiting) in [(ben, lena), (olga, lena), (luis, lena), (lena, luis)] {
        assert!(viewer.seen(waiting).is_empty(), "{} sees {}", viewer.name, waiting.name);
    }
    let faces = &ann.slots.as_ref().unwrap().video;
    assert!(
        faces.contains(&Some(Picture::face(lena.participant)))
            && faces.contains(&Some(Picture::face(luis.participant)))
    );
}

/// Pointers and strokes from the lobby reach nobody and leave nothing behind.
#[test]
fn what_comes_from_the_lobby_s_channels_is_dropped() {
    let mut world = World::new();
    let (ann, _) = busy_room(&mut world);
    let lena = world.enter("Lena", Role::Participant, Stage::Lobby);
    world.with(lena, |client| client.point(PointerUp(Some(Point { x: 1, y: 1 }))));
    world.with(lena, |client| client.draw(&DrawUp { kind: OpKind::Stroke, object: 1, epoch: 0, body: vec![1] }));
    world.run_for(std::time::Duration::from_secs(1));
    assert_eq!(world.node.stats().stray_messages, 2);
    assert_eq!(world.node.stats().drawing_ops, 0);
    assert!(world.people[ann].client.pointers.is_empty());
}
