//! A server that does what effects say and decides nothing: rows, blobs, the feed, and the facts that
//! are read from them.

use crate::world::{DEVICE, WRITE_TIER, album, caller, device_facts, other_album, version};
use gauntlet_validator::server::{
    AlbumFacts, AssetFacts, AssetState, BlobFacts, Collection, CreatePlan, CreateRequest,
    Duplicate, Effect, EpochFacts, FinalizeFacts, Freeze, HeldBlob, OpFacts, OpPlan, OpRequest,
    Policy, ProposeRequest, Publication, PurgeFacts, QuotaFacts, Refusal, Session, SessionFacts,
    Spoken, Upgrade, UpgradeFacts, collect, create_session, finalize, lifecycle_op, purge,
};
use gauntlet_wire::derivative::DerivativeChain;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{AlbumId, AssetId, Hash, IntentId, UploadId};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The album that can be upgraded is of version A, the other of version B.
pub(super) fn formats(of: AlbumId) -> Formats {
    if of == album() {
        Formats::A
    } else {
        Formats::B
    }
}

pub(super) fn spoken(of: AlbumId) -> Spoken {
    Spoken {
        protocol: version(formats(of)),
        suite: Some(SuiteId::ONE),
    }
}

struct Reference {
    album: AlbumId,
    asset: AssetId,
    blob: HeldBlob,
}

struct Stored {
    size: u64,
    collectable_since: Option<Timestamp>,
}

pub(super) struct Shelf {
    pub(super) now: Timestamp,
    pub(super) policy: Policy,
    pub(super) assets: BTreeMap<AssetId, AssetFacts>,
    /// Every record ever accepted, oldest first.
    pub(super) chains: BTreeMap<AssetId, Vec<Hash>>,
    derivative_heads: BTreeMap<DerivativeChain, Hash>,
    references: Vec<Reference>,
    stored: BTreeMap<Hash, Stored>,
    pub(super) feed: Vec<Publication>,
    sessions: BTreeMap<UploadId, Session>,
    opened: u128,
    upgrade: Option<Upgrade>,
    frozen: Option<Freeze>,
    ended: BTreeSet<IntentId>,
}

impl Shelf {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            now,
            policy: Policy::default(),
            assets: BTreeMap::new(),
            chains: BTreeMap::new(),
            derivative_heads: BTreeMap::new(),
            references: Vec::new(),
            stored: BTreeMap::new(),
            feed: Vec::new(),
            sessions: BTreeMap::new(),
            opened: 0,
            upgrade: None,
            frozen: None,
            ended: BTreeSet::new(),
        }
    }

    pub(super) fn asset(&self, asset: AssetId) -> AssetFacts {
        let mut facts = self.assets.get(&asset).cloned().unwrap_or_default();
        let own = self.references.iter().filter(|it| it.asset == asset);
        facts.blobs = own.map(|it| it.blob).collect();
        facts
    }

    pub(super) fn derivative_head(&self, chain: DerivativeChain) -> Option<Hash> {
        self.derivative_heads.get(&chain).copied()
    }

    pub(super) fn holds(&self, hash: Hash) -> bool {
        self.stored.contains_key(&hash)
    }

    /// Blobs that something refers to, each once, and what open sessions reserve.
    pub(super) fn used(&self) -> u64 {
        let referred: BTreeSet<Hash> = self.references.iter().map(|it| it.blob.hash).collect();
        let held = referred.iter().map(|hash| self.stored[hash].size);
        let reserved = self.sessions.values().map(|session| session.reserved);
        held.chain(reserved).sum()
    }

    fn quota(&self, hash: Option<Hash>) -> QuotaFacts {
        QuotaFacts {
            used: self.used(),
            charged: self.references.iter().any(|it| Some(it.blob.hash) == hash),
            exceeded_since: None,
        }
    }

    fn album(&self, of: AlbumId) -> AlbumFacts {
        let upgraded = of == album();
        AlbumFacts {
            pin: version(formats(of)),
            caller_may_write: true,
            upgrade: self.upgrade.filter(|_| upgraded),
            frozen: self.frozen.filter(|_| upgraded),
        }
    }

    fn epochs(&self, of: AlbumId) -> EpochFacts {
        let heads = self.assets.values().filter_map(|asset| asset.head.as_ref());
        let accepted = heads.filter(|head| head.album == of).map(|head| head.epoch);
        EpochFacts {
            accepted: accepted.max(),
            ceiling: Some(1),
            write_tier: Some(WRITE_TIER.public().clone()),
        }
    }

    fn opening(&self, of: AlbumId, asset: AssetId, hash: Hash) -> SessionFacts {
        let same = |album: AlbumId, other: Hash| album == of && other == hash;
        let mut open = self.sessions.values();
        let active = open.find(|it| same(it.album, it.hash));
        let finished = self
            .references
            .iter()
            .find(|it| same(it.album, it.blob.hash));
        let active = active.map(|it| Duplicate::Active {
            id: it.id,
            received: it.received,
        });
        SessionFacts {
            now: self.now,
            fresh_id: UploadId::from_slice(&self.opened.to_be_bytes()).unwrap(),
            album: Some(self.album(of)),
            device: Some(device_facts()),
            asset: self.asset(asset),
            quota: self.quota(Some(hash)),
            duplicate: active.or(finished.map(|it| Duplicate::Finished { asset: it.asset })),
        }
    }

    /// Opens a session and leaves it there.
    pub(super) fn open(&mut self, request: &CreateRequest) -> Result<UploadId, Refusal> {
        let envelope = &request.body.manifest_envelope;
        let hash = request.body.hash.parse().unwrap();
        let facts = self.opening(request.album().unwrap(), envelope.file_id, hash);
        match create_session(&facts, request, &self.policy)? {
            CreatePlan::Open { effects, .. } => {
                self.opened += 1;
                self.apply(&effects, None, &BTreeMap::new());
                Ok(facts.fresh_id)
            }
            CreatePlan::Resume { id, .. } => Ok(id),
        }
    }

    /// Opens a session and brings it to its end.
    pub(super) fn upload(
        &mut self,
        request: &CreateRequest,
        record: Option<Vec<u8>>,
    ) -> Result<(), Refusal> {
        let id = self.open(request)?;
        let mut session = self.sessions[&id].clone();
        session.status = UploadStatus::WaitingForProcessing;
        let facts = FinalizeFacts {
            now: self.now,
            length: session.size,
            computed: session.hash,
            opening: self.opening(session.album, session.envelope.file_id, session.hash),
            epochs: self.epochs(session.album),
            record,
            session,
        };
        let judged = finalize(&facts, &self.policy);
        let effects = judged.as_ref().unwrap_or_else(|refusal| &refusal.effects);
        self.apply(effects, Some(&facts.session), &BTreeMap::new());
        judged.map(|_| ())
    }

    /// The number of an op, and whether it was accepted before.
    pub(super) fn op(&mut self, request: &OpRequest) -> Result<(u64, bool), Refusal> {
        let link = request.record_hash();
        let shown = self
            .feed
            .iter()
            .find(|it| (it.album, it.link) == (request.album, link));
        let facts = OpFacts {
            now: self.now,
            album: Some(self.album(request.album)),
            device: Some(device_facts()),
            asset: self.asset(request.body.envelope.file_id),
            epochs: self.epochs(request.album),
            quota: self.quota(request.metadata_hash()),
            derivative_head: request
                .derivative_chain()
                .and_then(|chain| self.derivative_head(chain)),
            accepted: shown.and_then(|it| it.sync_seq),
        };
        match lifecycle_op(&facts, request, &self.policy)? {
            OpPlan::Replayed { sync_seq, .. } => Ok((sync_seq, true)),
            OpPlan::Accepted { effects, .. } => {
                let body = &request.body;
                let parts = [
                    Some(&body.record),
                    body.metadata.as_ref(),
                    body.derivative.as_ref(),
                ];
                let parts = parts.into_iter().flatten();
                let parts = parts
                    .map(|part| (Hash::of(part), part.len() as u64))
                    .collect();
                self.apply(&effects, None, &parts);
                Ok((self.feed.len() as u64, false))
            }
        }
    }

    pub(super) fn purge(&mut self) {
        let assets: Vec<AssetId> = self.assets.keys().copied().collect();
        for asset in assets {
            let AssetFacts { state, blobs, .. } = self.asset(asset);
            let facts = PurgeFacts {
                now: self.now,
                asset,
                state,
                blobs,
            };
            let effects = purge(&facts, &self.policy);
            self.apply(&effects, None, &BTreeMap::new());
        }
    }

    /// One collection. Afterwards nothing that nobody refers to has outlived its grace.
    pub(super) fn collect(&mut self) {
        let hashes: Vec<Hash> = self.stored.keys().copied().collect();
        for hash in hashes {
            let referring = self.references.iter().filter(|it| it.blob.hash == hash);
            let facts = BlobFacts {
                now: self.now,
                references: referring.count() as u64,
                collectable_since: self.stored[&hash].collectable_since,
            };
            let stored = self.stored.get_mut(&hash).unwrap();
            match collect(&facts, &self.policy) {
                Collection::Keep => {}
                Collection::Mark => stored.collectable_since = Some(self.now),
                Collection::Unmark => stored.collectable_since = None,
                Collection::Sweep => {
                    self.stored.remove(&hash);
                }
            }
        }
    }

    /// Sessions past their lifetime are as if they had never been.
    pub(super) fn expire(&mut self) {
        let (now, policy) = (self.now, &self.policy);
        self.sessions
            .retain(|_, session| !session.is_expired(now, policy));
    }

    pub(super) fn upgrade_facts(&self, proposal: Option<&ProposeRequest>) -> UpgradeFacts {
        let intent = proposal.and_then(ProposeRequest::intent);
        let mut successor = self.album(other_album());
        successor.pin = ProtocolVersion::B;
        UpgradeFacts {
            now: self.now,
            album: Some(self.album(album())),
            in_flight: self
                .sessions
                .values()
                .filter(|it| it.album == album())
                .count() as u64,
            proposer: Some(device_facts()),
            ended: intent.is_some_and(|intent| self.ended.contains(&intent.core.intent_id)),
            successor: Some(successor),
        }
    }

    /// Carries effects out. `parts` are the hashes and lengths of what came in the request.
    pub(super) fn apply(
        &mut self,
        effects: &[Effect],
        session: Option<&Session>,
        parts: &BTreeMap<Hash, u64>,
    ) {
        for effect in effects {
            match effect {
                Effect::OpenSession(session) => {
                    self.sessions.insert(session.id, (**session).clone());
                }
                Effect::PromoteBlob { hash, size } => self.store(*hash, *size),
                Effect::StoreBlob { hash, size } => {
                    assert_eq!(parts.get(hash), Some(size), "no such part of the request");
                    self.store(*hash, *size);
                }
                Effect::ReleaseReservation | Effect::DiscardBytes => {}
                Effect::SetStatus(status) => {
                    assert!(matches!(
                        status,
                        UploadStatus::Completed | UploadStatus::FailedProcessing
                    ));
                    self.sessions.remove(&session.unwrap().id);
                }
                other => self.apply_to_asset(other),
            }
        }
    }

    fn store(&mut self, hash: Hash, size: u64) {
        let collectable_since = None;
        self.stored.entry(hash).or_insert(Stored {
            size,
            collectable_since,
        });
    }

    fn of(&mut self, asset: AssetId) -> &mut AssetFacts {
        self.assets.entry(asset).or_default()
    }

    fn apply_to_asset(&mut self, effect: &Effect) {
        match effect {
            Effect::ClaimAsset { asset, album } => {
                let before = self.of(*asset).album.replace(*album);
                assert_eq!(before, None, "an id is bound once");
            }
            Effect::BindBlob {
                album,
                asset,
                role,
                hash,
                size,
                payer,
                prior,
            } => {
                assert_eq!((self.stored[hash].size, *payer), (*size, caller()));
                self.references.push(Reference {
                    album: *album,
                    asset: *asset,
                    blob: HeldBlob {
                        role: *role,
                        hash: *hash,
                        prior: *prior,
                    },
                });
                self.stored.get_mut(hash).unwrap().collectable_since = None;
            }
            Effect::UnbindBlob { asset, role, hash } => {
                let key = (*asset, *role, *hash);
                self.references
                    .retain(|it| (it.asset, it.blob.role, it.blob.hash) != key);
            }
            Effect::AdvanceHead(link) => {
                self.chains.entry(link.asset).or_default().push(link.link);
                let facts = self.of(link.asset);
                facts.nonce_prefixes.push(link.original.nonce_prefix);
                (facts.head, facts.head_shown) = (Some((**link).clone()), false);
            }
            Effect::AdvanceDerivative { chain, link } => {
                self.derivative_heads.insert(*chain, *link);
            }
            Effect::Trash {
                asset,
                since,
                until,
            } => {
                let (since, until) = (*since, *until);
                self.of(*asset).state = AssetState::Trashed { since, until };
            }
            Effect::Restore { asset } => self.of(*asset).state = AssetState::Live,
            Effect::Purge { asset } => self.of(*asset).state = AssetState::Purged,
            Effect::Publish(publication) => {
                assert_eq!(publication.sync_seq, None);
                let facts = self.of(publication.asset);
                facts.head_shown = true;
                facts.shown_metadata = Some(publication.metadata);
                let sync_seq = Some(self.feed.len() as u64 + 1);
                self.feed.push(Publication {
                    sync_seq,
                    ..publication.clone()
                });
            }
            Effect::OpenUpgrade(upgrade) => self.upgrade = Some(**upgrade),
            Effect::EndUpgrade { intent, .. } => {
                self.ended.insert(*intent);
                self.upgrade = None;
            }
            Effect::FreezeAlbum(freeze) => {
                (self.frozen, self.upgrade) = (Some(**freeze), None);
            }
            other => panic!("no surface here has the effect {other:?}"),
        }
    }
}

/// The rule of a refusal, if it is one.
pub(super) fn refused_by<T>(answer: &Result<T, Refusal>) -> Option<Rule> {
    answer.as_ref().err().map(|refusal| refusal.rejection.rule)
}

/// The signatures of an honest device.
pub(super) fn sign_by_device(message: &[u8]) -> gauntlet_wire::hybrid::HybridSignature {
    DEVICE.sign(message)
}
