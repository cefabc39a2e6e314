//! Icons: one path each, drawn by us on a 24-grid in strokes of one width.

use leptos::prelude::*;

/// Which picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Glyph {
    Microphone,
    MicrophoneOff,
    Camera,
    CameraOff,
    Hand,
    Leave,
    People,
    Board,
    Pen,
    Pointer,
    Undo,
    Trash,
    Check,
    Cross,
    Warning,
    Info,
    Clock,
    Shield,
    Lock,
    Pin,
    Speaker,
    Phone,
    Computer,
    Settings,
    Plus,
    Copy,
    Calendar,
    Send,
    Key,
    Refresh,
    Door,
    Mail,
    Back,
    Out,
    Link,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Microphone => {
                "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7"
            }
            Self::MicrophoneOff => {
                "M9 9v2a3 3 0 0 0 5 2.2M15 10V6a3 3 0 0 0-5.7-1.3M5.5 11a6.5 6.5 0 0 0 10.4 5.2M18.5 11a6.4 6.4 0 0 1-.5 2.4M12 17.5V21M8.5 21h7M4 4l16 16"
            }
            Self::Camera => {
                "M4.5 6.5h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 10.8l6-3.3v9l-6-3.3"
            }
            Self::CameraOff => {
                "M9.5 6.5h4a2 2 0 0 1 2 2v3M15.5 15.5a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2h.6M15.5 10.8l6-3.3v9l-4.5-2.5M3 3l18 18"
            }
            Self::Hand => {
                "M8 12V5.5a1.5 1.5 0 0 1 3 0V11M11 11V4a1.5 1.5 0 0 1 3 0v7M14 11V5.5a1.5 1.5 0 0 1 3 0V12M17 9.5a1.5 1.5 0 0 1 3 0V14a7 7 0 0 1-7 7h-1c-2.6 0-4-1-5.3-3l-3-4.6a1.6 1.6 0 0 1 2.6-1.8L8 14"
            }
            Self::Leave => {
                "M2.8 14.4c5-5 13.4-5 18.4 0 .7.7.7 1.8 0 2.5l-1 .9a1.7 1.7 0 0 1-2.2.1l-1.9-1.3a1.7 1.7 0 0 1-.7-1.6l.2-1.3a10.600 10.600 0 0 0-7.200 0l.2 1.300a1.700 1.700 0 0 1-.7 1.600l-1.900 1.300a1.700 1.700 0 0 1-2.200-.1l-1-.9a1.800 1.800 0 0 1 0-2.500Z"
            }
            Self::People => {
                "M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 19.500a6.500 6.500 0 0 1 13 0M16 4.900a3.500 3.500 0 0 1 0 6.200M18 14.100a6.500 6.500 0 0 1 3.500 5.400"
            }
            Self::Board => {
                "M3.500 4.500h17v11.500h-17ZM2 4.500h20M12 16v2M8.500 21l3.500-3 3.500 3M7 12.500c1.500-3 2.500-3 3.500-1.500s2 1.500 3-.5 2-2 3.500-1.500"
            }
            Self::Pen => {
                "M4 20l1-4.500L16.200 4.300a2 2 0 0 1 2.800 0l.7.7a2 2 0 0 1 0 2.800L8.500 19 4 20ZM14.500 6l3.500 3.500"
            }
            Self::Pointer => "M5 3.500l14.500 6.800-6.300 2-2.600 6.200L5 3.500Z",
            Self::Undo => "M8 5L3.500 9.500 8 14M3.500 9.500H14a6 6 0 0 1 0 12h-3",
            Self::Trash => "M4 6.500h16M9.500 6.500V4h5v2.500M6 6.500l1 14h10l1-14M10 10.500v6M14 10.500v6",
            Self::Check => "M4.500 12.500l5 5 10-11",
            Self::Cross => "M6 6l12 12M18 6L6 18",
            Self::Warning => "M12 4L2.500 20h19L12 4ZM12 10v4.500M12 17.200v.1",
            Self::Info => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v5.500M12 7.700v.1",
            Self::Clock => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7.500V12l3 2",
            Self::Shield => {
                "M12 3l7.500 2.800v5.700c0 4.600-3.200 8-7.500 9.500-4.300-1.500-7.500-4.900-7.500-9.500V5.800L12 3ZM8.500 12l2.500 2.500 4.500-5"
            }
            Self::Lock => {
                "M6 10.500h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1ZM8 10.500V7.500a4 4 0 0 1 8 0v3"
            }
            Self::Pin => {
                "M12 21c4.500-4.700 6.800-8.200 6.800-11a6.800 6.800 0 0 0-13.600 0c0 2.800 2.300 6.300 6.800 11ZM12 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z"
            }
            Self::Speaker => {
                "M4 9.500v5h3.500L12.500 19V5L7.500 9.500H4ZM16 8.500a5 5 0 0 1 0 7M18.500 6a8.500 8.500 0 0 1 0 12"
            }
            Self::Phone => {
                "M8 2.500h8a1.500 1.500 0 0 1 1.500 1.500v16a1.500 1.500 0 0 1-1.500 1.500H8A1.500 1.500 0 0 1 6.500 20V4A1.500 1.500 0 0 1 8 2.500ZM10.500 18.500h3"
            }
            Self::Computer => "M5 5h14a1 1 0 0 1 1 1v9H4V6a1 1 0 0 1 1-1ZM2.500 18.500h19",
            Self::Settings => {
                "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400ZM9 19.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400Z"
            }
            Self::Plus => "M12 5v14M5 12h14",
            Self::Copy => {
                "M9 8.500h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1ZM5 15.500H4.500a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1V5"
            }
            Self::Calendar => {
                "M4.500 5.500h15a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1ZM3.500 10h17M8 3v4M16 3v4"
            }
            Self::Send => "M21 3L10.500 13.500M21 3l-6.500 18-4-7.500L3 9.500 21 3Z",
            Self::Key => "M8 19.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM11.300 11.700L20 3M16 7l3 3",
            Self::Refresh => "M20 11a8 8 0 0 0-14.500-3.500L4 9M4 4v5h5M4 13a8 8 0 0 0 14.500 3.500L20 15M20 20v-5h-5",
            Self::Door => "M6 21V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v17M3 21h18M14.500 12v.1",
            Self::Mail => {
                "M4 5.500h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1ZM3.500 7l8.500 6 8.500-6"
            }
            Self::Back => "M14.500 5L8 12l6.500 7",
            Self::Out => "M10 4H5a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h5M15 7.500l4.500 4.500-4.500 4.500M19.500 12H9.500",
            Self::Link => {
                "M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1.200 1.200M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1.200-1.200"
            }
        }
    }
}

/// A picture without a name: the control it stands in has one.
#[component]
pub fn Icon(
    /// Which.
    glyph: Glyph,
) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=glyph.path() /></svg> }
}
