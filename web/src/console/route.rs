//! Which page an address names, and back. Pure: the browser's history is in [`super::navigation`].
//!
//! Reloading keeps the page because the address alone says what to show; the server answers every
//! path under `/console` with the same document.

use shared::ids::MeetingId;

/// A page of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// The list of meetings.
    Meetings,
    /// The form for a meeting that starts later.
    Schedule,
    /// The form for a meeting that starts at once.
    StartNow,
    /// The form that starts a meeting and calls people into it.
    CallIn,
    /// One meeting and its invitees.
    Meeting(MeetingId),
    /// What the PIN door does.
    Door,
    /// The demo's text messages.
    Outbox,
    /// How one's own account logs in, and whose there are.
    Accounts,
    /// No page has this address.
    Unknown,
}

impl Route {
    /// The page at `path`; a trailing slash changes nothing.
    pub(crate) fn parse(path: &str) -> Self {
        let Some(rest) = path.strip_prefix("/console") else {
            return Route::Unknown;
        };
        match rest.trim_end_matches('/') {
            "" | "/index.html" => Route::Meetings,
            "/schedule" => Route::Schedule,
            "/start" => Route::StartNow,
            "/call" => Route::CallIn,
            "/door" => Route::Door,
            "/outbox" => Route::Outbox,
            "/accounts" => Route::Accounts,
            other => Self::meeting(other).unwrap_or(Route::Unknown),
        }
    }

    fn meeting(path: &str) -> Option<Self> {
        path.strip_prefix("/meetings/")?.parse().ok().map(Route::Meeting)
    }

    /// The page in the navigation that this one belongs to.
    pub(crate) fn section(self) -> Self {
        match self {
            Route::Outbox | Route::Door | Route::Accounts => self,
            _ => Route::Meetings,
        }
    }

    /// The page's address.
    pub(crate) fn path(self) -> String {
        match self {
            Route::Meetings | Route::Unknown => "/console".to_owned(),
            Route::Schedule => "/console/schedule".to_owned(),
            Route::StartNow => "/console/start".to_owned(),
            Route::CallIn => "/console/call".to_owned(),
            Route::Door => "/console/door".to_owned(),
            Route::Outbox => "/console/outbox".to_owned(),
            Route::Accounts => "/console/accounts".to_owned(),
            Route::Meeting(id) => format!("/console/meetings/{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_again_at_its_own_address() {
        let meeting = Route::Meeting(MeetingId::from_random([7; 16]));
        let pages = [Route::Meetings, Route::Schedule, Route::StartNow, Route::CallIn, Route::Door, Route::Outbox];
        for route in pages.into_iter().chain([Route::Accounts, meeting]) {
            assert_eq!(Route::parse(&route.path()), route);
            assert_eq!(Route::parse(&format!("{}/", route.path())), route);
        }
    }

    #[test]
    fn an_address_of_no_page_is_unknown() {
        for path in ["/", "/consolex", "/console/meetings/12", "/console/meetings/../outbox", "/console/users"] {
            assert_eq!(Route::parse(path), Route::Unknown, "{path}");
        }
    }
}
