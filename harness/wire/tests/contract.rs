//! The table of rules against the contract's own tables, copied row by row (`wire.md` §1.3, §1.5, §2, §3).

#![cfg(test)]

use gauntlet_wire::code::Code;
use gauntlet_wire::rule::Rule;
use std::collections::BTreeSet;

/// A rule, the invariant that it belongs to, and the status and code of a rejection by it.
type Row = (Rule, Option<u8>, u16, &'static str);

/// `wire.md` §2, invariants 1–8, in the phase "POST upload". Where two answers share an invariant
/// ("400 / 413"), each has a rule.
const OPENING: &[Row] = &[
    (Rule::ProtocolInWindow, Some(1), 426, "error.protocol.version_unsupported"),
    (Rule::SuiteKnown, Some(2), 400, "error.upload.unknown_crypto_suite"),
    (Rule::HashWellFormed, Some(3), 400, "error.upload.invalid_hash"),
    (Rule::SizePositive, Some(4), 400, "error.upload.invalid_size"),
    (Rule::SizeWithinMax, Some(4), 413, "error.upload.file_too_large"),
    (Rule::ContentTypeKnown, Some(5), 400, "error.upload.unsupported_content_type"),
    (Rule::AlbumWritable, Some(6), 403, "error.upload.album_access_denied"),
    (Rule::DeviceListed, Some(7), 403, "error.upload.device_not_authorized"),
    (Rule::TimestampInRange, Some(8), 400, "error.upload.timestamp_out_of_range"),
];

/// `wire.md` §2, invariants 9–12, in the phase "PATCH".
const APPENDING: &[Row] = &[
    (Rule::OffsetSequential, Some(9), 409, "error.upload.offset_mismatch"),
    (Rule::OffsetStated, Some(9), 400, "error.upload.missing_offset"),
    (Rule::ChunkMediaType, Some(10), 415, "error.upload.unsupported_media_type"),
    (Rule::ChunkNotEmpty, Some(10), 400, "error.upload.empty_chunk"),
    (Rule::ChunkAligned, Some(10), 400, "error.upload.chunk_not_aligned"),
    (Rule::ChunkWithinMax, Some(10), 413, "error.upload.chunk_too_large"),
    (Rule::SizeBound, Some(11), 400, "error.upload.size_exceeded"),
    (Rule::ChunkUnchanged, Some(12), 409, "error.upload.chunk_conflict"),
    (Rule::ChecksumStated, Some(12), 400, "error.upload.missing_checksum"),
    (Rule::ChecksumMatches, Some(12), 400, "error.upload.checksum_mismatch"),
];

/// `wire.md` §2, invariants 13–17, in the phases "finalize" and "index critical section".
const FINALIZING: &[Row] = &[
    (Rule::HashMatches, Some(14), 400, "error.upload.content_hash_mismatch"),
    (Rule::EnvelopeStillHolds, Some(15), 400, "error.upload.envelope_rejected"),
    (Rule::ActionKnown, Some(16), 400, "error.upload.invalid_action"),
    (Rule::HeadCurrent, Some(17), 409, "error.upload.stale_revival"),
];

/// `wire.md` §2, invariants 22 and 23.
const SYNC_AND_DIRECTORY: &[Row] = &[
    (Rule::CursorBound, Some(22), 400, "error.sync.cursor_invalid"),
    (Rule::DirectoryAdvances, Some(23), 409, "error.directory.version_conflict"),
    (Rule::DirectoryAnchored, Some(23), 403, "error.directory.identity_mismatch"),
];

/// `wire.md` §1.3 and §3: answers that have a status and a code, but no numbered invariant.
const UNNUMBERED: &[Row] = &[
    (Rule::BodyWellFormed, None, 400, "error.upload.malformed_request"),
    (Rule::EnvelopeAgrees, None, 400, "error.upload.envelope_mismatch"),
    (Rule::OwnerPermitted, None, 403, "error.upload.owner_not_permitted"),
    (Rule::QuotaAdmits, None, 403, "error.quota.exceeded"),
    (Rule::BlobNew, None, 409, "error.upload.duplicate_blob"),
    (Rule::SessionFound, None, 404, "error.upload.session_not_found"),
    (Rule::SessionCaller, None, 403, "error.upload.forbidden"),
    (Rule::SessionActive, None, 409, "error.upload.session_not_active"),
    (Rule::StatusFilterKnown, None, 400, "error.upload.invalid_status_filter"),
    (Rule::DirectoryMediaType, None, 415, "error.directory.unsupported_media_type"),
    (Rule::DirectoryWellFormed, Some(23), 400, "error.directory.malformed"),
    (Rule::AlbumIdWellFormed, None, 400, "error.album.invalid_id"),
    (Rule::FeedVisible, None, 403, "error.sync.album_access_denied"),
    (Rule::BlobVisible, None, 404, "error.blob.not_found"),
];

/// Where the contract leaves status or code open, and a decision of ours fills it.
const DECIDED: &[Row] = &[
    // §1.1 says 400 for a missing or malformed header and names no code (§10, 34).
    (Rule::ProtocolStated, Some(1), 400, "error.request.malformed"),
    (Rule::SuiteStated, Some(2), 400, "error.request.malformed"),
    // §2, 13 says only that the session fails; too few bytes hash to something else anyway.
    (Rule::LengthComplete, Some(13), 400, "error.upload.content_hash_mismatch"),
    // `formats.md` §11: "204, or 400".
    (Rule::RecordWellFormed, None, 400, "error.upload.envelope_rejected"),
    (Rule::RecordAgrees, None, 400, "error.upload.envelope_mismatch"),
    // §1.3 gives the code without a status.
    (Rule::AlbumAvailable, None, 403, "error.album.not_available"),
    // §1.2: unauthenticated is 401; §1.5 names the code.
    (Rule::Authenticated, None, 401, "error.request.unauthenticated"),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    [OPENING, APPENDING, FINALIZING, SYNC_AND_DIRECTORY, UNNUMBERED, DECIDED].into_iter().flatten()
}

#[test]
fn every_rule_answers_as_the_contract_states() {
    for (rule, invariant, status, code) in rows() {
        assert_eq!(rule.status(), *status, "status of {rule}");
        assert_eq!(rule.code().as_str(), *code, "code of {rule}");
        assert_eq!(rule.invariant(), *invariant, "invariant of {rule}");
    }
}

#[test]
fn every_rule_stands_in_the_contract_once() {
    let listed: Vec<Rule> = rows().map(|(rule, ..)| *rule).collect();
    let distinct: BTreeSet<Rule> = listed.iter().copied().collect();
    assert_eq!(listed.len(), distinct.len(), "a rule is copied twice");
    assert_eq!(distinct, Rule::ALL.iter().copied().collect());
    assert_eq!(Rule::ALL.len(), listed.len(), "a rule occurs twice in `Rule::ALL`");
}

#[test]
fn every_invariant_in_scope_has_a_rule() {
    let covered: BTreeSet<u8> = Rule::ALL.iter().filter_map(|rule| rule.invariant()).collect();
    assert_eq!(covered, (1..=17).chain([22, 23]).collect());
}

#[test]
fn rule_names_are_unique_kebab_case_and_read_back() {
    let mut names = BTreeSet::new();
    for rule in Rule::ALL {
        let name = rule.name();
        assert!(names.insert(name), "{name} names two rules");
        let is_kebab = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
        };
        assert!(name.split('-').all(is_kebab), "{name}");
        assert_eq!(rule.to_string(), name);
        assert_eq!(name.parse::<Rule>(), Ok(*rule));
        let json = serde_json::to_string(rule).unwrap();
        assert_eq!(json, format!("\"{name}\""));
        assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), *rule);
    }
}

#[test]
fn a_name_that_no_rule_has_is_refused_and_named() {
    for name in ["", "Hash-Matches", "hash-matches ", "hash_matches", "HashMatches", "inv14"] {
        let error = name.parse::<Rule>().unwrap_err();
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        assert!(serde_json::from_str::<Rule>(&format!("\"{name}\"")).is_err());
    }
}

/// `wire.md` §1.5, the families that a server of this scope answers with.
const CATALOGUE: &[(&str, &[&str])] = &[
    ("error.protocol", &["version_unsupported"]),
    (
        "error.upload",
        &[
            "album_access_denied", "album_quiescing", "amk_regressed", "checksum_mismatch",
            "chunk_conflict", "chunk_not_aligned", "chunk_too_large", "content_hash_mismatch",
            "device_not_authorized", "duplicate_blob", "empty_chunk", "envelope_mismatch",
            "envelope_rejected", "file_too_large", "finalize_in_progress", "forbidden",
            "invalid_action", "invalid_hash", "invalid_size", "invalid_status_filter",
            "malformed_request", "missing_checksum", "missing_offset", "offset_mismatch",
            "owner_not_permitted", "receipt_not_available", "replace_incomplete",
            "session_not_active", "session_not_found", "size_exceeded", "stale_revival",
            "storage_inconsistent", "timestamp_out_of_range", "unavailable",
            "unknown_crypto_suite", "unsupported_content_type", "unsupported_media_type",
        ],
    ),
    ("error.album", &["invalid_id", "not_available", "unavailable"]),
    ("error.auth", &["invalid_credentials", "rate_limited", "session_expired"]),
    (
        "error.blob",
        &["access_revoked", "gone", "not_found", "pending_upload", "unavailable"],
    ),
    (
        "error.directory",
        &[
            "identity_mismatch", "malformed", "not_published", "unavailable",
            "unsupported_media_type", "version_conflict",
        ],
    ),
    ("error.quota", &["exceeded", "unavailable"]),
    (
        "error.storage",
        &["asset_not_found", "deep_rate_limited", "invalid_request", "unavailable"],
    ),
    (
        "error.sync",
        &["album_access_denied", "cursor_invalid", "unauthenticated", "unavailable"],
    ),
    (
        "error.request",
        &[
            "failed", "forbidden", "malformed", "method_not_allowed", "not_acceptable",
            "too_large", "unauthenticated", "unprocessable", "unsupported_media_type",
        ],
    ),
];

/// Codes of ours that the catalogue lacks: the contract has none for a path that is no route.
const INVENTED: &[&str] = &["error.request.not_found"];

#[test]
fn the_codes_are_those_of_the_catalogue() {
    let listed = CATALOGUE
        .iter()
        .flat_map(|(family, names)| names.iter().map(move |name| format!("{family}.{name}")));
    let mut expected: BTreeSet<String> = listed.collect();
    expected.insert("error.unexpected".to_owned());
    expected.extend(INVENTED.iter().map(|code| (*code).to_owned()));
    let codes: BTreeSet<String> = Code::ALL.iter().map(Code::to_string).collect();
    assert_eq!(codes, expected);
    assert_eq!(codes.len(), Code::ALL.len(), "a code occurs twice");
}

#[test]
fn a_code_reads_back_and_no_other_text_does() {
    for code in Code::ALL {
        assert_eq!(code.as_str().parse::<Code>(), Ok(*code));
    }
    for text in ["", "error.upload", "error.upload.Forbidden", "upload.forbidden", "error.upload.forbidden "] {
        assert!(text.parse::<Code>().is_err(), "{text:?}");
    }
}
