//! Stories over a real socket: a meeting in the database, pages that speak the protocol, and a channel for an SFU.

mod codes;
mod devices;
mod disabling;
mod join;
mod lobby;
mod page;
mod protocol;
mod silence;
mod slow;
mod theatre;
mod upgrade;
