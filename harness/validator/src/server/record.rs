//! What a signed record is held to, by upload and by op (`formats.md` §4 and §11, invariants 2, 16–18
//! and 25, rows 4, 16, 17, 21, X1 and X2).

use super::check::{Broken, require};
use super::{AssetFacts, AssetState, DeviceFacts, EpochFacts, Extension, Original, Policy};
use gauntlet_crypto::verify::verify;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use gauntlet_wire::id::{AlbumId, Hash};
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::record::ProvenanceRecord;

/// A record as it arrived, and what it is held to.
pub(super) struct Submission<'a> {
    /// The bytes; `None` where they exceed the bound of a record.
    pub(super) bytes: Option<&'a [u8]>,
    /// The projection that came with it.
    pub(super) envelope: &'a ManifestEnvelope,
    /// The album that the write is for.
    pub(super) album: AlbumId,
    /// The device that the envelope names, if the caller's directory lists it.
    pub(super) device: Option<&'a DeviceFacts>,
    pub(super) asset: &'a AssetFacts,
    pub(super) epochs: &'a EpochFacts,
}

/// Facts that, with a request of type `R`, make a [`Submission`].
pub(super) trait Submits<R> {
    fn submission<'a>(&'a self, request: &'a R) -> Submission<'a>;
}

impl Submission<'_> {
    pub(super) fn record(&self) -> Result<Canonical<ProvenanceRecord>, Broken> {
        let bytes = self
            .bytes
            .ok_or_else(|| Broken::because("the upload is larger than any provenance record"))?;
        Canonical::decode(bytes)
            .map_err(|error| Broken::because(format!("record: {}", error.expectation())))
    }

    /// The decoded core, for checks that run after [`record_well_formed`].
    pub(super) fn core(&self) -> Result<ManifestCore, Broken> {
        Ok(self.record()?.into_value().manifest.core)
    }

    pub(super) fn device_key(&self) -> Result<&HybridPublicKey, Broken> {
        self.device
            .map(|device| &device.key)
            .ok_or_else(|| Broken::because("the directory holds no key of created_by_device"))
    }

    pub(super) fn write_tier_key(&self) -> Result<&HybridPublicKey, Broken> {
        self.epochs
            .write_tier
            .as_ref()
            .ok_or_else(|| Broken::because("the ledger holds no write-tier key of the epoch"))
    }
}

/// `formats.md` §2 and §4: the bytes are one canonical record, structurally sound.
pub(super) fn record_well_formed<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    facts.submission(request).record().map(|_| ())
}

/// Invariant 2, on the signed bytes: what a manifest signs is in the inventory too.
pub(super) fn inv02_record_suite_known<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    policy: &Policy,
) -> Result<(), Broken> {
    let suite = facts.submission(request).core()?.crypto_suite_id;
    require(policy.suites.contains(&suite), || {
        format!("the record's suite {suite} is not in the inventory")
    })
}

/// `formats.md` §11: every field of the signed core is the envelope's. The envelope's
/// `ciphertext_hash` names the blob of its own session, the core's names the original, so that one
/// field is compared with `original_blob_hash` where the envelope gives it. The album is the
/// write's, which the envelope need not repeat.
pub(super) fn record_agrees<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let core = submission.core()?;
    first_difference(&core, submission.envelope, submission.album).map_or(Ok(()), |field| {
        Err(Broken::because(format!(
            "{field} differs from the envelope"
        )))
    })
}

fn first_difference(
    core: &ManifestCore,
    envelope: &ManifestEnvelope,
    album: AlbumId,
) -> Option<&'static str> {
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
        ("album_id", core.album_id == album),
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
    ];
    pairs
        .into_iter()
        .find(|(_, same)| !same)
        .map(|(field, _)| field)
}

/// Invariant 25 (version B): the manifest commits to the metadata blob that the envelope names.
pub(super) fn inv25_commitment_agrees<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let committed = submission.core()?.b.and_then(|b| b.metadata_blob_hash);
    require(committed == submission.envelope.metadata_blob_hash, || {
        "metadata_blob_hash differs from the envelope".to_owned()
    })
}

/// `formats.md` §4, rows X1 and X2: `device_sig`, both halves, under the device's key in the directory.
pub(super) fn x1_device_signature_valid<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let manifest = submission.record()?.into_value().manifest;
    let message = manifest.core.signed_bytes();
    signed(
        "device_sig",
        submission.device_key()?,
        &message,
        &manifest.device_sig,
    )
}

/// Invariant 18, upper bound: the admin-signed ledger attests the epoch. Of an album without a ledger no
/// epoch is attested.
pub(super) fn inv18_epoch_attested<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let epoch = submission.core()?.amk_version;
    require(
        submission.epochs.write_tier.is_some(),
        || match submission.epochs.ceiling {
            Some(ceiling) => {
                format!("the album's ledger, up to epoch {ceiling}, does not attest {epoch}")
            }
            None => format!("the album has no ledger, so nothing attests epoch {epoch}"),
        },
    )
}

/// `formats.md` §4, rows X1 and X2: `write_sig`, both halves, under the album's write-tier key of the
/// epoch.
pub(super) fn x1_write_signature_valid<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let manifest = submission.record()?.into_value().manifest;
    let message = manifest.core.signed_bytes();
    signed(
        "write_sig",
        submission.write_tier_key()?,
        &message,
        &manifest.write_sig,
    )
}

/// Both halves of a signature hold.
pub(super) fn signed(
    what: &str,
    key: &HybridPublicKey,
    message: &[u8],
    signature: &HybridSignature,
) -> Result<(), Broken> {
    verify(key, message, signature).map_err(|error| Broken::because(format!("{what}: {error}")))
}

/// Invariant 17: the record continues the stored chain, at its head.
pub(super) fn inv17_head_current<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let prior = submission.core()?.prior_provenance_hash;
    require(prior == submission.asset.head_link(), || {
        "the prior is not the stored head".to_owned()
    })
    .map_err(|broken| stale(broken, submission.asset))
}

/// Rows 4 and X6: a delete is continued by a restore and by nothing else, a tombstone by nothing.
pub(super) fn tombstone_stays<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let action = submission.core()?.action;
    let admitted = match submission.asset.state {
        AssetState::Live => true,
        AssetState::Trashed { .. } => action == Action::TrashRestore,
        AssetState::Purged => false,
    };
    require(admitted, || {
        format!("the asset is deleted; {action} does not revive it")
    })
    .map_err(|broken| stale(broken, submission.asset))
}

/// What a stale write is told: the stored head.
pub(super) fn stale(broken: Broken, asset: &AssetFacts) -> Broken {
    broken.with(Extension::ChainHead(asset.head_link()))
}

/// Invariant 18, lower bound: the epoch is not below the highest that the album has accepted.
pub(super) fn inv18_epoch_not_regressed<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let epoch = submission.core()?.amk_version;
    let Some(accepted) = submission.epochs.accepted else {
        return Ok(());
    };
    require(epoch >= accepted, || {
        format!("epoch {epoch} is below {accepted}, which the album has accepted")
    })
}

/// `wire.md` §3, finalization: a replace lands last, after its original and its metadata, and not over
/// a write that itself still waits for its metadata.
pub(super) fn replace_complete<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let core = submission.core()?;
    if core.action != Action::Replace {
        return Ok(());
    }
    let committed = core.b.as_ref().and_then(|b| b.metadata_blob_hash);
    let metadata = submission.asset.metadata_of(
        core.protocol_version.formats(),
        committed,
        core.prior_provenance_hash,
    );
    brought(submission.asset, core.ciphertext_hash, metadata)
}

/// Whether everything that a replace brings is held, and the write that it continues is shown.
pub(super) fn brought(
    asset: &AssetFacts,
    original: Hash,
    metadata: Option<Hash>,
) -> Result<(), Broken> {
    require(asset.holds(BlobRole::Original, original), || {
        "the original of the replace is not held yet".to_owned()
    })?;
    require(metadata.is_some(), || {
        "the metadata blob of the replace is not held yet".to_owned()
    })?;
    require(asset.head_shown, || {
        "the write that the replace continues still waits for its metadata blob".to_owned()
    })
}

/// `formats.md` §10 and row 21: a nonce prefix seals one original of a `file_id`. A replace that keeps
/// it would seal two plaintexts under one key stream.
pub(super) fn nonce_prefix_fresh<F: Submits<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let submission = facts.submission(request);
    let core = submission.core()?;
    let used = || {
        submission
            .asset
            .nonce_prefixes
            .contains(&Original::of(&core).nonce_prefix)
    };
    require(core.action != Action::Replace || !used(), || {
        "the nonce prefix has sealed an earlier original of the asset".to_owned()
    })
}
