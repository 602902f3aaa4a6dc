//! The memory of what was refused (`wire.md` §5, row 4): bounded, by last reference, for a time.

use super::Policy;
use gauntlet_wire::id::Hash;
use gauntlet_wire::reason::Reason;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// When an entry was last referred to; the number tells references of one instant apart.
type Referred = (Timestamp, u64);

/// The hashes of what was refused. The caller keeps it across restarts.
///
/// It saves work and spares a human the same finding twice. It decides nothing by itself: what came too
/// early is judged again when it comes in time, and only a reason that lasts is an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    entries: BTreeMap<Hash, (Reason, Referred)>,
    by_reference: BTreeMap<Referred, Hash>,
    references: u64,
}

impl Refused {
    /// How many hashes are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What a hash was refused for, if it is remembered. To ask is to refer to it.
    pub fn recall(&mut self, hash: Hash, now: Timestamp, policy: &Policy) -> Option<Reason> {
        self.expire(now, policy);
        let (reason, _) = *self.entries.get(&hash)?;
        self.refer(hash, reason, now);
        Some(reason)
    }

    /// Remembers a refusal. Past the bound the entry that was referred to longest ago goes.
    pub fn remember(&mut self, hash: Hash, reason: Reason, now: Timestamp, policy: &Policy) {
        self.expire(now, policy);
        self.refer(hash, reason, now);
        while self.entries.len() > policy.max_refused {
            self.forget_oldest();
        }
    }

    fn refer(&mut self, hash: Hash, reason: Reason, now: Timestamp) {
        self.references += 1;
        let referred = (now, self.references);
        if let Some((_, before)) = self.entries.insert(hash, (reason, referred)) {
            self.by_reference.remove(&before);
        }
        self.by_reference.insert(referred, hash);
    }

    fn expire(&mut self, now: Timestamp, policy: &Policy) {
        while let Some(((at, _), _)) = self.by_reference.first_key_value() {
            if now.duration_since(*at) < policy.refused_lifetime {
                return;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, hash)) = self.by_reference.pop_first() {
            self.entries.remove(&hash);
        }
    }
}
