//! The order of checks (`wire.md` §2, "Evaluation order"): of several broken rules the first answers.

use crate::append::AppendCase;
use crate::bound::Surface;
use crate::create_case::CreateCase;
use crate::op_case::OpCase;
use crate::world::{album, asset, days, frozen, hash, link, other_album, stranger, time, upgrade};
use gauntlet_validator::server::{
    APPEND_ADMISSION, APPEND_PLACEMENT, AcceptedChunk, AssetState, CANCEL, COMPLETE_UPGRADE,
    CREATE_SESSION, Check, DIRECTORY, Duplicate, END_UPGRADE, FINALIZE, HANDSHAKE, LEDGER,
    OP_ADMISSION, OP_SHAPE, PROPOSE_UPGRADE, PROVISION, QUERY, READ_LEDGER, RECORD,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;

/// A rule, and a change that breaks it and leaves every other change its effect.
pub(crate) type Break<S> = (Rule, fn(&mut S));

/// A case that breaks every rule from the first on is refused by the first; without the first break
/// by the second; and so on, until nothing is broken.
fn peeled<S: Surface>(breaks: &[Break<S>]) {
    for first in 0..=breaks.len() {
        let mut case = S::honest();
        breaks[first..]
            .iter()
            .for_each(|(_, change)| change(&mut case));
        let refused_by = case.judge().err().map(|refusal| refusal.rejection.rule);
        assert_eq!(
            refused_by,
            breaks.get(first).map(|(rule, _)| *rule),
            "{case:?}"
        );
    }
}

#[test]
fn an_opening_is_judged_in_the_order_of_the_contract() {
    let breaks: [Break<CreateCase>; 23] = [
        (Rule::BodyWellFormed, |case| {
            case.envelope().chunk_size = 1;
        }),
        (Rule::ProtocolInWindow, |case| {
            case.policy.min_protocol = ProtocolVersion::AFTER_MAX
        }),
        (Rule::SuiteKnown, |case| case.policy.suites.clear()),
        (Rule::HashWellFormed, |case| case.request.body.hash.clear()),
        (Rule::SizePositive, |case| case.request.body.size = 0),
        // A size of 0 is within any maximum, so this one shows once that break is gone.
        (Rule::SizeWithinMax, |case| case.policy.max_file_size = 1),
        (Rule::ContentTypeKnown, |case| {
            case.request.body.content_type.clear()
        }),
        (Rule::ActionKnown, |case| case.envelope().action.clear()),
        // An unknown action fits nothing, so a known one that does not fit is put in its place only
        // where it is not there.
        (Rule::ActionFits, |case| {
            if !case.envelope().action.is_empty() {
                case.envelope().action = "delete".to_owned();
            }
        }),
        (Rule::EnvelopeAgrees, |case| {
            case.envelope().album_id = Some(other_album());
            case.request.body.album_id = Some(album());
        }),
        (Rule::MetadataHashMatches, |case| {
            case.request.body.blob_role = "metadata".to_owned();
        }),
        (Rule::TimestampInRange, |case| {
            case.policy.timestamp_drift = SignedDuration::ZERO
        }),
        (Rule::OwnerPermitted, |case| {
            case.request.body.owner_id = Some(stranger())
        }),
        (Rule::AlbumWritable, |case| {
            case.facts.album.as_mut().unwrap().caller_may_write = false;
        }),
        (Rule::DeviceListed, |case| {
            case.envelope().created_by_user = stranger()
        }),
        (Rule::DeviceNotRevoked, |case| {
            let device = case.facts.device.as_mut().unwrap();
            device.revoked_at = Some(time(case.facts.now));
        }),
        (Rule::AlbumNotFrozen, |case| {
            case.facts.album.as_mut().unwrap().frozen = Some(frozen());
        }),
        (Rule::AlbumNotQuiescing, |case| {
            case.facts.album.as_mut().unwrap().upgrade = Some(upgrade());
        }),
        (Rule::AssetIdOwned, |case| {
            case.facts.asset.album = Some(other_album())
        }),
        (Rule::QuotaAdmits, |case| {
            case.facts.quota.used = 1;
            case.policy.quota_hard_limit = Some(0);
        }),
        (Rule::BlobNew, |case| {
            case.facts.duplicate = Some(Duplicate::Finished { asset: asset() });
        }),
        (Rule::HeadCurrent, |case| {
            case.facts.asset.state = AssetState::Purged
        }),
        // The record of a replace, none of whose blobs is held. It names the head that the asset has.
        (Rule::ReplaceComplete, |case| {
            case.facts.asset.head = Some(link(hash(9), None));
            if case.envelope().action == "create" {
                case.envelope().action = "replace".to_owned();
            }
            case.envelope().prior_provenance_hash = Some(hash(9));
            if case.request.body.blob_role == "original" {
                case.request.body.blob_role = "provenance".to_owned();
            }
        }),
    ];
    assert_eq!(breaks.map(|(rule, _)| rule).to_vec(), CreateCase::rules());
    peeled(&breaks);
}

#[test]
fn a_chunk_is_judged_in_the_order_of_the_contract() {
    let breaks: [Break<AppendCase>; 13] = [
        (Rule::SessionFound, |case| case.facts.now += days(1)),
        (Rule::SessionCaller, |case| case.request.caller = stranger()),
        (Rule::SessionActive, |case| {
            case.status(UploadStatus::Completed)
        }),
        (Rule::ChunkMediaType, |case| case.request.media_type = None),
        (Rule::ChunkNotEmpty, |case| case.request.length = 0),
        (Rule::ChecksumStated, |case| case.request.checksum.clear()),
        // The contract compares before it measures. A body past the maximum is not read to its end,
        // so there is nothing to compare, and the maximum comes first.
        (Rule::ChunkWithinMax, |case| case.policy.max_chunk = 4095),
        (Rule::ChecksumMatches, |case| case.request.digest = hash(2)),
        (Rule::OffsetStated, |case| case.request.offset.clear()),
        (Rule::ChunkUnchanged, |case| {
            let checksum = hash(3);
            case.facts.accepted = Some(AcceptedChunk {
                offset: 4096,
                length: 4096,
                checksum,
            });
        }),
        (Rule::OffsetSequential, |case| {
            case.session().received = 4095
        }),
        (Rule::SizeBound, |case| case.session().size = 8191),
        (Rule::ChunkAligned, |case| {
            case.policy.chunk_alignment = 4097
        }),
    ];
    assert_eq!(breaks.map(|(rule, _)| rule).to_vec(), AppendCase::rules());
    peeled(&breaks);
}

fn rules<F, R>(checks: &[Check<F, R>]) -> Vec<Rule> {
    checks.iter().map(|check| check.rule).collect()
}

#[test]
fn the_exported_lists_are_in_the_order_that_the_tests_name() {
    use crate::directory::DirectoryCase;
    use crate::finalize::FinalizeCase;
    use crate::handshake::HandshakeCase;
    use crate::ledger::{LedgerCase, ReadCase};
    use crate::provision::ProvisionCase;
    use crate::record_case::RecordCase;
    use crate::sessions::{CancelCase, QueryCase};
    use crate::upgrade::{CompleteCase, EndCase, ProposeCase};

    assert_eq!(rules(HANDSHAKE), HandshakeCase::rules());
    assert_eq!(rules(CREATE_SESSION), CreateCase::rules());
    // The replay decision stands between the two lists of a chunk (invariant 12 before 9).
    let around_replay = [
        rules(APPEND_ADMISSION),
        vec![Rule::ChunkUnchanged],
        rules(APPEND_PLACEMENT),
    ];
    assert_eq!(around_replay.concat(), AppendCase::rules());
    assert_eq!(rules(QUERY), QueryCase::rules());
    assert_eq!(rules(CANCEL), CancelCase::rules());
    assert_eq!(rules(FINALIZE), FinalizeCase::rules());
    assert_eq!(rules(RECORD), RecordCase::rules());
    assert_eq!(rules(DIRECTORY), DirectoryCase::rules());
    // The replay decision stands between the two lists of an op (`wire.md` §2).
    let around_replay = [rules(OP_SHAPE), rules(OP_ADMISSION)];
    assert_eq!(around_replay.concat(), OpCase::rules());
    assert_eq!(rules(LEDGER), LedgerCase::rules());
    assert_eq!(rules(READ_LEDGER), ReadCase::rules());
    assert_eq!(rules(PROPOSE_UPGRADE), ProposeCase::rules());
    assert_eq!(rules(END_UPGRADE), EndCase::rules());
    assert_eq!(rules(COMPLETE_UPGRADE), CompleteCase::rules());
    assert_eq!(rules(PROVISION), ProvisionCase::rules());
}

#[test]
fn the_numbered_invariants_of_an_opening_come_as_the_contract_orders_them() {
    let numbers: Vec<u8> = CREATE_SESSION
        .iter()
        .filter_map(|check| check.rule.invariant())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 4, 5, 16, 16, 25, 8, 6, 7, 7, 17]);
}
