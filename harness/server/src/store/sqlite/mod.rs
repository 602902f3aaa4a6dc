//! The embedded store: SQLite in one file.

mod album;
mod apply;
mod asset;
mod open;
mod pool;
mod quota;
mod read;
mod row;
mod write;

pub use open::{SqliteFile, SqliteStore};
