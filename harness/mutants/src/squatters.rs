//! Servers on which an id can be another's.

use crate::decisions::{CONTRACT, Finalized, Judged, Opened};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    AlbumFacts, AssetFacts, AssetState, CreateRequest, Effect, FinalizeFacts, LEDGER, LedgerFacts,
    LedgerPlan, LedgerRequest, OpFacts, OpRequest, Policy, ProvisionFacts, ProvisionPlan,
    ProvisionRequest, Refusal, SessionFacts, create_session, finalize, lifecycle_op,
    provision_album, publish_ledger_by,
};
use gauntlet_wire::id::{AlbumId, UserId};
use gauntlet_wire::rule::Rule;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whose the server takes an album for, from what it was asked for.
#[derive(Default)]
struct Owners(Mutex<BTreeMap<AlbumId, UserId>>);

impl Owners {
    // A panic elsewhere can't leave an entry half written, so a poisoned lock is still sound.
    fn list(&self) -> MutexGuard<'_, BTreeMap<AlbumId, UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An album id belongs to whoever asked for it last.
pub(crate) fn rebinds_albums(ports: Ports) -> Ports {
    Ports {
        judge: Arc::new(Rebinding::default()),
        ..ports
    }
}

#[derive(Default)]
struct Rebinding(Owners);

impl Rebinding {
    fn album(
        &self,
        facts: Option<AlbumFacts>,
        id: Option<AlbumId>,
        caller: UserId,
    ) -> Option<AlbumFacts> {
        let owner = id.and_then(|id| self.0.list().get(&id).copied());
        facts.map(|album| AlbumFacts {
            caller_may_write: owner.map_or(album.caller_may_write, |owner| owner == caller),
            ..album
        })
    }
}

impl Judge for Rebinding {
    fn provision_album(
        &self,
        facts: &ProvisionFacts,
        request: &ProvisionRequest,
        policy: &Policy,
    ) -> Result<ProvisionPlan, Refusal> {
        let stored = facts.stored.map(|(_, pin)| (request.caller, pin));
        let plan = provision_album(&ProvisionFacts { stored }, request, policy)?;
        self.0.list().insert(plan.album, request.caller);
        Ok(plan)
    }

    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        let mut facts = facts.clone();
        facts.album = self.album(facts.album, request.album(), request.caller);
        create_session(&facts, request, policy)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let mut facts = facts.clone();
        let (album, caller) = (facts.session.album, facts.session.uploader);
        facts.opening.album = self.album(facts.opening.album, Some(album), caller);
        finalize(&facts, policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let mut facts = facts.clone();
        facts.album = self.album(facts.album, Some(request.album), request.caller);
        lifecycle_op(&facts, request, policy)
    }
}

/// Whoever knows the id of an album may publish a ledger for it, whatever is stored.
pub(crate) fn takes_any_ledger(ports: Ports) -> Ports {
    Ports {
        judge: Arc::new(AnyLedger),
        ..ports
    }
}

struct AnyLedger;

impl Judge for AnyLedger {
    fn publish_ledger(
        &self,
        facts: &LedgerFacts,
        request: &LedgerRequest,
        policy: &Policy,
    ) -> Result<LedgerPlan, Refusal> {
        let facts = LedgerFacts {
            album: facts.album.map(open_to_all),
            stored: facts.stored.clone(),
        };
        let kept = [Rule::DocumentMediaType, Rule::LedgerWellFormed];
        let mut checks = LEDGER.to_vec();
        checks.retain(|check| kept.contains(&check.rule));
        publish_ledger_by(&checks, &facts, request, policy)
    }
}

/// The album as if the caller might write to it.
pub(crate) fn open_to_all(album: AlbumFacts) -> AlbumFacts {
    AlbumFacts {
        caller_may_write: true,
        ..album
    }
}

/// Of which bound ids a create knows nothing: by what is known of the asset, the album that is written to,
/// and whether the asset's own is one of the same owner.
pub(crate) type Unbound = fn(&AssetFacts, AlbumId, bool) -> bool;

/// Ids that are bound so can be created under as if they were free.
pub(crate) fn forgets(ports: Ports, unbound: Unbound) -> Ports {
    let owners = Owners::default();
    Ports {
        judge: Arc::new(Forgetting { unbound, owners }),
        ..ports
    }
}

struct Forgetting {
    unbound: Unbound,
    owners: Owners,
}

impl Forgetting {
    fn is_unbound(&self, asset: &AssetFacts, album: Option<AlbumId>) -> bool {
        let (Some(bound), Some(album)) = (asset.album, album) else {
            return false;
        };
        let owners = self.owners.list();
        (self.unbound)(asset, album, owners.get(&bound) == owners.get(&album))
    }

    /// What is left to be known of an asset: what it was given in this album since.
    fn seen(&self, asset: &AssetFacts, album: Option<AlbumId>) -> AssetFacts {
        let is_own = asset.head.as_ref().map(|head| Some(head.album)) == Some(album);
        let begun_anew = is_own && asset.state != AssetState::Purged;
        match self.is_unbound(asset, album) {
            true if begun_anew => AssetFacts {
                album,
                ..asset.clone()
            },
            true => AssetFacts {
                blobs: asset.blobs.clone(),
                ..AssetFacts::default()
            },
            false => asset.clone(),
        }
    }
}

impl Judge for Forgetting {
    fn provision_album(
        &self,
        facts: &ProvisionFacts,
        request: &ProvisionRequest,
        policy: &Policy,
    ) -> Result<ProvisionPlan, Refusal> {
        let plan = provision_album(facts, request, policy)?;
        self.owners.list().insert(plan.album, request.caller);
        Ok(plan)
    }

    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        let mut facts = facts.clone();
        facts.asset = self.seen(&facts.asset, request.album());
        create_session(&facts, request, policy)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let mut facts = facts.clone();
        let album = Some(facts.session.album);
        let unbound = self.is_unbound(&facts.opening.asset, album);
        facts.opening.asset = self.seen(&facts.opening.asset, album);
        let mut effects = finalize(&facts, policy)?;
        // The row that binds the id is there already.
        effects.retain(|effect| !(unbound && matches!(effect, Effect::ClaimAsset { .. })));
        Ok(effects)
    }
}

/// The head of what is another's is told to who may not have it.
pub(crate) fn tells_the_head(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    create_session(facts, request, policy).map_err(|mut refusal| {
        if refusal.rejection.rule == Rule::AssetIdOwned {
            let head = facts.asset.head.as_ref().map(|head| head.link);
            refusal.rejection.extension =
                Some(gauntlet_validator::server::Extension::ChainHead(head));
        }
        refusal
    })
}

/// Whoever may not write to an album is told whether there is one.
pub(crate) fn tells_of_albums(ports: Ports) -> Ports {
    CONTRACT
        .with_create(|facts, request, policy| {
            create_session(facts, request, policy)
                .map_err(|refusal| telling(refusal, facts.album.is_some()))
        })
        .with_op(|facts, request, policy| {
            lifecycle_op(facts, request, policy)
                .map_err(|refusal| telling(refusal, facts.album.is_some()))
        })
        .plant(ports)
}

fn telling(mut refusal: Refusal, there: bool) -> Refusal {
    if refusal.rejection.rule == Rule::AlbumWritable {
        let detail = if there {
            "the album is not yours"
        } else {
            "no such album"
        };
        detail.clone_into(&mut refusal.rejection.detail);
    }
    refusal
}
