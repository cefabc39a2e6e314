//! The toolbar: what one does all the time, in one row within a thumb's reach.

use leptos::prelude::*;
use shared::text::tr;

use super::Layout;
use super::screen::ScreenSwitch;
use crate::app::Session;
use crate::pages::switches::{CameraSwitch, MicrophoneSwitch, Switch};
use crate::ui::{Glyph, Icon};

/// The toolbar.
#[component]
pub(super) fn Toolbar(session: Session, layout: Layout) -> impl IntoView {
    let store = session.store;
    let hand = Memo::new(move |_| {
        let Some(me) = store.me() else { return false };
        store.person(me).entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.hand))
    });
    let is_moderator = Memo::new(move |_| store.is_moderator());
    let waiting = Memo::new(move |_| store.lobby.with(Vec::len));
    view! {
        <nav class="toolbar" aria-label=tr("Meeting controls")>
            <div class="toolbar__group">
                <MicrophoneSwitch testid="mic-toggle" />
                <CameraSwitch testid="cam-toggle" />
                <ScreenSwitch session=session />
                <Switch
                    on=hand glyph_on=Glyph::Hand glyph_off=Glyph::Hand
                    name_on=tr("Lower your hand") name_off=tr("Raise your hand") caption=tr("Hand")
                    testid="hand-toggle"
                    on:click=move |_| session.set_hand(!hand.get_untracked())
                />
                <Switch
                    on=layout.board glyph_on=Glyph::Board glyph_off=Glyph::Board
                    name_on=tr("Board: hide it") name_off=tr("Board: show it") caption=tr("Board")
                    testid="board-toggle"
                    on:click=move |_| layout.board.update(|open| *open = !*open)
                />
                <div class="toolbar__counted">
                    <Switch
                        on=layout.panel glyph_on=Glyph::People glyph_off=Glyph::People
                        name_on=tr("Hide the list of people") name_off=tr("Show the list of people") caption=tr("People")
                        testid="people-toggle"
                        on:click=move |_| layout.panel.update(|open| *open = !*open)
                    />
                    {move || (waiting.get() > 0).then(|| view! { <span class="toolbar__count" aria-hidden="true">{waiting}</span> })}
                </div>
                <button type="button" class="switch switch--extra" aria-label=tr("Devices: choose camera and microphone") title=tr("Devices: choose camera and microphone") data-testid="settings" on:click=move |_| layout.settings.set(true)>
                    <span class="switch__round"><Icon glyph=Glyph::Settings /></span>
                    <span class="switch__caption" aria-hidden="true">{tr("Devices")}</span>
                </button>
            </div>
            <div class="toolbar__group toolbar__group--end">
                {move || is_moderator.get().then(|| view! {
                    <button type="button" class="switch switch--end" aria-label=tr("End for all") title=tr("End the meeting for everybody") data-testid="end-meeting" on:click=move |_| layout.ending.set(true)>
                        <span class="switch__round"><Icon glyph=Glyph::Cross /></span>
                        <span class="switch__caption" aria-hidden="true">{tr("End for all")}</span>
                    </button>
                })}
                <button type="button" class="switch switch--leave" aria-label=tr("Leave the meeting") title=tr("Leave the meeting") data-testid="leave" on:click=move |_| session.leave()>
                    <span class="switch__round"><Icon glyph=Glyph::Leave /></span>
                    <span class="switch__caption" aria-hidden="true">{tr("Leave")}</span>
                </button>
            </div>
        </nav>
    }
}
