//! Servers with other ideas of a derivative: of its chain, of its manifest, of its signatures.

use crate::decisions::{Judged, OP_TABLE, op_without, replacing};
use gauntlet_crypto::verify::verify;
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    Broken, Check, Effect, OP_ADMISSION, OpBody, OpFacts, OpPlan, OpRequest, OpRules, Policy,
    lifecycle_op, lifecycle_op_by,
};
use gauntlet_wire::cbor::{Canonical, Document as _, Map, Value, decode};
use gauntlet_wire::derivative::{DerivativeChain, DerivativeManifest};
use gauntlet_wire::enums::{Action, BlobRole, DerivativeRole};
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::rule::Rule;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

type Admission = Vec<Check<OpFacts, OpRequest>>;

/// The manifest that an op brings, if it decodes.
fn manifest_of(request: &OpRequest) -> Option<DerivativeManifest> {
    let bytes = request.body.derivative.as_deref()?;
    let manifest = Canonical::<DerivativeManifest>::decode(bytes).ok()?;
    Some(manifest.into_value())
}

fn judged(admission: &Admission, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let table = OpRules {
        admission,
        ..OP_TABLE
    };
    lifecycle_op_by(&table, facts, request, policy)
}

/// An op, judged with a check of a derivative's head that looks at one half of it.
pub(crate) fn with_head(
    holds: fn(&OpFacts, &OpRequest, &Policy) -> Result<(), Broken>,
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let check = Check {
        rule: Rule::DerivativeHeadCurrent,
        holds,
    };
    judged(&replacing(OP_ADMISSION, check), facts, request, policy)
}

/// A derivative continues the head, whatever the op is called.
pub(crate) fn continues_the_head(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let manifest = manifest_of(request);
    let continues =
        manifest.is_none_or(|made| made.core.prior_provenance_hash == facts.derivative_head);
    fits(continues)
}

/// An add opens a chain and a replace does not, whatever they continue.
pub(crate) fn is_called_what_it_is(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let opens = request.body.envelope.action == Action::DerivativeAdd.as_str();
    fits(request.body.derivative.is_none() || opens == facts.derivative_head.is_none())
}

fn fits(holds: bool) -> Result<(), Broken> {
    let unfit = || Broken::because("the derivative does not fit");
    holds.then_some(()).ok_or_else(unfit)
}

/// What a derivative manifest says twice with its op.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    Source,
    Maker,
    Suite,
    Format,
}

/// An op, judged without `loose`, one of the ties of a derivative to its op.
pub(crate) fn tied_but_for(
    loose: Tie,
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let envelope = &request.body.envelope;
    let tied = manifest_of(request).is_none_or(|manifest| {
        let made = manifest.core;
        let formats = request.spoken.protocol.formats();
        let ties = [
            (Tie::Source, made.source_asset_id == envelope.file_id),
            (
                Tie::Maker,
                made.generated_by_device == envelope.created_by_device,
            ),
            (
                Tie::Suite,
                made.crypto_suite_id.0 == envelope.crypto_suite_id,
            ),
            (Tie::Format, made.format.is_of(formats)),
        ];
        ties.into_iter().all(|(tie, holds)| holds || tie == loose)
    });
    if tied {
        op_without(&[Rule::DerivativeAgrees], facts, request, policy)
    } else {
        lifecycle_op(facts, request, policy)
    }
}

/// The contract's admission without checks of the signatures of a derivative, which stand behind those of
/// the record by the same rules.
fn unverified(rules: &[Rule]) -> Admission {
    let mut seen = Vec::new();
    let mut admission = OP_ADMISSION.to_vec();
    admission.retain(|check| {
        let again = seen.contains(&check.rule);
        seen.push(check.rule);
        !(again && rules.contains(&check.rule))
    });
    admission
}

/// An op, judged without the signatures of its derivative that `rules` ask for.
pub(crate) fn op_unverified(
    rules: &[Rule],
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    judged(&unverified(rules), facts, request, policy)
}

/// What derivatives of an asset are told apart by.
type Key = (AssetId, Option<DerivativeRole>);

/// A server that keeps one derivative of each key: the newest, whatever it continues.
pub(crate) fn upserting(ports: Ports, key: fn(&DerivativeChain) -> Key) -> Ports {
    let judge = Arc::new(Keyed {
        key,
        upserts: true,
        newest: Mutex::default(),
    });
    Ports { judge, ..ports }
}

/// A server for which all derivatives of an asset are one chain.
pub(crate) fn keyed_by_asset(ports: Ports) -> Ports {
    let judge = Arc::new(Keyed {
        key: |chain| (chain.asset_id, None),
        upserts: false,
        newest: Mutex::default(),
    });
    Ports { judge, ..ports }
}

struct Keyed {
    key: fn(&DerivativeChain) -> Key,
    /// Whether the newest takes the place of the one before, or has to continue it.
    upserts: bool,
    /// By key, the manifest that was taken last and the blob that it names.
    newest: Mutex<BTreeMap<Key, (Hash, Hash)>>,
}

impl Judge for Keyed {
    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let Some(manifest) = manifest_of(request) else {
            return lifecycle_op(facts, request, policy);
        };
        // A panic elsewhere can't leave an entry half written, so a poisoned lock is still sound.
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (self.key)(&manifest.core.chain());
        let last = newest.get(&key).copied();
        let mut judged = if self.upserts {
            op_without(&[Rule::DerivativeHeadCurrent], facts, request, policy)?
        } else {
            let facts = OpFacts {
                derivative_head: last.map(|(head, _)| head),
                ..facts.clone()
            };
            lifecycle_op(&facts, request, policy)?
        };
        if let OpPlan::Accepted { effects, .. } = &mut judged {
            let blob = manifest.core.ciphertext_hash;
            let bytes = request.body.derivative.as_deref().unwrap_or_default();
            newest.insert(key, (Hash::of(bytes), blob));
            let displaced = last.filter(|(_, old)| self.upserts && *old != blob);
            effects.extend(displaced.map(|(_, old)| Effect::UnbindBlob {
                asset: manifest.core.source_asset_id,
                role: BlobRole::Derivative,
                hash: old,
            }));
        }
        Ok(judged)
    }
}

/// A server that reads derivative manifests leniently: what does not decode is read with a change to its
/// core, over whose first form the signatures are verified.
pub(crate) fn reading_derivatives(ports: Ports, change: fn(&mut Map)) -> Ports {
    Ports {
        judge: Arc::new(Reading(change)),
        ..ports
    }
}

struct Reading(fn(&mut Map));

impl Judge for Reading {
    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let sound = manifest_of(request).is_some();
        let came = request.body.derivative.as_deref().filter(|_| !sound);
        let read = came.and_then(|came| self.reread(came, facts));
        let (Some(came), Some(read)) = (came, read) else {
            return lifecycle_op(facts, request, policy);
        };
        let (from, to) = (Hash::of(&read), Hash::of(came));
        let reread = OpRequest {
            body: OpBody {
                derivative: Some(read),
                ..request.body.clone()
            },
            ..request.clone()
        };
        let rules = [Rule::DeviceSignatureValid, Rule::WriteSignatureValid];
        let mut judged = op_unverified(&rules, facts, &reread, policy)?;
        if let OpPlan::Accepted { effects, .. } = &mut judged {
            for effect in effects {
                relink(effect, from, (to, came.len() as u64));
            }
        }
        Ok(judged)
    }
}

impl Reading {
    /// The manifest as it is read; `None` where its signatures do not hold as it came.
    fn reread(&self, came: &[u8], facts: &OpFacts) -> Option<Vec<u8>> {
        let Value::Map(mut manifest) = decode(came, &DerivativeManifest::BOUNDS).ok()? else {
            return None;
        };
        let Value::Map(mut core) = manifest.get_text("core")?.clone() else {
            return None;
        };
        let signed = Value::Map(core.clone()).encode();
        (self.0)(&mut core);
        manifest.insert("core".into(), core.into());
        let read = Value::Map(manifest).encode();
        let decoded = Canonical::<DerivativeManifest>::decode(&read)
            .ok()?
            .into_value();
        verify(&facts.device.as_ref()?.key, &signed, &decoded.device_sig).ok()?;
        let write_tier = facts.epochs.write_tier.as_ref()?;
        verify(write_tier, &signed, &decoded.write_sig).ok()?;
        Some(read)
    }
}

/// What is stored and linked is the manifest as it came.
fn relink(effect: &mut Effect, from: Hash, (to, length): (Hash, u64)) {
    match effect {
        Effect::StoreBlob { hash, size } | Effect::BindBlob { hash, size, .. } if *hash == from => {
            (*hash, *size) = (to, length);
        }
        Effect::AdvanceDerivative { link, .. } => *link = to,
        _ => {}
    }
}
