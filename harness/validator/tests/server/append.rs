//! Appending a chunk: the bounds of invariants 9–12.

use crate::bound::{Surface, bounds, ending, without};
use crate::world::{NANOSECOND, caller, days, hash, now, session, stranger};
use gauntlet_validator::server::{
    APPEND_ADMISSION, APPEND_PLACEMENT, AcceptedChunk, AppendFacts, AppendPlan, AppendRequest,
    Effect, Extension, Policy, Refusal, Rejection, Replay, Session, append_chunk, judge, replay,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

#[derive(Debug, Clone)]
pub(crate) struct AppendCase {
    pub(crate) facts: AppendFacts,
    pub(crate) request: AppendRequest,
    pub(crate) policy: Policy,
}

impl AppendCase {
    pub(crate) fn session(&mut self) -> &mut Session {
        self.facts.session.as_mut().unwrap()
    }

    pub(crate) fn status(&mut self, status: UploadStatus) {
        self.session().status = status;
    }

    pub(crate) fn offset(&mut self, offset: u64) {
        self.request.offset = vec![offset.to_string()];
    }

    fn offsets(&mut self, values: &[&str]) {
        self.request.offset = values.iter().map(|value| (*value).to_owned()).collect();
    }

    fn checksums(&mut self, values: &[String]) {
        self.request.checksum = values.to_vec();
    }

    fn media_type(&mut self, media_type: Option<&str>) {
        self.request.media_type = media_type.map(str::to_owned);
    }

    /// The first chunk of the session, as it was accepted, is sent again.
    pub(crate) fn sent_again(&mut self) {
        let checksum = self.request.digest;
        self.facts.accepted = Some(AcceptedChunk {
            offset: 0,
            length: 4096,
            checksum,
        });
        self.offset(0);
    }
}

impl Surface for AppendCase {
    type Plan = AppendPlan;

    /// The second chunk of three: 4096 bytes were received, 4096 arrive, 10,016 were declared.
    fn honest() -> Self {
        let mut session = session(Formats::B);
        session.status = UploadStatus::Uploading;
        session.received = 4096;
        Self {
            facts: AppendFacts {
                now: now(),
                session: Some(session),
                accepted: None,
            },
            request: AppendRequest {
                caller: caller(),
                media_type: Some("application/octet-stream".to_owned()),
                offset: vec!["4096".to_owned()],
                checksum: vec![hash(1).to_string()],
                length: 4096,
                digest: hash(1),
            },
            policy: Policy::default(),
        }
    }

    /// The lists, with the replay decision between them.
    fn rules() -> Vec<Rule> {
        vec![
            Rule::SessionFound,
            Rule::SessionCaller,
            Rule::SessionActive,
            Rule::ChunkMediaType,
            Rule::ChunkNotEmpty,
            Rule::ChecksumStated,
            Rule::ChunkWithinMax,
            Rule::ChecksumMatches,
            Rule::OffsetStated,
            Rule::ChunkUnchanged,
            Rule::OffsetSequential,
            Rule::SizeBound,
            Rule::ChunkAligned,
        ]
    }

    fn judge(&self) -> Result<AppendPlan, Refusal> {
        append_chunk(&self.facts, &self.request, &self.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let Self {
            facts,
            request,
            policy,
        } = self;
        judge(&without(APPEND_ADMISSION, left_out), facts, request, policy)?;
        match replay(facts, request) {
            Replay::Same => return Ok(()),
            Replay::Conflict if !left_out.contains(&Rule::ChunkUnchanged) => {
                return Err(Rejection::new(
                    Rule::ChunkUnchanged,
                    "as the contract decides",
                ));
            }
            Replay::Conflict | Replay::New => {}
        }
        judge(&without(APPEND_PLACEMENT, left_out), facts, request, policy)
    }

    /// Invariant 11 alone moves a session by a refusal.
    fn attached(rule: Rule) -> Vec<Effect> {
        if rule == Rule::SizeBound {
            ending()
        } else {
            Vec::new()
        }
    }
}

bounds! { AppendCase;
    a_session_exists by SessionFound
        with layers SessionCaller SessionActive OffsetSequential SizeBound ChunkAligned {
        inside: |case| assert!(case.facts.session.is_some()),
        outside: |case| case.facts.session = None,
    }
    a_session_lives_for_a_day by SessionFound
        with layers SessionCaller SessionActive OffsetSequential SizeBound ChunkAligned {
        inside: |case| case.facts.now = now() + days(1) - NANOSECOND,
        outside: |case| case.facts.now = now() + days(1),
    }
    only_the_uploader_appends_and_not_even_the_owner by SessionCaller {
        inside: |case| case.session().owner = stranger(),
        outside: |case| { case.session().owner = stranger(); case.request.caller = stranger() },
    }
    a_session_takes_chunks_until_it_is_finalized by SessionActive {
        inside: |case| case.status(UploadStatus::Uploading),
        outside: |case| case.status(UploadStatus::WaitingForProcessing),
    }
    a_completed_session_takes_no_chunk by SessionActive {
        inside: |case| case.status(UploadStatus::Pending),
        outside: |case| case.status(UploadStatus::Completed),
    }
    a_failed_session_takes_no_chunk by SessionActive {
        inside: |case| case.status(UploadStatus::Pending),
        outside: |case| case.status(UploadStatus::FailedProcessing),
    }
    inv10_a_chunk_has_its_media_type by ChunkMediaType {
        inside: |case| case.media_type(Some("application/octet-stream")),
        outside: |case| case.media_type(Some("application/octet-streams")),
    }
    inv10_a_media_type_is_stated by ChunkMediaType {
        inside: |case| case.media_type(Some("application/octet-stream")),
        outside: |case| case.media_type(None),
    }
    inv10_a_chunk_has_at_least_one_byte by ChunkNotEmpty {
        inside: |case| { case.request.length = 1; case.session().size = 4097 },
        outside: |case| case.request.length = 0,
    }
    inv10_a_chunk_has_at_most_16_mib by ChunkWithinMax {
        inside: |case| { case.request.length = 16 << 20; case.session().size = 64 << 20 },
        outside: |case| { case.request.length = (16 << 20) + 4096; case.session().size = 64 << 20 },
    }
    inv10_the_last_chunk_has_at_most_16_mib_too by ChunkWithinMax {
        inside: |case| { case.request.length = 16 << 20; case.session().size = 4096 + (16 << 20) },
        outside: |case| { case.request.length = (16 << 20) + 1; case.session().size = 4097 + (16 << 20) },
    }
    inv10_a_chunk_in_the_middle_is_aligned_and_not_a_byte_short by ChunkAligned {
        inside: |case| case.request.length = 4096,
        outside: |case| case.request.length = 4095,
    }
    inv10_a_chunk_in_the_middle_is_aligned_and_not_a_byte_long by ChunkAligned {
        inside: |case| { case.request.length = 8192; case.session().size = 20_000 },
        outside: |case| { case.request.length = 4097; case.session().size = 20_000 },
    }
    inv10_the_last_chunk_alone_need_not_be_aligned by ChunkAligned {
        inside: |case| case.request.length = 10_016 - 4096,
        outside: |case| case.request.length = 10_016 - 4096 - 1,
    }
    inv12_a_checksum_is_stated by ChecksumStated with layers ChecksumMatches {
        inside: |case| case.checksums(&[hash(1).to_string()]),
        outside: |case| case.checksums(&[]),
    }
    inv12_a_checksum_is_stated_once_even_if_it_is_the_same by ChecksumStated with layers ChecksumMatches {
        inside: |case| case.checksums(&[hash(1).to_string()]),
        outside: |case| case.checksums(&[hash(1).to_string(), hash(1).to_string()]),
    }
    inv12_a_checksum_is_lowercase by ChecksumStated with layers ChecksumMatches {
        inside: |case| { case.request.digest = hash(0xab); case.checksums(&[hash(0xab).to_string()]) },
        outside: |case| {
            case.request.digest = hash(0xab);
            case.checksums(&[hash(0xab).to_string().to_uppercase()]);
        },
    }
    inv12_a_checksum_has_64_characters by ChecksumStated with layers ChecksumMatches {
        inside: |case| case.checksums(&["01".repeat(32)]),
        outside: |case| case.checksums(&["01".repeat(33)]),
    }
    inv12_a_checksum_is_that_of_the_body by ChecksumMatches {
        inside: |case| { case.request.digest = hash(2); case.checksums(&[hash(2).to_string()]) },
        outside: |case| case.request.digest = hash(2),
    }
    inv12_a_chunk_sent_again_has_the_same_bytes by ChunkUnchanged with layers OffsetSequential {
        inside: AppendCase::sent_again,
        outside: |case| {
            case.sent_again();
            case.request.digest = hash(2);
            case.checksums(&[hash(2).to_string()]);
        },
    }
    inv12_a_chunk_sent_again_has_the_same_length by ChunkUnchanged with layers OffsetSequential {
        inside: AppendCase::sent_again,
        outside: |case| { case.sent_again(); case.request.length = 8192 },
    }
    inv09_an_offset_is_stated by OffsetStated with layers OffsetSequential SizeBound ChunkAligned {
        inside: |case| case.offsets(&["4096"]),
        outside: |case| case.offsets(&[]),
    }
    inv09_an_offset_is_stated_once_even_if_it_is_the_same by OffsetStated
        with layers OffsetSequential SizeBound ChunkAligned {
        inside: |case| case.offsets(&["4096"]),
        outside: |case| case.offsets(&["4096", "4096"]),
    }
    inv09_an_offset_has_one_spelling by OffsetStated
        with layers OffsetSequential SizeBound ChunkAligned {
        inside: |case| case.offsets(&["4096"]),
        outside: |case| case.offsets(&["04096"]),
    }
    inv09_an_offset_is_a_number_of_64_bits by OffsetStated
        with layers OffsetSequential SizeBound ChunkAligned {
        inside: |case| case.offsets(&["4096"]),
        outside: |case| case.offsets(&["18446744073709551616"]),
    }
    inv09_a_chunk_leaves_no_gap by OffsetSequential {
        inside: |case| case.offset(4096),
        outside: |case| case.offset(4097),
    }
    inv09_a_chunk_overlaps_none by OffsetSequential {
        inside: |case| case.offset(4096),
        outside: |case| case.offset(4095),
    }
    inv09_no_offset_is_large_enough_to_wrap by OffsetSequential with layers SizeBound {
        inside: |case| case.offset(4096),
        outside: |case| case.offset(u64::MAX),
    }
    inv11_a_chunk_may_end_where_the_blob_does by SizeBound {
        inside: |case| case.session().size = 8192,
        outside: |case| case.session().size = 8191,
    }
    inv11_no_length_is_large_enough_to_wrap by SizeBound {
        inside: |case| { case.policy.max_chunk = u64::MAX; case.request.length = 10_016 - 4096 },
        outside: |case| { case.policy.max_chunk = u64::MAX; case.request.length = 4096 * (u64::MAX / 4096) },
    }
}

#[test]
fn refusals_carry_what_the_contract_adds() {
    let extension = |change: fn(&mut AppendCase)| {
        let mut case = AppendCase::honest();
        change(&mut case);
        case.judge().unwrap_err().rejection.extension
    };
    let received = Some(Extension::Offset(4096));
    assert_eq!(extension(|case| case.offset(8192)), received);
    assert_eq!(extension(|case| case.offset(0)), received);
    let conflict = extension(|case| {
        case.sent_again();
        case.request.length = 8192;
    });
    assert_eq!(conflict, received);
    let too_large = extension(|case| case.request.length = u64::MAX);
    assert_eq!(too_large, Some(Extension::Limit(16 << 20)));
    assert_eq!(extension(|case| case.request.length = 4095), None);
}

#[test]
fn a_session_that_is_absent_and_one_that_expired_are_refused_in_the_same_words() {
    let mut absent = AppendCase::honest();
    absent.facts.session = None;
    let mut expired = AppendCase::honest();
    expired.facts.now = now() + days(1);
    assert_eq!(absent.judge().unwrap_err(), expired.judge().unwrap_err());
}
