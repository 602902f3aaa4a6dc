//! The retention purge, tombstones, and what they leave to others.

use crate::op::Op;
use crate::person::{Head, Person, Photo, noise};
use crate::world::{World, small_policy, start_of_time, uuid};
use gauntlet_server::{CollectionReport, Contract, Disk};
use gauntlet_validator::server::Policy;
use gauntlet_wire::enums::{BlobRole, Change};
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use gauntlet_wire::json::StorageVerdicts;
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use std::sync::Arc;

const B: ProtocolVersion = ProtocolVersion::B;
/// A retention just above the floor.
const RETENTION: SignedDuration = SignedDuration::from_hours(25);

async fn collect(world: &World) -> CollectionReport {
    world.server().admin().collect_garbage().await.unwrap()
}

fn soon_gone(ada: &Person, head: &Head) -> Op {
    ada.delete(head, start_of_time() + RETENTION)
}

async fn pass(world: &World, ada: &mut Person, step: SignedDuration) {
    world.advance(step);
    world.refresh(ada).await;
}

#[tokio::test]
async fn a_purge_comes_in_its_time_and_leaves_a_tombstone_with_its_history() {
    let mut world = World::new().await;
    let mut ada = world.person("ada", B).await;
    let mut bob = world.person("bob", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let thumbnail = noise("thumbnail", 700);
    let add = ada.thumbnail(&photo.head(), &thumbnail, None);
    world.send_derivative(&ada, &add, &thumbnail).await;
    world.op(&ada, &add).await;
    let delete = soon_gone(&ada, &add.head());
    world.op(&ada, &delete).await;
    assert_eq!(collect(&world).await, CollectionReport::default());
    pass(&world, &mut ada, RETENTION - SignedDuration::from_secs(1)).await;
    assert_eq!(collect(&world).await, CollectionReport::default());
    pass(&world, &mut ada, SignedDuration::from_secs(1)).await;
    let report = collect(&world).await;
    assert_eq!((report.purged, report.marked, report.swept), (1, 3, 0));
    assert_eq!(collect(&world).await, CollectionReport::default());
    world.lose_power().await;

    let records = [
        &photo.record,
        &add.record,
        &delete.record,
        add.derivative.as_ref().unwrap(),
    ];
    let kept: u64 = records.iter().map(|record| record.len() as u64).sum();
    assert_eq!(world.used(&ada).await, kept);
    pass(&world, &mut ada, world.policy.collection_grace).await;
    assert_eq!(collect(&world).await.swept, 3);
    for record in records {
        assert!(world.download(&ada, Hash::of(record)).await.body == *record);
    }
    world.refresh(&mut bob).await;
    for blob in [&photo.original, &photo.metadata, &thumbnail] {
        let hash = Hash::of(blob);
        let gone = world.download(&ada, hash).await;
        gone.problem(410, "error.blob.gone");
        let stranger = world.download(&bob, hash).await;
        stranger.problem(404, "error.blob.not_found");
        assert_eq!(world.disk.blob_length(hash).unwrap(), None);
    }
    let page = world.feed(&ada).await;
    assert_eq!(page.entries.len(), 3);
    assert_eq!(page.entries[2].change, Change::Deleted);
    assert!(!page.entries[2].original_held);
}

#[tokio::test]
async fn a_tombstone_is_revived_by_nothing_and_its_id_is_bound_for_ever() {
    let world = World::new().await;
    let mut ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let delete = soon_gone(&ada, &photo.head());
    let answered = world.op(&ada, &delete).await;
    pass(&world, &mut ada, RETENTION).await;
    assert_eq!(collect(&world).await.purged, 1);
    let restore = world.try_op(&ada, &ada.restore(&delete.head())).await;
    restore.problem(409, "error.upload.stale_revival");
    let again = world
        .open_with(&ada, &photo.create(BlobRole::Original))
        .await;
    again.problem(409, "error.upload.stale_revival");
    let other = AlbumId::new(uuid(5));
    world.create_album(&ada, other).await;
    let mut moved = photo.clone();
    (moved.album, moved.core.album_id) = (other, other);
    let elsewhere = world
        .open_with(&ada, &moved.create(BlobRole::Original))
        .await;
    elsewhere.problem(403, "error.upload.forbidden");
    // A repeat of the delete is what it was.
    let repeated = world.op(&ada, &delete).await;
    assert_eq!(
        (repeated.sync_seq, repeated.replayed),
        (answered.sync_seq, true)
    );
}

#[tokio::test]
async fn an_asset_that_was_restored_in_time_is_not_purged() {
    let world = World::new().await;
    let mut ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let delete = soon_gone(&ada, &photo.head());
    world.op(&ada, &delete).await;
    world.op(&ada, &ada.restore(&delete.head())).await;
    pass(&world, &mut ada, RETENTION * 2).await;
    assert_eq!(collect(&world).await, CollectionReport::default());
    let got = world.download(&ada, Hash::of(&photo.original)).await;
    assert!(got.body == photo.original);
}

/// The same original as another asset, in another album.
async fn copy(world: &World, ada: &Person, photo: &Photo, number: u128) -> Photo {
    let album = AlbumId::new(uuid(number));
    world.create_album(ada, album).await;
    world.publish_ledger(ada, album, ada.ledger(album, 1)).await;
    let mut core = photo.core.clone();
    (core.album_id, core.file_id) = (album, AssetId::new(uuid(number + 1)));
    (core.created_by_user, core.created_by_device) = (ada.user, ada.device);
    let record = ada.record(core.clone());
    Photo {
        asset: core.file_id,
        album,
        link: Hash::of(&record),
        record,
        core,
        ..photo.clone()
    }
}

#[tokio::test]
async fn a_blob_that_another_asset_refers_to_outlives_the_purge_and_is_charged_on() {
    let mut world = World::new().await;
    let mut ada = world.person("ada", B).await;
    let mut bob = world.person("bob", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let own = copy(&world, &ada, &photo, 10).await;
    world.upload(&ada, &own).await;
    let foreign = copy(&world, &bob, &photo, 20).await;
    world.upload(&bob, &foreign).await;
    let shared = (photo.original.len() + photo.metadata.len()) as u64;
    assert_eq!(world.used(&bob).await, foreign.size() - shared);

    let mut gone = Vec::new();
    for photo in [&photo, &own] {
        let used = world.used(&ada).await;
        let delete = ada.delete(&photo.head(), world.clock_now() + RETENTION);
        gone.push(delete.record.len() as u64);
        world.op(&ada, &delete).await;
        assert_eq!(world.used(&ada).await, used + gone[gone.len() - 1]);
        pass(&world, &mut ada, RETENTION).await;
        assert_eq!(collect(&world).await.purged, 1);
        world.lose_power().await;
        pass(&world, &mut ada, world.policy.collection_grace).await;
        let report = collect(&world).await;
        assert_eq!((report.marked, report.swept), (0, 0));
        world.refresh(&mut bob).await;
        let got = world.download(&bob, Hash::of(&photo.original)).await;
        assert!(got.body == photo.original);
    }
    let question = serde_json::json!({ "deep": true, "assets": [{
        "asset_id": foreign.asset, "blob_hashes": [Hash::of(&photo.original)] }] });
    let call = world.write(&bob, Method::POST, "/v1/storage/verify");
    let answer = call.json(question.to_string()).send().await;
    let verdicts: StorageVerdicts = answer.json(StatusCode::OK);
    assert!(verdicts.assets[0].durable && verdicts.assets[0].blobs[0].retrievable);
    // Whoever refers to it now pays for it, once.
    let records = (photo.record.len() + own.record.len()) as u64;
    assert_eq!(world.used(&ada).await, records + gone.iter().sum::<u64>());
    assert_eq!(world.used(&bob).await, foreign.size());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_beside_writes_frees_nothing_that_is_referred_to() {
    let policy = Policy {
        collection_grace: SignedDuration::ZERO,
        retention_floor: SignedDuration::ZERO,
        quota_hard_limit: None,
        ..small_policy()
    };
    let world = World::with(policy, Arc::new(Contract)).await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let mut last = photo.clone();
    for round in 1..8 {
        let next = copy(&world, &ada, &photo, round * 10).await;
        let delete = ada.delete(&last.head(), start_of_time());
        let admin = world.server().admin();
        let collecting = async {
            for _ in 0..10 {
                admin.collect_garbage().await.unwrap();
            }
        };
        let writing = async {
            world.op(&ada, &delete).await;
            world.upload(&ada, &next).await;
        };
        tokio::join!(collecting, writing);
        admin.collect_garbage().await.unwrap();
        for role in [BlobRole::Original, BlobRole::Metadata, BlobRole::Provenance] {
            let got = world.download(&ada, Hash::of(next.bytes(role))).await;
            assert!(got.body == next.bytes(role), "{role} in round {round}");
        }
        last = next;
    }
}

#[tokio::test]
async fn files_that_nothing_speaks_of_go_but_not_those_of_a_finalization() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    world
        .chunk(&ada, upload, 0, &photo.original[..4096])
        .send()
        .await;
    // A finalization that failed between the move and the commit.
    world
        .disk
        .write(upload, 4096, &photo.original[4096..])
        .unwrap();
    let awaited = Hash::of(&photo.original);
    world.disk.promote(upload, awaited).unwrap();
    crate::durability::change_rows(
        &world,
        "UPDATE sessions SET status = 'WaitingForProcessing', received = 5000
         WHERE upload_id = ?",
        Some(upload.as_bytes()),
    );
    // An op that ended there.
    let orphan = Hash::of(b"orphan");
    world.disk.write(upload, 0, b"orphan").unwrap();
    world.disk.promote(upload, orphan).unwrap();
    let report = collect(&world).await;
    assert_eq!(report.orphans, 1);
    assert_eq!(world.disk.blob_length(orphan).unwrap(), None);
    assert_eq!(world.disk.blob_length(awaited).unwrap(), Some(5000));
}
