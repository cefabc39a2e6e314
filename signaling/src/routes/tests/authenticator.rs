//! Ada sets an authenticator up and logs in with it; others have her password and not her telephone.

use std::sync::Arc;

use axum::http::header;
use serde_json::{Value, json};
use shared::api::{ApiError, Field, FieldError, Me};
use shared::authenticator::{Authenticator, NewAuthenticator, RecoveryCodes};
use shared::secret::Secret;
use tokio::task::JoinSet;

use super::{Answer, Browser, PASSWORD, Site};
use crate::accounts::{self, RemoveError, authenticator::code::shown};
use crate::db::sql;
use crate::routes::router;
use crate::testing::restarted;

const ME: &str = "/api/v1/me";
const PATH: &str = "/api/v1/me/authenticator";
const STEP: i64 = 30_000;

/// The telephone.
struct App(Secret);

impl App {
    /// What it shows so many steps from now.
    fn shows(&self, site: &Site, steps: i64) -> String {
        shown(self.0.reveal(), site.world.state.clock.now().plus_ms(steps * STEP))
    }

    /// Six digits that it shows neither now nor one step beside.
    fn never(&self, site: &Site) -> String {
        let shown: Vec<_> = (-1..=1).map(|steps| self.shows(site, steps)).collect();
        (0..4).map(|n| format!("{n:06}")).find(|code| !shown.contains(code)).unwrap()
    }
}

impl Site {
    /// Ada's browser, her telephone and her recovery codes. The code of this step is used up.
    async fn with_authenticator(&self) -> (Browser<'_>, App, Vec<Secret>) {
        let ada = self.ada().await;
        let begun: NewAuthenticator = ada.post(PATH, json!({ "password": PASSWORD })).await.json();
        let app = App(begun.secret);
        let codes: RecoveryCodes = confirm(&ada, &app.shows(self, 0)).await.json();
        (ada, app, codes.codes)
    }

    async fn state_of(&self, browser: &Browser<'_>) -> Authenticator {
        browser.get(PATH).await.json()
    }
}

async fn confirm(browser: &Browser<'_>, code: &str) -> Answer {
    browser.post(&format!("{PATH}/confirm"), json!({ "code": code })).await
}

async fn remove(browser: &Browser<'_>, password: &str, code: &str) -> Answer {
    browser.post(&format!("{PATH}/remove"), json!({ "password": password, "code": code })).await
}

/// With Ada's password.
async fn log_in(browser: &Browser<'_>, code: &str) -> Answer {
    browser.post("/api/v1/login", json!({ "name": "Ada", "password": PASSWORD, "code": code })).await
}

fn wrong(field: Field) -> (u16, ApiError) {
    (422, ApiError::Field { field, reason: FieldError::Wrong })
}

const WRONG_CODE: (u16, ApiError) = (401, ApiError::WrongCode);

/// An authenticator counts once its first code was typed, and from then on the password alone opens nothing.
#[tokio::test]
async fn ada_sets_it_up_and_logs_in_with_it() {
    let site = Site::open().await;
    let (ada, other) = (site.ada().await, site.ada().await);
    assert_eq!(site.state_of(&ada).await, Authenticator { since: None, recovery_codes_left: 0 });
    assert_eq!(confirm(&ada, "123456").await.error(), (409, ApiError::NoAuthenticator), "before it was begun");
    assert_eq!(ada.post(PATH, json!({ "password": "guess" })).await.error(), wrong(Field::Password));
    let first: NewAuthenticator = ada.post(PATH, json!({ "password": PASSWORD })).await.json();
    let begun: NewAuthenticator = ada.post(PATH, json!({ "password": PASSWORD })).await.json();
    assert_ne!(first.secret, begun.secret);
    assert!(begun.uri.reveal().starts_with("otpauth://totp/Conclave%20localhost:Ada?"), "{}", begun.uri.reveal());
    assert_eq!(site.stranger().log_in("Ada", PASSWORD).await.status, 200, "it is not confirmed");

    let app = App(begun.secret);
    assert_eq!(confirm(&ada, &app.never(&site)).await.error(), wrong(Field::Code));
    assert_eq!(confirm(&ada, &App(first.secret).shows(&site, 0)).await.error(), wrong(Field::Code), "of the first");
    let codes: RecoveryCodes = confirm(&ada, &app.shows(&site, 0)).await.json();
    let now = site.world.state.clock.now();
    assert_eq!(site.state_of(&ada).await, Authenticator { since: Some(now), recovery_codes_left: 10 });
    assert_eq!(codes.codes.iter().map(|code| code.reveal().len()).sum::<usize>(), 10 * 14);
    assert_eq!(other.get(ME).await.status, 401, "a session that the password alone opened goes on");
    assert_eq!(ada.get(ME).await.status, 200);
    assert_eq!(ada.post(PATH, json!({ "password": PASSWORD })).await.error(), (409, ApiError::AuthenticatorInUse));
    assert_eq!(confirm(&ada, &app.shows(&site, 1)).await.error(), (409, ApiError::NoAuthenticator), "twice");

    let mut again = site.stranger();
    let answer = again.log_in("Ada", PASSWORD).await;
    assert_eq!(answer.error(), (401, ApiError::CodeNeeded));
    assert!(answer.headers.get(header::SET_COOKIE).is_none());
    let answer = log_in(&again, &app.shows(&site, 1)).await;
    assert_eq!(answer.json::<Me>().name, "Ada");
    assert!(answer.headers.get(header::SET_COOKIE).is_some());
}

/// Nobody learns that an account has an authenticator, or that a code is right, who does not know its password.
#[tokio::test]
async fn a_code_says_nothing_without_the_password() {
    let site = Site::open().await;
    let (_, app, codes) = site.with_authenticator().await;
    let mallory = site.stranger();
    let right = app.shows(&site, 1);
    for code in [None, Some(right.as_str()), Some(&app.never(&site)), Some(codes[0].reveal())] {
        for (name, password) in [("Ada", "guess"), ("Nobody", PASSWORD)] {
            let login = json!({ "name": name, "password": password, "code": code });
            assert_eq!(mallory.post("/api/v1/login", login).await.error(), (401, ApiError::WrongLogin), "{name}");
        }
    }
    assert_eq!(log_in(&site.stranger().at([192, 0, 2, 9]), &right).await.status, 200, "and uses none up");
}

/// RFC 6238 section 5.2: a code is good once, whoever types it, and so is every earlier one.
#[tokio::test]
async fn a_code_is_good_once() {
    let site = Site::open().await;
    let (_, app, _) = site.with_authenticator().await;
    let ada = site.stranger();
    assert_eq!(log_in(&ada, &app.shows(&site, 0)).await.error(), WRONG_CODE, "it confirmed the authenticator");
    assert_eq!(log_in(&ada, &app.shows(&site, -1)).await.error(), WRONG_CODE, "the one before");
    let next = app.shows(&site, 1);
    assert_eq!(log_in(&ada, &next).await.status, 200);
    assert_eq!(log_in(&ada, &next).await.error(), WRONG_CODE);
    site.world.clock.advance_ms(2 * STEP);
    assert_eq!(log_in(&ada, &next).await.error(), WRONG_CODE, "when its time has come");
    assert_eq!(log_in(&ada, &app.shows(&site, 0)).await.status, 200);
    site.world.clock.advance_ms(-60 * STEP);
    assert_eq!(log_in(&ada, &app.shows(&site, 0)).await.error(), WRONG_CODE, "a clock that was set back opens nothing");
}

/// The same code from many places at the same moment: one gets in.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_although_many_come_at_once() {
    let site = Arc::new(Site::open().await);
    let (_, app, codes) = site.with_authenticator().await;
    for code in [app.shows(&site, 1), codes[3].reveal().to_owned()] {
        let mut all = JoinSet::new();
        for n in 0..8u8 {
            let (site, code) = (Arc::clone(&site), code.clone());
            all.spawn(async move { log_in(&site.stranger().at([198, 51, 100, n]), &code).await.status.as_u16() });
        }
        let answers = all.join_all().await;
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    }
}

#[tokio::test]
async fn a_recovery_code_stands_in_once_and_for_its_own_account() {
    let site = Site::open().await;
    let (ada, _, codes) = site.with_authenticator().await;
    let state = &site.world.state;
    let parts = (&state.db, &state.hasher, state.chance.as_ref());
    accounts::create(parts, ("Bea", &Secret::new(PASSWORD)), state.clock.now()).await.unwrap();
    let mut bea = site.stranger();
    bea.log_in("Bea", PASSWORD).await;
    let begun: NewAuthenticator = bea.post(PATH, json!({ "password": PASSWORD })).await.json();
    let hers: RecoveryCodes = confirm(&bea, &App(begun.secret).shows(&site, 0)).await.json();

    let stranger = site.stranger();
    let typed = codes[0].reveal().to_lowercase().replace('-', " ");
    assert_eq!(log_in(&stranger, hers.codes[0].reveal()).await.error(), WRONG_CODE, "another account's");
    assert_eq!(log_in(&stranger, &typed).await.status, 200);
    assert_eq!(log_in(&stranger, &typed).await.error(), WRONG_CODE);
    assert_eq!(site.state_of(&ada).await.recovery_codes_left, 9);
    assert_eq!(site.state_of(&bea).await.recovery_codes_left, 10);
}

/// Neither the secret nor a recovery code can be read out of the database.
#[tokio::test]
async fn the_database_holds_neither_secret_nor_codes() {
    let site = Site::open().await;
    let (_, app, codes) = site.with_authenticator().await;
    let db = &site.world.state.db;
    let mut rows: Vec<String> = sql::query_scalar("SELECT mac FROM recovery_codes").fetch_all(db.read()).await.unwrap();
    assert_eq!(rows.len(), 10);
    rows.extend(sql::query_scalar::<String>("SELECT sealed FROM authenticators").fetch_all(db.read()).await.unwrap());
    let kept = rows.join("\n");
    let secret = totp_rs::Secret::try_from_base32(app.0.reveal().replace(' ', "")).unwrap();
    let plain = crate::chance::hex(secret.as_bytes());
    for code in codes.iter().map(|code| code.reveal().replace('-', "")) {
        assert!(!kept.contains(&code) && !kept.contains(&crate::chance::token_hash(&code)), "{kept}");
    }
    assert!(!kept.contains(&app.0.reveal().replace(' ', "")) && !kept.contains(&plain), "{kept}");
}

/// Whoever has the password guesses five codes and one, and then hardly any, from however many places.
#[tokio::test]
async fn codes_are_not_guessed() {
    let site = Site::open().await;
    let (ada, app, codes) = site.with_authenticator().await;
    let from = |n: u8| site.stranger().at([198, 51, 100, n]);
    for n in 0..6 {
        assert_eq!(log_in(&from(n), &app.never(&site)).await.error(), WRONG_CODE, "{n}");
    }
    let waits = (429, ApiError::TooManyTries { retry_after_s: 60 });
    assert_eq!(log_in(&from(6), &app.never(&site)).await.error(), waits);
    assert_eq!(log_in(&from(7), &app.shows(&site, 1)).await.error(), waits, "the right one is not looked at either");
    assert_eq!(remove(&ada, PASSWORD, &app.shows(&site, 1)).await.error(), waits, "nor elsewhere");
    site.world.clock.advance_ms(60_000);
    assert_eq!(log_in(&from(8), &app.never(&site)).await.error(), WRONG_CODE);
    let waits = (429, ApiError::TooManyTries { retry_after_s: 120 });
    assert_eq!(log_in(&from(9), &app.shows(&site, 0)).await.error(), waits, "twice as long");
    assert_eq!(log_in(&from(10), codes[0].reveal()).await.status, 200, "its holder gets in");
    assert_eq!(log_in(&from(11), &app.never(&site)).await.error(), WRONG_CODE, "and all begins anew");
    assert_eq!(log_in(&from(12), &app.shows(&site, 1)).await.status, 200);
}

/// After a hundred in a row the codes are dead and the recovery codes are not.
#[tokio::test]
async fn a_hundred_wrong_codes_and_none_is_looked_at() {
    let site = Site::open().await;
    let (_, app, codes) = site.with_authenticator().await;
    let set = sql::query("UPDATE authenticators SET wrong = 99").execute(site.world.state.db.write()).await;
    assert_eq!(set.unwrap().rows_affected(), 1);
    let ada = site.stranger();
    assert_eq!(log_in(&ada, &app.never(&site)).await.error(), WRONG_CODE);
    site.world.clock.advance_ms(365 * 24 * 60 * 60_000);
    assert_eq!(log_in(&ada, &app.shows(&site, 0)).await.error(), (409, ApiError::CodesUsedUp));
    assert_eq!(log_in(&ada, codes[9].reveal()).await.status, 200);
    assert_eq!(log_in(&ada, &app.shows(&site, 0)).await.status, 200);
}

/// Wrong codes are failed logins of their source; being asked for a code is not one.
#[tokio::test]
async fn wrong_codes_count_with_wrong_passwords() {
    let site = Site::open().await;
    let (_, app, codes) = site.with_authenticator().await;
    let mut mallory = site.stranger().at([198, 51, 100, 1]);
    for _ in 0..20 {
        assert_eq!(mallory.log_in("Ada", PASSWORD).await.error(), (401, ApiError::CodeNeeded));
    }
    for _ in 0..4 {
        assert_eq!(log_in(&mallory, &app.never(&site)).await.error(), WRONG_CODE);
        assert_eq!(log_in(&mallory, "ACDE-FGHJ-KMNP").await.error(), WRONG_CODE);
    }
    for _ in 0..2 {
        assert_eq!(mallory.log_in("Ada", "guess").await.error(), (401, ApiError::WrongLogin));
    }
    assert_eq!(log_in(&mallory, codes[0].reveal()).await.status, 429, "the eleventh is not looked at");
}

/// Switching it off takes both proofs, as logging in does; then the password is enough.
#[tokio::test]
async fn it_is_switched_off_with_both_proofs() {
    let site = Site::open().await;
    let (ada, app, codes) = site.with_authenticator().await;
    assert_eq!(remove(&ada, "guess", &app.shows(&site, 1)).await.error(), wrong(Field::Password));
    assert_eq!(remove(&ada, PASSWORD, &app.never(&site)).await.error(), wrong(Field::Code));
    assert_eq!(remove(&ada, PASSWORD, &app.shows(&site, 0)).await.error(), wrong(Field::Code), "used");
    let left: Authenticator = remove(&ada, PASSWORD, &app.shows(&site, 1)).await.json();
    assert_eq!(left, Authenticator { since: None, recovery_codes_left: 0 });
    assert_eq!(remove(&ada, PASSWORD, "").await.error(), (409, ApiError::NoAuthenticator));
    assert_eq!(site.stranger().log_in("Ada", PASSWORD).await.status, 200);

    // Another one, in its place: nothing of the first is left.
    site.world.clock.advance_ms(STEP);
    let (ada, other, new) = site.with_authenticator().await;
    assert_eq!(log_in(&site.stranger(), codes[1].reveal()).await.error(), WRONG_CODE, "the first one's");
    assert_eq!(log_in(&site.stranger(), &app.shows(&site, 1)).await.error(), WRONG_CODE);
    assert_eq!(log_in(&site.stranger(), &other.shows(&site, 1)).await.status, 200);
    assert_eq!(remove(&ada, PASSWORD, new[0].reveal()).await.status, 200, "with a recovery code");
}

/// The operator's way out, for whom telephone and codes are lost.
#[tokio::test]
async fn the_operator_takes_it_off() {
    let site = Site::open().await;
    let (ada, ..) = site.with_authenticator().await;
    let db = &site.world.state.db;
    assert_eq!(accounts::remove_authenticator(db, " ada ").await.unwrap().name, "Ada");
    assert_eq!(ada.get(ME).await.status, 401, "whoever has the telephone may have the browser");
    assert_eq!(site.stranger().log_in("Ada", PASSWORD).await.status, 200);
    assert!(matches!(accounts::remove_authenticator(db, "Ada").await, Err(RemoveError::NoAuthenticator)));
    assert!(matches!(accounts::remove_authenticator(db, "Nobody").await, Err(RemoveError::NoAccount)));
}

/// What was used and what was wrong outlives a restart; a lost key closes the door and opens nothing.
#[tokio::test]
async fn a_restart_forgets_nothing_and_a_lost_key_opens_nothing() {
    let site = Site::open().await;
    let (_, app, codes) = site.with_authenticator().await;
    let used = app.shows(&site, 1);
    assert_eq!(log_in(&site.stranger(), &used).await.status, 200);
    site.world.clock.advance_ms(STEP);
    for n in 0..6 {
        let from = site.stranger().at([198, 51, 100, n]);
        assert_eq!(log_in(&from, &app.never(&site)).await.error(), WRONG_CODE);
    }
    let world = restarted(site.world, None, |_| {}).await;
    let site = Site { router: router(&world.state), world };
    assert_eq!(log_in(&site.stranger(), &app.shows(&site, 1)).await.status, 429);
    site.world.clock.advance_ms(60_000 - STEP);
    assert_eq!(log_in(&site.stranger(), &used).await.status, 429);

    std::fs::remove_file(site.world.folder.path().join("keys/link.key")).unwrap();
    let world = restarted(site.world, None, |_| {}).await;
    let site = Site { router: router(&world.state), world };
    site.world.clock.advance_ms(60_000);
    assert_eq!(log_in(&site.stranger(), &app.shows(&site, 0)).await.error(), (500, ApiError::Internal));
    assert_eq!(log_in(&site.stranger(), codes[0].reveal()).await.error(), WRONG_CODE);
    assert_eq!(site.stranger().log_in("Ada", PASSWORD).await.error(), (401, ApiError::CodeNeeded));
    accounts::remove_authenticator(&site.world.state.db, "Ada").await.unwrap();
    assert_eq!(site.stranger().log_in("Ada", PASSWORD).await.status, 200);
}

/// What a page of the console may cache of all this is nothing.
#[tokio::test]
async fn secrets_are_kept_in_no_cache() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let answer = ada.post(PATH, json!({ "password": PASSWORD })).await;
    assert!(answer.header("cache-control").contains("no-store"), "{:?}", answer.headers);
    let nothing = ada.send(axum::http::Method::POST, PATH, Some(Value::Null.to_string())).await;
    assert_eq!(nothing.error(), (400, ApiError::Unreadable));
}
