//! The part of sqlx's interface that this program uses, over whichever database is configured: a statement is written
//! once, `sql::query(STATEMENT).bind(…).fetch_one(on)`, and runs on any of them.
//!
//! sqlx's own `Any` driver is not taken: it gives up the drivers' options and their typed NULL. What it costs to do
//! without is here, and nothing outside of `db` names a driver.

mod connection;
mod query;
#[cfg(test)]
mod tests;

pub(in crate::db) use connection::PATIENCE;
pub use connection::{Connection, Live, Pool, Transaction};
pub use query::{Done, Mapped, On, Query, Readable, Row, Value, query, query_as, query_scalar};
