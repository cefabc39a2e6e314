//! The same tests on PostgreSQL: `CONCLAVE_TEST_POSTGRES` names a server, as `postgres://USER@/{database}?host=FOLDER`, on
//! which each test gets a database of its own. `.tools/with-postgres.sh` starts one and sets it.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

use crate::chance::{Chance, SystemChance, hex};
use crate::config;
use crate::db::Db;

/// A database that goes away with the test.
pub(crate) struct Database {
    name: String,
    pub(crate) config: config::Database,
}

/// The database that every test's is a copy of: the migrations run once in each run of tests.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// A new database with its tables; `None`: the tests run on SQLite.
pub(crate) async fn database() -> Option<Database> {
    let server = server()?;
    let template = TEMPLATE
        .get_or_init(|| async {
            let template = Database::make("template1").await;
            open(&template.config).await.close().await;
            let name = template.name.clone();
            std::mem::forget(template);
            name
        })
        .await;
    assert!(server.contains("{database}"), "CONCLAVE_TEST_POSTGRES has no {{database}} in it: {server}");
    Some(Database::make(template).await)
}

/// Opens a database as `conclave serve` would.
pub(crate) async fn open(config: &config::Database) -> Db {
    Db::connect(&config.server().unwrap().unwrap()).await.unwrap()
}

impl Database {
    async fn make(template: &str) -> Self {
        let chance: &dyn Chance = &SystemChance;
        let name = format!("conclave_{}", hex(&chance.id()));
        // Files are copied in a seventh of the time that the default strategy takes, which writes them to the log.
        maintain(format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")).await;
        let config = config::Database { url: server().map(|url| named(&url, &name)), ..config::Database::default() };
        Self { name, config }
    }
}

impl Drop for Database {
    /// On a thread of its own: the test's may belong to a runtime that must not wait.
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let dropping = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(maintain(statement));
        });
        let _ = dropping.join();
    }
}

fn server() -> Option<String> {
    std::env::var("CONCLAVE_TEST_POSTGRES").ok()
}

fn named(server: &str, database: &str) -> String {
    server.replace("@/{database}", &format!("@localhost/{database}"))
}

async fn maintain(statement: String) {
    let mut connection = PgConnection::connect(&named(&server().unwrap(), "postgres")).await.unwrap();
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}
