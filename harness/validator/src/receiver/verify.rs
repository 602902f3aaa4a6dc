//! `verify_asset` (`wire.md` §4, client invariant 1): what every received record passes before anything is
//! done with it, whoever sent it.
//!
//! The order is the contract's: version and suite before the schema behind them; whose record it is; who
//! may have written it; both signatures; what it continues. Only what passed all that can be pending: a
//! record whose epoch is attested while its key is still on the way.

use super::verify_chain::{
    action_keeps_its_bounds, epoch_not_regressed, event_new, head_continued, inv05_tombstone_stays,
    nonce_prefix_fresh, something_to_restore, suite_not_lowered,
};
use super::verify_shape::{
    album_bound, asset_bound, canonical, enums_closed, inv03_protocol_in_window, pin_kept,
    prior_stated, suite_known, well_formed,
};
use super::verify_signer::{
    author_not_removed, device_joined_before, device_listed, device_not_revoked, device_signed,
    epoch_attested, epoch_is_its_signers, halves_agree, write_tier_signed,
};
use super::{AlbumFacts, Arrival, Broken, Check, History, Policy, Rejection, judge};
use gauntlet_crypto::wrap::unwrap_file_key;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::reason::Reason;
use gauntlet_wire::record::ProvenanceRecord;
use jiff::Timestamp;
use std::sync::Arc;

/// Everything that a client knows when it judges a record.
#[derive(Debug, Clone)]
pub struct VerifyFacts {
    /// The client's clock.
    pub now: Timestamp,
    /// The album that the record should be of.
    pub album: Arc<AlbumFacts>,
    /// The asset that it should be of.
    pub asset: AssetId,
    /// The highest epoch that the album's records have reached so far.
    pub reached: Option<ReachedEpoch>,
    /// The asset's accepted chain.
    pub history: History,
    /// What shows that the record was there before this client heard of it.
    pub evidence: Evidence,
    /// Since when the record waits for its key, if it does.
    pub pending_since: Option<Timestamp>,
}

/// The highest epoch that an album's records have reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReachedEpoch {
    /// The epoch.
    pub epoch: u32,
    /// Server time of the first record of it.
    pub since: Timestamp,
}

/// What shows that a record was there at some time: its own timestamp is the word of who may be backdating
/// it (`formats.md` §5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The client holds the record already.
    pub held: bool,
    /// When the server took the record, as far as the client can believe it.
    pub receipted_at: Option<Timestamp>,
}

impl Evidence {
    /// Whether the record was there before `instant`.
    pub(super) fn predates(&self, instant: Timestamp) -> bool {
        self.held || self.receipted_at.is_some_and(|at| at < instant)
    }
}

/// What a record comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The record is the asset's new head.
    Accept(Box<Accepted>),
    /// The record is the head already; nothing changes.
    Held,
    /// The record is sound, and its key is on the way: it is held and tried again, and nothing is
    /// quarantined.
    Pending(Pending),
    /// The record is refused for good and shown to a human.
    Reject(Rejection),
}

/// A record that a client accepts, and what it knows from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The record with its exact bytes.
    pub record: Canonical<ProvenanceRecord>,
    /// Its link.
    pub link: Hash,
    /// The asset's chain with the record at its end.
    pub history: History,
}

/// A record that waits for the key of its epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// The epoch.
    pub epoch: u32,
    /// Since when it waits.
    pub since: Timestamp,
    /// Whether it has waited too long, and a human is to be told. It is held all the same.
    pub escalated: bool,
}

/// What decides a record.
#[derive(Clone)]
pub struct VerifyRules {
    /// Whether the record is the head already.
    pub held: fn(&VerifyFacts, &Arrival) -> bool,
    /// What has to hold of it, with or without the key of its epoch.
    pub checks: Vec<Check<VerifyFacts, Arrival>>,
    /// Whether it waits for that key.
    pub pending: fn(&VerifyFacts, &Arrival, &Policy) -> Option<Pending>,
    /// What has to hold once the key is there.
    pub unsealing: Vec<Check<VerifyFacts, Arrival>>,
}

impl Default for VerifyRules {
    /// The contract's.
    fn default() -> Self {
        Self {
            held: is_head,
            checks: VERIFY.to_vec(),
            pending,
            unsealing: UNSEALING.to_vec(),
        }
    }
}

/// What has to hold of every record, in order.
pub const VERIFY: &[Check<VerifyFacts, Arrival>] = &[
    Check {
        reason: Reason::NotCanonical,
        holds: canonical,
    },
    Check {
        reason: Reason::SuiteUnknown,
        holds: suite_known,
    },
    Check {
        reason: Reason::ProtocolUnsupported,
        holds: inv03_protocol_in_window,
    },
    Check {
        reason: Reason::EnumUnknown,
        holds: enums_closed,
    },
    Check {
        reason: Reason::PriorMissing,
        holds: prior_stated,
    },
    Check {
        reason: Reason::Malformed,
        holds: well_formed,
    },
    Check {
        reason: Reason::AssetMismatch,
        holds: asset_bound,
    },
    Check {
        reason: Reason::AlbumMismatch,
        holds: album_bound,
    },
    Check {
        reason: Reason::PinMismatch,
        holds: pin_kept,
    },
    Check {
        reason: Reason::DeviceUnlisted,
        holds: device_listed,
    },
    Check {
        reason: Reason::DeviceAddedLater,
        holds: device_joined_before,
    },
    Check {
        reason: Reason::DeviceRevoked,
        holds: device_not_revoked,
    },
    Check {
        reason: Reason::BeyondAttested,
        holds: epoch_attested,
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
        reason: Reason::WriterRemoved,
        holds: author_not_removed,
    },
    Check {
        reason: Reason::WrongEpoch,
        holds: epoch_is_its_signers,
    },
    Check {
        reason: Reason::ReaderSigned,
        holds: write_tier_signed,
    },
    Check {
        reason: Reason::EventRepeated,
        holds: event_new,
    },
    Check {
        reason: Reason::StaleRevival,
        holds: head_continued,
    },
    Check {
        reason: Reason::TombstoneRevived,
        holds: inv05_tombstone_stays,
    },
    Check {
        reason: Reason::NothingToRestore,
        holds: something_to_restore,
    },
    Check {
        reason: Reason::EpochRegressed,
        holds: epoch_not_regressed,
    },
    Check {
        reason: Reason::SuiteDowngrade,
        holds: suite_not_lowered,
    },
    Check {
        reason: Reason::NonceReused,
        holds: nonce_prefix_fresh,
    },
    Check {
        reason: Reason::BeyondAction,
        holds: action_keeps_its_bounds,
    },
];

/// What has to hold of a record whose key is there, in order.
pub const UNSEALING: &[Check<VerifyFacts, Arrival>] = &[Check {
    reason: Reason::WrappedKeyInvalid,
    holds: wrapped_key_opens,
}];

/// Judges a record by the contract.
#[must_use]
pub fn verify_asset(facts: &VerifyFacts, arrival: &Arrival, policy: &Policy) -> Verdict {
    verify_asset_by(&VerifyRules::default(), facts, arrival, policy)
}

/// Judges a record by the given rules.
#[must_use]
pub fn verify_asset_by(
    rules: &VerifyRules,
    facts: &VerifyFacts,
    arrival: &Arrival,
    policy: &Policy,
) -> Verdict {
    if (rules.held)(facts, arrival) {
        return Verdict::Held;
    }
    if let Err(rejection) = judge(&rules.checks, facts, arrival, policy) {
        return Verdict::Reject(rejection);
    }
    if let Some(pending) = (rules.pending)(facts, arrival, policy) {
        return Verdict::Pending(pending);
    }
    let unsealed = judge(&rules.unsealing, facts, arrival, policy);
    match unsealed.and_then(|()| accepted(facts, arrival)) {
        Ok(accepted) => Verdict::Accept(Box::new(accepted)),
        Err(rejection) => Verdict::Reject(rejection),
    }
}

fn accepted(facts: &VerifyFacts, arrival: &Arrival) -> Result<Accepted, Rejection> {
    let record = arrival
        .record()
        .map_err(|broken| broken.by(Reason::Malformed))?;
    let link = arrival.link();
    Ok(Accepted {
        record: record.clone(),
        link,
        history: facts.history.clone().with(link, record.value()),
    })
}

/// Row 4: an accepted record again is absorbed.
fn is_head(facts: &VerifyFacts, arrival: &Arrival) -> bool {
    facts.history.head_link() == Some(arrival.link())
}

/// Row 32: the ledger attests the epoch and its key is not here yet. That is no forgery; and it is no
/// record to act on either.
fn pending(facts: &VerifyFacts, arrival: &Arrival, policy: &Policy) -> Option<Pending> {
    let epoch = arrival.core().ok()?.amk_version;
    if facts.album.keys.contains_key(&epoch) {
        return None;
    }
    let since = facts.pending_since.unwrap_or(facts.now);
    Some(Pending {
        epoch,
        since,
        escalated: facts.now.duration_since(since) >= policy.pending_timeout,
    })
}

/// `formats.md` §6 (version B): a wrapped file key opens under the key of its epoch, for its own file.
fn wrapped_key_opens(facts: &VerifyFacts, arrival: &Arrival, _: &Policy) -> Result<(), Broken> {
    let core = arrival.core()?;
    let wrapped = core.b.as_ref().and_then(|b| b.wrapped_file_key);
    let (Action::Create, Some(wrapped)) = (core.action, wrapped) else {
        return Ok(());
    };
    let amk = facts
        .album
        .keys
        .get(&core.amk_version)
        .ok_or_else(|| Broken::because("the key of the epoch is not here"))?;
    unwrap_file_key(amk, core.file_id, &wrapped)
        .map(|_| ())
        .map_err(|error| Broken::because(error.to_string()))
}
