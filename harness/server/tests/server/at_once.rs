//! What many ask for at once.

use crate::world::World;
use futures_util::future::join_all;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::UploadId;
use gauntlet_wire::json::SessionCreated;
use gauntlet_wire::version::ProtocolVersion;
use reqwest::StatusCode;

const OPENINGS: usize = 32;

/// The session that many openings at once are given, and the one that is opened after it.
async fn opened() -> [UploadId; 2] {
    let world = World::new().await;
    let ada = world.person("ada", ProtocolVersion::B).await;
    let (photo, next) = (ada.photo("beach", 5000), ada.photo("next", 5000));
    let body = photo.create(BlobRole::Original);
    let answers = join_all((0..OPENINGS).map(|_| world.open_with(&ada, &body))).await;
    let created = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(created.count(), 1);
    let ids: Vec<UploadId> = answers
        .iter()
        .map(|answer| answer.json::<SessionCreated>(answer.status).id)
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(world.used(&ada).await, 5000);
    [ids[0], world.open(&ada, &next, BlobRole::Original).await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_opening_is_first_draws_the_first_id() {
    let first = opened().await;
    for _ in 0..4 {
        assert_eq!(opened().await, first);
    }
}
