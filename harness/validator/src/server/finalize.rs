//! Finalization inside the last PATCH (`wire.md` §3, invariants 13–18 and 25).

use super::check::{Broken, require};
use super::record::{
    Submission, Submits, inv02_record_suite_known, inv17_head_current, inv18_epoch_attested,
    inv18_epoch_not_regressed, inv25_commitment_agrees, nonce_prefix_fresh, record_agrees,
    record_well_formed, replace_complete, stale, tombstone_stays, x1_device_signature_valid,
    x1_write_signature_valid,
};
use super::write::{not_frozen, owned};
use super::{
    AssetFacts, AssetState, CREATE_SESSION, ChainLink, Check, CreateRequest, Effect, EpochFacts,
    HeldBlob, Policy, Publication, Refusal, Rejection, Session, SessionFacts, Spoken, judge,
};
use gauntlet_wire::enums::{Action, BlobRole, UploadStatus};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::CreateSession;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

/// Everything that the server knows when it finalizes a session.
#[derive(Debug, Clone)]
pub struct FinalizeFacts {
    /// The server's clock.
    pub now: jiff::Timestamp,
    /// The session, all of whose bytes have arrived.
    pub session: Session,
    /// How many bytes its file holds.
    pub length: u64,
    /// SHA-256 of those bytes, recomputed from the disk.
    pub computed: Hash,
    /// The facts of the opening, read again in this transaction.
    pub opening: SessionFacts,
    /// The epochs of the session's album, for the epoch of its envelope.
    pub epochs: EpochFacts,
    /// The bytes of a `provenance` upload; `None` where they exceed the bound of a record.
    pub record: Option<Vec<u8>>,
}

impl Submits<()> for FinalizeFacts {
    fn submission<'a>(&'a self, (): &'a ()) -> Submission<'a> {
        Submission {
            bytes: self.record.as_deref(),
            envelope: &self.session.envelope,
            album: self.session.album,
            device: self.opening.device.as_ref(),
            asset: &self.opening.asset,
            epochs: &self.epochs,
        }
    }
}

/// Checks of every finalization, in order.
pub const FINALIZE: &[Check<FinalizeFacts, ()>] = &[
    Check {
        rule: Rule::FinalizeSole,
        holds: finalize_sole,
    },
    Check {
        rule: Rule::LengthComplete,
        holds: inv13_length_complete,
    },
    Check {
        rule: Rule::HashMatches,
        holds: inv14_hash_matches,
    },
    Check {
        rule: Rule::EnvelopeStillHolds,
        holds: inv15_envelope_still_holds,
    },
    Check {
        rule: Rule::AlbumNotFrozen,
        holds: album_not_frozen,
    },
    Check {
        rule: Rule::AssetIdOwned,
        holds: x6_asset_id_owned,
    },
    Check {
        rule: Rule::HeadCurrent,
        holds: x6_asset_not_purged,
    },
    Check {
        rule: Rule::QuotaAdmits,
        holds: reservation_covers,
    },
];

/// Checks of a `provenance` upload, in order.
pub const RECORD: &[Check<FinalizeFacts, ()>] = &[
    Check {
        rule: Rule::RecordWellFormed,
        holds: record_well_formed,
    },
    Check {
        rule: Rule::SuiteKnown,
        holds: inv02_record_suite_known,
    },
    Check {
        rule: Rule::RecordAgrees,
        holds: record_agrees,
    },
    Check {
        rule: Rule::ActionFits,
        holds: inv16_action_by_upload,
    },
    Check {
        rule: Rule::MetadataHashMatches,
        holds: inv25_commitment_agrees,
    },
    Check {
        rule: Rule::DeviceSignatureValid,
        holds: x1_device_signature_valid,
    },
    Check {
        rule: Rule::EpochAttested,
        holds: inv18_epoch_attested,
    },
    Check {
        rule: Rule::WriteSignatureValid,
        holds: x1_write_signature_valid,
    },
    Check {
        rule: Rule::HeadCurrent,
        holds: inv17_head_current,
    },
    Check {
        rule: Rule::HeadCurrent,
        holds: tombstone_stays,
    },
    Check {
        rule: Rule::EpochNotRegressed,
        holds: inv18_epoch_not_regressed,
    },
    Check {
        rule: Rule::ReplaceComplete,
        holds: replace_complete,
    },
    Check {
        rule: Rule::NoncePrefixFresh,
        holds: nonce_prefix_fresh,
    },
];

/// Judges a finalization by the contract.
///
/// # Errors
/// The first rule that does not hold. A refused finalization fails its session, deletes its bytes
/// and releases its reservation; but of two requests that complete a session, the later one leaves it
/// to the other.
pub fn finalize(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    finalize_by(FINALIZE, RECORD, facts, policy)
}

/// Judges a finalization by the given checks; `record` applies to `provenance` uploads only.
///
/// # Errors
/// The first rule that does not hold, with the effects that end the session.
pub fn finalize_by(
    checks: &[Check<FinalizeFacts, ()>],
    record: &[Check<FinalizeFacts, ()>],
    facts: &FinalizeFacts,
    policy: &Policy,
) -> Result<Vec<Effect>, Refusal> {
    judge(checks, facts, &(), policy).map_err(end_session)?;
    if facts.session.role == BlobRole::Provenance {
        judge(record, facts, &(), policy).map_err(end_session)?;
    }
    let session = &facts.session;
    let mut effects = vec![
        Effect::PromoteBlob {
            hash: session.hash,
            size: session.size,
        },
        Effect::ReleaseReservation,
        Effect::SetStatus(UploadStatus::Completed),
    ];
    effects.extend(asset_effects(facts));
    Ok(effects)
}

fn end_session(rejection: Rejection) -> Refusal {
    if rejection.rule == Rule::FinalizeSole {
        return rejection.into();
    }
    let effects = vec![
        Effect::DiscardBytes,
        Effect::ReleaseReservation,
        Effect::SetStatus(UploadStatus::FailedProcessing),
    ];
    Refusal { rejection, effects }
}

/// `wire.md` §3: the session waits to be finalized, and no other request has done it.
fn finalize_sole(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let status = facts.session.status;
    require(status == UploadStatus::WaitingForProcessing, || {
        format!("the session is {status}; another request finalizes it")
    })
}

/// Invariant 13: the bytes held are as many as declared.
fn inv13_length_complete(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let (held, declared) = (facts.length, facts.session.size);
    require(held == declared, || {
        format!("{held} bytes are held, {declared} were declared")
    })
}

/// Invariant 14: the server recomputes the content address and trusts no one's word for it.
fn inv14_hash_matches(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let (computed, declared) = (facts.computed, facts.session.hash);
    require(computed == declared, || {
        format!("the bytes hash to {computed}, {declared} was declared")
    })
}

/// Invariant 15: invariants 1–8 hold again, now: a device may have been revoked since the opening.
/// Quota and deduplication are questions of the opening alone, and this very session would answer
/// the second; what is asked of the chain is asked of the record.
fn inv15_envelope_still_holds(
    facts: &FinalizeFacts,
    (): &(),
    policy: &Policy,
) -> Result<(), Broken> {
    let request = reopened(&facts.session);
    CREATE_SESSION
        .iter()
        .filter(|check| matches!(check.rule.invariant(), Some(1..=8)))
        .try_for_each(|check| (check.holds)(&facts.opening, &request, policy))
}

/// The request that opened the session, as it would read now.
fn reopened(session: &Session) -> CreateRequest {
    CreateRequest {
        caller: session.uploader,
        spoken: Spoken {
            protocol: session.protocol,
            suite: Some(session.suite),
        },
        body: CreateSession {
            size: session.size,
            hash: session.hash.to_string(),
            content_type: session.content_type.clone(),
            crypto_suite_id: session.suite.0,
            protocol_version: session.protocol.to_string(),
            blob_role: session.role.to_string(),
            manifest_envelope: session.envelope.clone(),
            album_id: Some(session.album),
            owner_id: Some(session.owner),
            intent_id: None,
        },
    }
}

/// `formats.md` §11: an upgrade that was completed under an open session took the members' last state;
/// nothing may slip in behind it. While the ceremony runs, an open session runs to its end (row 18).
fn album_not_frozen(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    not_frozen(facts.opening.album.as_ref())
}

/// Row X6: the asset id is bound to no other album by now.
fn x6_asset_id_owned(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    owned(&facts.opening.asset, Some(facts.session.album))
}

/// Row X6: nothing is bound to a tombstone, which no purge would ever take away again.
fn x6_asset_not_purged(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let asset = &facts.opening.asset;
    require(asset.state != AssetState::Purged, || {
        "the asset is purged".to_owned()
    })
    .map_err(|broken| stale(broken, asset))
}

/// Quota (`wire.md` §3): what the upload adds was reserved, or fits. It was not reserved where the owner
/// was charged for the same bytes when the session was opened and is not any more.
fn reservation_covers(facts: &FinalizeFacts, (): &(), policy: &Policy) -> Result<(), Broken> {
    let (session, quota) = (&facts.session, &facts.opening.quota);
    if quota.charged || session.reserved >= session.size {
        return Ok(());
    }
    let added = session.size.saturating_sub(session.reserved);
    let wanted = quota.used.saturating_add(added);
    let admitted = policy.quota_hard_limit.is_none_or(|limit| wanted <= limit);
    require(admitted, || {
        format!("{wanted} bytes would exceed the account's hard limit")
    })
}

/// Invariant 16: an upload carries the record of a create or a replace; the other actions go over
/// stored blobs.
fn inv16_action_by_upload(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let action = facts.submission(&()).core()?.action;
    require(matches!(action, Action::Create | Action::Replace), || {
        format!("{action} is not an action of an upload")
    })
}

/// The effects of a finished upload on its asset: the record advances the chain, and the write is
/// published once record and metadata are both final (`formats.md` §11).
fn asset_effects(facts: &FinalizeFacts) -> Vec<Effect> {
    let session = &facts.session;
    let asset = session.envelope.file_id;
    let prior = session.envelope.prior_provenance_hash;
    let mut effects = Vec::new();
    if facts.opening.asset.album.is_none() {
        effects.push(Effect::ClaimAsset {
            asset,
            album: session.album,
        });
    }
    effects.push(Effect::BindBlob {
        album: session.album,
        asset,
        role: session.role,
        hash: session.hash,
        size: session.size,
        payer: session.owner,
        prior,
    });
    let mut after = facts.opening.asset.clone();
    after.blobs.push(HeldBlob {
        role: session.role,
        hash: session.hash,
        prior,
    });
    if session.role == BlobRole::Provenance
        && let Ok(core) = facts.submission(&()).core()
    {
        let link = ChainLink::of(&core, session.hash);
        effects.push(Effect::AdvanceHead(Box::new(link.clone())));
        (after.head, after.head_shown) = (Some(link), false);
    }
    if matches!(session.role, BlobRole::Provenance | BlobRole::Metadata) {
        effects.extend(publication(facts, &after));
    }
    effects
}

/// The entry of the feed for the head of `asset`, if it waits for one and has its metadata by now.
fn publication(facts: &FinalizeFacts, asset: &AssetFacts) -> Option<Effect> {
    let head = asset.head.as_ref().filter(|_| !asset.head_shown)?;
    let formats: Formats = facts.session.protocol.formats();
    let metadata = asset.metadata_of(formats, head.metadata, head.prior)?;
    Some(Effect::Publish(Publication {
        asset: head.asset,
        album: head.album,
        protocol: facts.session.protocol,
        change: head.change(),
        link: head.link,
        metadata,
        changed_at: facts.now,
        sync_seq: None,
    }))
}
