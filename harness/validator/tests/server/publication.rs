//! When a write appears on the feed: once, when record and metadata are both final (`formats.md` §11).

use crate::record_case::{core, encoded, facts_of_bytes};
use crate::world::{album, asset, days, hash, metadata, now, original};
use crate::{finalize as finished, world};
use gauntlet_validator::server::{
    AssetFacts, Effect, FinalizeFacts, HeldBlob, Policy, Publication, finalize,
};
use gauntlet_wire::enums::{Action, BlobRole, Change};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::version::Formats;

const BOTH: [Formats; 2] = [Formats::A, Formats::B];

/// A server that keeps what the facts of an asset are read from.
#[derive(Default)]
struct Shelf {
    facts: AssetFacts,
    shown: Vec<Publication>,
}

impl Shelf {
    /// Finalizes an upload and applies its effects.
    fn take(&mut self, mut facts: FinalizeFacts) {
        facts.opening.asset = self.facts.clone();
        for effect in finalize(&facts, &Policy::default()).unwrap() {
            match effect {
                Effect::ClaimAsset { album, .. } => self.facts.album = Some(album),
                Effect::AdvanceHead(link) => {
                    self.facts.nonce_prefixes.push(link.original.nonce_prefix);
                    (self.facts.head, self.facts.head_shown) = (Some(*link), false);
                }
                Effect::BindBlob {
                    role, hash, prior, ..
                } => self.facts.blobs.push(HeldBlob { role, hash, prior }),
                Effect::Publish(publication) => {
                    self.facts.head_shown = true;
                    self.facts.shown_metadata = Some(publication.metadata);
                    self.shown.push(publication);
                }
                _ => {}
            }
        }
    }

    /// Finalizes the upload of a blob for `write`.
    fn blob(&mut self, write: &Write, role: BlobRole, blob: Hash) {
        let mut facts = finished::facts(write.formats);
        facts.session.role = role;
        facts.session.hash = blob;
        facts.session.envelope = write.envelope(blob);
        facts.computed = blob;
        self.take(facts);
    }

    fn original(&mut self, write: &Write) {
        self.blob(write, BlobRole::Original, write.original());
    }

    fn metadata(&mut self, write: &Write, blob: Hash) {
        self.blob(write, BlobRole::Metadata, blob);
    }

    fn record(&mut self, write: &Write) {
        let mut facts = facts_of_bytes(write.formats, write.bytes());
        facts.session.envelope = write.envelope(write.link());
        self.take(facts);
    }
}

/// One write of the asset.
struct Write {
    formats: Formats,
    action: Action,
    prior: Option<Hash>,
    metadata: Hash,
}

impl Write {
    fn create(formats: Formats) -> Self {
        Self {
            formats,
            action: Action::Create,
            prior: None,
            metadata: metadata(),
        }
    }

    fn replace(formats: Formats, prior: Hash, metadata: Hash) -> Self {
        Self {
            formats,
            action: Action::Replace,
            prior: Some(prior),
            metadata,
        }
    }

    /// The envelope of the upload of `blob` for the write.
    fn envelope(&self, blob: Hash) -> ManifestEnvelope {
        let mut envelope = world::envelope(self.formats, blob);
        envelope.action = self.action.to_string();
        envelope.prior_provenance_hash = self.prior;
        envelope.original_blob_hash = Some(self.original());
        envelope.metadata_blob_hash = (self.formats == Formats::B).then_some(self.metadata);
        envelope
    }

    fn original(&self) -> Hash {
        match self.action {
            Action::Create => original(),
            _ => hash(0xaa),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut core = core(self.formats);
        core.action = self.action;
        core.ciphertext_hash = self.original();
        if self.action != Action::Create {
            core.nonce_prefix = [3; 7];
        }
        core.prior_provenance_hash = self.prior;
        if let Some(b) = &mut core.b {
            b.metadata_blob_hash = Some(self.metadata);
        }
        encoded(core)
    }

    fn link(&self) -> Hash {
        Hash::of(&self.bytes())
    }

    fn change(&self) -> Change {
        match self.action {
            Action::Create => Change::Created,
            _ => Change::Updated,
        }
    }

    fn shown(&self) -> Publication {
        Publication {
            asset: asset(),
            album: album(),
            protocol: world::version(self.formats),
            change: self.change(),
            link: self.link(),
            metadata: self.metadata,
            changed_at: now(),
            sync_seq: None,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Original,
    Metadata,
    Record,
}

const ORDERS: [[Part; 3]; 6] = [
    [Part::Original, Part::Metadata, Part::Record],
    [Part::Original, Part::Record, Part::Metadata],
    [Part::Metadata, Part::Original, Part::Record],
    [Part::Metadata, Part::Record, Part::Original],
    [Part::Record, Part::Original, Part::Metadata],
    [Part::Record, Part::Metadata, Part::Original],
];

#[test]
fn a_create_is_shown_once_as_soon_as_record_and_metadata_are_final_in_any_order() {
    for formats in BOTH {
        for order in ORDERS {
            let (mut shelf, write) = (Shelf::default(), Write::create(formats));
            let (mut record, mut metadata) = (false, false);
            for part in order {
                match part {
                    Part::Original => shelf.original(&write),
                    Part::Metadata => shelf.metadata(&write, write.metadata),
                    Part::Record => shelf.record(&write),
                }
                record |= part == Part::Record;
                metadata |= part == Part::Metadata;
                assert_eq!(shelf.shown.len(), usize::from(record && metadata));
            }
            assert_eq!(shelf.shown, [write.shown()]);
        }
    }
}

#[test]
fn the_sequence_number_and_the_time_are_the_servers() {
    for formats in BOTH {
        let mut facts = facts_of_bytes(formats, encoded(core(formats)));
        facts.now = now() + days(1);
        facts.opening.asset.blobs = vec![world::held(BlobRole::Metadata, metadata(), None)];
        let effects = finalize(&facts, &Policy::default()).unwrap();
        let Some(Effect::Publish(shown)) = effects.last() else {
            panic!("nothing is shown: {effects:?}");
        };
        assert_eq!((shown.sync_seq, shown.changed_at), (None, now() + days(1)));
    }
}

#[test]
fn a_replace_is_shown_as_one_update_once_its_record_lands_last() {
    for formats in BOTH {
        for original_first in [true, false] {
            let (mut shelf, create) = (Shelf::default(), Write::create(formats));
            shelf.record(&create);
            shelf.metadata(&create, create.metadata);
            let replace = Write::replace(formats, create.link(), hash(0x11));
            if original_first {
                shelf.original(&replace);
                shelf.metadata(&replace, replace.metadata);
            } else {
                shelf.metadata(&replace, replace.metadata);
                shelf.original(&replace);
            }
            assert_eq!(shelf.shown, [create.shown()]);
            shelf.record(&replace);
            assert_eq!(shelf.shown, [create.shown(), replace.shown()]);
        }
    }
}

#[test]
fn a_replace_that_keeps_its_metadata_is_shown_too() {
    let (mut shelf, create) = (Shelf::default(), Write::create(Formats::B));
    shelf.metadata(&create, create.metadata);
    shelf.record(&create);
    let replace = Write::replace(Formats::B, create.link(), create.metadata);
    shelf.original(&replace);
    shelf.record(&replace);
    assert_eq!(shelf.shown, [create.shown(), replace.shown()]);
}

#[test]
fn in_version_b_only_the_metadata_committed_to_shows_a_write() {
    for record_first in [true, false] {
        let (mut shelf, write) = (Shelf::default(), Write::create(Formats::B));
        if record_first {
            shelf.record(&write);
        }
        shelf.metadata(&write, hash(0x22));
        shelf.metadata(&write, original());
        if !record_first {
            shelf.record(&write);
        }
        assert_eq!(shelf.shown, []);
        shelf.metadata(&write, write.metadata);
        assert_eq!(shelf.shown, [write.shown()]);
    }
}

#[test]
fn in_version_a_the_newest_metadata_of_the_write_shows_it_because_the_manifest_does_not_say() {
    let (mut shelf, write) = (Shelf::default(), Write::create(Formats::A));
    shelf.metadata(&write, hash(0x22));
    shelf.metadata(&write, write.metadata);
    shelf.record(&write);
    assert_eq!(shelf.shown, [write.shown()]);
}

#[test]
fn in_version_a_the_metadata_of_another_write_shows_nothing() {
    let (mut shelf, create) = (Shelf::default(), Write::create(Formats::A));
    // It was brought for the write over another record, and comes after the write's own.
    let other = Write::replace(Formats::A, hash(0x66), hash(0x55));
    shelf.metadata(&create, create.metadata);
    shelf.metadata(&other, other.metadata);
    shelf.record(&create);
    assert_eq!(shelf.shown, [create.shown()]);
    let replace = Write::replace(Formats::A, create.link(), hash(0x11));
    shelf.original(&replace);
    shelf.metadata(&replace, replace.metadata);
    shelf.metadata(&other, hash(0x56));
    shelf.record(&replace);
    assert_eq!(shelf.shown, [create.shown(), replace.shown()]);
}

#[test]
fn metadata_without_a_record_and_more_of_it_show_nothing() {
    for formats in BOTH {
        let (mut shelf, write) = (Shelf::default(), Write::create(formats));
        shelf.metadata(&write, hash(0x33));
        assert_eq!(shelf.shown, []);
        shelf.metadata(&write, write.metadata);
        shelf.record(&write);
        for later in [hash(0x44), write.metadata] {
            shelf.metadata(&write, later);
        }
        assert_eq!(shelf.shown, [write.shown()]);
    }
}

#[test]
fn a_record_sent_twice_is_refused_the_second_time_and_shows_nothing_more() {
    for formats in BOTH {
        let (mut shelf, write) = (Shelf::default(), Write::create(formats));
        shelf.record(&write);
        shelf.metadata(&write, write.metadata);
        let mut again = facts_of_bytes(formats, write.bytes());
        again.opening.asset = shelf.facts.clone();
        let refusal = finalize(&again, &Policy::default()).unwrap_err();
        assert_eq!(
            refusal.rejection.code().as_str(),
            "error.upload.stale_revival"
        );
        assert_eq!(refusal.effects, crate::bound::ending());
    }
}
