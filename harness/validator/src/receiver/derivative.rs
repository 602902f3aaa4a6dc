//! Taking in a derivative (`formats.md` §4, row 8): chained per (asset, role, format).

use super::check::{Broken, require};
use super::verify_signer::{signed, whole};
use super::{AlbumFacts, Check, Policy, Rejection, judge};
use gauntlet_wire::cbor::{Canonical, Document, Value, decode};
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::enums::{Action, DerivativeFormat, DerivativeRole, UnknownValue};
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::reason::Reason;
use std::sync::Arc;

/// Everything that a client knows when it is given a derivative.
#[derive(Debug, Clone)]
pub struct DerivativeFacts {
    /// The album.
    pub album: Arc<AlbumFacts>,
    /// The core of the accepted op that the derivative travels with: nothing signed ties the two, so
    /// everything that both say is compared.
    pub op: ManifestCore,
    /// The newest derivative of the same asset, role and format, if there is one.
    pub head: Option<DerivativeHead>,
}

/// The newest derivative of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DerivativeHead {
    /// Its link.
    pub link: Hash,
    /// The content address of its ciphertext.
    pub ciphertext: Hash,
}

/// A derivative as it arrived.
#[derive(Debug, Clone)]
pub struct DerivativeArrival {
    /// The derivative manifest.
    pub manifest: Vec<u8>,
    /// SHA-256 of the ciphertext that came for it.
    pub ciphertext: Hash,
}

/// What an accepted derivative comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivativePlan {
    /// The manifest with its exact bytes.
    pub manifest: Canonical<DerivativeManifest>,
    /// The chain's new head. Its bytes are stored first.
    pub head: DerivativeHead,
    /// The ciphertext that is given up once the new one is stored, and not before.
    pub replaces: Option<Hash>,
}

/// The checks, in order.
pub const DERIVATIVE: &[Check<DerivativeFacts, DerivativeArrival>] = &[
    Check {
        reason: Reason::EnumUnknown,
        holds: enums_closed,
    },
    Check {
        reason: Reason::Malformed,
        holds: well_formed,
    },
    Check {
        reason: Reason::SourceMismatch,
        holds: source_bound,
    },
    Check {
        reason: Reason::DerivativeMismatch,
        holds: agrees_with_its_op,
    },
    Check {
        reason: Reason::HalfInvalid,
        holds: halves_agree,
    },
    Check {
        reason: Reason::DeviceSignatureInvalid,
        holds: device_signed,
    },
    Check {
        reason: Reason::ReaderSigned,
        holds: write_tier_signed,
    },
    Check {
        reason: Reason::DerivativeStale,
        holds: head_continued,
    },
    Check {
        reason: Reason::DerivativeCorrupt,
        holds: bytes_named,
    },
];

/// Judges a derivative by the contract.
///
/// # Errors
/// The first rule of [`DERIVATIVE`] that does not hold: the derivative in use stays.
pub fn accept_derivative(
    facts: &DerivativeFacts,
    arrival: &DerivativeArrival,
    policy: &Policy,
) -> Result<DerivativePlan, Rejection> {
    accept_derivative_by(DERIVATIVE, facts, arrival, policy)
}

/// Judges a derivative by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn accept_derivative_by(
    checks: &[Check<DerivativeFacts, DerivativeArrival>],
    facts: &DerivativeFacts,
    arrival: &DerivativeArrival,
    policy: &Policy,
) -> Result<DerivativePlan, Rejection> {
    judge(checks, facts, arrival, policy)?;
    let manifest = read(arrival).map_err(|broken| broken.by(Reason::Malformed))?;
    Ok(DerivativePlan {
        head: DerivativeHead {
            link: manifest.hash(),
            ciphertext: manifest.value().core.ciphertext_hash,
        },
        manifest,
        replaces: facts.head.map(|head| head.ciphertext),
    })
}

fn read(arrival: &DerivativeArrival) -> Result<Canonical<DerivativeManifest>, Broken> {
    Canonical::decode(&arrival.manifest)
        .map_err(|error| Broken::because(format!("derivative manifest: {error}")))
}

fn core(arrival: &DerivativeArrival) -> Result<DerivativeCore, Broken> {
    Ok(read(arrival)?.into_value().core)
}

/// Client invariant 4 and row 8: role and format are of their closed enums.
fn enums_closed(
    _: &DerivativeFacts,
    arrival: &DerivativeArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let value = decode(&arrival.manifest, &DerivativeManifest::BOUNDS).ok();
    let field = |name: &str| match value.as_ref()? {
        Value::Map(manifest) => match manifest.get_text("core")? {
            Value::Map(core) => match core.get_text(name)? {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let unknown = |error: UnknownValue| Broken::because(error.to_string());
    if let Some(role) = field("role") {
        role.parse::<DerivativeRole>().map_err(unknown)?;
    }
    if let Some(format) = field("format") {
        format.parse::<DerivativeFormat>().map_err(unknown)?;
    }
    Ok(())
}

/// `formats.md` §4: one canonical derivative manifest.
fn well_formed(_: &DerivativeFacts, arrival: &DerivativeArrival, _: &Policy) -> Result<(), Broken> {
    read(arrival).map(|_| ())
}

/// Row 8: the derivative is of the op's asset.
fn source_bound(
    facts: &DerivativeFacts,
    arrival: &DerivativeArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let (found, expected) = (core(arrival)?.source_asset_id, facts.op.file_id);
    require(found == expected, || {
        format!("source_asset_id is {found}; expected {expected}")
    })
}

/// `formats.md` §11: the derivative is by the op's device, in its suite, of a format of its version; and
/// the op is one that brings a derivative.
fn agrees_with_its_op(
    facts: &DerivativeFacts,
    arrival: &DerivativeArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let (core, op) = (core(arrival)?, &facts.op);
    let brings = matches!(op.action, Action::DerivativeAdd | Action::DerivativeReplace);
    let agreements = [
        ("action", brings),
        (
            "generated_by_device",
            core.generated_by_device == op.created_by_device,
        ),
        (
            "crypto_suite_id",
            core.crypto_suite_id == op.crypto_suite_id,
        ),
        ("format", core.format.is_of(op.protocol_version.formats())),
    ];
    let differs = agreements.into_iter().find(|(_, agrees)| !agrees);
    differs.map_or(Ok(()), |(field, _)| {
        Err(Broken::because(format!("{field} does not fit the op")))
    })
}

fn device_key(facts: &DerivativeFacts) -> Result<&HybridPublicKey, Broken> {
    let op = &facts.op;
    let entry = facts.album.device(op.created_by_user, op.created_by_device);
    entry
        .map(|entry| &entry.dsk_public)
        .ok_or_else(|| Broken::because("the directory holds no key of the op's device"))
}

fn write_tier_key(facts: &DerivativeFacts) -> Result<&HybridPublicKey, Broken> {
    let ledger = facts.album.ledger.as_ref();
    let entry = ledger.and_then(|ledger| ledger.entry(facts.op.amk_version));
    entry
        .map(|entry| &entry.write_tier_pub)
        .ok_or_else(|| Broken::because("the ledger holds no key of the op's epoch"))
}

/// Row 5: of neither signature one half holds and the other does not.
fn halves_agree(
    facts: &DerivativeFacts,
    arrival: &DerivativeArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let manifest = read(arrival)?.into_value();
    let message = manifest.core.signed_bytes();
    whole(
        "device_sig",
        device_key(facts)?,
        &message,
        &manifest.device_sig,
    )?;
    whole(
        "write_sig",
        write_tier_key(facts)?,
        &message,
        &manifest.write_sig,
    )
}

/// `formats.md` §4: `device_sig` is the op's device's.
fn device_signed(
    facts: &DerivativeFacts,
    arrival: &DerivativeArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let manifest = read(arrival)?.into_value();
    let message = manifest.core.signed_bytes();
    signed(
        "device_sig",
        device_key(facts)?,
        &message,
        &manifest.device_sig,
    )
}

/// `formats.md` §4: `write_sig` is of the write tier of the op's epoch.
fn write_tier_signed(
    facts: &DerivativeFacts,
    arrival: &DerivativeArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let manifest = read(arrival)?.into_value();
    let message = manifest.core.signed_bytes();
    signed(
        "write_sig",
        write_tier_key(facts)?,
        &message,
        &manifest.write_sig,
    )
}

/// Row 8: an add opens the chain of its asset, role and format, and a replace continues its head.
fn head_continued(
    facts: &DerivativeFacts,
    arrival: &DerivativeArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let prior = core(arrival)?.prior_provenance_hash;
    let head = facts.head.map(|head| head.link);
    let opens = facts.op.action == Action::DerivativeAdd;
    require(prior == head && opens == head.is_none(), || {
        "the derivative does not continue the head of its chain".to_owned()
    })
}

/// Row 8: the bytes that came are the ones that the manifest names. Until they do, the old ones stay.
fn bytes_named(_: &DerivativeFacts, arrival: &DerivativeArrival, _: &Policy) -> Result<(), Broken> {
    let (found, named) = (arrival.ciphertext, core(arrival)?.ciphertext_hash);
    require(found == named, || {
        format!("the bytes hash to {found}; the manifest names {named}")
    })
}
