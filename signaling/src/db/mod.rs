//! The database: one SQLite file, one connection that writes and a few that read.
//!
//! Every statement is a `&'static str` in the dialect that SQLite and PostgreSQL share (`$N`, `ON CONFLICT`,
//! `RETURNING`), one file here per table, and runs through [`sql`]. Ids are TEXT, times are integer milliseconds.
//! What is deleted is overwritten (`secure_delete`), and the WAL is emptied when a meeting ends (D32).

pub mod accounts;
pub mod door_events;
pub mod door_minutes;
pub mod invitees;
pub mod meetings;
mod open;
pub mod passwords;
pub mod pins;
pub mod rooms;
pub mod sessions;
pub mod sql;

use std::path::PathBuf;

/// Why the database could not be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The file holds something else.
    #[error("{} is not a Conclave database: move it away, or name another data folder with --data", path.display())]
    NotADatabase {
        /// Which file.
        path: PathBuf,
    },
    /// The schema is newer than this program.
    #[error("{} was made by a newer version of Conclave: start that version, or name another data folder with --data", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
    },
    /// Neither of these: the disk, a lock, a constraint.
    #[error("the database failed: {0}")]
    Sql(#[from] sqlx::Error),
    /// A row holds a value that this program never writes.
    #[error("the database holds something unexpected in {column}")]
    Corrupt {
        /// Where.
        column: &'static str,
    },
}

/// The two pools. Clones share them.
#[derive(Debug, Clone)]
pub struct Db {
    writer: sql::Pool,
    readers: sql::Pool,
}

impl Db {
    /// For statements that only read; a write through it fails.
    pub fn read(&self) -> &sql::Pool {
        &self.readers
    }

    /// For statements that write: one connection, so writers queue here instead of colliding in SQLite.
    pub fn write(&self) -> &sql::Pool {
        &self.writer
    }

    /// Whether a statement that reads a table is answered.
    pub async fn answers(&self) -> Result<(), DbError> {
        sql::query("SELECT 1 FROM organisations LIMIT 1").fetch_optional(&self.readers).await?;
        Ok(())
    }

    /// Empties the write-ahead log into the database, so that nothing deleted stays readable in it.
    pub async fn truncate_wal(&self) -> Result<(), DbError> {
        sql::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await?;
        Ok(())
    }

    /// Closes both pools and waits for them.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A value out of a TEXT column.
fn column<T: std::str::FromStr>(row: &sql::Row, column: &'static str) -> Result<T, DbError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| DbError::Corrupt { column })
}
