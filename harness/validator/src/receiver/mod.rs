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
mod derivative;
mod directory;
mod displaced;
mod edit;
mod feed;
mod history;
mod ledger;
mod merge;
mod merge_register;
mod merge_tags;
mod metadata;
mod policy;
mod queue;
mod refused;
mod sidecar_file;
mod successor;
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
pub use derivative::{
    DERIVATIVE, DerivativeArrival, DerivativeFacts, DerivativeHead, DerivativePlan,
    accept_derivative, accept_derivative_by,
};
pub use directory::{
    DIRECTORY, DirectoryArrival, DirectoryFacts, DirectoryPlan, accept_directory,
    accept_directory_by, directory_mark,
};
pub use displaced::Displaced;
pub use edit::{Counters, EDIT, Edit, EditFacts, EditPlan, edit_sidecar, edit_sidecar_by};
pub use feed::{
    EntryOutcome, EntryPlan, FeedAlbum, FeedFacts, FeedPlan, FeedRules, PAGE, take_page,
    take_page_by,
};
pub use history::History;
pub use ledger::{
    LEDGER, LedgerArrival, LedgerFacts, LedgerPlan, accept_ledger, accept_ledger_by, ledger_mark,
};
pub use merge::{MergeRules, Merged, Parked, Replica, merge, merge_by};
pub use merge_register::merge_register;
pub use merge_tags::{Removes, merge_removes, merge_tags, tags_in_effect};
pub use metadata::{
    BLOB, BlobArrival, BlobFacts, BlobRules, Opened, SIDECAR, open_metadata_blob,
    open_metadata_blob_by,
};
pub use policy::Policy;
pub use queue::{QueuedWrite, Released, UpgradeEnd, WriteAnswer, WriteFate, release, write_fate};
pub use refused::Refused;
pub use sidecar_file::SidecarFile;
pub use successor::{SUCCESSOR, SuccessorFacts, accept_successor};
pub use verify::{
    Accepted, Evidence, Pending, ReachedEpoch, UNSEALING, VERIFY, Verdict, VerifyFacts,
    VerifyRules, verify_asset, verify_asset_by,
};
