//! The door: the PIN.

use leptos::html;
use leptos::prelude::*;
use shared::pin::Pin;
use shared::secret::Secret;
use shared::text::{tr, tr_with};

use crate::app::{Session, use_session};
use crate::bindings::{day_and_time, focus_later};
use crate::room::{pin_entry, words};
use crate::ui::{Banner, Button, ButtonVariant, Card, FieldError, Glyph, Icon, Page, Tone};

/// Asks for the PIN.
#[component]
pub(crate) fn JoinPage() -> impl IntoView {
    let session = use_session();
    view! {
        <Page demo=session.store.demo>
            <div class="door">
                <div class="door__form"><PinCard session=session /></div>
                <Promises />
            </div>
        </Page>
    }
}

#[component]
fn PinCard(session: Session) -> impl IntoView {
    let store = session.store;
    let text = RwSignal::new(String::new());
    let mistake = RwSignal::new(None::<String>);
    let refused = RwSignal::new(false);
    Effect::new(move || {
        // The digits are wrong: the field says so, and is where one goes on.
        if store.join_error.with(|reason| reason.as_ref().is_some_and(words::is_about_the_digits)) {
            refused.set(true);
            focus_later("#pin");
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let lengths = session.pin_lengths();
        match Pin::parse_within(&text.get_untracked(), lengths) {
            Ok(pin) => session.join(Secret::new(pin.digits())),
            Err(error) => {
                mistake.set(Some(words::invalid_pin(error, lengths)));
                focus_later("#pin");
            }
        }
    };
    let greeting = if session.came_by_link() {
        tr("Your invitation is open. Type the PIN that came with it; it is yours alone.")
    } else {
        tr("Type the PIN from your invitation; it is yours alone.")
    };
    view! {
        <Card>
            <form class="stack" on:submit=submit novalidate=true>
                <div class="stack stack--tight">
                    <h1 class="card__title" tabindex="-1">{tr("Come in to your meeting")}</h1>
                    <p class="muted-text">{greeting}</p>
                </div>
                <PinField session=session text=text mistake=mistake refused=refused />
                <Refusal session=session />
                <Place session=session />
                <Button variant=ButtonVariant::Primary submit=true wide=true busy=store.asking testid="pin-submit">{tr("Continue")}</Button>
                {session.came_by_link().then(|| view! {
                    <Button variant=ButtonVariant::Quiet wide=true disabled=store.asking testid="knock-without-pin" on:click=move |_| session.join(Secret::new(""))>{tr("I have no PIN at hand: knock without it")}</Button>
                })}
            </form>
        </Card>
    }
}

#[component]
fn PinField(
    session: Session,
    text: RwSignal<String>,
    mistake: RwSignal<Option<String>>,
    refused: RwSignal<bool>,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let hint = move || {
        tr_with("{digits}. Spaces make no difference.", &[("digits", &words::pin_digits(session.pin_lengths()))])
    };
    let placeholder = move || pin_entry::regroup(&"0".repeat(session.pin_lengths().longest), 0).0;
    let grouped = move |_| {
        let Some(input) = node.get() else { return };
        let caret = input.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize;
        let (value, caret) = pin_entry::regroup(&input.value(), caret);
        let caret = u32::try_from(caret).unwrap_or(u32::MAX);
        if input.value() != value {
            input.set_value(&value);
            let _ = input.set_selection_range(caret, caret);
        }
        text.set(value);
        mistake.set(None);
        refused.set(false);
    };
    view! {
        <div class="field">
            <label class="field__label" for="pin">{tr("PIN")}</label>
            <p class="field__hint" id="pin-hint">{hint}</p>
            <input
                node_ref=node
                id="pin"
                class="input input--pin"
                type="text"
                inputmode="numeric"
                autocomplete="one-time-code"
                spellcheck="false"
                placeholder=placeholder
                aria-describedby="pin-hint pin-error"
                aria-invalid=move || (refused.get() || mistake.with(Option::is_some)).then_some("true")
                data-testid="pin-input"
                on:input=grouped
            />
            <FieldError error=mistake id="pin-error" testid="join-error" />
        </div>
    }
}

/// Where the PIN stands, when looking at it takes long.
#[component]
fn Place(session: Session) -> impl IntoView {
    let store = session.store;
    let place = move || store.queued.get().filter(|_| store.asking.get());
    move || {
        place().map(|place| {
            let words = words::queued(place);
            view! { <Banner tone=Tone::Accent title=words.what testid="join-queued">{words.advice}</Banner> }
        })
    }
}

/// Why the server did not take the PIN, or could not be asked.
#[component]
fn Refusal(session: Session) -> impl IntoView {
    let store = session.store;
    view! {
        {move || store.join_error.get().map(|reason| {
            let words = words::join_refused(&reason, day_and_time);
            view! {
                <Banner tone=Tone::Danger title=words.what assertive=true testid="join-error">{words.advice}</Banner>
            }
        })}
        {move || store.unreachable.get().then(|| view! {
            <Banner tone=Tone::Danger title=tr("The server did not answer.") assertive=true testid="join-error">
                {tr("Check this computer's connection and try again. Nothing was lost.")}
            </Banner>
        })}
    }
}

#[component]
fn Promises() -> impl IntoView {
    let promises = [
        (
            Glyph::Key,
            tr("A PIN for one person"),
            tr("Your PIN names you and opens one meeting, for as long as it lasts."),
        ),
        (Glyph::Shield, tr("Somebody looks first"), tr("A moderator sees who is at the door before anybody comes in.")),
        (
            Glyph::Trash,
            tr("Nothing remains"),
            tr("Sound, picture, pointers and drawings are gone when the meeting ends."),
        ),
    ];
    view! {
        <section class="promises" aria-label=tr("What Conclave does")>
            <p class="promises__lead">{tr("Meetings where it matters who is in the room.")}</p>
            <ul class="promises__list">
                {promises.into_iter().map(|(glyph, title, text)| view! {
                    <li class="promise">
                        <span class="promise__icon"><Icon glyph=glyph /></span>
                        <div><h2 class="promise__title">{title}</h2><p class="muted-text">{text}</p></div>
                    </li>
                }).collect_view()}
            </ul>
        </section>
    }
}
