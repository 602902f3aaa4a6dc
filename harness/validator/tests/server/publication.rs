//! When a write appears on the feed: once, when record and metadata are both final (`formats.md` §11).

use crate::record::{core, encoded, facts_of_bytes};
use crate::world::{album, asset, days, hash, metadata, now, original};
use crate::{finalize as finished, world};
use gauntlet_validator::server::{
    AssetFacts, Awaiting, Effect, FinalizeFacts, Policy, Publication, finalize,
};
use gauntlet_wire::enums::{Action, BlobRole, Change};
use gauntlet_wire::id::Hash;
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
    fn take(&mut self, mut facts: FinalizeFacts, awaiting: Option<&Awaiting>) {
        facts.asset = self.facts.clone();
        for effect in finalize(&facts, &Policy::default()).unwrap() {
            match effect {
                Effect::AdvanceHead { link, .. } => {
                    self.facts.head = Some(link);
                    self.facts.awaiting = awaiting.cloned();
                }
                Effect::BindBlob {
                    role: BlobRole::Metadata,
                    hash,
                    ..
                } => {
                    self.facts.metadata.push(hash);
                }
                Effect::Publish(publication) => {
                    self.facts.awaiting = None;
                    self.facts
                        .metadata
                        .retain(|shown| *shown != publication.metadata);
                    self.shown.push(publication);
                }
                _ => {}
            }
        }
    }

    fn original(&mut self, formats: Formats) {
        self.take(finished::facts(formats), None);
    }

    fn metadata(&mut self, formats: Formats, blob: Hash) {
        let mut facts = finished::facts(formats);
        facts.session.role = BlobRole::Metadata;
        facts.session.hash = blob;
        facts.session.envelope = world::envelope(formats, blob);
        facts.computed = blob;
        self.take(facts, None);
    }

    fn record(&mut self, write: &Write) {
        let mut facts = facts_of_bytes(write.formats, write.bytes());
        facts.session.envelope.action = write.action.to_string();
        facts.session.envelope.prior_provenance_hash = write.prior;
        if write.formats == Formats::B {
            facts.session.envelope.metadata_blob_hash = Some(write.metadata);
        }
        let committed = (write.formats == Formats::B).then_some(write.metadata);
        let awaiting = Awaiting {
            link: write.link(),
            metadata: committed,
            change: write.change(),
        };
        self.take(facts, Some(&awaiting));
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

    fn bytes(&self) -> Vec<u8> {
        let mut core = core(self.formats);
        core.action = self.action;
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
                    Part::Original => shelf.original(formats),
                    Part::Metadata => shelf.metadata(formats, write.metadata),
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
        facts.asset.metadata = vec![metadata()];
        let effects = finalize(&facts, &Policy::default()).unwrap();
        let Some(Effect::Publish(shown)) = effects.last() else {
            panic!("nothing is shown: {effects:?}");
        };
        assert_eq!((shown.sync_seq, shown.changed_at), (None, now() + days(1)));
    }
}

#[test]
fn a_replace_is_shown_as_an_update_in_both_orders() {
    for formats in BOTH {
        for record_first in [true, false] {
            let (mut shelf, create) = (Shelf::default(), Write::create(formats));
            shelf.record(&create);
            shelf.metadata(formats, create.metadata);
            let replace = Write::replace(formats, create.link(), hash(0x11));
            if record_first {
                shelf.record(&replace);
                shelf.metadata(formats, replace.metadata);
            } else {
                shelf.metadata(formats, replace.metadata);
                shelf.record(&replace);
            }
            assert_eq!(shelf.shown, [create.shown(), replace.shown()]);
        }
    }
}

#[test]
fn in_version_b_only_the_metadata_committed_to_shows_a_write() {
    for record_first in [true, false] {
        let (mut shelf, write) = (Shelf::default(), Write::create(Formats::B));
        if record_first {
            shelf.record(&write);
        }
        shelf.metadata(Formats::B, hash(0x22));
        shelf.metadata(Formats::B, original());
        if !record_first {
            shelf.record(&write);
        }
        assert_eq!(shelf.shown, []);
        shelf.metadata(Formats::B, write.metadata);
        assert_eq!(shelf.shown, [write.shown()]);
    }
}

#[test]
fn in_version_a_the_newest_metadata_shows_a_write_because_the_manifest_does_not_say() {
    let (mut shelf, write) = (Shelf::default(), Write::create(Formats::A));
    shelf.metadata(Formats::A, hash(0x22));
    shelf.metadata(Formats::A, write.metadata);
    shelf.record(&write);
    assert_eq!(shelf.shown, [write.shown()]);
}

#[test]
fn metadata_without_a_record_and_more_of_it_show_nothing() {
    for formats in BOTH {
        let (mut shelf, write) = (Shelf::default(), Write::create(formats));
        shelf.metadata(formats, hash(0x33));
        assert_eq!(shelf.shown, []);
        shelf.metadata(formats, write.metadata);
        shelf.record(&write);
        for later in [hash(0x44), write.metadata] {
            shelf.metadata(formats, later);
        }
        assert_eq!(shelf.shown, [write.shown()]);
    }
}

#[test]
fn a_record_sent_twice_is_refused_the_second_time_and_shows_nothing_more() {
    for formats in BOTH {
        let (mut shelf, write) = (Shelf::default(), Write::create(formats));
        shelf.record(&write);
        shelf.metadata(formats, write.metadata);
        let mut again = facts_of_bytes(formats, write.bytes());
        again.asset = shelf.facts.clone();
        let refusal = finalize(&again, &Policy::default()).unwrap_err();
        assert_eq!(
            refusal.rejection.code().as_str(),
            "error.upload.stale_revival"
        );
        assert_eq!(refusal.effects, crate::bound::ending());
    }
}
