//! The receiving client (`wire.md` §4): what it takes in, from whomever, and what it makes of it.
//!
//! A client trusts the keys that it pinned, the marks that it kept, and nothing that a server says. Every
//! surface is a function from what the client knows (`…Facts`) and what arrived to a plan or a
//! [`Rejection`] named by its [`gauntlet_wire::reason::Reason`]. What is refused is kept and shown, never
//! dropped and never applied; marks are values that the caller stores.

mod album;
mod arrival;
mod chain;
mod check;
mod compare;
mod directory;
mod history;
mod ledger;
mod policy;
mod verify;
mod verify_chain;
mod verify_shape;
mod verify_signer;

pub use album::{AlbumFacts, Removal};
pub use arrival::Arrival;
pub use chain::{
    CHAIN_FILE, CHAIN_MEMORY, ChainFailure, ChainFile, ChainPlan, WalkFacts, WalkRules,
    reconcile_chain, walk_chain, walk_chain_by,
};
pub use check::{Broken, Check, Rejection, judge};
pub use compare::{Divergence, Split, Subject, compare_marks};
pub use directory::{
    DIRECTORY, DirectoryArrival, DirectoryFacts, DirectoryPlan, accept_directory,
    accept_directory_by, directory_mark,
};
pub use history::History;
pub use ledger::{
    LEDGER, LedgerArrival, LedgerFacts, LedgerPlan, accept_ledger, accept_ledger_by, ledger_mark,
};
pub use policy::Policy;
pub use verify::{
    Accepted, Evidence, Pending, ReachedEpoch, UNSEALING, VERIFY, Verdict, VerifyFacts,
    VerifyRules, verify_asset, verify_asset_by,
};
