//! Why a camera or microphone cannot be used, and what to do about it.

use shared::text::tr;

/// Which device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// A camera.
    Camera,
    /// A microphone.
    Microphone,
}

/// Why it cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The person, the browser or the system said no.
    Denied,
    /// There is none.
    NotFound,
    /// Another program holds it.
    InUse,
    /// This page may not ask, because it did not come over HTTPS or from this computer.
    Insecure,
    /// Something else.
    Other,
}

impl Problem {
    /// From the name of the `DOMException` that `getUserMedia` rejects with.
    pub fn from_name(name: &str) -> Self {
        match name {
            "NotAllowedError" | "PermissionDeniedError" | "SecurityError" => Self::Denied,
            "NotFoundError" | "DevicesNotFoundError" | "OverconstrainedError" => Self::NotFound,
            "NotReadableError" | "TrackStartError" | "AbortError" => Self::InUse,
            _ => Self::Other,
        }
    }

    /// What happened.
    pub fn what(self, device: Device) -> &'static str {
        use Device::{Camera, Microphone};
        match (self, device) {
            (Self::Denied, Camera) => tr("This page may not use your camera."),
            (Self::Denied, Microphone) => tr("This page may not use your microphone."),
            (Self::NotFound, Camera) => tr("No camera was found."),
            (Self::NotFound, Microphone) => tr("No microphone was found."),
            (Self::InUse, Camera) => tr("Another program is using your camera."),
            (Self::InUse, Microphone) => tr("Another program is using your microphone."),
            (Self::Insecure, _) => tr("Browsers allow camera and microphone on secure pages only."),
            (Self::Other, Camera) => tr("Your camera did not start."),
            (Self::Other, Microphone) => tr("Your microphone did not start."),
        }
    }

    /// What to do about it, when it is so of one device or of `both`.
    pub fn advice(self, both: bool) -> &'static str {
        if both {
            return self.advice_for_both();
        }
        match self {
            Self::Denied => tr(
                "Press the camera or lock sign beside the page's address, allow it there, and try again. You can also come in without it.",
            ),
            Self::NotFound => tr("Plug one in and try again, or come in without it."),
            Self::InUse => tr("Close the other program or call, then try again. You can also come in without it."),
            Self::Insecure => {
                tr("Open this page with https:// in its address, or come in without camera and microphone.")
            }
            Self::Other => tr("Unplug it and plug it in again, then try again. You can also come in without it."),
        }
    }

    fn advice_for_both(self) -> &'static str {
        match self {
            Self::Denied => tr(
                "Press the camera or lock sign beside the page's address, allow both there, and try again. You can also come in without them.",
            ),
            Self::NotFound => tr("Plug them in and try again, or come in without them."),
            Self::InUse => tr("Close the other program or call, then try again. You can also come in without them."),
            Self::Insecure => {
                tr("Open this page with https:// in its address, or come in without camera and microphone.")
            }
            Self::Other => tr("Unplug them and plug them in again, then try again. You can also come in without them."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_browser_s_name_for_it_has_its_own_words() {
        let table = [
            ("NotAllowedError", Problem::Denied),
            ("SecurityError", Problem::Denied),
            ("NotFoundError", Problem::NotFound),
            ("OverconstrainedError", Problem::NotFound),
            ("NotReadableError", Problem::InUse),
            ("Whatever", Problem::Other),
        ];
        for (name, problem) in table {
            assert_eq!(Problem::from_name(name), problem, "{name}");
            assert_ne!(problem.what(Device::Camera), problem.what(Device::Microphone));
            for both in [false, true] {
                assert!(problem.advice(both).contains("without"), "there is always a way in");
            }
        }
    }
}
