//! What survives: crashes, power cuts, recovery, garbage collection.

use crate::person::noise;
use crate::world::World;
use gauntlet_server::Disk;
use gauntlet_validator::server::Policy;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::id::{Hash, UploadId};
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;
use reqwest::StatusCode;
use rusqlite::Connection;

const B: ProtocolVersion = ProtocolVersion::B;

/// Changes rows while the server is down.
fn execute(world: &World, sql: &'static str, id: Option<&[u8]>) {
    assert!(world.running.is_none(), "the server must be down");
    change_rows(world, sql, id);
}

/// Changes rows behind the server's back.
pub(crate) fn change_rows(world: &World, sql: &'static str, id: Option<&[u8]>) {
    let connection = Connection::open(world.data().join("gauntlet.sqlite")).unwrap();
    connection
        .execute(sql, rusqlite::params_from_iter(id))
        .unwrap();
}

#[tokio::test]
async fn a_power_cut_keeps_every_acknowledged_chunk() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 20_000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    for at in (0..16_384).step_by(4096) {
        let chunk = &photo.original[at..at + 4096];
        let sent = world.chunk(&ada, upload, at as u64, chunk).send().await;
        assert_eq!(sent.status, StatusCode::NO_CONTENT);
        world.lose_power().await;
        let state = world.state(&ada, upload).await;
        assert_eq!(state, ("Uploading".to_owned(), at as u64 + 4096));
        let again = world.chunk(&ada, upload, at as u64, chunk).send().await;
        assert_eq!(again.header(header::OFFSET), (at + 4096).to_string());
    }
    world.send_rest(&ada, upload, &photo.original, 16_384).await;
    world.send(&ada, &photo, BlobRole::Metadata).await;
    world.send(&ada, &photo, BlobRole::Provenance).await;
    world.lose_power().await;
    assert_eq!(world.feed(&ada).await.entries.len(), 1);
    for role in [BlobRole::Original, BlobRole::Metadata, BlobRole::Provenance] {
        let got = world.download(&ada, Hash::of(photo.bytes(role))).await;
        assert!(got.body == photo.bytes(role), "{role}");
    }
}

#[tokio::test]
async fn a_restart_keeps_keys_and_draws_other_ids() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let first = world.open(&ada, &photo, BlobRole::Original).await;
    world.restart().await;
    let second = world.open(&ada, &photo, BlobRole::Metadata).await;
    assert_ne!(first, second);
    world.crash().await;
    world.start().await;
    assert_eq!(world.state(&ada, first).await.0, "Pending");
}

#[tokio::test]
async fn recovery_cuts_a_file_that_is_longer_than_was_acknowledged() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 10_000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    world
        .chunk(&ada, upload, 0, &photo.original[..4096])
        .send()
        .await;
    world.crash().await;
    world
        .disk
        .write(upload, 4096, &noise("unacknowledged", 9000))
        .unwrap();
    world.start().await;
    assert_eq!(world.disk.length(upload).unwrap(), Some(4096));
    world.send_rest(&ada, upload, &photo.original, 4096).await;
    let got = world.download(&ada, Hash::of(&photo.original)).await;
    assert!(got.body == photo.original);
}

#[tokio::test]
async fn recovery_fails_a_session_whose_acknowledged_bytes_are_lost() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 10_000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    world
        .chunk(&ada, upload, 0, &photo.original[..8192])
        .send()
        .await;
    world.crash().await;
    world.disk.truncate(upload, 4096).unwrap();
    world.start().await;
    assert_eq!(world.state(&ada, upload).await.0, "FailedProcessing");
    assert_eq!(world.used(&ada).await, 0);
    assert!(world.uploads().is_empty());
    world.send(&ada, &photo, BlobRole::Original).await;
}

#[tokio::test]
async fn lost_bytes_are_never_papered_over_by_the_next_chunk() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 10_000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    world
        .chunk(&ada, upload, 0, &photo.original[..8192])
        .send()
        .await;
    world.disk.truncate(upload, 4096).unwrap();
    let next = world
        .chunk(&ada, upload, 8192, &photo.original[8192..])
        .send()
        .await;
    next.problem(500, "error.unexpected");
    assert_eq!(world.state(&ada, upload).await.1, 8192);
}

#[tokio::test]
async fn recovery_removes_files_that_no_session_knows() {
    let mut world = World::new().await;
    world.crash().await;
    let stray = UploadId::new(crate::world::uuid(5));
    world.disk.write(stray, 0, b"stray").unwrap();
    world.start().await;
    assert!(world.uploads().is_empty());
}

#[tokio::test]
async fn recovery_finishes_an_upload_on_either_side_of_the_move() {
    for moved in [false, true] {
        let mut world = World::new().await;
        let ada = world.person("ada", B).await;
        let photo = ada.photo("beach", 5000);
        let upload = world.open(&ada, &photo, BlobRole::Original).await;
        world
            .chunk(&ada, upload, 0, &photo.original[..4096])
            .send()
            .await;
        world.crash().await;
        // The moment after the last chunk was committed, and after the file was moved.
        world
            .disk
            .write(upload, 4096, &photo.original[4096..])
            .unwrap();
        world.disk.sync(upload).unwrap();
        let sql = "UPDATE sessions SET status = 'WaitingForProcessing', received = 5000
                   WHERE upload_id = ?";
        execute(&world, sql, Some(upload.as_bytes()));
        let hash = Hash::of(&photo.original);
        if moved {
            world.disk.promote(upload, hash).unwrap();
        }
        world.start().await;
        assert_eq!(world.state(&ada, upload).await.0, "Completed");
        assert!(world.download(&ada, hash).await.body == photo.original);
        assert_eq!(world.used(&ada).await, 5000);
        assert!(world.uploads().is_empty());
    }
}

#[tokio::test]
async fn recovery_removes_a_moved_file_whose_upload_is_refused() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 4096);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    world.crash().await;
    world.disk.write(upload, 0, &noise("other", 4096)).unwrap();
    let hash = Hash::of(&photo.original);
    world.disk.promote(upload, hash).unwrap();
    let sql = "UPDATE sessions SET status = 'WaitingForProcessing', received = 4096
               WHERE upload_id = ?";
    execute(&world, sql, Some(upload.as_bytes()));
    world.start().await;
    assert_eq!(world.state(&ada, upload).await.0, "FailedProcessing");
    assert_eq!(world.disk.blob_length(hash).unwrap(), None);
}

#[tokio::test]
async fn garbage_collection_keeps_what_is_referred_to_and_sweeps_the_rest_after_grace() {
    let mut world = World::with(
        Policy::default(),
        std::sync::Arc::new(gauntlet_server::Contract),
    )
    .await;
    let mut ada = world.person("ada", B).await;
    let (kept, dropped) = (ada.photo("kept", 5000), ada.photo("dropped", 6000));
    world.upload(&ada, &kept).await;
    world.upload(&ada, &dropped).await;
    let collect = async |world: &World| {
        let report = world.server().admin().collect_garbage().await.unwrap();
        (report.marked, report.unmarked, report.swept)
    };
    assert_eq!(collect(&world).await, (0, 0, 0));

    world.crash().await;
    let hash = Hash::of(&dropped.original);
    let sql = "DELETE FROM bindings WHERE hash = ?";
    execute(&world, sql, Some(hash.as_bytes()));
    world.start().await;
    assert_eq!(world.used(&ada).await, kept.size() + dropped.size() - 6000);
    assert_eq!(collect(&world).await, (1, 0, 0));
    world.advance(world.policy.collection_grace - SignedDuration::from_secs(1));
    assert_eq!(collect(&world).await, (0, 0, 0));

    // A reference that comes back cancels the mark, and the grace begins anew.
    world.refresh(&mut ada).await;
    world.send(&ada, &dropped, BlobRole::Original).await;
    world.advance(SignedDuration::from_secs(2));
    assert_eq!(collect(&world).await, (0, 0, 0));
    world.crash().await;
    execute(&world, sql, Some(hash.as_bytes()));
    world.start().await;
    assert_eq!(collect(&world).await, (1, 0, 0));
    world.advance(world.policy.collection_grace);
    assert_eq!(collect(&world).await, (0, 0, 1));

    assert_eq!(world.disk.blob_length(hash).unwrap(), None);
    world.refresh(&mut ada).await;
    world
        .download(&ada, hash)
        .await
        .problem(404, "error.blob.not_found");
    for role in [BlobRole::Original, BlobRole::Metadata, BlobRole::Provenance] {
        let got = world.download(&ada, Hash::of(kept.bytes(role))).await;
        assert!(got.body == kept.bytes(role), "{role}");
    }
    world.send(&ada, &dropped, BlobRole::Original).await;
    assert!(world.download(&ada, hash).await.body == dropped.original);
}

#[tokio::test]
async fn a_sweep_cut_short_is_finished_at_the_next_start() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let (kept, swept) = (ada.photo("kept", 5000), ada.photo("swept", 6000));
    world.upload(&ada, &kept).await;
    world.upload(&ada, &swept).await;
    world.crash().await;
    let (gone, stays) = (Hash::of(&swept.original), Hash::of(&kept.original));
    for (sql, hash) in [
        ("DELETE FROM bindings WHERE hash = ?", gone),
        ("DELETE FROM blobs WHERE hash = ?", gone),
        ("INSERT INTO swept (hash) VALUES (?)", gone),
        // Stored again since, which the row shows.
        ("INSERT INTO swept (hash) VALUES (?)", stays),
    ] {
        execute(&world, sql, Some(hash.as_bytes()));
    }
    world.start().await;
    assert_eq!(world.disk.blob_length(gone).unwrap(), None);
    assert_eq!(world.disk.blob_length(stays).unwrap(), Some(5000));
}

#[tokio::test]
async fn a_store_of_another_schema_is_not_opened() {
    let mut world = World::new().await;
    world.crash().await;
    execute(&world, "PRAGMA user_version = 3", None);
    let store = gauntlet_server::SqliteStore::open(&world.data().join("gauntlet.sqlite")).await;
    let error = store.unwrap_err().to_string();
    assert!(error.contains("version 3; expected 2"), "{error}");
}

#[tokio::test]
async fn a_power_cut_keeps_every_acknowledged_op() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let mut head = photo.head();
    for number in 0..3 {
        let metadata = noise(&number.to_string(), 400);
        let update = ada.update(&head, metadata.clone());
        world.op(&ada, &update).await;
        world.lose_power().await;
        assert!(world.download(&ada, Hash::of(&metadata)).await.body == metadata);
        assert!(world.download(&ada, update.link()).await.body == update.record);
        assert!(world.op(&ada, &update).await.replayed);
        head = update.head();
    }
    assert_eq!(world.feed(&ada).await.entries.len(), 4);
}

#[tokio::test]
async fn a_number_that_no_column_counts_to_is_stored_all_the_same() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let mut photo = ada.photo("beach", 5000);
    photo.core.plaintext_size = u64::MAX;
    photo.record = ada.record(photo.core.clone());
    photo.link = Hash::of(&photo.record);
    world.upload(&ada, &photo).await;
    world.restart().await;
    let delete = ada.delete(&photo.head(), crate::op::in_a_month());
    world.op(&ada, &delete).await;
}

#[tokio::test]
async fn an_op_whose_bytes_can_not_be_placed_changes_nothing_and_can_be_tried_again() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let used = world.used(&ada).await;
    let metadata = noise("caption", 400);
    let update = ada.update(&photo.head(), metadata.clone());
    // A file where the folder of the metadata blob would be.
    let shard = Hash::of(&metadata).to_string()[..2].to_owned();
    let blocked = world.root.path().join("disk/blobs").join(shard);
    std::fs::write(&blocked, b"").unwrap();
    let failed = world.try_op(&ada, &update).await;
    failed.problem(500, "error.unexpected");
    assert_eq!(world.feed(&ada).await.entries.len(), 1);
    assert_eq!(world.used(&ada).await, used);
    assert!(world.uploads().is_empty());
    std::fs::remove_file(blocked).unwrap();
    // The record was placed before it broke off.
    let report = world.server().admin().collect_garbage().await.unwrap();
    assert_eq!(report.orphans, 1);
    assert_eq!(world.op(&ada, &update).await.sync_seq, 2);
}
