//! What moderators have sent to somebody in the lobby, on the real services: a password, and the invitation again.

use shared::secret::Secret;
use shared::signal::{ClientMsg, PasswordRefused, PasswordState, Sent, ServerMsg, TurnedAway};

use super::join::{card, mia_and_piet};
use super::theatre::theatre;

fn typed(password: &str) -> ClientMsg {
    ClientMsg::SubmitPassword { password: Secret::new(password) }
}

/// Asked at the door, sent to the number on the invitation, typed wrong and right, and seen on the card.
#[tokio::test]
async fn a_moderator_asks_for_a_password() {
    let mut theatre = theatre().await;
    let (mut mias, mut piets, _) = mia_and_piet(&mut theatre).await;
    let participant = card(&mut mias).await;
    mias.say(ClientMsg::AskPassword { participant }).await;
    let asked = |message: &ServerMsg| match message {
        ServerMsg::PasswordAsked { state } => Some(state.clone()),
        _ => None,
    };
    assert!(matches!(piets.hear_until(asked).await, PasswordState::Sent { .. }));
    let went = |message: &ServerMsg| match message {
        ServerMsg::SentFromCard { what, refused, .. } => Some((*what, refused.clone())),
        _ => None,
    };
    assert_eq!(mias.hear_until(went).await, (Sent::Password, None));
    piets.say(typed("WRONGONE")).await;
    let refused = |message: &ServerMsg| match message {
        ServerMsg::PasswordRefused { reason } => Some(reason.clone()),
        _ => None,
    };
    assert_eq!(piets.hear_until(refused).await, PasswordRefused::Wrong { tries_left: 4 });
    let password = theatre.last_password();
    piets.say(typed(password.reveal())).await;
    assert_eq!(piets.hear_until(asked).await, PasswordState::Given);
    let given = |message: &ServerMsg| match message {
        ServerMsg::LobbyChanged { card } if card.password == PasswordState::Given => Some(()),
        _ => None,
    };
    mias.hear_until(given).await;
    let events = theatre.events_when(1).await;
    assert!(events.iter().any(|(kind, _)| kind == "password_sent"), "{events:?}");
}

/// The invitation goes out again: by SMS with a PIN of its own, so whoever waits with the old one has to go.
#[tokio::test]
async fn an_invitation_sent_again_puts_out_whoever_waits_with_the_old_pin() {
    let mut theatre = theatre().await;
    let (mut mias, mut piets, piet) = mia_and_piet(&mut theatre).await;
    let participant = card(&mut mias).await;
    let before = theatre.world.outbox.newest_first().len();
    mias.say(ClientMsg::InviteAgain { participant }).await;
    let away = |message: &ServerMsg| match message {
        ServerMsg::TurnedAway { reason } => Some(*reason),
        _ => None,
    };
    assert_eq!(piets.hear_until(away).await, TurnedAway::Revoked);
    assert_eq!(theatre.world.outbox.newest_first().len(), before + 1);
    let mut again = theatre.page().await;
    again.say(super::page::Page::join_message(&piet, false)).await;
    assert!(matches!(again.hear().await, ServerMsg::JoinRefused { .. }), "the old PIN is dead");
}
