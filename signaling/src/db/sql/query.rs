//! A statement, what is bound to it, and the rows it gives.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Database, Decode, Encode, FromRow, Postgres, Row as _, Sqlite, Type};

use super::connection::in_time;
use super::{Connection, Pool};

/// A statement with `$1`, `$2` … in it.
pub fn query(sql: &'static str) -> Query {
    Query { sql, values: Vec::new() }
}

/// A statement whose rows have one column.
pub fn query_scalar<T: for<'r> Readable<'r>>(sql: &'static str) -> Mapped<T> {
    Mapped { query: query(sql), read: |row| row.try_get(0) }
}

/// A statement whose rows are tuples.
pub fn query_as<T>(sql: &'static str) -> Mapped<T>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
{
    let read = |row: &Row| match row {
        Row::Sqlite(row) => T::from_row(row),
        Row::Postgres(row) => T::from_row(row),
    };
    Mapped { query: query(sql), read }
}

/// What a statement is given for `$1` and so on. A NULL keeps its type: PostgreSQL wants to know it.
#[derive(Debug, Clone)]
pub enum Value {
    /// TEXT
    Text(Option<String>),
    /// BIGINT
    Number(Option<i64>),
    /// BOOLEAN
    Flag(Option<bool>),
}

macro_rules! values {
    ($($from:ty => $kind:ident, $value:ident $convert:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                Self::$kind($convert)
            }
        })*
    };
}
values! {
    &str => Text, value Some(value.to_owned());
    String => Text, value Some(value);
    &String => Text, value Some(value.clone());
    Option<&str> => Text, value value.map(str::to_owned);
    Option<String> => Text, value value;
    &Option<String> => Text, value value.clone();
    i64 => Number, value Some(value);
    Option<i64> => Number, value value;
    bool => Flag, value Some(value);
    Option<bool> => Flag, value value;
}

/// What a column can be read as, from any database. PostgreSQL is exact about it: `COUNT`, `MAX` and BIGINT columns are
/// `i64`, a literal `1` is not, and the `SUM` of BIGINT is no integer at all.
pub trait Readable<'r>: Type<Sqlite> + Decode<'r, Sqlite> + Type<Postgres> + Decode<'r, Postgres> {}
impl<'r, T: Type<Sqlite> + Decode<'r, Sqlite> + Type<Postgres> + Decode<'r, Postgres>> Readable<'r> for T {}

/// One row of an answer.
#[derive(Debug)]
pub enum Row {
    /// From a file of this process.
    Sqlite(SqliteRow),
    /// From a server.
    Postgres(PgRow),
}

impl Row {
    /// The value in a column, by name or by position.
    pub fn try_get<'r, T, I>(&'r self, column: I) -> Result<T, sqlx::Error>
    where
        T: Readable<'r>,
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

/// What a statement did.
#[derive(Debug, Clone, Copy)]
pub struct Done(u64);

impl Done {
    /// How many rows it wrote.
    pub fn rows_affected(self) -> u64 {
        self.0
    }
}

/// Where a statement runs: on any connection of a pool, or on the caller's.
#[derive(Debug)]
pub enum On<'c> {
    /// Any.
    Pool(&'c Pool),
    /// The caller's.
    Connection(&'c mut Connection),
}

impl<'c> From<&'c Pool> for On<'c> {
    fn from(pool: &'c Pool) -> Self {
        Self::Pool(pool)
    }
}

impl<'c> From<&'c mut Connection> for On<'c> {
    fn from(connection: &'c mut Connection) -> Self {
        Self::Connection(connection)
    }
}

/// A statement and what is bound to it.
#[must_use = "a statement does nothing until it is executed"]
pub struct Query {
    sql: &'static str,
    values: Vec<Value>,
}

impl Query {
    /// Another value for the statement.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it for what it does.
    pub async fn execute<'c>(self, on: impl Into<On<'c>>) -> Result<Done, sqlx::Error> {
        let mut kept = None;
        Ok(Done(match on.into().connection(&mut kept).await? {
            Connection::Sqlite(on) => self.of::<Sqlite>().execute(&mut **on).await?.rows_affected(),
            Connection::Postgres(on) => in_time(self.of::<Postgres>().execute(&mut **on)).await?.rows_affected(),
        }))
    }

    /// Runs it for its one row; none is an error.
    pub async fn fetch_one<'c>(self, on: impl Into<On<'c>>) -> Result<Row, sqlx::Error> {
        self.fetch_optional(on).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Runs it for its first row, if there is any.
    pub async fn fetch_optional<'c>(self, on: impl Into<On<'c>>) -> Result<Option<Row>, sqlx::Error> {
        let mut kept = None;
        Ok(match on.into().connection(&mut kept).await? {
            Connection::Sqlite(on) => self.of::<Sqlite>().fetch_optional(&mut **on).await?.map(Row::Sqlite),
            Connection::Postgres(on) => {
                in_time(self.of::<Postgres>().fetch_optional(&mut **on)).await?.map(Row::Postgres)
            }
        })
    }

    /// Runs it for all its rows.
    pub async fn fetch_all<'c>(self, on: impl Into<On<'c>>) -> Result<Vec<Row>, sqlx::Error> {
        let mut kept = None;
        Ok(match on.into().connection(&mut kept).await? {
            Connection::Sqlite(on) => {
                self.of::<Sqlite>().fetch_all(&mut **on).await?.into_iter().map(Row::Sqlite).collect()
            }
            Connection::Postgres(on) => {
                let rows = in_time(self.of::<Postgres>().fetch_all(&mut **on)).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// As one driver takes it.
    fn of<DB: Database>(self) -> sqlx::query::Query<'static, DB, DB::Arguments>
    where
        DB::Arguments: sqlx::IntoArguments<DB>,
        Option<String>: Encode<'static, DB> + Type<DB>,
        Option<i64>: Encode<'static, DB> + Type<DB>,
        Option<bool>: Encode<'static, DB> + Type<DB>,
    {
        self.values.into_iter().fold(sqlx::query(self.sql), |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
            Value::Flag(flag) => query.bind(flag),
        })
    }
}

impl<'c> On<'c> {
    /// The connection; a pool's is kept by the caller for as long as it is used.
    async fn connection<'k>(self, kept: &'k mut Option<Connection>) -> Result<&'k mut Connection, sqlx::Error>
    where
        'c: 'k,
    {
        match self {
            Self::Connection(connection) => Ok(connection),
            Self::Pool(pool) => Ok(kept.insert(pool.acquire().await?)),
        }
    }
}

/// A statement, what is bound to it, and how its rows are read.
#[must_use = "a statement does nothing until it is executed"]
pub struct Mapped<T> {
    query: Query,
    read: fn(&Row) -> Result<T, sqlx::Error>,
}

impl<T> Mapped<T> {
    /// Another value for the statement.
    pub fn bind(self, value: impl Into<Value>) -> Self {
        Self { query: self.query.bind(value), ..self }
    }

    /// Its one row; no row is an error.
    pub async fn fetch_one<'c>(self, on: impl Into<On<'c>>) -> Result<T, sqlx::Error> {
        (self.read)(&self.query.fetch_one(on).await?)
    }

    /// Its first row, if there is any.
    pub async fn fetch_optional<'c>(self, on: impl Into<On<'c>>) -> Result<Option<T>, sqlx::Error> {
        self.query.fetch_optional(on).await?.as_ref().map(self.read).transpose()
    }

    /// All its rows.
    pub async fn fetch_all<'c>(self, on: impl Into<On<'c>>) -> Result<Vec<T>, sqlx::Error> {
        self.query.fetch_all(on).await?.iter().map(self.read).collect()
    }
}
