//! The meeting record: who was invited, who came when and on what evidence, who let them in, who left. Made from the door
//! events once a meeting is over, signed, and checked by `conclave record verify` without a server.
//!
//! [`content`] is what it says, [`jws`] the signature around it, [`page`] the same as a page to read and print, [`check`]
//! the verification of either file. The page is written from the signed content alone, letter by letter the same each time,
//! so that whoever verifies a page knows that what they read in it is what was signed.

pub mod check;
pub mod content;
pub mod jws;
pub mod page;
mod words;
