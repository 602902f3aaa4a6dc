//! Sidecars (`formats.md` §7).

mod bounds;
mod forms;
mod keys;
mod mutation;
mod order;
mod round_trip;
mod sample;
mod structure;
mod unknown;
