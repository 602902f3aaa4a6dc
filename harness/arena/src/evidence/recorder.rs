//! The recorder: appends what happens to the chain, with issued values replaced by their names.

mod group;

pub(crate) use group::Flown;

use super::event::{exchanged, unanswered};
use super::{Event, chained};
use crate::names::Names;
use crate::scanner::ScanError;
use crate::tap::Tap;
use crate::{Answer, Beat, Finding};
use gauntlet_simulator::{Canaries, Canary, Method, Request};
use gauntlet_wire::id::{Hash, UploadId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of a cursor that is replaced by a name.
const NAMED_CURSOR: std::ops::RangeInclusive<usize> = 16..=1024;
/// Events of one attack that are kept, and the last one. The chain covers those between, too.
pub(super) const KEPT_EVENTS: usize = 20_000;
/// What stands for the target's address.
const TARGET: &str = "<target>";

/// Collects the events of one attack. Clones share one chain.
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Mutex<Log>>);

#[derive(Debug)]
struct Log {
    names: Names,
    beat: Beat,
    trial: (u32, u32),
    events: Vec<Event>,
    chain: blake3::Hash,
    /// The chain after the last event within the bound.
    kept: blake3::Hash,
    /// Past the bound: the newest event, the chain before it, and how many came between.
    newest: Option<(blake3::Hash, Event)>,
    omitted: usize,
    /// Why an event is missing from the chain: evidence with a gap proves nothing.
    gap: Option<String>,
    /// Where the target is.
    address: Option<String>,
    /// How many messages were answered, and which of them, by what was sent, was accepted first.
    messages: usize,
    accepted: BTreeMap<Hash, usize>,
    canaries: &'static [&'static str],
    /// The first canary that an accepted answer served.
    served: Option<&'static str>,
    /// Looks for the clients' secrets in everything that passes.
    tap: Option<Tap>,
}

impl Recorder {
    /// An empty record, in the first beat. The chain starts at the BLAKE3 of `title`.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self(Arc::new(Mutex::new(Log {
            names: Names::default(),
            beat: Beat::Control,
            trial: (1, 1),
            events: Vec::new(),
            chain: blake3::hash(title.as_bytes()),
            kept: blake3::hash(title.as_bytes()),
            newest: None,
            omitted: 0,
            gap: None,
            address: None,
            messages: 0,
            accepted: BTreeMap::new(),
            canaries: &[],
            served: None,
            tap: None,
        })))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A panic elsewhere while the lock was held leaves a whole log: events are pushed last.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on, accepted answers are searched for forged values.
    pub fn watch_for(&self, canaries: &'static [&'static str]) {
        self.log().canaries = canaries;
    }

    /// From here on, everything that passes is searched for these secrets and all that are still to be
    /// drawn.
    pub fn tap(&self, canaries: &Canaries) {
        self.log().tap = Some(Tap::new(canaries.clone()));
    }

    /// The secrets that were sent since this was asked last.
    ///
    /// # Errors
    /// Something could not be looked for.
    pub(crate) fn sent(&self) -> Result<BTreeSet<Canary>, ScanError> {
        let mut log = self.log();
        log.tap.as_mut().map_or(Ok(BTreeSet::new()), Tap::take_sent)
    }

    /// The secrets that were answered since this was asked last, and where they stood.
    ///
    /// # Errors
    /// Something could not be looked for.
    pub(crate) fn received(&self) -> Result<BTreeMap<Canary, String>, ScanError> {
        let mut log = self.log();
        let tap = log.tap.as_mut();
        tap.map_or(Ok(BTreeMap::new()), Tap::take_received)
    }

    /// What follows belongs to `beat`.
    pub fn enter(&self, beat: Beat) {
        self.log().beat = beat;
    }

    /// The beat that is being played.
    #[must_use]
    pub fn beat(&self) -> Beat {
        self.log().beat
    }

    /// Names a value that the target issued, in order of first appearance.
    pub fn issue(&self, kind: &'static str, value: &str) {
        self.log().names.issue(kind, value);
    }

    /// Names a secret or an address.
    pub fn name(&self, value: &str, name: impl Into<String>) {
        self.log().names.set(value, name.into());
    }

    /// Records a request and its answer.
    pub(crate) fn exchange(&self, actor: &str, request: &Request, answer: &Answer) {
        let mut log = self.log();
        log.search(request, Some(answer));
        for (kind, value) in issued(request, answer) {
            log.names.issue(kind, &value);
        }
        let event = exchanged(&log.names, log.beat, actor, request, answer);
        log.push(event);
        log.messages += 1;
        if answer.is_success() {
            let place = log.messages;
            log.accepted.entry(fingerprint(request)).or_insert(place);
        }
    }

    /// Which message of the evidence, counted from one, was this very request, and was accepted.
    pub(crate) fn accepted_before(&self, request: &Request) -> Option<usize> {
        self.log().accepted.get(&fingerprint(request)).copied()
    }

    /// Records a request that was never answered.
    pub(crate) fn unanswered(&self, actor: &str, request: &Request, why: &str) {
        let mut log = self.log();
        log.search(request, None);
        let event = unanswered(&log.names, log.beat, actor, request, why);
        log.push(event);
    }

    /// Records the use of a hook.
    pub fn hook(&self, what: impl Into<String>) {
        let mut log = self.log();
        let event = Event::Hook {
            beat: log.beat,
            what: what.into(),
        };
        log.push(event);
    }

    /// Records an observation or a decision.
    pub fn note(&self, text: impl Into<String>) {
        let mut log = self.log();
        let text = log.names.replace(&text.into());
        let event = Event::Note {
            beat: log.beat,
            text,
        };
        log.push(event);
    }

    /// Records the one declared departure.
    pub fn deviation(
        &self,
        deviation: serde_json::Value,
        honest: &str,
        sent: &str,
        difference: &[String],
    ) {
        let mut log = self.log();
        let event = Event::Deviation {
            deviation,
            honest: log.names.replace(honest),
            sent: log.names.replace(sent),
            difference: difference
                .iter()
                .map(|part| log.names.replace(part))
                .collect(),
        };
        log.push(event);
    }

    /// Records a finding.
    pub fn finding(&self, finding: &Finding) {
        self.log().push(Event::Finding(finding.clone()));
    }

    /// `text` with every issued value replaced by its name.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.log().names.replace(text)
    }

    /// `text` as a person is told it: every secret and issued value is a name, and the target's address,
    /// which is none, is itself.
    #[must_use]
    pub fn told(&self, text: &str) -> String {
        let log = self.log();
        let text = log.names.replace(text);
        match &log.address {
            Some(address) => text.replace(TARGET, address),
            None => text,
        }
    }

    /// Names the target's address, which no two runs share.
    pub fn locate(&self, address: &str) {
        let mut log = self.log();
        log.names.set(address, TARGET.to_owned());
        log.address = Some(address.to_owned());
    }

    /// The canary that some accepted answer served back, if one did.
    #[must_use]
    pub fn served_canary(&self) -> Option<&'static str> {
        self.log().served
    }

    /// Why an event is missing from the chain, if one is.
    #[must_use]
    pub fn gap(&self) -> Option<String> {
        self.log().gap.clone()
    }

    /// The events so far, and the end of the chain in hex.
    #[must_use]
    pub fn finish(&self) -> (Vec<Event>, String) {
        let log = self.log();
        let mut events = log.events.clone();
        if let Some((before, newest)) = &log.newest {
            if log.omitted > 0 {
                events.push(Event::Omitted {
                    count: log.omitted,
                    since: log.kept.to_hex().to_string(),
                    until: before.to_hex().to_string(),
                });
            }
            events.push(newest.clone());
        }
        (events, log.chain.to_hex().to_string())
    }
}

impl Log {
    /// Looks for the clients' secrets in what passes, and for forged values in an accepted answer: the
    /// first that is served is remembered.
    fn search(&mut self, request: &Request, answer: Option<&Answer>) {
        if let Some(tap) = &mut self.tap {
            tap.pass(request, answer);
        }
        let accepted = answer.filter(|answer| answer.is_success());
        let Some(answer) = accepted.filter(|_| !self.canaries.is_empty()) else {
            return;
        };
        let body = String::from_utf8_lossy(&answer.body);
        let said = |canary: &str| {
            let in_header = answer
                .headers
                .iter()
                .any(|(_, value)| value.contains(canary));
            in_header || body.contains(canary)
        };
        let served = self.canaries.iter().find(|canary| said(canary)).copied();
        self.served = self.served.or(served);
    }

    /// Appends an event to the chain, and to what is kept.
    fn push(&mut self, event: Event) {
        let before = self.chain;
        match chained(before, &event) {
            Ok(chain) => self.chain = chain,
            Err(error) => {
                let gap = || format!("an event is in no chain of evidence: {error}");
                self.gap.get_or_insert_with(gap);
                return;
            }
        }
        if self.events.len() < KEPT_EVENTS {
            self.events.push(event);
            self.kept = self.chain;
        } else if self.newest.replace((before, event)).is_some() {
            self.omitted += 1;
        }
    }
}

/// The values that the target issued with an answer, by kind. Only what has the form of an id is named:
/// a target must not choose what is replaced.
fn issued(request: &Request, answer: &Answer) -> Vec<(&'static str, String)> {
    let mut issued = Vec::new();
    let (path, _query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if request.method == Method::Post
        && path == "/upload"
        && let Some(location) = answer.header("location")
    {
        let id = location.rsplit('/').next().unwrap_or_default();
        if id.parse::<UploadId>().is_ok() {
            issued.push(("upload", id.to_owned()));
        }
    }
    if let Ok(page) = answer.json::<serde_json::Value>()
        && let Some(cursor) = page.get("next_cursor").and_then(serde_json::Value::as_str)
        && NAMED_CURSOR.contains(&cursor.len())
    {
        issued.push(("cursor", cursor.to_owned()));
    }
    issued
}

/// What two requests share that are the same to the byte.
fn fingerprint(request: &Request) -> Hash {
    let head = format!(
        "{} {}\n{:?}\n{:?}\n",
        request.method, request.path, request.headers, request.framing
    );
    Hash::of(&[head.as_bytes(), &request.body].concat())
}
