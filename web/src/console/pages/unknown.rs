//! An address of no page.

use leptos::prelude::*;
use shared::text::tr;

use crate::console::navigation::Link;
use crate::console::parts::PageHead;
use crate::console::route::Route;

/// Says so, and leads back.
#[component]
pub(crate) fn UnknownPage() -> impl IntoView {
    view! {
        <PageHead title=tr("There is no such page") />
        <p><Link to=Route::Meetings>{tr("Back to the meetings")}</Link></p>
    }
}
