//! Meetings: the rules about them, which know neither HTTP nor SQL.
//!
//! A console request becomes a [`Meeting`] in [`schedule`] and an invitee in [`invitees`]; [`phase`] says where it is
//! in its life; [`calendar`] writes the invitation.

pub mod calendar;
pub mod invitees;
pub mod meeting;
mod phase;
pub mod schedule;

pub use meeting::Meeting;
