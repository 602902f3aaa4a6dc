//! An honest server in another process, a liar before it, and what a run makes of the two.

use crate::liar::{Asked, Before, Told, liar};
use crate::support::{Ended, Served, gauntlet};
use gauntlet_simulator::Method;
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

/// The attack that most lies are told about: row 3, a chunk ahead of its place.
pub(crate) const OFFSET_AHEAD: &[&str] = &["--rows", "3", "--deviation", "offset-ahead"];
/// An attack that looks into what the target keeps: row X5, a key where a checksum belongs.
pub(crate) const LEAK: &[&str] = &["--rows", "X5", "--deviation", "key-for-a-checksum"];
/// An attack that needs a purge: row X6, a photo created anew.
pub(crate) const ANEW: &[&str] = &["--rows", "X6", "--deviation", "create-after-purge"];

/// The author's sessions, in the order in which eyes take them.
const AUTHORS: [&str; 4] = ["phone", "laptop", "tablet", "fresh"];

/// A server, a liar, and the target file that names the liar.
pub(crate) struct Scene {
    /// Ends with the scene.
    _served: Served,
    pub(crate) folder: TempDir,
    pub(crate) target: PathBuf,
}

impl Scene {
    /// A liar between the harness and a server with static accounts.
    pub(crate) async fn lying(lie: impl FnMut(&Asked, &mut Told) + Send + 'static) -> Self {
        Self::relaying(false, lie).await
    }

    /// The same, where a body in chunked coding is answered with 411.
    pub(crate) async fn asking_for_lengths() -> Self {
        Self::relaying(true, |_, _| {}).await
    }

    async fn relaying(
        asks_for_lengths: bool,
        lie: impl FnMut(&Asked, &mut Told) + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let served = Served::start(folder.path(), &["--account", "author,bystander"]).await;
        let text = std::fs::read_to_string(&served.target).unwrap();
        let before = Before {
            upstream: format!("http://{}", served.address()),
            actors: actors(&text),
            withheld: &[],
            asks_for_lengths,
        };
        let upstream = before.upstream.clone();
        let base = liar(before, Box::new(lie)).await;
        Self::relayed(served, folder, &text.replace(&upstream, &base))
    }

    /// A liar between the harness and the control surface, which says yes to `withheld` and does nothing.
    pub(crate) async fn withholding(withheld: &'static [&'static str]) -> Self {
        Self::controlled(withheld, |_, _| {}).await
    }

    /// A liar between the harness and the control surface, which shows another storage than the one that
    /// there is.
    pub(crate) async fn showing(storage: impl Fn(&str) -> Value + Send + 'static) -> Self {
        let lie = move |asked: &Asked, told: &mut Told| {
            if asked.is(Method::Get, "/storage") {
                told.json(|shown| {
                    let data = shown["paths"][0].as_str().unwrap().to_owned();
                    shown["paths"] = storage(&data);
                });
            }
        };
        Self::controlled(&[], lie).await
    }

    async fn controlled(
        withheld: &'static [&'static str],
        lie: impl FnMut(&Asked, &mut Told) + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let served = Served::start(folder.path(), &["--control", "127.0.0.1:0"]).await;
        let text = std::fs::read_to_string(&served.target).unwrap();
        let url = text.lines().find_map(|line| line.strip_prefix("url = \""));
        let before = Before {
            upstream: url.unwrap().trim_end_matches('"').to_owned(),
            actors: Vec::new(),
            withheld,
            asks_for_lengths: false,
        };
        let upstream = before.upstream.clone();
        let url = liar(before, Box::new(lie)).await;
        Self::relayed(served, folder, &text.replace(&upstream, &url))
    }

    fn relayed(served: Served, folder: TempDir, text: &str) -> Self {
        let target = folder.path().join("relayed.toml");
        std::fs::write(&target, text).unwrap();
        Self {
            _served: served,
            folder,
            target,
        }
    }

    /// The arguments of a run against the liar.
    pub(crate) fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let target = self.target.to_str().unwrap();
        let mut arguments = vec!["run", "--seed", "1", "--target", target];
        arguments.extend(more);
        arguments
    }

    /// Plays the one attack that `selection` names.
    pub(crate) async fn judged(&self, selection: &[&str]) -> Judged {
        let mut arguments = self.arguments(selection);
        arguments.extend(["--format", "json"]);
        let ended = gauntlet(&arguments).await;
        let report: Value = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
        let attacks = report["rows"][0]["attacks"].as_array().unwrap();
        assert_eq!(attacks.len(), 1, "{report:#}");
        assert!(report["obstacle"].is_null(), "{report:#}");
        Judged {
            ended,
            attack: attacks[0].clone(),
        }
    }
}

/// Whose the tokens of a target file are.
fn actors(text: &str) -> Vec<(String, &'static str)> {
    let lists = text
        .lines()
        .filter_map(|line| line.strip_prefix("access-tokens = "))
        .map(|list| serde_json::from_str::<Vec<String>>(list).unwrap());
    lists
        .zip([&AUTHORS[..], &["bystander"]])
        .flat_map(|(tokens, actors)| tokens.into_iter().zip(actors.iter().copied()))
        .collect()
}

/// What a run made of one attack.
pub(crate) struct Judged {
    ended: Ended,
    /// The attack's own part of the report.
    pub(crate) attack: Value,
}

impl Judged {
    /// Exit code, verdict, and something that the reason or a finding says.
    pub(crate) fn assert(&self, code: i32, verdict: &str, said: &str) -> &Self {
        let attack = &self.attack;
        assert_eq!(self.ended.code, code, "{attack:#}\n{}", self.ended.stderr);
        assert_eq!(attack["verdict"], verdict, "{attack:#}");
        let observed = self.findings().filter_map(|f| f["observed"].as_str());
        let mut texts = observed.chain(attack["reason"].as_str());
        assert!(
            texts.any(|text| text.contains(said)),
            "{said:?} is not in {attack:#}"
        );
        self
    }

    /// The harm, and who suffers it.
    pub(crate) fn assert_harm(&self, harm: &str, actor: &str) -> &Self {
        let found = self.findings().any(|finding| {
            finding["harm"] == harm && finding["observed"].as_str().unwrap().contains(actor)
        });
        assert!(found, "no {harm} of {actor} in {:#}", self.attack);
        self
    }

    /// How many beats were played and passed.
    pub(crate) fn passed(&self) -> usize {
        let beats = self.attack["beats"].as_array().unwrap();
        beats.iter().filter(|beat| beat["passed"] == true).count()
    }

    fn findings(&self) -> impl Iterator<Item = &Value> {
        self.attack["findings"].as_array().unwrap().iter()
    }
}
