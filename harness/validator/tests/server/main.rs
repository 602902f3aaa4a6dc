//! The server side of the validator, surface by surface.

#![cfg(test)]

mod append;
mod bound;
mod create;
mod create_case;
mod create_plans;
mod cursor;
mod directory;
mod finalize;
mod handshake;
mod ledger;
mod lifecycle;
mod model;
mod op;
mod op_case;
mod op_order;
mod op_plans;
mod order;
mod patch_table;
mod provision;
mod publication;
mod quota;
mod reads;
mod record;
mod record_case;
mod removal;
mod retention;
mod sessions;
mod upgrade;
mod world;
