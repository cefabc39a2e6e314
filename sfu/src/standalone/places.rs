//! How many connections may be open, in all and from one source, so that strangers cannot take every place.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// Who is connected. Clones share the count.
#[derive(Debug, Clone)]
pub(super) struct Places {
    most: usize,
    most_from_one: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's place; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place(Places, IpAddr);

impl Places {
    /// So many in all, and so many from one source.
    pub(super) fn new(most: usize, most_from_one: usize) -> Self {
        Self { most, most_from_one, open: Arc::default() }
    }

    /// A place for a connection from there, if there is one.
    pub(super) fn take(&self, peer: IpAddr) -> Option<Place> {
        let source = source(peer);
        let mut open = self.lock();
        let from_source = open.get(&source).copied().unwrap_or_default();
        if from_source >= self.most_from_one || open.values().sum::<usize>() >= self.most {
            return None;
        }
        open.insert(source, from_source + 1);
        Some(Place(self.clone(), source))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody gives way here: the pages' server is elsewhere, and whoever has no place sends over UDP.
impl crate::Place for Place {
    fn keep(&self) {}

    fn poll_given_away(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.0.lock();
        let left = open.get(&self.1).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            open.remove(&self.1);
        } else {
            open.insert(self.1, left);
        }
    }
}

/// Whom one address speaks for: with IPv6, everybody in its /64, which one customer has to themselves.
fn source(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_cannot_take_every_place() {
        let places = Places::new(20, 8);
        let from = |text: &str| places.take(text.parse().unwrap());
        let greedy: Vec<_> = (0..8).map(|n| from(&format!("2001:db8::{n:x}")).unwrap()).collect();
        assert!(from("2001:db8::ffff:1").is_none(), "the same network");
        assert!(from("2001:db8:0:1::1").is_some() && from("192.0.2.1").is_some());
        drop(greedy);
        assert!(from("2001:db8::1").is_some());
    }

    #[test]
    fn there_is_an_end_to_all_of_them() {
        let places = Places::new(20, 8);
        let all: Vec<_> = (0..20).map(|n| places.take(IpAddr::from([10, 0, 0, n]))).collect();
        assert!(all.iter().all(Option::is_some));
        assert!(places.take("192.0.2.1".parse().unwrap()).is_none());
    }
}
