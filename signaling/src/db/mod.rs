//! The database: a SQLite file, or a PostgreSQL server; one connection that writes and a few that read.
//!
//! Every statement is a `&'static str` in the dialect that SQLite and PostgreSQL share (`$N`, `ON CONFLICT`,
//! `RETURNING`), one file here per table, and runs through [`sql`]. Ids are TEXT, times are integer milliseconds.
//! What is deleted is overwritten (`secure_delete`), and the WAL is emptied when a meeting ends (D32).

pub mod accounts;
pub mod authenticators;
pub mod door_events;
pub mod door_minutes;
pub mod invitees;
pub mod letters;
pub mod meetings;
mod migrations;
pub mod passwords;
pub mod pins;
pub mod postgres;
pub mod rooms;
pub mod sessions;
pub mod sql;
mod sqlite;
pub mod templates;

use std::path::PathBuf;

/// Connections that read. More lets more pages load at once and holds more memory.
const READERS: u32 = 4;

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
    /// The server is of no use.
    #[error(transparent)]
    Server(#[from] postgres::ServerError),
    /// It was there and is not now: stopped, cut off, full, or too slow to wait for. What was asked last may count or not.
    #[error("the database does not answer ({0})")]
    Away(sqlx::Error),
    /// None of these: the disk, a lock, a constraint.
    #[error("the database failed: {0}")]
    Sql(sqlx::Error),
    /// A row holds a value that this program never writes.
    #[error("the database holds something unexpected in {column}")]
    Corrupt {
        /// Where.
        column: &'static str,
    },
}

impl DbError {
    /// Whether the same may do in a moment.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) { Self::Away(error) } else { Self::Sql(error) }
    }
}

/// Whether it is the database that fails, not the statement.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(said) => said.code().is_some_and(|code| is_code_of_absence(&code)),
        _ => false,
    }
}

/// PostgreSQL's classes 08 (connection), 53 (out of disk, memory, connections), 57 (stopped, or told to stop) and 58
/// (files), a primary that became a standby, and a transaction that was given up on; SQLite's BUSY, IOERR and FULL.
fn is_code_of_absence(code: &str) -> bool {
    if code.len() == 5 {
        return ["25006", "25P03"].contains(&code)
            || ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class));
    }
    // The low byte is the primary code, whatever is added to it (https://sqlite.org/rescode.html).
    code.parse::<u16>().is_ok_and(|code| [5, 10, 13].contains(&(code & 0xff)))
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

    /// Empties the write-ahead log into the database, so that nothing deleted stays readable in it. A server does that
    /// with its own when it thinks fit.
    pub async fn truncate_wal(&self) -> Result<(), DbError> {
        if let sql::Pool::Sqlite(_) = &self.writer {
            sql::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await?;
        }
        Ok(())
    }

    /// Closes both pools and waits for them.
    pub async fn close(&self) {
        tokio::join!(self.readers.close(), self.writer.close());
    }
}

/// A value out of a TEXT column.
fn column<T: std::str::FromStr>(row: &sql::Row, column: &'static str) -> Result<T, DbError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| DbError::Corrupt { column })
}

/// The same where it may be NULL.
fn optional<T: std::str::FromStr>(row: &sql::Row, column: &'static str) -> Result<Option<T>, DbError> {
    let text = row.try_get::<Option<&str>, _>(column)?;
    text.map(|text| text.parse().map_err(|_| DbError::Corrupt { column })).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_statement_does_wrong_is_not_taken_for_an_absence() {
        let absent = [
            "08006", "53100", "53300", "57014", "57P01", "57P03", "58030", "25006", "25P03", "5", "10", "13", "517",
            "778",
        ];
        let wrong = ["23505", "42P01", "42703", "22021", "40001", "1", "19", "787", "1555", "2067"];
        for (codes, is_absence) in [(absent.as_slice(), true), (wrong.as_slice(), false)] {
            for code in codes {
                assert_eq!(is_code_of_absence(code), is_absence, "{code}");
            }
        }
    }
}
