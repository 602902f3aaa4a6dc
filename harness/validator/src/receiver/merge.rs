//! Merging what two devices have of one asset (`formats.md` §7, rows 6, 7 and 9).
//!
//! A merge is commutative, associative and idempotent, exact ties included, so all devices end in the same
//! bytes whatever the order. What cannot be applied is parked; what falls off an end is told: nothing that
//! a user wrote goes away unseen.

use super::displaced::{Displaced, displaced, plain};
use super::merge_register::{ahead, distinct, merge_register, with, without_ahead};
use super::merge_tags::{Removes, merge_removes, merge_tags};
use super::successor::is_ahead;
use super::{Policy, Rejection};
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::hybrid::{ED_SIGNATURE, HybridSignature, ML_SIGNATURE};
use gauntlet_wire::reason::Reason;
use gauntlet_wire::sidecar::{
    AddId, AiTag, Register, RegisterValue, Sidecar, SidecarBody, TagSet, Write,
};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::fmt::Display;

/// What one device has of one asset's sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// What is in effect.
    pub body: SidecarBody,
    /// What is not, and is shown to the user. The caller keeps it across restarts.
    pub parked: Parked,
}

/// What waits, in one order and none twice, so that equal replicas are equal values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parked {
    /// Removes of user tags whose add was not seen yet ([`Reason::UnseenAddId`]).
    pub tags_user: BTreeSet<AddId>,
    /// Removes of models' tags whose add was not seen yet.
    pub tags_ai: BTreeSet<AddId>,
    /// Captions dated too far ahead ([`Reason::WriteAhead`]), the greatest first.
    pub captions: Vec<Write<String>>,
    /// Ratings dated too far ahead, the greatest first.
    pub ratings: Vec<Write<u8>>,
}

/// What a merge comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The merged replica. Its sidecar is linked anew by whoever seals it.
    pub replica: Replica,
    /// What neither the sidecar nor the parked keeps, to be surfaced.
    pub displaced: Vec<Displaced>,
}

/// How the parts of a sidecar merge.
#[derive(Clone, Copy)]
pub struct MergeRules {
    /// Captions.
    pub caption: fn(&Register<String>, &Register<String>) -> Register<String>,
    /// Ratings.
    pub rating: fn(&Register<u8>, &Register<u8>) -> Register<u8>,
    /// The adds of the user's tags.
    pub tags_user: fn(&TagSet<String>, &TagSet<String>) -> TagSet<String>,
    /// The adds of models' tags.
    pub tags_ai: fn(&TagSet<AiTag>, &TagSet<AiTag>) -> TagSet<AiTag>,
    /// Which removes apply to these adds, which wait, and which there is no room for.
    pub removes: fn(&BTreeSet<AddId>, BTreeSet<AddId>, &Policy) -> Removes,
}

impl Default for MergeRules {
    /// The contract's.
    fn default() -> Self {
        Self {
            caption: merge_register,
            rating: merge_register,
            tags_user: merge_tags,
            tags_ai: merge_tags,
            removes: merge_removes,
        }
    }
}

impl Replica {
    /// What a device has that received a sidecar with an op of this server time: writes dated too far
    /// ahead, and removes of adds that are not in it, are parked.
    #[must_use]
    pub fn of(mut body: SidecarBody, server_time: Timestamp, policy: &Policy) -> Self {
        let parked = Parked {
            tags_user: unseen(&mut body.tags_user),
            tags_ai: unseen(&mut body.tags_ai),
            captions: ahead(&body.caption, server_time, policy),
            ratings: ahead(&body.rating, server_time, policy),
        };
        body.caption = without_ahead(&body.caption, server_time, policy);
        body.rating = without_ahead(&body.rating, server_time, policy);
        Self { body, parked }
    }

    /// Takes in the parked writes whose time has come, by the server time of a later op. Removes need no
    /// such call: they apply as soon as a merge brings their add.
    #[must_use]
    pub fn offered_again(&self, server_time: Timestamp, policy: &Policy) -> Merged {
        let mut replica = self.clone();
        let captions = due(&mut replica.parked.captions, server_time, policy);
        let ratings = due(&mut replica.parked.ratings, server_time, policy);
        replica.body.caption = with(&self.body.caption, captions);
        replica.body.rating = with(&self.body.rating, ratings);
        let displaced = displaced([self, self], &replica, Default::default());
        Merged { replica, displaced }
    }
}

/// Takes the removes out of a set whose adds it does not have.
fn unseen<T>(set: &mut TagSet<T>) -> BTreeSet<AddId> {
    let removes = std::mem::take(&mut set.removes);
    let (seen, unseen) = removes
        .into_iter()
        .partition(|id| set.adds.contains_key(id));
    set.removes = seen;
    unseen
}

/// Takes the writes out of the parked that are not ahead any more.
fn due<T>(parked: &mut Vec<Write<T>>, server_time: Timestamp, policy: &Policy) -> Vec<Write<T>> {
    let writes = std::mem::take(parked).into_iter();
    let (ahead, due) = writes.partition(|write| is_ahead(write, server_time, policy));
    *parked = ahead;
    due
}

/// Merges two replicas of one asset by the contract.
///
/// # Errors
/// [`Reason::NotOneAsset`], or [`Reason::BoundExceeded`] where what both have together is no sidecar any
/// more. Neither replica changes.
pub fn merge(one: &Replica, other: &Replica, policy: &Policy) -> Result<Merged, Rejection> {
    merge_by(&MergeRules::default(), one, other, policy)
}

/// Merges two replicas of one asset by the given rules.
///
/// # Errors
/// As [`merge`].
pub fn merge_by(
    rules: &MergeRules,
    one: &Replica,
    other: &Replica,
    policy: &Policy,
) -> Result<Merged, Rejection> {
    let (left, right) = (&one.body, &other.body);
    if left.uuid != right.uuid {
        let detail = format!("{} and {}", left.uuid, right.uuid);
        return Err(Rejection::new(Reason::NotOneAsset, detail));
    }
    let mut body = merged_body(rules, left, right)?;
    let removes = [&left.tags_user.removes, &right.tags_user.removes];
    let waiting = [&one.parked.tags_user, &other.parked.tags_user];
    let user = sorted_out(rules, &mut body.tags_user, removes, waiting, policy);
    let removes = [&left.tags_ai.removes, &right.tags_ai.removes];
    let waiting = [&one.parked.tags_ai, &other.parked.tags_ai];
    let ai = sorted_out(rules, &mut body.tags_ai, removes, waiting, policy);
    sendable(&body).map_err(|error| exceeded(&error))?;
    let parked = [&one.parked, &other.parked];
    let replica = Replica {
        body,
        parked: Parked {
            tags_user: user.parked,
            tags_ai: ai.parked,
            captions: together(parked.map(|parked| &parked.captions), policy),
            ratings: together(parked.map(|parked| &parked.ratings), policy),
        },
    };
    let displaced = displaced([one, other], &replica, [user.dropped, ai.dropped]);
    Ok(Merged { replica, displaced })
}

/// Everything but the removes.
fn merged_body(
    rules: &MergeRules,
    left: &SidecarBody,
    right: &SidecarBody,
) -> Result<SidecarBody, Rejection> {
    let plain = SidecarBody::from_map(plain(left, right)).map_err(|error| exceeded(&error))?;
    Ok(SidecarBody {
        caption: (rules.caption)(&left.caption, &right.caption),
        rating: (rules.rating)(&left.rating, &right.rating),
        tags_user: (rules.tags_user)(&left.tags_user, &right.tags_user),
        tags_ai: (rules.tags_ai)(&left.tags_ai, &right.tags_ai),
        ..plain
    })
}

fn exceeded(error: &dyn Display) -> Rejection {
    Rejection::new(Reason::BoundExceeded, format!("merged: {error}"))
}

/// Gives a merged set the removes that apply to it.
fn sorted_out<T>(
    rules: &MergeRules,
    set: &mut TagSet<T>,
    applied: [&BTreeSet<AddId>; 2],
    waiting: [&BTreeSet<AddId>; 2],
    policy: &Policy,
) -> Removes {
    let removes = applied.into_iter().chain(waiting).flatten();
    let removes = removes.copied().collect();
    let adds = set.adds.keys().copied().collect();
    let mut sorted = (rules.removes)(&adds, removes, policy);
    set.removes = std::mem::take(&mut sorted.applied);
    sorted
}

/// The parked writes of both, as many as there is room for: the greatest.
fn together<T: RegisterValue>(parked: [&Vec<Write<T>>; 2], policy: &Policy) -> Vec<Write<T>> {
    let mut writes = distinct(parked.into_iter().flatten().cloned().collect());
    writes.truncate(policy.max_parked);
    writes
}

/// A merged body has to be one that can be signed and sent.
fn sendable(body: &SidecarBody) -> Result<(), DocumentError> {
    let sidecar = Sidecar {
        body: body.clone(),
        signature: HybridSignature {
            ed: [0; ED_SIGNATURE],
            ml: Box::new([0; ML_SIGNATURE]),
        },
    };
    Canonical::encode(sidecar).map(|_| ())
}
