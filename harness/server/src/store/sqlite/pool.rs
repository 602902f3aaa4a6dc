//! Connections, and the transactions that hold them.

use crate::store::StoreError;
use rusqlite::{CachedStatement, Connection, ffi};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a connection waits for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements that a connection keeps prepared: more than the store has.
const STATEMENTS: usize = 128;

/// Connections to one file, opened when they are first wanted.
#[derive(Debug)]
pub(super) struct Pool {
    file: PathBuf,
    size: u16,
    /// A place for every connection that may be out.
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

/// One transaction of either kind. It has its connection to itself, so a statement runs where it is
/// asked: it meets pages in memory and no lock of this process, and is done in microseconds. Only
/// what waits for the disk goes to another thread.
///
/// Dropped before it is committed, be it by an error, a panic or a cancelled request, it is rolled
/// back.
pub(super) struct SqliteTransaction {
    /// Taken by the drop alone.
    connection: Option<Connection>,
    pool: Arc<Pool>,
    /// Given back after the connection: whoever gets it finds the connection at home.
    _place: OwnedSemaphorePermit,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Opens the file, creating it if it is new.
pub(super) fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
    )?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Does what waits for the disk where no request waits behind it. Once begun it is done to its end,
/// whether or not its caller still waits.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Database(error.into()))?
}

impl Pool {
    /// At most `size` connections to the file, of which `idle` are open.
    pub(super) fn new(file: &Path, size: u16, idle: Vec<Connection>) -> Arc<Self> {
        Arc::new(Self {
            file: file.to_owned(),
            size,
            places: Arc::new(Semaphore::new(size.into())),
            idle: Mutex::new(idle),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a transaction by `begin`, as soon as a connection is free.
    pub(super) async fn begin(
        self: &Arc<Self>,
        begin: &'static str,
    ) -> Result<SqliteTransaction, StoreError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|error| StoreError::Database(error.into()))?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let transaction = SqliteTransaction {
            connection: Some(connection),
            pool: Arc::clone(self),
            _place: place,
        };
        transaction.prepared(begin)?.execute([])?;
        Ok(transaction)
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        let file = self.file.clone();
        blocking(move || Ok(connect(&file)?)).await
    }

    /// Waits for every transaction, a commit under way included, and closes the connections.
    pub(super) async fn close(&self) {
        // Fails only where the pool is closed already.
        let _places = self.places.acquire_many(self.size.into()).await;
        self.places.close();
        let idle = std::mem::take(&mut *self.idle());
        // The last connection to a file carries its log over.
        let closed = blocking(move || {
            drop(idle);
            Ok(())
        })
        .await;
        if let Err(error) = closed {
            tracing::warn!(%error, "connections were not closed");
        }
    }
}

impl SqliteTransaction {
    /// A statement, prepared at its first use.
    pub(super) fn prepared(&self, sql: &'static str) -> rusqlite::Result<CachedStatement<'_>> {
        let misuse = || rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_MISUSE), None);
        let connection = self.connection.as_ref().ok_or_else(misuse)?;
        connection.prepare_cached(sql)
    }

    /// Commits, which waits for the disk. The transaction goes along as a whole, so that its
    /// connection comes home from there if its caller is gone.
    pub(super) async fn make_durable(self) -> Result<(), StoreError> {
        blocking(move || {
            self.prepared("COMMIT")?.execute([])?;
            Ok(())
        })
        .await
    }
}

impl Drop for SqliteTransaction {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // A connection that can't be rolled back is closed here, which ends its transaction too.
        if connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok() {
            self.pool.idle().push(connection);
        }
    }
}
