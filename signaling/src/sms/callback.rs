//! Where a gateway over HTTP says what became of a message: an address of this server's for each, with 128 random bits in it
//! that the gateway alone is told. Whoever else learns of one (from a proxy's log) can say of that message that it arrived, or
//! did not, and nothing more; a signature as Twilio's would not cover the gateways that copy it.

use std::sync::Arc;

use shared::letter::DeliveryState;

use crate::chance::{Chance, hex};
use crate::letters::receipts::Receipt;

/// Longest reason of a gateway's that is kept, characters.
const MAX_SAID_CHARS: usize = 60;

/// The path before a message's own part.
pub const PATH: &str = "/sms/receipts/";

/// Makes addresses.
#[derive(Clone)]
pub struct Callbacks {
    base: String,
    chance: Arc<dyn Chance>,
}

impl Callbacks {
    /// On the server with this public URL.
    pub fn new(public_url: &str, chance: Arc<dyn Chance>) -> Self {
        Self { base: format!("{}{PATH}", public_url.trim_end_matches('/')), chance }
    }

    /// A message's own part, by which its receipt is known, and the whole address.
    pub(super) fn next(&self) -> (String, String) {
        let id = hex(&self.chance.id());
        let url = format!("{}{id}", self.base);
        (id, url)
    }
}

/// What a gateway said of the message with this part: Twilio's `MessageStatus` with its `ErrorCode`, or Kannel's `state` (its
/// `%d`: 1 delivered, 2 not, 16 not taken by the SMSC). `None`: nothing that is final.
pub fn read(id: &str, fields: &[(String, String)]) -> Option<Receipt> {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let state = match (field("MessageStatus"), field("state")) {
        (Some("delivered" | "read"), _) | (None, Some("1")) => DeliveryState::Delivered,
        (Some("undelivered" | "failed"), _) | (None, Some("2" | "16")) => DeliveryState::Undelivered,
        _ => return None,
    };
    let said = if state == DeliveryState::Undelivered { field("ErrorCode").unwrap_or_default() } else { "" };
    let said = said.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(MAX_SAID_CHARS).collect();
    Some(Receipt { of: id.to_owned(), state, said })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Option<(DeliveryState, String)> {
        let fields: Vec<_> = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        read("7", &fields).map(|receipt| (receipt.state, receipt.said))
    }

    #[test]
    fn what_is_final_is_a_receipt() {
        use DeliveryState::{Delivered, Undelivered};
        type Said<'s> = &'s [(&'s str, &'s str)];
        let table: [(Said<'_>, Option<(DeliveryState, &str)>); 9] = [
            (&[("MessageStatus", "delivered")], Some((Delivered, ""))),
            (&[("MessageStatus", "undelivered"), ("ErrorCode", "30003")], Some((Undelivered, "30003"))),
            (&[("MessageStatus", "failed"), ("ErrorCode", "3\r\n\u{1b}[31m")], Some((Undelivered, "3[31m"))),
            (&[("MessageStatus", "sent")], None),
            (&[("MessageStatus", "queued"), ("state", "1")], None),
            (&[("state", "1")], Some((Delivered, ""))),
            (&[("state", "2")], Some((Undelivered, ""))),
            (&[("state", "8")], None),
            (&[], None),
        ];
        for (pairs, expected) in table {
            assert_eq!(said(pairs), expected.map(|(state, said)| (state, said.to_owned())), "{pairs:?}");
        }
    }
}
