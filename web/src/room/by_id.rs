//! A map from participants to something, in their order. A room has ten people: a sorted list is a tenth of a tree's code,
//! which every first visit downloads.

use shared::ids::ParticipantId;

/// The map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ById<T>(Vec<(ParticipantId, T)>);

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ById<T> {
    /// Puts something in; what was there before.
    pub fn insert(&mut self, id: ParticipantId, value: T) -> Option<T> {
        match self.place(id) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (id, value));
                None
            }
        }
    }

    /// Takes something out.
    pub fn remove(&mut self, id: &ParticipantId) -> Option<T> {
        self.place(*id).ok().map(|place| self.0.remove(place).1)
    }

    /// What is there.
    pub fn get(&self, id: &ParticipantId) -> Option<&T> {
        self.place(*id).ok().map(|place| &self.0[place].1)
    }

    /// Everybody, in order.
    pub fn keys(&self) -> impl Iterator<Item = &ParticipantId> {
        self.0.iter().map(|(id, _)| id)
    }

    /// Everybody with theirs, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(ParticipantId, T)> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, id: ParticipantId) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(&id))
    }
}

impl<T> FromIterator<(ParticipantId, T)> for ById<T> {
    fn from_iter<I: IntoIterator<Item = (ParticipantId, T)>>(pairs: I) -> Self {
        let mut map = Self::default();
        for (id, value) in pairs {
            map.insert(id, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_in_order_whatever_came_first() {
        let id = ParticipantId;
        let mut map: ById<&str> = [(id(3), "c"), (id(1), "a"), (id(3), "d")].into_iter().collect();
        assert_eq!((map.len(), map.get(&id(3)), map.get(&id(2))), (2, Some(&"d"), None));
        assert_eq!(map.insert(id(2), "b"), None);
        assert_eq!(map.insert(id(2), "B"), Some("b"));
        assert_eq!(map.keys().copied().collect::<Vec<_>>(), [id(1), id(2), id(3)]);
        assert_eq!((map.remove(&id(1)), map.remove(&id(1))), (Some("a"), None));
        assert_eq!(map.iter().map(|(_, value)| *value).collect::<String>(), "Bd");
        assert!(!map.is_empty() && ById::<u8>::default().is_empty());
    }
}
