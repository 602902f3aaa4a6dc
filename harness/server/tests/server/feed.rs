//! Pages and cursors.

use crate::world::World;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::json::SyncPage;
use gauntlet_wire::version::ProtocolVersion;
use reqwest::StatusCode;

const B: ProtocolVersion = ProtocolVersion::B;

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    for name in ["one", "two", "three"] {
        world.upload(&ada, &ada.photo(name, 2000)).await;
    }
    let mut path = "/v1/sync?page_size=2".to_owned();
    let mut seen = Vec::new();
    for (entries, has_more) in [(2, true), (1, false), (0, false)] {
        let page: SyncPage = world.read(&ada, &path).send().await.json(StatusCode::OK);
        assert_eq!((page.entries.len(), page.has_more), (entries, has_more));
        seen.extend(page.entries.iter().map(|entry| entry.sync_seq));
        path = format!("/v1/sync?page_size=2&cursor={}", page.next_cursor);
        // Cursors outlive the process that issued them.
        world.restart().await;
    }
    assert_eq!(seen, [1, 2, 3]);
    world.upload(&ada, &ada.photo("four", 2000)).await;
    let page: SyncPage = world.read(&ada, &path).send().await.json(StatusCode::OK);
    assert_eq!(page.entries[0].sync_seq, 4);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_caller_and_album_alone() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    world.upload(&ada, &ada.photo("beach", 2000)).await;
    let cursor = world.feed(&ada).await.next_cursor;
    let path = format!("/v1/sync?cursor={cursor}");
    let own = world.read(&ada, &path).send().await;
    assert_eq!(own.status, StatusCode::OK);
    let other = world.read(&bob, &path).send().await;
    other.problem(400, "error.sync.cursor_invalid");
    let scoped = format!("{path}&album_id={}", ada.album);
    let other = world.read(&ada, &scoped).send().await;
    other.problem(400, "error.sync.cursor_invalid");
    for bad in ["", "AAAA", &cursor[1..], &format!("{cursor}A")] {
        let path = format!("/v1/sync?cursor={bad}");
        let answer = world.read(&ada, &path).send().await;
        answer.problem(400, "error.sync.cursor_invalid");
    }
}

#[tokio::test]
async fn a_feed_shows_its_owners_albums_only() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let bob = world.person("bob", B).await;
    world.upload(&ada, &ada.photo("beach", 2000)).await;
    world.upload(&bob, &bob.photo("lake", 2000)).await;
    for (person, number) in [(&ada, 1), (&bob, 2)] {
        let page = world.feed(person).await;
        let numbers: Vec<_> = page.entries.iter().map(|entry| entry.sync_seq).collect();
        assert_eq!(numbers, [number]);
        let path = format!("/v1/sync?album_id={}", person.album);
        let album: SyncPage = world.read(person, &path).send().await.json(StatusCode::OK);
        assert_eq!(album.entries, page.entries);
    }
    let absent = AlbumId::new(crate::world::uuid(9));
    for album in [bob.album, absent] {
        let path = format!("/v1/sync?album_id={album}");
        let answer = world.read(&ada, &path).send().await;
        answer.problem(403, "error.sync.album_access_denied");
    }
}

#[tokio::test]
async fn a_page_size_outside_its_bounds_is_malformed() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    for good in ["1", "1000"] {
        let path = format!("/v1/sync?page_size={good}");
        assert_eq!(world.read(&ada, &path).send().await.status, StatusCode::OK);
    }
    for bad in [
        "0",
        "1001",
        "-1",
        "+1",
        "01",
        "",
        "x",
        "99999999999999999999",
        "1&page_size=1",
    ] {
        let path = format!("/v1/sync?page_size={bad}");
        let answer = world.read(&ada, &path).send().await;
        answer.problem(400, "error.request.malformed");
    }
}
