//! What a parameter has to look like; its name alone decides.

use super::shapes::{hash, one_of, text, uuid};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::header;
use gauntlet_wire::version::{ProtocolVersion, SuiteId};
use serde_json::{Value, json};

/// The schema of the parameter called `name`.
pub(super) fn schema(name: &str) -> Value {
    match name {
        "album_id" | "id" | "user_id" | "intent_id" => uuid(),
        "hash" | header::CHECKSUM => hash(),
        "status" => one_of(UploadStatus::ALL, UploadStatus::as_str),
        "page_size" => pattern("^([1-9][0-9]{0,2}|1000)$"),
        "cursor" => pattern("^[A-Za-z0-9_-]+$"),
        header::SIDECAR_SCHEMA => pattern("^(0|[1-9][0-9]{0,4})$"),
        header::OFFSET => pattern("^(0|[1-9][0-9]{0,19})$"),
        header::IDENTITY_KEY => pattern("^[A-Za-z0-9+/]+={0,2}$"),
        _ => text(),
    }
}

/// A write speaks a version that albums can be pinned to.
pub(super) fn version_of_a_write() -> Value {
    json!({ "type": "string", "enum": [ProtocolVersion::A, ProtocolVersion::B] })
}

/// A read may speak any version of the past, too.
pub(super) fn version_of_a_read() -> Value {
    let past = "^(19[0-9]{2}|20[01][0-9]|202[0-5])-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$";
    json!({ "anyOf": [version_of_a_write(), pattern(past)] })
}

/// The inventory.
pub(super) fn suite() -> Value {
    json!({ "type": "string", "enum": [SuiteId::ONE.0.to_string()] })
}

fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}
