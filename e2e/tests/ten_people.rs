//! A room of ten, without browsers: WebRTC clients through the real server's door and media port; and a full room.

use std::time::{Duration, Instant};

use e2e::media_socket::MediaSocket;
use e2e::{Caller, Deployment};
use shared::limits::{AUDIO_SLOTS, MAX_PARTICIPANTS};
use shared::meeting::Role;
use shared::signal::{ClientMsg, JoinRefused, ServerMsg};
use str0m::media::MediaKind;

/// How many packets of each kind everybody sends.
const ROUNDS: u32 = 60;
/// How many people talk.
const PEOPLE: usize = 10;

/// Ten people in one room, each receiving every other's picture and the same three voices in order. Then the room fills,
/// and one more is told so.
#[tokio::test(flavor = "multi_thread")]
async fn ten_people_receive_each_other_in_order_and_a_full_room_says_so() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let names: Vec<String> = (1..=MAX_PARTICIPANTS + 1).map(|number| format!("Person {number}")).collect();
    let role = |index| if index == 0 { Role::Moderator } else { Role::Participant };
    let people: Vec<_> = names.iter().enumerate().map(|(index, name)| (name.as_str(), role(index))).collect();
    let meeting = console.meeting("Full house", &people).await;

    let mut callers = Vec::new();
    let mut media = Vec::new();
    for (index, link) in meeting.links.iter().take(PEOPLE).enumerate() {
        let cookie = (index == 0).then(|| console.cookie().to_owned());
        let mut caller = Caller::connect(server.url(), cookie.as_deref()).await;
        caller.knock(link).await;
        let number = u16::try_from(index + 1).unwrap();
        let mut socket = MediaSocket::on_loopback(number).unwrap();
        let answer = caller.enter(socket.client.offer()).await;
        socket.accept(&answer).unwrap();
        callers.push(caller);
        if index > 0 {
            let moderator: &mut Caller = &mut callers[0];
            let participant = moderator
                .hear("a card", |message| match message {
                    ServerMsg::LobbyChanged { card } if card.name == link.invitee.name => Some(card.participant),
                    _ => None,
                })
                .await;
            moderator.say(&ClientMsg::Admit { participant });
        }
        let admitted = |message: &ServerMsg| matches!(message, ServerMsg::Admitted { .. }).then_some(());
        callers[index].hear("admission", admitted).await;
        let connected =
            tokio::task::block_in_place(|| socket.run_until(Duration::from_secs(20), |client| client.connected));
        assert!(connected, "media of {}", link.invitee.name);
        media.push(socket);
    }
    tokio::task::block_in_place(|| talk(&mut media));
    let heard = |viewer: &MediaSocket, sender| viewer.client.counters_of(MediaKind::Audio, sender);
    let speakers: Vec<u16> =
        (1..=PEOPLE as u16).filter(|sender| media.iter().any(|viewer| !heard(viewer, *sender).is_empty())).collect();
    assert_eq!(speakers.len(), AUDIO_SLOTS, "the floor is theirs who spoke first: all are equally loud");
    for viewer in &media {
        let me = viewer.client.number;
        assert_eq!(viewer.client.srtp_profile().as_deref().map(|name| name.contains("256")), Some(true));
        for sender in (1..=10).filter(|sender| *sender != me) {
            let voice = speakers.contains(&sender).then_some(MediaKind::Audio);
            for kind in voice.into_iter().chain([MediaKind::Video]) {
                let counters = viewer.client.counters_of(kind, sender);
                let expected: Vec<u32> = (counters.first().copied().unwrap_or(0)..ROUNDS).collect();
                assert_eq!(counters, expected, "{kind:?} of {sender} at {me}");
                assert!(counters.len() > 20, "{kind:?} of {sender} at {me}: {}", counters.len());
            }
        }
    }

    // Whoever is as far as the green room holds a place.
    let mut more = Vec::new();
    for link in &meeting.links[PEOPLE..MAX_PARTICIPANTS] {
        let mut caller = Caller::connect(server.url(), None).await;
        caller.knock(link).await;
        more.push(caller);
    }
    let link = &meeting.links[MAX_PARTICIPANTS];
    let late = Caller::connect(server.url(), None).await;
    let refused = knock_in_vain(late, link).await;
    assert_eq!(refused, JoinRefused::Full);
}

fn talk(people: &mut [MediaSocket]) {
    let mut asked = [0; PEOPLE];
    for round in 0..ROUNDS {
        for (person, asked) in people.iter_mut().zip(&mut asked) {
            let wanted = person.client.keyframe_requests;
            person.client.send_video(Instant::now(), round == 0 || wanted > *asked);
            person.client.send_audio(Instant::now(), None);
            *asked = wanted;
            person.flush();
        }
        people.iter_mut().for_each(|person| person.run_for(Duration::from_millis(2)));
    }
    people.iter_mut().for_each(|person| person.run_for(Duration::from_millis(50)));
}

async fn knock_in_vain(mut caller: Caller, link: &e2e::Link) -> JoinRefused {
    let token = shared::secret::Secret::new(link.url().rsplit('#').next().unwrap_or_default());
    caller.say(&ClientMsg::Join { pin: shared::secret::Secret::new(&link.pin), link: Some(token) });
    caller
        .hear("a refusal", |message| match message {
            ServerMsg::JoinRefused { reason } => Some(reason.clone()),
            ServerMsg::Welcomed { .. } => panic!("one more came in"),
            _ => None,
        })
        .await
}
