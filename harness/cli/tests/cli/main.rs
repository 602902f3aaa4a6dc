//! The command as its users meet it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod fail_open;
mod main_job;
mod support;
