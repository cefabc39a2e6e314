//! This person's own camera and microphone.
//!
//! Off means off: a camera that is switched off is stopped (its light goes out) and nothing of it is sent; a muted
//! microphone stays open for a quick return, but its sender has no track, so that no packet of it leaves this computer.

use leptos::prelude::*;
use shared::signal::MediaState;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaStream, MediaStreamTrack};

use super::devices;
use super::problem::{Device, Problem};
use crate::signal::kept::Kept;
use crate::ui::Choice;

/// Own devices as signals. Copy it freely.
#[derive(Clone, Copy)]
pub struct LocalMedia {
    /// Whether the camera is meant to be on.
    pub camera_on: RwSignal<bool>,
    /// Whether the microphone is meant to be on.
    pub microphone_on: RwSignal<bool>,
    /// The picture, while there is one.
    pub camera: RwSignal<Option<MediaStreamTrack>, LocalStorage>,
    /// The sound, also while muted.
    pub microphone: RwSignal<Option<MediaStreamTrack>, LocalStorage>,
    /// Why there is no picture.
    pub camera_problem: RwSignal<Option<Problem>>,
    /// Why there is no sound.
    pub microphone_problem: RwSignal<Option<Problem>>,
    /// Cameras to choose from.
    pub cameras: RwSignal<Vec<Choice>>,
    /// Microphones to choose from.
    pub microphones: RwSignal<Vec<Choice>>,
    /// The chosen camera; empty for any.
    pub camera_id: RwSignal<String>,
    /// The chosen microphone; empty for any.
    pub microphone_id: RwSignal<String>,
    /// Whether the browser is being asked just now.
    pub asking: RwSignal<bool>,
    /// Counts the stops: what the browser gives after one was asked for before it, and is stopped at once.
    stops: StoredValue<u32>,
}

impl LocalMedia {
    /// Nothing opened yet; on or off as this tab was before, everything on at first (the microphone unless `muted`).
    pub fn new(kept: Option<&Kept>, muted: bool) -> Self {
        let fresh = Kept { microphone: !muted, camera: true, ..Kept::default() };
        let kept = kept.unwrap_or(&fresh);
        Self {
            camera_on: RwSignal::new(kept.camera),
            microphone_on: RwSignal::new(kept.microphone),
            camera: RwSignal::new_local(None),
            microphone: RwSignal::new_local(None),
            camera_problem: RwSignal::new(None),
            microphone_problem: RwSignal::new(None),
            cameras: RwSignal::new(Vec::new()),
            microphones: RwSignal::new(Vec::new()),
            camera_id: RwSignal::new(kept.camera_id.clone()),
            microphone_id: RwSignal::new(kept.microphone_id.clone()),
            asking: RwSignal::new(false),
            stops: StoredValue::new(0),
        }
    }

    /// What the others are told: on means that there is a device and it is switched on.
    pub fn state(&self) -> MediaState {
        MediaState {
            camera: self.camera_on.get() && self.camera.with(Option::is_some),
            microphone: self.microphone_on.get() && self.microphone.with(Option::is_some),
        }
    }

    /// [`Self::state`] outside of anything that watches.
    pub fn state_now(&self) -> MediaState {
        untrack(|| self.state())
    }

    /// Whether the browser was never asked for anything.
    pub fn is_untouched(&self) -> bool {
        let untouched = self.camera.with_untracked(Option::is_none) && self.microphone.with_untracked(Option::is_none);
        let no_problem =
            self.camera_problem.get_untracked().is_none() && self.microphone_problem.get_untracked().is_none();
        untouched && no_problem && !self.asking.get_untracked()
    }

    /// Opens what is meant to be on. The microphone is opened with the camera even when it is muted, because that is
    /// one prompt instead of two.
    pub async fn start(self) {
        self.asking.set(true);
        let stops = self.stops.get_value();
        let (camera_id, microphone_id) = (self.camera_id.get_untracked(), self.microphone_id.get_untracked());
        if self.camera_on.get_untracked() {
            let opened = devices::open_both(&camera_id, &microphone_id).await;
            self.take_camera(stops, opened.camera);
            self.take_microphone(stops, opened.microphone);
        } else {
            let microphone = devices::open(Device::Microphone, &microphone_id).await;
            self.take_microphone(stops, Some(microphone));
        }
        self.refresh_lists().await;
        if self.stops.get_value() == stops {
            self.asking.set(false);
        }
    }

    /// Reads the menus anew; also when a device was plugged in.
    pub async fn refresh_lists(self) {
        let (cameras, microphones) = devices::list().await;
        self.cameras.set(cameras);
        self.microphones.set(microphones);
    }

    /// Switches the camera.
    pub fn toggle_camera(self) {
        if self.camera_on.get_untracked() && self.camera.with_untracked(Option::is_some) {
            self.camera_on.set(false);
            self.drop_camera();
        } else {
            self.camera_on.set(true);
            self.open_camera();
        }
    }

    /// Switches the microphone.
    pub fn toggle_microphone(self) {
        let is_on = self.microphone_on.get_untracked() && self.microphone.with_untracked(Option::is_some);
        self.microphone_on.set(!is_on);
        self.microphone.with_untracked(|track| track.as_ref().inspect(|track| track.set_enabled(!is_on)).is_some());
        if !is_on && self.microphone.with_untracked(Option::is_none) {
            self.open_microphone();
        }
    }

    /// Takes another camera.
    pub fn choose_camera(self, id: String) {
        self.camera_id.set(id);
        self.camera_on.set(true);
        self.drop_camera();
        self.open_camera();
    }

    /// Takes another microphone.
    pub fn choose_microphone(self, id: String) {
        self.microphone_id.set(id);
        self.drop_microphone();
        self.open_microphone();
    }

    /// Asks again for what was not given.
    pub fn retry(self) {
        if self.camera_problem.get_untracked().is_some() {
            self.camera_on.set(true);
        }
        spawn_local(self.start());
    }

    /// Keeps the menus right when something is plugged in or out.
    pub fn watch_plugs(self) {
        devices::on_change(move || spawn_local(self.refresh_lists()));
    }

    /// Stops both: the lights go out, also of what the browser still asks about. The next [`Self::start`] begins anew.
    pub fn stop(self) {
        self.stops.update_value(|stops| *stops = stops.wrapping_add(1));
        self.drop_camera();
        self.drop_microphone();
        self.camera_problem.set(None);
        self.microphone_problem.set(None);
        self.asking.set(false);
    }

    /// The own picture as something a video element plays.
    pub fn preview(&self) -> Option<MediaStream> {
        let track = self.camera.get()?;
        let stream = MediaStream::new().ok()?;
        stream.add_track(&track);
        Some(stream)
    }

    fn open_camera(self) {
        let stops = self.stops.get_value();
        spawn_local(async move {
            let opened = devices::open(Device::Camera, &self.camera_id.get_untracked()).await;
            self.take_camera(stops, Some(opened));
            self.refresh_lists().await;
        });
    }

    fn open_microphone(self) {
        let stops = self.stops.get_value();
        spawn_local(async move {
            let opened = devices::open(Device::Microphone, &self.microphone_id.get_untracked()).await;
            self.take_microphone(stops, Some(opened));
            self.refresh_lists().await;
        });
    }

    fn take_camera(self, asked_after: u32, opened: Option<Result<MediaStreamTrack, Problem>>) {
        let Some(opened) = self.still_wanted(asked_after, opened) else { return };
        self.drop_camera();
        self.camera_problem.set(opened.as_ref().err().copied());
        if let Ok(track) = &opened {
            devices::on_unplugged(track, move || {
                self.drop_camera();
                self.camera_problem.set(Some(Problem::NotFound));
            });
        }
        self.camera.set(opened.ok());
        if !self.camera_on.get_untracked() {
            // Switched off while the browser was still asking.
            self.drop_camera();
        }
    }

    fn take_microphone(self, asked_after: u32, opened: Option<Result<MediaStreamTrack, Problem>>) {
        let Some(opened) = self.still_wanted(asked_after, opened) else { return };
        self.drop_microphone();
        self.microphone_problem.set(opened.as_ref().err().copied());
        if let Ok(track) = &opened {
            track.set_enabled(self.microphone_on.get_untracked());
            devices::on_unplugged(track, move || {
                self.drop_microphone();
                self.microphone_problem.set(Some(Problem::NotFound));
            });
        }
        self.microphone.set(opened.ok());
    }

    /// What the browser gave, unless everything was stopped since it was asked.
    fn still_wanted<E>(
        self,
        asked_after: u32,
        opened: Option<Result<MediaStreamTrack, E>>,
    ) -> Option<Result<MediaStreamTrack, E>> {
        if self.stops.get_value() == asked_after {
            return opened;
        }
        if let Some(Ok(track)) = opened {
            track.stop();
        }
        None
    }

    fn drop_camera(self) {
        self.camera.update(|track| drop(track.take().inspect(MediaStreamTrack::stop)));
    }

    fn drop_microphone(self) {
        self.microphone.update(|track| drop(track.take().inspect(MediaStreamTrack::stop)));
    }
}
