//! Sessions and chunks from opening to the feed.

use crate::person::{Photo, noise};
use crate::world::{Call, OCTETS, World, uuid};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_wire::enums::{BlobRole, Change};
use gauntlet_wire::header;
use gauntlet_wire::id::{AlbumId, AssetId, Hash, UploadId};
use gauntlet_wire::json::{SessionCreated, SessionList};
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

const A: ProtocolVersion = ProtocolVersion::A;
const B: ProtocolVersion = ProtocolVersion::B;

#[tokio::test]
async fn a_whole_upload_appears_on_the_feed_with_its_exact_bytes() {
    for protocol in [A, B] {
        let world = World::new().await;
        let ada = world.person("ada", protocol).await;
        let photo = ada.photo("beach", 100_000);
        world.upload(&ada, &photo).await;

        let page = world.feed(&ada).await;
        let [entry] = page.entries.as_slice() else {
            panic!("expected one entry, got {page:?}");
        };
        assert_eq!((entry.asset_id, entry.album_id), (photo.asset, photo.album));
        assert_eq!((entry.sync_seq, entry.change), (1, Change::Created));
        assert_eq!(entry.protocol_version, protocol);
        assert!(entry.original_held && !page.has_more);
        let record = STANDARD
            .decode(entry.manifest_cbor.as_ref().unwrap())
            .unwrap();
        assert_eq!(record, photo.record);
        assert_eq!(entry.metadata_blob, Some(Hash::of(&photo.metadata)));
        for role in [BlobRole::Original, BlobRole::Metadata, BlobRole::Provenance] {
            let bytes = photo.bytes(role);
            let blob = entry.blobs.iter().find(|blob| blob.role == role).unwrap();
            assert_eq!(
                (blob.hash, blob.size),
                (Hash::of(bytes), bytes.len() as u64)
            );
            let got = world.download(&ada, blob.hash).await;
            assert_eq!(got.status, StatusCode::OK);
            assert!(got.body == bytes, "{role} reads back as it was sent");
        }
        assert_eq!(world.used(&ada).await, photo.size());
        assert!(
            world.uploads().is_empty(),
            "every file moved to its address"
        );
    }
}

#[tokio::test]
async fn a_write_appears_once_record_and_metadata_are_final_in_either_order() {
    for protocol in [A, B] {
        let world = World::new().await;
        let ada = world.person("ada", protocol).await;
        let photo = ada.photo("beach", 5000);
        world.send(&ada, &photo, BlobRole::Provenance).await;
        assert!(world.feed(&ada).await.entries.is_empty());
        world.send(&ada, &photo, BlobRole::Metadata).await;
        let awaiting = world.feed(&ada).await;
        assert_eq!(awaiting.entries.len(), 1);
        assert!(!awaiting.entries[0].original_held);
        world.send(&ada, &photo, BlobRole::Original).await;
        let complete = world.feed(&ada).await;
        assert_eq!(complete.entries.len(), 1);
        assert!(complete.entries[0].original_held);
    }
}

#[tokio::test]
async fn a_replacement_is_the_next_entry_and_shows_its_own_blobs() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let first = ada.photo("beach", 5000);
    world.upload(&ada, &first).await;
    let second = ada.replacement(first.asset, "beach again", 6000, first.link);
    world.upload(&ada, &second).await;
    let page = world.feed(&ada).await;
    let numbers: Vec<_> = page.entries.iter().map(|entry| entry.sync_seq).collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(page.entries[1].change, Change::Updated);
    for (entry, photo) in page.entries.iter().zip([&first, &second]) {
        let hashes: Vec<_> = entry.blobs.iter().map(|blob| blob.hash).collect();
        assert_eq!(hashes.len(), 3);
        assert!(hashes.contains(&Hash::of(&photo.original)));
        assert!(hashes.contains(&photo.link));
    }

    // A create does not continue the chain, and is told so before it sends a byte.
    let late = ada.record_twin(&first).create(BlobRole::Provenance);
    let refused = world.open_with(&ada, &late).await;
    let problem = refused.problem(409, "error.upload.stale_revival");
    assert_eq!(problem.extension.chain_head, Some(Some(second.link)));
}

#[tokio::test]
async fn a_record_that_lost_the_race_for_its_chain_fails_its_session() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let first = ada.photo("beach", 5000);
    let twin = ada.record_twin(&first);
    let upload = world.open(&ada, &twin, BlobRole::Provenance).await;
    world.upload(&ada, &first).await;
    let refused = world.chunk(&ada, upload, 0, &twin.record).send().await;
    let problem = refused.problem(409, "error.upload.stale_revival");
    assert_eq!(problem.extension.chain_head, Some(Some(first.link)));
    assert_eq!(world.state(&ada, upload).await.0, "FailedProcessing");
    assert_eq!(world.feed(&ada).await.entries.len(), 1);
}

/// One row of the PATCH table: what is changed in an honest chunk, and what it meets.
type Row = (&'static str, fn(Call) -> Call, u16, &'static str);

const PATCH_TABLE: &[Row] = &[
    (
        "no checksum",
        |call| call.without(header::CHECKSUM),
        400,
        "missing_checksum",
    ),
    (
        "two checksums",
        |call| call.header(header::CHECKSUM, "00"),
        400,
        "missing_checksum",
    ),
    (
        "another checksum",
        |call| call.with(header::CHECKSUM, &Hash::of(b"other").to_string()),
        400,
        "checksum_mismatch",
    ),
    (
        "no offset",
        |call| call.without(header::OFFSET),
        400,
        "missing_offset",
    ),
    (
        "a signed offset",
        |call| call.with(header::OFFSET, "+4096"),
        400,
        "missing_offset",
    ),
    (
        "an offset ahead",
        |call| call.with(header::OFFSET, "8192"),
        409,
        "offset_mismatch",
    ),
    (
        "an offset behind",
        |call| call.with(header::OFFSET, "4000"),
        409,
        "offset_mismatch",
    ),
    (
        "an accepted offset",
        |call| call.with(header::OFFSET, "0"),
        409,
        "chunk_conflict",
    ),
    (
        "another media type",
        |call| call.with("content-type", "text/plain"),
        415,
        "unsupported_media_type",
    ),
    (
        "an empty chunk",
        |call| {
            call.without("content-type")
                .with(header::CHECKSUM, &Hash::of(b"").to_string())
                .body(OCTETS, Vec::new())
        },
        400,
        "empty_chunk",
    ),
    (
        "a chunk that is not aligned",
        |call| {
            let bytes = noise("short", 4095);
            call.without("content-type")
                .with(header::CHECKSUM, &Hash::of(&bytes).to_string())
                .body(OCTETS, bytes)
        },
        400,
        "chunk_not_aligned",
    ),
    (
        "a chunk above the maximum",
        |call| {
            let bytes = noise("long", (64 << 10) + 1);
            call.without("content-type")
                .with(header::CHECKSUM, &Hash::of(&bytes).to_string())
                .body(OCTETS, bytes)
        },
        413,
        "chunk_too_large",
    ),
];

#[tokio::test]
async fn every_row_of_the_patch_table_refuses_and_changes_nothing() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 100_000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    let sent = world
        .chunk(&ada, upload, 0, &photo.original[..4096])
        .send()
        .await;
    assert_eq!(sent.header(header::OFFSET), "4096");
    let next = &photo.original[4096..8192];
    for (name, change, status, code) in PATCH_TABLE {
        let answer = change(world.chunk(&ada, upload, 4096, next)).send().await;
        let problem = answer.problem(*status, &format!("error.upload.{code}"));
        if *status == 409 {
            assert_eq!(problem.extension.offset, Some(4096), "{name}");
            assert_eq!(answer.header(header::OFFSET), "4096", "{name}");
        }
        if *status == 413 {
            assert_eq!(problem.extension.limit, Some(64 << 10), "{name}");
        }
        let state = world.state(&ada, upload).await;
        assert_eq!(state, ("Uploading".to_owned(), 4096), "{name}");
    }
    world.send_rest(&ada, upload, &photo.original, 4096).await;
    assert_eq!(world.state(&ada, upload).await.0, "Completed");
    let late = world
        .chunk(&ada, upload, 0, &photo.original[..4096])
        .send()
        .await;
    late.problem(409, "error.upload.session_not_active");
}

#[tokio::test]
async fn only_the_uploader_touches_a_session_and_unknown_ones_are_not_found() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    let path = format!("/v1/upload/{upload}");
    let chunk = world
        .chunk(&bob, upload, 0, &photo.original[..4096])
        .send()
        .await;
    chunk.problem(403, "error.upload.forbidden");
    let cancel = world.write(&bob, Method::DELETE, &path).send().await;
    cancel.problem(403, "error.upload.forbidden");
    assert_eq!(world.head(&bob, upload).await.status, StatusCode::FORBIDDEN);
    for path in [
        "/v1/upload/not-an-id".to_owned(),
        format!("/v1/upload/{}", uuid(1)),
    ] {
        let answer = world.write(&ada, Method::DELETE, &path).send().await;
        answer.problem(404, "error.upload.session_not_found");
    }
    // Even a body above the maximum tells a stranger nothing else.
    let long = noise("long", (64 << 10) + 1);
    let unknown = UploadId::new(uuid(2));
    let answer = world.chunk(&bob, unknown, 0, &long).send().await;
    answer.problem(404, "error.upload.session_not_found");
}

#[tokio::test]
async fn a_chunk_across_the_declared_size_fails_its_session_and_frees_its_quota() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    assert_eq!(world.used(&ada).await, 5000);
    world
        .chunk(&ada, upload, 0, &photo.original[..4096])
        .send()
        .await;
    let long = noise("more", 905);
    let answer = world.chunk(&ada, upload, 4096, &long).send().await;
    answer.problem(400, "error.upload.size_exceeded");
    assert_eq!(world.state(&ada, upload).await.0, "FailedProcessing");
    assert_eq!(world.used(&ada).await, 0);
    assert!(world.uploads().is_empty());
    // The same bytes can be sent in a new session.
    world.send(&ada, &photo, BlobRole::Original).await;
}

#[tokio::test]
async fn a_repeated_chunk_gets_the_answer_again_and_writes_nothing() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 20_000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    let first = &photo.original[..4096];
    let repeats = (0..8).map(|_| world.chunk(&ada, upload, 0, first).send());
    for answer in futures_util::future::join_all(repeats).await {
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.header(header::OFFSET), "4096");
    }
    world
        .chunk(&ada, upload, 4096, &photo.original[4096..8192])
        .send()
        .await;
    let late = world.chunk(&ada, upload, 0, first).send().await;
    assert_eq!(late.status, StatusCode::NO_CONTENT);
    assert_eq!(world.state(&ada, upload).await.1, 8192);
    world.send_rest(&ada, upload, &photo.original, 8192).await;
}

#[tokio::test]
async fn of_many_that_send_the_last_chunk_one_finalizes() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 3000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    let last = (0..8).map(|_| world.chunk(&ada, upload, 0, &photo.original).send());
    let answers = futures_util::future::join_all(last).await;
    let done = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::NO_CONTENT)
        .count();
    assert_eq!(done, 1);
    for answer in answers
        .iter()
        .filter(|answer| answer.status != StatusCode::NO_CONTENT)
    {
        answer.problem(409, "error.upload.session_not_active");
    }
    assert_eq!(world.used(&ada).await, 3000);
}

#[tokio::test]
async fn an_active_duplicate_is_resumed_and_a_finished_one_is_named() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 10_000);
    let body = photo.create(BlobRole::Original);
    let opens = (0..32).map(|_| world.open_with(&ada, &body));
    let answers = futures_util::future::join_all(opens).await;
    let created = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED)
        .count();
    assert_eq!(created, 1);
    let upload = serde_json::from_slice::<SessionCreated>(&answers[0].body)
        .unwrap()
        .id;
    for answer in &answers {
        assert!(answer.status.is_success());
        assert_eq!(answer.header("location"), format!("/v1/upload/{upload}"));
    }
    let list = world.read(&ada, "/v1/upload/sessions").send().await;
    assert_eq!(list.json::<SessionList>(StatusCode::OK).sessions.len(), 1);
    assert_eq!(world.used(&ada).await, 10_000);
    world
        .chunk(&ada, upload, 0, &photo.original[..4096])
        .send()
        .await;
    let resumed = world.open_with(&ada, &body).await;
    assert_eq!(resumed.json::<SessionCreated>(StatusCode::OK).id, upload);
    assert_eq!(resumed.header(header::OFFSET), "4096");
    assert_eq!(resumed.header("location"), format!("/v1/upload/{upload}"));
    assert_eq!(world.used(&ada).await, 10_000);

    world.send_rest(&ada, upload, &photo.original, 4096).await;
    let finished = world.open_with(&ada, &body).await;
    let problem = finished.problem(409, "error.upload.duplicate_blob");
    assert_eq!(problem.extension.existing_asset, Some(photo.asset));
}

#[tokio::test]
async fn bytes_that_are_not_the_declared_ones_fail_the_session() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    let other = noise("other", 5000);
    let answer = world.chunk(&ada, upload, 0, &other).send().await;
    answer.problem(400, "error.upload.content_hash_mismatch");
    assert_eq!(world.state(&ada, upload).await.0, "FailedProcessing");
    assert_eq!(world.used(&ada).await, 0);
    let blob = world.download(&ada, Hash::of(&other)).await;
    blob.problem(404, "error.blob.not_found");
}

#[tokio::test]
async fn a_device_revoked_during_the_upload_does_not_finish_it() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    let revoked = world
        .publish(&ada, 2, Some(crate::world::start_of_time()))
        .await;
    assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.text());
    let answer = world.chunk(&ada, upload, 0, &photo.original).send().await;
    answer.problem(400, "error.upload.envelope_rejected");
    assert_eq!(world.state(&ada, upload).await.0, "FailedProcessing");
    let opened = world
        .open_with(&ada, &photo.create(BlobRole::Metadata))
        .await;
    opened.problem(403, "error.upload.device_not_authorized");
}

#[tokio::test]
async fn an_expired_session_is_as_if_it_had_never_been() {
    let world = World::new().await;
    let mut ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 10_000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    world
        .chunk(&ada, upload, 0, &photo.original[..4096])
        .send()
        .await;
    world.advance(world.policy.session_lifetime - SignedDuration::from_secs(1));
    world.refresh(&mut ada).await;
    assert_eq!(world.state(&ada, upload).await.1, 4096);
    world.advance(SignedDuration::from_secs(1));
    world.refresh(&mut ada).await;
    assert_eq!(world.head(&ada, upload).await.status, StatusCode::NOT_FOUND);
    let chunk = world
        .chunk(&ada, upload, 4096, &photo.original[4096..8192])
        .send()
        .await;
    chunk.problem(404, "error.upload.session_not_found");
    assert_eq!(world.used(&ada).await, 0);
    let list = world.read(&ada, "/v1/upload/sessions").send().await;
    assert!(list.json::<SessionList>(StatusCode::OK).sessions.is_empty());
    let pending = world.download(&ada, Hash::of(&photo.original)).await;
    pending.problem(404, "error.blob.not_found");

    let again = world.open(&ada, &photo, BlobRole::Original).await;
    assert_ne!(again, upload);
    assert!(
        world.uploads().is_empty(),
        "the expired session's bytes are gone"
    );
    world.send_rest(&ada, again, &photo.original, 0).await;
}

#[tokio::test]
async fn sessions_are_listed_oldest_first_filtered_and_cancelled() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let first = world.open(&ada, &photo, BlobRole::Original).await;
    world.advance(SignedDuration::from_secs(1));
    let second = world.open(&ada, &photo, BlobRole::Metadata).await;
    world
        .chunk(&ada, first, 0, &photo.original[..4096])
        .send()
        .await;
    let list = async |query: &str| {
        let path = format!("/v1/upload/sessions{query}");
        let answer = world.read(&ada, &path).send().await;
        let list: SessionList = answer.json(StatusCode::OK);
        list.sessions
            .iter()
            .map(|session| session.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(list("").await, [first, second]);
    assert_eq!(list("?status=Uploading").await, [first]);
    assert_eq!(list("?status=Pending").await, [second]);
    assert!(list("?status=Completed").await.is_empty());
    for bad in [
        "?status=uploading",
        "?status=",
        "?status=Pending&status=Pending",
    ] {
        let path = format!("/v1/upload/sessions{bad}");
        let answer = world.read(&ada, &path).send().await;
        answer.problem(400, "error.upload.invalid_status_filter");
    }
    let path = format!("/v1/upload/{first}");
    let cancelled = world.write(&ada, Method::DELETE, &path).send().await;
    assert_eq!(cancelled.status, StatusCode::NO_CONTENT);
    assert_eq!(list("").await, [second]);
    assert_eq!(world.used(&ada).await, 333);
    assert!(world.uploads().is_empty());
}

#[tokio::test]
async fn the_quota_admits_up_to_its_limit_and_dedups_blobs() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 1 << 20);
    let body = photo.create(BlobRole::Original);
    let mut long = body.clone();
    long.size += 1;
    world
        .open_with(&ada, &long)
        .await
        .problem(413, "error.upload.file_too_large");
    world.open(&ada, &photo, BlobRole::Original).await;
    let more = world
        .open_with(&ada, &photo.create(BlobRole::Metadata))
        .await;
    more.problem(403, "error.quota.exceeded");

    // The same bytes in two albums are charged once.
    let bob = world.person("bob", B).await;
    let small = bob.photo("small", 5000);
    world.send(&bob, &small, BlobRole::Original).await;
    let other = AlbumId::new(uuid(77));
    world.create_album(&bob, other).await;
    let mut core = small.core.clone();
    core.album_id = other;
    core.file_id = AssetId::new(uuid(78));
    let again = Photo {
        album: other,
        core,
        ..small.clone()
    };
    world.send(&bob, &again, BlobRole::Original).await;
    assert_eq!(world.used(&bob).await, 5000);
}

#[tokio::test]
async fn a_malformed_body_never_opens_a_session() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let honest =
        serde_json::to_string(&ada.photo("beach", 5000).create(BlobRole::Original)).unwrap();
    for body in [
        String::new(),
        "{}".to_owned(),
        honest.replacen("{\"size\"", "{\"received_at\":1,\"size\"", 1),
        honest.replacen("{\"size\"", "{\"size\":5000,\"size\"", 1),
        format!("{honest} "),
        format!("{honest}x"),
    ] {
        let call = world.write(&ada, Method::POST, "/v1/upload");
        let answer = call.json(body.clone()).send().await;
        if body.ends_with(' ') {
            assert_eq!(answer.status, StatusCode::CREATED);
        } else {
            answer.problem(400, "error.upload.malformed_request");
        }
    }
}
