//! The PATCH table and the state machine of `wire.md` §3, line by line: what each situation changes.

use crate::append::{AppendCase, BOUNDS};
use crate::bound::{Surface, ending};
use crate::world::hash;
use gauntlet_validator::server::{AcceptedChunk, AppendPlan, Effect};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::rule::Rule;

fn plan(change: impl Fn(&mut AppendCase)) -> AppendPlan {
    let mut case = AppendCase::honest();
    change(&mut case);
    case.judge().unwrap()
}

/// Everything that an accepted chunk of `length` bytes changes.
fn accepted(offset: u64, length: u64, status: UploadStatus) -> AppendPlan {
    let received = offset + length;
    AppendPlan {
        effects: vec![
            Effect::Write { offset, length },
            Effect::RecordChunk {
                offset,
                length,
                checksum: hash(1),
            },
            Effect::SetReceived(received),
            Effect::SetStatus(status),
        ],
        offset: received,
        complete: status == UploadStatus::WaitingForProcessing,
    }
}

#[test]
fn a_new_chunk_at_the_received_count_is_written_and_remembered() {
    assert_eq!(plan(|_| ()), accepted(4096, 4096, UploadStatus::Uploading));
}

#[test]
fn the_first_chunk_makes_a_pending_session_one_that_uploads() {
    let first = plan(|case| {
        case.status(UploadStatus::Pending);
        case.session().received = 0;
        case.offset(0);
    });
    assert_eq!(first, accepted(0, 4096, UploadStatus::Uploading));
}

#[test]
fn the_last_chunk_alone_makes_a_session_one_that_waits() {
    let rest = 10_016 - 4096;
    let last = plan(|case| case.request.length = rest);
    assert_eq!(
        last,
        accepted(4096, rest, UploadStatus::WaitingForProcessing)
    );

    let one_byte_left = plan(|case| case.session().size = 8193);
    assert_eq!(one_byte_left, accepted(4096, 4096, UploadStatus::Uploading));
}

#[test]
fn a_blob_of_one_chunk_goes_from_pending_to_waiting() {
    let only = plan(|case| {
        case.status(UploadStatus::Pending);
        (case.session().received, case.session().size) = (0, 7);
        case.offset(0);
        case.request.length = 7;
    });
    assert_eq!(only, accepted(0, 7, UploadStatus::WaitingForProcessing));
}

#[test]
fn a_chunk_sent_again_is_answered_with_the_received_count_and_not_written() {
    let again = plan(AppendCase::sent_again);
    assert_eq!(
        again,
        AppendPlan {
            effects: vec![],
            offset: 4096,
            complete: false
        }
    );
}

#[test]
fn a_replay_is_told_before_the_sequential_offset_is_asked_for() {
    // Invariant 9 read alone would refuse offset 0 here; invariant 12 permits it.
    let mut again = AppendCase::honest();
    again.sent_again();
    assert!(again.judge().is_ok());
    // The same request is out of sequence where nothing was accepted at its offset.
    again.facts.accepted = None;
    assert_eq!(
        again.judge().unwrap_err().rejection.rule,
        Rule::OffsetSequential
    );
}

#[test]
fn a_replay_is_a_replay_even_where_a_new_chunk_would_not_fit() {
    // A replay is not measured against size and alignment: it was, when it was accepted.
    let mut case = AppendCase::honest();
    case.sent_again();
    case.request.length = 4095;
    case.facts.accepted = Some(AcceptedChunk {
        offset: 0,
        length: 4095,
        checksum: case.request.digest,
    });
    case.session().size = 4096;
    assert_eq!(case.judge().unwrap().effects, vec![]);
}

#[test]
fn a_conflict_leaves_the_session_alive() {
    let mut case = AppendCase::honest();
    case.sent_again();
    case.request.digest = hash(2);
    case.request.checksum = vec![hash(2).to_string()];
    let refusal = case.judge().unwrap_err();
    assert_eq!(
        (refusal.rejection.rule, refusal.effects),
        (Rule::ChunkUnchanged, vec![])
    );
    // The honest next chunk is accepted on the same facts.
    assert!(AppendCase::honest().judge().is_ok());
}

#[test]
fn crossing_the_declared_size_ends_the_session_and_keeps_nothing_of_the_chunk() {
    let mut case = AppendCase::honest();
    case.session().size = 8191;
    let refusal = case.judge().unwrap_err();
    assert_eq!(
        (refusal.rejection.rule, refusal.rejection.status()),
        (Rule::SizeBound, 400)
    );
    assert_eq!(refusal.effects, ending());
    let writes = |effect: &Effect| matches!(effect, Effect::Write { .. } | Effect::SetReceived(_));
    assert!(!refusal.effects.iter().any(writes));
}

#[test]
fn every_other_refusal_leaves_the_session_where_it_was() {
    for bound in BOUNDS.iter().filter(|bound| bound.rule != Rule::SizeBound) {
        let refusal = bound.case_outside().judge().unwrap_err();
        assert_eq!(refusal.effects, vec![], "{}", bound.rule);
    }
}

#[test]
fn no_chunk_moves_a_session_out_of_the_states_that_take_none() {
    let over = [
        UploadStatus::WaitingForProcessing,
        UploadStatus::Completed,
        UploadStatus::FailedProcessing,
    ];
    for status in over {
        let chunks: [fn(&mut AppendCase); 4] = [
            |_| (),
            AppendCase::sent_again,
            |case| case.offset(8192),
            |case| case.session().size = 8191,
        ];
        for change in chunks {
            let mut case = AppendCase::honest();
            change(&mut case);
            case.status(status);
            let refusal = case.judge().unwrap_err();
            assert_eq!(refusal.rejection.rule, Rule::SessionActive);
            assert_eq!(refusal.rejection.status(), 409);
            assert_eq!(refusal.effects, vec![]);
        }
    }
}
