//! Where a meeting is in its life, as a badge.

use leptos::prelude::*;
use shared::meeting::MeetingPhase;

use crate::console::words;
use crate::ui::{Badge, Tone};

/// The phase in a pill.
#[component]
pub(crate) fn PhaseBadge(
    /// Which.
    phase: MeetingPhase,
) -> impl IntoView {
    let tone = match phase {
        MeetingPhase::Scheduled => Tone::Accent,
        MeetingPhase::Open => Tone::Good,
        MeetingPhase::Over | MeetingPhase::Archived => Tone::Neutral,
    };
    view! { <Badge tone=tone>{words::phase(phase)}</Badge> }
}
