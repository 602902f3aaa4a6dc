//! The upgrade ceremony end to end.

use crate::op::in_a_month;
use crate::person::Person;
use crate::world::{Answer, World, uuid};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::id::{AlbumId, Hash, IntentId};
use gauntlet_wire::intent::{IntentCore, UpgradeIntent};
use gauntlet_wire::json::{CompleteUpgrade, UpgradeCompleted, UpgradeStatus};
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

const A: ProtocolVersion = ProtocolVersion::A;
const B: ProtocolVersion = ProtocolVersion::B;
const HOUR: u32 = 3600;

fn intent_id(number: u128) -> IntentId {
    IntentId::new(uuid(number))
}

fn path(album: AlbumId) -> String {
    format!("/v1/albums/{album}/upgrade")
}

fn intent(ada: &Person, number: u128) -> Vec<u8> {
    let core = IntentCore {
        album_id: ada.album,
        from_version: A,
        to_version: B,
        intent_id: intent_id(number),
        proposer_device: ada.device,
        deadline_seconds: HOUR,
    };
    let signature = ada.device_key.sign(&core.signed_bytes());
    let intent = UpgradeIntent { core, signature };
    Canonical::encode(intent).unwrap().into_bytes()
}

async fn propose(world: &World, ada: &Person, document: Vec<u8>) -> Answer {
    let call = world.write(ada, Method::POST, &path(ada.album));
    call.body("application/cbor", document).send().await
}

async fn status(world: &World, ada: &Person) -> UpgradeStatus {
    let answer = world.read(ada, &path(ada.album)).send().await;
    answer.json(StatusCode::OK)
}

async fn end(world: &World, ada: &Person, query: &str) -> Answer {
    let path = format!("{}{query}", path(ada.album));
    world.write(ada, Method::DELETE, &path).send().await
}

/// An album of the version that the upgrade leads to.
async fn successor(world: &World, ada: &Person) -> AlbumId {
    let album = AlbumId::new(uuid(77));
    let body = serde_json::json!({ "album_id": album }).to_string();
    let call = world.write(ada, Method::POST, "/v1/albums");
    let answer = call.with(header::PROTOCOL, B.as_str()).json(body);
    assert_eq!(answer.send().await.status, StatusCode::OK);
    album
}

async fn complete(world: &World, ada: &Person, successor: AlbumId, state: &[u8]) -> Answer {
    let body = CompleteUpgrade {
        intent_id: intent_id(1),
        frozen_state_hash: Hash::of(state),
        successor_album_id: successor,
    };
    let path = format!("{}/complete", path(ada.album));
    let call = world.write(ada, Method::POST, &path);
    call.json(serde_json::to_string(&body).unwrap())
        .send()
        .await
}

#[tokio::test]
async fn while_an_intent_lives_only_writes_that_name_it_are_taken() {
    let mut world = World::new().await;
    let ada = world.person("ada", A).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let open = ada.photo("open", 5000);
    let upload = world.open(&ada, &open, BlobRole::Original).await;
    assert_eq!(status(&world, &ada).await.intent_id, None);
    let document = intent(&ada, 1);
    let proposed = propose(&world, &ada, document.clone()).await;
    let proposed: UpgradeStatus = proposed.json(StatusCode::OK);
    assert_eq!(proposed.intent_id, Some(intent_id(1)));
    assert_eq!(
        (proposed.to_protocol_version, proposed.in_flight),
        (Some(B), 1)
    );
    world.lose_power().await;
    assert_eq!(status(&world, &ada).await, proposed);
    // The same intent again is that one; another has to wait.
    let again = propose(&world, &ada, document).await;
    assert_eq!(again.json::<UpgradeStatus>(StatusCode::OK), proposed);
    let other = propose(&world, &ada, intent(&ada, 2)).await;
    let problem = other.problem(409, "error.album.upgrade_in_flight");
    assert_eq!(problem.extension.intent_id, Some(intent_id(1)));

    let late = ada.photo("late", 5000);
    let mut body = late.create(BlobRole::Original);
    let delete = ada.delete(&photo.head(), in_a_month());
    for named in [None, Some(intent_id(2))] {
        body.intent_id = named.map(|id| id.to_string());
        let refused = world.open_with(&ada, &body).await;
        let problem = refused.problem(409, "error.upload.album_quiescing");
        assert_eq!(problem.extension.intent_id, Some(intent_id(1)));
        let query = named.map_or_else(String::new, |id| format!("?intent_id={id}"));
        let refused = world.op_call(&ada, &delete).query(&query).send().await;
        let problem = refused.problem(409, "error.upload.album_quiescing");
        assert_eq!(problem.extension.intent_id, Some(intent_id(1)));
    }
    let query = format!("?intent_id={}", intent_id(1));
    let taken = world.op_call(&ada, &delete).query(&query).send().await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    body.intent_id = Some(intent_id(1).to_string());
    assert_eq!(
        world.open_with(&ada, &body).await.status,
        StatusCode::CREATED
    );
    assert_eq!(status(&world, &ada).await.in_flight, 2);
    // What was open before runs to its end.
    world.send_rest(&ada, upload, &open.original, 0).await;
    assert_eq!(status(&world, &ada).await.in_flight, 1);
}

#[tokio::test]
async fn an_intent_ends_by_its_id_or_its_time_and_never_comes_back() {
    let mut world = World::new().await;
    let mut ada = world.person("ada", A).await;
    propose(&world, &ada, intent(&ada, 1)).await;
    for wrong in ["", "?intent_id=x", &format!("?intent_id={}", intent_id(2))] {
        let refused = end(&world, &ada, wrong).await;
        refused.problem(404, "error.album.upgrade_not_found");
    }
    let twice = format!("?intent_id={0}&intent_id={0}", intent_id(1));
    let refused = end(&world, &ada, &twice).await;
    refused.problem(400, "error.request.malformed");
    let query = format!("?intent_id={}", intent_id(1));
    let ended = end(&world, &ada, &query).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    world.restart().await;
    assert_eq!(status(&world, &ada).await.intent_id, None);
    let again = propose(&world, &ada, intent(&ada, 1)).await;
    again.problem(403, "error.album.upgrade_proposer");

    let proposed = propose(&world, &ada, intent(&ada, 3)).await;
    assert_eq!(proposed.status, StatusCode::OK);
    world.advance(SignedDuration::from_secs(i64::from(HOUR)));
    world.refresh(&mut ada).await;
    assert_eq!(status(&world, &ada).await.intent_id, None);
    let late = end(&world, &ada, &format!("?intent_id={}", intent_id(3))).await;
    late.problem(404, "error.album.upgrade_not_found");
    let again = propose(&world, &ada, intent(&ada, 3)).await;
    again.problem(403, "error.album.upgrade_proposer");
    world.upload(&ada, &ada.photo("beach", 5000)).await;
    let next = propose(&world, &ada, intent(&ada, 4)).await;
    assert_eq!(next.status, StatusCode::OK);
}

#[tokio::test]
async fn a_completed_upgrade_freezes_the_album_for_good() {
    let mut world = World::new().await;
    let mut ada = world.person("ada", A).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let next = successor(&world, &ada).await;
    complete(&world, &ada, next, b"state")
        .await
        .problem(404, "error.album.upgrade_not_found");
    let open = ada.photo("open", 5000);
    let upload = world.open(&ada, &open, BlobRole::Original).await;
    propose(&world, &ada, intent(&ada, 1)).await;
    complete(&world, &ada, next, b"state")
        .await
        .problem(409, "error.upload.album_quiescing");
    world.send_rest(&ada, upload, &open.original, 0).await;
    let unfit = complete(&world, &ada, AlbumId::new(uuid(78)), b"state").await;
    unfit.problem(403, "error.upload.album_access_denied");
    let first = complete(&world, &ada, next, b"state").await;
    let first: UpgradeCompleted = first.json(StatusCode::OK);
    assert_eq!(
        (first.album_id, first.successor_album_id),
        (ada.album, next)
    );
    world.lose_power().await;
    let again = complete(&world, &ada, next, b"state").await;
    assert_eq!(again.json::<UpgradeCompleted>(StatusCode::OK), first);
    let other = complete(&world, &ada, next, b"other").await;
    let problem = other.problem(409, "error.upload.album_quiescing");
    assert_eq!(problem.extension.intent_id, Some(intent_id(1)));

    world.advance(SignedDuration::from_hours(24));
    world.refresh(&mut ada).await;
    let mut body = ada.photo("late", 5000).create(BlobRole::Original);
    body.intent_id = Some(intent_id(1).to_string());
    let refused = world.open_with(&ada, &body).await;
    refused.problem(409, "error.upload.album_quiescing");
    let delete = ada.delete(&photo.head(), in_a_month());
    let query = format!("?intent_id={}", intent_id(1));
    let refused = world.op_call(&ada, &delete).query(&query).send().await;
    refused.problem(409, "error.upload.album_quiescing");
    let refused = propose(&world, &ada, intent(&ada, 2)).await;
    refused.problem(409, "error.upload.album_quiescing");
    assert_eq!(world.feed(&ada).await.entries.len(), 1);
    let got = world.download(&ada, Hash::of(&photo.original)).await;
    assert!(got.body == photo.original);
}

#[tokio::test]
async fn an_upgrade_is_its_owners_alone_and_its_intent_signed() {
    let world = World::new().await;
    let ada = world.person("ada", A).await;
    let bob = world.person("bob", A).await;
    let eve = Person::new("eve", ada.user, ada.token.clone(), A);
    let forged = {
        let core = IntentCore {
            album_id: ada.album,
            from_version: A,
            to_version: B,
            intent_id: intent_id(1),
            proposer_device: ada.device,
            deadline_seconds: HOUR,
        };
        let signature = eve.device_key.sign(&core.signed_bytes());
        Canonical::encode(UpgradeIntent { core, signature }).unwrap()
    };
    let refused = propose(&world, &ada, forged.into_bytes()).await;
    refused.problem(403, "error.album.upgrade_proposer");
    let call = world.write(&bob, Method::POST, &path(ada.album));
    let foreign = call.body("application/cbor", intent(&ada, 1)).send().await;
    foreign.problem(403, "error.album.upgrade_proposer");
    let mut trailing = intent(&ada, 1);
    trailing.push(0);
    let refused = propose(&world, &ada, trailing).await;
    refused.problem(400, "error.album.upgrade_malformed");
    let long = propose(&world, &ada, vec![0; (4 << 10) + 1]).await;
    long.problem(413, "error.request.too_large");
    let looked = world.read(&bob, &path(ada.album)).send().await;
    looked.problem(404, "error.album.upgrade_not_found");
    let call = world.write(&ada, Method::POST, &format!("{}/complete", path(ada.album)));
    let strict = call.json("{\"intent_id\":1}".to_owned()).send().await;
    strict.problem(400, "error.request.malformed");
    assert_eq!(status(&world, &ada).await.intent_id, None);
}
