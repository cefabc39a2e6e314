//! The rules of the room: how it is closed and quietened. Moderators set them; everybody sees that a room is locked.

use leptos::prelude::*;
use shared::signal::Locks;
use shared::text::tr;

use crate::app::Session;
use crate::ui::{Badge, Button, Checkbox, Dialog, Glyph, Tone};

/// A switch of the rules: how it is read and set.
type Rule = (&'static str, &'static str, &'static str, fn(&Locks) -> bool, fn(&mut Locks, bool));

fn rules() -> [Rule; 6] {
    [
        (
            "lock-closed",
            tr("Lock the room"),
            tr(
                "Nobody is admitted until it is opened again. Who is in stays in, and comes back after a lost connection.",
            ),
            |locks| locks.closed,
            |locks, on| locks.closed = on,
        ),
        (
            "lock-participants",
            tr("Participants skip the lobby"),
            tr(
                "While a moderator is here, whoever types their PIN comes straight in. Who waits already goes on waiting.",
            ),
            |locks| locks.participants_skip_lobby,
            |locks, on| locks.participants_skip_lobby = on,
        ),
        (
            "lock-observers",
            tr("Observers skip the lobby"),
            tr("The same for observers."),
            |locks| locks.observers_skip_lobby,
            |locks, on| locks.observers_skip_lobby = on,
        ),
        (
            "lock-mute",
            tr("Microphones are off on entry"),
            tr("Whoever comes in switches theirs on when they want to speak."),
            |locks| locks.mute_on_entry,
            |locks, on| locks.mute_on_entry = on,
        ),
        (
            "lock-draw",
            tr("Only moderators draw"),
            tr("What others have drawn stays."),
            |locks| locks.only_moderators_draw,
            |locks, on| locks.only_moderators_draw = on,
        ),
        (
            "lock-point",
            tr("Only moderators point"),
            tr("Others' pointers are not shown."),
            |locks| locks.only_moderators_point,
            |locks, on| locks.only_moderators_point = on,
        ),
    ]
}

/// The dialog. What is ticked holds at once, and for everybody.
#[component]
pub(super) fn RulesDialog(session: Session, open: RwSignal<bool>) -> impl IntoView {
    let locks = session.store.locks;
    view! {
        <Dialog open=open title=tr("Rules of the room") testid="rules">
            <p class="muted-text">{tr("They hold at once, for everybody, and stay when you leave.")}</p>
            <div class="stack">
                {rules().into_iter().map(|(testid, label, hint, read, write)| {
                    let set = move |on| {
                        let mut changed = locks.get_untracked();
                        write(&mut changed, on);
                        session.set_locks(changed);
                        // As the server has it, should it refuse.
                        locks.notify();
                    };
                    view! { <Checkbox label=label hint=hint checked=Signal::derive(move || locks.with(read)) on_change=Callback::new(set) testid=testid /> }
                }).collect_view()}
            </div>
            <div class="dialog__actions"><Button on:click=move |_| open.set(false)>{tr("Done")}</Button></div>
        </Dialog>
    }
}

/// That the room is locked, for everybody.
#[component]
pub(super) fn LockedBadge(session: Session) -> impl IntoView {
    let closed = Memo::new(move |_| session.store.locks.get().closed);
    move || {
        closed.get().then(|| view! {
        <span data-testid="locked" title=tr("A moderator has locked the room: nobody is let in.")><Badge tone=Tone::Warn icon=Glyph::Lock>{tr("Locked")}</Badge></span>
    })
    }
}
