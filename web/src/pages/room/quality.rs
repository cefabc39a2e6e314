//! Call quality: three bars in the header, and on a press, or with the letter A, the figures behind them.

use leptos::prelude::*;
use shared::quality::Quality;
use shared::signal::VideoSource;
use shared::text::{tr, tr_with};
use wasm_bindgen::JsCast;

use super::panel::focus_if_lost;
use crate::app::Session;
use crate::room::quality::{Line, Reading, Report, words};
use crate::ui::{Bars, Checkbox, CopyButton, Glyph, Icon};

/// The button in the header.
#[component]
pub(super) fn QualityButton(session: Session) -> impl IntoView {
    let store = session.store;
    let quality = Memo::new(move |_| store.quality.with(|report| report.verdict.quality));
    let name = move || tr_with("Call quality: {grade}", &[("grade", words::grade(quality.get()))]);
    let title = move || if store.quality_letter.get() { tr("Call quality (A)") } else { tr("Call quality") };
    listen_for_letter(session);
    view! {
        <button
            type="button"
            class="quality-button"
            aria-label=name
            title=title
            aria-expanded=move || if store.quality_open.get() { "true" } else { "false" }
            aria-keyshortcuts=move || store.quality_letter.get().then_some("a")
            data-testid="quality-toggle"
            on:click=move |_| store.quality_open.update(|open| *open = !*open)
        >
            <Bars quality=quality />
        </button>
    }
}

/// The letter A opens and closes the figures, except where somebody types.
fn listen_for_letter(session: Session) {
    let store = session.store;
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        let plain = !(event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat());
        let is_letter = plain && event.key().eq_ignore_ascii_case("a") && !is_typing(&event);
        if is_letter && store.quality_letter.get_untracked() {
            store.quality_open.update(|open| *open = !*open);
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether a letter belongs to what has the focus: a field, a list that looks for entries, anything in a dialog.
fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let fields = ["input:not([type=checkbox])", "textarea", "select", "[contenteditable]", "dialog"];
    element.is_some_and(|element| fields.iter().any(|field| element.closest(field).ok().flatten().is_some()))
}

/// The figures, beside the meeting: it goes on behind them.
#[component]
pub(super) fn QualityPanel(session: Session) -> impl IntoView {
    let open = session.store.quality_open;
    view! { {move || open.get().then(|| view! { <Figures session=session /> })} }
}

#[component]
fn Figures(session: Session) -> impl IntoView {
    let store = session.store;
    let report = store.quality;
    let verdict = Memo::new(move |_| report.with(|report| report.verdict));
    let quality = Memo::new(move |_| verdict.get().quality);
    let close = move || {
        store.quality_open.set(false);
        // The focus goes back to the button that opens it again.
        request_animation_frame(|| focus_if_lost("[data-testid=quality-toggle]"));
    };
    let browser = window().navigator().user_agent().unwrap_or_default();
    let copied = Signal::derive(move || report.with(|report| words::details(report, &browser)));
    view! {
        <aside class="quality" aria-label=tr("Call quality") data-testid="quality" on:keydown=move |event| if event.key() == "Escape" { close() }>
            <div class="panel__head">
                <h2>{tr("Call quality")}</h2>
                <button type="button" class="panel__close" aria-label=tr("Close the call quality") on:click=move |_| close()><Icon glyph=Glyph::Cross /></button>
            </div>
            <div class="quality__body" tabindex="0" role="group" aria-label=tr("Figures of the last five seconds")>
                <div class="quality__verdict">
                    <Bars quality=quality />
                    <div>
                        // The figures in the reason move all the time: said aloud is only when the word changes.
                        <strong role="status" data-testid="quality-headline">{move || words::headline(quality.get())}</strong>
                        <p class="small muted-text" data-testid="quality-reason">{move || words::reason(verdict.get())}</p>
                    </div>
                </div>
                {move || report.with(|report| view! { <Summary report=report /> })}
                {move || report.with(sent)}
                {move || report.with(|report| received(session, report))}
            </div>
            <div class="quality__end">
                <CopyButton text=copied words=tr("Copy details") testid="quality-copy" small=true />
                <Checkbox
                    label=tr("Opens with A")
                    checked=store.quality_letter
                    on_change=Callback::new(move |on| store.quality_letter.set(on))
                    testid="quality-letter"
                />
            </div>
        </aside>
    }
}

/// What holds for all of it.
#[component]
fn Summary<'r>(report: &'r Report) -> impl IntoView + use<> {
    let way = report.path.as_ref().map_or("–", words::way);
    let ciphers = report.path.as_ref().and_then(words::ciphers);
    let facts = [
        (tr("Round trip"), words::ms_or_dash(report.round_trip_ms)),
        (tr("Path"), way.to_owned()),
        (
            tr("Sent"),
            tr_with(
                "{rate}, {share} lost",
                &[("rate", &words::rate(report.up_kbps)), ("share", &words::share_or_dash(report.loss_up))],
            ),
        ),
        (
            tr("Received"),
            tr_with(
                "{rate}, {share} lost",
                &[("rate", &words::rate(report.down_kbps)), ("share", &words::share_or_dash(report.loss_down))],
            ),
        ),
    ];
    let ciphers = ciphers.map(|ciphers| (tr("Encrypted to the server"), ciphers));
    let fact = |(name, value): (&'static str, String)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! { <dl class="facts" data-testid="quality-facts">{facts.into_iter().chain(ciphers).map(fact).collect_view()}</dl> }
}

/// What this page sends. Sizes of a picture that nobody watches rest, and are not there.
fn sent(report: &Report) -> impl IntoView + use<> {
    let up = report.readings.iter().filter(|reading| reading.line.is_up() && reading.flows);
    let rows = up.map(|reading| {
        let name = match reading.line {
            Line::Camera => tr("Camera"),
            Line::Screen => tr("Screen"),
            _ => tr("Microphone"),
        };
        row(name.to_owned(), reading, None)
    });
    table(
        tr("You send"),
        tr("Nothing: microphone and camera are off, or nobody is there to hear and see you."),
        rows.collect(),
    )
}

/// What arrives, by person.
fn received(session: Session, report: &Report) -> impl IntoView + use<> {
    let name_of = |who| {
        let entry = session.store.person(who).entry.get_untracked();
        entry.map_or_else(|| tr("Somebody").to_owned(), |entry| entry.name)
    };
    let down = report.readings.iter().filter(|reading| !reading.line.is_up() && reading.flows);
    let rows = down.filter_map(|reading| {
        let (who, source) = session.whose(reading.line)?;
        let what = match source {
            None => tr("Voice"),
            Some(VideoSource::Camera) => tr("Picture"),
            Some(VideoSource::Screen) => tr("Screen"),
        };
        Some(row(name_of(who), reading, Some(what)))
    });
    table(tr("You receive"), tr("Nothing just now: nobody speaks, and no picture is shown."), rows.collect())
}

fn table(title: &'static str, empty: &'static str, rows: Vec<AnyView>) -> AnyView {
    if rows.is_empty() {
        let title = view! { <h3 class="panel__title">{title}</h3> };
        return view! { <section class="quality__part">{title}<p class="small muted-text">{empty}</p></section> }
            .into_any();
    }
    view! {
        <table class="figures">
            <thead><tr><th scope="col">{title}</th><th scope="col">{tr("Rate")}</th><th scope="col">{tr("Lost")}</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(name: String, reading: &Reading, what: Option<&'static str>) -> AnyView {
    let size = reading.size.map(|_| words::picture(reading));
    let jitter = reading.jitter_ms.filter(|_| what.is_some() && size.is_none());
    let jitter = jitter.map(|ms| tr_with("uneven by {ms} ms", &[("ms", &ms.to_string())]));
    let limited = words::limited(reading.limited).map(str::to_owned);
    let more: Vec<String> = what.map(str::to_owned).into_iter().chain(size).chain(jitter).chain(limited).collect();
    view! {
        <tr>
            <th scope="row"><span class="figures__name">{name}</span><span class="figures__more">{more.join(" · ")}</span></th>
            <td>{words::rate(reading.kbps)}</td>
            <td class:figures__lost=reading.loss.is_some_and(|loss| Quality::of_loss(loss) > Quality::Good)>{words::share_or_dash(reading.loss)}</td>
        </tr>
    }
    .into_any()
}
