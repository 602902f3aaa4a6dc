//! The states of a quota, and what each still takes.

use crate::op::in_a_month;
use crate::person::noise;
use crate::world::{World, small_policy};
use gauntlet_server::Contract;
use gauntlet_validator::server::Policy;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::json::Quota;
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;
use reqwest::StatusCode;
use std::sync::Arc;

const B: ProtocolVersion = ProtocolVersion::B;

#[tokio::test]
async fn an_account_above_its_limit_is_warned_then_stopped_then_locked() {
    let policy = Policy {
        quota_soft_limit: Some(20_000),
        quota_hard_limit: Some(32_000),
        ..small_policy()
    };
    let mut world = World::with(policy, Arc::new(Contract)).await;
    let mut ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let mut states = vec![state(&world, &ada).await];
    let mut head = photo.head();
    for number in 0..4 {
        let update = ada.update(&head, noise(&number.to_string(), 400));
        world.op(&ada, &update).await;
        head = update.head();
        states.push(state(&world, &ada).await);
    }
    // Metadata grows on for the time of the grace.
    let expected = [
        "ok",
        "soft_warning",
        "soft_warning",
        "hard_exceeded",
        "hard_exceeded",
    ];
    assert_eq!(states, expected);
    let other = ada.photo("lake", 100);
    let refused = world
        .open_with(&ada, &other.create(BlobRole::Original))
        .await;
    refused.problem(403, "error.quota.exceeded");

    world.advance(world.policy.quota_grace);
    world.refresh(&mut ada).await;
    assert_eq!(state(&world, &ada).await, "hard_exceeded");
    world.advance(SignedDuration::from_secs(1));
    world.lose_power().await;
    assert_eq!(state(&world, &ada).await, "grace_expired");
    let update = ada.update(&head, noise("more", 400));
    let refused = world.try_op(&ada, &update).await;
    refused.problem(403, "error.quota.grace_locked");
    // Deleting and restoring is always taken.
    let delete = ada.delete(&head, in_a_month() + world.policy.quota_grace);
    world.op(&ada, &delete).await;
    world.op(&ada, &ada.restore(&delete.head())).await;
}

#[tokio::test]
async fn the_grace_begins_with_the_op_that_crossed_the_limit() {
    let policy = Policy {
        quota_hard_limit: Some(16_000),
        ..small_policy()
    };
    let world = World::with(policy, Arc::new(Contract)).await;
    let mut ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let update = ada.update(&photo.head(), noise("caption", 400));
    world.op(&ada, &update).await;
    world.advance(world.policy.quota_grace + SignedDuration::from_secs(1));
    world.refresh(&mut ada).await;
    let late = ada.update(&update.head(), noise("more", 400));
    let refused = world.try_op(&ada, &late).await;
    refused.problem(403, "error.quota.grace_locked");
}

#[tokio::test]
async fn the_grace_begins_anew_once_an_account_was_below_its_limit() {
    let mut world = World::new().await;
    let mut ada = world.person("ada", B).await;
    world.upload(&ada, &ada.photo("beach", 5000)).await;
    let limits = [Some(1000), Some(1 << 20), Some(1000)];
    let grace = world.policy.quota_grace;
    for (limit, expected) in limits
        .into_iter()
        .zip(["hard_exceeded", "ok", "hard_exceeded"])
    {
        world.policy.quota_hard_limit = limit;
        world.policy.quota_soft_limit = None;
        world.restart().await;
        assert_eq!(state(&world, &ada).await, expected);
        world.advance(grace - SignedDuration::from_secs(1));
        world.refresh(&mut ada).await;
        assert_eq!(state(&world, &ada).await, expected);
    }
}

async fn state(world: &World, ada: &crate::person::Person) -> String {
    let quota = world.read(ada, "/v1/quota").send().await;
    quota.json::<Quota>(StatusCode::OK).state
}
