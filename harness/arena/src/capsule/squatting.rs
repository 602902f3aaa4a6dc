//! Squatting: ids of others, what happens between two messages of a squatter, and what an answer tells of
//! what is another's.

use super::lab::{Lab, Struck};
use super::strike::first_request;
use super::witness::Acknowledged;
use crate::{Answer, Needle, Scanner, Stop};
use gauntlet_simulator::{Bound, Estate, Kind, Photo, Request, Squat, Squatting, Write};
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use gauntlet_wire::problem::Problem;
use std::collections::BTreeSet;
use uuid::Uuid;

/// An album that nobody has: a version-4 id, drawn once.
const NOBODYS: AlbumId = AlbumId::new(Uuid::from_u128(0x6e6f_626f_6479_4461_8c62_756d_2121_2121));

impl Lab {
    /// What the squatter of the attack sends.
    pub(super) fn squatting(&self, squat: Squat) -> Option<Squatting> {
        self.squatting_on(squat, self.others.first()?)
    }

    fn squatting_on(&self, squat: Squat, strangers: &Write) -> Option<Squatting> {
        let client = self.client();
        let estate = Estate {
            strangers,
            bound: &|bound| match bound {
                Bound::Strangers => self.others.first().cloned(),
                Bound::Sibling => {
                    let mut own = self.done.iter();
                    own.find(|write| write.album != client.album).cloned()
                }
                Bound::Purged => self.purged.first().cloned(),
                Bound::StrangersPurged => self.purged.last().cloned(),
            },
            coming: self.coming()?,
            now: self.now,
        };
        squat.apply(client, estate)
    }

    /// The id that the bystander's next photo will have. A draft of a copy shifts no honest draw.
    fn coming(&self) -> Option<AssetId> {
        let mut bystander = self.cast.bystander.client.clone();
        let next = bystander.draft(Photo::SMALL, self.now).ok()?;
        Some(next.asset)
    }

    /// Right before the squatter's last message the stranger's photo is there, where the two race.
    pub(super) async fn interlude(&mut self) -> Result<(), Stop> {
        if self.attack.deviation.kind != Kind::Squat(Squat::Race) {
            return Ok(());
        }
        match self.cast.bystander.upload(Photo::SMALL, self.now).await {
            Ok(write) => {
                let [_, bystanders] = &mut self.acknowledged;
                bystanders.push(Acknowledged::of(&write)?);
                self.others.push(write);
                Ok(())
            }
            Err(Stop::Invalid(why)) => {
                let expected = "an id is bound by the first photo that is there, and by no opening";
                self.damage(expected, &why, true);
                Err(Stop::Found)
            }
            Err(other) => Err(other),
        }
    }

    /// What a squatter is told says nothing of what is another's: no id and no address that it had not
    /// named itself, and of an album not even that it is there.
    pub(super) async fn judge_disclosure(&mut self, struck: &Struck) -> Result<(), Stop> {
        let Kind::Squat(squat) = self.attack.deviation.kind else {
            return Ok(());
        };
        let (Some(request), Some(answer)) = (&struck.request, &struck.answer) else {
            return Ok(());
        };
        if let Some(told) = self.told(request, answer)? {
            let expected = "a refusal says nothing of what is another's";
            self.damage(
                expected,
                &format!("{} tells {told}", answer.summary()),
                self.is_refused(),
            );
        }
        let names_an_album = matches!(squat, Squat::Ledger | Squat::IntoAlbum | Squat::Update);
        if names_an_album && !answer.is_success() {
            self.judge_absence(squat, answer).await?;
        }
        Ok(())
    }

    /// An id or address of the bystander's that is in the answer and not in the request.
    fn told(&self, request: &Request, answer: &Answer) -> Result<Option<String>, Stop> {
        let needles = self.private();
        let scanner = Scanner::new(&needles).map_err(|error| Stop::Error(error.to_string()))?;
        let mut asked = request.path.clone().into_bytes();
        asked.extend_from_slice(&request.body);
        let mut said = answer.body.clone();
        for (_, value) in &answer.headers {
            said.extend_from_slice(value.as_bytes());
            said.push(b'\n');
        }
        let found = |text: &[u8]| -> BTreeSet<String> {
            let places = scanner.find(text).into_iter();
            places
                .filter_map(|place| Some(needles.get(place)?.what.clone()))
                .collect()
        };
        let (known, told) = (found(&asked), found(&said));
        Ok(told.difference(&known).next().cloned())
    }

    /// What the squatter may not learn. An id is one thing, however it is spelled, and so named.
    fn private(&self) -> Vec<Needle> {
        let bystander = &self.cast.bystander.client;
        let mut ids = vec![
            ("the bystander's album", bystander.album.uuid()),
            ("the bystander's account", bystander.user.uuid()),
            ("the bystander's device", bystander.device.uuid()),
        ];
        let mut addresses: Vec<(&str, Hash)> = Vec::new();
        for write in self.others.iter().chain(self.purged.last()) {
            ids.push(("the bystander's photo", write.asset.uuid()));
            addresses.extend(write.link().map(|link| ("the bystander's chain", link)));
            let blobs = write.blobs.iter();
            addresses.extend(blobs.map(|blob| ("the bystander's blob", Hash::of(&blob.bytes))));
        }
        let needle = |what: String, bytes: &[u8]| Needle {
            what,
            bytes: bytes.to_vec(),
        };
        let ids = ids.iter().flat_map(|(what, id)| {
            let text = id.hyphenated().to_string();
            let what = format!("{what} {text}");
            [
                needle(what.clone(), id.as_bytes()),
                needle(what, text.as_bytes()),
            ]
        });
        let addresses = addresses
            .iter()
            .map(|(what, hash)| needle(format!("{what} {hash}"), hash.as_bytes()));
        ids.chain(addresses).collect()
    }

    /// The same about an album that nobody has is refused in the same words.
    async fn judge_absence(&mut self, squat: Squat, refused: &Answer) -> Result<(), Stop> {
        let nowhere = self.others.first().map(|write| Write {
            album: NOBODYS,
            ..write.clone()
        });
        let squatting = nowhere.and_then(|write| self.squatting_on(squat, &write));
        let request = squatting.and_then(|squatting| first_request(&squatting));
        let Some(request) = request else {
            return Err(Stop::Error("the squatter has no message".to_owned()));
        };
        let absent = self.cast.phone.line().send(&request).await?;
        if said(&absent) != said(refused) {
            let expected = "an album that is another's is refused as one that is not there";
            let observed = format!("another's: {:?}; none: {:?}", said(refused), said(&absent));
            self.damage(expected, &observed, false);
        }
        Ok(())
    }
}

/// What a refusal says, but for what names this one request.
fn said(answer: &Answer) -> (u16, Option<String>, Option<String>, Option<String>) {
    let problem: Option<Problem> = answer.json().ok();
    problem.map_or((answer.status, None, None, None), |problem| {
        let Problem {
            title,
            detail,
            code,
            ..
        } = problem;
        (answer.status, Some(code), Some(title), detail)
    })
}
