//! What several pages of the console share.

mod form_state;
mod head;
mod idle_watch;
mod phase;
mod refusal;
mod trouble;

pub(crate) use form_state::FormState;
pub(crate) use head::PageHead;
pub(crate) use idle_watch::IdleWatch;
pub(crate) use phase::PhaseBadge;
pub(crate) use refusal::Refusal;
pub(crate) use trouble::{Loading, Trouble};
