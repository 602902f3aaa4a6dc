//! The receiving client's side of the validator, surface by surface.

#![cfg(test)]

mod bound;
mod chain;
mod compare;
mod derivative;
mod directory;
mod edit;
mod feed;
mod flips;
mod hostile;
mod ledger;
mod merge;
mod merge_laws;
mod metadata;
mod pending;
mod queue;
mod refused;
mod removal;
mod sidecar_world;
mod successor;
mod verify;
mod verify_case;
mod verify_chain;
mod world;
