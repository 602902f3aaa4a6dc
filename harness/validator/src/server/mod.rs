//! Server invariants (`wire.md` §2), grouped by write surface.

mod album;
mod append;
mod asset;
mod check;
mod collect;
mod create;
mod cursor;
mod directory;
mod effect;
mod finalize;
mod handshake;
mod ledger;
mod op;
mod op_checks;
mod op_effects;
mod opening;
mod policy;
mod purge;
mod quota;
mod read;
mod record;
mod refusal;
mod session;
mod upgrade;
mod upgrade_checks;
mod write;

pub use album::{
    AlbumFacts, EpochFacts, Freeze, PROVISION, ProvisionFacts, ProvisionPlan, ProvisionRequest,
    Upgrade, provision_album, provision_album_by,
};
pub use append::{
    APPEND_ADMISSION, APPEND_PLACEMENT, AcceptedChunk, AppendFacts, AppendPlan, AppendRequest,
    AppendRules, Replay, append_chunk, append_chunk_by, append_effects, replay,
};
pub use asset::{AssetFacts, AssetState, ChainLink, HeldBlob, Original};
pub use check::{Broken, Check, judge};
pub use collect::{BlobFacts, Collection, collect};
pub use create::{
    CREATE_SESSION, CreatePlan, CreateRequest, Duplicate, SessionFacts, create_session,
    create_session_by,
};
pub use cursor::{CursorFacts, issue_cursor, open_cursor};
pub use directory::{
    DIRECTORY, DirectoryFacts, DirectoryPlan, DirectoryRequest, StoredDirectory, publish_directory,
    publish_directory_by,
};
pub use effect::{Effect, Publication};
pub use finalize::{FINALIZE, FinalizeFacts, RECORD, finalize, finalize_by};
pub use handshake::{Access, HANDSHAKE, Handshake, Spoken, handshake, handshake_by};
pub use ledger::{
    LEDGER, LedgerFacts, LedgerPlan, LedgerRequest, READ_LEDGER, publish_ledger, publish_ledger_by,
    read_ledger,
};
pub use op::{
    OP_ADMISSION, OP_SHAPE, OpBody, OpFacts, OpPlan, OpRequest, OpRules, lifecycle_op,
    lifecycle_op_by, op_replay, read_op,
};
pub use policy::Policy;
pub use purge::{PurgeFacts, purge};
pub use quota::{QuotaFacts, QuotaState, quota_mark, quota_state};
pub use read::{
    BlobAccess, FeedFacts, READ_BLOB, READ_DIRECTORY, READ_FEED, StorageQuestion, TOKEN_LIFETIME,
    TokenFacts, album_named, authenticate, feed_album, page_size, read_blob, read_blob_by,
    read_directory, read_feed, read_question, status_filter,
};
pub use refusal::{Extension, Refusal, Rejection};
pub use session::{
    CANCEL, QUERY, Session, SessionAccess, cancel_session, cancel_session_by, query_session,
    query_session_by,
};
pub use upgrade::{
    COMPLETE_UPGRADE, CompleteRequest, END_UPGRADE, EndRequest, PROPOSE_UPGRADE, ProposeRequest,
    UpgradeFacts, UpgradePlan, complete_upgrade, complete_upgrade_by, end_upgrade, end_upgrade_by,
    propose_upgrade, propose_upgrade_by, upgrade_status,
};
pub use write::DeviceFacts;
