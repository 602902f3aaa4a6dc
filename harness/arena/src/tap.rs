//! The tap: what passes a line is searched for what must never pass it.

use crate::scanner::{Needle, ScanError, Scanner};
use crate::{Answer, Header};
use gauntlet_simulator::{Canaries, Canary, Request};
use std::collections::BTreeSet;

/// The scanner for what clients have drawn so far.
#[derive(Debug)]
pub(crate) struct Tap {
    canaries: Canaries,
    /// One scanner for every time that something was drawn since the last use.
    scanners: Vec<(Scanner, Vec<Canary>)>,
    known: usize,
    /// What was sent to the target and should not have been.
    sent: BTreeSet<Canary>,
    /// What the target answered and can't have known.
    received: BTreeSet<Canary>,
    /// Why something could not be looked for.
    failure: Option<ScanError>,
}

impl Tap {
    /// A tap that looks for `canaries`, those that are still to be drawn among them.
    pub(crate) const fn new(canaries: Canaries) -> Self {
        Self {
            canaries,
            scanners: Vec::new(),
            known: 0,
            sent: BTreeSet::new(),
            received: BTreeSet::new(),
            failure: None,
        }
    }

    /// Searches one request, and its answer where there is one.
    pub(crate) fn pass(&mut self, request: &Request, answer: Option<&Answer>) {
        self.catch_up();
        let sent = self.search(&request.path, &request.headers, &request.body);
        self.sent.extend(sent);
        if let Some(answer) = answer {
            let received = self.search("", &answer.headers, &answer.body);
            self.received.extend(received);
        }
    }

    /// What was sent since this was asked last.
    ///
    /// # Errors
    /// Something could not be looked for.
    pub(crate) fn take_sent(&mut self) -> Result<BTreeSet<Canary>, ScanError> {
        self.failure.clone().map_or(Ok(()), Err)?;
        Ok(std::mem::take(&mut self.sent))
    }

    /// What was answered since this was asked last.
    ///
    /// # Errors
    /// Something could not be looked for.
    pub(crate) fn take_received(&mut self) -> Result<BTreeSet<Canary>, ScanError> {
        self.failure.clone().map_or(Ok(()), Err)?;
        Ok(std::mem::take(&mut self.received))
    }

    fn catch_up(&mut self) {
        let drawn = self.canaries.since(self.known);
        if drawn.is_empty() {
            return;
        }
        self.known += drawn.len();
        let needles: Vec<Needle> = drawn.iter().map(needle).collect();
        match Scanner::new(&needles) {
            Ok(scanner) => self.scanners.push((scanner, drawn)),
            Err(failure) => self.failure = Some(failure),
        }
    }

    fn search(&self, path: &str, headers: &[Header], body: &[u8]) -> Vec<Canary> {
        let texts = headers.iter().flat_map(|(name, value)| [name, value]);
        let texts = texts.map(String::as_bytes);
        let parts: Vec<&[u8]> = texts.chain([path.as_bytes(), body]).collect();
        let mut found = Vec::new();
        for (scanner, drawn) in &self.scanners {
            let places: BTreeSet<usize> =
                parts.iter().flat_map(|part| scanner.find(part)).collect();
            found.extend(places.into_iter().filter_map(|place| drawn.get(place)));
        }
        found.into_iter().cloned().collect()
    }
}

/// A canary as it is looked for.
pub(crate) fn needle(canary: &Canary) -> Needle {
    Needle {
        what: canary.to_string(),
        bytes: canary.bytes.clone(),
    }
}
