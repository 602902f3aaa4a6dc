//! What an operator, or a harness, may do beside the public API.

use crate::app::App;
use crate::collect::{CollectionReport, collect_garbage};
use crate::failure::{Failure, Fault};
use crate::work::{Interrupted, panic_text};
use gauntlet_wire::id::UserId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most access tokens that one provisioning hands out.
const MAX_SESSIONS: usize = 1_000;
/// Bytes of an account's name.
const MAX_NAME: usize = 128;

/// An account with fresh credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name that it was provisioned by.
    pub name: String,
    /// The account.
    pub user_id: UserId,
    /// Access tokens, each of an authentication session of its own, good for 15 minutes.
    pub access_tokens: Vec<String>,
}

/// Why an operator's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The wish is out of bounds.
    #[error("{what}: expected {expected}, found {found}")]
    OutOfBounds {
        /// The argument.
        what: &'static str,
        /// Its bound.
        expected: String,
        /// Its value.
        found: usize,
    },
    /// The server could not do it.
    #[error("{0}")]
    Failed(String),
}

/// A handle to a running server for its operator.
#[derive(Clone)]
pub struct Admin {
    app: Arc<App>,
}

impl Admin {
    pub(crate) const fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Finds or creates the account of that name and hands out `sessions` fresh access tokens. The
    /// same name is always the same account.
    ///
    /// # Errors
    /// A name that is empty or longer than 128 bytes, more than 1,000 sessions, or a failing server.
    pub async fn provision(&self, name: &str, sessions: usize) -> Result<Account, AdminError> {
        within("name", name.len(), 1..=MAX_NAME)?;
        within("sessions", sessions, 0..=MAX_SESSIONS)?;
        let (app, name) = (Arc::clone(&self.app), name.to_owned());
        self.run(async move { provision(&app, name, sessions).await })
            .await
    }

    /// Purges every asset whose time in the trash is over, then goes over every stored blob once:
    /// marks what no asset refers to, deletes what has been without reference for a whole grace period
    /// (`wire.md` §3, retention and GC).
    ///
    /// # Errors
    /// A failing server.
    pub async fn collect_garbage(&self) -> Result<CollectionReport, AdminError> {
        let app = Arc::clone(&self.app);
        self.run(async move { collect_garbage(&app).await }).await
    }

    async fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, AdminError> {
        match self.app.work.run(task).await {
            Ok(done) => done.map_err(|failure| AdminError::Failed(failure.to_string())),
            Err(Interrupted::Halted) => Err(AdminError::Failed(Fault::Halted.to_string())),
            Err(Interrupted::Panicked(payload)) => {
                let text = panic_text(payload.as_ref());
                self.app.count_panic(text);
                Err(AdminError::Failed(format!("panicked: {text}")))
            }
        }
    }
}

fn within(
    what: &'static str,
    found: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<(), AdminError> {
    if bounds.contains(&found) {
        return Ok(());
    }
    let expected = format!("{} to {}", bounds.start(), bounds.end());
    Err(AdminError::OutOfBounds {
        what,
        expected,
        found,
    })
}

async fn provision(app: &App, name: String, sessions: usize) -> Result<Account, Failure> {
    let mut transaction = app.store.begin().await?;
    let user_id = transaction.account(&name, app.entropy.user()).await?;
    transaction.commit().await?;
    let now = app.now();
    let access_tokens = (0..sessions)
        .map(|_| app.tokens.issue(user_id, app.entropy.session(now), now))
        .collect::<Result<_, _>>()
        .map_err(|error| Fault::Integrity(format!("the signing key does not sign: {error}")))?;
    Ok(Account {
        name,
        user_id,
        access_tokens,
    })
}
