//! The life of PINs on a real database and a clock that jumps, against a model that remembers everything.

use std::collections::{HashMap, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;
use shared::ids::{AccountId, InviteeId, MeetingId, OrganisationId};
use shared::limits::PIN_OPENS_BEFORE_START_MS;
use shared::meeting::Role;
use shared::pin::Pin;
use shared::secret::Secret;
use shared::signal::JoinRefused;
use shared::units::UnixMs;

use super::life::{Moments, PinState};
use super::{Issue, IssueError, look_alike};
use crate::db::{self, sql};
use crate::door::knock::{KnockError, Typed, look};
use crate::door::tally::Minute;
use crate::door::watch::look_after;
use crate::meetings::Meeting;
use crate::meetings::events::Actor;
use crate::meetings::invitees::Invited;
use crate::meetings::meeting::tests::board_meeting;
use crate::meetings::{archive, links};
use crate::testing::{NOON, World, restarted, world_with};

const ORGANISATION: OrganisationId = OrganisationId::from_random([1; 16]);
const ADMIN: AccountId = AccountId::from_random([2; 16]);
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A deployment whose PINs have eight digits, are archived after three days and cool down for ten.
struct Play {
    world: World,
    meetings: Vec<Meeting>,
    /// Whom each meeting invites.
    invitees: Vec<Vec<InviteeId>>,
}

impl Play {
    async fn new() -> Self {
        Self::with_digits(8).await
    }

    async fn with_digits(digits: usize) -> Self {
        let world = world_with(|config| {
            config.door.pin_digits = digits;
            config.door.archive_after_days = 3;
            config.door.cool_down_days = 10;
        })
        .await;
        let db = &world.state.db;
        db::accounts::insert_organisation(db, ORGANISATION, "Acme", NOON).await.unwrap();
        let admin = crate::accounts::Account { id: ADMIN, organisation: ORGANISATION, name: "Ada".into() };
        assert!(db::accounts::insert(db, &admin, "", NOON).await.unwrap());
        Self { world, meetings: Vec::new(), invitees: Vec::new() }
    }

    /// A meeting of that many minutes from `starts_at`, without grace.
    async fn meet(&mut self, starts_at: UnixMs, minutes: i64, people: u8) -> usize {
        let n = u8::try_from(self.meetings.len()).unwrap();
        let meeting = Meeting {
            id: MeetingId::from_random([10 + n; 16]),
            organisation: ORGANISATION,
            created_by: ADMIN,
            grace_ms: 0,
            ..board_meeting(starts_at, minutes)
        };
        let state = &self.world.state;
        db::meetings::insert(&state.db, &meeting, NOON).await.unwrap();
        let mut invitees = Vec::new();
        for person in 0..people {
            let mut id = [person; 16];
            id[0] = 100 + n;
            let id = InviteeId::from_random(id);
            let (phone, email, role) = (None, None, Role::Participant);
            let (organisation, name) = (ORGANISATION, "Olga".into());
            let invited = Invited { id, organisation, meeting: meeting.id, name, phone, email, role, account: None };
            let mut write = state.db.write().acquire().await.unwrap();
            let link = links::hash(&state.keys, id);
            assert!(db::invitees::insert(&mut write, &invited, &link, NOON).await.unwrap());
            invitees.push(id);
        }
        self.meetings.push(meeting);
        self.invitees.push(invitees);
        self.meetings.len() - 1
    }

    fn now(&self) -> UnixMs {
        self.world.state.clock.now()
    }

    async fn issue(&self, meeting: usize, person: usize) -> Pin {
        self.try_issue(meeting, person).await.unwrap()
    }

    async fn try_issue(&self, meeting: usize, person: usize) -> Result<Pin, IssueError> {
        let state = &self.world.state;
        let mut transaction = state.db.write().begin().await.unwrap();
        let (meeting, invitee) = (self.meetings[meeting].id, self.invitees[meeting][person]);
        let issue =
            Issue { organisation: ORGANISATION, meeting, invitee, at: self.now(), actor: Actor::Account(ADMIN) };
        let pin = state.issuer().issue(&mut transaction, issue).await?;
        transaction.commit().await.unwrap();
        Ok(pin)
    }

    /// What the door says to this PIN without a link, and with this person's.
    async fn knock(&self, pin: &Pin, invitee: InviteeId) -> [Option<JoinRefused>; 2] {
        let state = &self.world.state;
        let mut answers = [None, None];
        for (answer, link) in answers.iter_mut().zip([None, Some(state.keys.link_token(invitee))]) {
            *answer = match look(state.books(), &Typed { pin: Secret::new(pin.grouped()), link }).await {
                Ok(_) => None,
                Err(KnockError::Refused(reason)) => Some(reason),
                Err(error) => panic!("{error}"),
            };
        }
        answers
    }

    async fn is_stored(&self, pin: &Pin) -> bool {
        let mut read = self.world.state.db.read().acquire().await.unwrap();
        db::pins::exists(&mut read, self.world.state.keys.pin_macs(pin).last().unwrap()).await.unwrap()
    }
}

/// D9: no two PINs of a meeting are taken for one another, those that were withdrawn among them.
#[tokio::test]
async fn no_two_pins_of_a_meeting_look_alike() {
    let mut play = Play::new().await;
    let board = play.meet(NOON, 60, 20).await;
    let mut pins: Vec<Pin> = Vec::new();
    // Of 10^8 PINs 79 look like each of these: about one in seven runs would have such a pair by chance alone, so the
    // rule is asked too.
    for round in 0..30 {
        for person in 0..20 {
            pins.push(play.issue(board, (person + round) % 20).await);
        }
    }
    let all: HashSet<&str> = pins.iter().map(Pin::digits).collect();
    assert_eq!(all.len(), pins.len());
    let state = &play.world.state;
    let mut write = state.db.write().acquire().await.unwrap();
    let others = db::pins::macs_of(&mut write, play.meetings[board].id).await.unwrap();
    for pin in &pins {
        assert!(look_alike::of(pin).all(|other| !all.contains(other.digits())));
        let slip = look_alike::of(pin).next().unwrap();
        assert!(state.issuer().is_like_one_of(&others, &slip), "such a draw is not taken");
    }
}

/// Nothing loops for ever: short PINs that have run out are an error, and nothing is half done.
#[tokio::test]
async fn pins_that_have_run_out() {
    let mut play = Play::with_digits(4).await;
    let board = play.meet(NOON, 60, 1).await;
    let mut issued = 0;
    while play.try_issue(board, 0).await.is_ok() {
        issued += 1;
        assert!(issued < 1_000, "each of 10,000 PINs rules out about 40 others");
    }
    assert!(issued > 100, "{issued}");
    let (events, working): (i64, i64) = sql::query_as(
        "SELECT (SELECT COUNT(*) FROM door_events), (SELECT COUNT(*) FROM pins WHERE revoked_at IS NULL)",
    )
    .fetch_one(play.world.state.db.read())
    .await
    .unwrap();
    assert_eq!((events, working), (issued, 1), "the last one still works");
}

/// D13, D14: over, archived by the clock, cooling, and then free: as good as never issued.
#[tokio::test]
async fn a_pin_is_free_a_month_after_its_meeting_was_archived() {
    let mut play = Play::new().await;
    let board = play.meet(NOON, 60, 1).await;
    let (pin, olga) = (play.issue(board, 0).await, play.invitees[board][0]);
    assert_eq!(play.knock(&pin, olga).await, [None, None]);
    let clock = play.world.clock.clone();
    let (over, unknown) = (Some(JoinRefused::Over), Some(JoinRefused::NotValidNow));
    for (after, is_stored) in [(60 * MINUTE, true), (3 * DAY, true), (10 * DAY - MINUTE, true), (MINUTE, false)] {
        clock.advance_ms(after);
        play.world.state.live.end_overdue().await.unwrap();
        look_after(&play.world.state, Minute::default()).await.unwrap();
        assert_eq!(play.knock(&pin, olga).await, [unknown.clone(), over.clone()]);
        assert_eq!(play.is_stored(&pin).await, is_stored, "{after}");
    }
    let kinds = play.world.door_events().await;
    let kinds: Vec<_> = kinds.iter().map(|(kind, actor)| (kind.as_str(), actor.split(':').next().unwrap())).collect();
    assert_eq!(kinds, [("pin_issued", "account"), ("ended", "clock"), ("archived", "clock")]);
}

/// What anybody may do to PINs and their meetings, in any order, with a clock that goes on, stands or goes back.
#[derive(Debug, Clone)]
enum Step {
    Issue(usize, usize),
    Revoke(usize, usize),
    End(usize),
    Archive(usize),
    Sweep,
    /// By so many minutes.
    Clock(i64),
    /// The server stops and starts.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let (meeting, person) = (0..3_usize, 0..2_usize);
    prop_oneof![
        4 => (meeting.clone(), person.clone()).prop_map(|(m, p)| Step::Issue(m, p)),
        2 => (meeting.clone(), person).prop_map(|(m, p)| Step::Revoke(m, p)),
        1 => meeting.clone().prop_map(Step::End),
        1 => meeting.prop_map(Step::Archive),
        2 => Just(Step::Sweep),
        1 => Just(Step::Restart),
        4 => prop_oneof![1..90_i64, 60 * 24..60 * 24 * 12_i64, -60..0_i64, Just(0)].prop_map(Step::Clock),
    ]
}

/// What the model remembers of a PIN.
struct Remembered {
    meeting: usize,
    person: usize,
    revoked_at: Option<UnixMs>,
}

/// The model: the life of every PIN, by its own rules written out once more from the promise.
#[derive(Default)]
struct Model {
    pins: HashMap<String, Remembered>,
    ended_at: [Option<UnixMs>; 3],
    archived_at: [Option<UnixMs>; 3],
}

impl Model {
    fn moments(&self, play: &Play, pin: &Remembered) -> Moments {
        let meeting = &play.meetings[pin.meeting];
        Moments {
            opens_at: meeting.starts_at.plus_ms(-PIN_OPENS_BEFORE_START_MS),
            closes_at: meeting.ends_at,
            ended_at: self.ended_at[pin.meeting],
            archived_at: self.archived_at[pin.meeting],
            revoked_at: pin.revoked_at,
        }
    }

    fn sweep(&mut self, play: &Play, now: UnixMs) {
        for (n, meeting) in play.meetings.iter().enumerate() {
            if self.ended_at[n].is_none() && now >= meeting.ends_at {
                self.ended_at[n] = Some(now);
            }
            if self.archived_at[n].is_none() && self.ended_at[n].is_some_and(|ended| now.since(ended) >= 3 * DAY) {
                self.archived_at[n] = Some(now);
            }
        }
        let archived_at = self.archived_at;
        self.pins.retain(|_, pin| archived_at[pin.meeting].is_none_or(|at| now.since(at) < 10 * DAY));
    }
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut play = Play::new().await;
    for n in 0..3 {
        play.meet(NOON.plus_ms(n * 40 * MINUTE), n * 30, 2).await;
    }
    let mut model = Model::default();
    for step in steps {
        let (state, now) = (&play.world.state, play.now());
        match step {
            Step::Issue(meeting, person) => {
                let pin = play.issue(meeting, person).await;
                prop_assert!(!model.pins.contains_key(pin.digits()), "a PIN that is not free was issued");
                let same = |pin: &&mut Remembered| (pin.meeting, pin.person) == (meeting, person);
                model.pins.values_mut().filter(same).for_each(|pin| {
                    pin.revoked_at.get_or_insert(now);
                });
                model.pins.insert(pin.digits().to_owned(), Remembered { meeting, person, revoked_at: None });
            }
            Step::Revoke(meeting, person) => {
                let mut write = state.db.write().acquire().await.unwrap();
                db::pins::revoke(&mut write, play.invitees[meeting][person], now).await.unwrap();
                let same = |pin: &&mut Remembered| (pin.meeting, pin.person) == (meeting, person);
                model.pins.values_mut().filter(same).for_each(|pin| {
                    pin.revoked_at.get_or_insert(now);
                });
            }
            Step::End(meeting) => {
                let ended =
                    state.live.end(ORGANISATION, play.meetings[meeting].id, Actor::Account(ADMIN)).await.unwrap();
                prop_assert_eq!(ended, model.ended_at[meeting].is_none());
                model.ended_at[meeting].get_or_insert(now);
            }
            Step::Archive(meeting) => {
                let done = archive::archive(state, ORGANISATION, play.meetings[meeting].id, Actor::Account(ADMIN))
                    .await
                    .unwrap();
                let can = model.ended_at[meeting].is_some() && model.archived_at[meeting].is_none();
                prop_assert_eq!(done, can);
                if can {
                    model.archived_at[meeting] = Some(now);
                }
            }
            Step::Sweep => {
                state.live.end_overdue().await.unwrap();
                look_after(state, Minute::default()).await.unwrap();
                model.sweep(&play, now);
            }
            Step::Clock(minutes) => play.world.clock.advance_ms(minutes * MINUTE),
            Step::Restart => play.world = restarted(play.world, None, |_| {}).await,
        }
        let now = play.now();
        for (digits, remembered) in &model.pins {
            let pin = Pin::parse(digits).unwrap();
            let is_active = model.moments(&play, remembered).state(now, 10 * DAY) == PinState::Active;
            let answers = play.knock(&pin, play.invitees[remembered.meeting][remembered.person]).await;
            prop_assert_eq!(answers.map(|refused| refused.is_none()), [is_active; 2]);
            prop_assert!(play.is_stored(&pin).await);
        }
    }
    Ok(())
}

/// Each opens a database, so few are run by default; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    /// D9–D14, D38: whatever is done in whatever order, exactly the PINs that are active open the door, and none is issued
    /// again before it is free.
    #[test]
    fn pins_live_as_promised(steps in vec(step(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(steps))?;
    }
}
