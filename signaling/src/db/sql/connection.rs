//! Pools, their connections, and transactions.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, PgPool, Postgres, Sqlite, SqlitePool};

/// How long a server may take over one step: giving a connection, doing a statement, committing. Longer lets more people
/// wait behind a database that is gone, shorter refuses them while it is only slow. The server itself gives up a little
/// sooner (`db::postgres`), so that what it was slow with is known not to have counted.
pub(in crate::db) const PATIENCE: Duration = Duration::from_secs(8);

/// Connections to the database. Clones share them.
#[derive(Debug, Clone)]
pub enum Pool {
    /// To a file of this process.
    Sqlite(SqlitePool),
    /// To a server.
    Postgres(PgPool),
}

/// One connection. It goes back to its pool when it is dropped.
#[derive(Debug)]
pub enum Connection {
    /// To a file of this process.
    Sqlite(Live<Sqlite>),
    /// To a server.
    Postgres(Live<Postgres>),
}

/// A driver's connection, in a transaction or not. sqlx has no type for either.
#[derive(Debug)]
pub enum Live<DB: Database> {
    /// Each statement counts by itself.
    Plain(PoolConnection<DB>),
    /// They count when the transaction is committed.
    InTransaction(sqlx::Transaction<'static, DB>),
}

/// What a server is asked for, within [`PATIENCE`]: sqlx waits for an answer for as long as the connection seems to stand,
/// and a server that was stopped or unplugged closes none.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

impl Pool {
    /// Waits for a connection that nobody else uses.
    pub async fn acquire(&self) -> Result<Connection, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(Live::Plain(pool.acquire().await?)),
            Self::Postgres(pool) => Connection::Postgres(Live::Plain(in_time(pool.acquire()).await?)),
        })
    }

    /// The same, with a transaction begun on it.
    pub async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        Ok(Transaction(match self {
            Self::Sqlite(pool) => Connection::Sqlite(Live::InTransaction(pool.begin().await?)),
            Self::Postgres(pool) => Connection::Postgres(Live::InTransaction(in_time(pool.begin()).await?)),
        }))
    }

    /// Closes every connection and waits for them.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            // One that hangs is left to the system: this process ends.
            Self::Postgres(pool) => {
                let _ = tokio::time::timeout(PATIENCE, pool.close()).await;
            }
        }
    }
}

/// Statements that count together or not at all: dropped without [`Transaction::commit`], none does.
#[derive(Debug)]
pub struct Transaction(Connection);

impl Transaction {
    /// Makes the statements count. An error that says that the server was silent leaves open whether they do.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0 {
            Connection::Sqlite(live) => live.commit().await,
            Connection::Postgres(live) => in_time(live.commit()).await,
        }
    }
}

impl<DB: Database> Live<DB> {
    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::InTransaction(transaction) => transaction.commit().await,
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl<DB: Database> Deref for Live<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match self {
            Self::Plain(connection) => connection,
            Self::InTransaction(transaction) => transaction,
        }
    }
}

impl<DB: Database> DerefMut for Live<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match self {
            Self::Plain(connection) => connection,
            Self::InTransaction(transaction) => transaction,
        }
    }
}
