//! The control surface of a target under test: `POST {url}/provision`, `/clock`, `/crash`, …

use super::{Account, Aim, CrashPoint, Hook, WorldError};
use crate::{Answer, HttpTransport, Limits};
use gauntlet_simulator::{Method, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A target's control surface.
#[derive(Debug, Clone)]
pub struct Control {
    url: String,
    transport: HttpTransport,
    hooks: Vec<Hook>,
}

#[derive(Deserialize)]
struct Hooks {
    hooks: Vec<String>,
}

#[derive(Deserialize)]
struct Storage {
    paths: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct CrashPoints {
    points: Vec<CrashPoint>,
}

#[derive(Deserialize)]
struct Fired {
    fired: Vec<String>,
}

#[derive(Deserialize)]
struct Provisioned {
    accounts: Vec<Account>,
}

impl Control {
    /// Connects and asks which hooks are offered. Names that the harness does not know are ignored.
    ///
    /// # Errors
    /// A surface that can't be reached or does not answer as it should.
    pub async fn connect(url: &str, limits: Limits) -> Result<Self, WorldError> {
        let transport =
            HttpTransport::new(limits).map_err(|error| WorldError::Failed(error.to_string()))?;
        let mut control = Self {
            url: url.to_owned(),
            transport,
            hooks: Vec::new(),
        };
        let offered: Hooks = control.call(Request::new(Method::Get, "/hooks")).await?;
        control.hooks = Hook::ALL
            .into_iter()
            .filter(|hook| offered.hooks.iter().any(|name| name == hook.name()))
            .collect();
        Ok(control)
    }

    /// Whether the surface offers `hook`.
    #[must_use]
    pub fn offers(&self, hook: Hook) -> bool {
        self.hooks.contains(&hook)
    }

    /// Accounts of these names with that many sessions each.
    ///
    /// # Errors
    /// As [`Control::connect`].
    pub async fn provision(&self, wanted: &[(String, usize)]) -> Result<Vec<Account>, WorldError> {
        let accounts: Vec<Value> = wanted
            .iter()
            .map(|(name, sessions)| json!({ "name": name, "sessions": sessions }))
            .collect();
        let answer: Provisioned = self
            .post("/provision", &json!({ "accounts": accounts }))
            .await?;
        Ok(answer.accounts)
    }

    /// Uses a hook with its parameters.
    ///
    /// # Errors
    /// [`WorldError::Absent`] where it is not offered; as [`Control::connect`] otherwise.
    pub async fn use_hook(&self, hook: Hook, parameters: &Value) -> Result<(), WorldError> {
        if !self.offers(hook) {
            return Err(WorldError::Absent(hook));
        }
        self.post::<Value>(&format!("/{hook}"), parameters)
            .await
            .map(|_| ())
    }

    /// The files and folders that the hook `storage` lists.
    ///
    /// # Errors
    /// [`WorldError::Absent`] where it is not offered; as [`Control::connect`] otherwise.
    pub async fn storage(&self) -> Result<Vec<PathBuf>, WorldError> {
        if !self.offers(Hook::Storage) {
            return Err(WorldError::Absent(Hook::Storage));
        }
        let storage: Storage = self.call(Request::new(Method::Get, "/storage")).await?;
        Ok(storage.paths)
    }

    /// The places at which the target can be killed.
    ///
    /// # Errors
    /// As [`Control::use_hook`].
    pub async fn crash_points(&self) -> Result<Vec<CrashPoint>, WorldError> {
        let listed: CrashPoints = self.ask_of_crashes("/crash-points").await?;
        Ok(listed.points)
    }

    /// Has the target killed at a named place, or nowhere any more.
    ///
    /// # Errors
    /// As [`Control::use_hook`].
    pub async fn aim(&self, aim: Option<&Aim>) -> Result<(), WorldError> {
        if !self.offers(Hook::CrashPoints) {
            return Err(WorldError::Absent(Hook::CrashPoints));
        }
        let body = aim.map_or_else(|| json!({}), |aim| json!(aim));
        self.post::<Value>("/crash-at", &body).await.map(|_| ())
    }

    /// The places at which it was killed since then.
    ///
    /// # Errors
    /// As [`Control::use_hook`].
    pub async fn fired(&self) -> Result<Vec<String>, WorldError> {
        let told: Fired = self.ask_of_crashes("/crash-at").await?;
        Ok(told.fired)
    }

    async fn ask_of_crashes<T: DeserializeOwned>(&self, path: &str) -> Result<T, WorldError> {
        if !self.offers(Hook::CrashPoints) {
            return Err(WorldError::Absent(Hook::CrashPoints));
        }
        self.call(Request::new(Method::Get, path)).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, WorldError> {
        let request = Request::new(Method::Post, path);
        self.call(request.with_body("application/json", body.to_string().into_bytes()))
            .await
    }

    async fn call<T: DeserializeOwned>(&self, request: Request) -> Result<T, WorldError> {
        let place = format!("control surface {}{}", self.url, request.path);
        let answer: Answer = self
            .transport
            .send(&self.url, None, &request)
            .await
            .map_err(|error| WorldError::Failed(format!("{place}: {error}")))?;
        // Only the first call of all asks what there is.
        if request.method == Method::Get && matches!(answer.status, 404 | 405) {
            return Err(WorldError::Misconfigured(format!(
                "{place} answered {}: is provision.url a control surface?",
                answer.summary()
            )));
        }
        if !answer.is_success() {
            return Err(WorldError::Failed(format!(
                "{place} answered {}",
                answer.summary()
            )));
        }
        answer
            .json()
            .map_err(|error| WorldError::Failed(format!("{place}: {error}")))
    }
}
