//! Departures from honest operations.

use crate::op::{Op, in_a_month};
use crate::person::{Head, Person, noise};
use crate::world::{Call, World, start_of_time};
use gauntlet_wire::enums::Action;
use gauntlet_wire::header;
use gauntlet_wire::id::Hash;
use gauntlet_wire::time;
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;

const B: ProtocolVersion = ProtocolVersion::B;

/// One way to depart from an honest op, and what it meets.
struct Departure {
    name: &'static str,
    call: fn(&World, &Person, &Head) -> Call,
    status: u16,
    code: &'static str,
}

const fn departs(
    name: &'static str,
    call: fn(&World, &Person, &Head) -> Call,
    status: u16,
    code: &'static str,
) -> Departure {
    Departure {
        name,
        call,
        status,
        code,
    }
}

pub(crate) fn updated(ada: &Person, head: &Head) -> Op {
    ada.update(head, noise("caption", 400))
}

/// The honest delete with another signature on its record.
fn signed_by(ada: &Person, head: &Head, signer: &Person) -> Op {
    let mut op = ada.delete(head, in_a_month());
    op.record = signer.record(op.core.clone());
    op
}

const DEPARTURES: &[Departure] = &[
    departs(
        "a metadata update without a schema",
        |world, ada, head| {
            world
                .op_call(ada, &updated(ada, head))
                .without(header::SIDECAR_SCHEMA)
        },
        400,
        "error.request.malformed",
    ),
    departs(
        "a schema above the newest",
        |world, ada, head| {
            world
                .op_call(ada, &updated(ada, head))
                .with(header::SIDECAR_SCHEMA, "2")
        },
        400,
        "error.upload.unknown_sidecar_schema",
    ),
    departs(
        "a metadata blob that the manifest does not commit to",
        |world, ada, head| {
            let mut op = updated(ada, head);
            op.metadata = Some(noise("other", 400));
            world.op_call(ada, &op)
        },
        400,
        "error.upload.envelope_mismatch",
    ),
    departs(
        "a metadata update without its blob",
        |world, ada, head| {
            let mut op = updated(ada, head);
            op.metadata = None;
            world.op_call(ada, &op)
        },
        400,
        "error.upload.envelope_rejected",
    ),
    departs(
        "an action of uploads",
        |world, ada, head| {
            let metadata = noise("caption", 400);
            let op = ada.op(head, Action::Replace, |core| {
                core.b.as_mut().unwrap().metadata_blob_hash = Some(Hash::of(&metadata));
            });
            world.op_call(ada, &op)
        },
        400,
        "error.upload.invalid_action",
    ),
    departs(
        "signatures of another's keys",
        |world, ada, head| {
            let eve = Person::new("eve", ada.user, String::new(), B);
            world.op_call(ada, &signed_by(ada, head, &eve))
        },
        400,
        "error.upload.envelope_rejected",
    ),
    departs(
        "an epoch that nothing attests",
        |world, ada, head| {
            let op = ada.op(head, Action::Delete, |core| {
                core.amk_version = 2;
                core.retention_until = Some(time::Timestamp::from_instant(in_a_month()));
            });
            world.op_call(ada, &op)
        },
        400,
        "error.upload.amk_regressed",
    ),
    departs(
        "a timestamp out of range",
        |world, ada, head| {
            let op = ada.op(head, Action::Delete, |core| {
                core.timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
                core.retention_until = Some("2099-02-01T00:00:00Z".parse().unwrap());
            });
            world.op_call(ada, &op)
        },
        400,
        "error.upload.timestamp_out_of_range",
    ),
    departs(
        "a retention below the floor",
        |world, ada, head| {
            let soon = start_of_time() + SignedDuration::from_hours(1);
            world.op_call(ada, &ada.delete(head, soon))
        },
        400,
        "error.upload.envelope_rejected",
    ),
    departs(
        "a restore of what is not deleted",
        |world, ada, head| world.op_call(ada, &ada.restore(head)),
        409,
        "error.upload.stale_revival",
    ),
    departs(
        "a derivative that is not held",
        |world, ada, head| world.op_call(ada, &ada.thumbnail(head, &noise("never sent", 10), None)),
        400,
        "error.upload.envelope_rejected",
    ),
    departs(
        "a derivative op without its manifest",
        |world, ada, head| {
            let mut op = ada.thumbnail(head, &noise("never sent", 10), None);
            op.derivative = None;
            world.op_call(ada, &op)
        },
        400,
        "error.upload.envelope_rejected",
    ),
    departs(
        "a prior that is not the head",
        |world, ada, head| {
            let stale = Head {
                link: Hash::of(b"elsewhere"),
                ..head.clone()
            };
            world.op_call(ada, &ada.delete(&stale, in_a_month()))
        },
        409,
        "error.upload.stale_revival",
    ),
    departs(
        "an envelope that says something else",
        |world, ada, head| {
            let op = ada.delete(head, in_a_month());
            let mut body = op.body();
            body.manifest_envelope.client_version = "other".to_owned();
            world
                .op_call(ada, &op)
                .without("content-type")
                .json(serde_json::to_string(&body).unwrap())
        },
        400,
        "error.upload.envelope_mismatch",
    ),
    departs(
        "a forged field of the server",
        |world, ada, head| {
            let op = ada.delete(head, in_a_month());
            let body = serde_json::to_string(&op.body()).unwrap();
            let forged = body.replacen('{', "{\"sync_seq\":99,", 1);
            world.op_call(ada, &op).without("content-type").json(forged)
        },
        400,
        "error.upload.malformed_request",
    ),
    departs(
        "base64 that is none",
        |world, ada, head| {
            let op = ada.delete(head, in_a_month());
            let mut body = op.body();
            body.manifest_cbor.insert(0, '-');
            world
                .op_call(ada, &op)
                .without("content-type")
                .json(serde_json::to_string(&body).unwrap())
        },
        400,
        "error.upload.malformed_request",
    ),
];

#[tokio::test]
async fn every_departure_from_an_honest_op_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    world.upload(&ada, &photo).await;
    let before = (world.feed(&ada).await.entries, world.used(&ada).await);
    for departure in DEPARTURES {
        let answer = (departure.call)(&world, &ada, &photo.head()).send().await;
        assert_eq!(
            answer.status,
            departure.status,
            "{}: {}",
            departure.name,
            answer.text()
        );
        answer.problem(departure.status, departure.code);
        let after = (world.feed(&ada).await.entries, world.used(&ada).await);
        assert_eq!(after, before, "{}", departure.name);
    }
    // The same head takes the honest op.
    world.op(&ada, &updated(&ada, &photo.head())).await;
}
