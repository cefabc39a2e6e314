//! Invitation links: `{public_url}/join#TOKEN`. The token is in the fragment, so it reaches no server's log, and names
//! meeting and person; the PIN is still asked.
//!
//! A token is derived from a key outside the database ([`crate::keys`]) and can be shown again at any time; the database
//! has its SHA-256 alone.

use shared::ids::InviteeId;
use shared::secret::Secret;

use crate::chance::token_hash;
use crate::db::{Db, DbError};
use crate::keys::Keys;

/// What the database holds in place of this invitee's token.
pub fn hash(keys: &Keys, invitee: InviteeId) -> String {
    token_hash(keys.link_token(invitee).reveal())
}

/// This invitee's link.
pub fn url(keys: &Keys, public_url: &str, invitee: InviteeId) -> String {
    format!("{}/join#{}", public_url.trim_end_matches('/'), keys.link_token(invitee).reveal())
}

/// What to look for in the database when a page brings this token; `None` when it is no token at all.
pub fn hash_of_typed(token: &Secret) -> Option<String> {
    let token = token.reveal().trim();
    let is_token = token.len() == 32 && token.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_token.then(|| token_hash(&token.to_ascii_lowercase()))
}

/// Says in the log when the link key is not the one that the newest invitation was made with.
pub async fn check_key(db: &Db, keys: &Keys) -> Result<(), DbError> {
    if let Some((invitee, stored)) = crate::db::pins::newest_link(db).await?
        && hash(keys, invitee) != stored
    {
        tracing::error!(
            "the key of the invitation links is not the one they were made with: links sent before open the page but no \
             longer name their person. Restore link.key in the keys folder from its backup"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::SystemChance;

    #[test]
    fn a_link_carries_its_token_in_the_fragment() {
        let folder = crate::testing::folder();
        let keys = Keys::open(folder.path(), &SystemChance).unwrap();
        let olga = InviteeId::from_random([1; 16]);
        let link = url(&keys, "https://meet.example.org/", olga);
        let token = link.strip_prefix("https://meet.example.org/join#").unwrap();
        assert_eq!(hash_of_typed(&Secret::new(token)), Some(hash(&keys, olga)));
        assert_ne!(hash(&keys, olga), hash(&keys, InviteeId::from_random([2; 16])));
        for nonsense in ["", "abc", &"é".repeat(16), &"ab".repeat(17)] {
            assert_eq!(hash_of_typed(&Secret::new(nonsense)), None, "{nonsense}");
        }
    }
}
