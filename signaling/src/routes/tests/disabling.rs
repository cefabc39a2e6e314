//! Bob leaves the organisation: Ada disables his account, and he has nothing left.

use axum::http::Method;
use serde_json::{Value, json};
use shared::api::{ApiError, ConsoleAccount, Field, FieldError, IssuedPin, Me, MeetingDetail};
use shared::ids::AccountId;
use shared::secret::Secret;
use shared::signal::JoinRefused;

use super::meetings::eve_of_another_organisation;
use super::{Answer, Browser, PASSWORD, Site};
use crate::accounts::{self, SwitchError};
use crate::db::sql;
use crate::door::knock::{KnockError, Typed, look};
use crate::meetings::events::Actor;

const OF_BOB: &str = "another correct horse battery";

impl Site {
    pub(super) async fn with_bob(&self) -> AccountId {
        let state = &self.world.state;
        let parts = (&state.db, &state.hasher, state.chance.as_ref());
        accounts::create(parts, ("Bob", &Secret::new(OF_BOB)), state.clock.now()).await.unwrap().id
    }

    async fn bob(&self) -> Browser<'_> {
        let mut browser = self.stranger();
        assert_eq!(browser.log_in("Bob", OF_BOB).await.status, 200);
        browser
    }

    /// What the door says to this PIN.
    async fn knock(&self, issued: &IssuedPin) -> Result<(), JoinRefused> {
        let typed = Typed { pin: Secret::new(issued.pin.reveal()), link: None };
        match look(self.world.state.books(), &typed).await {
            Ok(_) => Ok(()),
            Err(KnockError::Refused(reason)) => Err(reason),
            Err(other) => panic!("{other}"),
        }
    }
}

async fn switch(by: &Browser<'_>, account: AccountId, how: &str) -> Answer {
    by.send(Method::POST, &format!("/api/v1/accounts/{account}/{how}"), None).await
}

async fn invite(by: &Browser<'_>, meeting: &MeetingDetail, account: Value) -> Answer {
    let person = json!({ "name": "Bob", "phone": null, "email": null, "role": "moderator", "account": account });
    by.post(&format!("/api/v1/meetings/{}/invitees", meeting.info.id), person).await
}

/// Login, sessions, PINs that are his, in all meetings that are not over; nobody else's, and no more than once.
#[tokio::test]
async fn a_disabled_account_has_nothing_left() {
    let site = Site::open().await;
    let (id, ada) = (site.with_bob().await, site.ada().await);
    let (bobs, meeting, other) = (site.bob().await, ada.meeting().await, ada.meeting().await);
    let own: IssuedPin = invite(&ada, &meeting, json!(id)).await.json();
    let elsewhere: IssuedPin = invite(&ada, &other, json!(id)).await.json();
    let olga = ada.invite(&meeting, "Olga").await;
    assert_eq!(own.invitee.account.as_ref().map(|account| account.name.as_str()), Some("Bob"));
    for issued in [&own, &elsewhere, &olga] {
        assert_eq!(site.knock(issued).await, Ok(()), "positive control");
    }

    let listed: Vec<ConsoleAccount> = switch(&ada, id, "disable").await.json();
    let now = site.world.state.clock.now();
    let told: Vec<_> = listed.iter().map(|account| (account.name.as_str(), account.disabled_at)).collect();
    assert_eq!(told, [("Ada", None), ("Bob", Some(now))]);
    assert_eq!(bobs.get("/api/v1/me").await.error(), (401, ApiError::NotLoggedIn));
    for issued in [&own, &elsewhere] {
        assert_eq!(site.knock(issued).await, Err(JoinRefused::NotValidNow));
    }
    assert_eq!(site.knock(&olga).await, Ok(()));
    let mut again = site.stranger();
    assert_eq!(again.log_in("Bob", OF_BOB).await.error(), (403, ApiError::AccountDisabled));
    assert_eq!(
        again.log_in("Bob", PASSWORD).await.error(),
        (401, ApiError::WrongLogin),
        "to a guesser it is as any other"
    );
    let unknown = FieldError::UnknownAccount;
    assert_eq!(
        invite(&ada, &meeting, json!(id)).await.error(),
        (422, ApiError::Field { field: Field::Account, reason: unknown })
    );
    let by = Actor::Account(site.account("Ada").await);
    assert_eq!(site.disabled_events().await, vec![by.to_string(); 2]);
    assert_eq!(switch(&ada, id, "disable").await.json::<Vec<ConsoleAccount>>(), listed, "twice is once");
    assert_eq!(site.disabled_events().await.len(), 2);

    let pin = format!("/api/v1/meetings/{}/invitees/{}/pin", meeting.info.id, own.invitee.id);
    let reissued = ada.send(Method::POST, &pin, None).await;
    assert_eq!(reissued.error(), (409, ApiError::AccountOfInvitationDisabled));
    assert_eq!(site.knock(&own).await, Err(JoinRefused::NotValidNow));

    let listed: Vec<ConsoleAccount> = switch(&ada, id, "enable").await.json();
    assert!(listed.iter().all(|account| account.disabled_at.is_none()));
    assert_eq!(again.log_in("Bob", OF_BOB).await.json::<Me>().name, "Bob");
    assert_eq!(bobs.get("/api/v1/me").await.status, 401, "a session that died stays dead");
    assert_eq!(site.knock(&own).await, Err(JoinRefused::NotValidNow), "and a PIN");
    let reissued: IssuedPin = ada.send(Method::POST, &pin, None).await.json();
    assert_eq!(site.knock(&reissued).await, Ok(()));
}

/// Nobody disables the account they are logged in to, one of another organisation, or one that there is not; nor the operator
/// the last.
#[tokio::test]
async fn somebody_can_always_log_in() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let (state, own) = (&site.world.state, site.account("Ada").await);
    for how in ["disable", "enable"] {
        assert_eq!(switch(&ada, own, how).await.error(), (409, ApiError::OwnAccount));
    }
    let now = state.clock.now();
    let disable = async |name: &str| accounts::disable(&state.db, state.chance.as_ref(), name, now).await;
    assert!(matches!(disable("Ada").await, Err(SwitchError::TheLast)));
    assert!(matches!(disable("Nobody").await, Err(SwitchError::NoAccount)));
    assert!(matches!(accounts::enable(&state.db, "Ada").await, Err(SwitchError::Already("enabled"))));
    let eve = eve_of_another_organisation(&site).await;
    for how in ["disable", "enable"] {
        assert_eq!(switch(&eve, own, how).await.error(), (404, ApiError::NotFound));
        let nobody = AccountId::from_random([9; 16]);
        assert_eq!(switch(&ada, nobody, how).await.error(), (404, ApiError::NotFound));
    }
    assert_eq!(ada.get("/api/v1/me").await.status, 200, "nothing was half done");

    site.with_bob().await;
    let bobs = site.bob().await;
    assert_eq!(disable(" bob ").await.unwrap().name, "Bob", "as the login reads a name");
    assert!(matches!(disable("Bob").await, Err(SwitchError::Already("disabled"))));
    assert_eq!(bobs.get("/api/v1/me").await.status, 401);
    assert_eq!(accounts::enable(&state.db, "Bob").await.unwrap().name, "Bob");
    site.bob().await;
}

impl Site {
    async fn account(&self, name: &str) -> AccountId {
        let stored = crate::db::accounts::by_name_key(&self.world.state.db, &accounts::name_key(name)).await.unwrap();
        stored.unwrap().account.id
    }

    /// Who did it, for each invitation.
    async fn disabled_events(&self) -> Vec<String> {
        let query = sql::query_scalar("SELECT actor FROM door_events WHERE kind = 'account_disabled'");
        query.fetch_all(self.world.state.db.read()).await.unwrap()
    }
}
