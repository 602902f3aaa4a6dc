//! Opening a metadata blob (client invariants 2, 4 and 6, rows 1, 5, 12, 19 and 21).

use super::check::{Broken, require};
use super::verify_signer::signed;
use super::{Check, Policy, Rejection, SidecarFile, judge};
use gauntlet_crypto::kdf::metadata_key;
use gauntlet_crypto::metadata::{OpenError, open};
use gauntlet_wire::blob::MetadataBlob;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::Action;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::sidecar::Sidecar;
use gauntlet_wire::version::Formats;
use std::fmt;

/// Everything that a client knows when it opens a metadata blob.
#[derive(Clone)]
pub struct BlobFacts {
    /// The core of the accepted record that sealed the blob: a create, a replace or a metadata update.
    pub core: ManifestCore,
    /// The link of that record.
    pub link: Hash,
    /// The blob's content address. In version B the manifest commits to it, and this is not looked at; in
    /// version A it is the feed's word.
    pub address: Hash,
    /// The album master key of the record's epoch.
    pub amk: [u8; 32],
    /// The pinned identity key of the record's author.
    pub identity: HybridPublicKey,
    /// The sidecar that the client keeps for the same record, if it has one.
    pub kept: Option<Vec<u8>>,
}

/// A sealed blob, as it arrived.
#[derive(Debug, Clone)]
pub struct BlobArrival {
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What a metadata blob comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// A sidecar of this schema.
    Sidecar(Box<Canonical<Sidecar>>),
    /// A sidecar of a later schema, signed: shown read-only, kept byte for byte, never written.
    ReadOnly {
        /// Its schema.
        schema: u64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// What decides a metadata blob.
#[derive(Clone)]
pub struct BlobRules {
    /// What has to hold of the sealed bytes.
    pub sealed: Vec<Check<BlobFacts, BlobArrival>>,
    /// What has to hold of the sidecar inside.
    pub inside: Vec<Check<BlobFacts, SidecarFile>>,
}

impl Default for BlobRules {
    /// The contract's.
    fn default() -> Self {
        Self {
            sealed: BLOB.to_vec(),
            inside: SIDECAR.to_vec(),
        }
    }
}

/// What has to hold of a sealed blob, in order.
pub const BLOB: &[Check<BlobFacts, BlobArrival>] = &[
    Check {
        reason: Reason::BlobLength,
        holds: within_length,
    },
    Check {
        reason: Reason::BlobHash,
        holds: inv06_hash_committed,
    },
    Check {
        reason: Reason::BlobSuite,
        holds: suite_agrees,
    },
    Check {
        reason: Reason::BlobForged,
        holds: opens,
    },
];

/// What has to hold of the sidecar inside, in order.
pub const SIDECAR: &[Check<BlobFacts, SidecarFile>] = &[
    Check {
        reason: Reason::SidecarMalformed,
        holds: readable,
    },
    Check {
        reason: Reason::SidecarForged,
        holds: identity_signed,
    },
    Check {
        reason: Reason::SidecarForeign,
        holds: the_assets_own,
    },
    Check {
        reason: Reason::SidecarVersion,
        holds: version_kept,
    },
    Check {
        reason: Reason::SidecarUnlinked,
        holds: inv06_linked,
    },
    Check {
        reason: Reason::SidecarDiffers,
        holds: inv06_equal_to_the_kept,
    },
];

/// Judges a metadata blob by the contract.
///
/// # Errors
/// The first rule that does not hold: the blob is kept, and the sidecar in use stays.
pub fn open_metadata_blob(
    facts: &BlobFacts,
    arrival: &BlobArrival,
    policy: &Policy,
) -> Result<Opened, Rejection> {
    open_metadata_blob_by(&BlobRules::default(), facts, arrival, policy)
}

/// Judges a metadata blob by the given rules.
///
/// # Errors
/// The first rule that does not hold.
pub fn open_metadata_blob_by(
    rules: &BlobRules,
    facts: &BlobFacts,
    arrival: &BlobArrival,
    policy: &Policy,
) -> Result<Opened, Rejection> {
    judge(&rules.sealed, facts, arrival, policy)?;
    let plaintext = opened(facts, arrival).map_err(|broken| broken.by(Reason::BlobForged))?;
    let file = SidecarFile::of(&plaintext);
    judge(&rules.inside, facts, &file, policy)?;
    match (file.sidecar(), file.schema()) {
        (Some(sidecar), _) => Ok(Opened::Sidecar(Box::new(sidecar.clone()))),
        (None, Some(schema)) => Ok(Opened::ReadOnly {
            schema,
            bytes: plaintext,
        }),
        (None, None) => Err(Rejection::new(
            Reason::SidecarMalformed,
            "what is inside is no sidecar",
        )),
    }
}

fn opened(facts: &BlobFacts, arrival: &BlobArrival) -> Result<Vec<u8>, Broken> {
    let refused = |error: OpenError| Broken::because(error.to_string());
    let blob = MetadataBlob::parse(&arrival.bytes).map_err(|error| refused(error.into()))?;
    let core = &facts.core;
    let formats = core.protocol_version.formats();
    let key = metadata_key(formats, &facts.amk, core.file_id, &blob.nonce);
    // The suite has a rule of its own; the tag does not cover it.
    open(&arrival.bytes, blob.suite, &key).map_err(refused)
}

/// `formats.md` §6: suite, nonce and tag at the least, a sealed sidecar at the most.
fn within_length(_: &BlobFacts, arrival: &BlobArrival, _: &Policy) -> Result<(), Broken> {
    MetadataBlob::parse(&arrival.bytes)
        .map(|_| ())
        .map_err(|error| Broken::because(error.to_string()))
}

/// Client invariant 6: the blob, every byte of it, hashes to what is committed.
fn inv06_hash_committed(
    facts: &BlobFacts,
    arrival: &BlobArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let committed = match &facts.core.b {
        Some(b) => b.metadata_blob_hash,
        None => Some(facts.address),
    };
    let found = Hash::of(&arrival.bytes);
    require(committed == Some(found), || {
        format!("the blob hashes to {found}, and something else is committed")
    })
}

/// Row 21: the suite in front, big-endian, is the manifest's.
fn suite_agrees(facts: &BlobFacts, arrival: &BlobArrival, _: &Policy) -> Result<(), Broken> {
    let blob =
        MetadataBlob::parse(&arrival.bytes).map_err(|error| Broken::because(error.to_string()))?;
    let expected = facts.core.crypto_suite_id;
    require(blob.suite == expected, || {
        format!("suite {}; expected {expected}, the manifest's", blob.suite)
    })
}

/// `formats.md` §6: the tag holds under the key of this asset.
fn opens(facts: &BlobFacts, arrival: &BlobArrival, _: &Policy) -> Result<(), Broken> {
    opened(facts, arrival).map(|_| ())
}

/// Rows 1 and 19: one canonical sidecar, of this schema or a later one.
fn readable(_: &BlobFacts, file: &SidecarFile, _: &Policy) -> Result<(), Broken> {
    file.readable()
}

/// Row 1: the identity key signed all of it, what this schema does not know included.
fn identity_signed(facts: &BlobFacts, file: &SidecarFile, _: &Policy) -> Result<(), Broken> {
    let (message, signature) = file.signed()?;
    signed("signature", &facts.identity, &message, &signature)
}

/// The sidecar is of the record's asset and suite. Of a later schema only the key of the blob says so.
fn the_assets_own(facts: &BlobFacts, file: &SidecarFile, _: &Policy) -> Result<(), Broken> {
    let Some(sidecar) = file.sidecar() else {
        return Ok(());
    };
    let (body, core) = (&sidecar.value().body, &facts.core);
    require(body.uuid == core.file_id, || {
        format!("uuid is {}; expected {}", body.uuid, core.file_id)
    })?;
    require(body.crypto_suite_id == core.crypto_suite_id, || {
        format!(
            "suite {}; expected {}, the manifest's",
            body.crypto_suite_id, core.crypto_suite_id
        )
    })
}

/// Client invariant 4: what one version alone admits, in content types, GPS sources and links.
fn version_kept(facts: &BlobFacts, file: &SidecarFile, _: &Policy) -> Result<(), Broken> {
    let Some(sidecar) = file.sidecar() else {
        return Ok(());
    };
    let (formats, creates) = (
        facts.core.protocol_version.formats(),
        facts.core.action == Action::Create,
    );
    let body = &sidecar.value().body;
    body.check_version(formats, creates)
        .map_err(|error| Broken::because(error.to_string()))
}

/// Client invariant 6: the sidecar is linked to the record that sealed it: in version B to its prior, and
/// in version A, whose manifests do not commit to a blob, to the record itself. Nothing else tells an
/// older blob from a newer one there (row 21).
fn inv06_linked(facts: &BlobFacts, file: &SidecarFile, _: &Policy) -> Result<(), Broken> {
    let Some(sidecar) = file.sidecar() else {
        return Ok(());
    };
    let expected = match facts.core.protocol_version.formats() {
        Formats::A => Some(facts.link),
        Formats::B => facts.core.prior_provenance_hash,
    };
    let found = sidecar.value().body.provenance_chain_hash;
    require(found == expected, || {
        "provenance_chain_hash is of another record".to_owned()
    })
}

/// Client invariant 6: the sidecar is byte for byte the one that the client keeps for the same record.
fn inv06_equal_to_the_kept(
    facts: &BlobFacts,
    file: &SidecarFile,
    _: &Policy,
) -> Result<(), Broken> {
    let kept = facts.kept.as_deref();
    require(kept.is_none_or(|kept| kept == file.bytes()), || {
        "another sidecar is kept for the same record".to_owned()
    })
}

/// Without the master key.
impl fmt::Debug for BlobFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobFacts")
            .field("core", &self.core)
            .field("link", &self.link)
            .field("address", &self.address)
            .field("identity", &self.identity)
            .field("kept", &self.kept.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}
