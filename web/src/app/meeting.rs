//! The app's root: which page is shown, and what lies over all of them.

use leptos::prelude::*;
use shared::secret::Secret;
use shared::text::{tr, tr_with};
use wasm_bindgen::JsCast;

use super::session::{Opening, Session};
use crate::pages::{EndedPage, GreenRoomPage, JoinPage, LobbyPage, PasswordPage, ReconnectBanner, RoomPage};
use crate::room::{Stage, words};
use crate::signal::kept;
use crate::ui::{Page, Spinner, Toasts, use_toasts};

/// The meeting app.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Toasts>
            <Stages />
        </Toasts>
    }
}

#[component]
fn Stages() -> impl IntoView {
    let session = Session::new(opening(), use_toasts());
    provide_context(session);
    watch_address(session);
    let stage = Memo::new(move |_| session.store.stage.get());
    Effect::new(move |before: Option<Stage>| {
        let stage = stage.get();
        let title = title_of(&stage, session.store.meeting.with(|m| m.as_ref().map(|m| m.title.clone())));
        document().set_title(&title);
        if before.is_some_and(|before| before != stage) {
            request_animation_frame(focus_heading);
        }
        stage
    });
    view! {
        <ReconnectBanner />
        {move || match stage.get() {
            Stage::Pin => view! { <JoinPage /> }.into_any(),
            Stage::Password => view! { <PasswordPage /> }.into_any(),
            Stage::GreenRoom => view! { <GreenRoomPage /> }.into_any(),
            Stage::Entering => view! { <Entering /> }.into_any(),
            Stage::Lobby => view! { <LobbyPage /> }.into_any(),
            Stage::Room => view! { <RoomPage /> }.into_any(),
            Stage::Ended(reason) => view! { <EndedPage reason=reason /> }.into_any(),
        }}
    }
}

#[component]
fn Entering() -> impl IntoView {
    let store = super::use_session().store;
    view! {
        <Page narrow=true demo=store.demo>
            <div class="entering" role="status">
                <Spinner />
                <h1 class="entering__title" tabindex="-1">{tr("Connecting…")}</h1>
            </div>
        </Page>
    }
}

/// What the address and the tab say about how this page was opened.
fn opening() -> Opening {
    let location = window().location();
    let query = location.search().ok().and_then(|query| web_sys::UrlSearchParams::new_with_str(&query).ok());
    let muted = query.and_then(|query| query.get("muted")).is_some_and(|muted| muted == "1");
    let link = location.hash().ok().and_then(|hash| link_token(&hash));
    let kept = kept::load().filter(|kept| kept.is_for(link.as_ref()));
    let link = link.or_else(|| kept.as_ref().and_then(|kept| kept.link.clone()));
    Opening { link, muted, kept }
}

/// Another invitation pasted into this tab changes only the address's fragment, which loads nothing by itself.
fn watch_address(session: Session) {
    let handle = window_event_listener(leptos::ev::hashchange, move |_| {
        let location = window().location();
        let link = location.hash().ok().and_then(|hash| link_token(&hash));
        if link.is_some_and(|link| !session.is_link(&link)) {
            let _ = location.reload();
        }
    });
    on_cleanup(move || handle.remove());
}

/// The token of an invitation link: 32 hex digits behind the `#`, which never reach a server's log.
fn link_token(hash: &str) -> Option<Secret> {
    let token = hash.strip_prefix('#')?;
    let looks_right = token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    looks_right.then(|| Secret::new(token))
}

fn title_of(stage: &Stage, meeting: Option<String>) -> String {
    let page = match stage {
        Stage::Pin => tr("Come in"),
        Stage::Password => tr("Password"),
        Stage::GreenRoom => tr("Get ready"),
        Stage::Entering => tr("Connecting"),
        Stage::Lobby => tr("Waiting"),
        Stage::Room => tr("In the meeting"),
        Stage::Ended(reason) => words::ended_title(reason),
    };
    match meeting {
        Some(meeting) => tr_with("{meeting} · {page} · Conclave", &[("meeting", &meeting), ("page", page)]),
        None => tr_with("{page} · Conclave", &[("page", page)]),
    }
}

/// A new page begins at its heading, for those who hear it.
fn focus_heading() {
    let heading = document().query_selector("h1[tabindex]").ok().flatten();
    if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = heading.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::link_token;

    #[test]
    fn only_what_looks_like_a_token_is_one() {
        assert!(link_token(&format!("#{}", "0f".repeat(16))).is_some());
        for hash in ["", "#", "#main", "#0f0f", "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"] {
            assert!(link_token(hash).is_none(), "{hash}");
        }
    }
}
