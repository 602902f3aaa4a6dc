//! What a client knows of an asset: the chain that it has accepted.

use gauntlet_wire::enums::Action;
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::record::ProvenanceRecord;
use std::collections::BTreeSet;

/// An accepted chain. The default is an asset that was never heard of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The links, oldest first.
    pub links: Vec<Hash>,
    /// The core of the newest record. Suite and epoch never fall along a chain, so these are its highest.
    pub head: Option<ManifestCore>,
    /// The nonce prefixes of every original.
    pub nonce_prefixes: BTreeSet<[u8; 7]>,
    /// The metadata blob that was committed to last; none in version A, which does not commit.
    pub metadata: Option<Hash>,
}

impl History {
    /// The link of the newest record (`latest_provenance_hash`, client invariant 5).
    #[must_use]
    pub fn head_link(&self) -> Option<Hash> {
        self.links.last().copied()
    }

    /// Whether the asset is deleted. A delete is continued by a restore alone, so the head tells.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.head
            .as_ref()
            .is_some_and(|head| head.action == Action::Delete)
    }

    /// The chain with `record` at its end.
    #[must_use]
    pub fn with(mut self, link: Hash, record: &ProvenanceRecord) -> Self {
        let core = &record.manifest.core;
        self.links.push(link);
        self.nonce_prefixes.insert(core.nonce_prefix);
        let committed = core.b.as_ref().and_then(|b| b.metadata_blob_hash);
        self.metadata = committed.or(self.metadata);
        self.head = Some(core.clone());
        self
    }
}
