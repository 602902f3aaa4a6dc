//! The table of rules against the contract's own tables, copied row by row (`wire.md` §1.3, §1.5, §2, §3).

#![cfg(test)]

use gauntlet_wire::code::Code;
use gauntlet_wire::rule::Rule;
use std::collections::BTreeSet;

/// Invariant, rule, status and code, a row each. Where two answers share an invariant of `wire.md` §2
/// ("400 / 413"), each has a rule of its own.
const NUMBERED: &str = "
     1  protocol-in-window     426  error.protocol.version_unsupported
     2  suite-known            400  error.upload.unknown_crypto_suite
     3  hash-well-formed       400  error.upload.invalid_hash
     4  size-positive          400  error.upload.invalid_size
     4  size-within-max        413  error.upload.file_too_large
     5  content-type-known     400  error.upload.unsupported_content_type
     6  album-writable         403  error.upload.album_access_denied
     7  device-listed          403  error.upload.device_not_authorized
     8  timestamp-in-range     400  error.upload.timestamp_out_of_range
     9  offset-sequential      409  error.upload.offset_mismatch
     9  offset-stated          400  error.upload.missing_offset
    10  chunk-media-type       415  error.upload.unsupported_media_type
    10  chunk-not-empty        400  error.upload.empty_chunk
    10  chunk-aligned          400  error.upload.chunk_not_aligned
    10  chunk-within-max       413  error.upload.chunk_too_large
    11  size-bound             400  error.upload.size_exceeded
    12  chunk-unchanged        409  error.upload.chunk_conflict
    12  checksum-stated        400  error.upload.missing_checksum
    12  checksum-matches       400  error.upload.checksum_mismatch
    14  hash-matches           400  error.upload.content_hash_mismatch
    15  envelope-still-holds   400  error.upload.envelope_rejected
     7  device-not-revoked     403  error.upload.device_not_authorized
    16  action-known           400  error.upload.invalid_action
    16  action-fits            400  error.upload.invalid_action
    17  head-current           409  error.upload.stale_revival
    18  epoch-not-regressed    400  error.upload.amk_regressed
    18  epoch-attested         400  error.upload.amk_regressed
    22  cursor-bound           400  error.sync.cursor_invalid
    23  directory-advances     409  error.directory.version_conflict
    23  directory-anchored     403  error.directory.identity_mismatch
    23  directory-well-formed  400  error.directory.malformed
";

/// Answers of `wire.md` §1.3 and §3 that no invariant numbers.
const UNNUMBERED: &str = "
     -  body-well-formed       400  error.upload.malformed_request
     -  envelope-agrees        400  error.upload.envelope_mismatch
     -  owner-permitted        403  error.upload.owner_not_permitted
     -  quota-admits           403  error.quota.exceeded
     -  quota-in-grace         403  error.quota.grace_locked
     -  blob-new               409  error.upload.duplicate_blob
     -  replace-complete       409  error.upload.replace_incomplete
     -  album-not-quiescing    409  error.upload.album_quiescing
     -  album-not-frozen       409  error.upload.album_quiescing
     -  upgrade-sole           409  error.album.upgrade_in_flight
     -  session-found          404  error.upload.session_not_found
     -  session-caller         403  error.upload.forbidden
     -  session-active         409  error.upload.session_not_active
     -  finalize-sole          409  error.upload.finalize_in_progress
     -  status-filter-known    400  error.upload.invalid_status_filter
     -  directory-media-type   415  error.directory.unsupported_media_type
     -  album-id-well-formed   400  error.album.invalid_id
     -  feed-visible           403  error.sync.album_access_denied
     -  blob-visible           404  error.blob.not_found
     -  blob-finished          409  error.blob.pending_upload
     -  blob-kept              410  error.blob.gone
     -  question-well-formed   400  error.storage.invalid_request
     -  directory-found        404  error.directory.not_published
";

/// Where the contract leaves status or code open and a decision of ours fills it: §1.1 says 400 for a
/// missing or malformed header and names no code (§10, 34); invariant 13 says only that the session
/// fails; `formats.md` §11 says "204, or 400" of a record; §1.3 gives `not_available` no status; §1.2
/// gives 401 no code, nor the 400 of a query that can't be read. Of 25 the code is unnamed; §1.3 gives three upgrade codes no status, which §1.2
/// then gives by their class; §10, 24 leaves retention open; `formats.md` §11 names neither code nor
/// status for ledgers, but the 409; the rest the contract demands without saying how a breach is
/// answered.
const DECIDED: &str = "
     1  protocol-stated        400  error.request.malformed
     2  suite-stated           400  error.request.malformed
    13  length-complete        400  error.upload.content_hash_mismatch
     -  record-well-formed     400  error.upload.envelope_rejected
     -  record-agrees          400  error.upload.envelope_mismatch
    25  metadata-hash-matches  400  error.upload.envelope_mismatch
     -  device-signature-valid 400  error.upload.envelope_rejected
     -  write-signature-valid  400  error.upload.envelope_rejected
     -  asset-id-owned         403  error.upload.forbidden
     -  nonce-prefix-fresh     400  error.upload.envelope_rejected
     -  blobs-held             400  error.upload.envelope_rejected
     -  retention-stated       400  error.upload.envelope_rejected
     -  retention-floor        400  error.upload.envelope_rejected
     -  restore-in-time        409  error.upload.stale_revival
     -  derivative-well-formed 400  error.upload.envelope_rejected
     -  derivative-agrees      400  error.upload.envelope_mismatch
     -  derivative-head-current 409 error.upload.stale_revival
     -  schema-stated          400  error.request.malformed
     -  schema-known           400  error.upload.unknown_sidecar_schema
     -  document-media-type    415  error.request.unsupported_media_type
     -  ledger-well-formed     400  error.album.ledger_malformed
     -  ledger-attested        403  error.album.ledger_attester
     -  ledger-extends         409  error.album.ledger_stale
     -  ledger-found           404  error.album.ledger_not_found
     -  upgrade-well-formed    400  error.album.upgrade_malformed
     -  upgrade-proposer       403  error.album.upgrade_proposer
     -  upgrade-found          404  error.album.upgrade_not_found
     -  upgrade-drained        409  error.upload.album_quiescing
     -  album-available        403  error.album.not_available
     -  directory-entries-kept 409  error.directory.version_conflict
     -  authenticated          401  error.request.unauthenticated
     -  query-well-formed      400  error.request.malformed
";

struct Row {
    invariant: Option<u8>,
    rule: Rule,
    status: u16,
    code: &'static str,
}

fn rows() -> Vec<Row> {
    let tables = [NUMBERED, UNNUMBERED, DECIDED].into_iter();
    let lines = tables.flat_map(str::lines).filter(|line| !line.is_empty());
    lines.map(row).collect()
}

fn row(line: &'static str) -> Row {
    let cells: Vec<&str> = line.split_whitespace().collect();
    let [invariant, rule, status, code] = cells[..] else {
        panic!("{line:?} is no row");
    };
    Row {
        invariant: (invariant != "-").then(|| invariant.parse().unwrap()),
        rule: rule.parse().unwrap(),
        status: status.parse().unwrap(),
        code,
    }
}

#[test]
fn every_rule_answers_as_the_contract_states() {
    for row in rows() {
        let rule = row.rule;
        assert_eq!(rule.status(), row.status, "status of {rule}");
        assert_eq!(rule.code().as_str(), row.code, "code of {rule}");
        assert_eq!(rule.invariant(), row.invariant, "invariant of {rule}");
    }
}

#[test]
fn every_rule_stands_in_the_contract_once() {
    let listed: Vec<Rule> = rows().iter().map(|row| row.rule).collect();
    let distinct: BTreeSet<Rule> = listed.iter().copied().collect();
    assert_eq!(listed.len(), distinct.len(), "a rule is copied twice");
    assert_eq!(distinct, Rule::ALL.iter().copied().collect());
    assert_eq!(Rule::ALL.len(), listed.len(), "a rule is listed twice");
}

#[test]
fn every_invariant_in_scope_has_a_rule() {
    let rules = Rule::ALL.iter();
    let covered: BTreeSet<u8> = rules.filter_map(|rule| rule.invariant()).collect();
    assert_eq!(covered, (1..=18).chain([22, 23, 25]).collect());
}

#[test]
fn rule_names_are_unique_kebab_case_and_read_back() {
    let mut names = BTreeSet::new();
    for rule in Rule::ALL {
        let name = rule.name();
        assert!(names.insert(name), "{name} names two rules");
        let is_kebab =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
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
    for name in [
        "",
        "Hash-Matches",
        "hash-matches ",
        "hash_matches",
        "HashMatches",
        "inv14",
    ] {
        let error = name.parse::<Rule>().unwrap_err();
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        assert!(serde_json::from_str::<Rule>(&format!("\"{name}\"")).is_err());
    }
}

/// `wire.md` §1.5: the families that a server of this scope answers with.
const CATALOGUE: &str = "
    error.protocol   version_unsupported
    error.upload     album_access_denied album_quiescing amk_regressed checksum_mismatch
    error.upload     chunk_conflict chunk_not_aligned chunk_too_large content_hash_mismatch
    error.upload     device_not_authorized duplicate_blob empty_chunk envelope_mismatch
    error.upload     envelope_rejected file_too_large finalize_in_progress forbidden
    error.upload     invalid_action invalid_hash invalid_size invalid_status_filter
    error.upload     malformed_request missing_checksum missing_offset offset_mismatch
    error.upload     owner_not_permitted receipt_not_available replace_incomplete
    error.upload     session_not_active session_not_found size_exceeded stale_revival
    error.upload     storage_inconsistent timestamp_out_of_range unavailable
    error.upload     unknown_crypto_suite unsupported_content_type unsupported_media_type
    error.album      invalid_id not_available unavailable
    error.album      upgrade_in_flight upgrade_malformed upgrade_not_found upgrade_proposer
    error.auth       invalid_credentials rate_limited session_expired
    error.blob       access_revoked gone not_found pending_upload unavailable
    error.directory  identity_mismatch malformed not_published unavailable
    error.directory  unsupported_media_type version_conflict
    error.quota      exceeded grace_locked unavailable
    error.storage    asset_not_found deep_rate_limited invalid_request unavailable
    error.sync       album_access_denied cursor_invalid unauthenticated unavailable
    error.request    failed forbidden malformed method_not_allowed not_acceptable
    error.request    too_large unauthenticated unprocessable unsupported_media_type
    error            unexpected
";

/// Codes of ours: the catalogue has none for a path that is no route, for a sidecar schema that the
/// server does not know, nor for ledgers, which mirror those for rosters.
const INVENTED: &str = "
    error.album      ledger_attester ledger_malformed ledger_not_found ledger_stale
    error.upload     unknown_sidecar_schema
    error.request    not_found
";

fn codes(catalogue: &str) -> Vec<String> {
    let mut codes = Vec::new();
    for line in catalogue.lines() {
        let mut words = line.split_whitespace();
        let family = words.next().unwrap_or_default();
        codes.extend(words.map(|name| format!("{family}.{name}")));
    }
    codes
}

#[test]
fn the_codes_are_those_of_the_catalogue() {
    let listed = [codes(CATALOGUE), codes(INVENTED)].concat();
    let expected: BTreeSet<String> = listed.into_iter().collect();
    let known: BTreeSet<String> = Code::ALL.iter().map(Code::to_string).collect();
    assert_eq!(known, expected);
    assert_eq!(known.len(), Code::ALL.len(), "a code is listed twice");
}

#[test]
fn a_code_reads_back_and_no_other_text_does() {
    for code in Code::ALL {
        assert_eq!(code.as_str().parse::<Code>(), Ok(*code));
    }
    for text in [
        "",
        "error.upload",
        "error.upload.Forbidden",
        "upload.forbidden",
        "error.upload.forbidden ",
    ] {
        assert!(text.parse::<Code>().is_err(), "{text:?}");
    }
}
