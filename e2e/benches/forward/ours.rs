//! Our SFU, as `conclave` embeds it, joined by control messages.

use sfu::SfuConfig;
use shared::control::{Command, Event, KeyLength, Purpose};
use shared::ids::{MeetingId, ParticipantId, RoomId, SessionId};
use shared::meeting::Role;
use shared::signal::Stage;

use crate::net::ADDRESS;
use crate::server::{Ask, Counted, Tell, answer_each};

/// Serves with so many media threads until the bench goes away.
pub(crate) fn serve(threads: usize) {
    let mut sfu =
        sfu::start(&SfuConfig { bind: vec![ADDRESS.parse().unwrap()], threads, ..SfuConfig::default() }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    answer_each(|ask| {
        let (room, id, publishes, offer) = match ask {
            Ask::Join { room, id, publishes, offer } => {
                (RoomId(MeetingId::from_random([room; 16])), id, publishes, offer)
            }
            Ask::Where => return Tell::Listens(sfu.addresses[0]),
            Ask::Count | Ask::SendTo(_) => {
                let counted = runtime.block_on(sfu.handle.stats()).unwrap();
                let (received, sent, sends) = (counted.core.datagrams, counted.sent, counted.sends);
                return Tell::Counted(Counted { received, sent, sends });
            }
        };
        let session = SessionId(id.into());
        let role = if publishes { Role::Participant } else { Role::Observer };
        let join = Command::Join {
            room,
            session,
            participant: ParticipantId(id),
            role,
            stage: Stage::Room,
            purpose: Purpose::Page,
            keys: KeyLength::Bits256,
            offer,
        };
        sfu.handle.commands.blocking_send(join).unwrap();
        loop {
            match sfu.events.blocking_recv().unwrap() {
                Event::Answered { session: who, answer } if who == session => return Tell::Answer(answer),
                Event::OfferRefused { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
    });
}
