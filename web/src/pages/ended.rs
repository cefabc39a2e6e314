//! It is over, for this page: why, and the way back.

use leptos::prelude::*;
use shared::signal::{JoinRefused, TurnedAway};
use shared::text::tr;

use crate::app::use_session;
use crate::room::{Ended, words};
use crate::ui::{Button, ButtonVariant, Card, Glyph, Icon, Page};

/// Why it ended, and what one can do now.
#[component]
pub(crate) fn EndedPage(
    /// Why.
    reason: Ended,
) -> impl IntoView {
    let session = use_session();
    let said = words::ended(&reason);
    let glyph = glyph_of(&reason);
    let reload = reason == Ended::Outdated;
    let back = words::leads_back_to_the_pin(&reason);
    view! {
        <Page narrow=true demo=session.store.demo>
            <div class="ended" data-testid="ended" data-reason=reason.name()>
                <Card class="center stack">
                    <span class="ended__icon"><Icon glyph=glyph /></span>
                    <h1 class="card__title" tabindex="-1">{said.what}</h1>
                    <p class="muted-text">{said.advice}</p>
                    {match (reload, back) {
                        (true, _) => view! {
                            <Button variant=ButtonVariant::Primary icon=Glyph::Refresh on:click=move |_| drop(window().location().reload())>{tr("Reload the page")}</Button>
                        }.into_any(),
                        (false, true) => view! {
                            <Button variant=ButtonVariant::Primary icon=Glyph::Back on:click=move |_| session.start_over()>{tr("Back to the PIN")}</Button>
                        }.into_any(),
                        (false, false) => view! {
                            <Button variant=ButtonVariant::Quiet on:click=move |_| session.start_anew()>{tr("Come in to another meeting")}</Button>
                        }.into_any(),
                    }}
                </Card>
            </div>
        </Page>
    }
}

const fn glyph_of(reason: &Ended) -> Glyph {
    match reason {
        Ended::Left | Ended::StayedOut => Glyph::Out,
        Ended::TurnedAway(TurnedAway::MeetingOver)
        | Ended::NotResumed(JoinRefused::MeetingOver | JoinRefused::Over) => Glyph::Check,
        Ended::TurnedAway(TurnedAway::ReplacedByNewer) => Glyph::Computer,
        Ended::Outdated | Ended::TurnedAway(TurnedAway::RoleChanged) => Glyph::Refresh,
        Ended::TurnedAway(TurnedAway::Refused { .. } | TurnedAway::Removed | TurnedAway::Revoked) => Glyph::Lock,
        Ended::NotResumed(_) => Glyph::Warning,
    }
}
