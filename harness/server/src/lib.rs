//! The reference server: HTTP around the validator, over a store and a disk.
//!
//! Small, real and complete for the contract. A request passes the handshake gate and
//! authentication; then the facts are loaded in one transaction, the [`Judge`] is asked, and the
//! effects of its plan are carried out in that same transaction. Nothing is acknowledged before it
//! is durable. The decisions are all the validator's; here are only rows, files and HTTP.

mod access;
mod admin;
mod app;
mod auth;
mod clock;
mod collect;
mod config;
mod control;
mod crash;
mod disk;
mod effects;
mod entropy;
mod facts;
mod failure;
mod finalize;
mod http;
mod judge;
mod op;
mod purge;
mod quota;
mod recover;
mod refusals;
mod replies;
mod running;
mod serve;
mod store;
mod upgrade;
mod upload;
mod work;

pub use access::{AccessLog, Exchange, RoutesAlone};
pub use admin::{Account, Admin, AdminError};
pub use auth::KeyError;
pub use clock::{Clock, ManualClock, SystemClock};
pub use collect::CollectionReport;
pub use config::{Config, Ports};
pub use control::{control_router, crash_router};
pub use crash::{Commit, CrashPoint, CrashPoints, CrashSwitch, Unheard};
pub use disk::{DirectoryDisk, Disk, PIECE, VolatileDisk};
pub use http::openapi;
pub use judge::{Asked, Contract, Judge};
pub use running::{Running, Server, ServerFailure, StartError};
pub use store::{
    Album, Binding, FeedBinding, FeedQuery, OpenStore, PublishedDirectory, Snapshot, SqliteFile,
    SqliteStore, Store, StoreError, StoredBlob, Transaction, Tuple,
};
