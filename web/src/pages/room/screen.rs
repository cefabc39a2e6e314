//! A shared screen: somebody else's in the main place, one's own as a notice.

use leptos::html;
use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::text::{tr, tr_with};
use wasm_bindgen::JsCast;

use super::faces::watch_size;
use super::tile::person_colour;
use crate::app::Session;
use crate::pages::picture::{Picture, stream_of};
use crate::pages::switches::Switch;
use crate::room::words;
use crate::ui::{Button, Glyph, Icon, Spinner};

/// Somebody else's screen, whole and as large as the place allows. Says into `stage` how wide it is shown.
#[component]
pub(super) fn ScreenStage(session: Session, who: ParticipantId, stage: RwSignal<Option<f64>>) -> impl IntoView {
    let store = session.store;
    let person = store.person(who);
    let (entry, slots) = (RwSignal::from(person.entry), RwSignal::from(person.slots));
    let name = Memo::new(move |_| entry.with(|entry| entry.as_ref().map(|e| e.name.clone()).unwrap_or_default()));
    let title = move || tr_with("{name}’s screen", &[("name", &name.get())]);
    let picture = Signal::derive_local(move || {
        let peer = store.peer.get()?;
        stream_of(&peer.video(slots.get().screen?)?)
    });
    let arrived = RwSignal::new(false);
    let node = NodeRef::<html::Section>::new();
    let size = RwSignal::new((0.0_f64, 0.0_f64));
    Effect::new(move || {
        let Some(section) = node.get() else { return };
        watch_size(section.unchecked_into(), size);
    });
    Effect::new(move || stage.set(Some(size.get().0)));
    on_cleanup(move || stage.set(None));
    view! {
        <section
            node_ref=node
            class="stage"
            style:--person=person_colour(who)
            aria-label=title
            data-testid="screen"
            data-name=name
            on:loadeddata:capture=move |_| arrived.set(true)
        >
            <Picture stream=picture shown=arrived label=untrack(title) />
            {move || (!arrived.get()).then(|| {
                let undecodable = slots.get().undecodable_screen;
                let words = match undecodable {
                    Some(codec) => words::undecodable(&name.get(), codec),
                    None => tr("The screen is on its way…").to_owned(),
                };
                view! { <div class="stage__waiting" role="status">{undecodable.is_none().then(|| view! { <Spinner /> })}<span>{words}</span></div> }
            })}
            <div class="tile__caption"><Icon glyph=Glyph::Screen /><span class="tile__name">{title}</span></div>
        </section>
    }
}

/// That one's own screen is shared, with a way to end it.
#[component]
pub(super) fn SharingNotice(session: Session) -> impl IntoView {
    let screen = session.media.screen;
    let shared = Memo::new(move |_| screen.is_shared());
    view! {
        {move || shared.get().then(|| view! {
            <div class="sharing" role="status" data-testid="sharing">
                <Icon glyph=Glyph::Screen />
                <span>{tr("You are sharing your screen.")}</span>
                <Button small=true label=tr("Stop sharing your screen") testid="stop-sharing" on:click=move |_| screen.stop()>{tr("Stop")}</Button>
            </div>
        })}
    }
}

/// The toolbar's switch. None for observers, who show nothing, and where the browser cannot share.
#[component]
pub(super) fn ScreenSwitch(session: Session) -> impl IntoView {
    let screen = session.media.screen;
    let may_share = Memo::new(move |_| {
        let invited = session.store.invited_as;
        crate::media::screen::is_supported()
            && invited.with(|invited| invited.as_ref().is_some_and(|invited| invited.role.is_seen_by_all()))
    });
    view! {
        {move || may_share.get().then(|| view! {
            <Switch
                on=Signal::derive(move || screen.is_shared() || screen.is_asking())
                busy=Signal::derive(move || screen.is_asking())
                glyph_on=Glyph::ScreenOff glyph_off=Glyph::Screen
                name_on=tr("Stop sharing your screen") name_off=tr("Share your screen") caption=tr("Share")
                testid="screen-toggle"
                on:click=move |_| session.toggle_screen()
            />
        })}
    }
}
