//! One's own picture with its switches: green room and lobby share it.

use leptos::prelude::*;
use shared::meeting::Role;
use shared::text::tr;

use super::picture::Picture;
use super::switches::{CameraSwitch, MicrophoneSwitch};
use crate::app::use_session;
use crate::ui::{Avatar, Spinner};

/// The picture as others see it, or why there is none; and the switches for camera and microphone.
#[component]
pub(super) fn Preview(
    /// For tests, on the microphone's switch.
    microphone_testid: &'static str,
    /// For tests, on the camera's switch.
    camera_testid: &'static str,
) -> impl IntoView {
    let session = use_session();
    let (store, media) = (session.store, session.media);
    // Until the server has let somebody in, moderators alone see them; an observer stays as unseen inside.
    let only_moderators =
        store.invited_as.with_untracked(|invited| invited.as_ref().is_some_and(|i| i.role == Role::Observer));
    let label = if only_moderators {
        tr("You, as the moderators see you, mirrored")
    } else {
        tr("You, as others will see you, mirrored")
    };
    view! {
        <div class="preview">
            <div class="preview__empty" role="status" hidden=move || media.state().camera><NoPicture /></div>
            <Picture
                stream=Signal::derive_local(move || media.preview())
                mirrored=true
                shown=Signal::derive(move || media.state().camera)
                label=label
                testid="preview-video"
            />
            <div class="preview__switches">
                <MicrophoneSwitch testid=microphone_testid />
                <CameraSwitch testid=camera_testid />
            </div>
        </div>
    }
}

/// Says that the camera is starting, or off. A camera that is about to come on is never called off.
#[component]
fn NoPicture() -> impl IntoView {
    let session = use_session();
    let (store, media) = (session.store, session.media);
    let name = move || store.invited_as.with(|invited| invited.as_ref().map(|i| i.name.clone()).unwrap_or_default());
    let permission = move || {
        media.is_asking().then(|| view! { <span>{tr("Your browser may ask for permission. Press “Allow”.")}</span> })
    };
    move || {
        if media.camera_starting() {
            view! { <span class="row"><Spinner /><span>{tr("Starting your camera…")}</span></span> {permission} }
                .into_any()
        } else {
            view! { <Avatar name=name() /><span>{tr("Your camera is off")}</span> {permission} }.into_any()
        }
    }
}
