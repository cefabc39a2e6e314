//! How well this page's connection serves, from what the browser counts: a [`Sample`] goes in every second or two, a
//! [`Report`] over the last five seconds comes out. Integers all the way, and no browser in it.
//!
//! - `sample`: what is counted
//! - `monitor`: counts become rates
//! - [`silence`]: nothing comes any more
//! - `verdict`: rates become one word and its reason
//! - [`words`]: what a person reads, and what they may copy for whoever helps them

mod monitor;
mod sample;
pub mod silence;
mod verdict;
pub mod words;

pub use monitor::{Monitor, Reading, Report};
pub use sample::{Counts, Limited, Line, Path, Sample, Stream, Transport, Way};
pub use verdict::{Reason, Verdict};
