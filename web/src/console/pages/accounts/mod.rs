//! Accounts: how one's own logs in, and whose there are.

mod everybody;
mod sign_in;

use leptos::prelude::*;
use shared::text::tr;

use self::everybody::Everybody;
use self::sign_in::SignIn;
use crate::console::parts::PageHead;

/// One's own sign-in first, then everybody's accounts.
#[component]
pub(crate) fn AccountsPage() -> impl IntoView {
    view! {
        <div class="console-column stack" data-testid="accounts">
            <PageHead title=tr("Accounts") />
            <SignIn />
            <Everybody />
        </div>
    }
}
