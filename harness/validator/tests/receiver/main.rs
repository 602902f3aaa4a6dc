//! The receiving client's side of the validator, surface by surface.

#![cfg(test)]

mod bound;
mod chain;
mod compare;
mod directory;
mod flips;
mod ledger;
mod pending;
mod removal;
mod verify;
mod verify_case;
mod world;
