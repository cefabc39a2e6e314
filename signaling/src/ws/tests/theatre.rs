//! A meeting with its people, a server that listens, and a stand-in for the SFU that takes every offer but `garbage`
//! and hears nothing from those who came with `silent`.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use shared::control::{Command, Event, Gone};
use shared::ids::{AccountId, InviteeId, MeetingId, OrganisationId};
use shared::limits::DEFAULT_GRACE_MS;
use shared::meeting::Role;
use shared::pin::Pin;
use shared::secret::Secret;
use shared::signal::{OfferError, Software};
use shared::units::UnixMs;

use super::page::Page;
use crate::config::Config;
use crate::db::sql;
use crate::meetings::events::Actor;
use crate::meetings::pins::Issue;
use crate::state::AppState;
use crate::testing::{NOON, World, world_with};
use crate::ws::stage::Visitor;

pub(super) const HOUR: i64 = 3_600_000;
pub(super) const ORGANISATION: OrganisationId = OrganisationId::from_random([1; 16]);
pub(super) const ADMIN: AccountId = AccountId::from_random([2; 16]);
/// Of the session that the admin's browser has.
pub(super) const ADMINS_TOKEN: &str = "the admin's session";
pub(super) const BOARD: MeetingId = MeetingId::from_random([3; 16]);

/// Somebody invited to the board.
pub(super) struct Person {
    pub(super) invitee: InviteeId,
    pub(super) pin: Pin,
    pub(super) link: Secret,
}

/// The board of an hour from noon, with a server for its people.
pub(super) struct Theatre {
    pub(super) world: World,
    pub(super) server: SocketAddr,
    pub(super) commands: Arc<Mutex<Vec<Command>>>,
    invited: u8,
}

pub(super) async fn theatre() -> Theatre {
    theatre_with(|_| {}).await
}

pub(super) async fn theatre_with(change: impl FnOnce(&mut Config)) -> Theatre {
    let mut world = world_with(change).await;
    seed(&world.state, false).await;
    let commands = Arc::new(Mutex::new(Vec::new()));
    let media = std::mem::replace(&mut world.media, tokio::sync::mpsc::unbounded_channel().1);
    tokio::spawn(stand_in_for_the_sfu(world.state.clone(), media, Arc::clone(&commands)));
    let server = serve(world.state.clone()).await;
    Theatre { world, server, commands, invited: 0 }
}

async fn seed(state: &AppState, ask_password: bool) {
    let write = state.db.write();
    let (organisation, admin) = (ORGANISATION.to_string(), ADMIN.to_string());
    sql::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, 'Acme', 0)")
        .bind(&organisation)
        .execute(write)
        .await
        .unwrap();
    sql::query("INSERT INTO accounts (id, organisation_id, name, name_key, password_hash, created_at) VALUES ($1, $2, 'a', 'a', '', 0)")
        .bind(&admin)
        .bind(&organisation)
        .execute(write)
        .await
        .unwrap();
    // Active whenever: these tests move the clock by days.
    sql::query(
        "INSERT INTO account_sessions (token_hash, organisation_id, account_id, created_at, last_active_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(crate::chance::token_hash(ADMINS_TOKEN))
    .bind(&organisation)
    .bind(&admin)
    .bind(NOON.0 + 1_000 * HOUR)
    .bind(NOON.0 + 1_000 * HOUR)
    .execute(write)
    .await
    .unwrap();
    sql::query(
        "INSERT INTO meetings (id, organisation_id, created_by, title, kind, starts_at, ends_at, grace_ms, time_zone, ask_password, created_at) \
         VALUES ($1, $2, $3, 'Board', 'nothing_kept', $4, $5, $6, 'Europe/Brussels', $7, 0)",
    )
    .bind(BOARD.to_string())
    .bind(&organisation)
    .bind(&admin)
    .bind(NOON.0)
    .bind(NOON.0 + HOUR)
    .bind(DEFAULT_GRACE_MS)
    .bind(ask_password)
    .execute(write)
    .await
    .unwrap();
}

/// A header of the test's own says whether the account is logged in and where the page is; the real ones are the edge's.
async fn upgrade(State(state): State<AppState>, headers: HeaderMap, socket: WebSocketUpgrade) -> Response {
    let login = headers.contains_key("x-test-admin").then(|| Secret::new(ADMINS_TOKEN));
    let address = headers.get("x-test-address").and_then(|value| value.to_str().ok()?.parse::<IpAddr>().ok());
    let address = address.unwrap_or([127, 0, 0, 1].into());
    crate::ws::accept(state, Visitor { address, login, software: Software::default() }, None, socket)
}

async fn serve(state: AppState) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/api/v1/ws", get(upgrade)).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn stand_in_for_the_sfu(
    state: AppState,
    mut media: tokio::sync::mpsc::UnboundedReceiver<Command>,
    commands: Arc<Mutex<Vec<Command>>>,
) {
    let mut silent = Vec::new();
    while let Some(command) = media.recv().await {
        commands.lock().unwrap().push(command.clone());
        let event = match command {
            Command::Join { session, offer, .. } if offer == "garbage" => {
                Event::OfferRefused { session, error: OfferError::Unreadable }
            }
            Command::Join { session, offer, .. } => {
                silent.extend((offer == "silent").then_some(session));
                Event::Answered { session, answer: "answer".into() }
            }
            Command::Restart { session, .. } => Event::Restarted { session, answer: "answer".into() },
            Command::Watch { session, closely: true } if silent.contains(&session) => {
                Event::Gone { session, reason: Gone::Timeout }
            }
            _ => continue,
        };
        state.live.media_event(event);
    }
}

impl Theatre {
    /// Invites somebody; moderators for the admin's account.
    pub(super) async fn invite(&mut self, name: &str, role: Role) -> Person {
        self.invite_for(name, role, (role == Role::Moderator).then_some(ADMIN)).await
    }

    /// Invites somebody who has this account. With a telephone, so that passwords can be sent.
    pub(super) async fn invite_for(&mut self, name: &str, role: Role, account: Option<AccountId>) -> Person {
        self.invited += 1;
        let n = self.invited;
        let invitee = InviteeId::from_random([0x10 + n; 16]);
        let state = &self.world.state;
        sql::query(
            "INSERT INTO invitees (id, organisation_id, meeting_id, position, name, phone, role, link_hash, created_at, account_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)",
        )
        .bind(invitee.to_string())
        .bind(ORGANISATION.to_string())
        .bind(BOARD.to_string())
        .bind(i64::from(n))
        .bind(name)
        .bind(format!("+3120123456{}", n % 10))
        .bind(role.as_str())
        .bind(crate::meetings::links::hash(&state.keys, invitee))
        .bind(account.map(|account| account.to_string()))
        .execute(state.db.write())
        .await
        .unwrap();
        Person { invitee, pin: self.issue_pin(invitee).await, link: state.keys.link_token(invitee) }
    }

    /// A new PIN, as the console issues one.
    pub(super) async fn issue_pin(&self, invitee: InviteeId) -> Pin {
        let state = &self.world.state;
        let mut transaction = state.db.write().begin().await.unwrap();
        let order = Issue {
            organisation: ORGANISATION,
            meeting: BOARD,
            invitee,
            at: state.clock.now(),
            actor: Actor::Account(ADMIN),
        };
        let pin = state.issuer().issue(&mut transaction, order).await.unwrap();
        transaction.commit().await.unwrap();
        pin
    }

    pub(super) async fn ask_passwords(&self) {
        sql::query("UPDATE meetings SET ask_password = TRUE").execute(self.world.state.db.write()).await.unwrap();
    }

    /// A page that has said hello.
    pub(super) async fn page(&self) -> Page {
        Page::greeted(self.server, &[]).await
    }

    /// A page in a browser where the admin is logged in.
    pub(super) async fn admins_page(&self) -> Page {
        Page::greeted(self.server, &[("x-test-admin", "1")]).await
    }

    /// What is written down once there are `count` events: most are written while the meeting goes on.
    pub(super) async fn events_when(&self, count: usize) -> Vec<(String, String)> {
        for _ in 0..500 {
            let events = self.events().await;
            if events.len() >= count {
                return events;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        self.events().await
    }

    /// What is written down, oldest first: kind and actor.
    pub(super) async fn events(&self) -> Vec<(String, String)> {
        self.world.door_events().await
    }

    pub(super) async fn ended_at(&self) -> Option<UnixMs> {
        let ended: Option<i64> =
            sql::query_scalar("SELECT ended_at FROM meetings").fetch_one(self.world.state.db.read()).await.unwrap();
        ended.map(UnixMs)
    }

    /// The password in the newest message of the outbox.
    pub(super) fn last_password(&self) -> Secret {
        let messages = self.world.outbox.newest_first();
        Secret::new(messages[0].text.rsplit(' ').next().unwrap())
    }
}
