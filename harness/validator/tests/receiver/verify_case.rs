//! Records as the tests talk about them: signed with real keys, to be changed in one property.

use crate::bound::{Surface, named, without};
use crate::world::{
    PHONE, SECOND_TIER, album_facts, asset, core, core_over, days, encoded, history, now, record,
};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_validator::receiver::{
    AlbumFacts, Arrival, Evidence, History, Policy, ReachedEpoch, Rejection, UNSEALING, VERIFY,
    Verdict, VerifyFacts, judge, verify_asset,
};
use gauntlet_wire::cbor::{Bounds, Document};
use gauntlet_wire::cbor::{Map, Value, decode};
use gauntlet_wire::directory::DeviceEntry;
use gauntlet_wire::enums::Action;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::Formats;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(crate) struct VerifyCase {
    /// What is signed.
    pub(crate) core: ManifestCore,
    pub(crate) device: &'static HybridSigner,
    pub(crate) tier: &'static HybridSigner,
    /// What is done to the signed record.
    pub(crate) spoil: fn(&mut ProvenanceRecord),
    /// Fields of the encoded core that are written over, whatever the schema says.
    pub(crate) fields: Vec<(&'static str, Value)>,
    /// What follows the encoded record.
    pub(crate) trailing: Vec<u8>,
    pub(crate) facts: VerifyFacts,
    pub(crate) policy: Policy,
}

impl VerifyCase {
    pub(crate) fn of(formats: Formats) -> Self {
        Self {
            core: core(formats),
            device: &PHONE,
            tier: &SECOND_TIER,
            spoil: |_| (),
            fields: Vec::new(),
            trailing: Vec::new(),
            facts: VerifyFacts {
                now: now(),
                album: Arc::new(album_facts(formats)),
                asset: asset(),
                reached: Some(ReachedEpoch {
                    epoch: 2,
                    since: now() - days(10),
                }),
                history: History::default(),
                evidence: Evidence::default(),
                pending_since: None,
            },
            policy: Policy::default(),
        }
    }

    fn formats(&self) -> Formats {
        self.core.protocol_version.formats()
    }

    /// Makes it a later write, over a chain of these.
    pub(crate) fn over(&mut self, before: &[Action], action: Action) {
        self.facts.history = history(self.formats(), before);
        self.core = core_over(self.formats(), &self.facts.history, action);
    }

    pub(crate) fn album(&mut self) -> &mut AlbumFacts {
        Arc::make_mut(&mut self.facts.album)
    }

    /// The entry of the device that signs.
    pub(crate) fn entry(&mut self) -> &mut DeviceEntry {
        let user = self.core.created_by_user;
        let directory = self.album().directories.get_mut(&user).unwrap();
        &mut directory.devices[0]
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut record = record(self.core.clone(), self.device, self.tier);
        (self.spoil)(&mut record);
        let mut bytes = record.to_value().encode();
        for (field, value) in &self.fields {
            bytes = written_over(&bytes, field, value.clone());
        }
        bytes.extend(&self.trailing);
        bytes
    }

    pub(crate) fn verdict(&self) -> Verdict {
        verify_asset(&self.facts, &Arrival::of(&self.bytes()), &self.policy)
    }
}

/// The record with one field of its core written over.
fn written_over(bytes: &[u8], field: &str, value: Value) -> Vec<u8> {
    let Value::Map(mut record) = decode(bytes, &Bounds::up_to(bytes.len())).unwrap() else {
        panic!("a record is a map");
    };
    let mut manifest = inner(&record, "manifest");
    let mut core = inner(&manifest, "core");
    core.insert(field.into(), value);
    manifest.insert("core".into(), Value::Map(core));
    record.insert("manifest".into(), Value::Map(manifest));
    Value::Map(record).encode()
}

fn inner(map: &Map, key: &str) -> Map {
    match map.get_text(key) {
        Some(Value::Map(inner)) => inner.clone(),
        other => panic!("{key} is {other:?}"),
    }
}

impl Surface for VerifyCase {
    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn reasons() -> Vec<Reason> {
        [named(VERIFY), named(UNSEALING)].concat()
    }

    fn judge(&self) -> Result<(), Rejection> {
        match self.verdict() {
            Verdict::Accept(accepted) => {
                assert_eq!(accepted.record.bytes(), self.bytes());
                Ok(())
            }
            Verdict::Reject(rejection) => Err(rejection),
            other => panic!("{other:?}"),
        }
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        let arrival = Arrival::of(&self.bytes());
        for checks in [VERIFY, UNSEALING] {
            judge(
                &without(checks, left_out),
                &self.facts,
                &arrival,
                &self.policy,
            )?;
        }
        Ok(())
    }
}

/// The bytes of an honest record.
pub(crate) fn honest_bytes(formats: Formats) -> Vec<u8> {
    encoded(record(core(formats), &PHONE, &SECOND_TIER))
}
