//! What a finalized `provenance` upload is held to (`formats.md` §4 and §11, invariants 16 and 17).

use super::check::{Broken, require};
use super::finalize::FinalizeFacts;
use super::{Check, Effect, Extension, Policy, Publication, Session};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::{Action, BlobRole, Change};
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::rule::Rule;

/// What the server knows of the asset that a finished upload belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetFacts {
    /// The stored head of its chain.
    pub head: Option<Hash>,
    /// The record whose write waits for its metadata blob, if there is one.
    pub awaiting: Option<Awaiting>,
    /// Metadata blobs that are stored for the asset and not yet shown by any write.
    pub metadata: Vec<Hash>,
}

/// An accepted record that is not yet visible, because its metadata blob is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting {
    /// The record.
    pub link: Hash,
    /// The metadata blob that its manifest commits to; `None` in version A, which does not say.
    pub metadata: Option<Hash>,
    /// What the write does.
    pub change: Change,
}

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
        rule: Rule::ActionKnown,
        holds: inv16_action_by_upload,
    },
    Check {
        rule: Rule::HeadCurrent,
        holds: inv17_head_current,
    },
];

fn decode(facts: &FinalizeFacts) -> Result<Canonical<ProvenanceRecord>, Broken> {
    let bytes = facts
        .record
        .as_deref()
        .ok_or_else(|| Broken::because("the upload is larger than any provenance record"))?;
    Canonical::decode(bytes).map_err(|error| Broken::because(format!("record: {error}")))
}

/// The decoded core, for checks that run after [`record_well_formed`].
fn core(facts: &FinalizeFacts) -> Result<ManifestCore, Broken> {
    Ok(decode(facts)?.into_value().manifest.core)
}

/// `formats.md` §2 and §4: the bytes are one canonical record, structurally sound.
fn record_well_formed(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    decode(facts).map(|_| ())
}

/// Invariant 2, on the signed bytes: what a manifest signs is in the inventory too.
fn inv02_record_suite_known(facts: &FinalizeFacts, (): &(), policy: &Policy) -> Result<(), Broken> {
    let suite = core(facts)?.crypto_suite_id;
    require(policy.suites.contains(&suite), || {
        format!("the record's suite {suite} is not in the inventory")
    })
}

/// `formats.md` §11: every field of the signed core is the envelope's. The envelope's
/// `ciphertext_hash` names the blob of its own session, the core's names the original, so that one
/// field is compared with `original_blob_hash` where the envelope gives it. The album is the
/// session's, which the envelope need not repeat.
fn record_agrees(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let core = core(facts)?;
    first_difference(&core, &facts.session).map_or(Ok(()), |field| {
        Err(Broken::because(format!(
            "{field} differs from the envelope"
        )))
    })
}

fn first_difference(core: &ManifestCore, session: &Session) -> Option<&'static str> {
    let envelope = &session.envelope;
    let time = |text: Option<&str>, signed: Option<&str>| text == signed;
    let pairs = [
        (
            "crypto_suite_id",
            core.crypto_suite_id.0 == envelope.crypto_suite_id,
        ),
        (
            "protocol_version",
            core.protocol_version.to_string() == envelope.protocol_version,
        ),
        ("file_id", core.file_id == envelope.file_id),
        ("album_id", core.album_id == session.album),
        ("amk_version", core.amk_version == envelope.amk_version),
        (
            "plaintext_size",
            core.plaintext_size == envelope.plaintext_size,
        ),
        ("chunk_size", core.chunk_size == envelope.chunk_size),
        (
            "created_by_user",
            core.created_by_user == envelope.created_by_user,
        ),
        (
            "created_by_device",
            core.created_by_device == envelope.created_by_device,
        ),
        (
            "client_version",
            core.client_version == envelope.client_version,
        ),
        ("timestamp", core.timestamp.text() == envelope.timestamp),
        ("action", core.action.to_string() == envelope.action),
        (
            "prior_provenance_hash",
            core.prior_provenance_hash == envelope.prior_provenance_hash,
        ),
        (
            "retention_until",
            time(
                envelope.retention_until.as_deref(),
                core.retention_until.as_ref().map(|until| until.text()),
            ),
        ),
        (
            "original_blob_hash",
            envelope
                .original_blob_hash
                .is_none_or(|hash| hash == core.ciphertext_hash),
        ),
        (
            "key_mode",
            core.b.as_ref().map(|b| b.key_mode) == envelope.key_mode,
        ),
        (
            "metadata_blob_hash",
            core.b.as_ref().and_then(|b| b.metadata_blob_hash) == envelope.metadata_blob_hash,
        ),
    ];
    pairs
        .into_iter()
        .find(|(_, same)| !same)
        .map(|(field, _)| field)
}

/// Invariant 16: an upload carries a create or a replace; the other actions go over stored blobs.
fn inv16_action_by_upload(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let action = core(facts)?.action;
    require(matches!(action, Action::Create | Action::Replace), || {
        format!("{action} is not an action of an upload")
    })
}

/// Invariant 17: the record continues the stored chain, at its head.
fn inv17_head_current(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let prior = core(facts)?.prior_provenance_hash;
    require(prior == facts.asset.head, || {
        "the prior is not the stored head".to_owned()
    })
    .map_err(|broken| broken.with(Extension::ChainHead(facts.asset.head)))
}

/// The effects of a finished upload on its asset: the record advances the chain, and the write is
/// published once record and metadata are both final (`formats.md` §11).
pub(super) fn asset_effects(facts: &FinalizeFacts) -> Vec<Effect> {
    let session = &facts.session;
    let asset = session.envelope.file_id;
    let mut effects = vec![Effect::BindBlob {
        asset,
        role: session.role,
        hash: session.hash,
        size: session.size,
    }];
    let (awaiting, metadata) = match session.role {
        BlobRole::Provenance => {
            effects.push(Effect::AdvanceHead {
                asset,
                link: session.hash,
            });
            (awaiting_of(facts), facts.asset.metadata.clone())
        }
        BlobRole::Metadata => (facts.asset.awaiting.clone(), vec![session.hash]),
        BlobRole::Original | BlobRole::Derivative | BlobRole::Backup => (None, Vec::new()),
    };
    effects.extend(awaiting.and_then(|awaiting| publication(facts, &awaiting, &metadata)));
    effects
}

fn awaiting_of(facts: &FinalizeFacts) -> Option<Awaiting> {
    let core = core(facts).ok()?;
    let change = if core.action == Action::Create {
        Change::Created
    } else {
        Change::Updated
    };
    let metadata = core.b.and_then(|b| b.metadata_blob_hash);
    Some(Awaiting {
        link: facts.session.hash,
        metadata,
        change,
    })
}

fn publication(facts: &FinalizeFacts, awaiting: &Awaiting, stored: &[Hash]) -> Option<Effect> {
    let metadata = match awaiting.metadata {
        Some(committed) => stored.iter().copied().find(|hash| *hash == committed)?,
        None => stored.last().copied()?,
    };
    Some(Effect::Publish(Publication {
        asset: facts.session.envelope.file_id,
        album: facts.session.album,
        protocol: facts.session.protocol,
        change: awaiting.change,
        link: awaiting.link,
        metadata,
        changed_at: facts.now,
        sync_seq: None,
    }))
}
