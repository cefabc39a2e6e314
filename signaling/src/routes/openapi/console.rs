//! The console's calls, as `routes` answers them.

use axum::http::StatusCode;
use shared::api::{
    ApiError, CallIn, CalledIn, ConsoleAccount, DoorReport, Invitee, InviteePatch, IssuedPin, Login, Me, MeetingDetail,
    MeetingPatch, MeetingSummary, NewInvitee, NewMeeting, OutboxMessage, PasswordToRead, Site,
};
use shared::authenticator::{
    Authenticator, BeginAuthenticator, ConfirmAuthenticator, NewAuthenticator, RecoveryCodes, RemoveAuthenticator,
};
use shared::template::{NewTemplate, Template};
use utoipa::openapi::HttpMethod::{self, Get, Patch, Post};
use utoipa::openapi::ResponseBuilder;

use super::call::{Call, field, person, plain, wait};
use crate::record::jws::Jws;

const CREATED: StatusCode = StatusCode::CREATED;
const OK: StatusCode = StatusCode::OK;

/// What the id of a meeting in an answer is good for.
const WITH_MEETING: [&str; 8] = [
    "getMeeting",
    "changeMeeting",
    "endMeeting",
    "archiveMeeting",
    "getRecord",
    "getRecordPage",
    "sendInvitations",
    "invite",
];
/// The same for an invitee.
const WITH_INVITEE: [&str; 7] =
    ["changeInvitee", "issuePin", "revokePin", "sendPassword", "readPasswordOut", "sendInvitation", "getCalendarFile"];

/// All of them.
pub(super) fn calls() -> Vec<Call> {
    let all = [site(), accounts(), authenticator(), meetings(), templates(), one_meeting(), people(), ways_in()]
        .into_iter()
        .flatten();
    all.map(Call::knows::<ApiError>).collect()
}

fn call(method: HttpMethod, path: &str, id: &str, says: &str) -> Call {
    Call::console(method, path, id, says)
}

/// A call that concerns a meeting of the account's organisation.
fn on(method: HttpMethod, path: &str, id: &str, says: &str) -> Call {
    call(method, &format!("/meetings/{{meeting}}{path}"), id, says).by_account().refuses(&[ApiError::NotFound])
}

/// The same, while it is not over.
fn on_running(method: HttpMethod, path: &str, id: &str, says: &str) -> Call {
    on(method, path, id, says).refuses(&[ApiError::MeetingOver])
}

fn site() -> Vec<Call> {
    let set_cookie = "The session's cookie.";
    vec![
        call(Get, "/openapi.json", "getDocument", "This document.").answers_object(),
        call(Get, "/site", "getSite", "What every page may know.").answers::<Site>(OK),
        call(Post, "/login", "logIn", "Logs an account in. Ten wrong tries within a minute make the source wait.")
            .takes::<Login>()
            .answers::<Me>(OK)
            .with("Set-Cookie", set_cookie)
            .refuses(&[ApiError::WrongLogin, ApiError::CodeNeeded, ApiError::WrongCode, ApiError::CodesUsedUp])
            .refuses(&[ApiError::AccountDisabled])
            .refuses(&[wait(), ApiError::Busy, ApiError::Internal, ApiError::DatabaseAway]),
        call(Post, "/logout", "logOut", "Logs out, also whoever is not logged in.")
            .answers_nothing(StatusCode::NO_CONTENT)
            .with("Set-Cookie", "Takes the session's cookie away.")
            .refuses(&[ApiError::Internal, ApiError::DatabaseAway]),
        call(Get, "/me", "getMe", "Who is logged in.").by_account().answers::<Me>(OK),
        call(Get, "/door", "getDoorReport", "What the PIN door does.").by_account().answers::<DoorReport>(OK),
        call(Get, "/outbox", "getOutbox", "What was not sent but kept, the newest first; 404 where none is kept.")
            .by_account()
            .lists::<OutboxMessage>()
            .refuses(&[ApiError::NotFound]),
        web_socket(),
    ]
}

fn accounts() -> Vec<Call> {
    let on_one = |path: &str, id: &str, says: &str| {
        call(Post, &format!("/accounts/{{account}}{path}"), id, says)
            .by_account()
            .lists::<ConsoleAccount>()
            .refuses(&[ApiError::NotFound, ApiError::OwnAccount])
    };
    vec![
        call(Get, "/accounts", "listAccounts", "The organisation's accounts, by name.")
            .by_account()
            .lists::<ConsoleAccount>()
            .leads(&["disableAccount", "enableAccount"], &[("account", "$response.body#/0/id")]),
        on_one(
            "/disable",
            "disableAccount",
            "Disables an account: it logs in no more, and PINs of invitations for it die.",
        ),
        on_one("/enable", "enableAccount", "Lets an account log in again. PINs that died stay dead."),
    ]
}

/// The authenticator of the account that is logged in. What is wrong is a field: the login goes on.
fn authenticator() -> Vec<Call> {
    let path = |rest: &str| format!("/me/authenticator{rest}");
    vec![
        call(Get, &path(""), "getAuthenticator", "Whether the account has an authenticator.")
            .by_account()
            .answers::<Authenticator>(OK),
        call(
            Post,
            &path(""),
            "beginAuthenticator",
            "A new secret. It counts for nothing until a code of it is confirmed.",
        )
        .by_account()
        .takes::<BeginAuthenticator>()
        .answers::<NewAuthenticator>(OK)
        .refuses(&[ApiError::AuthenticatorInUse, field(), wait(), ApiError::Busy]),
        call(
            Post,
            &path("/confirm"),
            "confirmAuthenticator",
            "Confirms it with its first code; the account's other sessions end.",
        )
        .by_account()
        .takes::<ConfirmAuthenticator>()
        .answers::<RecoveryCodes>(OK)
        .refuses(&[ApiError::NoAuthenticator, field(), wait()]),
        call(Post, &path("/remove"), "removeAuthenticator", "Switches it off, with a code or a recovery code.")
            .by_account()
            .takes::<RemoveAuthenticator>()
            .answers::<Authenticator>(OK)
            .refuses(&[ApiError::NoAuthenticator, ApiError::CodesUsedUp, field(), wait(), ApiError::Busy]),
    ]
}

fn web_socket() -> Call {
    let nobody = ResponseBuilder::new();
    call(
        Get,
        "/ws",
        "openWebSocket",
        "The WebSocket of a participant's page. A session's cookie is a moderator's second proof.",
    )
    .header_parameter("Origin", "This site's own. Browsers send it by themselves.", true)
    .answers_nothing(StatusCode::SWITCHING_PROTOCOLS)
    .or(StatusCode::BAD_REQUEST, plain("Not the request of a WebSocket (RFC 6455 section 4.1)."))
    .or(StatusCode::FORBIDDEN, nobody.description("The request did not come from this site's pages."))
    .or(StatusCode::UPGRADE_REQUIRED, plain("The connection cannot become a WebSocket."))
    .or(StatusCode::SERVICE_UNAVAILABLE, ResponseBuilder::new().description("There is no place for another one."))
}

fn meetings() -> Vec<Call> {
    let created: &[(&str, &str)] = &[("meeting", "$response.body#/info/id")];
    vec![
        call(Get, "/meetings", "listMeetings", "All meetings, the newest start first.")
            .by_account()
            .lists::<MeetingSummary>(),
        call(Post, "/meetings", "createMeeting", "Schedules a meeting.")
            .by_account()
            .takes::<NewMeeting>()
            .answers::<MeetingDetail>(CREATED)
            .leads(&WITH_MEETING, created)
            .refuses(&[ApiError::NoSms, field()]),
        call(Post, "/meetings/call", "callIn", "Starts a meeting and calls people into it by SMS.")
            .by_account()
            .takes::<CallIn>()
            .answers::<CalledIn>(CREATED)
            .leads(&WITH_MEETING, &[("meeting", "$response.body#/meeting/info/id")])
            .refuses(&[ApiError::NoSms, ApiError::MeetingFull, field(), person()]),
    ]
}

fn templates() -> Vec<Call> {
    vec![
        call(Get, "/templates", "listTemplates", "The organisation's meeting templates, by name.")
            .by_account()
            .lists::<Template>(),
        call(Post, "/templates", "keepTemplate", "Keeps a template, in place of the one of the same name.")
            .by_account()
            .takes::<NewTemplate>()
            .lists::<Template>()
            .leads(&["removeTemplate"], &[("template", "$response.body#/0/id")])
            .refuses(&[ApiError::TooManyTemplates, field()]),
        call(
            Post,
            "/templates/{template}/remove",
            "removeTemplate",
            "Removes a template; answers those that are left.",
        )
        .by_account()
        .lists::<Template>()
        .refuses(&[ApiError::NotFound]),
    ]
}

fn one_meeting() -> Vec<Call> {
    vec![
        on(Get, "", "getMeeting", "A meeting with its invitees.").answers::<MeetingDetail>(OK),
        on_running(Patch, "", "changeMeeting", "Changes a meeting; what is absent stays.")
            .takes::<MeetingPatch>()
            .answers::<MeetingDetail>(OK)
            .refuses(&[ApiError::NoSms, field()]),
        on_running(Post, "/end", "endMeeting", "Ends a meeting now.").answers::<MeetingDetail>(OK),
        on(Post, "/archive", "archiveMeeting", "Puts a meeting away that is over; its PINs begin to cool down.")
            .answers::<MeetingDetail>(OK)
            .refuses(&[ApiError::MeetingNotOver]),
        on(Get, "/record", "getRecord", "The signed record of a meeting that is over.")
            .answers_as::<Jws>("application/jose+json")
            .with("Content-Disposition", "A file name.")
            .refuses(&[ApiError::MeetingNotOver]),
        on(Get, "/record.html", "getRecordPage", "The same as a page.")
            .answers_text(OK, "text/html")
            .with("Content-Disposition", "A file name.")
            .refuses(&[ApiError::MeetingNotOver]),
        on_running(Post, "/invitations", "sendInvitations", "Sends invitations to all who were sent none.")
            .answers::<MeetingDetail>(OK)
            .refuses(&[ApiError::NoWay]),
    ]
}

fn people() -> Vec<Call> {
    let created: &[(&str, &str)] = &[("meeting", "$request.path.meeting"), ("invitee", "$response.body#/invitee/id")];
    vec![
        on_running(Post, "/invitees", "invite", "Invites a person. The PIN is shown this once.")
            .takes::<NewInvitee>()
            .answers::<IssuedPin>(CREATED)
            .leads(&WITH_INVITEE, created)
            .refuses(&[ApiError::MeetingFull, ApiError::AccountOfInvitationDisabled, field()]),
        on_running(Patch, "/invitees/{invitee}", "changeInvitee", "Changes what an invitee may do.")
            .takes::<InviteePatch>()
            .answers::<Invitee>(OK),
        on(Get, "/invitees/{invitee}/invitation.ics", "getCalendarFile", "The invitation as a calendar file.")
            .answers_text(OK, "text/calendar")
            .with("Content-Disposition", "A file name."),
    ]
}

fn ways_in() -> Vec<Call> {
    vec![
        on_running(Post, "/invitees/{invitee}/pin", "issuePin", "Issues a new PIN; the old one dies.")
            .answers::<IssuedPin>(OK)
            .refuses(&[ApiError::AccountOfInvitationDisabled]),
        on_running(Post, "/invitees/{invitee}/pin/revoke", "revokePin", "Withdraws the PIN.").answers::<Invitee>(OK),
        on_running(
            Post,
            "/invitees/{invitee}/invitation",
            "sendInvitation",
            "Sends the invitation; by SMS with a new PIN.",
        )
        .answers::<Invitee>(OK)
        .refuses(&[
            ApiError::NoWay,
            ApiError::PinWithdrawn,
            ApiError::SmsCountryNotServed,
            ApiError::SmsBudgetSpent,
            ApiError::MailBudgetSpent,
            wait(),
        ]),
        on_running(Post, "/invitees/{invitee}/password", "sendPassword", "Sends a password by SMS.")
            .answers::<Invitee>(OK)
            .refuses(&[
                ApiError::NoPhone,
                ApiError::NoSms,
                ApiError::SmsCountryNotServed,
                ApiError::SmsBudgetSpent,
                ApiError::SmsNotDelivered,
                ApiError::Busy,
                wait(),
            ]),
        on_running(
            Post,
            "/invitees/{invitee}/password/read-out",
            "readPasswordOut",
            "A password to read out; the one before is void.",
        )
        .answers::<PasswordToRead>(OK)
        .refuses(&[ApiError::Busy]),
    ]
}
