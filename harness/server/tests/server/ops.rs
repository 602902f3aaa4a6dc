//! Lifecycle operations end to end.

use crate::op::in_a_month;
use crate::ops_refused::updated;
use crate::person::noise;
use crate::world::{World, start_of_time, uuid};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_wire::enums::{Action, BlobRole, Change};
use gauntlet_wire::id::{AlbumId, Hash};
use gauntlet_wire::json::OpAccepted;
use gauntlet_wire::time;
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;
use reqwest::StatusCode;

const A: ProtocolVersion = ProtocolVersion::A;
const B: ProtocolVersion = ProtocolVersion::B;

#[tokio::test]
async fn every_action_is_shown_on_the_feed_and_its_record_stays_readable() {
    for protocol in [A, B] {
        let mut world = World::new().await;
        let ada = world.person("ada", protocol).await;
        let photo = ada.photo("beach", 5000);
        world.upload(&ada, &photo).await;
        let (small, smaller) = (noise("small", 700), noise("smaller", 600));
        let update = ada.update(&photo.head(), noise("caption", 400));
        let add = ada.thumbnail(&update.head(), &small, None);
        let made = Hash::of(add.derivative.as_ref().unwrap());
        let replace = ada.thumbnail(&add.head(), &smaller, Some(made));
        let delete = ada.delete(&replace.head(), in_a_month());
        let restore = ada.restore(&delete.head());
        world.op(&ada, &update).await;
        world.send_derivative(&ada, &add, &small).await;
        world.restart().await;
        world.op(&ada, &add).await;
        world.send_derivative(&ada, &replace, &smaller).await;
        world.op(&ada, &replace).await;
        world.lose_power().await;
        let deleted = world.op(&ada, &delete).await;
        assert_eq!((deleted.asset_id, deleted.sync_seq), (photo.asset, 5));
        assert_eq!((deleted.action, deleted.replayed), (Action::Delete, false));
        world.lose_power().await;
        assert_eq!(world.op(&ada, &restore).await.sync_seq, 6);
        world.restart().await;

        let page = world.feed(&ada).await;
        let changes: Vec<_> = page
            .entries
            .iter()
            .map(|entry| (entry.sync_seq, entry.change))
            .collect();
        let expected = [
            Change::Created,
            Change::Updated,
            Change::Updated,
            Change::Updated,
            Change::Deleted,
            Change::Updated,
        ];
        assert_eq!(changes, (1..).zip(expected).collect::<Vec<_>>());
        let ops = [&update, &add, &replace, &delete, &restore];
        for (entry, op) in page.entries[1..].iter().zip(ops) {
            let record = STANDARD.decode(entry.manifest_cbor.as_ref().unwrap());
            assert_eq!(record.unwrap(), op.record);
            assert_eq!(
                entry.metadata_blob,
                update.metadata.as_deref().map(Hash::of)
            );
            assert!(entry.original_held);
            let got = world.download(&ada, op.link()).await;
            assert!(got.body == op.record);
        }
        let last = page.entries.last().unwrap();
        let manifest = replace.derivative.as_ref().unwrap();
        for (role, bytes) in [
            (BlobRole::Derivative, &smaller),
            (BlobRole::Provenance, manifest),
        ] {
            let hash = Hash::of(bytes);
            let shown =
                |blob: &&gauntlet_wire::json::BlobRef| (blob.role, blob.hash) == (role, hash);
            assert_eq!(last.blobs.iter().filter(shown).count(), 1, "{role}");
            assert!(world.download(&ada, hash).await.body == *bytes);
        }
        assert!(
            world.uploads().is_empty(),
            "every part moved to its address"
        );
    }
}

#[tokio::test]
async fn a_repeated_op_gets_the_first_answer_and_writes_nothing() {
    let mut world = World::new().await;
    let mut ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let delete = ada.delete(&photo.head(), in_a_month());
    let first = world.op(&ada, &delete).await;
    let used = world.used(&ada).await;
    let restore = ada.restore(&delete.head());
    let repeated = OpAccepted {
        replayed: true,
        ..first
    };
    assert_eq!(world.op(&ada, &delete).await, repeated);
    world.op(&ada, &restore).await;
    world.restart().await;
    // Whatever became of album, device and clock since.
    world.publish(&ada, 2, Some(start_of_time())).await;
    world.advance(SignedDuration::from_hours(40 * 24));
    world.refresh(&mut ada).await;
    assert_eq!(world.op(&ada, &delete).await, repeated);
    assert_eq!(world.feed(&ada).await.entries.len(), 3);
    assert_eq!(world.used(&ada).await, used + restore.record.len() as u64);
    // What was accepted is told to its writers alone.
    world.advance(-SignedDuration::from_hours(40 * 24));
    let stranger = world.try_op(&bob, &delete).await;
    stranger.problem(403, "error.upload.album_access_denied");
}

#[tokio::test]
async fn of_two_ops_on_one_prior_one_wins() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let ops: Vec<_> = ["one", "two", "three", "four"]
        .map(|name| ada.update(&photo.head(), noise(name, 400)))
        .into();
    let answers = futures_util::future::join_all(ops.iter().map(|op| world.try_op(&ada, op))).await;
    let won: Vec<_> = answers
        .iter()
        .zip(&ops)
        .filter(|(answer, _)| answer.status == StatusCode::OK)
        .collect();
    let [(answer, winner)] = won.as_slice() else {
        panic!("{} ops won", won.len());
    };
    assert_eq!(answer.json::<OpAccepted>(StatusCode::OK).sync_seq, 2);
    for answer in answers.iter().filter(|answer| !answer.status.is_success()) {
        let problem = answer.problem(409, "error.upload.stale_revival");
        assert_eq!(problem.extension.chain_head, Some(Some(winner.link())));
    }
    let page = world.feed(&ada).await;
    assert_eq!(page.entries.len(), 2);
    let kept = photo.size() + winner.record.len() as u64 + 400;
    assert_eq!(world.used(&ada).await, kept);
    assert!(world.uploads().is_empty());
}

#[tokio::test]
async fn twenty_identical_deletes_at_once_are_one() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let delete = ada.delete(&photo.head(), in_a_month());
    let calls = (0..20).map(|_| world.try_op(&ada, &delete));
    let answers: Vec<OpAccepted> = futures_util::future::join_all(calls)
        .await
        .iter()
        .map(|answer| answer.json(StatusCode::OK))
        .collect();
    assert!(answers.iter().all(|answer| answer.sync_seq == 2));
    let fresh = answers.iter().filter(|answer| !answer.replayed).count();
    assert_eq!(fresh, 1);
    assert_eq!(world.feed(&ada).await.entries.len(), 2);
    let used = photo.size() + delete.record.len() as u64;
    assert_eq!(world.used(&ada).await, used);
    let other = ada.delete(&photo.head(), in_a_month() + SignedDuration::from_secs(1));
    let refused = world.try_op(&ada, &other).await;
    refused.problem(409, "error.upload.stale_revival");
}

#[tokio::test]
async fn an_album_takes_ops_of_its_owner_and_its_own_assets_alone() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let foreign = world
        .try_op(&bob, &bob.delete(&photo.head(), in_a_month()))
        .await;
    foreign.problem(403, "error.upload.album_access_denied");
    let other = AlbumId::new(uuid(5));
    world.create_album(&ada, other).await;
    world
        .publish_ledger(&ada, other, ada.ledger(other, 1))
        .await;
    let moved = ada.op(&photo.head(), Action::Delete, |core| {
        core.album_id = other;
        core.retention_until = Some(time::Timestamp::from_instant(in_a_month()));
    });
    let refused = world.try_op(&ada, &moved).await;
    refused.problem(403, "error.upload.forbidden");
    let delete = ada.delete(&photo.head(), in_a_month());
    let path = "/v1/albums/not-an-id/ops";
    let call = world.write(&ada, reqwest::Method::POST, path);
    let call = call.json(serde_json::to_string(&delete.body()).unwrap());
    call.send().await.problem(400, "error.album.invalid_id");
    assert_eq!(world.feed(&ada).await.entries.len(), 1);
}

#[tokio::test]
async fn what_is_deleted_is_revived_by_a_restore_alone() {
    let mut world = World::new().await;
    let mut ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let used = world.used(&ada).await;
    let delete = ada.delete(&photo.head(), in_a_month());
    world.op(&ada, &delete).await;
    world.restart().await;
    let head = delete.head();
    let refused = world.try_op(&ada, &updated(&ada, &head)).await;
    let problem = refused.problem(409, "error.upload.stale_revival");
    assert_eq!(problem.extension.chain_head, Some(Some(delete.link())));
    let opened = ada.replacement(photo.asset, "again", 5000, delete.link());
    let opened = opened.create(BlobRole::Original);
    let refused = world.open_with(&ada, &opened).await;
    refused.problem(409, "error.upload.stale_revival");
    // The trash counts fully, and its bytes are still there.
    assert_eq!(world.used(&ada).await, used + delete.record.len() as u64);
    let got = world.download(&ada, Hash::of(&photo.original)).await;
    assert!(got.body == photo.original);
    let last = in_a_month() - SignedDuration::from_nanos(1000);
    world.clock.set(last);
    world.refresh(&mut ada).await;
    let restore = ada.op(&head, Action::TrashRestore, |core| {
        core.timestamp = time::Timestamp::from_instant(last);
    });
    world.op(&ada, &restore).await;
}

#[tokio::test]
async fn a_derivative_is_replaced_by_the_next_of_its_chain_alone() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let (head, blob, add) = world.photo_with_thumbnail(&ada, "beach").await;
    let made = Hash::of(add.derivative.as_ref().unwrap());
    let other = noise("other", 650);
    let again = ada.thumbnail(&head, &other, None);
    world.send_derivative(&ada, &again, &other).await;
    let refused = world.try_op(&ada, &again).await;
    let problem = refused.problem(409, "error.upload.stale_revival");
    assert_eq!(problem.extension.chain_head, Some(Some(made)));
    let beside = ada.thumbnail(&head, &other, Some(Hash::of(b"elsewhere")));
    let refused = world.try_op(&ada, &beside).await;
    refused.problem(409, "error.upload.stale_revival");
    assert!(world.download(&ada, Hash::of(&blob)).await.body == blob);
    let replace = ada.thumbnail(&head, &other, Some(made));
    world.op(&ada, &replace).await;
    let late = ada.thumbnail(&replace.head(), &other, Some(made));
    let refused = world.try_op(&ada, &late).await;
    let problem = refused.problem(409, "error.upload.stale_revival");
    let newest = replace.derivative.as_deref().map(Hash::of);
    assert_eq!(problem.extension.chain_head, Some(newest));
    // The accepted record with another manifest is no repeat of it: nothing would come of what it brings.
    let mut swapped = replace.clone();
    swapped.derivative.clone_from(&beside.derivative);
    let refused = world.try_op(&ada, &swapped).await;
    let problem = refused.problem(409, "error.upload.stale_revival");
    assert_eq!(problem.extension.chain_head, Some(Some(replace.link())));
    assert!(world.op(&ada, &replace).await.replayed);
    // Another photo's thumbnail has a chain of its own.
    world.photo_with_thumbnail(&ada, "lake").await;
}
