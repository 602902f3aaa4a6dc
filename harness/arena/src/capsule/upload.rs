//! A script under way: a draft, how far it is, and the sessions that the target opened for it.

use crate::{Answer, Line, Stop};
use gauntlet_simulator::{Draft, Framing, Request, Step};
use gauntlet_wire::header;
use gauntlet_wire::id::UploadId;
use std::collections::BTreeMap;

/// A server may ask for the length of a body before it reads any of it (RFC 9110 §15.5.12).
pub(super) const LENGTH_REQUIRED: u16 = 411;

/// A script under way: an upload, mostly.
#[derive(Debug, Clone)]
pub struct Upload {
    pub(crate) draft: Draft,
    sessions: BTreeMap<usize, UploadId>,
}

impl Upload {
    pub(crate) fn new(draft: Draft) -> Self {
        Self {
            draft,
            sessions: BTreeMap::new(),
        }
    }

    /// The session of a step's blob, once it was opened.
    pub(crate) fn session(&self, step: Step) -> Option<UploadId> {
        self.sessions.get(&step.blob()?).copied()
    }

    /// The path of the session of a step's blob; that of no session, where none was opened.
    pub(crate) fn session_path(&self, step: Step) -> String {
        self.session(step)
            .map_or_else(|| "/upload/none".to_owned(), |id| format!("/upload/{id}"))
    }

    /// The honest request of a step.
    ///
    /// # Errors
    /// [`Stop::Invalid`] for a step that the draft does not have.
    pub(crate) fn request(&self, step: Step) -> Result<Request, Stop> {
        request_of(&self.draft, self, step)
    }

    /// Remembers the session that an accepted opening names.
    pub(crate) fn opened(&mut self, step: Step, answer: &Answer) {
        if let (Step::Open { blob }, true) = (step, answer.is_success())
            && let Some(id) = session_id(answer)
        {
            self.sessions.insert(blob, id);
        }
    }

    /// Sends a step on `line` as it should be, and remembers its session. Where the target asks for the
    /// length of a body, it is told (RFC 9110 §15.5.12).
    pub(crate) async fn send(&mut self, line: &Line, step: Step) -> Result<Answer, Stop> {
        let request = self.request(step)?;
        let mut answer = line.send(&request).await?;
        if answer.status == LENGTH_REQUIRED && request.framing == Framing::Chunked {
            let framing = Framing::Stated;
            answer = line.send(&Request { framing, ..request }).await?;
        }
        self.opened(step, &answer);
        self.told_its_offset(line.actor(), step, &answer)?;
        Ok(answer)
    }

    /// Invariant 9: the answer to an accepted chunk says where the session stands now: at its end, or past
    /// it where the chunk was a repeat.
    fn told_its_offset(&self, actor: &str, step: Step, answer: &Answer) -> Result<(), Stop> {
        let chunk = self
            .draft
            .write()
            .and_then(|write| write.chunk_at(step.blob()?, step.chunk()?));
        let Some((start, bytes)) = chunk.filter(|_| answer.is_success()) else {
            return Ok(());
        };
        let end = start + bytes.len() as u64;
        let stated = answer.header(header::OFFSET);
        let offset = stated.and_then(|text| text.parse::<u64>().ok());
        if offset.is_some_and(|offset| offset >= end) {
            return Ok(());
        }
        Err(Stop::Invalid(format!(
            "{actor}: an accepted chunk that ends at {end} was answered with {} {stated:?}",
            header::OFFSET
        )))
    }

    /// The honest steps from `step` on; from the opening of its blob where the session is burnt.
    pub(crate) fn steps_from(&self, step: Step, session_burnt: bool) -> Vec<Step> {
        let start = match step.blob() {
            Some(blob) if session_burnt => Step::Open { blob },
            _ => step,
        };
        self.draft
            .steps()
            .into_iter()
            .skip_while(|next| *next != start)
            .collect()
    }
}

/// The request of a step of `draft`, in the sessions of `upload`.
pub(crate) fn request_of(draft: &Draft, upload: &Upload, step: Step) -> Result<Request, Stop> {
    draft
        .request(step, &upload.session_path(step))
        .ok_or_else(|| Stop::Invalid(format!("the script has no step {step:?}")))
}

/// The id at the end of `Location`; the prefix before it is the server's own affair.
pub(crate) fn session_id(answer: &Answer) -> Option<UploadId> {
    answer.header("location")?.rsplit('/').next()?.parse().ok()
}
