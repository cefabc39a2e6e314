//! Our own primitives on native elements: what a browser does well (focus trap, Esc, top layer, select menus)
//! is left to it. Their looks live in `styles/ui.css`; sizes and colours in `styles/tokens.css`.
//!
//! Components take props and emit callbacks; nothing here knows a meeting. Extra attributes and listeners can be put
//! on any of them (`<Button on:click=… attr:data-testid="…">`).

pub mod avatar;
pub mod badge;
pub mod banner;
pub mod bars;
pub mod button;
pub mod card;
pub mod checkbox;
pub mod copy;
pub mod dialog;
pub mod field;
pub mod icon;
pub mod page;
pub mod select;
pub mod spinner;
pub mod toast;

pub use avatar::{Avatar, initials};
pub use badge::Badge;
pub use banner::Banner;
pub use bars::Bars;
pub use button::{Button, ButtonVariant};
pub use card::Card;
pub use checkbox::Checkbox;
pub use copy::CopyButton;
pub use dialog::{ConfirmDialog, Dialog};
pub use field::{FieldError, TextField, next_id};
pub use icon::{Glyph, Icon};
pub use page::{Brand, DemoBanner, Page};
pub use select::{Choice, Select};
pub use spinner::Spinner;
pub use toast::{ToastRack, Toasts, use_toasts};

/// What a piece of the page means, beyond its words: a badge's, banner's or toast's tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Neutral,
    /// Worth noticing.
    Accent,
    /// As hoped.
    Good,
    /// Look twice.
    Warn,
    /// Failed, or cannot be undone.
    Danger,
}

impl Tone {
    /// Suffix of the CSS class, `""` for neutral.
    pub const fn modifier(self) -> &'static str {
        match self {
            Tone::Neutral => "",
            Tone::Accent => "accent",
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Danger => "danger",
        }
    }

    /// `block`, or `block block--tone`.
    pub(crate) fn class(self, block: &str) -> String {
        match self.modifier() {
            "" => block.to_owned(),
            modifier => format!("{block} {block}--{modifier}"),
        }
    }
}
