//! The recovery codes, shown this once: the server keeps only keyed hashes of them, and this page forgets them on closing.

use leptos::prelude::*;
use shared::secret::Secret;
use shared::text::tr;

use crate::console::focus;
use crate::ui::{Banner, Button, ButtonVariant, CopyButton, Dialog, Glyph, Icon, Tone};

/// The codes, and how to keep them.
#[component]
pub(super) fn RecoveryCodesDialog(
    /// Which.
    codes: Vec<Secret>,
    /// Called when it is closed.
    on_close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let open = RwSignal::new(true);
    Effect::new(move || {
        if !open.get() {
            on_close();
            focus::later("[data-testid=authenticator-off-open]");
        }
    });
    let lines = codes.iter().map(Secret::reveal).collect::<Vec<_>>().join("\n");
    view! {
        <Dialog open=open steady=true title=tr("Keep these recovery codes") testid="recovery-dialog">
            <p>{tr("Should you lose the telephone, each of them lets you in once in place of a code.")}</p>
            <ul class="recovery-codes" translate="no" data-testid="recovery-codes">
                {codes.iter().map(|code| view! { <li>{code.reveal().to_owned()}</li> }).collect_view()}
            </ul>
            <div class="pin-copies">
                <CopyButton text=Signal::stored(lines.clone()) words=tr("Copy them all") testid="copy-recovery" />
                <a class="button button--secondary" download="conclave-recovery-codes.txt" href=as_file(&lines) data-testid="recovery-file">
                    <Icon glyph=Glyph::Key /><span>{tr("Save as a file")}</span>
                </a>
            </div>
            <Banner tone=Tone::Warn icon=Glyph::Lock>
                {tr("They are shown this once. Print them or keep them where you keep passwords, not on the telephone that has the app.")}
            </Banner>
            <div class="dialog__actions">
                <Button variant=ButtonVariant::Primary testid="recovery-close" on:click=move |_| open.set(false)>{tr("I have kept them")}</Button>
            </div>
        </Dialog>
    }
}

/// The lines as an address that a browser saves.
fn as_file(lines: &str) -> String {
    let text = format!("{}\n{lines}\n", tr("Conclave recovery codes, each good once:"));
    format!("data:text/plain;charset=utf-8,{}", String::from(js_sys::encode_uri_component(&text)))
}
