//! The embedded store: SQLite in one file.

mod open;
mod read;
mod row;
mod write;

pub use open::SqliteStore;
