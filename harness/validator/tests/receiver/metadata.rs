//! Opening a metadata blob.

use crate::bound::{Surface, bounds, named, without};
use crate::flips::no_flip_is_accepted;
use crate::sidecar_world::rich;
use crate::world::{
    AMK, BOTH, IDENTITY, STRANGER, asset, core, core_over, hash, history, other_asset,
};
use gauntlet_crypto::kdf::metadata_key;
use gauntlet_crypto::metadata::seal;
use gauntlet_crypto::sign::{HybridSigner, sign_sidecar};
use gauntlet_validator::receiver::{
    BLOB, BlobArrival, BlobFacts, Opened, Policy, Rejection, SIDECAR, SidecarFile, judge,
    open_metadata_blob,
};
use gauntlet_wire::bounds::METADATA_BLOB;
use gauntlet_wire::cbor::{Bounds, Document, Value, decode};
use gauntlet_wire::enums::{Action, ContentType};
use gauntlet_wire::id::Hash;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::sidecar::{Sidecar, SidecarBody};
use gauntlet_wire::version::{Formats, SuiteId};

#[derive(Debug, Clone)]
pub(crate) struct BlobCase {
    body: SidecarBody,
    signer: &'static HybridSigner,
    /// What is done to the signed sidecar.
    spoil: fn(&mut Sidecar),
    /// What is done to its bytes before they are sealed.
    plaintext: fn(Vec<u8>) -> Vec<u8>,
    /// What is done to the sealed bytes; the record commits to what comes of it.
    sealed: fn(Vec<u8>) -> Vec<u8>,
    /// What is done to them on the way.
    underway: fn(&mut Vec<u8>),
    /// Whether the client keeps the sidecar that was sealed, or another.
    keeps: Option<bool>,
    facts: BlobFacts,
}

const NONCE: [u8; 12] = [9; 12];

impl BlobCase {
    /// A metadata update over a create.
    fn of(formats: Formats) -> Self {
        let core = core_over(formats, &history(formats, &[]), Action::MetadataUpdate);
        let link = hash(0x77);
        let mut body = rich(formats);
        body.provenance_chain_hash = match formats {
            Formats::A => Some(link),
            Formats::B => core.prior_provenance_hash,
        };
        Self {
            body,
            signer: &IDENTITY,
            spoil: |_| (),
            plaintext: |bytes| bytes,
            sealed: |bytes| bytes,
            underway: |_| (),
            keeps: Some(true),
            facts: BlobFacts {
                core,
                link,
                address: hash(0),
                amk: AMK,
                identity: IDENTITY.public().clone(),
                kept: None,
            },
        }
    }

    fn formats(&self) -> Formats {
        self.facts.core.protocol_version.formats()
    }

    /// The sidecar that is sealed.
    fn sidecar(&self) -> Vec<u8> {
        let mut sidecar = sign_sidecar(self.body.clone(), self.signer);
        (self.spoil)(&mut sidecar);
        (self.plaintext)(sidecar.to_value().encode())
    }

    fn parts(&self) -> (BlobFacts, BlobArrival) {
        let key = metadata_key(self.formats(), &AMK, asset(), &NONCE);
        let plaintext = self.sidecar();
        let mut bytes = (self.sealed)(seal(SuiteId::ONE, &key, &NONCE, &plaintext));
        let mut facts = self.facts.clone();
        facts.address = Hash::of(&bytes);
        if let Some(b) = &mut facts.core.b {
            b.metadata_blob_hash = Some(facts.address);
            facts.address = hash(0);
        }
        facts.kept = self.keeps.map(|same| match same {
            true => plaintext,
            false => b"another".to_vec(),
        });
        (self.underway)(&mut bytes);
        (facts, BlobArrival { bytes })
    }

    fn opened(&self) -> Result<Opened, Rejection> {
        let (facts, arrival) = self.parts();
        open_metadata_blob(&facts, &arrival, &Policy::default())
    }
}

impl Surface for BlobCase {
    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn reasons() -> Vec<Reason> {
        [named(BLOB), named(SIDECAR)].concat()
    }

    fn judge(&self) -> Result<(), Rejection> {
        match self.opened()? {
            Opened::Sidecar(sidecar) => assert_eq!(sidecar.bytes(), self.sidecar()),
            Opened::ReadOnly { bytes, .. } => assert_eq!(bytes, self.sidecar()),
        }
        Ok(())
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        let (facts, arrival) = self.parts();
        let policy = Policy::default();
        judge(&without(BLOB, left_out), &facts, &arrival, &policy)?;
        let file = SidecarFile::of(&self.sidecar());
        judge(&without(SIDECAR, left_out), &facts, &file, &policy)
    }
}

bounds! { BlobCase;
    row21_a_blob_is_not_short by BlobLength with [BlobSuite BlobForged] {
        inside: |_| (),
        outside: |case| case.sealed = |mut bytes| { bytes.truncate(29); bytes },
    }
    row21_a_blob_is_not_long by BlobLength with [BlobSuite BlobForged] {
        inside: |_| (),
        outside: |case| case.sealed = |mut bytes| { bytes.resize(METADATA_BLOB + 1, 0); bytes },
    }
    inv06_a_blob_is_the_one_that_was_committed by BlobHash {
        inside: |_| (),
        // The same sidecar, sealed as it should be under another nonce.
        outside: |case| case.underway = |bytes| {
            let other = [8; 12];
            let key = metadata_key(Formats::B, &AMK, asset(), &other);
            *bytes = seal(SuiteId::ONE, &key, &other, &BlobCase::of(Formats::B).sidecar());
        },
    }
    row21_a_suite_is_big_endian by BlobSuite {
        inside: |_| (),
        outside: |case| case.sealed = |mut bytes| { bytes.swap(0, 1); bytes },
    }
    row21_a_suite_is_the_manifests by BlobSuite with [SidecarForeign] {
        inside: |case| case.facts.core.crypto_suite_id = SuiteId::ONE,
        outside: |case| case.facts.core.crypto_suite_id = SuiteId::FICTIVE,
    }
    row21_nothing_precedes_the_suite by BlobSuite with [BlobForged] {
        inside: |_| (),
        outside: |case| case.sealed = |bytes| [vec![0x58], bytes].concat(),
    }
    row21_the_suite_precedes_the_nonce by BlobSuite with [BlobForged] {
        inside: |_| (),
        outside: |case| case.sealed = |bytes| [&bytes[2..14], &bytes[..2], &bytes[14..]].concat(),
    }
    row21_a_tag_holds by BlobForged {
        inside: |_| (),
        outside: |case| case.sealed = |mut bytes| { *bytes.last_mut().unwrap() ^= 1; bytes },
    }
    row21_nothing_follows_the_tag by BlobForged {
        inside: |_| (),
        outside: |case| case.sealed = |bytes| [bytes, vec![0]].concat(),
    }
    a_blob_is_sealed_under_the_key_of_its_epoch by BlobForged {
        inside: |case| case.facts.amk = AMK,
        outside: |case| case.facts.amk = [0; 32],
    }
    a_blob_is_sealed_under_the_key_of_its_asset by BlobForged with [SidecarForeign] {
        inside: |case| case.facts.core.file_id = asset(),
        outside: |case| case.facts.core.file_id = other_asset(),
    }
    row19_a_sidecar_is_canonical by SidecarMalformed with [SidecarForged] {
        inside: |_| (),
        outside: |case| case.plaintext = |bytes| [bytes, vec![0xf6]].concat(),
    }
    row01_a_stripped_key_breaks_the_signature by SidecarForged {
        inside: |_| (),
        outside: |case| case.spoil = |sidecar| {
            sidecar.body.unknown.remove(&"mood".into());
        },
    }
    row01_so_does_an_altered_value by SidecarForged {
        inside: |_| (),
        outside: |case| case.spoil = |sidecar| {
            sidecar.body.unknown.insert("mood".into(), Value::Null);
        },
    }
    row01_and_a_stripped_key_of_a_part by SidecarForged {
        inside: |_| (),
        outside: |case| case.spoil = |sidecar| {
            sidecar.body.gps.as_mut().unwrap().unknown.remove(&"datum".into());
        },
    }
    a_sidecar_is_signed_by_the_identity by SidecarForged {
        inside: |case| case.signer = &IDENTITY,
        outside: |case| case.signer = &STRANGER,
    }
    a_sidecar_is_signed_by_both_halves by SidecarForged {
        inside: |_| (),
        outside: |case| case.spoil = |sidecar| sidecar.signature.ml[0] ^= 1,
    }
    by_the_first_too by SidecarForged {
        inside: |_| (),
        outside: |case| case.spoil = |sidecar| sidecar.signature.ed[0] ^= 1,
    }
    a_sidecar_is_of_its_asset by SidecarForeign {
        inside: |case| case.body.uuid = asset(),
        outside: |case| case.body.uuid = other_asset(),
    }
    a_sidecar_is_of_its_suite by SidecarForeign {
        inside: |case| case.body.crypto_suite_id = SuiteId::ONE,
        outside: |case| case.body.crypto_suite_id = SuiteId::FICTIVE,
    }
    inv04_a_content_type_is_of_its_version by SidecarVersion {
        inside: |case| case.body.content_type = ContentType::Jxl,
        outside: |case| { *case = BlobCase::of(Formats::A); case.body.content_type = ContentType::Jxl },
    }
    a_create_of_version_b_links_to_nothing by SidecarVersion with [SidecarUnlinked] {
        inside: created,
        outside: |case| { created(case); case.body.provenance_chain_hash = Some(hash(1)) },
    }
    inv06_in_b_a_sidecar_is_linked_to_its_prior by SidecarUnlinked {
        inside: |_| (),
        outside: |case| case.body.provenance_chain_hash = Some(case.facts.link),
    }
    row21_in_a_an_older_blob_is_found_out by SidecarUnlinked {
        inside: |case| *case = BlobCase::of(Formats::A),
        outside: |case| { *case = BlobCase::of(Formats::A); case.facts.link = hash(0x78) },
    }
    inv06_a_sidecar_equals_the_one_that_is_kept by SidecarDiffers {
        inside: |case| case.keeps = Some(true),
        outside: |case| case.keeps = Some(false),
    }
}

fn created(case: &mut BlobCase) {
    case.facts.core = core(Formats::B);
    case.body.provenance_chain_hash = None;
}

#[test]
fn in_both_versions_a_blob_opens() {
    for formats in BOTH {
        let mut case = BlobCase::of(formats);
        case.judge().unwrap();
        case.keeps = None;
        case.judge().unwrap();
    }
}

/// The sidecar under a later schema, signed anew.
fn of_a_later_schema(bytes: Vec<u8>) -> Vec<u8> {
    let Value::Map(mut map) = decode(&bytes, &Bounds::up_to(bytes.len())).unwrap() else {
        panic!("a sidecar is a map");
    };
    map.remove(&"signature".into());
    map.insert(Value::Unsigned(0), Value::Unsigned(2));
    map.insert("tags_user".into(), "told in another way".into());
    let signature = IDENTITY.sign(&Value::Map(map.clone()).encode());
    map.insert("signature".into(), signature.to_value());
    Value::Map(map).encode()
}

#[test]
fn row01_a_later_schema_is_shown_and_not_refused_where_it_is_signed() {
    let mut case = BlobCase::of(Formats::B);
    case.plaintext = of_a_later_schema;
    let Opened::ReadOnly { schema, bytes } = case.opened().unwrap() else {
        panic!("{:?}", case.opened());
    };
    assert_eq!((schema, bytes), (2, case.sidecar()));
    case.plaintext = |bytes| {
        let mut later = of_a_later_schema(bytes);
        *later.last_mut().unwrap() ^= 1;
        later
    };
    assert_eq!(case.opened().unwrap_err().reason, Reason::SidecarForged);
}

#[test]
fn a_nonce_of_another_blob_opens_nothing() {
    // In version A the key of an asset's blobs is one; the nonce is inside what the tag covers.
    let mut case = BlobCase::of(Formats::A);
    case.sealed = |mut bytes| {
        bytes[2] ^= 1;
        bytes
    };
    assert_eq!(case.opened().unwrap_err().reason, Reason::BlobForged);
}

fn no_sidecar_survives(formats: Formats) {
    let case = BlobCase::of(formats);
    let (mut facts, _) = case.parts();
    facts.kept = None;
    // What a signature alone holds: the hash and the tag of the blob have tests of their own.
    let accepts = |bytes: &[u8]| {
        let file = SidecarFile::of(bytes);
        judge(SIDECAR, &facts, &file, &Policy::default()).is_ok()
    };
    no_flip_is_accepted(&case.sidecar(), accepts);
}

#[test]
fn no_sidecar_of_version_a_survives_a_flipped_bit() {
    no_sidecar_survives(Formats::A);
}

#[test]
fn no_sidecar_of_version_b_survives_a_flipped_bit() {
    no_sidecar_survives(Formats::B);
}

#[test]
fn no_sealed_blob_survives_a_flipped_bit() {
    for formats in BOTH {
        let case = BlobCase::of(formats);
        let (facts, arrival) = case.parts();
        let accepts = |bytes: &[u8]| {
            let bytes = bytes.to_vec();
            open_metadata_blob(&facts, &BlobArrival { bytes }, &Policy::default()).is_ok()
        };
        no_flip_is_accepted(&arrival.bytes, accepts);
    }
}
