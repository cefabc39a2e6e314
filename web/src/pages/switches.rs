//! The switches for microphone and camera, and what is wrong with them. Green room, lobby and room share them.

use leptos::prelude::*;
use shared::text::tr;

use crate::app::use_session;
use crate::media::problem::{Device, Problem};
use crate::ui::{Banner, Button, ButtonVariant, Glyph, Icon, Spinner, Tone};

/// A round button that is on or off. Its name says what a press does.
#[component]
pub(super) fn Switch(
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Picture while on.
    glyph_on: Glyph,
    /// Picture while off.
    glyph_off: Glyph,
    /// What a press does while on.
    name_on: &'static str,
    /// What a press does while off.
    name_off: &'static str,
    /// A word below it.
    caption: &'static str,
    /// Off is the unusual state and shows in red.
    #[prop(optional)]
    alarm_off: bool,
    /// Cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// On its way to being on: a spinner instead of the picture. It can be pressed, which turns it off.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// For tests.
    #[prop(into)]
    testid: String,
) -> impl IntoView {
    let name = move || if on.get() { name_on } else { name_off };
    view! {
        <button
            type="button"
            class="switch"
            class:switch--off=move || alarm_off && !on.get()
            class:switch--on=move || !alarm_off && on.get()
            aria-label=name
            title=name
            data-on=move || if on.get() { "true" } else { "false" }
            disabled=move || disabled.get()
            aria-busy=move || busy.get().then_some("true")
            data-testid=testid
        >
            <span class="switch__round">
                {move || match (busy.get(), on.get()) {
                    (true, _) => view! { <Spinner /> }.into_any(),
                    (false, true) => view! { <Icon glyph=glyph_on /> }.into_any(),
                    (false, false) => view! { <Icon glyph=glyph_off /> }.into_any(),
                }}
            </span>
            <span class="switch__caption" aria-hidden="true">{caption}</span>
        </button>
    }
}

/// The microphone's switch.
#[component]
pub(super) fn MicrophoneSwitch(
    /// For tests.
    #[prop(into)]
    testid: String,
) -> impl IntoView {
    let media = use_session().media;
    view! {
        <Switch
            on=Signal::derive(move || media.state().microphone || media.microphone_starting())
            busy=Signal::derive(move || media.microphone_starting())
            glyph_on=Glyph::Microphone
            glyph_off=Glyph::MicrophoneOff
            name_on=tr("Turn off microphone")
            name_off=tr("Turn on microphone")
            caption=tr("Microphone")
            alarm_off=true
            testid=testid
            on:click=move |_| media.toggle_microphone()
        />
    }
}

/// The camera's switch.
#[component]
pub(super) fn CameraSwitch(
    /// For tests.
    #[prop(into)]
    testid: String,
) -> impl IntoView {
    let media = use_session().media;
    view! {
        <Switch
            on=Signal::derive(move || media.state().camera || media.camera_starting())
            busy=Signal::derive(move || media.camera_starting())
            glyph_on=Glyph::Camera
            glyph_off=Glyph::CameraOff
            name_on=tr("Turn off camera")
            name_off=tr("Turn on camera")
            caption=tr("Camera")
            alarm_off=true
            testid=testid
            on:click=move |_| media.toggle_camera()
        />
    }
}

/// What is wrong with camera and microphone, one message for both when it is the same.
#[component]
pub(super) fn DeviceProblems() -> impl IntoView {
    let media = use_session().media;
    let problems = move || {
        let camera = media.camera_problem.get().map(|problem| (Device::Camera, problem));
        let microphone = media.microphone_problem.get().map(|problem| (Device::Microphone, problem));
        [camera, microphone].into_iter().flatten().collect::<Vec<(Device, Problem)>>()
    };
    view! {
        {move || {
            let problems = problems();
            // One piece of advice below both, when it is the same trouble with both.
            let shared = match problems[..] {
                [(_, camera), (_, microphone)] if camera == microphone => Some(camera.advice(true)),
                _ => None,
            };
            (!problems.is_empty()).then(|| view! {
                <Banner tone=Tone::Warn testid="device-problem">
                    <div class="stack stack--tight">
                        {problems.into_iter().map(|(device, problem)| view! {
                            <p><strong>{problem.what(device)}</strong>" "{shared.is_none().then(|| problem.advice(false))}</p>
                        }).collect_view()}
                        {shared.map(|advice| view! { <p>{advice}</p> })}
                        <div><Button variant=ButtonVariant::Quiet small=true icon=Glyph::Refresh busy=Signal::derive(move || media.is_asking()) on:click=move |_| media.retry()>{tr("Try again")}</Button></div>
                    </div>
                </Banner>
            })
        }}
    }
}
