//! This person's own camera and microphone, and their shared screen.
//!
//! Off means off: a camera that is switched off is stopped (its light goes out) and nothing of it is sent; a muted
//! microphone stays open for a quick return, but its sender has no track, so that no packet of it leaves this computer.

use leptos::prelude::*;
use shared::signal::MediaState;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaStream, MediaStreamTrack};

use super::devices;
use super::problem::{Device, Problem};
use super::screen::OwnScreen;
use super::wish::{Calls, Press, Standing, press};
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
    /// The screen, while it is shared.
    pub screen: OwnScreen,
    /// Cameras to choose from.
    pub cameras: RwSignal<Vec<Choice>>,
    /// Microphones to choose from.
    pub microphones: RwSignal<Vec<Choice>>,
    /// The chosen camera; empty for any.
    pub camera_id: RwSignal<String>,
    /// The chosen microphone; empty for any.
    pub microphone_id: RwSignal<String>,
    /// What the browser was asked for the camera.
    camera_calls: RwSignal<Calls>,
    /// What it was asked for the microphone.
    microphone_calls: RwSignal<Calls>,
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
            screen: OwnScreen::new(),
            cameras: RwSignal::new(Vec::new()),
            microphones: RwSignal::new(Vec::new()),
            camera_id: RwSignal::new(kept.camera_id.clone()),
            microphone_id: RwSignal::new(kept.microphone_id.clone()),
            camera_calls: RwSignal::default(),
            microphone_calls: RwSignal::default(),
        }
    }

    /// What the others are told: on means that there is a device and it is switched on.
    pub fn state(&self) -> MediaState {
        MediaState {
            camera: self.camera_on.get() && self.camera.with(Option::is_some),
            microphone: self.microphone_on.get() && self.microphone.with(Option::is_some),
            screen: self.screen.is_shared(),
        }
    }

    /// [`Self::state`] outside of anything that watches.
    pub fn state_now(&self) -> MediaState {
        untrack(|| self.state())
    }

    /// Whether the camera is wanted and on its way.
    pub fn camera_starting(&self) -> bool {
        self.camera_on.get() && self.camera_calls.with(Calls::under_way)
    }

    /// Whether the microphone is wanted and on its way.
    pub fn microphone_starting(&self) -> bool {
        self.microphone_on.get() && self.microphone_calls.with(Calls::under_way)
    }

    /// Whether the browser is being asked for anything, wanted or not.
    pub fn is_asking(&self) -> bool {
        // Both are read, so that what watches hears of both.
        let (camera, microphone) = (self.camera_calls.get(), self.microphone_calls.get());
        camera.under_way() || microphone.under_way()
    }

    /// Whether the browser was never asked for anything.
    pub fn is_untouched(&self) -> bool {
        let untouched = self.camera.with_untracked(Option::is_none) && self.microphone.with_untracked(Option::is_none);
        let no_problem =
            self.camera_problem.get_untracked().is_none() && self.microphone_problem.get_untracked().is_none();
        untouched && no_problem && !untrack(|| self.is_asking())
    }

    /// Opens what is meant to be on. The microphone is opened with the camera even when it is muted, because that is
    /// one prompt instead of two.
    pub async fn start(self) {
        let (camera_id, microphone_id) = (self.camera_id.get_untracked(), self.microphone_id.get_untracked());
        let microphone_call = begin(self.microphone_calls);
        if self.camera_on.get_untracked() {
            let camera_call = begin(self.camera_calls);
            let wants_camera = || self.camera_on.get_untracked();
            let opened = devices::open_both(&camera_id, &microphone_id, wants_camera).await;
            self.take_camera(camera_call, opened.camera);
            self.take_microphone(microphone_call, opened.microphone);
        } else {
            let microphone = devices::open(Device::Microphone, &microphone_id).await;
            self.take_microphone(microphone_call, microphone);
        }
        self.refresh_lists().await;
    }

    /// Reads the menus anew; also when a device was plugged in.
    pub async fn refresh_lists(self) {
        let (cameras, microphones) = devices::list().await;
        self.cameras.set(cameras);
        self.microphones.set(microphones);
    }

    /// Switches the camera.
    pub fn toggle_camera(self) {
        match press(self.camera_on.get_untracked(), standing(self.camera, self.camera_calls)) {
            Press::TurnOff => {
                self.camera_on.set(false);
                self.drop_camera();
            }
            Press::TurnOn => self.camera_on.set(true),
            Press::Ask => {
                self.camera_on.set(true);
                self.open_camera();
            }
        }
    }

    /// Switches the microphone.
    pub fn toggle_microphone(self) {
        let press = press(self.microphone_on.get_untracked(), standing(self.microphone, self.microphone_calls));
        let on = press != Press::TurnOff;
        self.microphone_on.set(on);
        self.microphone.with_untracked(|track| track.as_ref().inspect(|track| track.set_enabled(on)).is_some());
        if press == Press::Ask {
            self.open_microphone();
        }
    }

    /// Switches the microphone off.
    pub fn mute(self) {
        if self.microphone_on.get_untracked() {
            self.toggle_microphone();
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
        let camera = self.camera_problem.get_untracked().is_some();
        let microphone = self.microphone_problem.get_untracked().is_some();
        if camera {
            self.camera_on.set(true);
        }
        match (camera, microphone) {
            (true, false) => self.open_camera(),
            (false, true) => self.open_microphone(),
            _ => spawn_local(self.start()),
        }
    }

    /// Keeps the menus right when something is plugged in or out.
    pub fn watch_plugs(self) {
        devices::on_change(move || spawn_local(self.refresh_lists()));
    }

    /// Stops everything: the lights go out, also of what the browser still asks about. The next [`Self::start`] begins anew.
    pub fn stop(self) {
        self.camera_calls.update(Calls::cancel);
        self.microphone_calls.update(Calls::cancel);
        self.drop_camera();
        self.drop_microphone();
        self.screen.stop();
        self.camera_problem.set(None);
        self.microphone_problem.set(None);
    }

    /// The own picture as something a video element plays.
    pub fn preview(&self) -> Option<MediaStream> {
        let track = self.camera.get()?;
        let stream = MediaStream::new().ok()?;
        stream.add_track(&track);
        Some(stream)
    }

    fn open_camera(self) {
        let call = begin(self.camera_calls);
        spawn_local(async move {
            let opened = devices::open(Device::Camera, &self.camera_id.get_untracked()).await;
            self.take_camera(call, Some(opened));
            self.refresh_lists().await;
        });
    }

    fn open_microphone(self) {
        let call = begin(self.microphone_calls);
        spawn_local(async move {
            let opened = devices::open(Device::Microphone, &self.microphone_id.get_untracked()).await;
            self.take_microphone(call, opened);
            self.refresh_lists().await;
        });
    }

    /// `None`: the browser was not asked in the end, because the camera was switched off meanwhile.
    fn take_camera(self, call: u32, opened: Option<Result<MediaStreamTrack, Problem>>) {
        let counts = end(self.camera_calls, call);
        let Some(opened) = opened else {
            if counts && self.camera_on.get_untracked() {
                // Off and on again while it was the microphone's turn.
                self.open_camera();
            }
            return;
        };
        if !counts || !self.camera_on.get_untracked() {
            // Switched off, or another was chosen, while the browser was still asked for this one.
            return stop(opened);
        }
        self.drop_camera();
        self.camera_problem.set(opened.as_ref().err().copied());
        if let Ok(track) = &opened {
            devices::on_unplugged(track, move || {
                self.drop_camera();
                self.camera_problem.set(Some(Problem::NotFound));
            });
        }
        self.camera.set(opened.ok());
    }

    /// One that was muted meanwhile stays open, as any muted microphone does: silent, and without a sender.
    fn take_microphone(self, call: u32, opened: Result<MediaStreamTrack, Problem>) {
        if !end(self.microphone_calls, call) {
            return stop(opened);
        }
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

    fn drop_camera(self) {
        self.camera.update(|track| drop(track.take().inspect(MediaStreamTrack::stop)));
    }

    fn drop_microphone(self) {
        self.microphone.update(|track| drop(track.take().inspect(MediaStreamTrack::stop)));
    }
}

fn begin(calls: RwSignal<Calls>) -> u32 {
    calls.try_update(Calls::begin).unwrap_or_default()
}

fn end(calls: RwSignal<Calls>, call: u32) -> bool {
    calls.try_update(|calls| calls.end(call)).unwrap_or_default()
}

fn standing(track: RwSignal<Option<MediaStreamTrack>, LocalStorage>, calls: RwSignal<Calls>) -> Standing {
    if calls.with_untracked(Calls::under_way) {
        return Standing::Starting;
    }
    if track.with_untracked(Option::is_some) { Standing::Open } else { Standing::Closed }
}

/// Stops what the browser gave and nobody wants any more: its light goes out.
fn stop(opened: Result<MediaStreamTrack, Problem>) {
    if let Ok(track) = opened {
        track.stop();
    }
}
