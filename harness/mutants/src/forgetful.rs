//! Servers that harm what nobody looked at for a while.

use crate::stores::locked;
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{BlobFacts, Collection, Policy, collect};
use gauntlet_wire::id::Hash;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// For how long after the first collection that met it a blob is kept: longer than every grace.
const KEPT: SignedDuration = SignedDuration::from_hours(168);

/// A collection sweeps what it has known for a week, whatever refers to it.
pub(crate) fn sweeps_what_is_old(ports: Ports) -> Ports {
    Ports {
        judge: Arc::new(Forgetful::default()),
        ..ports
    }
}

/// When a collection first met a blob.
#[derive(Default)]
struct Forgetful(Mutex<BTreeMap<Hash, Timestamp>>);

impl Judge for Forgetful {
    fn collect(&self, blob: Hash, facts: &BlobFacts, policy: &Policy) -> Collection {
        let met = *locked(&self.0).entry(blob).or_insert(facts.now);
        if facts.now.duration_since(met) > KEPT {
            return Collection::Sweep;
        }
        collect(facts, policy)
    }
}
