//! Servers that verify one half of a hybrid signature.

use crate::decisions::{CONTRACT, Finalized, Judged, OP_TABLE};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_crypto::verify::{Half, verify};
use gauntlet_server::Ports;
use gauntlet_validator::server::{
    Broken, Check, DeviceFacts, EpochFacts, FINALIZE, FinalizeFacts, OP_ADMISSION, OpFacts,
    OpRequest, OpRules, Policy, RECORD, finalize_by, lifecycle_op_by,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use gauntlet_wire::manifest::AssetManifest;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::rule::Rule;

/// What is asked of a signature.
pub(crate) trait Verifier {
    fn holds(key: &HybridPublicKey, message: &[u8], signature: &HybridSignature) -> bool;
}

/// Both halves, as the contract asks.
pub(crate) struct Both;
/// The Ed25519 half.
pub(crate) struct ClassicalAlone;
/// The ML-DSA-65 half.
pub(crate) struct PostQuantumAlone;

impl Verifier for Both {
    fn holds(key: &HybridPublicKey, message: &[u8], signature: &HybridSignature) -> bool {
        verify(key, message, signature).is_ok()
    }
}

impl Verifier for ClassicalAlone {
    fn holds(key: &HybridPublicKey, message: &[u8], signature: &HybridSignature) -> bool {
        // The Ed25519 half is verified first, so a refusal by the other says that it holds.
        match verify(key, message, signature) {
            Ok(()) => true,
            Err(refused) => refused.half == Half::MlDsa65,
        }
    }
}

impl Verifier for PostQuantumAlone {
    fn holds(key: &HybridPublicKey, message: &[u8], signature: &HybridSignature) -> bool {
        // A sound Ed25519 half of the mutant's own takes the place of the one that is not asked for.
        let own = HybridSigner::from_seed(&[0x5A; 64]);
        let (mut key, mut signature) = (key.clone(), signature.clone());
        key.ed = own.public().ed;
        signature.ed = own.sign(message).ed;
        verify(&key, message, &signature).is_ok()
    }
}

/// The reference's ports, with `D` asked of every device signature of a manifest and `W` of every
/// write-tier signature.
pub(crate) fn verifying<D: Verifier, W: Verifier>(ports: Ports) -> Ports {
    CONTRACT
        .with_op(op_by::<D, W>)
        .with_finalize(finalization_by::<D, W>)
        .plant(ports)
}

/// The same of manifests that are uploaded; of an op's, both halves.
pub(crate) fn verifying_uploads<D: Verifier, W: Verifier>(ports: Ports) -> Ports {
    CONTRACT.with_finalize(finalization_by::<D, W>).plant(ports)
}

fn op_by<D: Verifier, W: Verifier>(
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let table = OpRules {
        admission: &signed_by(OP_ADMISSION, device_of_op::<D>, write_of_op::<W>),
        ..OP_TABLE
    };
    lifecycle_op_by(&table, facts, request, policy)
}

fn finalization_by<D: Verifier, W: Verifier>(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    let record = signed_by(RECORD, device_of_upload::<D>, write_of_upload::<W>);
    finalize_by(FINALIZE, &record, facts, policy)
}

type Holds<F, R> = fn(&F, &R, &Policy) -> Result<(), Broken>;

/// A check list with other ideas of both signatures of a manifest. A derivative's, which are checked by
/// the same rules but later, stay.
fn signed_by<F, R>(
    checks: &[Check<F, R>],
    device: Holds<F, R>,
    write: Holds<F, R>,
) -> Vec<Check<F, R>> {
    let mut checks = checks.to_vec();
    for (rule, holds) in [
        (Rule::DeviceSignatureValid, device),
        (Rule::WriteSignatureValid, write),
    ] {
        if let Some(first) = checks.iter_mut().find(|check| check.rule == rule) {
            first.holds = holds;
        }
    }
    checks
}

fn device_of_op<V: Verifier>(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    by_device::<V>(facts.device.as_ref(), &request.body.record)
}

fn write_of_op<V: Verifier>(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    by_write_tier::<V>(&facts.epochs, &request.body.record)
}

fn device_of_upload<V: Verifier>(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let record = facts.record.as_deref().unwrap_or_default();
    by_device::<V>(facts.opening.device.as_ref(), record)
}

fn write_of_upload<V: Verifier>(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let record = facts.record.as_deref().unwrap_or_default();
    by_write_tier::<V>(&facts.epochs, record)
}

fn by_device<V: Verifier>(device: Option<&DeviceFacts>, record: &[u8]) -> Result<(), Broken> {
    let manifest = manifest(record)?;
    let key = device.map(|device| &device.key);
    held::<V>(key, &manifest, &manifest.device_sig)
}

fn by_write_tier<V: Verifier>(epochs: &EpochFacts, record: &[u8]) -> Result<(), Broken> {
    let manifest = manifest(record)?;
    held::<V>(epochs.write_tier.as_ref(), &manifest, &manifest.write_sig)
}

fn manifest(record: &[u8]) -> Result<AssetManifest, Broken> {
    Canonical::<ProvenanceRecord>::decode(record)
        .map(|record| record.into_value().manifest)
        .map_err(|error| Broken::because(error.to_string()))
}

fn held<V: Verifier>(
    key: Option<&HybridPublicKey>,
    manifest: &AssetManifest,
    signature: &HybridSignature,
) -> Result<(), Broken> {
    let message = manifest.core.signed_bytes();
    key.is_some_and(|key| V::holds(key, &message, signature))
        .then_some(())
        .ok_or_else(|| Broken::because("the signature does not verify"))
}
