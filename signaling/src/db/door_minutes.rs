//! Table `door_minutes`: tries at the PIN door in aggregate, one row for each minute in which any failed.

use shared::units::UnixMs;

use super::{Db, DbError, sql};
use crate::door::tally::Minute;

/// How long they are kept, milliseconds: 90 days, as long as somebody may ask what happened.
const KEPT_MS: i64 = 90 * 24 * 3_600_000;

const INSERT: &str = "INSERT INTO door_minutes (ended_at, evaluated, failed, turned_away, sources) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (ended_at) DO NOTHING";

/// Writes a minute and drops those that are old.
pub async fn insert(db: &Db, ended_at: UnixMs, minute: Minute) -> Result<(), DbError> {
    sql::query(INSERT)
        .bind(ended_at.0)
        .bind(i64::from(minute.evaluated))
        .bind(i64::from(minute.failed))
        .bind(i64::from(minute.turned_away))
        .bind(i64::from(minute.sources))
        .execute(db.write())
        .await?;
    sql::query("DELETE FROM door_minutes WHERE ended_at < $1")
        .bind(ended_at.plus_ms(-KEPT_MS).0)
        .execute(db.write())
        .await?;
    Ok(())
}
