//! A PostgreSQL database for one test alone, on the server that `WAYBILL_TEST_DATABASE_URL` names: a role there that may make databases.
//! `scripts/suites/postgres` starts such a server. Knows nothing of Waybill.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Names the server, by the address of any database on it. Unset, tests that run on both stores run on SQLite.
pub(crate) const SERVER: &str = "WAYBILL_TEST_DATABASE_URL";

/// A database. It goes when it is dropped.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// An empty one, if a server is named.
    pub(crate) async fn if_asked_for() -> Option<Database> {
        match std::env::var(SERVER) {
            Ok(server) => Some(Database::on(server, "TEMPLATE template0 ENCODING 'UTF8'").await),
            Err(std::env::VarError::NotPresent) => None,
            Err(error) => panic!("{SERVER}: {error}"),
        }
    }

    /// An empty one. Without a server there is nothing to be shown, and that is no success.
    pub(crate) async fn new() -> Database {
        let asked = Database::if_asked_for().await;
        asked.unwrap_or_else(|| {
            panic!("{SERVER} names no PostgreSQL server; scripts/test --only postgres starts one")
        })
    }

    /// One made with words of one's own.
    pub(crate) async fn with(words: &str) -> Database {
        let server = std::env::var(SERVER).expect("a server");
        Database::on(server, words).await
    }

    /// A copy of it as it is now. Nobody may be connected with it.
    pub(crate) async fn copy(&self) -> Database {
        Database::on(self.server.clone(), &format!("TEMPLATE {}", self.name)).await
    }

    /// Makes it what the copy is. Whoever is connected with it is cut off.
    pub(crate) async fn put_back(&self, copy: &Database) {
        self.ask(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        self.ask(&format!("CREATE DATABASE {} TEMPLATE {}", self.name, copy.name)).await;
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        address(&self.server, &self.name)
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.expect("the database is there")
    }

    /// Runs a statement on the server, outside of this database.
    pub(crate) async fn ask(&self, sql: &str) {
        ask(&self.server, sql).await;
    }

    async fn on(server: String, words: &str) -> Database {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("waybill_test_{}_{number}", std::process::id());
        let database = Database { server, name };
        // One of an earlier process with this number, which was killed.
        database.ask(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", database.name)).await;
        database.ask(&format!("CREATE DATABASE {} {words}", database.name)).await;
        database
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, sql) =
            (self.server.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        // A test's own runtime cannot be waited for from within.
        let dropping = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(ask(&server, &sql));
        });
        if dropping.join().is_err() && !std::thread::panicking() {
            panic!("{} was not dropped", self.name);
        }
    }
}

async fn ask(server: &str, sql: &str) {
    let mut connection =
        PgConnection::connect(server).await.unwrap_or_else(|error| panic!("{SERVER}: {error}"));
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("closed");
}

/// The address of another database on the same server.
fn address(server: &str, name: &str) -> String {
    let (before, parameters) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = before.rsplit_once('/').expect("an address with a path");
    assert!(!host.ends_with(":/"), "{SERVER} must name a database, as in postgres://localhost/postgres");
    format!("{host}/{name}?{parameters}")
}
