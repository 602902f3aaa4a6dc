//! Blobs, storage verdicts and directories.

use crate::person::Person;
use crate::world::{Answer, OCTETS, World, start_of_time};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::json::{AssetVerdict, DirectoryPublished, StorageVerdicts};
use gauntlet_wire::version::ProtocolVersion;
use reqwest::{Method, StatusCode};
use std::fs;

const B: ProtocolVersion = ProtocolVersion::B;

#[tokio::test]
async fn one_range_of_a_blob_is_served_as_such() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 70_000);
    world.upload(&ada, &photo).await;
    let path = format!("/v1/blob/{}", Hash::of(&photo.original));
    let ask = async |range: &str| {
        let call = world.read(&ada, &path).header("range", range);
        call.send().await
    };
    let whole = world.read(&ada, &path).send().await;
    assert_eq!(whole.header("content-type"), OCTETS);
    assert_eq!(whole.header("content-length"), "70000");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let part = ask("bytes=65536-65540").await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.header("content-range"), "bytes 65536-65540/70000");
    assert_eq!(part.body, &photo.original[65536..65541]);
    let tail = ask("bytes=-100").await;
    assert_eq!(tail.body, &photo.original[69_900..]);
    let beyond = ask("bytes=70000-").await;
    beyond.problem(416, "error.request.failed");
    assert_eq!(beyond.header("content-range"), "bytes */70000");
    let many = ask("bytes=0-1,3-4").await;
    assert_eq!((many.status, many.body.len()), (StatusCode::OK, 70_000));
    let head = world.write(&ada, Method::HEAD, &path).send().await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.header("content-length"), "70000");
}

#[tokio::test]
async fn strangers_and_absent_blobs_look_alike() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let stranger = world.download(&bob, Hash::of(&photo.original)).await;
    let absent = world.download(&bob, Hash::of(b"nothing")).await;
    stranger.problem(404, "error.blob.not_found");
    assert_eq!(stranger.body, absent.body);
    let malformed = world.read(&bob, "/v1/blob/XYZ").send().await;
    assert_eq!(malformed.body, absent.body);
}

#[tokio::test]
async fn an_unfinished_upload_of_the_caller_is_pending() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let photo = ada.photo("beach", 5000);
    world.open(&ada, &photo, BlobRole::Original).await;
    let hash = Hash::of(&photo.original);
    world
        .download(&ada, hash)
        .await
        .problem(409, "error.blob.pending_upload");
    world
        .download(&bob, hash)
        .await
        .problem(404, "error.blob.not_found");
}

async fn verify(world: &World, person: &Person, body: serde_json::Value) -> Answer {
    let call = world.write(person, Method::POST, "/v1/storage/verify");
    call.json(body.to_string()).send().await
}

#[tokio::test]
async fn storage_verdicts_cover_every_hash_that_was_asked_about() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let (original, other) = (Hash::of(&photo.original), Hash::of(b"other"));
    let question = |hashes: &[Hash], deep: bool| {
        serde_json::json!({
            "assets": [{ "asset_id": photo.asset, "blob_hashes": hashes }],
            "deep": deep,
        })
    };
    let ask = async |person, hashes: &[Hash], deep| -> AssetVerdict {
        let answer = verify(&world, person, question(hashes, deep)).await;
        let mut verdicts: StorageVerdicts = answer.json(StatusCode::OK);
        assert_eq!(verdicts.assets.len(), 1);
        verdicts.assets.remove(0)
    };
    let whole = [original, photo.link, Hash::of(&photo.metadata)];
    let sound = ask(&ada, &whole, true).await;
    assert!(sound.durable);
    assert_eq!(sound.deep.as_deref(), Some("intact"));
    let roles: Vec<_> = sound.blobs.iter().map(|blob| blob.role.as_str()).collect();
    assert_eq!(roles, ["original", "provenance", "metadata"]);

    let partial = ask(&ada, &[original, other], false).await;
    assert!(!partial.durable);
    assert_eq!(partial.deep, None);
    assert!(partial.blobs[0].retrievable);
    let unknown = &partial.blobs[1];
    assert!(!unknown.stored && !unknown.indexed && !unknown.retrievable);
    assert_eq!(unknown.role, "unknown");

    let stranger = ask(&bob, &whole, true).await;
    assert!(!stranger.durable && stranger.deep.is_none());
    assert!(
        stranger
            .blobs
            .iter()
            .all(|blob| !blob.stored && !blob.indexed)
    );

    let file = world
        .root
        .path()
        .join("disk/blobs")
        .join(&original.to_string()[..2]);
    fs::write(file.join(original.to_string()), vec![0; 5000]).unwrap();
    let corrupt = ask(&ada, &whole, true).await;
    assert!(!corrupt.durable);
    assert_eq!(corrupt.deep.as_deref(), Some("corrupt"));
    fs::remove_file(file.join(original.to_string())).unwrap();
    let gone = ask(&ada, &whole, false).await;
    assert!(!gone.durable && gone.blobs[0].indexed);
    assert!(!gone.blobs[0].stored && !gone.blobs[0].retrievable);
    world
        .download(&ada, original)
        .await
        .problem(500, "error.blob.unavailable");
}

#[tokio::test]
async fn a_storage_question_is_bounded_and_strict() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let asset = AssetId::new(crate::world::uuid(1));
    let hash = Hash::of(b"").to_string();
    let question = |hashes: Vec<&str>| serde_json::json!({ "assets": [{ "asset_id": asset, "blob_hashes": hashes }] });
    let most = verify(&world, &ada, question(vec![&hash; 1000])).await;
    assert_eq!(most.status, StatusCode::OK);
    for body in [
        question(vec![&hash; 1001]),
        question(vec![&hash.to_uppercase()]),
        question(vec!["00"]),
        serde_json::json!({ "assets": [], "nonce": 1 }),
        serde_json::json!({}),
    ] {
        let answer = verify(&world, &ada, body).await;
        answer.problem(400, "error.storage.invalid_request");
    }
}

#[tokio::test]
async fn a_directory_is_served_back_byte_for_byte_and_only_rises() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let path = format!("/v1/users/{}/directory", ada.user);
    let read = world.read(&bob, &path).send().await;
    assert_eq!(read.header("content-type"), "application/cbor");
    assert_eq!(read.body, ada.directory(1, None));

    let stale = world.publish(&ada, 1, Some(start_of_time())).await;
    let problem = stale.problem(409, "error.directory.version_conflict");
    let versions = (problem.extension.submitted, problem.extension.stored);
    assert_eq!(versions, (Some(1), Some(1)));
    let leap = world.publish(&ada, u64::MAX, None).await;
    let leap: DirectoryPublished = leap.json(StatusCode::OK);
    assert_eq!(leap.directory_version, u64::MAX);
    world
        .publish(&ada, 2, None)
        .await
        .problem(409, "error.directory.version_conflict");
    let read = world.read(&bob, &path).send().await;
    assert_eq!(read.body, ada.directory(u64::MAX, None));
}

#[tokio::test]
async fn a_revocation_stays_in_the_directory_for_ever() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let revoked = world.publish(&ada, 2, Some(start_of_time())).await;
    assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.text());
    world.restart().await;
    let cleared = world.publish(&ada, 3, None).await;
    let problem = cleared.problem(409, "error.directory.version_conflict");
    let versions = (problem.extension.submitted, problem.extension.stored);
    assert_eq!(versions, (Some(3), Some(2)));
    let path = format!("/v1/users/{}/directory", ada.user);
    let read = world.read(&ada, &path).send().await;
    assert_eq!(read.body, ada.directory(2, Some(start_of_time())));
}

#[tokio::test]
async fn a_directory_of_another_key_form_or_person_is_refused() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let publish = || {
        world
            .write(&ada, Method::POST, "/v1/auth/devices/directory")
            .header(header::IDENTITY_KEY, &ada.identity_header())
            .body("application/cbor", ada.directory(2, None))
    };
    let call = publish().with(header::IDENTITY_KEY, &bob.identity_header());
    call.send()
        .await
        .problem(403, "error.directory.identity_mismatch");
    let call = publish().without(header::IDENTITY_KEY);
    call.send()
        .await
        .problem(403, "error.directory.identity_mismatch");
    let call = publish().with("content-type", "application/json");
    call.send()
        .await
        .problem(415, "error.directory.unsupported_media_type");
    let foreign = publish()
        .without("content-type")
        .body("application/cbor", bob.directory(2, None));
    foreign
        .send()
        .await
        .problem(400, "error.directory.malformed");
    let mut trailing = ada.directory(2, None);
    trailing.push(0);
    let call = publish()
        .without("content-type")
        .body("application/cbor", trailing);
    call.send().await.problem(400, "error.directory.malformed");
    let nobody = world.read(&ada, "/v1/users/nobody/directory").send().await;
    nobody.problem(404, "error.directory.not_published");
    assert_eq!(publish().send().await.status, StatusCode::OK);
}
