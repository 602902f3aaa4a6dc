//! Taking in a derivative.

use crate::bound::{Surface, bounds, named, without};
use crate::flips::no_flip_is_accepted;
use crate::world::{
    BOTH, FIRST_TIER, PHONE, SECOND_TIER, STRANGER, album_facts, asset, core_over, hash, history,
    other_asset, phone, tablet,
};
use gauntlet_crypto::sign::{HybridSigner, sign_derivative};
use gauntlet_validator::receiver::{
    DERIVATIVE, DerivativeArrival, DerivativeFacts, DerivativeHead, DerivativePlan, Policy,
    Rejection, accept_derivative, judge,
};
use gauntlet_wire::cbor::{Bounds, Document, Value, decode};
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::enums::{Action, ContentType, DerivativeFormat, DerivativeRole};
use gauntlet_wire::reason::Reason;
use gauntlet_wire::version::{Formats, SuiteId};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(crate) struct DerivativeCase {
    core: DerivativeCore,
    device: &'static HybridSigner,
    tier: &'static HybridSigner,
    spoil: fn(&mut DerivativeManifest),
    /// Fields of the encoded core that are written over.
    fields: Vec<(&'static str, Value)>,
    trailing: Vec<u8>,
    ciphertext: gauntlet_wire::id::Hash,
    facts: DerivativeFacts,
}

fn head() -> DerivativeHead {
    DerivativeHead {
        link: hash(0x1c),
        ciphertext: hash(0x1d),
    }
}

impl DerivativeCase {
    /// The first thumbnail of the asset.
    fn of(formats: Formats) -> Self {
        Self {
            core: DerivativeCore {
                crypto_suite_id: SuiteId::ONE,
                source_asset_id: asset(),
                role: DerivativeRole::Thumbnail,
                format: DerivativeFormat::Media(ContentType::Webp),
                ciphertext_hash: hash(0x1e),
                generated_by_device: phone(),
                generated_by_client: "gauntlet/1".to_owned(),
                model_id: None,
                model_version: None,
                generated_at: "2026-11-20T11:00:00Z".parse().unwrap(),
                prior_provenance_hash: None,
            },
            device: &PHONE,
            tier: &SECOND_TIER,
            spoil: |_| (),
            fields: Vec::new(),
            trailing: Vec::new(),
            ciphertext: hash(0x1e),
            facts: DerivativeFacts {
                album: Arc::new(album_facts(formats)),
                op: core_over(formats, &history(formats, &[]), Action::DerivativeAdd),
                head: None,
            },
        }
    }

    /// A later thumbnail, over the newest.
    fn later(&mut self) {
        self.facts.head = Some(head());
        self.facts.op.action = Action::DerivativeReplace;
        self.core.prior_provenance_hash = Some(head().link);
    }

    fn arrival(&self) -> DerivativeArrival {
        let mut manifest = sign_derivative(self.core.clone(), self.device, self.tier);
        (self.spoil)(&mut manifest);
        let mut bytes = manifest.to_value().encode();
        for (field, value) in &self.fields {
            let Value::Map(mut map) = decode(&bytes, &Bounds::up_to(bytes.len())).unwrap() else {
                panic!("a manifest is a map");
            };
            let Some(Value::Map(mut core)) = map.get_text("core").cloned() else {
                panic!("a core is a map");
            };
            core.insert((*field).into(), value.clone());
            map.insert("core".into(), Value::Map(core));
            bytes = Value::Map(map).encode();
        }
        bytes.extend(&self.trailing);
        DerivativeArrival {
            manifest: bytes,
            ciphertext: self.ciphertext,
        }
    }

    fn plan(&self) -> DerivativePlan {
        accept_derivative(&self.facts, &self.arrival(), &Policy::default()).unwrap()
    }
}

impl Surface for DerivativeCase {
    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn reasons() -> Vec<Reason> {
        named(DERIVATIVE)
    }

    fn judge(&self) -> Result<(), Rejection> {
        accept_derivative(&self.facts, &self.arrival(), &Policy::default()).map(|_| ())
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        let checks = without(DERIVATIVE, left_out);
        judge(&checks, &self.facts, &self.arrival(), &Policy::default())
    }
}

const DECODED: &[Reason] = &[
    Reason::SourceMismatch,
    Reason::DerivativeMismatch,
    Reason::HalfInvalid,
    Reason::DeviceSignatureInvalid,
    Reason::ReaderSigned,
    Reason::DerivativeStale,
    Reason::DerivativeCorrupt,
];

const WELL_FORMED: &[Reason] = &[
    Reason::Malformed,
    Reason::SourceMismatch,
    Reason::DerivativeMismatch,
    Reason::HalfInvalid,
    Reason::DeviceSignatureInvalid,
    Reason::ReaderSigned,
    Reason::DerivativeStale,
    Reason::DerivativeCorrupt,
];

bounds! { DerivativeCase;
    row08_a_role_is_of_its_enum by EnumUnknown with WELL_FORMED {
        inside: |case| case.fields = vec![("role", "thumbnail".into())],
        outside: |case| case.fields = vec![("role", "poster".into())],
    }
    row08_a_format_is_of_its_enum by EnumUnknown with WELL_FORMED {
        inside: |case| case.fields = vec![("format", "image/webp".into())],
        outside: |case| case.fields = vec![("format", "image/jpg".into())],
    }
    a_manifest_is_canonical by Malformed with DECODED {
        inside: |_| (),
        outside: |case| case.trailing = vec![0xf6],
    }
    row08_a_derivative_is_of_the_ops_asset by SourceMismatch {
        inside: |case| case.core.source_asset_id = asset(),
        outside: |case| case.core.source_asset_id = other_asset(),
    }
    a_derivative_is_by_the_ops_device by DerivativeMismatch {
        inside: |case| case.core.generated_by_device = phone(),
        outside: |case| case.core.generated_by_device = tablet(),
    }
    a_derivative_is_in_the_ops_suite by DerivativeMismatch {
        inside: |_| (),
        outside: |case| case.core.crypto_suite_id = SuiteId::FICTIVE,
    }
    row08_a_format_is_of_the_ops_version by DerivativeMismatch {
        inside: |case| case.core.format = DerivativeFormat::Media(ContentType::Jxl),
        outside: |case| {
            *case = DerivativeCase::of(Formats::A);
            case.core.format = DerivativeFormat::Media(ContentType::Jxl);
        },
    }
    a_derivative_comes_with_an_op_that_brings_one by DerivativeMismatch with [DerivativeStale] {
        inside: |_| (),
        outside: |case| case.facts.op.action = Action::MetadataUpdate,
    }
    row05_the_device_signs_with_both_halves by HalfInvalid with [DeviceSignatureInvalid] {
        inside: |_| (),
        outside: |case| case.spoil = |manifest| manifest.device_sig.ml[0] ^= 1,
    }
    row05_so_does_the_write_tier by HalfInvalid with [ReaderSigned] {
        inside: |_| (),
        outside: |case| case.spoil = |manifest| manifest.write_sig.ed[0] ^= 1,
    }
    a_derivative_is_signed_by_its_device by DeviceSignatureInvalid {
        inside: |_| (),
        outside: |case| case.device = &STRANGER,
    }
    a_derivative_is_signed_by_the_write_tier by ReaderSigned {
        inside: |_| (),
        outside: |case| case.tier = &PHONE,
    }
    of_the_ops_epoch by ReaderSigned {
        inside: |_| (),
        outside: |case| case.tier = &FIRST_TIER,
    }
    row08_a_second_derivative_replaces by DerivativeStale {
        inside: DerivativeCase::later,
        outside: |case| case.facts.head = Some(head()),
    }
    row08_an_add_does_not_continue by DerivativeStale {
        inside: DerivativeCase::later,
        outside: |case| { case.later(); case.facts.op.action = Action::DerivativeAdd },
    }
    row08_a_replace_continues_the_head by DerivativeStale {
        inside: DerivativeCase::later,
        outside: |case| { case.later(); case.core.prior_provenance_hash = Some(hash(0)) },
    }
    row08_a_replace_needs_a_head by DerivativeStale {
        inside: DerivativeCase::later,
        outside: |case| { case.later(); case.facts.head = None; case.core.prior_provenance_hash = None },
    }
    row08_the_bytes_are_the_ones_that_are_named by DerivativeCorrupt {
        inside: |case| case.ciphertext = hash(0x1e),
        outside: |case| { case.later(); case.ciphertext = hash(0) },
    }
}

#[test]
fn row08_the_old_copy_is_named_to_be_given_up_only_with_the_new_one() {
    for formats in BOTH {
        let first = DerivativeCase::of(formats);
        assert_eq!(first.plan().replaces, None);
        let mut later = first.clone();
        later.later();
        let plan = later.plan();
        assert_eq!(plan.replaces, Some(head().ciphertext));
        assert_eq!(plan.head.link, plan.manifest.hash());
        assert_eq!(plan.head.ciphertext, hash(0x1e));
    }
}

#[test]
fn no_derivative_manifest_survives_a_flipped_bit() {
    let case = DerivativeCase::of(Formats::B);
    let accepts = |bytes: &[u8]| {
        let arrival = DerivativeArrival {
            manifest: bytes.to_vec(),
            ciphertext: case.ciphertext,
        };
        accept_derivative(&case.facts, &arrival, &Policy::default()).is_ok()
    };
    no_flip_is_accepted(&case.arrival().manifest, accepts);
}
