//! The demo: an admin whose password is new at each start, and a meeting that begins now, with everything needed to
//! walk in as a moderator and two participants from windows side by side.

use shared::api::{NewInvitee, NewMeeting, Start};
use shared::ids::{InviteeId, MeetingId, OrganisationId};
use shared::meeting::{DoorRules, MeetingKind, Role};
use shared::pin::Pin;
use shared::secret::Secret;
use shared::text::tr;

use crate::accounts::hashing::HashError;
use crate::accounts::{self, Account, CreateError};
use crate::db::{self, DbError};
use crate::extract::Refusal;
use crate::meetings::events::Actor;
use crate::meetings::passwords::PasswordError;
use crate::meetings::schedule::{self, Owner};
use crate::meetings::{Meeting, invitees, links};
use crate::routes;
use crate::state::AppState;
use crate::terminal::{Demo, Way};

/// Name of the demo's admin.
pub const ADMIN: &str = "demo";
/// How long its meeting lasts.
const HOURS: u32 = 8;
/// Title of its meeting. Meetings of this title that an earlier start left are ended.
const TITLE: &str = "Demo meeting";
/// Whom it invites. The numbers are of the range that Sweden keeps for films: no telephone has them.
const PEOPLE: [(&str, Role, &str); 3] = [
    ("Maria", Role::Moderator, "+46701740605"),
    ("Paul", Role::Participant, "+46701740606"),
    ("Petra", Role::Participant, "+46701740607"),
];

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The admin.
    #[error(transparent)]
    Admin(#[from] CreateError),
    /// The moderator's password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The meeting or its invitees.
    #[error("the demo meeting could not be made: {0}")]
    Meeting(String),
}

impl From<HashError> for DemoError {
    fn from(error: HashError) -> Self {
        Self::Admin(CreateError::Hash(error))
    }
}

impl From<Refusal> for DemoError {
    fn from(Refusal(error): Refusal) -> Self {
        Self::Meeting(error.to_string())
    }
}

/// Makes the demo and says how to get in.
pub async fn prepare(state: &AppState) -> Result<Demo, DemoError> {
    let password = state.chance.account_password();
    let admin = admin(state, &password).await?;
    end_earlier(state, &admin).await?;
    let meeting = meeting(state, &admin).await?;
    let mut ways = Vec::new();
    for (index, (name, role, phone)) in PEOPLE.into_iter().enumerate() {
        // Whoever tries it out moderates with the login that they were told.
        let account = (role == Role::Moderator).then_some(admin.id);
        let new = NewInvitee { name: name.into(), phone: Some(phone.into()), email: None, role, account };
        ways.push(way(state, &meeting, &new, index).await?);
    }
    let console = format!("{}/console", state.config.public_url());
    Ok(Demo { console, admin: ADMIN.into(), password, hours: HOURS.into(), ways })
}

/// The admin with this password, which is enough; sessions that an older password opened end.
async fn admin(state: &AppState, password: &Secret) -> Result<Account, DemoError> {
    let existing = db::accounts::by_name_key(&state.db, &accounts::name_key(ADMIN)).await?;
    if let Some(db::accounts::Stored { account, .. }) = existing {
        db::accounts::enable(&state.db, account.id, account.organisation).await?;
        let hash = state.hasher.hash(password).await?;
        db::accounts::set_password(&state.db, &account, &hash).await?;
        db::sessions::delete_of_account(&state.db, &account).await?;
        db::authenticators::remove(&state.db, account.id).await?;
        return Ok(account);
    }
    let parts = (&state.db, &state.hasher, state.chance.as_ref());
    Ok(accounts::create(parts, (ADMIN, password), state.clock.now()).await?)
}

async fn end_earlier(state: &AppState, admin: &Account) -> Result<(), DemoError> {
    for meeting in db::meetings::running_of_title(&state.db, admin.id, TITLE).await? {
        state.live.end(admin.organisation, meeting, Actor::Account(admin.id)).await?;
    }
    Ok(())
}

async fn meeting(state: &AppState, admin: &Account) -> Result<Meeting, DemoError> {
    let now = state.clock.now();
    let new = NewMeeting {
        title: TITLE.into(),
        start: Start::Now {},
        duration_minutes: HOURS * 60,
        time_zone: "UTC".into(),
        ask_password: false,
        password_before_minutes: 0,
        kind: MeetingKind::NothingKept,
        rules: DoorRules::default(),
    };
    let id = MeetingId::from_random(state.chance.id());
    let owner = Owner { meeting: id, organisation: admin.organisation, account: admin.id };
    let meeting = schedule::schedule(&new, owner, now).map_err(wrong)?;
    db::meetings::insert(&state.db, &meeting, now).await?;
    Ok(meeting)
}

async fn way(state: &AppState, meeting: &Meeting, new: &NewInvitee, index: usize) -> Result<Way, DemoError> {
    let owner: (OrganisationId, MeetingId) = (meeting.organisation, meeting.id);
    let invited = invitees::invite(new, InviteeId::from_random(state.chance.id()), owner).map_err(wrong)?;
    let pin: Pin = routes::invitees::add(state, &invited, Actor::Account(meeting.created_by)).await?;
    let link = links::url(&state.keys, &state.config.public_url(), invited.id);
    let is_moderator = invited.role == Role::Moderator;
    let password = if is_moderator { send_password(state, meeting, invited.id).await? } else { None };
    let role = if is_moderator { tr("moderator") } else { tr("participant") };
    // Loudspeakers and microphones of windows side by side would howl: those after the first come in muted.
    let link = if index == 0 { link } else { muted(&link) };
    Ok(Way { who: format!("{}, {role}", invited.name), link, pin: Secret::new(pin.grouped()), password })
}

/// Sends it like any other, and reads what the telephone would show.
async fn send_password(state: &AppState, meeting: &Meeting, to: InviteeId) -> Result<Option<Secret>, DemoError> {
    state.passwords().send(to, Actor::Account(meeting.created_by)).await?;
    let newest = state.outbox.as_ref().and_then(|outbox| outbox.newest_first().into_iter().next());
    // The message ends with the password.
    Ok(newest.and_then(|sms| sms.text.split_whitespace().last().map(Secret::new)))
}

fn muted(link: &str) -> String {
    link.replacen("/join#", "/join?muted=1#", 1)
}

fn wrong((field, reason): schedule::WrongField) -> DemoError {
    DemoError::Meeting(format!("{field}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::world_with;

    #[tokio::test]
    async fn each_start_makes_a_new_meeting_and_a_new_password() {
        let world = world_with(|config| config.demo = true).await;
        let first = prepare(&world.state).await.unwrap();
        world.clock.advance_ms(60_000);
        let again = prepare(&world.state).await.unwrap();
        assert_ne!(first.password.reveal(), again.password.reveal());
        let admin = db::accounts::by_name_key(&world.state.db, ADMIN).await.unwrap().unwrap().account;
        let meetings = db::meetings::list(&world.state.db, admin.organisation).await.unwrap();
        let running: Vec<_> = meetings.iter().filter(|(meeting, _)| meeting.ended_at.is_none()).collect();
        assert_eq!((meetings.len(), running.len(), running[0].1), (2, 1, 3));
    }

    #[tokio::test]
    async fn the_demo_prints_what_each_window_needs() {
        let world = world_with(|config| config.demo = true).await;
        let demo = prepare(&world.state).await.unwrap();
        let [maria, paul, petra] = &demo.ways[..] else { panic!("three ways in") };
        assert!(maria.password.as_ref().is_some_and(|password| password.reveal().len() == 8));
        assert!(!maria.link.contains("muted") && paul.link.contains("/join?muted=1#") && petra.password.is_none());
        assert!([maria, paul, petra].iter().all(|way| Pin::parse(way.pin.reveal()).is_ok()));
    }
}
