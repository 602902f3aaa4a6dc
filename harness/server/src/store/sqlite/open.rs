//! Opening the file, and beginning transactions.

use super::pool::{Pool, blocking, connect};
use crate::store::{OpenStore, Snapshot, Store, StoreError, Transaction};
use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::sync::Arc;

/// The layout that this server writes (`PRAGMA user_version`).
const SCHEMA_VERSION: i64 = 2;
/// Connections that read at the same time.
const READERS: u16 = 4;

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
    writer: Arc<Pool>,
    readers: Arc<Pool>,
}

impl SqliteStore {
    /// Opens the file, creating and laying it out if it is new.
    ///
    /// # Errors
    /// The file can't be opened, or another version laid it out.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let laid_out = file.to_owned();
        let first = blocking(move || {
            let mut connection = connect(&laid_out)?;
            lay_out(&mut connection)?;
            Ok(connection)
        });
        Ok(Self {
            writer: Pool::new(file, 1, vec![first.await?]),
            readers: Pool::new(file, READERS, Vec::new()),
        })
    }
}

fn lay_out(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match transaction.pragma_query_value(None, "user_version", |row| row.get(0))? {
        0 => {
            transaction.execute_batch(include_str!("../schema.sql"))?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            Ok(transaction.commit()?)
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
        Ok(Box::new(self.readers.begin("BEGIN").await?))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(self.writer.begin("BEGIN IMMEDIATE").await?))
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Album;
    use futures_util::FutureExt;
    use futures_util::future::join_all;
    use gauntlet_wire::id::{AlbumId, UserId};
    use gauntlet_wire::version::ProtocolVersion;
    use std::time::Duration;
    use tempfile::TempDir;
    use tokio::time::timeout;

    /// Longer than any of these transactions takes.
    const PATIENCE: Duration = Duration::from_secs(20);
    /// Long enough for a connection to be opened.
    const MOMENT: Duration = Duration::from_millis(200);

    async fn store() -> (TempDir, SqliteStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join(FILE)).await.unwrap();
        (folder, store)
    }

    fn id(number: u8) -> AlbumId {
        AlbumId::from_slice(&[number; 16]).unwrap()
    }

    fn album() -> Album {
        Album {
            owner: UserId::from_slice(&[7; 16]).unwrap(),
            pin: ProtocolVersion::B,
        }
    }

    /// A transaction in which album `number` was inserted.
    async fn begun(store: &SqliteStore, number: u8) -> Box<dyn Transaction> {
        let begun = timeout(PATIENCE, store.begin()).await;
        let mut transaction = begun.unwrap().unwrap();
        let inserted = transaction.insert_album(id(number), &album()).await;
        inserted.unwrap();
        transaction
    }

    async fn is_stored(store: &SqliteStore, number: u8) -> bool {
        let mut view = store.read().await.unwrap();
        view.album(id(number)).await.unwrap() == Some(album())
    }

    #[tokio::test]
    async fn what_is_dropped_before_its_commit_leaves_nothing_and_the_next_gets_in() {
        let (_folder, store) = store().await;
        drop(begun(&store, 1).await);
        drop(begun(&store, 1).await.commit());
        let held = begun(&store, 1).await;
        let died = tokio::spawn(async move {
            let _held = held;
            panic!("with a transaction in hand");
        });
        assert!(died.await.is_err());
        begun(&store, 2).await.commit().await.unwrap();
        assert!(!is_stored(&store, 1).await);
        assert!(is_stored(&store, 2).await);
    }

    #[tokio::test]
    async fn a_commit_that_nobody_waits_for_is_done_to_its_end() {
        let (_folder, store) = store().await;
        drop(begun(&store, 1).await.commit().now_or_never());
        // Its connection comes home, and not before it is done.
        begun(&store, 2).await.commit().await.unwrap();
        assert!(is_stored(&store, 1).await);
        assert!(is_stored(&store, 2).await);
    }

    #[tokio::test]
    async fn snapshots_beyond_the_readers_wait_for_a_free_connection() {
        let (_folder, store) = store().await;
        let mut held = Vec::new();
        for _ in 0..READERS {
            held.push(store.read().await.unwrap());
        }
        let mut late = store.read();
        assert!(timeout(MOMENT, &mut late).await.is_err());
        held.pop();
        assert!(timeout(PATIENCE, late).await.unwrap().is_ok());
        held.clear();
        let all = (0..4 * READERS).map(|_| is_stored(&store, 1));
        assert!(!join_all(all).await.contains(&true));
    }

    #[tokio::test]
    async fn a_closed_store_begins_nothing() {
        let (folder, store) = store().await;
        drop(begun(&store, 1).await.commit().now_or_never());
        store.close().await;
        assert!(store.read().await.is_err());
        assert!(store.begin().await.is_err());
        // The last connection carried the log over and removed it.
        let files = std::fs::read_dir(folder.path()).unwrap();
        assert_eq!(files.count(), 1);
    }
}
