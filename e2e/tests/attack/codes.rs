//! Against an account's authenticator app, by somebody who knows all the rest: its password, or its person's PIN.

use std::net::Ipv4Addr;

use e2e::{Authenticator, Caller, Deployment, Link, invitee, meeting_now};
use shared::api::{NewInvitee, NewMeeting};
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{ClientMsg, PasswordRefused, ServerMsg};

use crate::stranger::post_login;
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("codes_guessed_at_the_login", "code_tries", PLAIN, |d| Box::pin(guessed_at_the_login(d))),
    Attack::new("codes_guessed_at_the_door", "code_tries", PLAIN, |d| Box::pin(guessed_at_the_door(d))),
    Attack::new("code_overheard", "code_once", PLAIN, |d| Box::pin(overheard(d))),
];

/// Wrong codes before the right one: more than are free, and as nothing beside what guessing takes.
const WRONG: u8 = 12;
/// A step so far off that its code is right only by a chance of three in a million.
const FAR: i64 = 1_000;

/// Ada's telephone, and her way into a meeting that asks for a second proof.
async fn ada(server: &Deployment) -> (Authenticator, Link) {
    let console = server.console().await;
    let account = console.account();
    let meeting = NewMeeting { ask_password: true, ..meeting_now("Board") };
    let person = NewInvitee { account, ..invitee("Ada", Role::Participant) };
    let mut meeting = console.meeting_with(&meeting, &[person]).await;
    (console.with_authenticator(server.admin().1).await, meeting.links.remove(0))
}

async fn log_in(server: &Deployment, from: Ipv4Addr, code: &str) -> Option<u16> {
    let (name, password) = server.admin();
    post_login(server.port(), from, &format!(r#"{{"name":"{name}","password":"{password}","code":"{code}"}}"#)).await
}

/// From as many addresses as there are guesses, so that no limit on sources helps.
async fn guessed_at_the_login(server: &Deployment) -> Outcome {
    let (telephone, _) = ada(server).await;
    let from = |n: u8| Ipv4Addr::new(127, 4, n, 1);
    let mut looked_at = 0;
    for n in 0..WRONG {
        looked_at += u8::from(log_in(server, from(n), &telephone.shows(FAR + i64::from(n))).await == Some(401));
    }
    let succeeded = log_in(server, from(WRONG), &telephone.shows(1)).await == Some(200);
    Outcome { succeeded, figure: format!("{looked_at} of {WRONG} wrong codes looked at") }
}

/// The page that a PIN opened.
async fn knock(server: &Deployment, link: &Link) -> Caller {
    let mut page = Caller::connect(server.url(), None).await;
    page.say(&ClientMsg::Join { pin: Secret::new(&link.pin), link: None });
    let asked = |message: &ServerMsg| matches!(message, ServerMsg::PasswordRequired { .. }).then_some(());
    page.hear("the question for a code", asked).await;
    page
}

/// Types a code; why it was not taken.
async fn type_code(page: &mut Caller, code: &str) -> Result<(), PasswordRefused> {
    page.say(&ClientMsg::SubmitPassword { password: Secret::new(code) });
    page.hear("an answer about a code", |message| match message {
        ServerMsg::Welcomed { .. } => Some(Ok(())),
        ServerMsg::PasswordRefused { reason } => Some(Err(reason.clone())),
        _ => None,
    })
    .await
}

async fn guessed_at_the_door(server: &Deployment) -> Outcome {
    let (telephone, link) = ada(server).await;
    let mut looked_at = 0;
    for n in 0..WRONG {
        // Reloading the page must not help.
        let mut page = knock(server, &link).await;
        let refused = type_code(&mut page, &telephone.shows(FAR + i64::from(n))).await;
        looked_at += u8::from(matches!(refused, Err(PasswordRefused::WrongCode { .. })));
    }
    let succeeded = type_code(&mut knock(server, &link).await, &telephone.shows(1)).await.is_ok();
    Outcome { succeeded, figure: format!("{looked_at} of {WRONG} wrong codes answered with tries left") }
}

/// Whoever looks over Ada's shoulder at the door types what she typed, within the half minute: at the login, and at the door.
async fn overheard(server: &Deployment) -> Outcome {
    let (telephone, link) = ada(server).await;
    let code = telephone.shows(1);
    type_code(&mut knock(server, &link).await, &code).await.expect("Ada gets in");
    let login = log_in(server, Ipv4Addr::new(127, 4, 0, 1), &code).await == Some(200);
    let door = type_code(&mut knock(server, &link).await, &code).await.is_ok();
    let opened = u8::from(login) + u8::from(door);
    Outcome { succeeded: login || door, figure: format!("{opened} of 2 more doors opened") }
}
