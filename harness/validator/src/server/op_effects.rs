//! What an accepted op changes.

use super::check::Broken;
use super::op::{OpFacts, OpRequest};
use super::op_checks::{derivative, metadata_after};
use super::{ChainLink, Effect, Publication};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;

/// Blobs first, then the chain, then what becomes of the asset, then the feed.
pub(super) fn op_effects(
    facts: &OpFacts,
    request: &OpRequest,
    core: &ManifestCore,
) -> Result<Vec<Effect>, Broken> {
    let body = &request.body;
    let link = ChainLink::of(core, request.record_hash());
    let metadata = metadata_after(facts, request, core)?;
    let manifest = derivative(facts, request)?;
    let mut effects = Vec::new();
    let mut keep = |role, hash, bytes: &[u8]| {
        effects.extend(kept(request, core, role, hash, bytes.len() as u64));
    };
    keep(BlobRole::Provenance, link.link, &body.record);
    if let (Some(hash), Some(bytes)) = (request.metadata_hash(), &body.metadata) {
        keep(BlobRole::Metadata, hash, bytes);
    }
    if let Some(manifest) = &manifest {
        keep(BlobRole::Provenance, manifest.hash(), manifest.bytes());
    }
    let publication = Publication {
        asset: link.asset,
        album: link.album,
        protocol: core.protocol_version,
        change: link.change(),
        link: link.link,
        metadata,
        changed_at: facts.now,
        sync_seq: None,
    };
    effects.push(Effect::AdvanceHead(Box::new(link)));
    effects.extend(manifest.map(|manifest| Effect::AdvanceDerivative {
        chain: manifest.value().core.chain(),
        link: manifest.hash(),
    }));
    effects.extend(state_change(facts, core));
    effects.push(Effect::Publish(publication));
    Ok(effects)
}

/// A part of the request becomes a blob of the asset.
fn kept(
    request: &OpRequest,
    core: &ManifestCore,
    role: BlobRole,
    hash: Hash,
    size: u64,
) -> [Effect; 2] {
    let bind = Effect::BindBlob {
        album: core.album_id,
        asset: core.file_id,
        role,
        hash,
        size,
        payer: request.caller,
        prior: core.prior_provenance_hash,
    };
    [Effect::StoreBlob { hash, size }, bind]
}

fn state_change(facts: &OpFacts, core: &ManifestCore) -> Option<Effect> {
    let asset = core.file_id;
    match (core.action, &core.retention_until) {
        (Action::Delete, Some(until)) => Some(Effect::Trash {
            asset,
            since: facts.now,
            until: until.instant(),
        }),
        (Action::TrashRestore, _) => Some(Effect::Restore { asset }),
        _ => None,
    }
}
