//! `[database]`: where accounts, meetings and invitations are kept.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ConfigError, secret};
use crate::db::postgres::Server;

/// `[database]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// A PostgreSQL server, `postgres://USER@HOST/DATABASE`. None: a SQLite file in the data folder.
    pub url: Option<String>,
    /// A file with the user's password, readable by this server alone.
    pub password_file: Option<PathBuf>,
    /// Whether a server on another machine may be reached although it does not prove who it is.
    pub unverified: bool,
}

impl Database {
    /// The server, when there is one, with its password.
    pub fn server(&self) -> Result<Option<Server>, ConfigError> {
        let Some(server) = self.place()? else { return Ok(None) };
        Ok(Some(match &self.password_file {
            Some(file) => server.with_password(&secret(file)?),
            None => server,
        }))
    }

    fn place(&self) -> Result<Option<Server>, ConfigError> {
        let server = self.url.as_deref().map(|url| Server::at(url, self.unverified)).transpose();
        server.map_err(|error| ConfigError::Wrong(format!("[database] `url` {error}")))
    }

    /// The server can be named, and nothing waits for one that is not.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.url.is_none() && *self != Self::default() {
            return Err(ConfigError::wrong(
                "[database] `password_file` and `unverified` are for a PostgreSQL server: add its `url`, or leave them out",
            ));
        }
        self.place().map(|_| ())
    }
}
