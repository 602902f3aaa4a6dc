//! The answers to a client's own writes.

use crate::world::{album, hash, other_album, version};
use gauntlet_validator::receiver::{
    Policy, QueuedWrite, Released, UpgradeEnd, WriteAnswer, WriteFate, release, write_fate,
};
use gauntlet_wire::id::IntentId;
use gauntlet_wire::problem::{Problem, ProblemExtension};
use gauntlet_wire::version::{Formats, ProtocolVersion};

fn intent() -> IntentId {
    IntentId::from_slice(&[0x1d; 16]).unwrap()
}

/// The fate of a write that was refused so.
fn refused(status: u16, code: &str, extension: ProblemExtension) -> WriteFate {
    write_fate(&WriteAnswer::Refused(Box::new(Problem {
        kind: "about:blank".to_owned(),
        title: "refused".to_owned(),
        status,
        detail: None,
        instance: None,
        code: code.to_owned(),
        extension,
    })))
}

fn plainly(status: u16, code: &str) -> WriteFate {
    refused(status, code, ProblemExtension::default())
}

#[test]
fn inv13_the_same_bytes_go_out_again_only_where_nobody_judged_them() {
    assert_eq!(write_fate(&WriteAnswer::Lost), WriteFate::Resend);
    for status in [408, 500, 502, 503] {
        assert_eq!(plainly(status, "error.unexpected"), WriteFate::Resend);
    }
    for status in [400, 401, 403, 404, 409, 413, 422, 426, 429] {
        assert_ne!(
            plainly(status, "error.request.failed"),
            WriteFate::Resend,
            "{status}"
        );
    }
    assert_eq!(write_fate(&WriteAnswer::Taken), WriteFate::Done);
}

#[test]
fn inv03_an_unsupported_client_stops() {
    assert_eq!(
        plainly(426, "error.protocol.version_unsupported"),
        WriteFate::Stop
    );
}

#[test]
fn row06_the_loser_of_a_race_is_made_anew_over_the_head() {
    let extension = ProblemExtension {
        chain_head: Some(Some(hash(7))),
        ..ProblemExtension::default()
    };
    let head = Some(hash(7));
    assert_eq!(
        refused(409, "error.upload.stale_revival", extension),
        WriteFate::Rebase { head }
    );
}

#[test]
fn a_throttled_write_waits_as_long_as_it_is_told() {
    let extension = ProblemExtension {
        retry_after: Some(1_800_000_000),
        ..ProblemExtension::default()
    };
    let at = Some(1_800_000_000);
    assert_eq!(
        refused(429, "error.request.failed", extension),
        WriteFate::Later { at }
    );
}

#[test]
fn every_other_refusal_is_shown_by_its_code() {
    let code = "error.upload.device_not_authorized".to_owned();
    assert_eq!(plainly(403, &code), WriteFate::Surface { code });
    let code = "error.upload.duplicate_blob".to_owned();
    assert_eq!(plainly(409, &code), WriteFate::Surface { code });
}

#[test]
fn row18_a_write_under_an_upgrade_is_parked() {
    let extension = ProblemExtension {
        intent_id: Some(intent()),
        ..ProblemExtension::default()
    };
    let intent = Some(intent());
    let fate = refused(409, "error.upload.album_quiescing", extension);
    assert_eq!(fate, WriteFate::AwaitUpgrade { intent });
}

fn parked() -> Vec<QueuedWrite> {
    let write = |fill| QueuedWrite {
        album: album(),
        protocol: version(Formats::A),
        payload: hash(fill),
    };
    vec![write(1), write(2), write(3)]
}

#[test]
fn row18_after_the_upgrade_every_parked_write_goes_to_the_successor_in_order() {
    let end = UpgradeEnd::Completed {
        successor: other_album(),
        to: version(Formats::B),
    };
    let remade = parked().into_iter().map(|write| Released::Remake {
        write,
        album: other_album(),
        protocol: version(Formats::B),
    });
    assert_eq!(
        release(&parked(), end, &Policy::default()),
        remade.collect::<Vec<_>>()
    );
}

#[test]
fn row18_after_an_abort_they_go_to_the_album_itself() {
    let remade = parked().into_iter().map(|write| Released::Remake {
        write,
        album: album(),
        protocol: version(Formats::A),
    });
    let released = release(&parked(), UpgradeEnd::Aborted, &Policy::default());
    assert_eq!(released, remade.collect::<Vec<_>>());
}

#[test]
fn row18_a_client_that_does_not_speak_the_new_version_keeps_them() {
    let end = UpgradeEnd::Completed {
        successor: other_album(),
        to: ProtocolVersion::AFTER_MAX,
    };
    let kept = parked().into_iter().map(Released::Strand);
    assert_eq!(
        release(&parked(), end, &Policy::default()),
        kept.collect::<Vec<_>>()
    );
}
