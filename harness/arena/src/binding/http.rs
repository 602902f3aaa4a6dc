//! The HTTP binding: a server that someone else wrote, described by a target file.

use super::{
    Account, Aim, Allowance, Binding, Control, CrashPoint, Hook, Provision, TargetFile, TargetInfo,
    World, WorldError,
};
use crate::Limits;
use async_trait::async_trait;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Opens worlds on the server of a target file.
pub struct HttpBinding {
    file: TargetFile,
    info: TargetInfo,
    run: String,
    /// How many worlds of each seed and label were opened.
    opened: Mutex<BTreeMap<String, u32>>,
}

impl HttpBinding {
    /// A binding to the server that `file` describes. `run` goes into every id, so that a run never
    /// meets what an earlier one left on the same server; it is recorded in the report.
    #[must_use]
    pub fn new(file: TargetFile, run: String) -> Self {
        let info = TargetInfo {
            salt: Some(run.clone()),
            ..file.info()
        };
        Self {
            file,
            info,
            run,
            opened: Mutex::default(),
        }
    }

    /// What a world's ids and accounts are derived from: another for each that is opened, for a control surface
    /// gives the same account to the same name.
    fn tenant(&self, seed: u64, label: &str) -> String {
        let name = format!("{}/{seed:016x}/{label}", self.run);
        // A panic elsewhere can't leave a count half done, so a poisoned lock is still sound.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let count = opened.entry(name.clone()).or_default();
        *count = count.saturating_add(1);
        match *count {
            1 => name,
            again => format!("{name} {again}"),
        }
    }

    /// Bounds of one call to this target.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            call: Duration::from_millis(self.file.timeout_ms),
            ..Limits::default()
        }
    }
}

#[async_trait]
impl Binding for HttpBinding {
    fn target(&self) -> &TargetInfo {
        &self.info
    }

    async fn open(&self, seed: u64, label: &str) -> Result<Box<dyn World>, WorldError> {
        let accounts = match &self.file.provision {
            Provision::Static { salt, account } => {
                let now = self.file.accounts_now(account);
                let now = now.map_err(|error| WorldError::Failed(error.to_string()))?;
                let accounts = now.into_iter().map(|account| Account {
                    name: account.name,
                    user_id: account.user_id,
                    access_tokens: account.access_tokens,
                });
                Accounts::Static {
                    salt: salt.clone(),
                    accounts: accounts.collect(),
                }
            }
            Provision::Control { url } => {
                Accounts::Control(Control::connect(url, self.limits()).await?)
            }
        };
        Ok(Box::new(HttpWorld {
            base_url: format!("{}{}", self.file.base_url, self.file.path_prefix),
            tenant: self.tenant(seed, label),
            limits: self.limits(),
            accounts,
            allowance: Allowance::default(),
        }))
    }
}

/// One run on a foreign server: fresh accounts where the target can make them.
struct HttpWorld {
    base_url: String,
    tenant: String,
    limits: Limits,
    accounts: Accounts,
    /// The bounds that a test has asked for.
    allowance: Allowance,
}

enum Accounts {
    Static {
        salt: String,
        accounts: Vec<Account>,
    },
    Control(Control),
}

impl HttpWorld {
    /// The control surface, for a hook that only it can offer.
    fn control(&self, hook: Hook) -> Result<&Control, WorldError> {
        match &self.accounts {
            Accounts::Control(control) => Ok(control),
            Accounts::Static { .. } => Err(WorldError::Absent(hook)),
        }
    }

    async fn use_hook(&self, hook: Hook, parameters: serde_json::Value) -> Result<(), WorldError> {
        self.control(hook)?.use_hook(hook, &parameters).await
    }
}

#[async_trait]
impl World for HttpWorld {
    fn base_url(&self) -> String {
        self.base_url.clone()
    }

    fn salt(&self) -> String {
        match &self.accounts {
            Accounts::Static { salt, .. } => format!("{salt}/{}", self.tenant),
            Accounts::Control(_) => self.tenant.clone(),
        }
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn lasting_identity(&self) -> Option<String> {
        match &self.accounts {
            Accounts::Static { salt, .. } => Some(salt.clone()),
            Accounts::Control(_) => None,
        }
    }

    fn offers(&self, hook: Hook) -> bool {
        match &self.accounts {
            Accounts::Control(control) => control.offers(hook),
            Accounts::Static { .. } => false,
        }
    }

    async fn provision(&mut self, wanted: &[(&str, usize)]) -> Result<Vec<Account>, WorldError> {
        match &self.accounts {
            Accounts::Static { accounts, .. } => wanted
                .iter()
                .map(|(name, _)| {
                    let found = accounts.iter().find(|account| account.name == *name);
                    found.cloned().ok_or_else(|| {
                        WorldError::Failed(format!("the target file lists no account {name:?}"))
                    })
                })
                .collect(),
            Accounts::Control(control) => {
                let named: Vec<_> = wanted
                    .iter()
                    .map(|(name, sessions)| (format!("{}/{name}", self.tenant), *sessions))
                    .collect();
                let accounts = control.provision(&named).await?;
                if accounts.len() != wanted.len() {
                    return Err(WorldError::Failed(format!(
                        "asked for {} accounts, the control surface made {}",
                        wanted.len(),
                        accounts.len()
                    )));
                }
                Ok(accounts)
            }
        }
    }

    async fn crash(&mut self) -> Result<(), WorldError> {
        self.use_hook(Hook::Crash, json!({})).await
    }

    async fn restart(&mut self) -> Result<(), WorldError> {
        self.use_hook(Hook::Restart, json!({})).await
    }

    async fn advance_clock(&mut self, seconds: u64) -> Result<(), WorldError> {
        self.use_hook(Hook::Clock, json!({ "advance_seconds": seconds }))
            .await
    }

    async fn purge(&mut self) -> Result<(), WorldError> {
        self.use_hook(Hook::Purge, json!({})).await
    }

    async fn storage(&mut self) -> Result<Vec<PathBuf>, WorldError> {
        match &self.accounts {
            Accounts::Control(control) => control.storage().await,
            Accounts::Static { .. } => Err(WorldError::Absent(Hook::Storage)),
        }
    }

    async fn crash_points(&self) -> Result<Vec<CrashPoint>, WorldError> {
        self.control(Hook::CrashPoints)?.crash_points().await
    }

    async fn aim(&self, aim: Option<&Aim>) -> Result<(), WorldError> {
        self.control(Hook::CrashPoints)?.aim(aim).await
    }

    async fn fired(&self) -> Result<Vec<String>, WorldError> {
        self.control(Hook::CrashPoints)?.fired().await
    }

    async fn allow(&mut self, allowance: Allowance) -> Result<(), WorldError> {
        self.use_hook(Hook::Allowance, json!(allowance)).await?;
        self.allowance = allowance;
        Ok(())
    }

    async fn close(mut self: Box<Self>) -> Result<(), WorldError> {
        // A play that ran out of time has left its bounds behind, which are every world's here.
        match self.allowance == Allowance::default() {
            true => Ok(()),
            false => self.allow(Allowance::default()).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn write(path: &Path, salt: &str, token: &str) {
        let account = |name: &str, id: u8| {
            format!(
                "[[provision.account]]\nname = \"{name}\"\nuser-id = \
                 \"018f2b1c-0000-7000-8000-0000000000{id:02}\"\naccess-tokens = [\"{token}\"]\n"
            )
        };
        let text = format!(
            "name = \"t\"\nbase-url = \"http://127.0.0.1:9\"\n[provision]\nmode = \"static\"\nsalt = \
             \"{salt}\"\n{}{}",
            account("author", 1),
            account("bystander", 2)
        );
        std::fs::write(path, text).unwrap();
    }

    #[tokio::test]
    async fn no_two_worlds_share_what_their_accounts_are_named_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target.toml");
        write(&path, "a", "token");
        let binding = HttpBinding::new(TargetFile::read(&path).unwrap(), "run".to_owned());
        let mut salts = Vec::new();
        for label in ["row 3", "row 3", "row 4", "row 3"] {
            salts.push(binding.open(1, label).await.unwrap().salt());
        }
        let first = "a/run/0000000000000001/row";
        let expected = ["3", "3 2", "4", "3 3"].map(|end| format!("{first} {end}"));
        assert_eq!(salts, expected);
    }

    #[tokio::test]
    async fn tokens_may_be_renewed_while_a_run_is_under_way_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target.toml");
        write(&path, "a", "first");
        let binding = HttpBinding::new(TargetFile::read(&path).unwrap(), "run".to_owned());
        let token = async || {
            let mut world = binding
                .open(1, "w")
                .await
                .map_err(|error| error.to_string())?;
            let accounts = world.provision(&[("author", 1)]).await;
            let accounts = accounts.map_err(|error| error.to_string())?;
            Ok::<_, String>(accounts[0].access_tokens.clone())
        };
        assert_eq!(token().await.unwrap(), ["first"]);
        write(&path, "a", "second");
        assert_eq!(token().await.unwrap(), ["second"]);
        write(&path, "b", "third");
        let changed = token().await.unwrap_err();
        assert!(
            changed.contains("only access-tokens may change"),
            "{changed}"
        );
        std::fs::write(&path, "nonsense").unwrap();
        assert!(token().await.unwrap_err().contains("target.toml"));
    }
}
