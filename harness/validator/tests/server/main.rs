//! The server side of the validator, surface by surface.

#![cfg(test)]

mod append;
mod bound;
mod create;
mod cursor;
mod directory;
mod finalize;
mod handshake;
mod model;
mod order;
mod patch_table;
mod publication;
mod record;
mod removal;
mod sessions;
mod world;
