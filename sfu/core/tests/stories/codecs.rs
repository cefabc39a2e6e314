//! People and devices whose pictures are encoded differently, in one room.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::codec::VideoCodec;
use shared::meeting::Role;
use shared::signal::{Picture, Stage, Undecodable};
use str0m::format::Codec;
use str0m::media::MediaKind;
use str0m_netem::{NetemConfig, Probability, RandomLoss};

use crate::devices::speak;
use crate::media_client::{Received, Shape};
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// The pictures that came from somebody.
fn pictures(world: &World, viewer: usize, of: usize) -> Vec<Received> {
    let sender = world.people[of].participant.0;
    let received = world.people[viewer].client.received.iter();
    received.filter(|r| r.kind == MediaKind::Video && r.mark.sender == sender).copied().collect()
}

/// Filming and talking, all of them.
fn film(world: &mut World, people: &[usize], duration: Duration) {
    speak(world, people, people[0], duration);
}

#[test]
fn each_sees_what_their_browser_can_show_and_is_told_of_the_rest() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let rosa = world.plug_in("Rosa", Shape::PlainPage);
    let encoder = world.plug_in("encoder", Shape::Encoder);
    film(&mut world, &[encoder, ben, ann, rosa], 3 * SECOND);
    for (viewer, of, codec) in [(ann, ben, Codec::Vp8), (ann, encoder, Codec::H264), (rosa, ben, Codec::Vp8)] {
        let seen = pictures(&world, viewer, of);
        assert!(seen.len() > 60 && seen.iter().all(|packet| packet.codec == codec), "{}", seen.len());
        assert!(seen[0].keyframe, "a slot begins with a keyframe");
    }
    assert!(pictures(&world, rosa, encoder).is_empty());
    let [ann, rosa, encoder] = [ann, rosa, encoder].map(|person| &world.people[person]);
    assert!(rosa.heard(encoder).len() > 140, "voices are for everybody");
    let face = Picture::face(encoder.participant);
    let slots = rosa.slots.as_ref().unwrap();
    assert!(!slots.video.contains(&Some(face)), "a slot that nothing could fill");
    assert_eq!(slots.undecodable, [Undecodable { picture: face, codec: VideoCodec::H264 }]);
    assert_eq!(ann.slots.as_ref().unwrap().undecodable, []);
}

/// One m-line, now of a page that sends VP8, now of an encoder that sends H.264: one stream without a gap, each packet under the
/// payload type of what is in it.
#[test]
fn a_slot_changes_codec_without_a_new_offer() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let encoder = world.plug_in("encoder", Shape::Encoder);
    let [tv, old] = [true, false].map(|h264| {
        let name = if h264 { "television" } else { "old television" };
        world.plug_in(name, Shape::Watcher { voices: 1, pictures: 1, h264 })
    });
    for speaker in [ann, encoder, ann, encoder] {
        speak(&mut world, &[ann, encoder], speaker, 4 * SECOND);
    }
    let video = |viewer: usize| world.people[viewer].client.received.iter().filter(|r| r.kind == MediaKind::Video);
    let mut seqs: Vec<u64> = video(tv).map(|packet| packet.seq).collect();
    seqs.sort_unstable();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "a gap or a number given twice");
    let mut runs: Vec<(u16, Codec, bool)> = Vec::new();
    for packet in video(tv) {
        if runs.last().is_none_or(|(sender, ..)| *sender != packet.mark.sender) {
            runs.push((packet.mark.sender, packet.codec, packet.keyframe));
        }
    }
    let [of_ann, of_encoder] = [ann, encoder].map(|person| world.people[person].participant.0);
    let (vp8, h264) = ((of_ann, Codec::Vp8, true), (of_encoder, Codec::H264, true));
    assert_eq!(runs, [vp8, h264, vp8, h264]);
    let shown: Vec<u16> = video(old).map(|packet| packet.mark.sender).collect();
    assert!(shown.len() > 2_000 && shown.iter().all(|sender| *sender == of_ann), "it stays with whom it can show");
}

/// Repetitions have a payload type for each codec (RFC 4588 section 8.6): under another's they could not be read.
#[test]
fn what_is_lost_is_repeated_as_what_it_was() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let encoder = world.plug_in("encoder", Shape::Encoder);
    let link = || NetemConfig::new().latency(Duration::from_millis(20)).seed(7);
    world.link_down(ann, link());
    film(&mut world, &[encoder, ben], 2 * SECOND);
    world.people[ann].client.received.clear();
    world.link_down(ann, link().loss(RandomLoss::new(Probability::new(0.1))));
    film(&mut world, &[encoder, ben], 5 * SECOND);
    world.link_down(ann, link());
    film(&mut world, &[encoder, ben], SECOND);
    for (of, codec) in [(ben, Codec::Vp8), (encoder, Codec::H264)] {
        let seen = pictures(&world, ann, of);
        assert!(seen.iter().all(|packet| packet.codec == codec));
        let mut seqs: Vec<u64> = seen.iter().map(|packet| packet.seq).collect();
        let late = seqs.windows(2).filter(|pair| pair[1] < pair[0]).count();
        seqs.sort_unstable();
        seqs.dedup();
        let missing = seqs.last().unwrap() - seqs.first().unwrap() + 1 - seqs.len() as u64;
        assert!(late > 5, "{late} of {} were late: something was lost", seqs.len());
        assert_eq!(missing, 0, "of {}", seqs.len());
    }
}

/// What came to somebody since the last look, from whoever films in layers: one stream in which each picture is whole. Its layers.
fn layers_since(world: &mut World, viewer: usize, last: &mut Option<Received>) -> Vec<BTreeSet<u8>> {
    let received = std::mem::take(&mut world.people[viewer].client.received);
    let mut pictures: Vec<BTreeSet<u8>> = Vec::new();
    for packet in received.into_iter().filter(|packet| packet.kind == MediaKind::Video) {
        assert_eq!(packet.codec, Codec::Vp9);
        match last {
            None => assert!(packet.keyframe, "it begins with a keyframe"),
            Some(last) => {
                assert_eq!(packet.seq, last.seq + 1, "{packet:?} after {last:?}");
                assert_eq!(
                    packet.timestamp != last.timestamp,
                    last.ends,
                    "a picture ends with a mark: {packet:?} after {last:?}"
                );
                let picture = last.picture.unwrap() + u16::from(last.ends);
                assert!(packet.picture >= Some(picture), "ids go on: {packet:?} after {last:?}");
            }
        }
        if last.is_none_or(|last| last.ends) {
            pictures.push(BTreeSet::new());
        }
        pictures.last_mut().map(|layers| layers.insert(packet.mark.layer));
        *last = Some(packet);
    }
    assert!(last.is_some_and(|last| last.ends));
    pictures
}

/// One stream of VP9, of which each gets the layer that fits their tile: of a keyframe also what the layer needs, of everything else
/// nothing but the layer. It changes with the next keyframe, without a gap, and what nobody watches is not made.
#[test]
fn each_gets_their_layer_out_of_one_stream() {
    let mut world = World::new();
    let ann = world.plug_in("Ann", Shape::LayeredPage);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    let [mut bens, mut cleos] = [None; 2];
    world.look(cleo, &[(ann, 200)]);
    world.look(ben, &[(ann, 1_200)]);
    world.film_in_layers(ann, 2, 10 * SECOND);
    layers_since(&mut world, ben, &mut bens);
    let expected = |pictures: &[BTreeSet<u8>], layer: u8, what: &str| {
        let rest = pictures.iter().filter(|layers| **layers == BTreeSet::from([layer])).count();
        let keyframes = pictures.iter().filter(|layers| **layers == (0..=layer).collect()).count();
        let is_so = rest + keyframes >= pictures.len() && rest > 40;
        assert!(is_so, "{what}: {rest} of one layer and {keyframes} keyframes of {}", pictures.len());
    };
    let smallest = layers_since(&mut world, cleo, &mut cleos);
    expected(&smallest, 0, "Cleo");
    assert!(smallest.len() >= 240, "{} pictures in 10 s", smallest.len());
    for (width, layer) in [(1_200, 2), (500, 1), (200, 0), (1_200, 2)] {
        world.look(ben, &[(ann, width)]);
        world.film_in_layers(ann, 2, 5 * SECOND);
        layers_since(&mut world, ben, &mut bens);
        world.film_in_layers(ann, 2, 2 * SECOND);
        expected(&layers_since(&mut world, ben, &mut bens), layer, &format!("Ben at {width}"));
        let wanted = &world.people[ann].layers_wanted;
        let watched = (0..3).map(|one| one == 0 || one == layer).collect::<Vec<bool>>();
        assert_eq!(*wanted, watched, "Ben at {width}");
    }
    expected(&layers_since(&mut world, cleo, &mut cleos), 0, "Cleo");
    // Her encoder has no bits for the largest any more: the keyframe with which it begins anew is shown all the same.
    world.film_in_layers(ann, 1, SECOND);
    assert!(!layers_since(&mut world, ben, &mut bens).is_empty());
    world.film_in_layers(ann, 1, 2 * SECOND);
    expected(&layers_since(&mut world, ben, &mut bens), 1, "Ben, of two layers");
    let asked = world.people[ann].client.keyframe_requests;
    assert!(asked < 20, "{asked} keyframes asked for in 41 s");
}
