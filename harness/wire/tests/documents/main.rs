//! The signed documents, in both versions: manifests, records, derivative manifests, device
//! directories, epoch ledgers, upgrade intents and sidecars.

#![cfg(test)]

mod bounds;
mod chains;
mod derivatives;
mod forms;
mod halves;
mod intents;
mod keys;
mod ledgers;
mod mutation;
mod round_trip;
mod sample;
mod samples;
mod sidecar;
mod strategies;
mod structure;
mod tree;
