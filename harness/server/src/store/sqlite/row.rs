//! From columns to values and back.

use crate::store::{Binding, StoreError, StoredBlob};
use gauntlet_validator::server::{
    AssetState, ChainLink, Freeze, HeldBlob, Original, Publication, Session, Upgrade,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AlbumId, AssetId, Hash, IntentId, UploadId, UserId};
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::version::SuiteId;
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use std::fmt::Display;
use std::str::FromStr;

type Column = &'static str;

/// An unsigned number as the database keeps it.
pub(super) fn signed(what: &'static str, value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::OutOfRange { what, value })
}

/// An instant as the database keeps it.
pub(super) fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

fn corrupt(column: Column, expected: &'static str, found: impl Display) -> StoreError {
    StoreError::Corrupt {
        column,
        expected,
        found: found.to_string(),
    }
}

fn text<'r>(row: &'r Row<'_>, column: Column) -> rusqlite::Result<&'r str> {
    Ok(row.get_ref(column)?.as_str()?)
}

fn blob<'r>(row: &'r Row<'_>, column: Column) -> rusqlite::Result<&'r [u8]> {
    Ok(row.get_ref(column)?.as_blob()?)
}

pub(super) fn unsigned(row: &Row<'_>, column: Column) -> Result<u64, StoreError> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| corrupt(column, "a number from 0", value))
}

pub(super) fn instant(row: &Row<'_>, column: Column) -> Result<Timestamp, StoreError> {
    let micros = row.get(column)?;
    Timestamp::from_microsecond(micros).map_err(|_| corrupt(column, "microseconds", micros))
}

/// A column of text that reads as a `T`.
pub(super) fn parsed<T: FromStr>(row: &Row<'_>, column: Column) -> Result<T, StoreError> {
    let text = text(row, column)?;
    text.parse()
        .map_err(|_| corrupt(column, "a known value", text))
}

fn bytes<T>(
    row: &Row<'_>,
    column: Column,
    expected: &'static str,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<T, StoreError> {
    let bytes = blob(row, column)?;
    read(bytes).ok_or_else(|| corrupt(column, expected, format!("{} bytes", bytes.len())))
}

pub(super) fn hash(row: &Row<'_>, column: Column) -> Result<Hash, StoreError> {
    array(row, column).map(Hash::from_bytes)
}

pub(super) fn array(row: &Row<'_>, column: Column) -> Result<[u8; 32], StoreError> {
    bytes(row, column, "32 bytes", |bytes| bytes.try_into().ok())
}

pub(super) fn user(row: &Row<'_>, column: Column) -> Result<UserId, StoreError> {
    bytes(row, column, "16 bytes", UserId::from_slice)
}

pub(super) fn upload(row: &Row<'_>, column: Column) -> Result<UploadId, StoreError> {
    bytes(row, column, "16 bytes", UploadId::from_slice)
}

pub(super) fn album(row: &Row<'_>, column: Column) -> Result<AlbumId, StoreError> {
    bytes(row, column, "16 bytes", AlbumId::from_slice)
}

pub(super) fn asset(row: &Row<'_>, column: Column) -> Result<AssetId, StoreError> {
    bytes(row, column, "16 bytes", AssetId::from_slice)
}

fn intent(row: &Row<'_>, column: Column) -> Result<IntentId, StoreError> {
    bytes(row, column, "16 bytes", IntentId::from_slice)
}

pub(super) fn public_key(row: &Row<'_>, column: Column) -> Result<HybridPublicKey, StoreError> {
    bytes(
        row,
        column,
        "a raw hybrid public key",
        HybridPublicKey::from_raw,
    )
}

/// What `read` makes of a column that may be null.
pub(super) fn optional<T>(
    row: &Row<'_>,
    column: Column,
    read: impl FnOnce(&Row<'_>, Column) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => read(row, column).map(Some),
    }
}

pub(super) fn nonce_prefix(row: &Row<'_>, column: Column) -> Result<[u8; 7], StoreError> {
    bytes(row, column, "7 bytes", |bytes| bytes.try_into().ok())
}

pub(super) fn number(row: &Row<'_>, column: Column) -> Result<u32, StoreError> {
    let value: i64 = row.get(column)?;
    u32::try_from(value).map_err(|_| corrupt(column, "a 32-bit number", value))
}

/// A row of `links`.
pub(super) fn link(row: &Row<'_>) -> Result<ChainLink, StoreError> {
    Ok(ChainLink {
        album: album(row, "album")?,
        asset: asset(row, "asset")?,
        link: hash(row, "link")?,
        prior: optional(row, "prior", hash)?,
        action: parsed(row, "action")?,
        epoch: number(row, "epoch")?,
        original: Original {
            hash: hash(row, "original")?,
            plaintext_size: parsed(row, "plaintext_size")?,
            nonce_prefix: nonce_prefix(row, "nonce_prefix")?,
        },
        metadata: optional(row, "metadata", hash)?,
    })
}

/// What a row of `assets` says became of the asset.
pub(super) fn asset_state(row: &Row<'_>) -> Result<AssetState, StoreError> {
    match text(row, "state")? {
        "live" => Ok(AssetState::Live),
        "trashed" => Ok(AssetState::Trashed {
            since: instant(row, "since")?,
            until: instant(row, "until")?,
        }),
        "purged" => Ok(AssetState::Purged),
        other => Err(corrupt("state", "live, trashed or purged", other)),
    }
}

/// A row of `upgrades`.
pub(super) fn upgrade(row: &Row<'_>) -> Result<Upgrade, StoreError> {
    Ok(Upgrade {
        album: album(row, "album")?,
        intent: intent(row, "intent")?,
        document: hash(row, "document")?,
        to_version: parsed(row, "to_version")?,
        expires_at: instant(row, "expires_at")?,
    })
}

/// A row of `frozen_albums`.
pub(super) fn freeze(row: &Row<'_>) -> Result<Freeze, StoreError> {
    Ok(Freeze {
        album: album(row, "album")?,
        intent: intent(row, "intent")?,
        frozen_state_hash: hash(row, "frozen_state_hash")?,
        successor: album(row, "successor")?,
    })
}

/// A stored ledger.
pub(super) fn ledger(row: &Row<'_>, column: Column) -> Result<Canonical<EpochLedger>, StoreError> {
    Canonical::decode(blob(row, column)?)
        .map_err(|error| corrupt(column, "a canonical epoch ledger", error))
}

/// A row of `bindings`, as later writes look at it.
pub(super) fn held_blob(row: &Row<'_>) -> Result<HeldBlob, StoreError> {
    Ok(HeldBlob {
        role: parsed(row, "role")?,
        hash: hash(row, "hash")?,
        prior: optional(row, "prior", hash)?,
    })
}

/// A row of `sessions`.
pub(super) fn session(row: &Row<'_>) -> Result<Session, StoreError> {
    let envelope = text(row, "envelope")?;
    let suite: i64 = row.get("suite")?;
    Ok(Session {
        id: upload(row, "upload_id")?,
        uploader: user(row, "uploader")?,
        owner: user(row, "owner")?,
        album: album(row, "album")?,
        role: parsed(row, "role")?,
        size: unsigned(row, "size")?,
        reserved: unsigned(row, "reserved")?,
        hash: hash(row, "hash")?,
        content_type: row.get("content_type")?,
        protocol: parsed(row, "protocol")?,
        suite: u16::try_from(suite)
            .map(SuiteId)
            .map_err(|_| corrupt("suite", "a 16-bit number", suite))?,
        envelope: serde_json::from_str(envelope)
            .map_err(|error| corrupt("envelope", "a manifest envelope", error))?,
        status: parsed(row, "status")?,
        received: unsigned(row, "received")?,
        created_at: instant(row, "created_at")?,
        last_progress_at: instant(row, "last_progress_at")?,
    })
}

/// A row of `feed`.
pub(super) fn publication(row: &Row<'_>) -> Result<Publication, StoreError> {
    Ok(Publication {
        asset: asset(row, "asset")?,
        album: album(row, "album")?,
        protocol: parsed(row, "protocol")?,
        change: parsed(row, "change")?,
        link: hash(row, "link")?,
        metadata: hash(row, "metadata")?,
        changed_at: instant(row, "changed_at")?,
        sync_seq: Some(unsigned(row, "sync_seq")?),
    })
}

/// A row of `bindings`.
pub(super) fn binding(row: &Row<'_>) -> Result<Binding, StoreError> {
    Ok(Binding {
        role: parsed(row, "role")?,
        hash: hash(row, "hash")?,
        size: unsigned(row, "size")?,
    })
}

/// A row of `blobs` with its counted references.
pub(super) fn stored_blob(row: &Row<'_>) -> Result<StoredBlob, StoreError> {
    Ok(StoredBlob {
        hash: hash(row, "hash")?,
        references: unsigned(row, "referring")?,
        collectable_since: optional(row, "collectable_since", instant)?,
    })
}
