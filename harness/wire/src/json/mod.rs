//! JSON bodies of the contract (`wire.md` §1.3, §1.4): requests are strict, answers tolerant.

mod answer;
mod op;
mod request;
mod strict;

pub use answer::{
    AlbumCreated, AssetVerdict, BlobRef, BlobVerdict, DirectoryPublished, Quota, RevokedJti,
    ServerInfo, SessionCreated, SessionList, SessionSummary, StorageVerdicts, SyncEntry, SyncPage,
    Version,
};
pub use op::{
    Base64Error, CompleteUpgrade, LedgerStored, LifecycleOp, OpAccepted, UpgradeCompleted,
    UpgradeStatus, from_base64, to_base64,
};
pub use request::{CreateAlbum, CreateSession, ManifestEnvelope, StorageVerify, VerifyAsset};
pub use strict::{JsonError, parse_strict};
