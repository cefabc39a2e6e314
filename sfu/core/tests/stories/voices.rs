//! Who is heard: the few loudest, from their first syllable, without flicker.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::meeting::Role;
use shared::signal::Stage;

use crate::world::World;

/// Digital silence, a room's noise, speech, and a loud voice, dBov.
const SILENCE: i8 = -127;
const NOISE: i8 = -90;
const SPEECH: i8 = -35;
const LOUD: i8 = -18;

fn people(world: &mut World, names: &[&'static str]) -> Vec<usize> {
    names.iter().map(|name| world.enter(name, Role::Participant, Stage::Room)).collect()
}

/// Everybody is as loud as said, for so many packets of 20 ms.
fn sound(world: &mut World, levels: &[(usize, i8)], packets: u32) {
    for _ in 0..packets {
        for (person, level) in levels {
            world.say(*person, *level);
        }
        world.run_for(Duration::from_millis(20));
    }
}

/// Whom `listener` heard since the last look.
fn heard(world: &mut World, listener: usize) -> BTreeSet<&'static str> {
    let heard: BTreeSet<u16> =
        world.people[listener].client.received.drain(..).map(|packet| packet.mark.sender).collect();
    let names = world.people.iter().filter(|person| heard.contains(&person.participant.0));
    names.map(|person| person.name).collect()
}

#[test]
fn the_three_loudest_of_six_are_heard_by_everybody() {
    let mut world = World::new();
    let room = people(&mut world, &["Ann", "Ben", "Cleo", "Dan", "Eve", "Finn"]);
    let [ann, ben, cleo, dan, eve, finn] = room[..] else { panic!("six") };
    let levels = [(ann, NOISE), (ben, SPEECH), (cleo, NOISE), (dan, SPEECH), (eve, SPEECH), (finn, NOISE)];
    sound(&mut world, &levels, 50);
    assert_eq!(heard(&mut world, ann), BTreeSet::from(["Ben", "Dan", "Eve"]));
    assert_eq!(heard(&mut world, ben), BTreeSet::from(["Dan", "Eve"]), "nobody hears themselves");
    assert_eq!(heard(&mut world, finn), BTreeSet::from(["Ben", "Dan", "Eve"]));
}

/// An encoder that rests in pauses sends a packet every 400 ms: those before a word are seconds old and no part of it.
#[test]
fn a_pause_s_packets_are_not_played_before_the_word() {
    let mut world = World::new();
    let room = people(&mut world, &["Ann", "Ben"]);
    let [ann, ben] = room[..] else { panic!("two") };
    for _ in 0..6 {
        world.say(ben, SILENCE);
        world.run_for(Duration::from_millis(400));
    }
    sound(&mut world, &[(ben, SPEECH)], 10);
    let counters: Vec<u32> = world.people[ann].client.received.iter().map(|packet| packet.mark.counter).collect();
    assert_eq!(counters, (6..16).collect::<Vec<_>>(), "the word, all of it, and nothing before");
}

/// The level says speech only from the third packet on; what came just before is heard too.
#[test]
fn the_first_syllable_is_not_clipped() {
    let mut world = World::new();
    let room = people(&mut world, &["Ann", "Ben"]);
    let [ann, ben] = room[..] else { panic!("two") };
    sound(&mut world, &[(ben, NOISE)], 50);
    assert!(world.people[ann].client.received.is_empty(), "noise is not passed on");
    sound(&mut world, &[(ben, SPEECH)], 20);
    let received = &world.people[ann].client.received;
    let counters: Vec<u32> = received.iter().map(|packet| packet.mark.counter).collect();
    assert_eq!(counters, (45..70).collect::<Vec<_>>(), "100 ms from before the first loud packet, in order");
    for pair in received.windows(2) {
        assert_eq!((pair[1].seq, pair[1].timestamp), (pair[0].seq + 1, pair[0].timestamp + 960));
    }
}

#[test]
fn a_breath_between_two_words_costs_nobody_their_place() {
    let mut world = World::new();
    let room = people(&mut world, &["Ann", "Ben", "Cleo", "Dan", "Eve"]);
    let [ann, ben, cleo, dan, eve] = room[..] else { panic!("five") };
    sound(&mut world, &[(ben, SPEECH), (cleo, SPEECH), (dan, SPEECH)], 50);
    // Ben breathes for 400 ms while Eve begins to speak; then he goes on.
    sound(&mut world, &[(ben, SILENCE), (cleo, SPEECH), (dan, SPEECH), (eve, SPEECH)], 20);
    heard(&mut world, ann);
    sound(&mut world, &[(ben, SPEECH), (cleo, SPEECH), (dan, SPEECH), (eve, SPEECH)], 20);
    assert_eq!(heard(&mut world, ann), BTreeSet::from(["Ben", "Cleo", "Dan"]));
    // Now he is done, and Eve has her turn.
    sound(&mut world, &[(ben, SILENCE), (cleo, SPEECH), (dan, SPEECH), (eve, SPEECH)], 50);
    heard(&mut world, ann);
    sound(&mut world, &[(ben, SILENCE), (cleo, SPEECH), (dan, SPEECH), (eve, SPEECH)], 20);
    assert_eq!(heard(&mut world, ann), BTreeSet::from(["Cleo", "Dan", "Eve"]));
}

/// Six people shout at each other, each a little louder now and then: places change hands, but not many times a second.
#[test]
fn a_battle_of_speakers_does_not_flicker() {
    let mut world = World::new();
    let room = people(&mut world, &["Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus"]);
    let mut changes = 0;
    let mut before = None;
    for packet in 0..1500_u32 {
        for (index, person) in room.iter().skip(1).enumerate() {
            // A voice's level goes up and down by 15 dB within half a second, everybody's at another moment.
            let wave = f64::from(packet % 25 + index as u32 * 4) / 25.0 * std::f64::consts::TAU;
            world
                .say(*person, SPEECH + (wave.sin() * 8.0) as i8 + if packet / 100 % 6 == index as u32 { 6 } else { 0 });
        }
        world.run_for(Duration::from_millis(20));
        let slots = world.people[room[0]].slots.as_ref().map(|slots| slots.audio.clone());
        changes += u32::from(slots != before);
        before = slots;
    }
    assert!((1..=45).contains(&changes), "{changes} changes in 30 s");
}

#[test]
fn somebody_clearly_louder_gets_a_word_in() {
    let mut world = World::new();
    let room = people(&mut world, &["Ann", "Ben", "Cleo", "Dan", "Eve"]);
    let [ann, ben, cleo, dan, eve] = room[..] else { panic!("five") };
    sound(&mut world, &[(ben, SPEECH), (cleo, SPEECH), (dan, SPEECH)], 100);
    heard(&mut world, ann);
    sound(&mut world, &[(ben, SPEECH), (cleo, SPEECH), (dan, SPEECH), (eve, LOUD)], 25);
    assert!(heard(&mut world, ann).contains("Eve"));
}

#[test]
fn a_silent_room_sends_nothing() {
    let mut world = World::new();
    let room = people(&mut world, &["Ann", "Ben", "Cleo"]);
    let [ann, ben, cleo] = room[..] else { panic!("three") };
    sound(&mut world, &[(ben, SPEECH), (cleo, SPEECH)], 50);
    sound(&mut world, &[(ben, NOISE), (cleo, SILENCE)], 200);
    heard(&mut world, ann);
    let before = world.node.stats().rtp_out;
    sound(&mut world, &[(ann, SILENCE), (ben, NOISE), (cleo, SILENCE)], 100);
    assert_eq!((heard(&mut world, ann), world.node.stats().rtp_out - before), (BTreeSet::new(), 0));
}

/// Observers are heard by moderators alone, so their noise must not push anybody off the floor.
#[test]
fn observers_take_the_floor_from_nobody() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    let observers = ["Olga", "Oskar", "Otto"].map(|name| world.enter(name, Role::Observer, Stage::Room));
    let [olga, oskar, otto] = observers;
    sound(&mut world, &[(olga, LOUD), (oskar, LOUD), (otto, LOUD), (cleo, SPEECH)], 50);
    assert_eq!(heard(&mut world, ben), BTreeSet::from(["Cleo"]));
    let hears = world.people[ann].slots.as_ref().map(|slots| slots.audio.clone()).unwrap_or_default();
    let cleo = world.people[cleo].participant;
    assert!(
        hears.contains(&Some(cleo)) && hears.iter().flatten().count() == 3,
        "the moderator hears Cleo before observers"
    );
}

#[test]
fn nobody_is_heard_from_the_lobby() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Lobby);
    sound(&mut world, &[(ben, LOUD)], 50);
    assert_eq!(heard(&mut world, ann), BTreeSet::new());
    world.admit(ben);
    sound(&mut world, &[(ben, LOUD)], 10);
    assert_eq!(heard(&mut world, ann), BTreeSet::from(["Ben"]));
}
