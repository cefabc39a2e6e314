//! What is read in STUN messages: for whom a binding request is, and whether it nominates the way it came (RFC 8489, RFC 8445
//! section 7.1).
//!
//! Integrity is str0m's to check, once the session is found.

const HEADER_BYTES: usize = 20;
const BINDING_REQUEST: u16 = 0x0001;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: u16 = 0x0006;

const BINDING_SUCCESS: u16 = 0x0101;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;

/// The receiver's ICE user fragment in a binding request: what stands before the colon of `USERNAME`.
/// `None` for every other message.
pub fn local_ufrag(datagram: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(username(datagram)?).ok()?;
    name.split_once(':').map(|(local, _)| local)
}

/// Whose check of whom a binding request is.
pub(crate) fn username(datagram: &[u8]) -> Option<&[u8]> {
    attribute(datagram, USERNAME)
}

/// What the sender of a binding request thinks of the way that it takes.
pub(crate) fn priority(datagram: &[u8]) -> Option<u32> {
    attribute(datagram, PRIORITY)?.try_into().ok().map(u32::from_be_bytes)
}

/// The transaction of a binding request that nominates; `None` for every other message.
pub(crate) fn nominates(datagram: &[u8]) -> Option<[u8; 12]> {
    attribute(datagram, USE_CANDIDATE)?;
    datagram.get(8..20)?.try_into().ok()
}

/// Whether a message says that the request of this transaction was taken.
pub(crate) fn is_success(datagram: &[u8], transaction: &[u8; 12]) -> bool {
    be16(datagram) == Some(BINDING_SUCCESS) && datagram.get(8..20) == Some(transaction)
}

/// The first attribute of that type in a binding request. What follows the integrity is not covered by it: anybody on the way
/// may have put it there.
fn attribute(datagram: &[u8], kind: u16) -> Option<&[u8]> {
    let (header, mut rest) = datagram.split_at_checked(HEADER_BYTES)?;
    if be16(header)? != BINDING_REQUEST || header.get(4..8)? != MAGIC_COOKIE {
        return None;
    }
    while let Some((head, tail)) = rest.split_at_checked(4) {
        let size = usize::from(be16(&head[2..])?);
        let value = tail.get(..size)?;
        if be16(head)? == kind {
            return Some(value);
        }
        if be16(head)? == MESSAGE_INTEGRITY {
            return None;
        }
        rest = tail.get(size.next_multiple_of(4)..)?;
    }
    None
}

/// Whether the demultiplexer should take this for STUN (RFC 7983).
pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first < 4)
}

fn be16(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(username: &[u8]) -> Vec<u8> {
        let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        message.extend([7; 12]);
        message.extend([0x80, 0x22, 0, 3, b'a', b'b', b'c', 0]); // SOFTWARE, padded
        message.extend([0, 6, 0, username.len() as u8]);
        message.extend_from_slice(username);
        message
    }

    #[test]
    fn a_binding_request_names_its_receiver() {
        assert_eq!(local_ufrag(&request(b"server:client")), Some("server"));
    }

    #[test]
    fn a_nomination_and_its_answer_belong_together() {
        let mut check = request(b"server:clien"); // needs no padding
        assert_eq!(nominates(&check), None);
        check.extend([0, 0x25, 0, 0]);
        assert_eq!((nominates(&check), priority(&check)), (Some([7; 12]), None));
        check.extend([0, 0x24, 0, 4, 1, 2, 3, 4]);
        assert_eq!((priority(&check), username(&check)), (Some(0x0102_0304), Some(&b"server:clien"[..])));
        let mut answer = check.clone();
        answer[1] = 0x11;
        assert_eq!((nominates(&answer), is_success(&answer, &[7; 12])), (None, false), "an indication");
        answer[..2].copy_from_slice(&[1, 1]);
        assert!(is_success(&answer, &[7; 12]) && !is_success(&answer, &[8; 12]) && !is_success(&check, &[7; 12]));
    }

    #[test]
    fn what_follows_the_integrity_counts_for_nothing() {
        let mut check = request(b"server:clien");
        check.extend([0, 8, 0, 20]);
        check.extend([9; 20]);
        check.extend([0, 0x25, 0, 0, 0, 0x24, 0, 4, 1, 2, 3, 4]);
        assert_eq!((local_ufrag(&check), nominates(&check), priority(&check)), (Some("server"), None, None));
    }

    #[test]
    fn anything_else_names_nobody() {
        let mut response = request(b"server:client");
        response[0] = 1;
        let mut cookie = request(b"server:client");
        cookie[4] = 0;
        let truncated = &request(b"server:client")[..30];
        for datagram in [&response[..], &cookie[..], truncated, &request(b"nocolon"), &request(&[0xff, b':']), b""] {
            assert_eq!(local_ufrag(datagram), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = local_ufrag(&bytes);
            let mut request = request(b"a:b");
            request.truncate(20);
            request.extend(bytes);
            let _ = (local_ufrag(&request), nominates(&request), is_success(&request, &[7; 12]));
        }
    }
}
