//! What a new meeting asks of whoever comes to its lobby.

use leptos::prelude::*;
use shared::limits::{MAX_CHECK_CHARS, MAX_CHECKLIST};
use shared::meeting::DoorRules;
use shared::text::{tr, tr_with};

use crate::ui::{Checkbox, Choice, FieldError, Select, next_id};

/// The choices, folded away: most meetings need none of them.
#[component]
pub(super) fn AtTheDoor(rules: RwSignal<DoorRules>, #[prop(into)] error: Signal<Option<String>>) -> impl IntoView {
    // Follows the rules: a template may set them.
    let confirmations = RwSignal::new(String::new());
    Effect::new(move |_| confirmations.set(rules.with(|rules| rules.confirmations.to_string())));
    let checklist_id = next_id("checklist");
    let choices = vec![
        Choice::new("0", tr("Not asked: a moderator looks and admits")),
        Choice::new("1", tr("Confirmed by one moderator")),
        Choice::new("2", tr("Confirmed by two moderators (four eyes)")),
    ];
    let choose = move |chosen: String| {
        rules.update(|rules| {
            rules.confirmations = chosen.parse().unwrap_or_default();
            if rules.confirmations > 0 && rules.checklist.is_empty() {
                rules.checklist = suggested();
            }
        });
    };
    let asks = Memo::new(move |_| rules.with(|rules| rules.confirmations > 0));
    view! {
        <details class="form-more" data-testid="at-the-door">
            <summary>{tr("At the door")}</summary>
            <div class="stack">
                <Checkbox label=tr("Camera required")
                    hint=tr("Nobody is admitted whose camera is off.")
                    checked=Signal::derive(move || rules.with(|rules| rules.camera_required))
                    on_change=move |on| rules.update(|rules| rules.camera_required = on) testid="rule-camera" />
                <Checkbox label=tr("The link alone leads to the lobby")
                    hint=tr("Whoever has no PIN at hand can knock without it. The moderator sees that. Never for moderators.")
                    checked=Signal::derive(move || rules.with(|rules| rules.link_suffices))
                    on_change=move |on| rules.update(|rules| rules.link_suffices = on) testid="rule-link" />
                <Select label=tr("Identity") choices=Signal::stored(choices) value=confirmations on_choice=choose testid="rule-identity" />
                <Show when=move || asks.get()>
                    <div class="field">
                        <label class="field__label" for=checklist_id.clone()>{tr("What a moderator ticks off, one point a line")}</label>
                        <p class="field__hint">{tr_with("Up to {n} points of {max} characters. Participants do not see them.", &[("n", &MAX_CHECKLIST.to_string()), ("max", &MAX_CHECK_CHARS.to_string())])}</p>
                        <textarea id=checklist_id.clone() class="input input--lines" rows="4" data-testid="rule-checklist"
                            prop:value=move || rules.with(|rules| rules.checklist.join("\n"))
                            on:change=move |event| rules.update(|rules| rules.checklist = event_target_value(&event).lines().map(str::to_owned).collect())
                        ></textarea>
                        <FieldError error=error testid="rule-checklist-error" />
                    </div>
                </Show>
            </div>
        </details>
    }
}

fn suggested() -> Vec<String> {
    [
        tr("The face is the one I know, or the one on the document held up"),
        tr("Name and date of birth were said without help"),
    ]
    .map(str::to_owned)
    .to_vec()
}
