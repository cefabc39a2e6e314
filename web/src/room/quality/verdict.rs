//! Rates become one word, with its reason.

use shared::quality::Quality;

use super::monitor::Reading;
use super::sample::{Limited, Path, Transport};

/// What a person can be told the matter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reason {
    /// There is no connection yet, or none any more.
    #[default]
    NotConnected,
    /// Nothing is the matter.
    Nothing,
    /// So many thousandths of what this page sends are lost.
    LossUp(u32),
    /// So many thousandths of what is sent to this page are lost.
    LossDown(u32),
    /// A packet takes so many milliseconds there and back.
    RoundTrip(u32),
    /// This computer cannot encode all that was asked of it.
    Computer,
    /// This network does not carry all that was asked for.
    Network,
    /// UDP is blocked, and nothing else is the matter.
    Tcp,
}

/// How well it serves, and why not better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// `None` without a connection.
    pub quality: Option<Quality>,
    /// The worst of the reasons.
    pub reason: Reason,
}

/// What a verdict rests on beside the streams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    pub(super) loss_up: Option<u32>,
    pub(super) loss_down: Option<u32>,
    pub(super) round_trip_ms: Option<u32>,
}

impl Verdict {
    /// The worst reason counts; of equally bad ones the one that the others suffer from.
    pub(super) fn of(path: &Path, figures: Figures, readings: &[Reading]) -> Self {
        let Figures { loss_up, loss_down, round_trip_ms } = figures;
        let limited = |by| readings.iter().any(|reading| reading.flows && reading.limited == by);
        let reasons = [
            loss_up.map(|loss| (Quality::of_loss(loss), Reason::LossUp(loss))),
            loss_down.map(|loss| (Quality::of_loss(loss), Reason::LossDown(loss))),
            round_trip_ms.map(|ms| (Quality::of_round_trip(ms), Reason::RoundTrip(ms))),
            limited(Limited::Computer).then_some((Quality::Fair, Reason::Computer)),
            limited(Limited::Network).then_some((Quality::Fair, Reason::Network)),
        ];
        let bad = reasons.into_iter().flatten().filter(|(quality, _)| *quality > Quality::Good);
        // `max_by_key` takes the last of equals.
        let worst = bad.rev().max_by_key(|(quality, _)| *quality);
        let otherwise = if path.transport == Transport::Tcp { Reason::Tcp } else { Reason::Nothing };
        let (quality, reason) = worst.unwrap_or((Quality::Good, otherwise));
        Self { quality: Some(quality), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::quality::Way;

    fn path(transport: Transport) -> Path {
        let way = Way::Direct;
        Path {
            transport,
            way,
            round_trip_ms: None,
            estimate_kbps: None,
            bytes_up: 0,
            bytes_down: 0,
            media_cipher: None,
            data_cipher: None,
        }
    }

    #[test]
    fn the_worst_reason_is_told_and_of_equals_the_one_that_others_suffer_from() {
        let cases = [
            ((None, None, None), Quality::Good, Reason::Nothing),
            ((Some(29), Some(29), Some(249)), Quality::Good, Reason::Nothing),
            ((Some(40), Some(90), Some(300)), Quality::Fair, Reason::LossUp(40)),
            ((Some(40), Some(120), Some(300)), Quality::Poor, Reason::LossDown(120)),
            ((None, None, Some(700)), Quality::Poor, Reason::RoundTrip(700)),
        ];
        for ((loss_up, loss_down, round_trip_ms), quality, reason) in cases {
            let verdict = Verdict::of(&path(Transport::Udp), Figures { loss_up, loss_down, round_trip_ms }, &[]);
            assert_eq!(verdict, Verdict { quality: Some(quality), reason });
        }
        let nothing = Figures { loss_up: None, loss_down: None, round_trip_ms: None };
        assert_eq!(Verdict::of(&path(Transport::Tcp), nothing, &[]).reason, Reason::Tcp);
    }
}
