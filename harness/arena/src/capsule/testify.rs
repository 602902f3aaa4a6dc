//! Testifying: of every object that was harmed, what should be read and what each eye reads.

use super::eye::Eye;
use super::lab::Lab;
use super::sights::{self, Roles};
use super::snapshot::{Snapshot, describe_session, session_changes, sessions};
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::{Answer, Expect, SessionEffect, Sight, Stop, Testimony, Verdict};
use gauntlet_simulator::Document;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{Hash, UploadId};
use gauntlet_wire::json::Quota;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something that an account sees, and that can be harmed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    /// An upload session.
    Session(UploadId),
    /// What the account is charged for.
    Quota {
        /// How many bytes too many, or too few.
        excess: i128,
    },
    /// The feed.
    Feed,
    /// A document, by its path.
    Document(String),
    /// A blob, by its address.
    Blob(Hash),
    /// An accepted write, by the link of its record.
    Write(Hash),
}

/// Whose account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    Author,
    Bystander,
}

impl Whose {
    /// Both accounts, in the order of everything that a lab keeps of them.
    pub(crate) const BOTH: [Self; 2] = [Self::Author, Self::Bystander];
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Author => "the author",
            Self::Bystander => "the bystander",
        })
    }
}

/// How closely an object was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depth {
    /// By the eyes that are online, right after the attack.
    Look,
    /// By every eye, in an audit.
    Audit,
}

pub(super) type Harmed = BTreeSet<(Whose, Object)>;

impl Told {
    /// Notes that something was harmed. A document is one, whoever reads it.
    pub(super) fn harm(&mut self, whose: Whose, object: Object) {
        self.harmed.insert(of(whose, object));
    }
}

fn of(whose: Whose, object: Object) -> (Whose, Object) {
    match object {
        Object::Document(_) => (Whose::Author, object),
        object => (whose, object),
    }
}

/// What was harmed, and the testimony of it.
#[derive(Default)]
pub(super) struct Told {
    /// What the comparison of before and after found harmed.
    harmed: Harmed,
    taken: BTreeMap<(Whose, Object), (Depth, Testimony)>,
}

/// Testimonies and what they are of.
pub(super) type Taken = Vec<((Whose, Object), Testimony)>;

impl Lab {
    /// Takes testimony of what was found so far, by the eyes that are online. The session and the quota
    /// go on changing, so only now can they be told of.
    pub(super) async fn testify(&mut self, upload: &Upload) -> Result<(), Stop> {
        let harmed = self.told.harmed.clone();
        let struck = self.struck.as_ref();
        let attacked = struck.and_then(|struck| upload.session(struck.from));
        let mut taken = Vec::new();
        for (whose, object) in &harmed {
            let testimony = match object {
                Object::Session(id) => {
                    let is_attacked = attacked == Some(*id);
                    self.of_session(*whose, *id, is_attacked).await?
                }
                Object::Quota { excess } => self.of_quota(*whose, *excess).await?,
                Object::Feed | Object::Document(_) | Object::Blob(_) | Object::Write(_) => {
                    continue;
                }
            };
            taken.push(((*whose, object.clone()), testimony));
        }
        let authors = [&self.cast.phone.eye, &self.cast.laptop.eye];
        let bystanders = [&self.cast.bystander.eye];
        let eyes: [&[&Eye]; 2] = [&authors, &bystanders];
        taken.extend(
            self.testimony_by(harmed, "right after the attack", eyes)
                .await?,
        );
        self.keep(Depth::Look, taken);
        Ok(())
    }

    /// Testimony of feeds, documents and blobs by these eyes, of the author and of the bystander: of what
    /// `harmed` names, and of every feed in which something is amiss.
    pub(super) async fn testimony_by(
        &self,
        mut harmed: Harmed,
        moment: &str,
        eyes: [&[&Eye]; 2],
    ) -> Result<Taken, Stop> {
        harmed = harmed
            .into_iter()
            .map(|(whose, object)| of(whose, object))
            .collect();
        harmed.extend(self.told.harmed.iter().cloned());
        for ((whose, photos), eyes) in Whose::BOTH.into_iter().zip(&self.acknowledged).zip(eyes) {
            if sights::is_amiss(photos, eyes) {
                harmed.insert((whose, Object::Feed));
            }
        }
        let mut taken = Vec::new();
        for (whose, object) in harmed {
            let own = self.own(whose, eyes);
            let testimony = match &object {
                Object::Session(_) | Object::Quota { .. } => continue,
                Object::Feed => self.of_feed(whose, own, moment),
                Object::Document(path) => self.of_document(path, eyes, moment).await?,
                Object::Blob(hash) => self.of_blob(whose, hash, own, moment).await?,
                Object::Write(link) => self.of_write(link, own, moment).await?,
            };
            taken.push(((whose, object), testimony));
        }
        Ok(taken)
    }

    /// Keeps what was testified first with the most eyes: what comes later follows from it.
    pub(super) fn keep(&mut self, depth: Depth, taken: Taken) {
        for (of, testimony) in taken {
            let held = self.told.taken.get(&of);
            if held.is_some_and(|(held, _)| *held >= depth) {
                continue;
            }
            let testimony = testimony.edited(|text| self.recorder.redact(text));
            self.recorder.note(noted(&testimony));
            self.told.taken.insert(of, (depth, testimony));
        }
    }

    /// Everything that was testified. Where the answer alone departs, that nothing else did is testified
    /// as well.
    pub(super) fn testimony(&self) -> Vec<Testimony> {
        let taken = self.told.taken.values();
        let taken: Vec<Testimony> = taken.map(|(_, testimony)| testimony.clone()).collect();
        let answer_alone = !self.findings.is_empty()
            && !self.depth.is_empty()
            && self
                .findings
                .iter()
                .all(|found| found.verdict == Verdict::Nonconforming);
        if !(taken.is_empty() && answer_alone) {
            return taken;
        }
        let unharmed = "nothing was harmed: feed, quota, sessions, blobs and documents read as they should, \
                        by every eye";
        vec![Testimony {
            object: unharmed.to_owned(),
            ..Testimony::default()
        }]
    }

    fn own<'a>(&self, whose: Whose, [authors, bystanders]: [&'a [&'a Eye]; 2]) -> &'a [&'a Eye] {
        match whose {
            Whose::Author => authors,
            Whose::Bystander => bystanders,
        }
    }

    fn photos(&self, whose: Whose) -> &[Acknowledged] {
        let [authors, bystanders] = &self.acknowledged;
        match whose {
            Whose::Author => authors,
            Whose::Bystander => bystanders,
        }
    }

    /// The eyes of an account that are online.
    fn online(&self, whose: Whose) -> Vec<&Eye> {
        match whose {
            Whose::Author => vec![&self.cast.phone.eye, &self.cast.laptop.eye],
            Whose::Bystander => vec![&self.cast.bystander.eye],
        }
    }

    fn of_feed(&self, whose: Whose, eyes: &[&Eye], moment: &str) -> Testimony {
        let watched = self.struck.as_ref().map(|struck| &struck.watched);
        let is_elder = |photo: &Acknowledged| {
            watched.is_none_or(|watched| {
                let mut blobs = watched.iter().flat_map(|watch| &watch.blobs);
                blobs.any(|hash| photo.is_link(hash))
            })
        };
        let before = self.before(whose);
        let roles = Roles {
            attacked: self.struck.as_ref().and_then(|struck| struck.asset),
            is_elder: &is_elder,
            had_read: &|photo, eye| {
                let read = self.had_read.get(&photo.asset);
                let by_then = read.and_then(|read| read.get(eye.line.actor()));
                by_then.copied().unwrap_or_default()
            },
            is_of_another_run: &|asset| {
                let ours = self.photos(whose).iter().any(|photo| photo.asset == *asset);
                !ours && before.is_some_and(|before| before.shows(asset))
            },
        };
        let object = format!("the feed of {whose}, {moment}: sync_seq, asset, change");
        sights::feed(self.photos(whose), eyes, roles, object)
    }

    /// A document belongs to one account and is read by all who can.
    async fn of_document(
        &self,
        path: &str,
        [authors, bystanders]: [&[&Eye]; 2],
        moment: &str,
    ) -> Result<Testimony, Stop> {
        let is_it = |document: &&Document| document.path == path;
        let [by_author, by_bystander] = &self.published;
        let of_author = by_author.iter().find(is_it);
        let published = of_author.or_else(|| by_bystander.iter().find(is_it));
        let eyes = match of_author {
            Some(_) if self.public.contains(path) => [authors, bystanders].concat(),
            Some(_) => authors.to_vec(),
            None => bystanders.to_vec(),
        };
        let read = read_by(&eyes, path).await?;
        let sent = self
            .struck
            .as_ref()
            .and_then(|struck| struck.document.as_ref());
        let identity = of_author.map(|_| self.cast.identity());
        Ok(sights::document(
            published
                .map(|document| document.bytes.as_slice())
                .unwrap_or_default(),
            sent.filter(|sent| sent.path == path),
            identity,
            &read,
            format!("GET {path}, {moment}"),
        ))
    }

    async fn of_blob(
        &self,
        whose: Whose,
        hash: &Hash,
        eyes: &[&Eye],
        moment: &str,
    ) -> Result<Testimony, Stop> {
        let path = format!("/blob/{hash}");
        let read = read_by(eyes, &path).await?;
        let object = format!("GET {path}, {moment}");
        Ok(sights::blob(hash, self.photos(whose), &read, object))
    }

    async fn of_session(
        &self,
        whose: Whose,
        id: UploadId,
        is_attacked: bool,
    ) -> Result<Testimony, Stop> {
        let before = self.before(whose);
        let was = before.and_then(|before| before.sessions.get(&id));
        let refused = matches!(self.attack.expectation.expect, Expect::Refuse(_));
        let fails = is_attacked && self.attack.expectation.session == SessionEffect::Fails;
        let absent = refused || !is_attacked;
        let expected = match was {
            _ if fails => "FailedProcessing, with no more bytes than were declared".to_owned(),
            None if absent => "no such session".to_owned(),
            None => "as an honest opening leaves it".to_owned(),
            Some(was) => format!(
                "as right before the attacked message: {}",
                describe_session(was)
            ),
        };
        let mut seen = Vec::new();
        for eye in self.online(whose) {
            let (read, amiss) = match sessions(eye).await {
                Ok(listed) => match listed.iter().find(|session| session.id == id) {
                    None => ("no such session".to_owned(), Vec::new()),
                    Some(is) => {
                        let changes = match was {
                            Some(was) => session_changes(was, is),
                            None if fails && is.status == UploadStatus::FailedProcessing => {
                                Vec::new()
                            }
                            None if fails => vec![format!("it is {}", is.status)],
                            None if absent => vec!["it is there".to_owned()],
                            None => Vec::new(),
                        };
                        (describe_session(is), changes)
                    }
                },
                Err(Stop::Invalid(why)) => (why, Vec::new()),
                Err(other) => return Err(other),
            };
            seen.push(Sight {
                eye: eye.line.actor().to_owned(),
                read: vec![read],
                amiss,
            });
        }
        Ok(Testimony {
            object: format!("the upload session {id}, right after the attack"),
            expected: vec![expected],
            seen,
            notes: Vec::new(),
        })
    }

    async fn of_quota(&self, whose: Whose, excess: i128) -> Result<Testimony, Stop> {
        let mut seen = Vec::new();
        let mut expected = Vec::new();
        for eye in self.online(whose) {
            let answer = eye.read("/quota").await?;
            let (read, amiss) = match answer.json::<Quota>() {
                Ok(quota) if answer.is_success() => {
                    let lawful = i128::from(quota.used) - excess;
                    expected.push(format!(
                        "{lawful} bytes used: what was used before, and what was written honestly since"
                    ));
                    (
                        format!("{} bytes used", quota.used),
                        format!("{excess:+} bytes"),
                    )
                }
                _ => (answer.summary(), "it can't be read".to_owned()),
            };
            seen.push(Sight {
                eye: eye.line.actor().to_owned(),
                read: vec![read],
                amiss: vec![amiss],
            });
        }
        expected.dedup();
        Ok(Testimony {
            object: format!("the quota of {whose}, right after the attack"),
            expected,
            seen,
            notes: Vec::new(),
        })
    }

    fn before(&self, whose: Whose) -> Option<&Snapshot> {
        let [authors, bystanders] = &self.struck.as_ref()?.before;
        Some(match whose {
            Whose::Author => authors,
            Whose::Bystander => bystanders,
        })
    }
}

async fn read_by(eyes: &[&Eye], path: &str) -> Result<Vec<(String, Answer)>, Stop> {
    let mut read = Vec::new();
    for eye in eyes {
        read.push((eye.line.actor().to_owned(), eye.read(path).await?));
    }
    Ok(read)
}

/// A testimony in one text, for the evidence.
fn noted(testimony: &Testimony) -> String {
    let mut lines = vec![testimony.object.clone()];
    lines.extend(
        testimony
            .expected
            .iter()
            .map(|text| format!("expected: {text}")),
    );
    for sight in &testimony.seen {
        lines.push(format!("{}: {}", sight.eye, sight.read.join(" · ")));
        lines.extend(sight.amiss.iter().map(|text| format!("amiss: {text}")));
    }
    lines.extend(testimony.notes.iter().cloned());
    lines.join("\n")
}
