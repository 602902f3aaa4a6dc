//! Epoch ledgers, and what they attest.

use crate::op::in_a_month;
use crate::person::Person;
use crate::world::{World, uuid};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::json::LedgerStored;
use gauntlet_wire::time;
use gauntlet_wire::version::ProtocolVersion;
use reqwest::{Method, StatusCode};

const A: ProtocolVersion = ProtocolVersion::A;
const B: ProtocolVersion = ProtocolVersion::B;

fn path(person: &Person) -> String {
    format!("/v1/albums/{}/ledger", person.album)
}

#[tokio::test]
async fn a_ledger_is_served_back_byte_for_byte_and_only_grows() {
    for protocol in [A, B] {
        let mut world = World::new().await;
        let ada = world.person("ada", protocol).await;
        let longer = ada.ledger(ada.album, 3);
        for _ in 0..2 {
            let stored = world.publish_ledger(&ada, ada.album, longer.clone()).await;
            let stored: LedgerStored = stored.json(StatusCode::OK);
            assert_eq!((stored.album_id, stored.ceiling), (ada.album, 3));
        }
        let rewound = ada.ledger(ada.album, 2);
        let refused = world.publish_ledger(&ada, ada.album, rewound).await;
        refused.problem(409, "error.album.ledger_stale");
        world.lose_power().await;
        let read = world.read(&ada, &path(&ada)).send().await;
        assert_eq!(read.header("content-type"), "application/cbor");
        assert!(read.body == longer);
    }
}

#[tokio::test]
async fn a_ledger_is_its_albums_of_its_version_and_of_one_admin_for_ever() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", A).await;
    let put = async |document| world.publish_ledger(&ada, ada.album, document).await;
    // Another admin: the same name with other keys.
    let eve = Person::new("eve", ada.user, ada.token.clone(), B);
    let other = put(eve.ledger(ada.album, 2)).await;
    other.problem(403, "error.album.ledger_attester");
    let other = put(ada.ledger(bob.album, 2)).await;
    other.problem(400, "error.album.ledger_malformed");
    let in_a = Person::new("ada", ada.user, ada.token.clone(), A);
    let other = put(in_a.ledger(ada.album, 2)).await;
    other.problem(400, "error.album.ledger_malformed");
    let mut trailing = ada.ledger(ada.album, 2);
    trailing.push(0);
    put(trailing)
        .await
        .problem(400, "error.album.ledger_malformed");
    let foreign = world
        .publish_ledger(&bob, ada.album, ada.ledger(ada.album, 2))
        .await;
    foreign.problem(403, "error.upload.album_access_denied");
    let call = world.write(&ada, Method::PUT, &path(&ada));
    let json = call.json("{}".to_owned()).send().await;
    json.problem(415, "error.request.unsupported_media_type");
    let long = put(vec![0; (6 << 20) + 1]).await;
    long.problem(413, "error.request.too_large");
    let read = world.read(&ada, &path(&ada)).send().await;
    assert!(read.body == ada.ledger(ada.album, 1));
}

#[tokio::test]
async fn strangers_and_absent_ledgers_look_alike() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let album = AlbumId::new(uuid(5));
    world.create_album(&bob, album).await;
    let foreign = world.read(&bob, &path(&ada)).send().await;
    foreign.problem(404, "error.album.ledger_not_found");
    for album in [album, AlbumId::new(uuid(6))] {
        let path = format!("/v1/albums/{album}/ledger");
        let absent = world.read(&bob, &path).send().await;
        assert_eq!(absent.body, foreign.body);
    }
}

#[tokio::test]
async fn a_record_is_of_an_epoch_that_the_ledger_attests() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let album = AlbumId::new(uuid(5));
    world.create_album(&ada, album).await;
    let mut photo = ada.photo("beach", 5000);
    photo.core.album_id = album;
    photo.record = ada.record(photo.core.clone());
    // An album without a ledger takes bytes but no record.
    world
        .send_blob(&ada, &photo.create(BlobRole::Original), &photo.original)
        .await;
    let upload = world.open(&ada, &photo, BlobRole::Provenance).await;
    let refused = world.chunk(&ada, upload, 0, &photo.record).send().await;
    refused.problem(400, "error.upload.amk_regressed");
    world
        .publish_ledger(&ada, album, ada.ledger(album, 2))
        .await;
    world.restart().await;
    for role in [BlobRole::Metadata, BlobRole::Provenance] {
        world
            .send_blob(&ada, &photo.create(role), photo.bytes(role))
            .await;
    }
    // Once an epoch was written in, the ones before it are over.
    let photo = crate::person::Photo {
        link: gauntlet_wire::id::Hash::of(&photo.record),
        ..photo
    };
    let delete = ada.op(&photo.head(), Action::Delete, |core| {
        core.amk_version = 2;
        core.retention_until = Some(time::Timestamp::from_instant(in_a_month()));
    });
    world.op(&ada, &delete).await;
    let restore = ada.op(&delete.head(), Action::TrashRestore, |core| {
        core.amk_version = 1;
    });
    let refused = world.try_op(&ada, &restore).await;
    refused.problem(400, "error.upload.amk_regressed");
    world.op(&ada, &ada.restore(&delete.head())).await;
}

#[tokio::test]
async fn a_record_signed_by_another_key_is_refused_when_it_is_finalized() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let eve = Person::new("eve", ada.user, String::new(), B);
    let mut photo = ada.photo("beach", 5000);
    photo.record = eve.record(photo.core.clone());
    let upload = world.open(&ada, &photo, BlobRole::Provenance).await;
    let refused = world.chunk(&ada, upload, 0, &photo.record).send().await;
    refused.problem(400, "error.upload.envelope_rejected");
    assert_eq!(world.state(&ada, upload).await.0, "FailedProcessing");
    assert!(world.feed(&ada).await.entries.is_empty());
}
