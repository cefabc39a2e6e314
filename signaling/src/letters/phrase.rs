//! The words by which the invited recognise the real page: a few from a list, another few for each invitation, derived from a
//! key outside the database. The invitation says them, and the page says them back once the PIN was right; a page that only
//! looks like this one cannot know them.

use shared::ids::InviteeId;

use crate::keys::Keys;

/// 256 words that are told apart when somebody reads them out.
const WORDS: &str = include_str!("words.txt");
/// How many of them: 32 bits, of which nobody gets a second guess.
const LENGTH: usize = 4;

/// An invitee's words.
pub fn phrase(keys: &Keys, invitee: InviteeId) -> String {
    let bits: [u8; LENGTH] = keys.phrase_bits(invitee);
    let word = |bits: u8| WORDS.split_whitespace().nth(usize::from(bits)).unwrap_or_default();
    bits.map(word).join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::chance::SystemChance;

    #[test]
    fn each_invitation_has_words_of_its_own_and_keeps_them() {
        let folder = crate::testing::folder();
        let keys = Keys::open(folder.path(), &SystemChance).unwrap();
        let of = |n: u8| phrase(&keys, InviteeId::from_random([n; 16]));
        let all: BTreeSet<String> = (0..=255).map(of).collect();
        assert_eq!(all.len(), 256);
        assert!(all.iter().all(|phrase| phrase.split(' ').filter(|word| word.len() >= 3).count() == LENGTH));
        assert_eq!(of(7), phrase(&Keys::open(folder.path(), &SystemChance).unwrap(), InviteeId::from_random([7; 16])));
        let other = Keys::open(&folder.path().join("other"), &SystemChance).unwrap();
        assert_ne!(of(7), phrase(&other, InviteeId::from_random([7; 16])), "another deployment's are others");
    }

    /// A byte names one word, so that each is as likely as the next.
    #[test]
    fn there_are_256_words_and_no_two_are_alike() {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let distinct: BTreeSet<&str> = words.iter().copied().collect();
        assert_eq!((words.len(), distinct.len()), (256, 256));
        assert!(words.iter().all(|word| word.len() <= 12 && word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }
}
