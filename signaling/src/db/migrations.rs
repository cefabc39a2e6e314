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
];

/// Brings a database up to date.
pub(super) fn migrator() -> Migrator {
    let migration = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}
