//! The order of checks (`wire.md` §2, "Evaluation order"): of several broken rules the first answers.

use crate::append::AppendCase;
use crate::bound::Surface;
use crate::create::CreateCase;
use crate::op_case::OpCase;
use crate::world::{
    STRANGER, album, asset, days, frozen, hash, link, now, other_album, stranger, time, upgrade,
};
use gauntlet_validator::server::{
    APPEND_ADMISSION, APPEND_PLACEMENT, AcceptedChunk, AssetState, CANCEL, COMPLETE_UPGRADE,
    CREATE_SESSION, Check, DIRECTORY, Duplicate, END_UPGRADE, FINALIZE, HANDSHAKE, LEDGER,
    OP_ADMISSION, OP_SHAPE, PROPOSE_UPGRADE, PROVISION, QUERY, READ_LEDGER, RECORD,
};
use gauntlet_wire::enums::{Action, UploadStatus};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::SignedDuration;

/// A rule, and a change that breaks it and leaves every other change its effect.
type Break<S> = (Rule, fn(&mut S));

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

/// What breaks an op of any action, each with its place in the list.
fn op_breaks() -> Vec<(usize, Break<OpCase>)> {
    vec![
        (
            1,
            (Rule::ProtocolInWindow, |case| {
                case.policy.min_protocol = ProtocolVersion::AFTER_MAX
            }),
        ),
        (2, (Rule::SuiteKnown, |case| case.policy.suites.clear())),
        (
            3,
            (Rule::ActionKnown, |case| {
                case.edit(|envelope| envelope.action = "purge".to_owned())
            }),
        ),
        (
            5,
            (Rule::RecordWellFormed, |case| case.bytes = Some(vec![0])),
        ),
        (
            6,
            (Rule::EnvelopeAgrees, |case| {
                case.spoken.suite = Some(SuiteId(2))
            }),
        ),
        (
            7,
            (Rule::RecordAgrees, |case| {
                case.edit(|envelope| envelope.client_version.push('!'))
            }),
        ),
        (
            9,
            (Rule::AlbumWritable, |case| {
                case.facts.album.as_mut().unwrap().caller_may_write = false
            }),
        ),
        (
            10,
            (Rule::DeviceListed, |case| {
                case.core.created_by_user = stranger()
            }),
        ),
        (
            11,
            (Rule::DeviceNotRevoked, |case| {
                case.facts.device.as_mut().unwrap().revoked_at = Some(time(case.facts.now))
            }),
        ),
        (
            12,
            (Rule::TimestampInRange, |case| {
                case.policy.timestamp_drift = SignedDuration::ZERO
            }),
        ),
        (
            13,
            (Rule::AlbumNotFrozen, |case| {
                case.facts.album.as_mut().unwrap().frozen = Some(frozen())
            }),
        ),
        (
            14,
            (Rule::AlbumNotQuiescing, |case| {
                case.facts.album.as_mut().unwrap().upgrade = Some(upgrade())
            }),
        ),
        (
            15,
            (Rule::AssetIdOwned, |case| {
                case.facts.asset.album = Some(other_album())
            }),
        ),
        (
            20,
            (Rule::MetadataHashMatches, |case| {
                case.edit(|envelope| envelope.metadata_blob_hash = Some(hash(1)))
            }),
        ),
        (
            22,
            (Rule::DeviceSignatureValid, |case| {
                case.device_signer = &STRANGER
            }),
        ),
        (
            24,
            (Rule::EpochAttested, |case| {
                case.facts.epochs.write_tier = None
            }),
        ),
        // Without a key nothing verifies; what follows an unattested epoch is shown once it is attested.
        (
            25,
            (Rule::WriteSignatureValid, |case| {
                case.write_signer = &STRANGER
            }),
        ),
        (
            27,
            (Rule::HeadCurrent, |case| {
                case.core.prior_provenance_hash = Some(hash(8))
            }),
        ),
        (
            28,
            (Rule::HeadCurrent, |case| {
                case.facts.asset.state = AssetState::Purged
            }),
        ),
        (
            29,
            (Rule::EpochNotRegressed, |case| {
                case.facts.epochs.accepted = Some(2)
            }),
        ),
        (33, (Rule::BlobsHeld, |case| case.core.plaintext_size += 1)),
    ]
}

/// Peels an op of one action, with the breaks that are its own.
fn peeled_op(action: Action, own: Vec<(usize, Break<OpCase>)>) -> Vec<usize> {
    let mut breaks = [op_breaks(), own].concat();
    // With another action, an update would bring metadata that it may not bring.
    breaks.retain(|(_, (rule, _))| *rule != Rule::ActionKnown || action != Action::MetadataUpdate);
    breaks.sort_by_key(|(place, _)| *place);
    let rules = OpCase::rules();
    for (place, (rule, _)) in &breaks {
        assert_eq!(rules[*place], *rule);
    }
    for first in 0..=breaks.len() {
        let mut case = OpCase::of(Formats::B, action);
        breaks[first..]
            .iter()
            .for_each(|(_, (_, change))| change(&mut case));
        let refused_by = case.judge().err().map(|refusal| refusal.rejection.rule);
        let expected = breaks.get(first).map(|(_, (rule, _))| *rule);
        assert_eq!(refused_by, expected, "{action} from {first}");
    }
    breaks.into_iter().map(|(place, _)| place).collect()
}

#[test]
fn an_op_is_judged_in_the_order_of_the_contract() {
    let delete = peeled_op(
        Action::Delete,
        vec![
            (
                4,
                (Rule::RetentionStated, |case| {
                    case.edit(|envelope| envelope.retention_until = None)
                }),
            ),
            (
                30,
                (Rule::RetentionFloor, |case| {
                    case.policy.retention_floor = days(1000)
                }),
            ),
        ],
    );
    let update = peeled_op(
        Action::MetadataUpdate,
        vec![
            (
                16,
                (Rule::SchemaStated, |case| {
                    // A schema that is not stated is none that is known.
                    case.schema.push("1".to_owned())
                }),
            ),
            (
                17,
                (Rule::SchemaKnown, |case| case.policy.max_sidecar_schema = 0),
            ),
            (
                21,
                (Rule::MetadataHashMatches, |case| {
                    case.metadata = Some(b"other".to_vec())
                }),
            ),
            (
                34,
                (Rule::QuotaInGrace, |case| {
                    case.policy.quota_hard_limit = Some(0);
                    case.facts.quota.used = 1;
                    case.facts.quota.exceeded_since = Some(now() - days(100));
                }),
            ),
        ],
    );
    let add = peeled_op(
        Action::DerivativeAdd,
        vec![
            (
                0,
                (Rule::BodyWellFormed, |case| {
                    case.metadata = Some(b"metadata".to_vec())
                }),
            ),
            (
                18,
                (Rule::DerivativeWellFormed, |case| {
                    case.derivative_bytes = Some(vec![0xa0])
                }),
            ),
            (
                19,
                (Rule::DerivativeAgrees, |case| {
                    case.made().crypto_suite_id = SuiteId(2)
                }),
            ),
            (
                23,
                (Rule::DeviceSignatureValid, |case| {
                    case.derivative_device_signer = &STRANGER
                }),
            ),
            (
                26,
                (Rule::WriteSignatureValid, |case| {
                    case.derivative_write_signer = &STRANGER
                }),
            ),
            (
                32,
                (Rule::DerivativeHeadCurrent, |case| {
                    case.facts.derivative_head = Some(hash(1))
                }),
            ),
        ],
    );
    let restore = peeled_op(
        Action::TrashRestore,
        vec![
            (
                8,
                (Rule::ActionFits, |case| {
                    case.core.action = Action::Replace;
                    case.commit(Some(hash(0xc0)));
                }),
            ),
            (
                31,
                (Rule::RestoreInTime, |case| {
                    if case.facts.asset.state != AssetState::Purged {
                        case.facts.asset.state = AssetState::Live;
                    }
                }),
            ),
        ],
    );
    let mut places = [delete, update, add, restore].concat();
    places.sort_unstable();
    places.dedup();
    assert!(places.into_iter().eq(0..OpCase::rules().len()));
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
    use crate::record::RecordCase;
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
