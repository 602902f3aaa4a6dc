//! What a record may continue, and how (`formats.md` §4, client invariant 5, rows 4, 5, 17 and 21).

use super::check::{Broken, require};
use super::{Arrival, Policy, VerifyFacts};
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;

/// `formats.md` §4: the same core at the same position is the same event. Who holds the write-tier key can
/// sign it anew and make another link; the first is kept.
pub(super) fn event_new(facts: &VerifyFacts, arrival: &Arrival, _: &Policy) -> Result<(), Broken> {
    let core = arrival.core()?;
    require(facts.history.head.as_ref() != Some(core), || {
        "the head's own core under other signatures".to_owned()
    })
}

/// Client invariant 5 and row 4: the record continues the head.
pub(super) fn head_continued(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let prior = arrival.core()?.prior_provenance_hash;
    let head = facts.history.head_link();
    let shown = |link: Option<_>| link.map_or_else(|| "nothing".to_owned(), |it| format!("{it}"));
    require(prior == head, || {
        format!("continues {}; the head is {}", shown(prior), shown(head))
    })
}

/// Row 4: a delete is continued by a restore and by nothing else.
pub(super) fn inv05_tombstone_stays(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let action = arrival.core()?.action;
    let admitted = !facts.history.is_deleted() || action == Action::TrashRestore;
    require(admitted, || {
        format!("the asset is deleted; {action} does not revive it")
    })
}

/// A restore takes a delete back; there has to be one.
pub(super) fn something_to_restore(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let restores = arrival.core()?.action == Action::TrashRestore;
    require(!restores || facts.history.is_deleted(), || {
        "the asset is not deleted".to_owned()
    })
}

/// Row 17: the epoch is not below the chain's, nor below the one that the album had reached before the
/// record is known to have been there.
pub(super) fn epoch_not_regressed(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let epoch = arrival.core()?.amk_version;
    let chain = facts.history.head.as_ref().map(|head| head.amk_version);
    require(chain.is_none_or(|chain| epoch >= chain), || {
        format!("epoch {epoch} is below that of the record that it continues")
    })?;
    let Some(reached) = facts.reached.filter(|reached| epoch < reached.epoch) else {
        return Ok(());
    };
    require(facts.evidence.predates(reached.since), || {
        format!(
            "epoch {epoch} is below {}, which the album has reached",
            reached.epoch
        )
    })
}

/// Row 5: the suite never falls along a chain.
pub(super) fn suite_not_lowered(
    facts: &VerifyFacts,
    arrival: &Arrival,
    policy: &Policy,
) -> Result<(), Broken> {
    let suite = arrival.core()?.crypto_suite_id;
    let Some(head) = &facts.history.head else {
        return Ok(());
    };
    require(
        policy.rank(suite) >= policy.rank(head.crypto_suite_id),
        || format!("suite {suite} is weaker than {}", head.crypto_suite_id),
    )
}

/// `formats.md` §10 and row 21: a nonce prefix seals one original of a `file_id`.
pub(super) fn nonce_prefix_fresh(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let core = arrival.core()?;
    let used = || facts.history.nonce_prefixes.contains(&core.nonce_prefix);
    require(core.action != Action::Replace || !used(), || {
        "the nonce prefix has sealed an earlier original of the asset".to_owned()
    })
}

/// A record changes what its action names: the original by create and replace, the metadata by these and
/// by a metadata update. A metadata update that brought another original would be a replace that nobody
/// is told of.
pub(super) fn action_keeps_its_bounds(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let core = arrival.core()?;
    let Some(head) = &facts.history.head else {
        return Ok(());
    };
    let replaces = core.action == Action::Replace;
    require(replaces || original(core) == original(head), || {
        format!("{} leaves the original as it is", core.action)
    })?;
    let updates = replaces || core.action == Action::MetadataUpdate;
    let committed = core.b.as_ref().and_then(|b| b.metadata_blob_hash);
    let kept = committed.is_none() || committed == facts.history.metadata;
    require(updates || kept, || {
        format!("{} leaves the metadata as it is", core.action)
    })
}

/// What a manifest says of its original.
fn original(core: &ManifestCore) -> (Hash, u64, [u8; 7]) {
    (core.ciphertext_hash, core.plaintext_size, core.nonce_prefix)
}
