//! Row 9: servers that let a client's clock count for more than an audit.

use crate::Mutant;
use crate::decisions::{CONTRACT, Finalized, Judged, Opened};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    CreateRequest, DeviceFacts, Effect, FinalizeFacts, OpFacts, OpPlan, OpRequest, Policy,
    SessionFacts, create_session, finalize, lifecycle_op,
};
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["9"],
    invariant: Some(8),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where a date inside the bound is believed, which shows once honest writes follow.
const BELIEVED: Mutant = Mutant {
    invariant: None,
    beat: Beat::Recovery,
    ..SHOWN
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row09-no-bound-ahead",
        about: "A write may be dated any time ahead of the server's clock.",
        killers: &["timestamp-2099", "timestamp-31-days-ahead"],
        plant: |ports| {
            bounded(
                ports,
                |ahead, bound| if ahead { SignedDuration::MAX } else { bound },
                at_joining,
            )
        },
        ..SHOWN
    },
    Mutant {
        id: "row09-no-bound-behind",
        about: "A write may be dated any time back, even before its device joined.",
        killers: &["timestamp-31-days-behind"],
        plant: |ports| {
            bounded(
                ports,
                |ahead, bound| if ahead { bound } else { SignedDuration::MAX },
                long_ago,
            )
        },
        ..SHOWN
    },
    Mutant {
        id: "row09-no-bound-behind-but-the-joining",
        rows: &["9", "I8"],
        about: "A write may be dated any time back to when its device joined.",
        killers: &[
            "timestamp-31-days-behind-of-an-older-device",
            "dated-just-outside-the-drift-behind",
        ],
        plant: |ports| {
            bounded(
                ports,
                |ahead, bound| if ahead { bound } else { SignedDuration::MAX },
                at_joining,
            )
        },
        ..SHOWN
    },
    Mutant {
        id: "row09-bound-too-narrow",
        about: "A write may be dated four weeks from the server's clock, and no more.",
        verdict: Verdict::Nonconforming,
        killers: &["timestamp-29-days-ahead", "delete-29-days-ahead"],
        plant: |ports| {
            bounded(
                ports,
                |_, _| SignedDuration::from_hours(28 * 24),
                at_joining,
            )
        },
        ..SHOWN
    },
    Mutant {
        id: "row09-feed-dated-by-client-time",
        about: "The timestamp of the manifest becomes the feed's changed_at.",
        killers: &["timestamp-29-days-ahead", "delete-29-days-ahead"],
        plant: |ports| publishing(ports, Publishing::dated()),
        ..BELIEVED
    },
    Mutant {
        id: "row09-feed-ordered-by-client-time",
        about: "The feed is ordered by the timestamps of manifests: a later write stands behind the cursors.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Silent),
        killers: &["timestamp-29-days-ahead", "delete-29-days-ahead"],
        plant: |ports| publishing(ports, Publishing::ordered()),
        ..BELIEVED
    },
    Mutant {
        id: "row09-retention-by-client-time",
        about: "How long a delete can be taken back is reckoned from the timestamp of its manifest.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        killers: &["delete-29-days-ahead"],
        plant: |ports| CONTRACT.with_op(retained_by_client_time).plant(ports),
        ..BELIEVED
    },
];

/// How far a write may be dated from the server's clock, where the contract says how far: whether it is
/// dated ahead decides.
type Bound = fn(bool, SignedDuration) -> SignedDuration;

/// When a device counts as having joined.
type Joined = fn(DeviceFacts) -> DeviceFacts;

fn at_joining(device: DeviceFacts) -> DeviceFacts {
    device
}

fn long_ago(device: DeviceFacts) -> DeviceFacts {
    match "1970-01-01T00:00:00Z".parse() {
        Ok(added_at) => DeviceFacts { added_at, ..device },
        Err(_) => device,
    }
}

fn bounded(ports: Ports, bound: Bound, joined: Joined) -> Ports {
    Ports {
        judge: Arc::new(Bounded { bound, joined }),
        ..ports
    }
}

/// A judge with another bound on timestamps, at every write.
struct Bounded {
    bound: Bound,
    joined: Joined,
}

impl Bounded {
    /// The policy for a write that is dated so.
    fn policy(&self, timestamp: &str, now: jiff::Timestamp, policy: &Policy) -> Policy {
        let said = timestamp.parse::<Timestamp>();
        let ahead = said.is_ok_and(|said| said.instant() > now);
        Policy {
            timestamp_drift: (self.bound)(ahead, policy.timestamp_drift),
            ..policy.clone()
        }
    }
}

impl Judge for Bounded {
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        let mut facts = facts.clone();
        facts.device = facts.device.map(self.joined);
        let timestamp = &request.body.manifest_envelope.timestamp;
        let policy = self.policy(timestamp, facts.now, policy);
        create_session(&facts, request, &policy)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let mut facts = facts.clone();
        facts.opening.device = facts.opening.device.map(self.joined);
        let timestamp = &facts.session.envelope.timestamp;
        let policy = self.policy(timestamp, facts.now, policy);
        finalize(&facts, &policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let mut facts = facts.clone();
        facts.device = facts.device.map(self.joined);
        let timestamp = &request.body.envelope.timestamp;
        let policy = self.policy(timestamp, facts.now, policy);
        lifecycle_op(&facts, request, &policy)
    }
}

fn publishing(ports: Ports, publishing: Publishing) -> Ports {
    Ports {
        judge: Arc::new(publishing),
        ..ports
    }
}

/// A judge that believes the client's time when it shows a write on the feed.
struct Publishing {
    /// Whether the time dates the write.
    dates: bool,
    /// How many writes were shown, where the time orders them.
    ordered: Option<AtomicU64>,
}

impl Publishing {
    const fn dated() -> Self {
        Self {
            dates: true,
            ordered: None,
        }
    }

    const fn ordered() -> Self {
        Self {
            dates: false,
            ordered: Some(AtomicU64::new(0)),
        }
    }

    /// The effects of a write whose manifest says `timestamp`.
    fn believing(&self, timestamp: &str, mut effects: Vec<Effect>) -> Vec<Effect> {
        let Ok(said) = timestamp.parse::<Timestamp>() else {
            return effects;
        };
        for effect in &mut effects {
            let Effect::Publish(publication) = effect else {
                continue;
            };
            if self.dates {
                publication.changed_at = said.instant();
            }
            if let Some(shown) = &self.ordered {
                let place = shown.fetch_add(1, Ordering::Relaxed);
                publication.sync_seq = Some(number(&said, place));
            }
        }
        effects
    }
}

/// A number that rises with the time said, and among writes of one millisecond with their arrival.
fn number(said: &Timestamp, place: u64) -> u64 {
    let millis = u64::try_from(said.instant().as_millisecond()).unwrap_or(0);
    millis.saturating_mul(1 << 10).saturating_add(place)
}

impl Judge for Publishing {
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let effects = finalize(facts, policy)?;
        Ok(self.believing(&facts.session.envelope.timestamp, effects))
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let mut plan = lifecycle_op(facts, request, policy)?;
        if let OpPlan::Accepted { effects, .. } = &mut plan {
            let timestamp = &request.body.envelope.timestamp;
            *effects = self.believing(timestamp, std::mem::take(effects));
        }
        Ok(plan)
    }
}

fn retained_by_client_time(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let mut plan = lifecycle_op(facts, request, policy)?;
    let said = request.body.envelope.timestamp.parse::<Timestamp>();
    if let (OpPlan::Accepted { effects, .. }, Ok(said)) = (&mut plan, said) {
        for effect in effects {
            if let Effect::Trash { since, until, .. } = effect {
                let span = until.duration_since(said.instant());
                *until = since.checked_add(span).unwrap_or(*until);
            }
        }
    }
    Ok(plan)
}
