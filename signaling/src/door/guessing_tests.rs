//! The door's arithmetic on the real door: hits are N/(M·E), whoever asks and from how many addresses (D12).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use shared::ids::{AccountId, InviteeId, MeetingId, OrganisationId};
use shared::meeting::Role;
use shared::pin::PinLengths;
use shared::secret::Secret;
use shared::signal::JoinRefused;
use tokio::task::JoinSet;

use super::budget::{Exposure, MOST_PER_S};
use super::knock::{KnockError, Typed};
use crate::chance::{Chance, SeededChance};
use crate::db;
use crate::meetings::Meeting;
use crate::meetings::events::Actor;
use crate::meetings::invitees::Invited;
use crate::meetings::meeting::tests::board_meeting;
use crate::meetings::pins::{Issue, Issuer};
use crate::state::AppState;
use crate::testing::{NOON, World, world_with};

const ORGANISATION: OrganisationId = OrganisationId::from_random([1; 16]);
const ADMIN: AccountId = AccountId::from_random([2; 16]);

/// PINs that work (M): ten in each of a hundred meetings, so that few look alike.
const LIVE: u16 = 1_000;
/// Codes there are (N).
const DIGITS: usize = 4;
const GUESSES: u32 = 8_000;

async fn invite(state: &AppState, chance: &dyn Chance, n: u16) {
    let meeting = MeetingId::from_random([u8::try_from(n / 10).unwrap(); 16]);
    if n.is_multiple_of(10) {
        let meeting = Meeting { id: meeting, organisation: ORGANISATION, created_by: ADMIN, ..board_meeting(NOON, 60) };
        db::meetings::insert(&state.db, &meeting, NOON).await.unwrap();
    }
    let mut id = [0; 16];
    id[..2].copy_from_slice(&n.to_be_bytes());
    let id = InviteeId::from_random(id);
    let (organisation, phone, email, role) = (ORGANISATION, None, None, Role::Participant);
    let invited = Invited { id, organisation, meeting, name: "Olga".into(), phone, email, role, account: None };
    let issuer = Issuer { chance, ..state.issuer() };
    let mut transaction = state.db.write().begin().await.unwrap();
    assert!(db::invitees::insert(&mut transaction, &invited, &n.to_string(), NOON).await.unwrap());
    let issue = Issue { organisation, meeting, invitee: id, at: NOON, actor: Actor::Account(ADMIN) };
    issuer.issue(&mut transaction, issue).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn crowded_world(chance: &dyn Chance) -> World {
    let world = world_with(|config| config.door.pin_digits = DIGITS).await;
    let db = &world.state.db;
    db::accounts::insert_organisation(db, ORGANISATION, "Acme", NOON).await.unwrap();
    let admin = crate::accounts::Account { id: ADMIN, organisation: ORGANISATION, name: "Ada".into() };
    assert!(db::accounts::insert(db, &admin, "", NOON).await.unwrap());
    for n in 0..LIVE {
        invite(&world.state, chance, n).await;
    }
    world
}

/// One address of very many guesses once.
async fn guess(state: AppState, from: IpAddr, pin: Secret) -> bool {
    match state.door.knock(state.books(), from, &Typed { pin, link: None }, |_| {}).await {
        Ok(_) => true,
        Err(KnockError::Refused(JoinRefused::NotValidNow)) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Ten thousand codes of which a thousand work, 8,000 guesses from as many addresses: about 800 hits, as M/N says, and no
/// more than E of them looked at in a second. All chance is seeded; what runs is the door with its queue, hash and database.
#[tokio::test(flavor = "multi_thread")]
async fn hits_are_what_the_arithmetic_says() {
    let seeded = Arc::new(SeededChance::new(20));
    let chance: &dyn Chance = seeded.as_ref();
    let world = crowded_world(chance).await;
    let state = &world.state;
    let exposure = db::pins::exposure(&state.db, NOON).await.unwrap();
    assert!(exposure.live_pins == 1_000 && (exposure.per_guess - 0.1).abs() < 1e-9, "{exposure:?}");
    // The door itself would grant ten a second to codes this short.
    state.door.expose(Exposure::default(), PinLengths::exactly(DIGITS));
    let start = Instant::now();
    let mut guesses = JoinSet::new();
    for n in 0..GUESSES {
        let from = IpAddr::from((0x0b00_0000 + n * 64).to_be_bytes());
        guesses.spawn(guess(state.clone(), from, Secret::new(chance.pin(DIGITS).digits())));
    }
    let mut hits = 0_u32;
    while let Some(hit) = guesses.join_next().await {
        hits += u32::from(hit.unwrap());
    }
    let expected = f64::from(GUESSES) * exposure.per_guess;
    let off = f64::from(hits) / expected - 1.0;
    let per_s = f64::from(GUESSES) / start.elapsed().as_secs_f64();
    println!("{hits} hits of {GUESSES} guesses, {:+.1} % off M/N, {per_s:.0} a second", off * 100.0);
    assert!(off.abs() < 0.1, "{hits} hits, {expected} expected");
    assert!(per_s <= MOST_PER_S * 1.05, "{per_s} a second");
    let minute = state.door.close_minute();
    assert_eq!((minute.evaluated, minute.failed, minute.sources), (GUESSES, GUESSES - hits, GUESSES));
}
