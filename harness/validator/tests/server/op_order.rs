//! The order of checks of an op (`wire.md` §2, "Evaluation order"), action by action.

use crate::bound::Surface;
use crate::op_case::OpCase;
use crate::order::Break;
use crate::world::{STRANGER, days, frozen, hash, now, other_album, stranger, time, upgrade};
use gauntlet_validator::server::AssetState;
use gauntlet_wire::enums::Action;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::SignedDuration;

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
