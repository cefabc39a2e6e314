//! A full room, without browsers: ten WebRTC clients through the real server's door and media port.

use std::time::{Duration, Instant};

use e2e::media_socket::MediaSocket;
use e2e::{Caller, Deployment};
use shared::limits::MAX_PARTICIPANTS;
use shared::meeting::Role;
use shared::signal::{ClientMsg, JoinRefused, ServerMsg};
use str0m::media::MediaKind;

/// How many packets of each kind everybody sends.
const ROUNDS: u32 = 60;

/// Ten people in one room, each receiving every other's packets in order; the eleventh is told that it is full.
#[tokio::test(flavor = "multi_thread")]
async fn ten_people_receive_every_other_s_packets_in_order() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let names: Vec<String> = (1..=MAX_PARTICIPANTS + 1).map(|number| format!("Person {number}")).collect();
    let role = |index| if index == 0 { Role::Moderator } else { Role::Participant };
    let people: Vec<_> = names.iter().enumerate().map(|(index, name)| (name.as_str(), role(index))).collect();
    let meeting = console.meeting("Full house", &people).await;

    let mut callers = Vec::new();
    let mut media = Vec::new();
    for (index, link) in meeting.links.iter().take(MAX_PARTICIPANTS).enumerate() {
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
    for viewer in &media {
        let me = viewer.client.number;
        assert_eq!(viewer.client.srtp_profile().as_deref().map(|name| name.contains("256")), Some(true));
        for sender in (1..=10).filter(|sender| *sender != me) {
            for kind in [MediaKind::Audio, MediaKind::Video] {
                let counters = viewer.client.counters_of(kind, sender);
                let expected: Vec<u32> = (counters.first().copied().unwrap_or(0)..ROUNDS).collect();
                assert_eq!(counters, expected, "{kind:?} of {sender} at {me}");
                assert!(counters.len() > 20, "{kind:?} of {sender} at {me}: {}", counters.len());
            }
        }
    }

    let link = &meeting.links[MAX_PARTICIPANTS];
    let late = Caller::connect(server.url(), None).await;
    let refused = knock_in_vain(late, link).await;
    assert_eq!(refused, JoinRefused::Full);
}

fn talk(people: &mut [MediaSocket]) {
    let mut asked = [0; 10];
    for round in 0..ROUNDS {
        for (person, asked) in people.iter_mut().zip(&mut asked) {
            let wanted = person.client.keyframe_requests;
            person.client.send_video(Instant::now(), round == 0 || wanted > *asked);
            person.client.send_audio(Instant::now());
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
            ServerMsg::Welcomed { .. } => panic!("an eleventh person came in"),
            _ => None,
        })
        .await
}
