//! HTTP: routes, the gate before them, and the one place where answers get their shape.

mod album;
mod blob;
mod body;
mod directory;
mod extract;
mod linger;
mod op;
mod openapi;
mod operations;
mod quota;
mod respond;
mod routes;
mod storage;
mod sync;
mod upgrade;
mod upload;
mod well_known;

pub(crate) use linger::Lingering;
pub(crate) use respond::{conclude, crashed, unparsable};
pub(crate) use routes::router;

pub use openapi::openapi;
