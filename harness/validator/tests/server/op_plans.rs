//! What an accepted op changes, and what an op is told that was accepted before (`wire.md` §3).

use crate::bound::Surface;
use crate::op_case::{METADATA, OpCase, head};
use crate::world::{
    album, asset, caller, days, frozen, hash, held, link, metadata, now, stored_original, time,
    trashed,
};
use gauntlet_validator::server::{
    AssetState, ChainLink, Effect, EpochFacts, Extension, OpPlan, OpRequest, Publication, read_op,
};
use gauntlet_wire::derivative::DerivativeChain;
use gauntlet_wire::enums::{Action, BlobRole, Change, DerivativeRole};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::{LifecycleOp, to_base64};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

const BOTH: [Formats; 2] = [Formats::A, Formats::B];

fn accepted(case: &OpCase) -> Vec<Effect> {
    match case.judge().unwrap() {
        OpPlan::Accepted {
            asset: written,
            action,
            effects,
        } => {
            assert_eq!((written, action), (asset(), case.core.action));
            effects
        }
        replayed @ OpPlan::Replayed { .. } => panic!("{replayed:?}"),
    }
}

/// A part of the request becomes a blob of the asset.
fn kept(role: BlobRole, bytes: &[u8]) -> [Effect; 2] {
    let (hash, size) = (Hash::of(bytes), bytes.len() as u64);
    let bind = Effect::BindBlob {
        album: album(),
        asset: asset(),
        role,
        hash,
        size,
        payer: caller(),
        prior: Some(head()),
    };
    [Effect::StoreBlob { hash, size }, bind]
}

fn advance(case: &OpCase) -> Effect {
    Effect::AdvanceHead(Box::new(ChainLink {
        album: album(),
        asset: asset(),
        link: Hash::of(&case.record()),
        prior: Some(head()),
        action: case.core.action,
        epoch: 1,
        original: stored_original(),
        metadata: case.core.b.as_ref().and_then(|b| b.metadata_blob_hash),
    }))
}

fn publish(case: &OpCase, change: Change, metadata: Hash) -> Effect {
    Effect::Publish(Publication {
        asset: asset(),
        album: album(),
        protocol: case.core.protocol_version,
        change,
        link: Hash::of(&case.record()),
        metadata,
        changed_at: now(),
        sync_seq: None,
    })
}

#[test]
fn a_delete_is_soft_and_lasts_until_what_it_signed() {
    for formats in BOTH {
        let case = OpCase::of(formats, Action::Delete);
        let [store, bind] = kept(BlobRole::Provenance, &case.record());
        let trash = Effect::Trash {
            asset: asset(),
            since: now(),
            until: "2026-12-20T11:00:00Z".parse().unwrap(),
        };
        let shown = publish(&case, Change::Deleted, hash(0xc0));
        assert_eq!(accepted(&case), [store, bind, advance(&case), trash, shown]);
    }
}

#[test]
fn a_restore_takes_the_asset_back_and_the_delete_stays_in_the_chain() {
    for formats in BOTH {
        let case = OpCase::of(formats, Action::TrashRestore);
        let [store, bind] = kept(BlobRole::Provenance, &case.record());
        let restore = Effect::Restore { asset: asset() };
        let shown = publish(&case, Change::Updated, hash(0xc0));
        assert_eq!(
            accepted(&case),
            [store, bind, advance(&case), restore, shown]
        );
    }
}

#[test]
fn an_update_shows_the_metadata_that_it_brings() {
    for formats in BOTH {
        let case = OpCase::of(formats, Action::MetadataUpdate);
        let [store, bind] = kept(BlobRole::Provenance, &case.record());
        let [store_metadata, bind_metadata] = kept(BlobRole::Metadata, METADATA);
        let shown = publish(&case, Change::Updated, Hash::of(METADATA));
        assert_eq!(
            accepted(&case),
            [
                store,
                bind,
                store_metadata,
                bind_metadata,
                advance(&case),
                shown
            ]
        );
    }
}

#[test]
fn an_update_shows_the_metadata_that_was_uploaded_for_it() {
    for formats in BOTH {
        let mut case = OpCase::of(formats, Action::MetadataUpdate);
        case.metadata = None;
        let blobs = &mut case.facts.asset.blobs;
        blobs.push(held(BlobRole::Metadata, metadata(), Some(head())));
        if formats == Formats::B {
            // The manifest says which, whatever was brought later.
            blobs.push(held(BlobRole::Metadata, hash(0xce), Some(head())));
            case.commit(Some(metadata()));
        } else {
            // Brought later, and for another write.
            blobs.push(held(BlobRole::Metadata, hash(0xce), Some(hash(8))));
        }
        let [store, bind] = kept(BlobRole::Provenance, &case.record());
        let shown = publish(&case, Change::Updated, metadata());
        assert_eq!(accepted(&case), [store, bind, advance(&case), shown]);
    }
}

#[test]
fn a_derivative_advances_its_own_chain_and_unbinds_nothing() {
    for formats in BOTH {
        for action in [Action::DerivativeAdd, Action::DerivativeReplace] {
            let case = OpCase::of(formats, action);
            let manifest = case.derivative_manifest().unwrap();
            let [store, bind] = kept(BlobRole::Provenance, &case.record());
            let [store_manifest, bind_manifest] = kept(BlobRole::Provenance, &manifest);
            let chain = DerivativeChain {
                asset_id: asset(),
                role: DerivativeRole::Thumbnail,
                format: "image/webp".parse().unwrap(),
            };
            assert_eq!(case.request().derivative_chain(), Some(chain));
            let link = Hash::of(&manifest);
            let shown = publish(&case, Change::Updated, hash(0xc0));
            assert_eq!(
                accepted(&case),
                [
                    store,
                    bind,
                    store_manifest,
                    bind_manifest,
                    advance(&case),
                    Effect::AdvanceDerivative { chain, link },
                    shown
                ]
            );
        }
    }
}

#[test]
fn time_and_number_of_a_write_are_the_servers() {
    let mut case = OpCase::of(Formats::B, Action::Delete);
    case.core.timestamp = time(now() + days(29));
    let effects = accepted(&case);
    let Some(Effect::Publish(shown)) = effects.last() else {
        panic!("nothing is shown: {effects:?}");
    };
    assert_eq!((shown.changed_at, shown.sync_seq), (now(), None));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Trash { since, .. } if *since == now()))
    );
}

#[test]
fn a_record_that_was_accepted_is_answered_again_and_changes_nothing() {
    for action in [
        Action::Delete,
        Action::MetadataUpdate,
        Action::DerivativeAdd,
        Action::DerivativeReplace,
        Action::TrashRestore,
    ] {
        let mut case = OpCase::of(Formats::B, action);
        let again = OpPlan::Replayed {
            asset: asset(),
            action,
            sync_seq: 41,
        };
        case.facts.accepted = Some(41);
        if let Some(manifest) = case.request().derivative_hash() {
            let kept = held(BlobRole::Provenance, manifest, Some(head()));
            case.facts.asset.blobs.push(kept);
        }
        assert_eq!(case.judge().unwrap(), again);
        // Whatever became of head, device, album and clock since (row 22).
        case.facts.asset.head = Some(link(hash(8), None));
        case.facts.asset.state = trashed();
        case.facts.device = None;
        case.facts.epochs = EpochFacts::default();
        case.facts.album.as_mut().unwrap().frozen = Some(frozen());
        case.facts.now = now() + days(3650);
        assert_eq!(case.judge().unwrap(), again);
    }
}

/// The case once its record was accepted: it is the head by now.
fn repeated(formats: Formats, action: Action) -> OpCase {
    let mut case = OpCase::of(formats, action);
    case.facts.accepted = Some(41);
    case.facts.asset.head = Some(link(Hash::of(&case.record()), Some(head())));
    case
}

fn rule_of(case: &OpCase) -> Rule {
    case.judge().unwrap_err().rejection.rule
}

#[test]
fn row_8_an_accepted_record_with_another_derivative_is_no_repeat() {
    for formats in BOTH {
        let mut case = repeated(formats, Action::DerivativeAdd);
        assert_eq!(rule_of(&case), Rule::HeadCurrent);
        let manifest = case.request().derivative_hash().unwrap();
        let kept = held(BlobRole::Provenance, manifest, Some(head()));
        case.facts.asset.blobs.push(kept);
        assert!(matches!(case.judge(), Ok(OpPlan::Replayed { .. })));
    }
}

#[test]
fn row_21_an_accepted_record_with_other_metadata_is_no_repeat() {
    let mut case = repeated(Formats::B, Action::MetadataUpdate);
    assert!(matches!(case.judge(), Ok(OpPlan::Replayed { .. })));
    case.metadata = Some(b"another sidecar".to_vec());
    assert_eq!(rule_of(&case), Rule::MetadataHashMatches);

    let mut case = repeated(Formats::A, Action::MetadataUpdate);
    assert_eq!(rule_of(&case), Rule::HeadCurrent);
    let kept = held(BlobRole::Metadata, Hash::of(METADATA), Some(head()));
    case.facts.asset.blobs.push(kept);
    assert!(matches!(case.judge(), Ok(OpPlan::Replayed { .. })));
    case.facts.asset.blobs.clear();
    case.facts.asset.state = AssetState::Purged;
    assert!(matches!(case.judge(), Ok(OpPlan::Replayed { .. })));
}

#[test]
fn a_stranger_is_told_nothing_of_a_record_that_was_accepted() {
    let mut case = OpCase::of(Formats::B, Action::Delete);
    case.facts.accepted = Some(41);
    case.facts.album.as_mut().unwrap().caller_may_write = false;
    assert_eq!(
        case.judge().unwrap_err().rejection.rule,
        Rule::AlbumWritable
    );
    case.facts.album = None;
    assert_eq!(
        case.judge().unwrap_err().rejection.rule,
        Rule::AlbumWritable
    );
}

#[test]
fn a_replay_still_has_to_be_well_formed() {
    let mut case = OpCase::of(Formats::B, Action::Delete);
    case.facts.accepted = Some(41);
    case.edit(|envelope| envelope.client_version.push('!'));
    assert_eq!(case.judge().unwrap_err().rejection.rule, Rule::RecordAgrees);
}

#[test]
fn a_stale_op_is_told_the_head_and_a_refused_op_changes_nothing() {
    let mut case = OpCase::of(Formats::B, Action::Delete);
    case.facts.asset.head = Some(link(hash(8), None));
    let refusal = case.judge().unwrap_err();
    assert_eq!(
        refusal.rejection.extension,
        Some(Extension::ChainHead(Some(hash(8))))
    );
    assert_eq!(
        (
            refusal.rejection.status(),
            refusal.rejection.code().as_str()
        ),
        (409, "error.upload.stale_revival")
    );
    assert_eq!(refusal.effects, []);

    let mut case = OpCase::of(Formats::B, Action::DerivativeAdd);
    case.facts.derivative_head = Some(hash(0xd1));
    let rejection = case.judge().unwrap_err().rejection;
    assert_eq!(
        rejection.extension,
        Some(Extension::ChainHead(Some(hash(0xd1))))
    );
}

#[test]
fn late_and_idle_restores_are_told_the_head() {
    for state in [
        AssetState::Live,
        AssetState::Trashed {
            since: now() - days(40),
            until: now() - days(10),
        },
    ] {
        let mut case = OpCase::of(Formats::B, Action::TrashRestore);
        case.facts.asset.state = state;
        let rejection = case.judge().unwrap_err().rejection;
        assert_eq!(rejection.rule, Rule::RestoreInTime);
        assert_eq!(
            rejection.extension,
            Some(Extension::ChainHead(Some(head())))
        );
    }
}

fn body(case: &OpCase) -> LifecycleOp {
    let OpRequest { body, .. } = case.request();
    LifecycleOp {
        manifest_envelope: body.envelope,
        manifest_cbor: to_base64(&body.record),
        metadata_blob: body.metadata.as_deref().map(to_base64),
        derivative_cbor: body.derivative.as_deref().map(to_base64),
    }
}

#[test]
fn a_body_reads_as_what_it_holds() {
    for action in [Action::MetadataUpdate, Action::DerivativeAdd] {
        let case = OpCase::of(Formats::B, action);
        assert_eq!(read_op(body(&case)).unwrap(), case.request().body);
    }
}

#[test]
fn base64_has_one_spelling() {
    type Member = fn(&mut LifecycleOp) -> &mut String;
    let members: [(Action, Member); 3] = [
        (Action::Delete, |body| &mut body.manifest_cbor),
        (Action::MetadataUpdate, |body| {
            body.metadata_blob.as_mut().unwrap()
        }),
        (Action::DerivativeAdd, |body| {
            body.derivative_cbor.as_mut().unwrap()
        }),
    ];
    for (action, member) in members {
        for spoil in [
            |text: &mut String| text.push('='),
            |text: &mut String| text.insert(0, '\n'),
            |text: &mut String| *text = "YR==".to_owned(),
            |text: &mut String| *text = "_-8=".to_owned(),
        ] {
            let mut body = body(&OpCase::of(Formats::B, action));
            spoil(member(&mut body));
            assert_eq!(read_op(body).unwrap_err().rule, Rule::BodyWellFormed);
        }
    }
}

#[test]
fn facts_are_looked_up_by_what_the_request_brings() {
    let case = OpCase::of(Formats::B, Action::MetadataUpdate);
    let request = case.request();
    assert_eq!(request.record_hash(), Hash::of(&case.record()));
    assert_eq!(request.metadata_hash(), Some(Hash::of(METADATA)));
    assert_eq!(request.derivative_chain(), None);
    let mut broken = OpCase::of(Formats::B, Action::DerivativeAdd);
    broken.derivative_bytes = Some(vec![0xa0]);
    assert_eq!(broken.request().derivative_chain(), None);
}
