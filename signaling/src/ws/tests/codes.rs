//! Account holders at the door, who prove themselves with what their telephone shows instead of a password by SMS.

use shared::limits::DOOR_CODE_TRIES;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{ClientMsg, JoinRefused, PasswordRefused, PasswordState, Sent, ServerMsg};

use super::join::{card, mia_and};
use super::page::Page;
use super::theatre::{ADMIN, ADMINS_TOKEN, ORGANISATION, Person, Theatre, theatre};
use crate::accounts::authenticator::code::shown;
use crate::accounts::authenticator::{CodeError, Holder};
use crate::db::sql;
use crate::meetings::passwords::PasswordError;

const STEP: i64 = 30_000;

/// The telephone of the account, with an authenticator that logged in once.
pub(super) struct App(Secret);

impl App {
    pub(super) async fn of(theatre: &Theatre) -> Self {
        let authenticators = theatre.world.state.authenticators();
        let holder = Holder { account: ADMIN, organisation: ORGANISATION, name: "a" };
        let begun = authenticators.begin(holder, "Conclave").await.unwrap().unwrap();
        let app = Self(begun.secret);
        let session = crate::chance::token_hash(ADMINS_TOKEN);
        authenticators.confirm(holder, &app.shows(theatre, 0), &session).await.unwrap();
        // The code of that step is used up.
        theatre.world.clock.advance_ms(STEP);
        app
    }

    /// What it shows so many steps from now.
    fn shows(&self, theatre: &Theatre, steps: i64) -> Secret {
        Secret::new(shown(self.0.reveal(), theatre.world.state.clock.now().plus_ms(steps * STEP)))
    }

    /// Six digits that it shows neither now nor one step beside.
    fn never(&self, theatre: &Theatre) -> Secret {
        let shown: Vec<_> = (-1..=1).map(|steps| self.shows(theatre, steps)).collect();
        (0..4).map(|n| Secret::new(format!("{n:06}"))).find(|code| !shown.contains(code)).unwrap()
    }
}

fn typed(code: &Secret) -> ClientMsg {
    ClientMsg::SubmitPassword { password: code.clone() }
}

fn refusal(reason: PasswordRefused) -> ServerMsg {
    ServerMsg::PasswordRefused { reason }
}

/// The evidence that stands in the record for the first event of this kind, once it does.
async fn evidence_of(theatre: &Theatre, kind: &str) -> String {
    for _ in 0..500 {
        let query =
            sql::query_scalar("SELECT evidence FROM door_events WHERE kind = $1 ORDER BY at LIMIT 1").bind(kind);
        let found: Option<String> = query.fetch_optional(theatre.world.state.db.read()).await.unwrap();
        if let Some(found) = found {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no {kind} was written down");
}

/// Piet, who has the account, and a page that typed his PIN.
async fn piet_at_the_door(theatre: &mut Theatre) -> (Person, Page) {
    let piet = theatre.invite_for("Piet", Role::Participant, Some(ADMIN)).await;
    let page = knock(theatre, &piet).await;
    (piet, page)
}

async fn knock(theatre: &Theatre, who: &Person) -> Page {
    let mut page = theatre.page().await;
    page.say(Page::join_message(who, true)).await;
    page
}

/// 4.3: the code in place of the SMS; nothing is sent, a code is taken once, and the record says what it was.
#[tokio::test]
async fn an_account_holder_comes_in_with_their_app() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let app = App::of(&theatre).await;
    let (piet, mut page) = piet_at_the_door(&mut theatre).await;
    let asked = ServerMsg::PasswordRequired { state: PasswordState::Code, for_moderator: false, by_login: false };
    assert_eq!(page.hear().await, asked);
    let code = app.shows(&theatre, 0);
    page.say(typed(&Secret::new(format!("{} {}", &code.reveal()[..3], &code.reveal()[3..])))).await;
    page.welcomed().await;
    assert_eq!(theatre.world.outbox.newest_first().len(), 0);
    let knocked = evidence_of(&theatre, "knocked").await;
    assert!(knocked.contains(r#""code_given":true"#) && knocked.contains(r#""password_given":false"#), "{knocked}");

    // Overheard: it opens neither this door again nor the login.
    let mut again = knock(&theatre, &piet).await;
    again.hear().await;
    again.say(typed(&code)).await;
    assert_eq!(again.hear().await, refusal(PasswordRefused::WrongCode { tries_left: 4 }));
    let login = theatre.world.state.authenticators().check(ADMIN, &code).await;
    assert!(matches!(login, Err(CodeError::Wrong)), "{login:?}");
    // Nor does one that logged in open the door.
    let next = app.shows(&theatre, 1);
    theatre.world.state.authenticators().check(ADMIN, &next).await.unwrap();
    again.say(typed(&next)).await;
    assert_eq!(again.hear().await, refusal(PasswordRefused::WrongCode { tries_left: 3 }));
}

/// A guesser with a PIN has five tries with it, whatever the pages and whatever comes between; the login's are its holder's, and
/// so is the SMS, the right one of five, and a new PIN.
#[tokio::test]
async fn five_wrong_codes() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let app = App::of(&theatre).await;
    let (piet, mut page) = piet_at_the_door(&mut theatre).await;
    page.hear().await;
    for tries_left in [4, 3] {
        page.say(typed(&app.never(&theatre))).await;
        assert_eq!(page.hear().await, refusal(PasswordRefused::WrongCode { tries_left }));
    }
    page.say(typed(&app.shows(&theatre, 0))).await;
    page.welcomed().await;
    theatre.world.clock.advance_ms(3 * STEP);
    let mut page = knock(&theatre, &piet).await;
    page.hear().await;
    for tries_left in (1..DOOR_CODE_TRIES).rev() {
        page.say(typed(&app.never(&theatre))).await;
        assert_eq!(page.hear().await, refusal(PasswordRefused::WrongCode { tries_left }));
    }
    for code in [app.never(&theatre), app.shows(&theatre, 0)] {
        page.say(typed(&code)).await;
        assert_eq!(page.hear().await, refusal(PasswordRefused::CodesUsedUp));
    }
    let voided = |events: &[(String, String)]| events.iter().filter(|(kind, _)| kind == "codes_used_up").count();
    assert_eq!(voided(&theatre.events().await), 1);
    let mut other = knock(&theatre, &piet).await;
    assert!(matches!(other.hear().await, ServerMsg::PasswordRequired { state: PasswordState::NotSent, .. }));
    theatre.world.state.authenticators().check(ADMIN, &app.shows(&theatre, 0)).await.expect("the login's own tries");
    // The telephone is left.
    other.say(ClientMsg::SendPassword).await;
    assert!(matches!(other.hear().await, ServerMsg::PasswordRequired { state: PasswordState::Sent { .. }, .. }));
    other.say(typed(&theatre.last_password())).await;
    other.welcomed().await;
    let piet = Person { pin: theatre.issue_pin(piet.invitee).await, ..piet };
    theatre.world.clock.advance_ms(3 * STEP);
    let mut anew = knock(&theatre, &piet).await;
    anew.hear().await;
    anew.say(typed(&app.shows(&theatre, 0))).await;
    anew.welcomed().await;
}

/// Whoever is at the login with a password has tries of their own, which nothing at a door gives back; and whoever makes
/// invitations has no more guesses than a hundred.
#[tokio::test]
async fn wrong_codes_at_doors_and_at_the_login_are_counted_apart() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let app = App::of(&theatre).await;
    let authenticators = |theatre: &Theatre| theatre.world.state.clone();
    for _ in 0..6 {
        let guess = authenticators(&theatre).authenticators().check(ADMIN, &app.never(&theatre)).await;
        assert!(matches!(guess, Err(CodeError::Wrong)), "{guess:?}");
    }
    let (piet, mut page) = piet_at_the_door(&mut theatre).await;
    page.hear().await;
    page.say(typed(&app.shows(&theatre, 0))).await;
    page.welcomed().await;
    let guess = authenticators(&theatre).authenticators().check(ADMIN, &app.never(&theatre)).await;
    assert!(matches!(guess, Err(CodeError::Wait { .. })), "coming to a meeting forgives no guess: {guess:?}");

    for round in 0..20 {
        theatre.issue_pin(piet.invitee).await;
        for n in 0..DOOR_CODE_TRIES {
            let state = authenticators(&theatre);
            let guess = state.passwords().check(piet.invitee, &app.never(&theatre)).await;
            assert!(matches!(guess, Err(PasswordError::Refused(_))), "{round} {n}: {guess:?}");
        }
    }
    theatre.world.clock.advance_ms(3 * STEP);
    let piet = Person { pin: theatre.issue_pin(piet.invitee).await, ..piet };
    let mut page = knock(&theatre, &piet).await;
    assert!(matches!(page.hear().await, ServerMsg::PasswordRequired { state: PasswordState::NotSent, .. }));
    page.say(typed(&app.shows(&theatre, 0))).await;
    assert_eq!(page.hear().await, refusal(PasswordRefused::NotSent), "no door takes any");
    theatre.world.clock.advance_ms(60 * 60_000);
    theatre.world.state.authenticators().check(ADMIN, &app.shows(&theatre, 0)).await.unwrap();
    assert!(theatre.world.state.passwords().ask_code(piet.invitee).await.unwrap(), "until its holder logs in");
}

/// However many come at once, no more are looked at than there are tries.
#[tokio::test]
async fn tries_are_not_shared() {
    let mut theatre = theatre().await;
    let app = App::of(&theatre).await;
    let piet = theatre.invite_for("Piet", Role::Participant, Some(ADMIN)).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (state, code) = (theatre.world.state.clone(), app.never(&theatre));
        tries.spawn(async move { state.passwords().check(piet.invitee, &code).await.unwrap_err().to_string() });
    }
    let told = tries.join_all().await;
    let looked_at = told.iter().filter(|why| why.contains("WrongCode")).count();
    assert_eq!(looked_at, usize::from(DOOR_CODE_TRIES) - 1, "{told:?}");
    let events = theatre.events().await;
    assert_eq!(events.iter().filter(|(kind, _)| kind == "codes_used_up").count(), 1, "the fifth");
}

/// Of two codes that come at once, one is taken.
#[tokio::test]
async fn a_code_that_comes_twice_at_once_opens_one_door() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let app = App::of(&theatre).await;
    let (piet, _) = piet_at_the_door(&mut theatre).await;
    let code = app.shows(&theatre, 0);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (state, code) = (theatre.world.state.clone(), code.clone());
        tries.spawn(async move { state.passwords().check(piet.invitee, &code).await.is_ok() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|taken| *taken).count(), 1);
}

/// A moderator's invitation is one with the code, or with the login of its own account; a colleague's is nothing, and neither is
/// a code for an invitation that is for nobody's account.
#[tokio::test]
async fn a_moderator_is_made_by_their_own_proof() {
    let mut theatre = theatre().await;
    let app = App::of(&theatre).await;
    let mia = theatre.invite_for("Mia", Role::Moderator, Some(ADMIN)).await;
    let mut page = knock(&theatre, &mia).await;
    let asked = |state, by_login| ServerMsg::PasswordRequired { state, for_moderator: true, by_login };
    assert_eq!(page.hear().await, asked(PasswordState::Code, true));
    page.say(typed(&app.shows(&theatre, 0))).await;
    page.welcomed().await;
    page.enter().await;
    let entered = evidence_of(&theatre, "moderator_entered").await;
    assert!(entered.contains(r#""by":"authenticator_code""#), "{entered}");

    let mona = theatre.invite_for("Mona", Role::Moderator, None).await;
    let mut colleague = theatre.admins_page().await;
    colleague.say(Page::join_message(&mona, true)).await;
    assert_eq!(colleague.hear().await, asked(PasswordState::NotSent, false), "a colleague's login makes nobody Mona");
    theatre.world.clock.advance_ms(3 * STEP);
    colleague.say(typed(&app.shows(&theatre, 0))).await;
    assert_eq!(colleague.hear().await, refusal(PasswordRefused::NotSent));
}

/// Without an authenticator, or with one that was never confirmed or was taken off, it is the SMS again.
#[tokio::test]
async fn without_an_app_it_is_the_password() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let holder = Holder { account: ADMIN, organisation: ORGANISATION, name: "a" };
    theatre.world.state.authenticators().begin(holder, "Conclave").await.unwrap().unwrap();
    let (piet, mut page) = piet_at_the_door(&mut theatre).await;
    assert!(matches!(page.hear().await, ServerMsg::PasswordRequired { state: PasswordState::NotSent, .. }));
    let app = App::of(&theatre).await;
    let mut page = knock(&theatre, &piet).await;
    assert!(matches!(page.hear().await, ServerMsg::PasswordRequired { state: PasswordState::Code, .. }));
    assert!(crate::db::authenticators::remove(&theatre.world.state.db, ADMIN).await.unwrap());
    page.say(typed(&app.shows(&theatre, 0))).await;
    assert_eq!(page.hear().await, refusal(PasswordRefused::NotSent));
}

/// A PIN that dies while the code is typed does not get in.
#[tokio::test]
async fn the_pin_is_looked_at_again_after_the_code() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let app = App::of(&theatre).await;
    let (piet, mut page) = piet_at_the_door(&mut theatre).await;
    page.hear().await;
    let anew = Person { pin: theatre.issue_pin(piet.invitee).await, ..piet };
    page.say(typed(&app.never(&theatre))).await;
    assert_eq!(page.hear().await, ServerMsg::JoinRefused { reason: JoinRefused::Revoked });
    let mut page = knock(&theatre, &anew).await;
    page.hear().await;
    page.say(typed(&app.never(&theatre))).await;
    let reason = PasswordRefused::WrongCode { tries_left: DOOR_CODE_TRIES - 1 };
    assert_eq!(page.hear().await, refusal(reason), "the tries of the new PIN are not for whoever has the old one");
}

/// From the card: a moderator wants to be sure, and the app is asked; who has it not at hand has the SMS.
#[tokio::test]
async fn a_moderator_asks_for_a_code() {
    let mut theatre = theatre().await;
    let app = App::of(&theatre).await;
    let piet = theatre.invite_for("Piet", Role::Participant, Some(ADMIN)).await;
    let (mut mias, mut piets) = mia_and(&mut theatre, &piet).await;
    let participant = card(&mut mias).await;
    let asked = |message: &ServerMsg| match message {
        ServerMsg::PasswordAsked { state } => Some(state.clone()),
        _ => None,
    };
    let went = |message: &ServerMsg| match message {
        ServerMsg::SentFromCard { what, refused, .. } => Some((*what, refused.clone())),
        _ => None,
    };
    let refused = |message: &ServerMsg| match message {
        ServerMsg::PasswordRefused { reason } => Some(reason.clone()),
        _ => None,
    };
    mias.say(ClientMsg::AskPassword { participant }).await;
    assert_eq!(piets.hear_until(asked).await, PasswordState::Code);
    assert_eq!(mias.hear_until(went).await, (Sent::Code, None));
    piets.say(typed(&app.never(&theatre))).await;
    assert_eq!(piets.hear_until(refused).await, PasswordRefused::WrongCode { tries_left: 4 });
    piets.say(typed(&app.shows(&theatre, 0))).await;
    assert_eq!(piets.hear_until(asked).await, PasswordState::CodeGiven);
    let given = |message: &ServerMsg| match message {
        ServerMsg::LobbyChanged { card } if card.password == PasswordState::CodeGiven => Some(()),
        _ => None,
    };
    mias.hear_until(given).await;
    assert_eq!(theatre.world.outbox.newest_first().len(), 0);
    mias.say(ClientMsg::AskPassword { participant }).await;
    assert_eq!(piets.hear_until(asked).await, PasswordState::Code, "whatever was given before");
    piets.say(ClientMsg::SendPassword).await;
    assert!(matches!(piets.hear_until(asked).await, PasswordState::Sent { .. }));
    let password = theatre.last_password();
    piets.say(typed(&password)).await;
    assert_eq!(piets.hear_until(asked).await, PasswordState::Given);
    mias.say(ClientMsg::AskPassword { participant }).await;
    assert_eq!(piets.hear_until(asked).await, PasswordState::Code);
    piets.say(typed(&password)).await;
    assert_eq!(
        piets.hear_until(refused).await,
        PasswordRefused::NotSent,
        "whoever overheard the last one proves nothing"
    );
}

/// The clock sends nobody a password who has an app.
#[tokio::test]
async fn the_round_passes_over_whoever_has_an_app() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    sql::query("UPDATE meetings SET password_before_minutes = 15")
        .execute(theatre.world.state.db.write())
        .await
        .unwrap();
    let piet = theatre.invite_for("Piet", Role::Participant, Some(ADMIN)).await;
    let app = App::of(&theatre).await;
    assert_eq!(crate::letters::round::go_round(&theatre.world.state).await.unwrap(), 0);
    let mut page = knock(&theatre, &piet).await;
    page.hear().await;
    for _ in 0..DOOR_CODE_TRIES {
        page.say(typed(&app.never(&theatre))).await;
        page.hear().await;
    }
    assert_eq!(crate::letters::round::go_round(&theatre.world.state).await.unwrap(), 1, "none is taken any more");
}
