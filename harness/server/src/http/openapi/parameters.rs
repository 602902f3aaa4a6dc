//! What a parameter has to look like; its name alone decides.

use super::shapes::{hash, one_of, text, uuid, version};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::header;
use serde_json::{Value, json};

/// The schema of the parameter called `name`.
pub(super) fn schema(name: &str) -> Value {
    match name {
        "album_id" | "id" | "user_id" | "intent_id" => uuid(),
        "hash" | header::CHECKSUM => hash(),
        "status" => one_of(UploadStatus::ALL, UploadStatus::as_str),
        "page_size" => pattern("^([1-9][0-9]{0,2}|1000)$"),
        "cursor" => pattern("^[A-Za-z0-9_-]+$"),
        header::PROTOCOL => version(),
        header::CRYPTO_SUITE | header::SIDECAR_SCHEMA => pattern("^(0|[1-9][0-9]{0,4})$"),
        header::OFFSET => pattern("^(0|[1-9][0-9]{0,19})$"),
        header::IDENTITY_KEY => pattern("^[A-Za-z0-9+/]+={0,2}$"),
        _ => text(),
    }
}

fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}
