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
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
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

pub(super) fn unsigned(row: &SqliteRow, column: Column) -> Result<u64, StoreError> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|_| corrupt(column, "a number from 0", value))
}

pub(super) fn instant(row: &SqliteRow, column: Column) -> Result<Timestamp, StoreError> {
    instant_of(column, row.try_get(column)?)
}

fn instant_of(column: Column, micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|_| corrupt(column, "microseconds", micros))
}

/// A column of text that reads as a `T`.
pub(super) fn parsed<T: FromStr>(row: &SqliteRow, column: Column) -> Result<T, StoreError> {
    let text: &str = row.try_get(column)?;
    text.parse()
        .map_err(|_| corrupt(column, "a known value", text))
}

fn bytes<T>(
    row: &SqliteRow,
    column: Column,
    expected: &'static str,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<T, StoreError> {
    let bytes: &[u8] = row.try_get(column)?;
    read(bytes).ok_or_else(|| corrupt(column, expected, format!("{} bytes", bytes.len())))
}

pub(super) fn hash(row: &SqliteRow, column: Column) -> Result<Hash, StoreError> {
    array(row, column).map(Hash::from_bytes)
}

pub(super) fn array(row: &SqliteRow, column: Column) -> Result<[u8; 32], StoreError> {
    bytes(row, column, "32 bytes", |bytes| bytes.try_into().ok())
}

pub(super) fn user(row: &SqliteRow, column: Column) -> Result<UserId, StoreError> {
    bytes(row, column, "16 bytes", UserId::from_slice)
}

pub(super) fn upload(row: &SqliteRow, column: Column) -> Result<UploadId, StoreError> {
    bytes(row, column, "16 bytes", UploadId::from_slice)
}

pub(super) fn album(row: &SqliteRow, column: Column) -> Result<AlbumId, StoreError> {
    bytes(row, column, "16 bytes", AlbumId::from_slice)
}

pub(super) fn asset(row: &SqliteRow, column: Column) -> Result<AssetId, StoreError> {
    bytes(row, column, "16 bytes", AssetId::from_slice)
}

fn intent(row: &SqliteRow, column: Column) -> Result<IntentId, StoreError> {
    bytes(row, column, "16 bytes", IntentId::from_slice)
}

pub(super) fn public_key(row: &SqliteRow, column: Column) -> Result<HybridPublicKey, StoreError> {
    bytes(
        row,
        column,
        "a raw hybrid public key",
        HybridPublicKey::from_raw,
    )
}

fn optional_hash(row: &SqliteRow, column: Column) -> Result<Option<Hash>, StoreError> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes.map(|_| hash(row, column)).transpose()
}

pub(super) fn nonce_prefix(row: &SqliteRow, column: Column) -> Result<[u8; 7], StoreError> {
    bytes(row, column, "7 bytes", |bytes| bytes.try_into().ok())
}

pub(super) fn number(row: &SqliteRow, column: Column) -> Result<u32, StoreError> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|_| corrupt(column, "a 32-bit number", value))
}

/// A row of `links`.
pub(super) fn link(row: &SqliteRow) -> Result<ChainLink, StoreError> {
    Ok(ChainLink {
        album: album(row, "album")?,
        asset: asset(row, "asset")?,
        link: hash(row, "link")?,
        prior: optional_hash(row, "prior")?,
        action: parsed(row, "action")?,
        epoch: number(row, "epoch")?,
        original: Original {
            hash: hash(row, "original")?,
            plaintext_size: parsed(row, "plaintext_size")?,
            nonce_prefix: nonce_prefix(row, "nonce_prefix")?,
        },
        metadata: optional_hash(row, "metadata")?,
    })
}

/// What a row of `assets` says became of the asset.
pub(super) fn asset_state(row: &SqliteRow) -> Result<AssetState, StoreError> {
    match row.try_get("state")? {
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
pub(super) fn upgrade(row: &SqliteRow) -> Result<Upgrade, StoreError> {
    Ok(Upgrade {
        album: album(row, "album")?,
        intent: intent(row, "intent")?,
        document: hash(row, "document")?,
        to_version: parsed(row, "to_version")?,
        expires_at: instant(row, "expires_at")?,
    })
}

/// A row of `frozen_albums`.
pub(super) fn freeze(row: &SqliteRow) -> Result<Freeze, StoreError> {
    Ok(Freeze {
        album: album(row, "album")?,
        intent: intent(row, "intent")?,
        frozen_state_hash: hash(row, "frozen_state_hash")?,
        successor: album(row, "successor")?,
    })
}

/// A stored ledger.
pub(super) fn ledger(
    row: &SqliteRow,
    column: Column,
) -> Result<Canonical<EpochLedger>, StoreError> {
    Canonical::decode(row.try_get(column)?)
        .map_err(|error| corrupt(column, "a canonical epoch ledger", error))
}

/// A row of `bindings`, as later writes look at it.
pub(super) fn held_blob(row: &SqliteRow) -> Result<HeldBlob, StoreError> {
    Ok(HeldBlob {
        role: parsed(row, "role")?,
        hash: hash(row, "hash")?,
        prior: optional_hash(row, "prior")?,
    })
}

/// A row of `sessions`.
pub(super) fn session(row: &SqliteRow) -> Result<Session, StoreError> {
    let envelope: &str = row.try_get("envelope")?;
    let suite: i64 = row.try_get("suite")?;
    Ok(Session {
        id: upload(row, "upload_id")?,
        uploader: user(row, "uploader")?,
        owner: user(row, "owner")?,
        album: album(row, "album")?,
        role: parsed(row, "role")?,
        size: unsigned(row, "size")?,
        reserved: unsigned(row, "reserved")?,
        hash: hash(row, "hash")?,
        content_type: row.try_get("content_type")?,
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
pub(super) fn publication(row: &SqliteRow) -> Result<Publication, StoreError> {
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
pub(super) fn binding(row: &SqliteRow) -> Result<Binding, StoreError> {
    Ok(Binding {
        role: parsed(row, "role")?,
        hash: hash(row, "hash")?,
        size: unsigned(row, "size")?,
    })
}

/// A row of `blobs` with its counted references.
pub(super) fn stored_blob(row: &SqliteRow) -> Result<StoredBlob, StoreError> {
    let since: Option<i64> = row.try_get("collectable_since")?;
    Ok(StoredBlob {
        hash: hash(row, "hash")?,
        references: unsigned(row, "referring")?,
        collectable_since: since
            .map(|micros| instant_of("collectable_since", micros))
            .transpose()?,
    })
}
