//! The server over a real loopback socket.

#![cfg(test)]

mod at_once;
mod crash_points;
mod durability;
mod feed;
mod garbage;
mod ledger;
mod lifecycle;
mod op;
mod openapi;
mod ops;
mod ops_refused;
mod person;
mod protocol;
mod purge;
mod quota;
mod raw;
mod reads;
mod secrets;
mod slow_removal;
mod upgrade;
mod upload;
mod world;
