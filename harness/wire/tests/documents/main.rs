//! The signed documents: manifests and records in both versions, and device directories.

#![cfg(test)]

mod bounds;
mod forms;
mod halves;
mod keys;
mod mutation;
mod round_trip;
mod sample;
mod structure;
mod tree;
