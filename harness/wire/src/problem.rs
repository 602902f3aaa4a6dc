//! Problem bodies (`wire.md` §1.2, RFC 9457).

use crate::id::{AssetId, Hash, IntentId};
use crate::version::ProtocolVersion;
use serde::{Deserialize, Serialize};

/// The media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error as it travels. `code` is what clients switch on; it stays text on reading, because a
/// foreign server may send one that the catalogue lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI reference that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short text, the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was found and what was expected, this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The path of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The stable error code.
    pub code: String,
    /// What the contract adds for some codes.
    #[serde(flatten)]
    pub extension: ProblemExtension,
}

/// Extension members; each belongs to the code that its comment names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemExtension {
    /// `error.protocol.version_unsupported`: the window's lower end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_min: Option<ProtocolVersion>,
    /// `error.protocol.version_unsupported`: the window's upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_max: Option<ProtocolVersion>,
    /// `error.upload.duplicate_blob`: the asset that holds the blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing_asset: Option<AssetId>,
    /// `error.upload.offset_mismatch`: the received count in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// `error.directory.version_conflict`: the version published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<u64>,
    /// `error.directory.version_conflict`: the version held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<u64>,
    /// `error.upload.stale_revival`: the stored head; null (`Some(None)`) where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "nullable")]
    pub chain_head: Option<Option<Hash>>,
    /// `error.upload.album_quiescing` and `error.album.upgrade_in_flight`: the live intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<IntentId>,
    /// Size refusals: the largest size admitted, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// 429: when to try again, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// A member that may be absent (`None`), null (`Some(None)`) or given.
mod nullable {
    use crate::id::Hash;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Option<Hash>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.flatten().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<Hash>>, D::Error> {
        Option::<Hash>::deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(extension: ProblemExtension) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            title: "Conflict".to_owned(),
            status: 409,
            detail: None,
            instance: None,
            code: "error.upload.stale_revival".to_owned(),
            extension,
        }
    }

    #[test]
    fn a_null_chain_head_is_not_an_absent_one() {
        let null = problem(ProblemExtension {
            chain_head: Some(None),
            ..Default::default()
        });
        let text = serde_json::to_string(&null).unwrap();
        assert!(text.contains(r#""chain_head":null"#), "{text}");
        assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), null);

        let absent = problem(ProblemExtension::default());
        let text = serde_json::to_string(&absent).unwrap();
        assert!(!text.contains("chain_head"), "{text}");
        assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), absent);
    }
}
