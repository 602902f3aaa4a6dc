//! JSON bodies of the contract (`wire.md` §1.3, §1.4): requests are strict, answers tolerant.

mod answer;
mod request;
mod strict;

pub use answer::{
    AlbumCreated, AssetVerdict, BlobRef, BlobVerdict, DirectoryPublished, Quota, RevokedJti,
    ServerInfo, SessionCreated, SessionList, SessionSummary, StorageVerdicts, SyncEntry, SyncPage,
    Version,
};
pub use request::{CreateAlbum, CreateSession, ManifestEnvelope, StorageVerify, VerifyAsset};
pub use strict::{JsonError, parse_strict};
