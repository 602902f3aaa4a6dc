//! Rows at rest: accounts, albums, directories, upload sessions, chains, the feed.

mod port;
mod sqlite;

pub use port::{
    Album, Binding, FeedBinding, FeedQuery, OpenStore, PublishedDirectory, Snapshot, Store,
    StoreError, StoredBlob, Transaction, Tuple,
};
pub use sqlite::{SqliteFile, SqliteStore};
