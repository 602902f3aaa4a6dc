//! The command as its users meet it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod absent;
mod coverage;
mod endings;
mod fail_open;
mod liar;
mod lies;
mod main_job;
mod reader;
mod refusals;
mod scene;
mod support;
mod sweep;
mod sweep_lies;
mod unseen;
