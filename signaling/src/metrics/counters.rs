//! What is counted as it happens, because nobody keeps it otherwise. Clones share the counts.

use axum::http::StatusCode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use shared::signal::JoinRefused;

type Labels = [(&'static str, &'static str); 1];

/// How somebody came into a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinWay {
    /// With a PIN.
    Pin,
    /// A tab that came back.
    Resumed,
}

/// The counts.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    joins: Family<Labels, Counter>,
    refusals: Family<Labels, Counter>,
    responses: Family<Labels, Counter>,
}

impl Counters {
    /// A page was let through to the green room.
    pub fn joined(&self, way: JoinWay) {
        let way = match way {
            JoinWay::Pin => "pin",
            JoinWay::Resumed => "resumed",
        };
        self.joins.get_or_create(&[("way", way)]).inc();
    }

    /// A page was not let through.
    pub fn refused(&self, reason: &JoinRefused) {
        self.refusals.get_or_create(&[("reason", reason_of(reason))]).inc();
    }

    /// A request was answered; a WebSocket's upgrade is one.
    pub fn responded(&self, status: StatusCode) {
        let class = match status.as_u16() {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            500.. => "5xx",
        };
        self.responses.get_or_create(&[("status", class)]).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("conclave_joins", "Pages let through to the green room", self.joins.clone());
        registry.register("conclave_join_refusals", "Pages not let through", self.refusals.clone());
        registry.register("conclave_http_responses", "Requests answered", self.responses.clone());
    }
}

/// The reason without what it carries: a time would be a label of its own.
fn reason_of(reason: &JoinRefused) -> &'static str {
    match reason {
        JoinRefused::NotValidNow => "not_valid_now",
        JoinRefused::WrongPin => "wrong_pin",
        JoinRefused::TooEarly { .. } => "too_early",
        JoinRefused::Over => "over",
        JoinRefused::Revoked => "revoked",
        JoinRefused::TooManyTries { .. } => "too_many_tries",
        JoinRefused::Crowded { .. } => "crowded",
        JoinRefused::Full => "full",
        JoinRefused::PinNeeded => "pin_needed",
        JoinRefused::InUse => "in_use",
        JoinRefused::MeetingOver => "meeting_over",
        JoinRefused::RoomLost => "room_lost",
        JoinRefused::SessionUnknown => "session_unknown",
    }
}
