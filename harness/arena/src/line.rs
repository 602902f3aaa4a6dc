//! A line: one actor's own connections and credentials, through which all of its bytes pass.

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
        if answer.status == 429 {
            let stated = answer
                .header("retry-after")
                .and_then(|text| text.parse().ok());
            let retry_after_seconds = stated.unwrap_or(1).min(MAX_RETRY_AFTER);
            return Err(Stop::Throttled {
                retry_after_seconds,
            });
        }
        Ok(answer)
    }
}
