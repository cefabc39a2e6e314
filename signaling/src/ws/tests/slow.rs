//! Pages that do not read, do not answer, or go without a word.

use std::time::{Duration, Instant};

use shared::control::Event;
use shared::location::{ComputerPlace, LocationHint, PhonePlace};
use shared::meeting::Role;
use shared::signal::{ClientMsg, MediaState, PasswordState, ServerMsg, Slots};

use super::theatre::{ADMIN, BOARD, theatre};
use crate::live::{Guest, Standing, outbox};
use crate::meetings::events::SecondFactor;

/// What waits for a page is bounded; a page that falls behind is let go, and the room goes on without it.
#[tokio::test]
async fn a_page_that_does_not_read_is_let_go() {
    let mut theatre = theatre().await;
    let mia = theatre.invite("Mia", Role::Moderator).await;
    let live = theatre.world.state.live.clone();
    let (sender, mut told) = outbox();
    let guest = Guest {
        invitee: mia.invitee,
        name: "Mia".into(),
        standing: Standing::Moderator(SecondFactor::Account { account: ADMIN }),
        pin_typed: true,
        software: shared::signal::Software::default(),
        came_by_link: true,
        password: PasswordState::NotAsked,
        invitation: shared::signal::InvitationSays::default(),
        location: LocationHint::compare(ComputerPlace::PrivateNetwork, PhonePlace::NoNumber),
    };
    let seat = live.knock(BOARD, guest, sender).await.unwrap();
    seat.ask(ClientMsg::Enter { offer: "offer".into(), media: MediaState::default() });
    while !matches!(told.recv().await, Some(ServerMsg::Admitted { .. })) {}
    for _ in 0..1_000 {
        live.media_event(Event::SlotsChanged { session: seat.session(), slots: Slots::default() });
    }
    let patience = Instant::now();
    while live.counts(BOARD).present == 1 && patience.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(live.counts(BOARD).present, 0);
    let mut waited = 0;
    while told.recv().await.is_some() {
        waited += 1;
    }
    assert!((1..=256).contains(&waited), "{waited}");
}

/// A page whose machine fell asleep: its socket is open and silent, and its media too. The others know within five seconds.
#[tokio::test]
async fn a_silent_page_is_noticed_within_five_seconds() {
    let mut theatre = theatre().await;
    let mia = theatre.invite("Mia", Role::Moderator).await;
    let mut page = theatre.admins_page().await;
    page.join(&mia).await;
    page.enter_with("silent").await;
    page.hear_admitted().await;
    // Reads nothing and says nothing, and does not hang up either.
    let start = Instant::now();
    while theatre.world.state.live.counts(BOARD).present == 1 && start.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = start.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(6)).contains(&took), "{took:?}");
    drop(page);
}
