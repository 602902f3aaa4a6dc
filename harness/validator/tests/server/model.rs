//! Random sequences of honest and deviating chunks, against a model that is little more than the
//! bytes received.

use crate::world::{self, caller, hash, now, stranger};
use gauntlet_validator::server::{
    AcceptedChunk, AppendFacts, AppendRequest, Effect, FinalizeFacts, Policy, Session,
    append_chunk, finalize,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::Hash;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

const ALIGNMENT: u64 = 4;
const MAX_CHUNK: u64 = 16;

/// Where a chunk says that it starts.
#[derive(Debug, Clone, Copy)]
enum At {
    /// At the received count.
    Next,
    /// Where an accepted chunk starts.
    Accepted(prop::sample::Index),
    /// So far past the received count.
    Ahead(u64),
    /// So far before the received count.
    Behind(u64),
    /// Nowhere: the header is missing.
    Nowhere,
}

/// How many bytes a chunk has.
#[derive(Debug, Clone, Copy)]
enum Length {
    /// As many as it has.
    Bytes(u64),
    /// All that is missing, or the most that one chunk holds.
    Rest,
    /// As many as the chunk accepted at that offset.
    Same,
}

/// The one thing about a chunk that is not as it should be, apart from place and length.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lie {
    Nothing,
    Caller,
    MediaType,
    NoChecksum,
    Checksum,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    at: At,
    length: Length,
    /// Every byte of the body. Few values, so that a chunk is sometimes sent again as it was.
    fill: u8,
    lie: Lie,
}

fn step() -> impl Strategy<Value = Step> {
    let at = prop_oneof![
        8 => Just(At::Next),
        4 => any::<prop::sample::Index>().prop_map(At::Accepted),
        1 => (1..9_u64).prop_map(At::Ahead),
        1 => (1..9_u64).prop_map(At::Behind),
        1 => Just(At::Nowhere),
    ];
    let length = prop_oneof![
        6 => (1..=4_u64).prop_map(|count| Length::Bytes(count * ALIGNMENT)),
        3 => Just(Length::Rest),
        3 => Just(Length::Same),
        2 => (0..=MAX_CHUNK + 2).prop_map(Length::Bytes),
    ];
    let lie = prop_oneof![
        12 => Just(Lie::Nothing),
        1 => Just(Lie::Caller),
        1 => Just(Lie::MediaType),
        1 => Just(Lie::NoChecksum),
        1 => Just(Lie::Checksum),
    ];
    (at, length, 0..2_u8, lie).prop_map(|(at, length, fill, lie)| Step {
        at,
        length,
        fill,
        lie,
    })
}

/// What the PATCH table promises, and nothing of how it is kept.
struct Model {
    size: u64,
    /// The bytes acknowledged, in order.
    bytes: Vec<u8>,
    /// Where each acknowledged chunk starts, and its bytes.
    chunks: BTreeMap<u64, Vec<u8>>,
    /// Whether a chunk crossed the declared size.
    failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Accepted,
    Replayed,
    Refused(Rule),
}

impl Model {
    fn received(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn status(&self) -> UploadStatus {
        match self.received() {
            _ if self.failed => UploadStatus::FailedProcessing,
            0 => UploadStatus::Pending,
            received if received < self.size => UploadStatus::Uploading,
            _ => UploadStatus::WaitingForProcessing,
        }
    }

    fn offset(&self, at: At) -> Option<u64> {
        let starts: Vec<u64> = self.chunks.keys().copied().collect();
        match at {
            At::Next => Some(self.received()),
            At::Accepted(_) if starts.is_empty() => Some(0),
            At::Accepted(index) => Some(*index.get(&starts)),
            At::Ahead(by) => Some(self.received() + by),
            At::Behind(by) => Some(self.received().saturating_sub(by)),
            At::Nowhere => None,
        }
    }

    fn body(&self, step: &Step) -> Vec<u8> {
        let accepted = self.offset(step.at).and_then(|at| self.chunks.get(&at));
        let length = match step.length {
            Length::Bytes(count) => count,
            Length::Rest => (self.size - self.received()).min(MAX_CHUNK),
            Length::Same => accepted.map_or(ALIGNMENT, |chunk| chunk.len() as u64),
        };
        vec![step.fill; usize::try_from(length).unwrap()]
    }

    /// The lines of the table, in the order of the contract.
    fn answer(&self, step: &Step, body: &[u8]) -> Answer {
        let end = self.received() + body.len() as u64;
        let over = !matches!(
            self.status(),
            UploadStatus::Pending | UploadStatus::Uploading
        );
        let refused_by = match (step.lie, self.offset(step.at)) {
            (Lie::Caller, _) => Rule::SessionCaller,
            _ if over => Rule::SessionActive,
            (Lie::MediaType, _) => Rule::ChunkMediaType,
            _ if body.is_empty() => Rule::ChunkNotEmpty,
            (Lie::NoChecksum, _) => Rule::ChecksumStated,
            _ if body.len() as u64 > MAX_CHUNK => Rule::ChunkWithinMax,
            (Lie::Checksum, _) => Rule::ChecksumMatches,
            (_, None) => Rule::OffsetStated,
            (_, Some(offset)) => match self.chunks.get(&offset) {
                Some(accepted) if *accepted == body => return Answer::Replayed,
                Some(_) => Rule::ChunkUnchanged,
                None if offset != self.received() => Rule::OffsetSequential,
                None if end > self.size => Rule::SizeBound,
                None if end < self.size && !(body.len() as u64).is_multiple_of(ALIGNMENT) => {
                    Rule::ChunkAligned
                }
                None => return Answer::Accepted,
            },
        };
        Answer::Refused(refused_by)
    }

    fn take(&mut self, answer: Answer, body: &[u8]) {
        match answer {
            Answer::Accepted => {
                self.chunks.insert(self.received(), body.to_vec());
                self.bytes.extend_from_slice(body);
            }
            Answer::Refused(Rule::SizeBound) => self.failed = true,
            Answer::Replayed | Answer::Refused(_) => {}
        }
    }
}

/// A server that does what effects say and decides nothing.
struct Server {
    session: Session,
    file: Vec<u8>,
    chunks: BTreeMap<u64, AcceptedChunk>,
    policy: Policy,
}

impl Server {
    fn opened(size: u64) -> Self {
        let mut session = world::session(Formats::B);
        session.size = size;
        let (max_chunk, chunk_alignment) = (MAX_CHUNK, ALIGNMENT);
        let policy = Policy {
            max_chunk,
            chunk_alignment,
            ..Policy::default()
        };
        Self {
            session,
            file: Vec::new(),
            chunks: BTreeMap::new(),
            policy,
        }
    }

    fn patch(&mut self, request: &AppendRequest, offset: Option<u64>, body: &[u8]) -> Answer {
        let facts = AppendFacts {
            now: now(),
            session: Some(self.session.clone()),
            accepted: offset.and_then(|offset| self.chunks.get(&offset).copied()),
        };
        match append_chunk(&facts, request, &self.policy) {
            Ok(plan) => {
                self.apply(&plan.effects, body);
                assert_eq!(plan.offset, self.session.received);
                let waits = self.session.status == UploadStatus::WaitingForProcessing;
                assert_eq!(plan.complete, waits);
                if plan.effects.is_empty() {
                    Answer::Replayed
                } else {
                    Answer::Accepted
                }
            }
            Err(refusal) => {
                self.apply(&refusal.effects, &[]);
                Answer::Refused(refusal.rejection.rule)
            }
        }
    }

    fn finalize(&mut self, computed: Hash) -> Option<Rule> {
        let facts = FinalizeFacts {
            now: now(),
            session: self.session.clone(),
            length: self.file.len() as u64,
            computed,
            opening: world::session_facts(Formats::B),
            epochs: world::epochs(),
            record: None,
        };
        let (effects, rule) = match finalize(&facts, &self.policy) {
            Ok(effects) => (effects, None),
            Err(refusal) => (refusal.effects, Some(refusal.rejection.rule)),
        };
        self.apply(&effects, &[]);
        rule
    }

    fn apply(&mut self, effects: &[Effect], body: &[u8]) {
        for effect in effects {
            match effect {
                Effect::Write { offset, length } => {
                    let from = usize::try_from(*offset).unwrap();
                    let piece = &body[..usize::try_from(*length).unwrap()];
                    let to = from + piece.len();
                    self.file.resize(self.file.len().max(to), 0);
                    self.file[from..to].copy_from_slice(piece);
                }
                Effect::RecordChunk {
                    offset,
                    length,
                    checksum,
                } => {
                    let chunk = AcceptedChunk {
                        offset: *offset,
                        length: *length,
                        checksum: *checksum,
                    };
                    self.chunks.insert(*offset, chunk);
                }
                Effect::SetReceived(received) => self.session.received = *received,
                Effect::SetStatus(status) => self.session.status = *status,
                Effect::DiscardBytes => self.file.clear(),
                Effect::ReleaseReservation
                | Effect::PromoteBlob { .. }
                | Effect::ClaimAsset { .. }
                | Effect::BindBlob { .. } => {}
                other => panic!("no chunk has the effect {other:?}"),
            }
        }
    }
}

fn request(step: &Step, offset: Option<u64>, body: &[u8]) -> AppendRequest {
    let digest = Hash::of(body);
    let stated = if step.lie == Lie::Checksum {
        hash(0)
    } else {
        digest
    };
    let media_type = match step.lie {
        Lie::MediaType => "text/plain",
        _ => "application/octet-stream",
    };
    AppendRequest {
        caller: if step.lie == Lie::Caller {
            stranger()
        } else {
            caller()
        },
        media_type: Some(media_type.to_owned()),
        offset: offset.iter().map(u64::to_string).collect(),
        checksum: (step.lie != Lie::NoChecksum)
            .then(|| stated.to_string())
            .into_iter()
            .collect(),
        length: body.len() as u64,
        digest,
    }
}

/// Plays the steps and returns every answer that was given.
fn played(size: u64, steps: &[Step], genuine: bool) -> BTreeSet<Answer> {
    let mut model = Model {
        size,
        bytes: Vec::new(),
        chunks: BTreeMap::new(),
        failed: false,
    };
    let mut server = Server::opened(size);
    let mut answers = BTreeSet::new();
    for step in steps {
        let (offset, body) = (model.offset(step.at), model.body(step));
        let expected = model.answer(step, &body);
        let answer = server.patch(&request(step, offset, &body), offset, &body);
        assert_eq!(answer, expected, "{step:?} at {offset:?} of {size}");
        model.take(answer, &body);
        agree(&model, &server);
        answers.insert(answer);
    }
    finished(&model, &mut server, genuine);
    answers
}

/// The invariants: acknowledged bytes never change, nothing is held beyond them or beyond the
/// declared size, and the session stands where the table says.
fn agree(model: &Model, server: &Server) {
    assert_eq!(server.session.status, model.status());
    assert_eq!(server.session.received, model.received());
    assert!(server.session.received <= model.size);
    let held: &[u8] = if model.failed { &[] } else { &model.bytes };
    assert_eq!(server.file, held);
}

/// A session that waits is completed by its declared hash and ended by any other.
fn finished(model: &Model, server: &mut Server, genuine: bool) {
    if model.status() != UploadStatus::WaitingForProcessing {
        return;
    }
    let declared = server.session.hash;
    let refused_by = server.finalize(if genuine { declared } else { hash(0) });
    if genuine {
        assert_eq!(
            (refused_by, server.session.status),
            (None, UploadStatus::Completed)
        );
        assert_eq!(server.file, model.bytes);
    } else {
        assert_eq!(refused_by, Some(Rule::HashMatches));
        assert_eq!(server.session.status, UploadStatus::FailedProcessing);
        assert_eq!(server.file, [0; 0]);
    }
}

/// Cases come from a fixed seed, so that every run is the same run.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 4_096,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn no_sequence_of_chunks_leaves_the_table() {
    let reached = RefCell::new(BTreeSet::new());
    let sequences = (1..60_u64, vec(step(), 0..40), any::<bool>());
    TestRunner::new(config())
        .run(&sequences, |(size, steps, genuine)| {
            reached.borrow_mut().extend(played(size, &steps, genuine));
            Ok(())
        })
        .unwrap();
    // Every line of the table was on the way.
    let lines = crate::append::BOUNDS.iter().map(|bound| bound.rule);
    let reachable = lines
        .filter(|rule| *rule != Rule::SessionFound)
        .map(Answer::Refused);
    let expected: BTreeSet<Answer> = reachable
        .chain([Answer::Accepted, Answer::Replayed])
        .collect();
    assert_eq!(*reached.borrow(), expected);
}

#[test]
fn an_honest_sequence_completes_whatever_the_size() {
    let next = Step {
        at: At::Next,
        length: Length::Rest,
        fill: 1,
        lie: Lie::Nothing,
    };
    for size in 1..=4 * MAX_CHUNK {
        let steps = vec![next; usize::try_from(size.div_ceil(MAX_CHUNK)).unwrap()];
        let answers = played(size, &steps, true);
        assert_eq!(answers, BTreeSet::from([Answer::Accepted]));
    }
}
