//! An account is disabled while its people are somewhere between the door and the room. Nobody looks now and then in here, as the
//! server does: each has to hear of it from what was done.

use std::time::Duration;

use shared::ids::AccountId;
use shared::meeting::Role;
use shared::signal::{JoinRefused, ServerMsg, TurnedAway};

use super::join::{card, mia_and};
use super::page::Page;
use super::theatre::{ADMIN, BOARD, ORGANISATION, Person, Theatre, theatre};
use crate::accounts::disabling;
use crate::db;
use crate::db::accounts::Disabled;
use crate::db::sql;
use crate::meetings::events::Actor;

/// Another account, so that the admin's is not the last.
async fn colleague(theatre: &Theatre) -> AccountId {
    let account = AccountId::from_random([0x0c; 16]);
    sql::query("INSERT INTO accounts (id, organisation_id, name, name_key, password_hash, created_at) VALUES ($1, $2, 'c', 'c', '', 0)")
        .bind(account.to_string())
        .bind(ORGANISATION.to_string())
        .execute(theatre.world.state.db.write())
        .await
        .unwrap();
    account
}

/// The moderator with the account's login, somebody in the lobby, one in the green room; and not who is there for nobody's account.
#[tokio::test]
async fn everybody_on_one_of_its_invitations_is_out() {
    let mut theatre = theatre().await;
    let other = colleague(&theatre).await;
    let piet = theatre.invite_for("Piet", Role::Participant, Some(ADMIN)).await;
    let rosa = theatre.invite_for("Rosa", Role::Participant, Some(ADMIN)).await;
    let (mut mias, mut piets) = mia_and(&mut theatre, &piet).await;
    card(&mut mias).await;
    let mut rosas = theatre.page().await;
    rosas.join(&rosa).await;
    let olga = theatre.invite("Olga", Role::Participant).await;
    let mut olgas = theatre.page().await;
    olgas.join(&olga).await;
    disabling::disable(&theatre.world.state, (ADMIN, ORGANISATION), other).await.unwrap().unwrap();
    for page in [&mut mias, &mut piets, &mut rosas] {
        assert_eq!(page.hear_turned_away().await, TurnedAway::Revoked);
    }
    olgas.enter().await;
    // With the cookie that the browser still has, and the right PIN.
    let mut again = theatre.admins_page().await;
    again.say(Page::join_message(&piet, true)).await;
    assert_eq!(again.hear_refusal().await, JoinRefused::Revoked);
}

/// As `conclave admin` does it, and undoes it at once: whoever looks now and then sees that it was.
#[tokio::test]
async fn what_another_process_did_is_seen() {
    let mut theatre = theatre().await;
    colleague(&theatre).await;
    let state = theatre.world.state.clone();
    let piet = theatre.invite_for("Piet", Role::Participant, Some(ADMIN)).await;
    let mut known = db::accounts::disabled(&state.db).await.unwrap();
    let (_mias, mut piets) = mia_and(&mut theatre, &piet).await;
    let asked = Disabled { account: ADMIN, organisation: ORGANISATION, at: state.clock.now(), by: Actor::Operator };
    db::accounts::disable(&state.db, state.chance.as_ref(), &asked).await.unwrap().unwrap();
    assert!(db::accounts::enable(&state.db, ADMIN, ORGANISATION).await.unwrap());
    disabling::look(&state, &mut known, db::accounts::disabled(&state.db).await.unwrap()).await;
    assert_eq!(piets.hear_turned_away().await, TurnedAway::Revoked);
    assert_eq!(known.get(&ADMIN), Some(&state.clock.now()), "and is looked at once");
}

/// The door takes its time to answer: a PIN that dies meanwhile, whatever it dies of, seats nobody.
#[tokio::test]
async fn a_knock_that_is_under_way_comes_to_nothing() {
    let mut theatre = theatre().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    let mut page = theatre.page().await;
    page.say(Page::join_message(&piet, true)).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let anew = Person { pin: theatre.issue_pin(piet.invitee).await, ..piet };
    theatre.world.state.live.pin_revoked(BOARD, anew.invitee);
    assert_eq!(page.hear_refusal().await, JoinRefused::Revoked);
    page.join(&anew).await;
}

/// Nor does a role that was changed meanwhile go in with them.
#[tokio::test]
async fn a_role_that_changes_under_way_is_not_kept() {
    let mut theatre = theatre().await;
    let mia = theatre.invite("Mia", Role::Moderator).await;
    let mut page = theatre.admins_page().await;
    page.say(Page::join_message(&mia, true)).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    sql::query("UPDATE invitees SET role = 'participant'").execute(theatre.world.state.db.write()).await.unwrap();
    theatre.world.state.live.role_changed(BOARD, mia.invitee);
    let away = |message: &ServerMsg| match message {
        ServerMsg::TurnedAway { reason } => Some(*reason),
        _ => None,
    };
    assert_eq!(page.hear_until(away).await, TurnedAway::RoleChanged);
}

/// Who was logged in when the page came, and is not when it knocks, is nobody.
#[tokio::test]
async fn a_login_that_ended_moderates_nothing() {
    let mut theatre = theatre().await;
    let mia = theatre.invite("Mia", Role::Moderator).await;
    let mut page = theatre.admins_page().await;
    sql::query("DELETE FROM account_sessions").execute(theatre.world.state.db.write()).await.unwrap();
    page.say(Page::join_message(&mia, true)).await;
    assert!(matches!(page.hear().await, ServerMsg::PasswordRequired { for_moderator: true, .. }));
}
