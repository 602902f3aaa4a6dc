//! The reference server: HTTP around the validator, over a store and a disk
