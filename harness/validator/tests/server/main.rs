//! The server side of the validator, surface by surface.

#![cfg(test)]

mod append;
mod bound;
mod create;
mod cursor;
mod directory;
mod finalize;
mod handshake;
mod ledger;
mod lifecycle;
mod model;
mod op;
mod op_case;
mod op_plans;
mod order;
mod patch_table;
mod provision;
mod publication;
mod quota;
mod record;
mod removal;
mod retention;
mod sessions;
mod upgrade;
mod world;
