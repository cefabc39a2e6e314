//! Meetings: the rules about them, which know neither HTTP nor SQL, and what is issued for them.
//!
//! A console request becomes a [`Meeting`] in [`schedule`] and an invitee in [`invitees`]; [`phase`] says where it is
//! in its life; [`calendar`] writes the invitation; [`archive`] puts it away. [`pins`], [`links`] and [`passwords`] are what opens the door, and
//! [`events`] what is written down about it.

pub mod archive;
pub mod calendar;
pub mod events;
pub mod invitees;
pub mod links;
pub mod meeting;
pub mod passwords;
mod phase;
pub mod pins;
pub mod schedule;
pub mod send_limit;

pub use meeting::Meeting;
