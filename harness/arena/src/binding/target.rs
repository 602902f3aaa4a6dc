//! `target.toml`: what the harness has to know of a server that someone else wrote.

use super::TargetInfo;
use crate::{Role, Strictness};
use gauntlet_wire::id::UserId;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Bytes of the largest target file.
const MAX_BYTES: u64 = 256 << 10;

/// Characters that an access token has to have: a shorter one can't be told from parts of words, and is not
/// masked in reports and evidence.
pub const SHORTEST_TOKEN: usize = 8;

/// A target, as its file describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetFile {
    /// Its name in reports.
    pub name: String,
    /// Scheme and authority, such as `http://127.0.0.1:8080`.
    pub base_url: String,
    /// What every API path starts with.
    #[serde(default = "default_prefix")]
    pub path_prefix: String,
    /// What it plays.
    #[serde(default = "default_roles")]
    pub roles: Vec<Role>,
    /// How closely its answers have to match.
    #[serde(default = "default_strictness")]
    pub strictness: Strictness,
    /// Time for one call, in milliseconds.
    #[serde(default = "default_timeout")]
    pub timeout_ms: u64,
    /// Where accounts come from.
    pub provision: Provision,
    /// Where it was read; `None` for one that no file describes.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

/// Where accounts come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "mode")]
pub enum Provision {
    /// The accounts listed here, for every world. Worlds run one after the other.
    #[serde(rename_all = "kebab-case")]
    Static {
        /// The accounts' identity keys are derived from it: a server fixes them at the first publish.
        salt: String,
        /// At least `author` and `bystander`.
        account: Vec<StaticAccount>,
    },
    /// The target's control surface makes fresh accounts for every world.
    #[serde(rename_all = "kebab-case")]
    Control {
        /// The surface's URL, such as `http://127.0.0.1:8081`.
        url: String,
    },
}

/// An account that exists already.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StaticAccount {
    /// `author` or `bystander`.
    pub name: String,
    /// The target's id of it.
    pub user_id: UserId,
    /// Access tokens; with fewer than asked for, eyes share credentials.
    #[serde(deserialize_with = "tokens")]
    pub access_tokens: Vec<String>,
}

/// A list of texts; the error of anything else does not quote it, for it may be a secret.
fn tokens<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wrong = || serde::de::Error::custom("access-tokens: expected a list of texts");
    let toml::Value::Array(list) = toml::Value::deserialize(deserializer)? else {
        return Err(wrong());
    };
    let text = |value: &toml::Value| value.as_str().map(ToOwned::to_owned);
    list.iter()
        .map(text)
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}

/// A TOML error with its line, but not the line's text: it may hold a token.
fn said(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| {
        let before = text.get(..span.start).unwrap_or_default();
        before.matches('\n').count() + 1
    });
    match line {
        Some(line) => format!("line {line}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

/// Why a target file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The file can't be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not TOML of the right shape, or says something impossible.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong and where, and what was expected.
        what: String,
    },
}

fn default_prefix() -> String {
    "/v1".to_owned()
}

fn default_roles() -> Vec<Role> {
    vec![Role::Server]
}

const fn default_strictness() -> Strictness {
    Strictness::Code
}

const fn default_timeout() -> u64 {
    10_000
}

impl TargetFile {
    /// Reads and checks a target file.
    ///
    /// # Errors
    /// What is wrong, where, and what was expected.
    pub fn read(path: &Path) -> Result<Self, TargetError> {
        let unreadable = |error| TargetError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let length = std::fs::metadata(path).map_err(unreadable)?.len();
        let malformed = |what: String| TargetError::Malformed {
            path: path.to_owned(),
            what,
        };
        if length > MAX_BYTES {
            return Err(malformed(format!(
                "{length} bytes; expected at most {MAX_BYTES}"
            )));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let target: Self = toml::from_str(&text).map_err(|error| malformed(said(&text, &error)))?;
        target.check().map_err(malformed)?;
        Ok(Self {
            path: Some(path.to_owned()),
            ..target
        })
    }

    /// `listed`, the static accounts, as the file lists them now: access tokens are short-lived, so whoever
    /// serves may write fresh ones into it while a run is under way. Everything else has to stay as it was.
    ///
    /// # Errors
    /// A file that can't be used any more, or that describes other accounts.
    pub(crate) fn accounts_now(
        &self,
        listed: &[StaticAccount],
    ) -> Result<Vec<StaticAccount>, TargetError> {
        let Some(path) = &self.path else {
            return Ok(listed.to_vec());
        };
        let now = Self::read(path)?;
        match (&self.provision, now.provision) {
            (Provision::Static { salt, .. }, Provision::Static { salt: is, account })
                if *salt == is && ids(listed) == ids(&account) && self.base_url == now.base_url =>
            {
                Ok(account)
            }
            _ => Err(TargetError::Malformed {
                path: path.clone(),
                what: "describes another target than when the run began; only access-tokens may change"
                    .to_owned(),
            }),
        }
    }

    /// What the shape alone can't say.
    fn check(&self) -> Result<(), String> {
        check_url("base-url", &self.base_url)?;
        if !self.path_prefix.is_empty()
            && (!self.path_prefix.starts_with('/') || self.path_prefix.ends_with('/'))
        {
            return Err(format!(
                "path-prefix is {:?}; expected \"\" or a path like \"/v1\"",
                self.path_prefix
            ));
        }
        if self.roles.is_empty() {
            return Err("roles is empty; expected at least \"server\"".to_owned());
        }
        if !(100..=120_000).contains(&self.timeout_ms) {
            return Err(format!(
                "timeout-ms is {}; expected 100 to 120000",
                self.timeout_ms
            ));
        }
        match &self.provision {
            Provision::Control { url } => check_url("provision.url", url),
            Provision::Static { account, .. } => check_accounts(account),
        }
    }

    /// That every access token can be masked wherever it would show.
    ///
    /// # Errors
    /// Which one is too short, without the token.
    pub fn check_tokens(&self) -> Result<(), TargetError> {
        let Provision::Static { account, .. } = &self.provision else {
            return Ok(());
        };
        for account in account {
            let mut tokens = account.access_tokens.iter();
            let short = tokens.position(|token| token.chars().count() < SHORTEST_TOKEN);
            if let Some(index) = short {
                return Err(TargetError::Malformed {
                    path: self.path.clone().unwrap_or_default(),
                    what: format!(
                        "access token {} of {} is shorter than {SHORTEST_TOKEN} characters, too short to be \
                         masked in reports and evidence",
                        index + 1,
                        account.name
                    ),
                });
            }
        }
        Ok(())
    }

    /// What reports and scheduling need to know.
    #[must_use]
    pub fn info(&self) -> TargetInfo {
        TargetInfo {
            name: self.name.clone(),
            binding: "http",
            roles: self.roles.clone(),
            strictness: self.strictness,
            serial: true,
            fresh_accounts: matches!(self.provision, Provision::Control { .. }),
            salt: None,
        }
    }
}

fn ids(accounts: &[StaticAccount]) -> Vec<(&str, UserId)> {
    accounts
        .iter()
        .map(|account| (account.name.as_str(), account.user_id))
        .collect()
}

fn check_url(what: &str, url: &str) -> Result<(), String> {
    let expected = "expected http://host:port or https://host, without a slash at the end";
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    match rest {
        Some(authority) if !authority.is_empty() && !authority.ends_with('/') => Ok(()),
        _ => Err(format!("{what} is {url:?}; {expected}")),
    }
}

fn check_accounts(accounts: &[StaticAccount]) -> Result<(), String> {
    for wanted in ["author", "bystander"] {
        let Some(account) = accounts.iter().find(|account| account.name == wanted) else {
            return Err(format!("provision.account lacks one named {wanted:?}"));
        };
        if account.access_tokens.is_empty() {
            return Err(format!("provision.account {wanted:?} has no access-tokens"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TargetFile, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        TargetFile::read(file.path()).map_err(|error| error.to_string())
    }

    const CONTROL: &str = r#"
        name = "mine"
        base-url = "http://127.0.0.1:8080"
        provision = { mode = "control", url = "http://127.0.0.1:8081" }
    "#;

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let target = read(CONTROL).unwrap();
        assert_eq!(
            (target.path_prefix.as_str(), target.timeout_ms),
            ("/v1", 10_000)
        );
        assert_eq!(
            (target.roles.as_slice(), target.strictness),
            (&[Role::Server][..], Strictness::Code)
        );
        assert!(target.info().serial);
    }

    #[test]
    fn no_mistake_makes_a_token_known() {
        for tokens in [
            "\"s3cret\"",
            "[\"s3cret\", 1]",
            "[\"s3cret\"] = 1",
            "[\"s3cret",
        ] {
            let text = format!(
                "name = \"x\"\nbase-url = \"http://a\"\n[provision]\nmode = \"static\"\nsalt = \"a\"\n\
                 [[provision.account]]\nname = \"author\"\n\
                 user-id = \"018f2b1c-0000-7000-8000-00000000000a\"\naccess-tokens = {tokens}\n"
            );
            let error = read(&text).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_token_that_is_too_short_to_be_masked_is_named_and_not_quoted() {
        let account = |name: &str, id: u8, token: &str| {
            format!(
                "[[provision.account]]\nname = \"{name}\"\n\
                 user-id = \"018f2b1c-0000-7000-8000-0000000000{id:02}\"\n\
                 access-tokens = [\"long enough\", \"{token}\"]\n"
            )
        };
        let checked = |token: &str| {
            let text = format!(
                "name = \"x\"\nbase-url = \"http://a\"\n[provision]\nmode = \"static\"\nsalt = \"a\"\n{}{}",
                account("author", 10, "12345678"),
                account("bystander", 11, token)
            );
            let checked = read(&text).unwrap().check_tokens();
            checked.map_err(|error| error.to_string())
        };
        assert_eq!(checked("12345678"), Ok(()));
        let refused = checked("s3cret!").unwrap_err();
        assert!(
            refused.contains("access token 2 of bystander is shorter than 8"),
            "{refused}"
        );
        assert!(!refused.contains("s3cret!"), "{refused}");
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let accounts = r#"provision = { mode = "static", salt = "a", account = [] }"#;
        for (text, named) in [
            ("name = ", "line 1"),
            ("name = \"x\"", "base-url"),
            (&format!("{CONTROL}\nrolls = []"), "rolls"),
            (
                &CONTROL.replace("http://127.0.0.1:8080", "127.0.0.1"),
                "base-url is",
            ),
            (
                &CONTROL.replace("http://127.0.0.1:8081", "x"),
                "provision.url is",
            ),
            (&format!("{CONTROL}\nroles = [\"king\"]"), "king"),
            (&format!("{CONTROL}\nroles = []"), "roles is empty"),
            (
                &format!("{CONTROL}\npath-prefix = \"v1/\""),
                "path-prefix is",
            ),
            (&format!("{CONTROL}\ntimeout-ms = 1"), "timeout-ms is 1"),
            (&CONTROL.replace("control\",", "magic\","), "magic"),
            (
                &format!("name = \"x\"\nbase-url = \"http://a\"\n{accounts}"),
                "author",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(named), "{text}\n→ {error}");
        }
        assert!(
            TargetFile::read(Path::new("/no/such/file"))
                .unwrap_err()
                .to_string()
                .contains("/no/such/file")
        );
    }
}
