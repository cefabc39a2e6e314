//! This person's own screen, or one window or tab of it: asked for anew each time, because browsers never remember it.

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::*;
use shared::limits::{SCREEN_FRAMES_PER_SECOND, SCREEN_HEIGHT, SCREEN_WIDTH};
use shared::text::tr;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamTrack};

use super::devices::{max, media_devices, on_unplugged, put};
use super::wish::Calls;

/// Why a screen cannot be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScreenProblem {
    /// The person chose nothing: no problem at all.
    Cancelled,
    /// The operating system does not let this browser record.
    System,
    /// Something else.
    Other,
}

impl ScreenProblem {
    /// From the `DOMException` that `getDisplayMedia` rejects with. Browsers use one name for a person who cancels and a
    /// system that forbids; only the message tells them apart.
    pub fn from_exception(name: &str, message: &str) -> Self {
        match name {
            "NotAllowedError" if message.to_ascii_lowercase().contains("system") => Self::System,
            "NotAllowedError" | "AbortError" => Self::Cancelled,
            "NotReadableError" | "NotFoundError" => Self::System,
            _ => Self::Other,
        }
    }

    /// What happened and what to do; `None` when there is nothing to say.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Cancelled => None,
            Self::System => Some(tr(
                "Your computer does not let this browser record the screen. Allow it in the system's privacy settings, then try again.",
            )),
            Self::Other => Some(tr("Your screen could not be shared. Try again, or try another window.")),
        }
    }
}

/// The shared screen as signals. Copy it freely.
#[derive(Clone, Copy)]
pub struct OwnScreen {
    /// What is shared.
    pub track: RwSignal<Option<MediaStreamTrack>, LocalStorage>,
    calls: RwSignal<Calls>,
}

impl OwnScreen {
    /// Nothing is shared.
    pub(super) fn new() -> Self {
        Self { track: RwSignal::new_local(None), calls: RwSignal::default() }
    }

    /// Whether it is shared.
    pub fn is_shared(&self) -> bool {
        self.track.with(Option::is_some)
    }

    /// Whether the browser is being asked what to share.
    pub fn is_asking(&self) -> bool {
        self.calls.with(Calls::under_way)
    }

    /// Lets the person choose what to share.
    ///
    /// # Errors
    /// Nothing was chosen, or nothing can be recorded.
    pub async fn start(self) -> Result<(), ScreenProblem> {
        let call = self.calls.try_update(Calls::begin).unwrap_or_default();
        let opened = open().await;
        let counts = self.calls.try_update(|calls| calls.end(call)).unwrap_or_default();
        let track = opened?;
        if !counts {
            // Left, or pressed again, while the browser still asked.
            track.stop();
            return Ok(());
        }
        // The browser's own bar has a button that ends it.
        on_unplugged(&track, move || self.stop());
        self.track.set(Some(track));
        Ok(())
    }

    /// Shares it no longer.
    pub fn stop(self) {
        self.calls.update(Calls::cancel);
        if self.track.with_untracked(Option::is_some) {
            self.track.update(|track| drop(track.take().inspect(MediaStreamTrack::stop)));
        }
    }
}

/// Whether this browser can share a screen at all: telephones cannot.
pub fn is_supported() -> bool {
    display_media().is_some()
}

fn display_media() -> Option<(JsValue, Function)> {
    let devices: JsValue = media_devices().ok()?.into();
    let function = Reflect::get(&devices, &"getDisplayMedia".into()).ok()?.dyn_into().ok()?;
    Some((devices, function))
}

async fn open() -> Result<MediaStreamTrack, ScreenProblem> {
    let (devices, function) = display_media().ok_or(ScreenProblem::Other)?;
    let asked = function.call1(&devices, &constraints()).map_err(|error| problem_of(&error))?;
    let given = JsFuture::from(asked.unchecked_into::<Promise>()).await.map_err(|error| problem_of(&error))?;
    let track = given.unchecked_into::<MediaStream>().get_video_tracks().get(0);
    // Letters stay sharp, and frames are dropped rather than pixels.
    put(track.unchecked_ref(), "contentHint", &"detail".into());
    track.dyn_into().map_err(|_| ScreenProblem::Other)
}

fn constraints() -> Object {
    let video = Object::new();
    put(&video, "width", &max(f64::from(SCREEN_WIDTH)));
    put(&video, "height", &max(f64::from(SCREEN_HEIGHT)));
    put(&video, "frameRate", &max(f64::from(SCREEN_FRAMES_PER_SECOND)));
    let constraints = Object::new();
    put(&constraints, "video", &video);
    put(&constraints, "audio", &JsValue::FALSE);
    // A meeting that shows itself is a hall of mirrors.
    put(&constraints, "selfBrowserSurface", &"exclude".into());
    put(&constraints, "surfaceSwitching", &"include".into());
    constraints
}

fn problem_of(error: &JsValue) -> ScreenProblem {
    let text =
        |name: &str| Reflect::get(error, &name.into()).ok().and_then(|text| text.as_string()).unwrap_or_default();
    ScreenProblem::from_exception(&text("name"), &text("message"))
}

#[cfg(test)]
mod tests {
    use super::ScreenProblem;

    #[test]
    fn who_cancels_hears_nothing_and_a_system_that_forbids_is_explained() {
        let table = [
            ("NotAllowedError", "Permission denied", ScreenProblem::Cancelled),
            ("NotAllowedError", "Permission denied by system", ScreenProblem::System),
            ("AbortError", "", ScreenProblem::Cancelled),
            ("NotReadableError", "Could not start video source", ScreenProblem::System),
            ("InvalidStateError", "", ScreenProblem::Other),
        ];
        for (name, message, problem) in table {
            assert_eq!(ScreenProblem::from_exception(name, message), problem, "{name} {message}");
            assert_eq!(problem.words().is_none(), problem == ScreenProblem::Cancelled);
        }
    }
}
