//! Notices that nothing comes any more, seconds before ICE does: a browser whose cable was pulled, with another network
//! beside it, looks on for almost four seconds.

/// Looks in a row without a single byte: half a second. The server reports every second on what it sends, and several times a
/// second on what it receives: so long a silence is seldom a pause between two words, and then it costs a question.
const QUIET_LOOKS: u8 = 3;
/// Looks in a row in which something came before silence means anything.
const FLOWING_LOOKS: u8 = 4;

/// How often to look once nothing came, milliseconds; half as often does while something comes.
pub const LOOK_EVERY_MS: u64 = 125;

/// What was seen.
#[derive(Debug, Default)]
pub struct Silence {
    bytes: Option<u64>,
    flowing: u8,
    quiet: u8,
}

impl Silence {
    /// So many bytes had come by now. Whether they have just stopped coming; said once until they flow again.
    pub fn look(&mut self, bytes: u64) -> bool {
        let before = self.bytes.replace(bytes);
        match before {
            Some(before) if bytes == before => self.quiet = self.quiet.saturating_add(1),
            Some(before) if bytes > before => {
                let flowed_before = if self.quiet == 0 { self.flowing } else { 0 };
                (self.flowing, self.quiet) = (flowed_before.saturating_add(1), 0);
            }
            // The first look, or another connection.
            _ => (self.flowing, self.quiet) = (0, 0),
        }
        self.quiet == QUIET_LOOKS && self.flowing >= FLOWING_LOOKS
    }

    /// Whether nothing came at the last look.
    pub fn is_quiet(&self) -> bool {
        self.quiet > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At which of these looks silence was noticed; each number is what came between two looks.
    fn noticed(came: &[u64]) -> Vec<usize> {
        let (mut silence, mut bytes) = (Silence::default(), 1_000);
        silence.look(bytes);
        let mut look = |came: &u64| {
            bytes += came;
            silence.look(bytes)
        };
        (0..).zip(came).filter(|(_, came)| look(came)).map(|(at, _)| at).collect()
    }

    #[test]
    fn a_stream_that_stops_is_noticed_once() {
        assert_eq!(noticed(&[9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0]), [6]);
        assert_eq!(
            noticed(&[9, 9, 9, 9, 0, 0, 0, 0, 0, 9, 9, 9, 9, 0, 0, 0, 0]),
            [6, 15],
            "and again when it is again"
        );
    }

    #[test]
    fn pauses_and_trickles_are_no_silence() {
        let none: [usize; 0] = [];
        assert_eq!(noticed(&[0; 20]), none, "nothing ever came");
        assert_eq!(noticed(&[9, 9, 9, 9, 0, 0, 9, 0, 0, 9, 0, 0]), none, "reports");
        assert_eq!(noticed(&[9, 0, 0, 0, 9, 0, 0, 0, 0]), none, "and one that is lost");
    }

    #[test]
    fn another_connection_begins_anew() {
        let mut silence = Silence::default();
        (0..8).for_each(|look| assert!(!silence.look(look * 100)));
        assert!((0..8).all(|_| !silence.look(5)), "it counts from the beginning");
    }
}
