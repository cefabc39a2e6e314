//! The text line between the lobby and the moderators.

use leptos::prelude::*;
use shared::input;
use shared::limits::MAX_LINE_CHARS;
use shared::signal::Line;
use shared::text::{tr, tr_with};

use crate::bindings::time_of_day;
use crate::ui::{Button, Glyph, TextField};

/// What was written, and a field to write in. `waits` is who waits, as moderators name them; `None`: it is this page.
#[component]
pub(crate) fn Lines(
    #[prop(into)] lines: Signal<Vec<Line>>,
    on_write: Callback<String>,
    label: &'static str,
    waits: Option<String>,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Ok(line) = input::line(&text.get_untracked()) {
            on_write.run(line);
            text.set(String::new());
        }
    };
    let is_there = Memo::new(move |_| lines.with(|lines| !lines.is_empty()));
    let is_page = waits.is_none();
    view! {
        <form class="lines" on:submit=submit>
            <div role="log" aria-label=tr("What was written")>
                {move || is_there.get().then(|| {
                    let waits = waits.clone();
                    view! {
                        <ol class="lines__list" data-testid="lines">
                            {move || {
                                let waits = waits.clone();
                                lines.get().into_iter().map(|line| view! { <Written line=line waits=waits.clone() /> }).collect_view()
                            }}
                        </ol>
                    }
                })}
            </div>
            <div class="lines__write">
                <TextField label=label value=text maxlength=MAX_LINE_CHARS as u32 testid="line-text" />
                <Button small=!is_page submit=true icon=Glyph::Send testid="line-send" disabled=Signal::derive(move || text.with(|text| text.trim().is_empty()))>{tr("Send")}</Button>
            </div>
        </form>
    }
}

#[component]
fn Written(line: Line, waits: Option<String>) -> impl IntoView {
    let is_mine = line.by.is_some() != waits.is_none();
    let by = match (&line.by, waits) {
        (Some(moderator), None) => tr_with("{name}, moderator", &[("name", moderator)]),
        (Some(moderator), Some(_)) => moderator.clone(),
        (None, None) => tr("You").to_owned(),
        (None, Some(name)) => name,
    };
    view! {
        <li class="lines__line" class:lines__line--mine=is_mine>
            <span class="lines__by">{by}" · "{time_of_day(line.at)}</span>
            <span class="lines__text">{line.text}</span>
        </li>
    }
}
