//! Server invariants (`wire.md` §2), grouped by write surface.

mod append;
mod check;
mod collect;
mod create;
mod cursor;
mod directory;
mod effect;
mod finalize;
mod handshake;
mod policy;
mod record;
mod refusal;
mod session;

pub use append::{
    APPEND_ADMISSION, APPEND_PLACEMENT, AcceptedChunk, AppendFacts, AppendPlan, AppendRequest,
    AppendRules, Replay, append_chunk, append_chunk_by, append_effects, replay,
};
pub use check::{Broken, Check, judge};
pub use collect::{BlobFacts, Collection, collect};
pub use create::{
    AlbumFacts, CREATE_SESSION, CreatePlan, CreateRequest, DeviceFacts, Duplicate, QuotaFacts,
    SessionFacts, create_session, create_session_by,
};
pub use cursor::{CursorFacts, issue_cursor, open_cursor};
pub use directory::{
    DIRECTORY, DirectoryFacts, DirectoryPlan, DirectoryRequest, StoredDirectory, publish_directory,
    publish_directory_by,
};
pub use effect::{Effect, Publication};
pub use finalize::{FINALIZE, FinalizeFacts, finalize, finalize_by};
pub use handshake::{Access, HANDSHAKE, Handshake, Spoken, handshake, handshake_by};
pub use policy::Policy;
pub use record::{AssetFacts, Awaiting, RECORD};
pub use refusal::{Extension, Refusal, Rejection};
pub use session::{CANCEL, QUERY, Session, SessionAccess, cancel_session, query_session};
