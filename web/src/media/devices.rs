//! Asking the browser for a camera and a microphone.

use js_sys::{Object, Reflect};
use shared::limits::{CAMERA_HEIGHT, CAMERA_WIDTH};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDeviceInfo, MediaDeviceKind, MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack};

use super::problem::{Device, Problem};
use crate::ui::Choice;

/// What came of asking.
#[derive(Debug)]
pub struct Opened {
    /// The camera's picture, or why there is none. `None` when it was not asked for.
    pub camera: Option<Result<MediaStreamTrack, Problem>>,
    /// The microphone's sound, or why there is none.
    pub microphone: Result<MediaStreamTrack, Problem>,
}

/// Asks for both at once, which is one prompt; when that fails for each alone, so that one missing device does not
/// cost the other. An id may be empty: any device will do. `wants_camera` says whether the camera is still wanted, so
/// that nobody is asked a second time for what they switched off during the first.
pub async fn open_both(camera_id: &str, microphone_id: &str, wants_camera: impl Fn() -> bool) -> Opened {
    let both = constraints(Some(video(camera_id)), Some(audio(microphone_id)));
    if let Ok(stream) = get_user_media(&both).await {
        let first = |tracks: js_sys::Array| tracks.get(0).dyn_into::<MediaStreamTrack>().map_err(|_| Problem::Other);
        return Opened { camera: Some(first(stream.get_video_tracks())), microphone: first(stream.get_audio_tracks()) };
    }
    let camera = if wants_camera() { Some(open(Device::Camera, camera_id).await) } else { None };
    let microphone = open(Device::Microphone, microphone_id).await;
    Opened { camera, microphone }
}

/// Asks for one device; for any of its kind when the chosen one is gone.
pub async fn open(device: Device, id: &str) -> Result<MediaStreamTrack, Problem> {
    match open_exactly(device, id).await {
        Err(Problem::NotFound) if !id.is_empty() => open_exactly(device, "").await,
        opened => opened,
    }
}

async fn open_exactly(device: Device, id: &str) -> Result<MediaStreamTrack, Problem> {
    let constraints = match device {
        Device::Camera => constraints(Some(video(id)), None),
        Device::Microphone => constraints(None, Some(audio(id))),
    };
    let stream = get_user_media(&constraints).await?;
    stream.get_tracks().get(0).dyn_into().map_err(|_| Problem::Other)
}

async fn get_user_media(constraints: &MediaStreamConstraints) -> Result<MediaStream, Problem> {
    let asked = media_devices()?.get_user_media_with_constraints(constraints).map_err(|error| problem_of(&error))?;
    JsFuture::from(asked).await.map(JsCast::unchecked_into).map_err(|error| problem_of(&error))
}

pub(super) fn media_devices() -> Result<MediaDevices, Problem> {
    let devices = web_sys::window().and_then(|window| window.navigator().media_devices().ok());
    // On a page that is not secure the browser leaves the whole object out.
    devices.filter(|devices| !devices.is_undefined()).ok_or(Problem::Insecure)
}

fn problem_of(error: &JsValue) -> Problem {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    Problem::from_name(name.as_deref().unwrap_or_default())
}

/// What there is to choose from: cameras, then microphones. Names are empty until the browser has given permission.
pub async fn list() -> (Vec<Choice>, Vec<Choice>) {
    let asked = media_devices().ok().and_then(|devices| devices.enumerate_devices().ok());
    let Some(asked) = asked else { return Default::default() };
    let found: js_sys::Array = match JsFuture::from(asked).await {
        Ok(found) => found.unchecked_into(),
        Err(_) => return Default::default(),
    };
    let infos: Vec<MediaDeviceInfo> = found.iter().map(JsCast::unchecked_into).collect();
    let of_kind = |kind: MediaDeviceKind| {
        infos
            .iter()
            .filter(|info| info.kind() == kind && !info.label().is_empty())
            .map(|info| Choice::new(info.device_id(), info.label()))
            .collect()
    };
    (of_kind(MediaDeviceKind::Videoinput), of_kind(MediaDeviceKind::Audioinput))
}

/// Calls whenever a device comes or goes, for as long as the page lives.
pub fn on_change(handle: impl FnMut() + 'static) {
    let Ok(devices) = media_devices() else { return };
    let closure = Closure::<dyn FnMut()>::new(handle);
    let _ = devices.add_event_listener_with_callback("devicechange", closure.as_ref().unchecked_ref());
    // There is one of it per page.
    closure.forget();
}

/// Calls when the device behind a track is gone. Stopping the track ourselves does not count.
pub fn on_unplugged(track: &MediaStreamTrack, handle: impl FnOnce() + 'static) {
    let closure = Closure::once_into_js(handle);
    track.set_onended(Some(closure.unchecked_ref()));
}

fn constraints(video: Option<Object>, audio: Option<Object>) -> MediaStreamConstraints {
    let constraints = MediaStreamConstraints::new();
    match video {
        Some(video) => constraints.set_video(&video),
        None => constraints.set_video_bool(false),
    }
    match audio {
        Some(audio) => constraints.set_audio(&audio),
        None => constraints.set_audio_bool(false),
    }
    constraints
}

fn video(id: &str) -> Object {
    let object = exact_device(id);
    put(&object, "width", &ideal(f64::from(CAMERA_WIDTH)));
    put(&object, "height", &ideal(f64::from(CAMERA_HEIGHT)));
    put(&object, "frameRate", &max(30.0));
    object
}

fn audio(id: &str) -> Object {
    let object = exact_device(id);
    for feature in ["echoCancellation", "noiseSuppression", "autoGainControl"] {
        put(&object, feature, &JsValue::TRUE);
    }
    object
}

fn exact_device(id: &str) -> Object {
    let object = Object::new();
    if !id.is_empty() {
        let exact = Object::new();
        put(&exact, "exact", &id.into());
        put(&object, "deviceId", &exact);
    }
    object
}

fn ideal(value: f64) -> JsValue {
    let object = Object::new();
    put(&object, "ideal", &value.into());
    object.into()
}

pub(super) fn max(value: f64) -> JsValue {
    let object = Object::new();
    put(&object, "max", &value.into());
    object.into()
}

pub(super) fn put(object: &Object, name: &str, value: &JsValue) {
    // Setting a property of a plain object cannot fail.
    let _ = Reflect::set(object, &name.into(), value);
}
