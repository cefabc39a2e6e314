//! The clock's rounds: passwords that are due before a meeting begins (D26). Who is due is a question to the database, not a
//! list that is kept: a restart, a meeting that was moved or a person invited late change nothing about how it goes.

use std::time::Duration;

use shared::ids::InviteeId;
use shared::signal::PasswordRefused;

use crate::db::{self, DbError};
use crate::meetings::events::Actor;
use crate::meetings::passwords::PasswordError;
use crate::meetings::send_limit;
use crate::sms::SmsError;
use crate::state::AppState;

/// How often. A password goes out so much later than it is due at most.
const EVERY: Duration = Duration::from_secs(20);

/// People a round sends to, at most: one after the other, so a gateway is never handed a flood.
const AT_ONCE: i64 = 100;
/// Tries for each person; after that somebody at the console decides. Each is three tries of its own, within seconds.
const TRIES: i64 = 3;
/// Pause between two of them, milliseconds. Longer than the window in which one number is sent three.
const PAUSE_MS: i64 = 3 * 60_000;

/// Goes round for as long as the server runs.
pub fn spawn(state: AppState) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if let Err(error) = go_round(&state).await {
                tracing::error!(%error, "which passwords are due could not be found out; the next round asks again");
            }
        }
    });
}

/// Brings back what a restart must not forget: the day's budget, and what was under way. Before anything is sent.
///
/// # Errors
/// The database failed.
pub async fn restore(state: &AppState) -> Result<(), DbError> {
    let now = state.clock.now();
    let lost = db::letters::interrupted(&state.db, now).await?;
    if lost > 0 {
        tracing::warn!(lost, "messages were on their way when the server stopped: whether they went out is not known");
    }
    let sent = db::letters::sms_since(&state.db, send_limit::forgets_before(now)).await?;
    state.send_limit.restore(now, &sent);
    Ok(())
}

/// One round. Gives how many passwords went out.
///
/// # Errors
/// The database failed.
pub async fn go_round(state: &AppState) -> Result<usize, DbError> {
    if !state.sms.is_there() {
        return Ok(0);
    }
    let now = state.clock.now();
    let due = db::letters::due(&state.db, now, (now.plus_ms(-PAUSE_MS), TRIES, AT_ONCE)).await?;
    let mut sent = 0;
    for invitee in due {
        match send(state, invitee).await? {
            Next::Sent => sent += 1,
            Next::NotThisOne => {}
            Next::Stop => break,
        }
    }
    Ok(sent)
}

enum Next {
    Sent,
    /// The others may still be sent to.
    NotThisOne,
    /// The others would fare no better.
    Stop,
}

async fn send(state: &AppState, invitee: InviteeId) -> Result<Next, DbError> {
    match state.passwords().send(invitee, Actor::Clock).await {
        Ok(_) => Ok(Next::Sent),
        // A gateway that cannot be used just now takes half a minute to say so, to each of them.
        Err(PasswordError::Refused(PasswordRefused::BudgetSpent) | PasswordError::NotSent(SmsError::NotNow(_))) => {
            Ok(Next::Stop)
        }
        Err(
            PasswordError::Refused(_)
            | PasswordError::NotSent(_)
            | PasswordError::NoSuchInvitee
            | PasswordError::Code(_),
        ) => Ok(Next::NotThisOne),
        Err(PasswordError::Db(error)) => Err(error),
        Err(error @ PasswordError::Hash(_)) => {
            tracing::warn!(%error, "a password was not hashed; the next round tries again");
            Ok(Next::Stop)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex};

    use shared::api::{NewInvitee, NewMeeting, Start};
    use shared::ids::{MeetingId, OrganisationId};
    use shared::letter::DeliveryState;
    use shared::meeting::{MeetingKind, Role};
    use shared::secret::Secret;

    use super::*;
    use crate::meetings::schedule::{Owner, schedule};
    use crate::meetings::{Meeting, invitees};
    use crate::sms::{Sending, Sms, SmsSender, Taken};
    use crate::testing::{NOON, World, restarted, world_with_gateway};

    const MINUTE: i64 = 60_000;

    /// Takes what it is told to take, and remembers to which numbers.
    #[derive(Default)]
    pub(crate) struct Gateway {
        taken: Mutex<Vec<String>>,
        fails: Mutex<Option<SmsError>>,
    }

    impl Gateway {
        fn taken(&self) -> usize {
            self.taken.lock().unwrap().len()
        }

        fn fail(&self, error: Option<SmsError>) {
            *self.fails.lock().unwrap() = error;
        }
    }

    impl SmsSender for Arc<Gateway> {
        fn send(&self, sms: Sms) -> Sending<'_> {
            let outcome = self.fails.lock().unwrap().clone().map_or(Ok(Taken::default()), Err);
            if outcome.is_ok() {
                self.taken.lock().unwrap().push(sms.to.reveal().to_owned());
            }
            Box::pin(std::future::ready(outcome))
        }
    }

    /// A board meeting an hour from noon that asks for passwords a quarter of an hour before.
    pub(crate) async fn board(people: u32) -> (World, Arc<Gateway>, Meeting) {
        let gateway = Arc::new(Gateway::default());
        let world = world_with_gateway(Arc::new(gateway.clone())).await;
        let state = &world.state;
        let parts = (&state.db, &state.hasher, state.chance.as_ref());
        let password = Secret::new("correct horse battery staple");
        let ada = crate::accounts::create(parts, ("Ada", &password), NOON).await.unwrap();
        let new = NewMeeting {
            title: "Board".into(),
            start: Start::At { local: "2026-11-21T13:00".into() },
            duration_minutes: 60,
            time_zone: "UTC".into(),
            ask_password: true,
            password_before_minutes: 15,
            kind: MeetingKind::NothingKept,
            rules: shared::meeting::DoorRules::default(),
        };
        let id = MeetingId::from_random(state.chance.id());
        let owner = Owner { meeting: id, organisation: ada.organisation, account: ada.id };
        let meeting = schedule(&new, owner, NOON).unwrap();
        crate::db::meetings::insert(&state.db, &meeting, NOON).await.unwrap();
        for n in 0..people {
            invite(&world, &meeting, &format!("Guest {n}"), Some(&format!("+3247012345{n}"))).await;
        }
        (world, gateway, meeting)
    }

    async fn invite(world: &World, meeting: &Meeting, name: &str, phone: Option<&str>) -> InviteeId {
        let new = NewInvitee {
            name: name.into(),
            phone: phone.map(str::to_owned),
            email: None,
            account: None,
            role: Role::Participant,
        };
        let owner: (OrganisationId, MeetingId) = (meeting.organisation, meeting.id);
        let id = InviteeId::from_random(world.state.chance.id());
        let invited = invitees::invite(&new, id, owner).unwrap();
        crate::routes::invitees::add(&world.state, &invited, Actor::Account(meeting.created_by)).await.unwrap();
        id
    }

    async fn states(world: &World, meeting: &Meeting) -> Vec<Option<DeliveryState>> {
        let listed = crate::db::invitees::list(&world.state.db, meeting.organisation, meeting.id).await.unwrap();
        listed.into_iter().map(|listed| listed.password_sms.map(|sms| sms.state)).collect()
    }

    /// D26: nothing before its time, then one to each, and none again: not in the next round, not after a restart.
    #[tokio::test]
    async fn each_is_sent_one_password_in_time_and_none_twice() {
        let (mut world, gateway, meeting) = board(3).await;
        invite(&world, &meeting, "No telephone", None).await;
        assert_eq!(go_round(&world.state).await.unwrap(), 0);
        world.clock.set(meeting.starts_at.plus_ms(-15 * MINUTE - 1));
        assert_eq!(go_round(&world.state).await.unwrap(), 0, "a millisecond early");
        world.clock.advance_ms(1);
        assert_eq!(go_round(&world.state).await.unwrap(), 3);
        let accepted = Some(DeliveryState::Accepted);
        assert_eq!(states(&world, &meeting).await, [accepted, accepted, accepted, None]);
        for minutes in [0, 10, 20, 40] {
            world.clock.advance_ms(minutes * MINUTE);
            world = restarted_with(world, gateway.clone(), |_| {}).await;
            assert_eq!(go_round(&world.state).await.unwrap(), 0);
        }
        assert_eq!(gateway.taken(), 3);
        assert_eq!(
            world.state.send_limit.today(world.state.clock.now()).0,
            3,
            "the day's count outlived four restarts"
        );
    }

    /// Whoever is invited late is sent one at once, while the meeting is on, and nobody whose PIN is dead or after the end.
    #[tokio::test]
    async fn late_guests_are_sent_one_and_the_dead_and_the_late_none() {
        let (world, gateway, meeting) = board(1).await;
        let withdrawn = invite(&world, &meeting, "Withdrawn", Some("+32470999999")).await;
        let entry = crate::meetings::events::Entry {
            organisation: meeting.organisation,
            meeting: meeting.id,
            invitee: Some(withdrawn),
            at: NOON,
            actor: Actor::Clock,
            event: crate::meetings::events::DoorEvent::PinRevoked,
        };
        crate::db::door_events::apply(&world.state.db, world.state.chance.as_ref(), &entry).await.unwrap();
        world.clock.set(meeting.starts_at.plus_ms(30 * MINUTE));
        assert_eq!(go_round(&world.state).await.unwrap(), 1);
        invite(&world, &meeting, "Late", Some("+31201234567")).await;
        assert_eq!(go_round(&world.state).await.unwrap(), 1);
        assert_eq!(gateway.taken(), 2);
        invite(&world, &meeting, "Too late", Some("+31201234568")).await;
        world.clock.set(meeting.ends_at);
        assert_eq!(go_round(&world.state).await.unwrap(), 0);
    }

    /// A gateway that is away for a while loses nobody's password; one that says no to a number is not asked again.
    #[tokio::test]
    async fn what_failed_for_a_moment_is_tried_again_and_what_failed_for_good_is_not() {
        let (world, gateway, meeting) = board(2).await;
        world.clock.set(meeting.starts_at.plus_ms(-15 * MINUTE));
        gateway.fail(Some(SmsError::NotNow("it answered 503".into())));
        assert_eq!(go_round(&world.state).await.unwrap(), 0);
        assert_eq!(
            states(&world, &meeting).await,
            [Some(DeliveryState::NotReached), None],
            "one was enough to find out"
        );
        gateway.fail(None);
        assert_eq!(go_round(&world.state).await.unwrap(), 1, "the other");
        world.clock.advance_ms(PAUSE_MS);
        gateway.fail(Some(SmsError::NotTaken("it answered 400".into())));
        assert_eq!(go_round(&world.state).await.unwrap(), 0);
        assert_eq!(states(&world, &meeting).await, [Some(DeliveryState::Refused), Some(DeliveryState::Accepted)]);
        gateway.fail(None);
        world.clock.advance_ms(PAUSE_MS);
        assert_eq!(go_round(&world.state).await.unwrap(), 0, "a refusal is for people to look at");
        assert_eq!(gateway.taken(), 1);
    }

    /// A server that dies while it sends does not send again by itself, and says that it does not know.
    #[tokio::test]
    async fn what_was_under_way_at_a_restart_is_not_sent_again() {
        let (world, gateway, meeting) = board(1).await;
        world.clock.set(meeting.starts_at);
        crate::db::sql::query("INSERT INTO letters SELECT id, organisation_id, meeting_id, id, 'password', 'sms', $1, 'sending', $1, NULL, NULL FROM invitees")
            .bind(meeting.starts_at.0)
            .execute(world.state.db.write())
            .await
            .unwrap();
        let world = restarted_with(world, gateway.clone(), |_| {}).await;
        assert_eq!(go_round(&world.state).await.unwrap(), 0);
        // Long after the number has turns again.
        world.clock.advance_ms(20 * MINUTE);
        assert_eq!(go_round(&world.state).await.unwrap(), 0);
        assert_eq!(states(&world, &meeting).await, [Some(DeliveryState::Unknown)]);
        assert_eq!(gateway.taken(), 0);
    }

    /// SMS pumping: a day's budget holds for the clock as for people, and the day after goes on.
    #[tokio::test]
    async fn the_clock_keeps_to_the_budget() {
        let gateway = Arc::new(Gateway::default());
        let (world, _, meeting) = board(5).await;
        let world = restarted_with(world, gateway.clone(), |config| config.sms.per_day = 2).await;
        world.clock.set(meeting.starts_at);
        assert_eq!(go_round(&world.state).await.unwrap(), 2);
        assert_eq!(go_round(&world.state).await.unwrap(), 0);
        assert_eq!(gateway.taken(), 2);
    }

    async fn restarted_with(
        world: World,
        gateway: Arc<Gateway>,
        change: impl FnOnce(&mut crate::config::Config),
    ) -> World {
        let world = restarted(world, Some(Arc::new(gateway)), change).await;
        restore(&world.state).await.unwrap();
        world
    }
}
