//! A line: one actor's own connections and credentials, through which all of its bytes pass.

use crate::evidence::Flown;
use crate::race::{Arrival, Held};
use crate::{Answer, HttpTransport, Recorder, Stop};
use gauntlet_simulator::Request;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest pause that a target's `Retry-After` can ask for, in seconds.
const MAX_RETRY_AFTER: u64 = 5;

/// Where a target is reached; it may move when it restarts.
#[derive(Debug, Clone)]
pub struct Address(Arc<Mutex<String>>);

impl Address {
    /// The address `base`: scheme, authority and path prefix, without a slash at the end.
    #[must_use]
    pub fn new(base: String) -> Self {
        Self(Arc::new(Mutex::new(base)))
    }

    /// The base URL as it is now.
    #[must_use]
    pub fn get(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The target moved.
    pub fn set(&self, base: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = base;
    }
}

/// One actor's way to the target. The tap: nothing is sent or received but through here.
#[derive(Debug, Clone)]
pub struct Line {
    actor: String,
    token: String,
    address: Address,
    transport: HttpTransport,
    recorder: Recorder,
}

impl Line {
    /// A line of `actor`, authenticated by `token`.
    #[must_use]
    pub fn new(
        actor: impl Into<String>,
        token: String,
        address: Address,
        transport: HttpTransport,
        recorder: Recorder,
    ) -> Self {
        Self {
            actor: actor.into(),
            token,
            address,
            transport,
            recorder,
        }
    }

    /// Who sends here.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Takes fresh credentials.
    pub fn renew(&mut self, token: String) {
        self.token = token;
    }

    /// Leaves every connection behind: what became of them when the target was killed is of no
    /// consequence to what is asked next.
    ///
    /// # Errors
    /// [`Stop::Error`] without a transport.
    pub fn reconnect(&mut self) -> Result<(), Stop> {
        let renewed = self.transport.renewed();
        self.transport = renewed.map_err(|error| Stop::Error(error.to_string()))?;
        Ok(())
    }

    /// Sends a request as it is and records both sides.
    ///
    /// # Errors
    /// [`Stop::Error`] without an answer, [`Stop::Throttled`] for a 429.
    pub async fn send(&self, request: &Request) -> Result<Answer, Stop> {
        let answer = self
            .transport
            .send(&self.address.get(), Some(&self.token), request)
            .await
            .map_err(|error| {
                let why = error.to_string();
                self.recorder.unanswered(&self.actor, request, &why);
                Stop::Error(format!("{} {}: {why}", request.method, request.path))
            })?;
        self.recorder.exchange(&self.actor, request, &answer);
        unthrottled(answer)
    }

    /// Writes requests on a connection each, whole but for their last bytes.
    ///
    /// # Errors
    /// [`Stop::Error`] where a connection can't be made.
    pub(crate) async fn hold(&self, requests: &[Request]) -> Result<Held, Stop> {
        Held::prepare(
            &self.address.get(),
            &self.token,
            requests,
            self.transport.limits(),
        )
        .await
        .map_err(|error| Stop::Error(format!("{} requests at once: {error}", requests.len())))
    }

    /// Sends requests so that all of them are in flight at once, and records both sides as one group.
    /// The answers are in the order of the requests.
    ///
    /// # Errors
    /// [`Stop::Error`] where one is not answered, [`Stop::Throttled`] for a 429.
    pub(crate) async fn send_at_once(&self, requests: &[Request]) -> Result<Vec<Answer>, Stop> {
        let flight = self.hold(requests).await?.release().await;
        self.landed(requests, flight.rest().await)
    }

    /// Records what came of requests that were in flight at once.
    ///
    /// # Errors
    /// As [`Line::send_at_once`].
    pub(crate) fn landed(
        &self,
        requests: &[Request],
        arrivals: Vec<Arrival>,
    ) -> Result<Vec<Answer>, Stop> {
        let flown: Vec<Flown<'_>> = arrivals
            .iter()
            .filter_map(|(index, arrival)| {
                Some(Flown {
                    request: requests.get(*index)?,
                    answer: arrival.as_ref().map_err(ToString::to_string),
                })
            })
            .collect();
        self.recorder.concurrent(&self.actor, &flown);
        if arrivals.len() != requests.len() {
            let lost = requests.len().saturating_sub(arrivals.len());
            return Err(Stop::Error(format!(
                "the harness lost {lost} of {} requests in flight",
                requests.len()
            )));
        }
        let answered = arrivals.into_iter().map(|(index, arrival)| {
            let answer = arrival.map_err(|error| {
                Stop::Error(format!("request {index} of several at once: {error}"))
            })?;
            unthrottled(answer)
        });
        answered.collect()
    }

    /// Records requests that were in flight when the target was killed; gives the answers that came.
    ///
    /// # Errors
    /// [`Stop::Throttled`] for a 429.
    pub(crate) fn cut_off(
        &self,
        requests: &[Request],
        arrivals: Vec<Arrival>,
    ) -> Result<Vec<Answer>, Stop> {
        let answered = arrivals.into_iter();
        let answers: Vec<(usize, Answer)> = answered
            .filter_map(|(index, arrival)| Some((index, arrival.ok()?)))
            .collect();
        self.recorder.cut_off(&self.actor, requests, &answers);
        answers
            .into_iter()
            .map(|(_, answer)| unthrottled(answer))
            .collect()
    }
}

/// The answer, unless it asks to be left alone for a while.
fn unthrottled(answer: Answer) -> Result<Answer, Stop> {
    if answer.status != 429 {
        return Ok(answer);
    }
    let stated = answer
        .header("retry-after")
        .and_then(|text| text.parse().ok());
    Err(Stop::Throttled {
        retry_after_seconds: stated.unwrap_or(1).min(MAX_RETRY_AFTER),
    })
}
