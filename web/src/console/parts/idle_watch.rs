//! Watches over idleness (D8): a warning one minute before the login ends, then the end with a sentence.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::text::{tr, tr_with};

use crate::console::idle::Idle;
use crate::console::session::{Farewell, Session};
use crate::ui::{Button, ButtonVariant, Dialog};

/// Counts along with the server and asks before the login ends.
#[component]
pub(crate) fn IdleWatch() -> impl IntoView {
    let session = Session::get();
    let open = RwSignal::new(false);
    let left = RwSignal::new(0_u32);
    let ending = StoredValue::new(false);
    let tick = move || match session.idle() {
        Idle::Active => open.set(false),
        Idle::Ending { seconds_left } => {
            left.set(seconds_left);
            open.set(true);
        }
        Idle::Over if ending.get_value() => {}
        Idle::Over => {
            ending.set_value(true);
            spawn_local(async move { drop(session.log_out(Farewell::Idle).await) });
        }
    };
    let timer = set_interval_with_handle(tick, Duration::from_secs(1)).ok();
    let typed = window_event_listener(ev::keydown, move |_| announce(session));
    let pressed = window_event_listener(ev::pointerdown, move |_| announce(session));
    on_cleanup(move || {
        typed.remove();
        pressed.remove();
        if let Some(timer) = timer {
            timer.clear();
        }
    });
    view! { <Warning open=open left=left /> }
}

/// Somebody who fills in a long form is not idle.
fn announce(session: Session) {
    if session.is_due() {
        session.stay();
    }
}

#[component]
fn Warning(open: RwSignal<bool>, left: RwSignal<u32>) -> impl IntoView {
    let session = Session::get();
    let stay = move |_| {
        session.stay();
        open.set(false);
    };
    let leave = move |_| spawn_local(async move { drop(session.log_out(Farewell::LoggedOut).await) });
    let countdown = move || tr_with("In {seconds} s you will be logged out.", &[("seconds", &left.get().to_string())]);
    view! {
        <Dialog open=open title=tr("Are you still there?") testid="idle-warning">
            <p>{tr("Nobody used this console for a while. To protect your meetings, it logs out by itself.")}</p>
            // Not announced every second; the heading was.
            <p class="muted-text" aria-hidden="true">{countdown}</p>
            <div class="dialog__actions">
                // First, because an opening dialog focuses its first button: Enter must not log out.
                <Button variant=ButtonVariant::Primary testid="idle-stay" on:click=stay>{tr("Stay logged in")}</Button>
                <Button on:click=leave>{tr("Log out now")}</Button>
            </div>
        </Dialog>
    }
}
