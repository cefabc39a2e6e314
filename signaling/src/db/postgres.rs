//! A PostgreSQL server: where it is, how safely it is reached, and what to tell the operator when it lets nobody in.
//!
//! One server uses a database at a time (`conclave admin` beside it writes a row or two). Writers queue for its one connection that writes, as they do on SQLite, and so
//! what a transaction looked up still holds when it inserts. For several nodes on one database (DESIGN 11) that is not
//! enough: such transactions then have to be `SERIALIZABLE` and be tried again when they collide, and who holds a room is
//! a lease in a table of its own.

mod errors;
#[cfg(test)]
mod tests;

use std::io;
use std::str::FromStr as _;
use std::time::Duration;

use shared::secret::Secret;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

pub use errors::{ServerError, UrlError};

use super::migrations::migrator;
use super::sql::{PATIENCE, Pool};
use super::{Db, DbError, READERS};

/// The oldest version that tests run on, as `server_version_num` has it.
const OLDEST: i32 = 150_000;
/// How long the server itself works on one statement, or leaves a transaction open that nobody goes on with. Less than
/// [`PATIENCE`].
const SERVER_PATIENCE: Duration = Duration::from_secs(6);

/// Where a server is, and its password, which comes later and from a file. Not `Debug`: sqlx would print it.
#[derive(Clone)]
pub struct Server {
    options: PgConnectOptions,
}

impl Server {
    /// Reads `postgres://USER@HOST/DATABASE`. Beyond this machine the server proves who it is, unless that is waived.
    pub fn at(url: &str, may_be_unverified: bool) -> Result<Self, UrlError> {
        let has_mode = check_parts(url)?;
        // A name between `@` and `/` is what the parser wants, although the socket in host= then counts.
        let options =
            PgConnectOptions::from_str(&url.replacen("@/", "@localhost/", 1)).map_err(|_| UrlError::Malformed)?;
        if options.get_database().is_none() {
            return Err(UrlError::NoDatabase);
        }
        let server = Self { options };
        let mode = match server.options.get_ssl_mode() {
            _ if server.is_socket() => PgSslMode::Disable,
            mode if has_mode => mode,
            _ if server.is_local() => PgSslMode::Disable,
            _ => PgSslMode::VerifyFull,
        };
        if !server.is_local() && !matches!(mode, PgSslMode::VerifyFull) && !may_be_unverified {
            return Err(UrlError::Unverified);
        }
        Ok(Self { options: server.options.ssl_mode(mode).application_name("conclave") })
    }

    /// The same with its password.
    pub fn with_password(self, password: &Secret) -> Self {
        Self { options: self.options.password(password.reveal()) }
    }

    fn is_socket(&self) -> bool {
        self.options.get_socket().is_some() || self.options.get_host().starts_with('/')
    }

    /// Whether what is said to it stays on this machine.
    fn is_local(&self) -> bool {
        let host = self.options.get_host().trim_start_matches('[').trim_end_matches(']');
        let is_loopback = |address: std::net::IpAddr| address.to_canonical().is_loopback();
        self.is_socket() || host == "localhost" || host.parse().is_ok_and(is_loopback)
    }

    /// `HOST:PORT`, or the socket's folder.
    fn place(&self) -> String {
        match self.options.get_socket() {
            Some(folder) => folder.display().to_string(),
            None if self.is_socket() => self.options.get_host().to_owned(),
            None => format!("{}:{}", self.options.get_host(), self.options.get_port()),
        }
    }

    fn database(&self) -> String {
        self.options.get_database().unwrap_or_default().to_owned()
    }
}

/// Nothing secret and nothing unknown stands in it. Says whether the safety of the line is named.
fn check_parts(url: &str) -> Result<bool, UrlError> {
    let rest =
        url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")).ok_or(UrlError::Malformed)?;
    let (before, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = before.split('/').next().unwrap_or_default();
    let names =
        parameters.split('&').filter(|one| !one.is_empty()).map(|one| one.split('=').next().unwrap_or_default());
    let names: Vec<_> = names.collect();
    let has_password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    if has_password || names.contains(&"password") {
        return Err(UrlError::Password);
    }
    if !names.iter().all(|name| ["host", "port", "sslmode", "sslrootcert"].contains(name)) {
        return Err(UrlError::Parameter);
    }
    Ok(names.contains(&"sslmode"))
}

impl Db {
    /// Connects to the server and brings the schema up to date.
    pub async fn connect(server: &Server) -> Result<Self, DbError> {
        let mut connection = server.reach().await?;
        server.check(&mut connection).await?;
        // Not with a time limit: a long migration is no reason to stop in the middle of it.
        migrator().run(&mut connection).await.map_err(|error| server.explain_migration(error))?;
        let _ = connection.close().await;
        // A connection is also busy while it travels to the server and back, which a file does not ask for.
        Ok(Self { writer: server.pool(1, Use::Write), readers: server.pool(2 * READERS, Use::Read) })
    }
}

/// What a pool's connections are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Read,
    Write,
}

impl Server {
    /// One connection, with a clear word about why there is none: a pool would try again until it has nothing to say.
    async fn reach(&self) -> Result<PgConnection, DbError> {
        match tokio::time::timeout(PATIENCE, self.options.connect()).await {
            Ok(connected) => connected.map_err(|error| self.explain(error)),
            Err(_) => Err(self.unreachable("it does not answer")),
        }
    }

    fn unreachable(&self, why: &str) -> DbError {
        ServerError::Unreachable { place: self.place(), why: why.to_owned() }.into()
    }

    async fn check(&self, connection: &mut PgConnection) -> Result<(), DbError> {
        let (number, version, encoding): (String, String, String) = sqlx::query_as(
            "SELECT current_setting('server_version_num'), current_setting('server_version'), current_setting('server_encoding')",
        )
        .fetch_one(connection)
        .await
        .map_err(|error| self.explain(error))?;
        let place = self.place();
        if number.parse::<i32>().is_ok_and(|number| number < OLDEST) {
            return Err(ServerError::TooOld { place, version }.into());
        }
        if encoding != "UTF8" {
            return Err(ServerError::Encoding { place, database: self.database(), encoding }.into());
        }
        Ok(())
    }

    /// Connections are made when they are needed and again when the server was away.
    fn pool(&self, connections: u32, what_for: Use) -> Pool {
        let limits = SERVER_PATIENCE.as_millis();
        let read_only = if what_for == Use::Read { "on" } else { "off" };
        let setting = format!(
            "SET statement_timeout = {limits}; SET idle_in_transaction_session_timeout = {limits}; \
             SET default_transaction_read_only = {read_only}"
        );
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                let setting = sqlx::AssertSqlSafe(setting.clone());
                Box::pin(async move { sqlx::raw_sql(setting).execute(connection).await.map(|_| ()) })
            })
            // Given back in the middle of a statement that nobody waits for any more, it may never be heard of again. sqlx
            // would wait for it all the same, and the one connection that writes would be lost.
            .after_release(|connection, _| {
                let sound = tokio::time::timeout(PATIENCE, connection.ping());
                Box::pin(async move { sound.await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true) })
            })
            .connect_lazy_with(self.options.clone());
        Pool::Postgres(pool)
    }

    /// Says what to do, where that is known.
    fn explain(&self, error: sqlx::Error) -> DbError {
        let (place, user, database) = (self.place(), self.options.get_username().to_owned(), self.database());
        match &error {
            // What rustls says about a certificate comes as this.
            sqlx::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                return ServerError::Tls { place, why: error.to_string() }.into();
            }
            sqlx::Error::Io(error) => return self.unreachable(&error.to_string()),
            sqlx::Error::Tls(error) => return ServerError::Tls { place, why: error.to_string() }.into(),
            _ => {}
        }
        let Some(said) = error.as_database_error() else { return DbError::Sql(error) };
        let why = said.message().to_owned();
        // https://www.postgresql.org/docs/15/errcodes-appendix.html
        match said.code().as_deref() {
            Some("28P01" | "28000") => ServerError::NotLetIn { place, user, why },
            Some("3D000") => ServerError::NoDatabase { place, database, user },
            Some("42501") => ServerError::NotAllowed { place, database, user, why },
            Some("25006") => ServerError::ReadOnly { place, why },
            Some("53300" | "57P01" | "57P02" | "57P03") => ServerError::Unreachable { place, why },
            _ => return DbError::Sql(error),
        }
        .into()
    }

    fn explain_migration(&self, error: MigrateError) -> DbError {
        let (place, database) = (self.place(), self.database());
        let foreign = || ServerError::Foreign { place: place.clone(), database: database.clone() }.into();
        match error {
            MigrateError::VersionMissing(_) => ServerError::Newer { place, database }.into(),
            MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => foreign(),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                // duplicate_table, duplicate_object: somebody else's have our names.
                match error.as_database_error().and_then(|said| said.code()).as_deref() {
                    Some("42P07" | "42710") => foreign(),
                    _ => self.explain(error),
                }
            }
            other => DbError::Sql(sqlx::Error::Migrate(Box::new(other))),
        }
    }
}
