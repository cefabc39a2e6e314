//! Pools, their connections, and transactions.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Database, Sqlite, SqlitePool};

/// Connections to the database. Clones share them.
#[derive(Debug, Clone)]
pub enum Pool {
    /// To a file of this process.
    Sqlite(SqlitePool),
}

/// One connection. It goes back to its pool when it is dropped.
#[derive(Debug)]
pub enum Connection {
    /// To a file of this process.
    Sqlite(Live<Sqlite>),
}

/// A driver's connection, in a transaction or not. sqlx has no type for either.
#[derive(Debug)]
pub enum Live<DB: Database> {
    /// Each statement counts by itself.
    Plain(PoolConnection<DB>),
    /// They count when the transaction is committed.
    InTransaction(sqlx::Transaction<'static, DB>),
}

impl Pool {
    /// Waits for a connection that nobody else uses.
    pub async fn acquire(&self) -> Result<Connection, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(Live::Plain(pool.acquire().await?)),
        })
    }

    /// The same, with a transaction begun on it.
    pub async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        Ok(Transaction(match self {
            Self::Sqlite(pool) => Connection::Sqlite(Live::InTransaction(pool.begin().await?)),
        }))
    }

    /// Closes every connection and waits for them.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
        }
    }
}

/// Statements that count together or not at all: dropped without [`Transaction::commit`], none does.
#[derive(Debug)]
pub struct Transaction(Connection);

impl Transaction {
    /// Makes the statements count.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0 {
            Connection::Sqlite(live) => live.commit().await,
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
