//! A face, from whichever track it comes, and a voice.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{MediaStream, MediaStreamTrack};

use crate::app::use_session;

/// A stream with one track.
pub(super) fn stream_of(track: &MediaStreamTrack) -> Option<MediaStream> {
    let stream = MediaStream::new().ok()?;
    stream.add_track(track);
    Some(stream)
}

/// Plays a picture without its sound.
#[component]
pub(super) fn Picture(
    /// What to play.
    stream: Signal<Option<MediaStream>, LocalStorage>,
    /// As in a mirror: one's own face.
    #[prop(optional)]
    mirrored: bool,
    /// Whether it shows.
    #[prop(into)]
    shown: Signal<bool>,
    /// Whose face it is, for those who do not see it.
    #[prop(into)]
    label: String,
    /// For tests.
    #[prop(optional, into)]
    testid: Option<String>,
) -> impl IntoView {
    let node = NodeRef::<html::Video>::new();
    Effect::new(move || {
        let Some(video) = node.get() else { return };
        video.set_muted(true);
        video.set_src_object(stream.get().as_ref());
        if let Ok(playing) = video.play() {
            // Muted video may always play; a rejection here only means that the stream was replaced meanwhile.
            spawn_local(async move { drop(JsFuture::from(playing).await) });
        }
    });
    view! {
        <video
            node_ref=node
            class="picture"
            class:picture--mirrored=mirrored
            class:picture--off=move || !shown.get()
            autoplay=true
            playsinline=true
            aria-label=label
            data-testid=testid
        ></video>
    }
}

/// Plays a voice. When the browser holds it back, the sound bar shows until the next press.
#[component]
pub(super) fn Voice(
    /// What to play.
    track: Signal<Option<MediaStreamTrack>, LocalStorage>,
) -> impl IntoView {
    let blocked = use_session().store.sound_blocked;
    let node = NodeRef::<html::Audio>::new();
    Effect::new(move || {
        let Some(audio) = node.get() else { return };
        let stream = track.get().as_ref().and_then(stream_of);
        audio.set_src_object(stream.as_ref());
        // Read on purpose: a press on the sound bar clears it, and every voice tries again.
        if blocked.get() || stream.is_none() {
            return;
        }
        let Ok(playing) = audio.play() else { return };
        spawn_local(async move {
            let Err(error) = JsFuture::from(playing).await else { return };
            let name = js_sys::Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string());
            if name.as_deref() == Some("NotAllowedError") {
                blocked.set(true);
            }
        });
    });
    view! { <audio node_ref=node autoplay=true></audio> }
}
