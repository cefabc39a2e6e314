//! The same peer over another network path (ICE restart, RFC 8445 section 9).
//!
//! New credentials on both sides, everything else goes on: DTLS, SRTP with its counters, SCTP. Media travels on the old path
//! until the peer has nominated a new one.

use str0m::change::SdpOffer;

use crate::guard::{Panicked, guarded};
use crate::peer::{Peer, Promised};

impl Peer {
    /// Takes an offer with new ICE credentials; the answer. `Ok(None)` when str0m does not take it, of which the credentials may
    /// already have been changed.
    ///
    /// The streams that were taken out of str0m are in it while the answer is made: it would name others in their place, and
    /// their receivers would wait for those.
    pub(crate) fn restart(&mut self, offer: SdpOffer, streams: &[Promised]) -> Result<Option<String>, Panicked> {
        let rtc = &mut self.rtc;
        let answer = guarded(|| {
            for stream in streams.iter().filter(|stream| stream.mid == stream.known_as) {
                rtc.direct_api().declare_stream_tx(stream.ssrc, stream.rtx, stream.mid, None);
            }
            rtc.sdp_api().accept_offer(offer).map(|answer| answer.to_sdp_string()).ok()
        })?;
        for stream in streams {
            self.rtc.direct_api().remove_stream_tx(stream.ssrc);
        }
        Ok(answer)
    }
}
