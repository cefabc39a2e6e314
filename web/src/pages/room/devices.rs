//! This person's devices: making a token for one, and taking one away.

use leptos::prelude::*;
use shared::device::{Device, DeviceState, DeviceUse};
use shared::limits::MAX_DEVICES;
use shared::meeting::MeetingKind;
use shared::secret::Secret;
use shared::text::{tr, tr_with};

use crate::app::Session;
use crate::room::words;
use crate::ui::{Badge, Banner, Button, ButtonVariant, CopyButton, Dialog, Glyph, Tone};

/// Makes, shows, lists and takes away. What is shown once is forgotten when it is closed.
#[component]
pub(super) fn DevicesDialog(session: Session, open: RwSignal<bool>) -> impl IntoView {
    let store = session.store;
    let made = Memo::new(move |_| store.token.get());
    Effect::new(move || {
        if !open.get() && store.token.with_untracked(Option::is_some) {
            session.forget_token();
        }
    });
    view! {
        <Dialog open=open title=tr("Connect a device") testid="devices-dialog">
            {move || match made.get() {
                Some((device, token)) => view! { <Token session=session device=device token=token /> }.into_any(),
                None => view! { <Choose session=session /> }.into_any(),
            }}
            <List session=session />
            <div class="dialog__actions"><Button testid="devices-close" on:click=move |_| open.set(false)>{tr("Done")}</Button></div>
        </Dialog>
    }
}

/// What the device is to do.
#[component]
fn Choose(session: Session) -> impl IntoView {
    let store = session.store;
    let watchable = Memo::new(move |_| {
        store.meeting.with(|meeting| meeting.as_ref().is_some_and(|m| m.kind == MeetingKind::MayBeRecorded))
    });
    let full = Memo::new(move |_| store.devices.with(|devices| devices.len() >= MAX_DEVICES));
    let lost = Memo::new(move |_| store.link.get().is_lost());
    let disabled = move || full.get() || lost.get();
    view! {
        <p class="muted-text">{tr("An encoder, a player or a script comes into this meeting with a token of yours (WHIP and WHEP). It is shown in the list of people as your device, and goes when you leave.")}</p>
        <div class="device-choices">
            <Button icon=Glyph::Camera disabled=disabled testid="device-publish" on:click=move |_| session.make_device(DeviceUse::Publish)>{words::device_use(DeviceUse::Publish)}</Button>
            {move || watchable.get().then(|| view! {
                <Button icon=Glyph::Screen disabled=disabled testid="device-watch" on:click=move |_| session.make_device(DeviceUse::Watch)>{words::device_use(DeviceUse::Watch)}</Button>
            })}
        </div>
        {move || (!watchable.get()).then(|| view! { <p class="small muted-text" data-testid="not-watchable">{tr("Nothing can watch or record this meeting: it was made as one of which nothing is kept.")}</p> })}
        {move || full.get().then(|| view! { <p class="small muted-text">{tr("You have as many devices as there can be. Take one away first.")}</p> })}
    }
}

/// A token, this once.
#[component]
fn Token(session: Session, device: Device, token: Secret) -> impl IntoView {
    let address = format!("{}{}", window().location().origin().unwrap_or_default(), device.does.path());
    let hidden = token.reveal().to_owned();
    let copied = hidden.clone();
    view! {
        <p class="muted-text">{words::device_use(device.does)}</p>
        <dl class="device-token">
            <dt>{tr("Address")}</dt>
            <dd><code data-testid="device-url">{address.clone()}</code><CopyButton text=Signal::stored(address) words=tr("Copy address") testid="copy-device-url" small=true /></dd>
            <dt>{tr("Token (Bearer)")}</dt>
            <dd><code data-testid="device-token">{hidden}</code><CopyButton text=Signal::stored(copied) words=tr("Copy token") testid="copy-device-token" small=true /></dd>
        </dl>
        <Banner tone=Tone::Warn icon=Glyph::Lock>{tr("The token is shown this once. Whoever has it can do this in your name until you take the device away, leave, or the meeting ends.")}</Banner>
        <div><Button variant=ButtonVariant::Quiet small=true icon=Glyph::Plus testid="device-another" on:click=move |_| session.forget_token()>{tr("Connect another")}</Button></div>
    }
}

/// All of them, with the way to take each away.
#[component]
fn List(session: Session) -> impl IntoView {
    let store = session.store;
    let numbers = Memo::new(move |_| store.devices.with(|d| d.iter().map(|d| d.number).collect::<Vec<_>>()));
    view! {
        {move || (!numbers.with(Vec::is_empty)).then(|| view! { <h3 class="device-list__title">{tr("Your devices")}</h3> })}
        <ul class="device-list" data-testid="device-list">
            <For each=move || numbers.get() key=|number| *number let:number>
                <Line session=session number=number />
            </For>
        </ul>
    }
}

#[component]
fn Line(session: Session, number: u32) -> impl IntoView {
    let store = session.store;
    let device = Memo::new(move |_| store.devices.with(|devices| devices.iter().find(|d| d.number == number).copied()));
    let revoke = move |_| {
        if store.token.with_untracked(|made| made.as_ref().is_some_and(|(device, _)| device.number == number)) {
            session.forget_token();
        }
        session.revoke_device(number);
    };
    let label = tr_with("Take device {number} away", &[("number", &number.to_string())]);
    view! {
        <li class="device-list__line">
            {move || device.get().map(|device| view! {
                <div class="device-list__what">
                    <span>{words::device_use(device.does)}</span>
                    <State state=device.state />
                </div>
            })}
            <Button variant=ButtonVariant::DangerQuiet small=true label=label testid=format!("device-revoke-{number}") on:click=revoke>{tr("Take away")}</Button>
        </li>
    }
}

#[component]
fn State(state: DeviceState) -> impl IntoView {
    let tone = match state {
        DeviceState::Away | DeviceState::Connecting => Tone::Neutral,
        DeviceState::Connected => Tone::Good,
        DeviceState::NoCommonEncryption | DeviceState::Unreachable => Tone::Danger,
    };
    let words = words::device_state(state);
    match state {
        DeviceState::NoCommonEncryption | DeviceState::Unreachable => {
            view! { <span class="small device-list__trouble" role="status">{words}</span> }.into_any()
        }
        _ => view! { <span><Badge tone=tone>{words}</Badge></span> }.into_any(),
    }
}
