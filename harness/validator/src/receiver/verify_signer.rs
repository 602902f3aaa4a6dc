//! Who may have written a record, and whether they did (`formats.md` §3 to §5, rows 5, 17, 20, 24, 31, 32,
//! X1 and X2).

use super::check::{Broken, require};
use super::{Arrival, Policy, VerifyFacts};
use gauntlet_crypto::verify::{Half, VerifyingKey};
use gauntlet_wire::directory::DeviceEntry;
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use gauntlet_wire::manifest::ManifestCore;

fn entry<'a>(facts: &'a VerifyFacts, core: &ManifestCore) -> Result<&'a DeviceEntry, Broken> {
    let entry = facts
        .album
        .device(core.created_by_user, core.created_by_device);
    entry.ok_or_else(|| {
        Broken::because("created_by_device is not in the directory of created_by_user")
    })
}

/// The write-tier key that the accepted ledger attests for the epoch that the record cites.
fn write_tier<'a>(
    facts: &'a VerifyFacts,
    core: &ManifestCore,
) -> Result<&'a HybridPublicKey, Broken> {
    let ledger = facts.album.ledger.as_ref();
    let entry = ledger.and_then(|ledger| ledger.entry(core.amk_version));
    entry
        .map(|entry| &entry.write_tier_pub)
        .ok_or_else(|| Broken::because("the ledger holds no write-tier key of the epoch"))
}

/// Row 20: the device is in the directory of the user that the record names, and of no one else.
pub(super) fn device_listed(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    entry(facts, arrival.core()?).map(|_| ())
}

/// Row 24: the device joined before the record says that it was written.
pub(super) fn device_joined_before(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let core = arrival.core()?;
    let added_at = &entry(facts, core)?.added_at;
    require(added_at.instant() < core.timestamp.instant(), || {
        format!(
            "the device joined at {}, the record is of {}",
            added_at.text(),
            core.timestamp.text()
        )
    })
}

/// `formats.md` §5: of a revoked device a record counts only where it was there before: written before, by
/// its own word, and held or receipted before, by a better one. Equality is being revoked.
pub(super) fn device_not_revoked(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let core = arrival.core()?;
    let Some(revoked_at) = &entry(facts, core)?.revoked_at else {
        return Ok(());
    };
    let revoked = revoked_at.instant();
    require(core.timestamp.instant() < revoked, || {
        format!("the device was revoked at {}", revoked_at.text())
    })?;
    require(facts.evidence.predates(revoked), || {
        format!(
            "the device was revoked at {}, and nothing but the record says that it is older",
            revoked_at.text()
        )
    })
}

/// Row 32: the admin-signed ledger attests the epoch; a counter of the server's has no say.
pub(super) fn epoch_attested(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let core = arrival.core()?;
    let ceiling = facts.album.ledger.as_ref().map(|ledger| ledger.ceiling);
    write_tier(facts, core).map(|_| ()).map_err(|_| {
        Broken::because(match ceiling {
            Some(ceiling) => format!(
                "the ledger, up to epoch {ceiling}, does not attest {}",
                core.amk_version
            ),
            None => format!("no ledger attests epoch {}", core.amk_version),
        })
    })
}

/// Row 5: of neither signature one half holds and the other does not. Someone broke one scheme, or the
/// record.
pub(super) fn halves_agree(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let manifest = arrival.manifest()?;
    let message = manifest.core.signed_bytes();
    let device = &entry(facts, &manifest.core)?.dsk_public;
    let write_tier = write_tier(facts, &manifest.core)?;
    whole("device_sig", device, &message, &manifest.device_sig)?;
    whole("write_sig", write_tier, &message, &manifest.write_sig)
}

/// Both halves of a signature hold, or neither.
pub(super) fn whole(
    what: &str,
    key: &HybridPublicKey,
    message: &[u8],
    signature: &HybridSignature,
) -> Result<(), Broken> {
    let key = decoded(what, key)?;
    let [ed, ml] = [Half::Ed25519, Half::MlDsa65]
        .map(|half| key.verify_half(half, message, signature).is_ok());
    let broken = if ed { Half::MlDsa65 } else { Half::Ed25519 };
    require(ed == ml, || {
        format!("{what}: the {broken} half alone does not hold")
    })
}

fn decoded(what: &str, key: &HybridPublicKey) -> Result<VerifyingKey, Broken> {
    VerifyingKey::decode(key).map_err(|error| Broken::because(format!("key of {what}: {error}")))
}

/// Both halves of a signature hold.
pub(super) fn signed(
    what: &str,
    key: &HybridPublicKey,
    message: &[u8],
    signature: &HybridSignature,
) -> Result<(), Broken> {
    decoded(what, key)?
        .verify(message, signature)
        .map_err(|error| Broken::because(format!("{what}: {error}")))
}

/// `formats.md` §4, rows X1 and X2: `device_sig` is the device's.
pub(super) fn device_signed(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let manifest = arrival.manifest()?;
    let key = &entry(facts, &manifest.core)?.dsk_public;
    let message = manifest.core.signed_bytes();
    signed("device_sig", key, &message, &manifest.device_sig)
}

/// Row 17: the author had not been removed from the album. The keys of earlier epochs stay in a removed
/// writer's hands, so the cited epoch alone proves nothing; a writer who was removed later stays accepted.
pub(super) fn author_not_removed(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let core = arrival.core()?;
    let Some(removal) = facts.album.removals.get(&core.created_by_user) else {
        return Ok(());
    };
    require(core.amk_version < removal.epoch, || {
        format!("the author was removed by epoch {}", removal.epoch)
    })?;
    require(facts.evidence.predates(removal.at), || {
        format!(
            "the author was removed at {}, and nothing but the record says that it is older",
            removal.at
        )
    })
}

/// Row 17: `write_sig` is not that of another epoch's key, which a removed writer would still have and an
/// early one would have too soon.
pub(super) fn epoch_is_its_signers(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let manifest = arrival.manifest()?;
    let message = manifest.core.signed_bytes();
    let holds = |key| signed("write_sig", key, &message, &manifest.write_sig).is_ok();
    if holds(write_tier(facts, &manifest.core)?) {
        return Ok(());
    }
    let entries = facts.album.ledger.iter().flat_map(|ledger| &ledger.entries);
    let signer = entries
        .into_iter()
        .find(|entry| holds(&entry.write_tier_pub));
    signer.map_or(Ok(()), |entry| {
        Err(Broken::because(format!(
            "write_sig is of epoch {}, the record cites {}",
            entry.epoch, manifest.core.amk_version
        )))
    })
}

/// `formats.md` §4, rows X1 and X2: `write_sig` is of the album's write tier, which readers are not.
pub(super) fn write_tier_signed(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let manifest = arrival.manifest()?;
    let key = write_tier(facts, &manifest.core)?;
    let message = manifest.core.signed_bytes();
    signed("write_sig", key, &message, &manifest.write_sig)
}
