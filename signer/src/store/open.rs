//! Opening a store: what every connection is told, whether the server is fit, what is there already, and the tables.

use std::{sync::Once, time::Duration};

use sqlx::{AnyConnection, AnyPool, Connection as _, Executor as _, any::AnyPoolOptions, migrate::Migrator};

use super::{Columns, Store, StoreAddress, StoreError, StoreKind, Vendor, error::Unfit};
use crate::files;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// What every SQLite connection is told first. WAL lets readers go on beside the writer; FULL makes a commit durable before it
/// returns, which WAL alone does not; the time-out outlasts other processes' writes.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                               PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -32768;";

/// The same for PostgreSQL. A role or a server may be set to answer before a commit is durable; then it is set right, and any stronger
/// promise is left. A process that stops in the middle of a transaction, or whose network does, must not keep the others waiting: the
/// server ends it.
const POSTGRES_SETTINGS: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';";

/// How long anybody waits for a connection: what a database takes to restart.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections at once: SQLite has one writer anyway, and PostgreSQL's default ends at a hundred for all processes.
pub(super) const CONNECTIONS: u32 = 8;

/// The oldest PostgreSQL that will do.
const OLDEST: u64 = 15;

/// What is in a store that was not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Nothing.
    Nothing,
    /// Tables, and nobody's record: `init` was interrupted, or is at work.
    Begun,
    /// A record.
    Record(Box<Vendor>),
}

impl Store {
    /// Opens the store of a record; tables that came with a newer version of this program are made. Refuses a store that has none of
    /// ours (`Empty`), another program's (`Foreign`), a newer version's (`Newer`), and a server that cannot keep a record (`Unfit`).
    pub async fn open(address: &StoreAddress) -> Result<Store, StoreError> {
        let mut connection = connect(address).await?;
        if !has_tables(&mut connection, address).await? {
            return Err(StoreError::Empty { store: address.to_string() });
        }
        Store::over(connection, address).await
    }

    /// Opens the store of a record as it is: for a program whose database role may not make tables. `None` where this program's tables
    /// are not all there yet.
    pub(crate) async fn join(address: &StoreAddress) -> Result<Option<Store>, StoreError> {
        let mut connection = connect(address).await?;
        if !has_tables(&mut connection, address).await? {
            return Err(StoreError::Empty { store: address.to_string() });
        }
        let sql = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await?;
        connection.close().await?;
        let mut wanted = MIGRATIONS.iter();
        for row in &rows {
            let columns = Columns::of("_sqlx_migrations", row);
            let (version, checksum) = (columns.amount("version")?, columns.bytes("checksum")?);
            match wanted.next() {
                Some(ours) if ours.version == version && *ours.checksum == *checksum => {}
                _ => return Err(StoreError::Newer),
            }
        }
        match wanted.next() {
            Some(_) => Ok(None),
            None => Ok(Some(Store::pooled(address)?)),
        }
    }

    /// The same, and makes the tables where there are none. A missing SQLite file is made, for its owner alone.
    pub async fn create(address: &StoreAddress) -> Result<Store, StoreError> {
        if let StoreAddress::Sqlite(path) = address {
            // Made beforehand: SQLite would let the user's mask decide who else may read it. Its journal takes the same mode.
            files::create_empty(path).map_err(sqlx::Error::Io)?;
        }
        let mut connection = connect(address).await?;
        has_tables(&mut connection, address).await?;
        Store::over(connection, address).await
    }

    /// What is there, without making anything.
    pub(crate) async fn survey(address: &StoreAddress) -> Result<Contents, StoreError> {
        if matches!(address, StoreAddress::Sqlite(path) if !path.exists()) {
            return Ok(Contents::Nothing);
        }
        let mut connection = connect(address).await?;
        if !has_tables(&mut connection, address).await? {
            return Ok(Contents::Nothing);
        }
        let store = Store::over(connection, address).await?;
        let vendor = store.vendor().await?;
        store.close().await;
        Ok(vendor.map_or(Contents::Begun, |vendor| Contents::Record(Box::new(vendor))))
    }

    /// Over a connection that was looked through.
    async fn over(mut connection: AnyConnection, address: &StoreAddress) -> Result<Store, StoreError> {
        MIGRATIONS.run_direct(None, &mut connection, false).await?;
        // Writers stand in a row by this one, so it is there before anybody writes.
        if sqlx::query("SELECT one FROM log_head").fetch_optional(&mut connection).await?.is_none() {
            let sql = "INSERT INTO log_head (one, size, frontier, issued) VALUES (1, 0, $1, 0) ON CONFLICT (one) DO NOTHING";
            sqlx::query(sql).bind(Vec::<u8>::new()).execute(&mut connection).await?;
        }
        connection.close().await?;
        Store::pooled(address)
    }

    fn pooled(address: &StoreAddress) -> Result<Store, StoreError> {
        Ok(Store {
            pool: pool(address)?,
            address: address.clone(),
            #[cfg(test)]
            pause: Default::default(),
        })
    }
}

#[cfg(test)]
impl Store {
    /// The same store through connections that wait for nobody.
    pub(crate) fn hasty(&self) -> Store {
        let kind = self.kind();
        let options =
            AnyPoolOptions::new().max_connections(CONNECTIONS).after_connect(move |connection, _| {
                Box::pin(async move {
                    settle(connection, kind).await?;
                    let sql = match kind {
                        StoreKind::Sqlite => "PRAGMA busy_timeout = 0",
                        StoreKind::Postgres => "SET lock_timeout = '1ms'",
                    };
                    connection.execute(sql).await.map(|_| ())
                })
            });
        let pool = options.connect_lazy(&self.address.for_driver()).expect("an address");
        Store { pool, address: self.address.clone(), pause: Default::default() }
    }
}

/// One connection by itself, told what every connection is told. Unlike a pool it says at once why there is none.
pub(super) async fn connect(address: &StoreAddress) -> Result<AnyConnection, StoreError> {
    install_drivers();
    let url = address.for_driver();
    let connecting = async {
        let mut connection = AnyConnection::connect(&url).await?;
        settle(&mut connection, address.kind()).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(StoreError::too_slow()),
    }
}

fn pool(address: &StoreAddress) -> Result<AnyPool, StoreError> {
    let kind = address.kind();
    Ok(AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| Box::pin(settle(connection, kind)))
        .connect_lazy(&address.for_driver())?)
}

async fn settle(connection: &mut AnyConnection, kind: StoreKind) -> Result<(), sqlx::Error> {
    let settings = match kind {
        StoreKind::Sqlite => SQLITE_SETTINGS,
        StoreKind::Postgres => POSTGRES_SETTINGS,
    };
    connection.execute(settings).await.map(|_| ())
}

/// Whether our tables are there, on a server that is fit for them. Refuses another program's.
async fn has_tables(connection: &mut AnyConnection, address: &StoreAddress) -> Result<bool, StoreError> {
    let sql = match address.kind() {
        StoreKind::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        }
        StoreKind::Postgres => {
            check_server(connection).await?;
            "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY name"
        }
    };
    let rows = sqlx::query(sql).fetch_all(&mut *connection).await?;
    let names: Result<Vec<String>, StoreError> =
        rows.iter().map(|row| Columns::of("pg_tables", row).text("name")).collect();
    let names = names?;
    let has = |table: &str| names.iter().any(|name| name == table);
    match names.iter().find(|name| *name != BOOKKEEPING) {
        // The first migration makes this one; where it was interrupted there is the bookkeeping alone.
        Some(_) if has(BOOKKEEPING) && has("vendor") => Ok(true),
        Some(found) => Err(StoreError::Foreign { store: address.to_string(), found: found.clone() }),
        None => Ok(false),
    }
}

/// The table in which migrations are noted.
const BOOKKEEPING: &str = "_sqlx_migrations";

async fn check_server(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let sql = "SELECT CAST(current_setting('server_version_num') AS BIGINT) / 10000 AS version, \
               current_setting('fsync') AS fsync, current_setting('server_encoding') AS encoding, \
               CAST(current_schema() AS TEXT) AS home, CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END AS standby";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    let columns = Columns::of("pg_settings", &row);
    let (version, encoding) = (columns.count("version")?, columns.text("encoding")?);
    let unfit = match () {
        () if version < OLDEST => Unfit::Version(version),
        () if columns.text("fsync")? != "on" => Unfit::NotDurable,
        () if encoding != "UTF8" => Unfit::Encoding(encoding),
        () if columns.flag("standby")? => Unfit::Standby,
        () if columns.optional_text("home")?.is_none() => Unfit::NoSchema,
        () => return Ok(()),
    };
    Err(StoreError::Unfit(unfit))
}

fn install_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}
