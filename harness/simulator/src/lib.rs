//! Clients of the five classes with real keys, and the catalogue of what they can do wrong.
//!
//! A client prepares messages; it never sends one. What it prepares are mirror types with public
//! fields ([`Request`], [`Draft`]), so a [`Deviation`] can say what the contract's own types refuse
//! to encode. Nothing here shares code with the validator that judges it, and signatures are made by
//! another ML-DSA implementation than the judge verifies with.

mod class;
mod client;
mod core_edit;
mod deviation;
mod directory_edit;
mod draft;
mod edit;
mod intent_edit;
mod ledger_edit;
mod lifecycle;
mod mint;
mod path;
mod person;
mod question;
mod request;
mod signed;

pub use class::{ClientClass, Profile};
pub use client::{Client, Photo};
pub use core_edit::{Ancestor, CoreEdit, Maker, References};
pub use deviation::{
    Deed, Deviation, Fault, Kind, Meanwhile, Point, Script, UnknownDeviation, catalogue,
};
pub use directory_edit::DirectoryEdit;
pub use draft::{Blob, Document, Draft, Op, Step, Write};
pub use edit::{ChunkFacts, DraftEdit, Edit, Lie, Means};
pub use intent_edit::IntentEdit;
pub use ledger_edit::LedgerEdit;
pub use mint::Mint;
pub use person::{Device, Person};
pub use question::{Borrowed, Known, Place, Question};
pub use request::{Framing, Method, Request};
pub use signed::{Half, Signed, Which};
