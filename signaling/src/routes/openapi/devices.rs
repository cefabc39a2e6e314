//! Where devices connect, as [`crate::routes::devices`] answers them.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use shared::device::DeviceUse;
use shared::limits::MAX_SDP_BYTES;
use shared::signal::OfferError;
use utoipa::ToSchema as _;
use utoipa::openapi::HttpMethod::{self, Delete, Options, Patch, Post};
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::{Content, ObjectBuilder, Ref, RefOr, ResponseBuilder};

use super::DEVICE;
use super::call::{Call, header, retry};
use crate::live::PlugRefused;
use crate::routes::devices::{FRAGMENT, Problem, SDP, Shown};

/// Both uses' calls.
pub(super) fn calls() -> Vec<Call> {
    [(DeviceUse::Publish, "Publish"), (DeviceUse::Watch, "Watch")]
        .into_iter()
        .flat_map(|(does, id)| of(does, id))
        .collect()
}

fn of(does: DeviceUse, id: &str) -> Vec<Call> {
    let path = does.path().to_owned();
    let connection = format!("{path}/{{resource}}");
    let call = |method: HttpMethod, path: &str, what: &str, says: &str| {
        Call::new(method, path.to_owned(), &format!("{what}{id}"), says).tagged("devices").knows::<Shown>()
    };
    let connect = match does {
        DeviceUse::Publish => "Publishes one picture and one sound (RFC 9725).",
        DeviceUse::Watch => "Takes whoever speaks, or a shared screen (draft-ietf-wish-whep).",
    };
    vec![
        refuses(
            call(Post, &path, "connect", connect)
                .needs(DEVICE)
                .takes_content(SDP, offer("An SDP offer, read up to 64 KiB."))
                .answers_text(StatusCode::CREATED, SDP)
                .with("Location", "Where this connection is ended."),
            &connecting(),
        ),
        call(Options, &path, "optionsOf", "What is taken.")
            .answers_nothing(StatusCode::NO_CONTENT)
            .with("Accept-Post", "`application/sdp`"),
        refuses(
            call(Delete, &connection, "disconnect", "Ends the connection.")
                .needs(DEVICE)
                .answers_nothing(StatusCode::OK),
            &asking(),
        ),
        refuses(
            call(Patch, &connection, "trickle", "Candidates that trickle in, which are not needed; no ICE restart.")
                .needs(DEVICE)
                .takes_content(FRAGMENT, offer("An SDP fragment (RFC 8840), read up to 64 KiB."))
                .answers_nothing(StatusCode::NO_CONTENT),
            &trickling(),
        ),
        call(Options, &connection, "optionsOfConnection", "What is taken.")
            .answers_nothing(StatusCode::NO_CONTENT)
            .with("Accept-Patch", "`application/trickle-ice-sdpfrag`"),
    ]
}

fn offer(says: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX_SDP_BYTES));
    Schema::from(text.description(Some(says))).into()
}

/// What every request with a token may be refused.
fn asking() -> Vec<Problem> {
    let refused = [PlugRefused::Unknown, PlugRefused::NoConnection, PlugRefused::NoAnswer];
    [Problem::NoToken, Problem::TooManyTries(1)].into_iter().chain(refused.map(Problem::Refused)).collect()
}

/// What every one with a body may.
fn sending(kind: &'static str) -> [Problem; 4] {
    let unreadable = Problem::Refused(PlugRefused::Offer(OfferError::Unreadable));
    [Problem::WrongType(kind), Problem::TooLarge, Problem::Slow, unreadable]
}

fn trickling() -> Vec<Problem> {
    asking().into_iter().chain(sending(FRAGMENT)).chain([Problem::Refused(PlugRefused::Restart)]).collect()
}

fn connecting() -> Vec<Problem> {
    let refused = [
        PlugRefused::Unknown,
        PlugRefused::OtherUse,
        PlugRefused::NotWatchable,
        PlugRefused::Full,
        PlugRefused::TooMany,
        PlugRefused::NoAnswer,
    ];
    let offers =
        [OfferError::WrongCodec, OfferError::WrongDirection, OfferError::TooManyMediaSections, OfferError::Unusable];
    let refused = refused.into_iter().chain(offers.map(PlugRefused::Offer)).map(Problem::Refused);
    let own = [Problem::NoToken, Problem::TooManyTries(1), Problem::NotAcceptable];
    own.into_iter().chain(sending(SDP)).chain(refused).collect()
}

fn refuses(call: Call, problems: &[Problem]) -> Call {
    let mut by_status: BTreeMap<StatusCode, Vec<&Problem>> = BTreeMap::new();
    for problem in problems {
        by_status.entry(problem.shown().0).or_default().push(problem);
    }
    by_status.into_iter().fold(call, |call, (status, problems)| call.or(status, answer(&problems)))
}

fn answer(problems: &[&Problem]) -> ResponseBuilder {
    let says: Vec<_> = problems.iter().map(|problem| problem.shown().1).collect();
    let content = Content::new(Some(Ref::from_schema_name(Shown::name())));
    let mut response = ResponseBuilder::new().description(says.join(" ")).content("application/problem+json", content);
    if problems.iter().all(|problem| problem.challenge().is_some()) {
        response = response.header("WWW-Authenticate", header("RFC 6750 section 3."));
    }
    if problems.iter().all(|problem| problem.retry_after_s().is_some()) {
        response = retry(response);
    }
    response
}
