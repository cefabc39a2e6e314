//! What an operator reads when a server is of no use.

/// What is wrong with the `url` of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is something else.
    #[error("must be postgres://USER@HOST/DATABASE")]
    Malformed,
    /// It would be printed with the configuration.
    #[error("holds a password, which is printed at every start: put it into a file and name that in `password_file`")]
    Password,
    /// A setting after the `?`.
    #[error("knows host=, port=, sslmode= and sslrootcert= after the question mark and nothing else")]
    Parameter,
    /// No database.
    #[error("names no database: postgres://USER@HOST/DATABASE")]
    NoDatabase,
    /// Names, numbers and the password's proof would travel where others read or change them.
    #[error(
        "reaches another machine without checking who answers: leave sslmode out (then it is verify-full), or set \
         `unverified = true` where the network between is nobody else's"
    )]
    Unverified,
}

/// Why a server is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nobody answers there, or not in time.
    #[error("the database server at {place} cannot be reached ({why}): start it, or correct `url` under [database]")]
    Unreachable {
        /// Where.
        place: String,
        /// In the system's words.
        why: String,
    },
    /// It does not take the user, or the password.
    #[error(
        "the database server at {place} does not let {user} in ({why}): check `url` and `password_file` under [database], and the server's pg_hba.conf"
    )]
    NotLetIn {
        /// Where.
        place: String,
        /// Who.
        user: String,
        /// In the server's words.
        why: String,
    },
    /// The database is not there.
    #[error(
        "there is no database {database} at {place}: make it with `createdb --owner={user} {database}`, or correct `url` under [database]"
    )]
    NoDatabase {
        /// Where.
        place: String,
        /// Which.
        database: String,
        /// Whose it should be.
        user: String,
    },
    /// It does not prove who it is.
    #[error(
        "the database server at {place} cannot prove that it is the one ({why}): name the file of its authority's certificate as sslrootcert= in `url`, and give the server a certificate for its name"
    )]
    Tls {
        /// Where.
        place: String,
        /// Why.
        why: String,
    },
    /// An old version.
    #[error("the database server at {place} is PostgreSQL {version}: 15 or newer is needed")]
    TooOld {
        /// Where.
        place: String,
        /// Which.
        version: String,
    },
    /// An encoding that cannot hold every name.
    #[error(
        "the database {database} at {place} is encoded in {encoding}: make one with `createdb --encoding=UTF8 --template=template0`"
    )]
    Encoding {
        /// Where.
        place: String,
        /// Which.
        database: String,
        /// How.
        encoding: String,
    },
    /// The tables cannot be made.
    #[error(
        "{user} may not make tables in the database {database} at {place} ({why}): make it the owner with ALTER DATABASE {database} OWNER TO {user}"
    )]
    NotAllowed {
        /// Where.
        place: String,
        /// Which.
        database: String,
        /// Who.
        user: String,
        /// In the server's words.
        why: String,
    },
    /// A standby.
    #[error("the database server at {place} takes no writes ({why}): name the primary in `url` under [database]")]
    ReadOnly {
        /// Where.
        place: String,
        /// In the server's words.
        why: String,
    },
    /// Another program's tables.
    #[error(
        "the database {database} at {place} holds something else than Conclave's tables: make one for Conclave alone"
    )]
    Foreign {
        /// Where.
        place: String,
        /// Which.
        database: String,
    },
    /// The schema is newer than this program.
    #[error(
        "the database {database} at {place} was made by a newer version of Conclave: start that version, or name another database"
    )]
    Newer {
        /// Where.
        place: String,
        /// Which.
        database: String,
    },
}
