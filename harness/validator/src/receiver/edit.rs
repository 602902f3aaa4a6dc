//! Editing a sidecar of one's own (client invariants 2 and 9, rows 1 and 7).

use super::check::{Broken, require};
use super::successor::is_ahead;
use super::{Check, Policy, Rejection, SidecarFile, judge};
use gauntlet_wire::bounds;
use gauntlet_wire::id::DeviceId;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::sidecar::{AddId, AiTag, Register, RegisterValue, SidecarBody, TagSet, Write};
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;

/// Everything that a client knows when its user edits.
#[derive(Debug, Clone)]
pub struct EditFacts {
    /// The client's clock.
    pub now: jiff::Timestamp,
    /// The device that edits.
    pub device: DeviceId,
    /// The sidecar as it lies on the disk.
    pub file: SidecarFile,
    /// The highest counter that the device has used for this asset, in each set. The caller keeps them
    /// across restarts; where they were lost, the sidecar tells.
    pub counters: Counters,
}

/// The highest counters that a device has used for an asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// In `tags_user`.
    pub user: Option<u64>,
    /// In `tags_ai`.
    pub ai: Option<u64>,
}

/// What a user, or a model on their device, does to a sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Writes the caption.
    Caption(String),
    /// Writes the rating, 0 to 5.
    Rating(u8),
    /// Adds a tag.
    AddTag(String),
    /// Takes one add of a tag back, and no other of the same text.
    RemoveTag(AddId),
    /// Adds a model's tag.
    AddAiTag(AiTag),
    /// Takes one add of a model's tag back.
    RemoveAiTag(AddId),
}

/// What an edit comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditPlan {
    /// What is to be linked to the head, signed and sealed.
    pub body: SidecarBody,
    /// The counters to keep before anything is sent.
    pub counters: Counters,
}

/// The checks, in order.
pub const EDIT: &[Check<EditFacts, Edit>] = &[
    Check {
        reason: Reason::SidecarMalformed,
        holds: readable,
    },
    Check {
        reason: Reason::SchemaNewer,
        holds: inv02_schema_known,
    },
    Check {
        reason: Reason::BoundExceeded,
        holds: within_bounds,
    },
    Check {
        reason: Reason::UnseenAddId,
        holds: inv09_add_seen,
    },
    Check {
        reason: Reason::CounterExhausted,
        holds: counter_left,
    },
];

/// Judges an edit by the contract.
///
/// # Errors
/// The first rule of [`EDIT`] that does not hold. The file stays as it is, byte for byte.
pub fn edit_sidecar(
    facts: &EditFacts,
    edit: &Edit,
    policy: &Policy,
) -> Result<EditPlan, Rejection> {
    edit_sidecar_by(EDIT, facts, edit, policy)
}

/// Judges an edit by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn edit_sidecar_by(
    checks: &[Check<EditFacts, Edit>],
    facts: &EditFacts,
    edit: &Edit,
    policy: &Policy,
) -> Result<EditPlan, Rejection> {
    judge(checks, facts, edit, policy)?;
    let body = body(facts).map_err(|broken| broken.by(Reason::SidecarMalformed))?;
    let counters = facts.next_counters(body, edit)?;
    Ok(EditPlan {
        body: edited(body, edit, facts, counters, policy),
        counters,
    })
}

fn edited(
    body: &SidecarBody,
    edit: &Edit,
    facts: &EditFacts,
    counters: Counters,
    policy: &Policy,
) -> SidecarBody {
    let mut body = body.clone();
    let id = |counter: Option<u64>| AddId {
        device: facts.device,
        counter: counter.unwrap_or_default(),
    };
    match edit {
        Edit::Caption(value) => write(&mut body.caption, value.clone(), facts, policy),
        Edit::Rating(value) => write(&mut body.rating, *value, facts, policy),
        Edit::AddTag(tag) => {
            body.tags_user.adds.insert(id(counters.user), tag.clone());
        }
        Edit::AddAiTag(tag) => {
            body.tags_ai.adds.insert(id(counters.ai), tag.clone());
        }
        Edit::RemoveTag(add) => {
            body.tags_user.removes.insert(*add);
        }
        Edit::RemoveAiTag(add) => {
            body.tags_ai.removes.insert(*add);
        }
    }
    body
}

/// A write over what its author has seen: it is newer than that, even by a clock that is behind, and what
/// it replaces was not displaced and is not logged. What is dated too far ahead is parked by everyone; a
/// write that outdid it would be parked with it.
fn write<T: RegisterValue>(
    register: &mut Register<T>,
    value: T,
    facts: &EditFacts,
    policy: &Policy,
) {
    let seen = register.current.as_ref();
    let seen = seen.filter(|seen| !is_ahead(seen, facts.now, policy));
    let after = |seen: &Write<T>| {
        seen.ts
            .instant()
            .checked_add(SignedDuration::from_millis(1))
    };
    let later = seen.and_then(|seen| after(seen).ok());
    let ts = later.map_or(facts.now, |later| later.max(facts.now));
    register.current = Some(Write {
        value,
        ts: Timestamp::from_instant(ts),
        by: facts.device,
        unknown: register
            .current
            .take()
            .map(|seen| seen.unknown)
            .unwrap_or_default(),
    });
}

impl EditFacts {
    /// The counters after an edit: above the kept ones and above everything that the sidecar has seen of
    /// this device.
    fn next_counters(&self, body: &SidecarBody, edit: &Edit) -> Result<Counters, Rejection> {
        let mut counters = Counters {
            user: highest(self.counters.user, &body.tags_user, self.device),
            ai: highest(self.counters.ai, &body.tags_ai, self.device),
        };
        let counter = match edit {
            Edit::AddTag(_) => &mut counters.user,
            Edit::AddAiTag(_) => &mut counters.ai,
            _ => return Ok(counters),
        };
        let next = counter.map_or(Some(0), |used| used.checked_add(1));
        *counter = Some(next.ok_or_else(|| exhausted().by(Reason::CounterExhausted))?);
        Ok(counters)
    }
}

/// The highest counter that a device has used in a set, by its own memory or by the set's.
fn highest<T>(kept: Option<u64>, set: &TagSet<T>, device: DeviceId) -> Option<u64> {
    let seen = set.adds.keys().chain(&set.removes);
    let own = seen.filter(|id| id.device == device).map(|id| id.counter);
    own.max().max(kept)
}

fn exhausted() -> Broken {
    Broken::because("the device's counter is at the top of its range")
}

fn body(facts: &EditFacts) -> Result<&SidecarBody, Broken> {
    let sidecar = facts.file.sidecar();
    sidecar
        .map(|sidecar| &sidecar.value().body)
        .ok_or_else(|| Broken::because("no sidecar of this schema"))
}

/// Row 19: what is no sidecar is not edited.
fn readable(facts: &EditFacts, _: &Edit, _: &Policy) -> Result<(), Broken> {
    facts.file.readable()
}

/// Client invariant 2 and row 1: a sidecar of a schema above the client's own is not written.
fn inv02_schema_known(facts: &EditFacts, _: &Edit, policy: &Policy) -> Result<(), Broken> {
    let known = u64::from(policy.max_sidecar_schema);
    let found = facts.file.schema();
    require(found.is_none_or(|found| found <= known), || {
        format!(
            "the sidecar is of schema {}; this client knows {known}",
            found.unwrap_or_default()
        )
    })
}

/// `formats.md` §9: a value, and the set that it goes into, within their bounds.
fn within_bounds(facts: &EditFacts, edit: &Edit, _: &Policy) -> Result<(), Broken> {
    let text = |what: &str, text: &str, max: usize| {
        require(text.len() <= max, || {
            format!("{what} of {} bytes; at most {max}", text.len())
        })
    };
    let room = |count: usize| {
        require(count < bounds::TAG_CHANGES, || {
            format!("{count} in the set already")
        })
    };
    match edit {
        Edit::Caption(caption) => text("a caption", caption, bounds::CAPTION),
        Edit::Rating(stars) => require(*stars <= 5, || format!("{stars} stars; at most 5")),
        Edit::AddTag(tag) => {
            text("a tag", tag, bounds::TAG)?;
            room(body(facts)?.tags_user.adds.len())
        }
        Edit::AddAiTag(tag) => {
            text("a tag", &tag.tag, bounds::TAG)?;
            for model in [&tag.model_id, &tag.model_version] {
                text("a model", model, bounds::SHORT_TEXT)?;
                require(!model.is_empty(), || "a model without a name".to_owned())?;
            }
            room(body(facts)?.tags_ai.adds.len())
        }
        Edit::RemoveTag(_) => room(body(facts)?.tags_user.removes.len()),
        Edit::RemoveAiTag(_) => room(body(facts)?.tags_ai.removes.len()),
    }
}

/// Client invariant 9 and row 7: a remove names an add that the client has seen.
fn inv09_add_seen(facts: &EditFacts, edit: &Edit, _: &Policy) -> Result<(), Broken> {
    let (id, seen) = match edit {
        Edit::RemoveTag(id) => (id, body(facts)?.tags_user.adds.contains_key(id)),
        Edit::RemoveAiTag(id) => (id, body(facts)?.tags_ai.adds.contains_key(id)),
        _ => return Ok(()),
    };
    require(seen, || {
        format!("no add {} of {} was seen", id.counter, id.device)
    })
}

/// Row 7: a counter is never used twice, so the last of its range is its end.
fn counter_left(facts: &EditFacts, edit: &Edit, _: &Policy) -> Result<(), Broken> {
    let counters = facts.next_counters(body(facts)?, edit);
    counters.map(|_| ()).map_err(|_| exhausted())
}
