//! A SQLite file: pragmas, and telling "not a database" from other trouble.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::migrations::migrator;
use super::{Db, DbError, READERS, sql};

/// How long a statement waits for a lock before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// SQLite's result code for a file that is something else (https://sqlite.org/rescode.html#notadb).
const SQLITE_NOTADB: &str = "26";

/// The first bytes of every SQLite file (https://sqlite.org/fileformat.html section 1.3.1).
const HEADER: &[u8] = b"SQLite format 3\0";

impl Db {
    /// Opens the file, makes it when it is missing, and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, DbError> {
        if is_something_else(path) {
            return Err(DbError::NotADatabase { path: path.to_owned() });
        }
        let options = options(path);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(|error| explain(path, error))?;
        migrator().run(&writer).await.map_err(|error| explain_migration(path, error))?;
        let readers =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options.pragma("query_only", "on")).await?;
        Ok(Self { writer: sql::Pool::Sqlite(writer), readers: sql::Pool::Sqlite(readers) })
    }
}

/// SQLite takes a file shorter than a page for an empty database and writes over it, whatever was in it. An empty file
/// is fine, and one that cannot be read is SQLite's to complain about.
fn is_something_else(path: &Path) -> bool {
    let mut start = Vec::with_capacity(HEADER.len());
    let read = File::open(path).and_then(|file| file.take(HEADER.len() as u64).read_to_end(&mut start));
    read.is_ok() && !start.is_empty() && start != HEADER
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("secure_delete", "on")
        // Sorting spills to memory, never to a file that outlives a crash.
        .pragma("temp_store", "memory")
}

fn explain(path: &Path, error: sqlx::Error) -> DbError {
    let not_a_database = error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == SQLITE_NOTADB);
    if not_a_database { DbError::NotADatabase { path: path.to_owned() } } else { DbError::Sql(error) }
}

fn explain_migration(path: &Path, error: MigrateError) -> DbError {
    match error {
        MigrateError::VersionMissing(_) => DbError::Newer { path: path.to_owned() },
        // A database of another program: its tables are in the way of ours.
        MigrateError::ExecuteMigration(..) | MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => {
            DbError::NotADatabase { path: path.to_owned() }
        }
        MigrateError::Execute(error) => explain(path, error),
        other => DbError::Sql(sqlx::Error::Migrate(Box::new(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_something_else_is_named_and_kept() {
        let folder = crate::testing::folder();
        let path = folder.path().join("conclave.db");
        for length in [1, 200] {
            let letter = "this is a letter, not a database. ".repeat(length);
            std::fs::write(&path, &letter).unwrap();
            let error = Db::open(&path).await.unwrap_err();
            assert!(matches!(error, DbError::NotADatabase { .. }), "{error:?}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
        }
    }

    #[tokio::test]
    async fn readers_cannot_write_and_the_pragmas_hold() {
        let world = crate::testing::world().await;
        let db = &world.state.db;
        let error = sql::query("DELETE FROM meetings").execute(db.read()).await.unwrap_err().to_string();
        assert!(error.contains("readonly") || error.contains("read-only"), "{error}");
        if let sql::Pool::Postgres(_) = db.read() {
            return;
        }
        for (pragma, want) in [("PRAGMA secure_delete", 1), ("PRAGMA foreign_keys", 1)] {
            let got: i64 = sql::query_scalar(pragma).fetch_one(db.write()).await.unwrap();
            assert_eq!(got, want, "{pragma}");
        }
        let mode: String = sql::query_scalar("PRAGMA journal_mode").fetch_one(db.write()).await.unwrap();
        assert_eq!(mode, "wal");
    }
}
