//! What a person wants of a device, and what the browser is being asked for it.
//!
//! A browser may take seconds to open a camera, or wait for a permission prompt. Meanwhile the person's wish decides,
//! not whether there is a track yet: who presses the switch again wants it off, and gets it off.

/// Where a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is open, and nothing is asked for.
    Closed,
    /// The browser is being asked.
    Starting,
    /// There is a track.
    Open,
}

/// What a press on a device's switch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Off; what is still being opened is stopped when it arrives.
    TurnOff,
    /// On, and there is nothing to ask for: it is open, or on its way.
    TurnOn,
    /// On, and the browser has to be asked.
    Ask,
}

/// What a press does when the device is `wished` on or off and stands like this. Wished on and closed is a device
/// that did not start: a press tries again.
pub const fn press(wished: bool, standing: Standing) -> Press {
    match (wished, standing) {
        (true, Standing::Starting | Standing::Open) => Press::TurnOff,
        (false, Standing::Starting | Standing::Open) => Press::TurnOn,
        (_, Standing::Closed) => Press::Ask,
    }
}

/// Counts what the browser was asked for one device: only the newest answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    newest: u32,
    under_way: bool,
}

impl Calls {
    /// A new question, by its number. Answers to older ones no longer count.
    pub fn begin(&mut self) -> u32 {
        self.cancel();
        self.under_way = true;
        self.newest
    }

    /// No answer counts any more.
    pub fn cancel(&mut self) {
        self.newest = self.newest.wrapping_add(1);
        self.under_way = false;
    }

    /// An answer has come; whether it counts.
    pub fn end(&mut self, call: u32) -> bool {
        let counts = self.under_way && self.newest == call;
        self.under_way &= !counts;
        counts
    }

    /// Whether an answer is awaited.
    pub const fn under_way(&self) -> bool {
        self.under_way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three presses during one slow start: off, on, off, and the browser is asked once.
    #[test]
    fn during_a_start_the_wish_changes_and_the_browser_is_not_asked_again() {
        let mut wished = true;
        for expected in [Press::TurnOff, Press::TurnOn, Press::TurnOff] {
            assert_eq!(press(wished, Standing::Starting), expected);
            wished = !wished;
        }
        assert!(!wished, "what arrives now is stopped");
    }

    #[test]
    fn what_did_not_start_is_tried_again() {
        assert_eq!(press(true, Standing::Closed), Press::Ask);
        assert_eq!(press(false, Standing::Closed), Press::Ask);
    }

    #[test]
    fn a_muted_microphone_comes_back_without_a_question() {
        assert_eq!(press(true, Standing::Open), Press::TurnOff);
        assert_eq!(press(false, Standing::Open), Press::TurnOn);
    }

    #[test]
    fn only_the_newest_answer_counts() {
        let mut calls = Calls::default();
        let (old, new) = (calls.begin(), calls.begin());
        assert!(!calls.end(old) && calls.under_way(), "another camera was chosen meanwhile");
        assert!(calls.end(new) && !calls.under_way());
        assert!(!calls.end(new), "an answer comes once");
        let late = calls.begin();
        calls.cancel();
        assert!(!calls.end(late) && !calls.under_way(), "everything was stopped meanwhile");
    }
}
