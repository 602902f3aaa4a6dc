//! How often the server has refused, and by which rule.

use gauntlet_wire::rule::Rule;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A count per rule, since the start.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<BTreeMap<Rule, u64>>);

impl Refusals {
    pub(crate) fn count(&self, rule: Rule) {
        *self.counts().entry(rule).or_default() += 1;
    }

    pub(crate) fn all(&self) -> BTreeMap<Rule, u64> {
        self.counts().clone()
    }

    // A panic elsewhere can't leave a count half written, so a poisoned lock is still sound.
    fn counts(&self) -> MutexGuard<'_, BTreeMap<Rule, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
