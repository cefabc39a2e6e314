//! How well a connection serves a conversation: one scale for what a page measures and what the server measures.

use serde::{Deserialize, Serialize};

/// From here on gaps are heard now and then, thousandths of the packets.
const FAIR_LOSS: u32 = 30;
/// From here on words are missed.
const POOR_LOSS: u32 = 100;
/// From here on people begin to talk at once, milliseconds to the server and back. Two people's ways add up, and ITU-T
/// G.114 calls 150 ms from mouth to ear fine and 400 ms the end of what can be planned with.
const FAIR_ROUND_TRIP_MS: u32 = 250;
/// From here on a conversation is taking turns.
const POOR_ROUND_TRIP_MS: u32 = 600;

/// How well it serves; the worse, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Nobody notices anything.
    #[default]
    Good,
    /// It is noticed, and a conversation goes on.
    Fair,
    /// A conversation suffers.
    Poor,
}

impl Quality {
    /// By how many thousandths of the packets do not arrive.
    pub const fn of_loss(permille: u32) -> Self {
        match permille {
            POOR_LOSS.. => Self::Poor,
            FAIR_LOSS.. => Self::Fair,
            _ => Self::Good,
        }
    }

    /// By how long a packet takes there and back, milliseconds.
    pub const fn of_round_trip(ms: u32) -> Self {
        match ms {
            POOR_ROUND_TRIP_MS.. => Self::Poor,
            FAIR_ROUND_TRIP_MS.. => Self::Fair,
            _ => Self::Good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quality::{self, Fair, Good, Poor};

    #[test]
    fn each_grade_begins_where_it_is_noticed() {
        let loss = [(0, Good), (29, Good), (30, Fair), (99, Fair), (100, Poor), (1_000, Poor)];
        let round_trip = [(0, Good), (249, Good), (250, Fair), (599, Fair), (600, Poor), (u32::MAX, Poor)];
        for (permille, quality) in loss {
            assert_eq!(Quality::of_loss(permille), quality, "{permille} of a thousand");
        }
        for (ms, quality) in round_trip {
            assert_eq!(Quality::of_round_trip(ms), quality, "{ms} ms");
        }
        assert_eq!(Good.max(Poor).max(Fair), Poor, "the worst one counts");
    }
}
