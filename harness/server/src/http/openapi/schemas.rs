//! The schemas of JSON bodies. What a client sends is closed, what a server says is open: a newer one
//! may say more.

use super::shapes::{
    base64, boolean, hash, list, number, one_of, or_null, reference, said, sent, text, time,
    unsigned, uuid, version,
};
use gauntlet_wire::code::Code;
use gauntlet_wire::enums::{Action, BlobRole, Change, ContentType, KeyMode, UploadStatus};
use serde_json::{Map, Value, json};

/// Every schema, by its name.
pub(super) fn schemas() -> Map<String, Value> {
    let all = [
        requests(),
        envelopes(),
        uploads(),
        albums(),
        feeds(),
        storage(),
        others(),
    ];
    all.into_iter()
        .flatten()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect()
}

fn requests() -> Vec<(&'static str, Value)> {
    vec![
        ("CreateAlbum", sent(&[("album_id", uuid())], &[])),
        (
            "CreateSession",
            sent(
                &[
                    ("size", unsigned()),
                    ("hash", hash()),
                    (
                        "content_type",
                        one_of(ContentType::ALL, ContentType::as_str),
                    ),
                    ("crypto_suite_id", number(u16::MAX.into())),
                    ("protocol_version", version()),
                    ("blob_role", one_of(BlobRole::ALL, BlobRole::as_str)),
                    ("manifest_envelope", reference("ManifestEnvelope")),
                ],
                &[
                    ("album_id", or_null(uuid())),
                    ("owner_id", or_null(uuid())),
                    ("intent_id", or_null(uuid())),
                ],
            ),
        ),
        (
            "LifecycleOp",
            sent(
                &[
                    ("manifest_envelope", reference("ManifestEnvelope")),
                    ("manifest_cbor", base64()),
                ],
                &[
                    ("metadata_blob", or_null(base64())),
                    ("derivative_cbor", or_null(base64())),
                ],
            ),
        ),
        (
            "CompleteUpgrade",
            sent(
                &[
                    ("intent_id", uuid()),
                    ("frozen_state_hash", hash()),
                    ("successor_album_id", uuid()),
                ],
                &[],
            ),
        ),
        (
            "StorageVerify",
            sent(
                &[("assets", list(reference("VerifyAsset")))],
                &[("deep", boolean())],
            ),
        ),
        (
            "VerifyAsset",
            sent(&[("asset_id", uuid()), ("blob_hashes", list(hash()))], &[]),
        ),
    ]
}

fn envelopes() -> Vec<(&'static str, Value)> {
    let envelope = sent(
        &[
            ("crypto_suite_id", number(u16::MAX.into())),
            ("protocol_version", version()),
            ("file_id", uuid()),
            ("amk_version", number(u32::MAX.into())),
            ("ciphertext_hash", hash()),
            ("plaintext_size", unsigned()),
            ("chunk_size", number(u32::MAX.into())),
            ("created_by_user", uuid()),
            ("created_by_device", uuid()),
            ("client_version", text()),
            ("timestamp", time()),
            ("action", one_of(Action::ALL, Action::as_str)),
        ],
        &[
            ("album_id", or_null(uuid())),
            ("key_mode", or_null(one_of(KeyMode::ALL, KeyMode::as_str))),
            ("metadata_blob_hash", or_null(hash())),
            ("original_blob_hash", or_null(hash())),
            ("prior_provenance_hash", or_null(hash())),
            ("retention_until", or_null(time())),
        ],
    );
    vec![("ManifestEnvelope", envelope)]
}

fn uploads() -> Vec<(&'static str, Value)> {
    vec![
        (
            "SessionCreated",
            said(
                &[
                    ("id", uuid()),
                    ("upload_url", text()),
                    ("suggested_chunk_size", unsigned()),
                ],
                &[],
            ),
        ),
        (
            "SessionList",
            said(&[("sessions", list(reference("SessionSummary")))], &[]),
        ),
        (
            "SessionSummary",
            said(
                &[
                    ("id", uuid()),
                    ("asset_id", uuid()),
                    ("album_id", uuid()),
                    ("blob_role", one_of(BlobRole::ALL, BlobRole::as_str)),
                    ("status", one_of(UploadStatus::ALL, UploadStatus::as_str)),
                    ("received_bytes", unsigned()),
                    ("total_size", unsigned()),
                    ("created_at", time()),
                    ("last_progress_at", time()),
                ],
                &[],
            ),
        ),
    ]
}

fn albums() -> Vec<(&'static str, Value)> {
    vec![
        (
            "AlbumCreated",
            said(
                &[
                    ("album_id", uuid()),
                    ("protocol_version", version()),
                    ("created", boolean()),
                ],
                &[],
            ),
        ),
        (
            "LedgerStored",
            said(
                &[("album_id", uuid()), ("ceiling", number(u32::MAX.into()))],
                &[],
            ),
        ),
        (
            "OpAccepted",
            said(
                &[
                    ("asset_id", uuid()),
                    ("sync_seq", unsigned()),
                    ("action", one_of(Action::ALL, Action::as_str)),
                    ("replayed", boolean()),
                ],
                &[],
            ),
        ),
        (
            "UpgradeStatus",
            said(
                &[("album_id", uuid()), ("in_flight", unsigned())],
                &[
                    ("intent_id", uuid()),
                    ("to_protocol_version", version()),
                    ("expires_at", time()),
                ],
            ),
        ),
        (
            "UpgradeCompleted",
            said(
                &[
                    ("album_id", uuid()),
                    ("intent_id", uuid()),
                    ("successor_album_id", uuid()),
                ],
                &[],
            ),
        ),
    ]
}

fn feeds() -> Vec<(&'static str, Value)> {
    vec![
        (
            "SyncPage",
            said(
                &[
                    ("entries", list(reference("SyncEntry"))),
                    ("next_cursor", text()),
                    ("has_more", boolean()),
                ],
                &[],
            ),
        ),
        (
            "SyncEntry",
            said(
                &[
                    ("asset_id", uuid()),
                    ("album_id", uuid()),
                    ("protocol_version", version()),
                    ("sync_seq", unsigned()),
                    ("change", one_of(Change::ALL, Change::as_str)),
                    ("blobs", list(reference("BlobRef"))),
                    ("original_held", boolean()),
                    ("changed_at", time()),
                ],
                &[("manifest_cbor", base64()), ("metadata_blob", hash())],
            ),
        ),
        (
            "BlobRef",
            said(
                &[
                    ("role", one_of(BlobRole::ALL, BlobRole::as_str)),
                    ("hash", hash()),
                    ("size", unsigned()),
                ],
                &[],
            ),
        ),
    ]
}

fn storage() -> Vec<(&'static str, Value)> {
    let deep = json!({ "enum": ["intact", "corrupt", "rate_limited"] });
    vec![
        (
            "StorageVerdicts",
            said(&[("assets", list(reference("AssetVerdict")))], &[]),
        ),
        (
            "AssetVerdict",
            said(
                &[
                    ("asset_id", uuid()),
                    ("durable", boolean()),
                    ("blobs", list(reference("BlobVerdict"))),
                    ("checked_at", time()),
                ],
                &[("deep", deep)],
            ),
        ),
        (
            "BlobVerdict",
            said(
                &[
                    ("hash", hash()),
                    ("stored", boolean()),
                    ("indexed", boolean()),
                    ("retrievable", boolean()),
                    ("role", text()),
                ],
                &[],
            ),
        ),
    ]
}

fn others() -> Vec<(&'static str, Value)> {
    let states = json!({ "enum": ["ok", "soft_warning", "hard_exceeded", "grace_expired"] });
    vec![
        (
            "DirectoryPublished",
            said(&[("directory_version", unsigned())], &[]),
        ),
        (
            "Quota",
            said(
                &[("used", unsigned()), ("state", states)],
                &[("soft_limit", unsigned()), ("hard_limit", unsigned())],
            ),
        ),
        (
            "Version",
            said(&[("name", text()), ("version", text())], &[]),
        ),
        (
            "ServerInfo",
            said(
                &[
                    ("server_id", text()),
                    ("api_base_url", text()),
                    ("auth", text()),
                    ("protocol_min", version()),
                    ("protocol_max", version()),
                    ("signing_key", base64()),
                    ("deprecations", list(text())),
                ],
                &[("federation_url", text())],
            ),
        ),
        (
            "RevokedJti",
            said(
                &[
                    ("generated_at", time()),
                    ("max_staleness_seconds", unsigned()),
                    ("revoked", list(json!({ "type": "object" }))),
                ],
                &[],
            ),
        ),
        ("Deprecations", said(&[("deprecations", list(text()))], &[])),
        (
            "OpenApi",
            json!({ "type": "object", "required": ["openapi"] }),
        ),
        ("Problem", problem()),
    ]
}

/// RFC 9457 with the contract's members (`wire.md` §1.2).
fn problem() -> Value {
    said(
        &[
            ("type", text()),
            ("title", text()),
            ("status", unsigned()),
            ("code", one_of(Code::ALL, Code::as_str)),
        ],
        &[
            ("detail", text()),
            ("instance", text()),
            ("protocol_min", version()),
            ("protocol_max", version()),
            ("existing_asset", uuid()),
            ("offset", unsigned()),
            ("submitted", unsigned()),
            ("stored", unsigned()),
            (
                "chain_head",
                json!({ "anyOf": [hash(), { "type": "null" }] }),
            ),
            ("intent_id", uuid()),
            ("limit", unsigned()),
        ],
    )
}
