//! The schema's history, the same for every database: the files keep to the dialect that SQLite and PostgreSQL share. Where
//! one must differ some day, that number gets a file for each.

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Every schema change ever made, oldest first. What is released is never edited: the checksum would not match.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("../../migrations/0001_first.sql")),
    (2, "door", include_str!("../../migrations/0002_door.sql")),
    (3, "lobby", include_str!("../../migrations/0003_lobby.sql")),
    (4, "letters", include_str!("../../migrations/0004_letters.sql")),
    (5, "templates", include_str!("../../migrations/0005_templates.sql")),
    (6, "authenticators", include_str!("../../migrations/0006_authenticators.sql")),
    (7, "invitees_accounts", include_str!("../../migrations/0007_invitees_accounts.sql")),
    (8, "disabled_accounts", include_str!("../../migrations/0008_disabled_accounts.sql")),
];

/// Brings a database up to date.
pub(super) fn migrator() -> Migrator {
    let migration = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use shared::ids::{AccountId, InviteeId};
    use shared::limits::DOOR_CODE_TRIES;
    use shared::meeting::Role;

    use super::*;
    use crate::db::sql;
    use crate::letters::round::tests::board;
    use crate::routes::invitees::add;

    /// 7: a moderator who was invited under an account's name comes in with its login as before, and nobody else with it; the
    /// tries that an invitation has from the start are those that it is given later.
    #[tokio::test]
    async fn moderators_keep_the_login_of_their_own_name() {
        let (world, _, meeting) = board(0).await;
        for (n, (name, role)) in
            [("ada", Role::Moderator), ("Ada", Role::Participant), ("Mia", Role::Moderator)].into_iter().enumerate()
        {
            let id = InviteeId::from_random([u8::try_from(n).unwrap(); 16]);
            let invited = crate::meetings::invitees::Invited {
                id,
                organisation: meeting.organisation,
                meeting: meeting.id,
                name: name.into(),
                phone: None,
                email: None,
                role,
                account: None,
            };
            add(&world.state, &invited, crate::meetings::events::Actor::Clock).await.unwrap();
        }
        let (_, _, text) = MIGRATIONS[6];
        let update = &text[text.find("UPDATE").unwrap()..];
        sql::query(update.trim_end().trim_end_matches(';')).execute(world.state.db.write()).await.unwrap();
        let listed = crate::db::invitees::list(&world.state.db, meeting.organisation, meeting.id).await.unwrap();
        let accounts: Vec<Option<AccountId>> = listed.into_iter().map(|listed| listed.invited.account).collect();
        assert_eq!(accounts, [Some(meeting.created_by), None, None]);
        assert!(text.contains(&format!("code_tries_left BIGINT NOT NULL DEFAULT {DOOR_CODE_TRIES};")));
        assert!(MIGRATIONS[7].2.contains(&format!("door_wrong < {}", crate::db::authenticators::MOST_AT_DOORS)));
    }
}
