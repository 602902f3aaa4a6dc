//! Clients of the five classes with real keys, and the catalogue of what they can do wrong.
//!
//! A client prepares messages; it never sends one. What it prepares are mirror types with public
//! fields ([`Request`], [`Draft`]), so a [`Deviation`] can say what the contract's own types refuse
//! to encode. Nothing here shares code with the validator that judges it, and signatures are made by
//! another ML-DSA implementation than the judge verifies with.

mod canary;
mod class;
mod client;
mod copy;
mod core_edit;
mod derivative;
mod derivative_edit;
mod deviation;
mod directory_edit;
mod draft;
mod draft_edit;
mod edit;
mod epoch;
mod history;
mod intent_edit;
mod leak;
mod ledger_edit;
mod lifecycle;
mod metadata_edit;
mod mint;
mod path;
mod person;
mod question;
mod race;
mod replacement;
mod request;
mod scene;
mod signed;
mod squat;
#[cfg(test)]
mod testing;
mod upgrade;

pub use canary::{Canaries, Canary, Secret};
pub use class::{ClientClass, Profile};
pub use client::{Client, Photo};
pub use core_edit::{Ancestor, CoreEdit, Maker, References};
pub use derivative_edit::DerivativeEdit;
pub use deviation::{
    Deed, Deviation, Fault, Kind, Meanwhile, Point, Script, UnknownDeviation, Writer, catalogue,
};
pub use directory_edit::{Authority, DirectoryEdit, USURPER};
pub use draft::{Blob, Document, Draft, Op, Step, Write};
pub use draft_edit::{DraftEdit, Lie, Means, NamedIntent, Whose};
pub use edit::{ChunkFacts, Edit, Respelling};
pub use intent_edit::IntentEdit;
pub use leak::{Leak, Spelling, Spot};
pub use ledger_edit::LedgerEdit;
pub use metadata_edit::MetadataEdit;
pub use mint::Mint;
pub use person::{Device, Person};
pub use question::{Borrowed, Known, Place, Question};
pub use race::{Amid, Race};
pub use request::{Framing, Method, Request};
pub use scene::{Event, Scene};
pub use signed::{Half, Signed, Which};
pub use squat::{Bound, Estate, Squat, Squatting};
pub use upgrade::UPGRADE_DEADLINE;
