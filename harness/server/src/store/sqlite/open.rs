//! Opening the file, and beginning transactions.

use crate::store::{OpenStore, Snapshot, Store, StoreError, Transaction};
use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Row, Sqlite};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The layout that this server writes (`PRAGMA user_version`).
const SCHEMA_VERSION: i64 = 2;
/// Connections that read at the same time.
const READERS: u32 = 4;
/// How long a connection waits for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The file of a data folder that holds the store.
const FILE: &str = "gauntlet.sqlite";

/// Opens the embedded store: `gauntlet.sqlite` in the data folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct SqliteFile;

#[async_trait]
impl OpenStore for SqliteFile {
    async fn open(&self, folder: &Path) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(SqliteStore::open(&folder.join(FILE)).await?))
    }
}

/// A store in one SQLite file. Writers wait for each other in one pool of a single connection, so
/// that a `BEGIN IMMEDIATE` never meets a lock of this process; readers see the last commit (WAL).
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// One transaction of either kind.
pub(super) struct SqliteTransaction {
    pub(super) inner: sqlx::Transaction<'static, Sqlite>,
}

impl SqliteStore {
    /// Opens the file, creating and laying it out if it is new.
    ///
    /// # Errors
    /// The file can't be opened, or another version laid it out.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let writer = pool(1).connect_with(options.clone()).await?;
        lay_out(&writer).await?;
        let readers = pool(READERS).connect_lazy_with(options);
        Ok(Self { writer, readers })
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

async fn lay_out(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let row = sqlx::query("PRAGMA user_version")
        .fetch_one(&mut *transaction)
        .await?;
    match row.try_get::<i64, _>(0)? {
        0 => {
            sqlx::raw_sql(include_str!("../schema.sql"))
                .execute(&mut *transaction)
                .await?;
            sqlx::query("PRAGMA user_version = 2")
                .execute(&mut *transaction)
                .await?;
            Ok(transaction.commit().await?)
        }
        SCHEMA_VERSION => Ok(()),
        found => Err(StoreError::Schema {
            found,
            expected: SCHEMA_VERSION,
        }),
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let inner = self.readers.begin().await?;
        Ok(Box::new(SqliteTransaction { inner }))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let inner = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Box::new(SqliteTransaction { inner }))
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
