//! The search: after every kill the witness looks for each write that was acknowledged, and for halves of
//! the one that was not.

use super::book::{Attempt, Deed, Photo, Told};
use super::report::Breach;
use super::script::{Looked, Script};
use super::standing::Standing;
use crate::capsule::eye::Eye;
use crate::capsule::snapshot::{quota, sessions};
use crate::capsule::witness::{Acknowledged, audit};
use crate::{Answer, Harm, Stop};
use gauntlet_simulator::Document;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{AssetId, Hash, UploadId};
use gauntlet_wire::json::AlbumCreated;
use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;

/// What a look finds.
#[derive(Default)]
struct Search {
    /// How many acknowledged writes were looked for.
    checked: usize,
    breaches: Vec<Missed>,
    /// Whether the write that was interrupted took effect, where that can be seen.
    landed: Option<bool>,
}

/// One broken promise.
struct Missed {
    breach: Breach,
    harm: Option<Harm>,
    expected: String,
    observed: String,
    told: Told,
}

/// The eyes of one look: two devices that read on, and one that reads the feed from its beginning.
struct Eyes {
    phone: Eye,
    laptop: Eye,
    fresh: Eye,
}

impl Eyes {
    fn all(&self) -> [&Eye; 3] {
        [&self.fresh, &self.phone, &self.laptop]
    }
}

impl Search {
    /// A write that was acknowledged is not there; several eyes that miss the same are one loss.
    fn lost(&mut self, harm: Option<Harm>, expected: impl Into<String>, observed: impl Into<String>, told: &Told) {
        self.missed(Breach::Lost, harm, expected.into(), observed.into(), told);
    }

    fn half(&mut self, expected: impl Into<String>, observed: impl Into<String>) {
        self.missed(Breach::Half, None, expected.into(), observed.into(), &Told::new());
    }

    fn missed(&mut self, breach: Breach, harm: Option<Harm>, expected: String, observed: String, told: &Told) {
        if self.breaches.iter().any(|missed| missed.expected == expected) {
            return;
        }
        self.breaches.push(Missed {
            breach,
            harm,
            expected,
            observed,
            told: told.clone(),
        });
    }
}

impl Script {
    /// Looks for everything that was acknowledged; `pending` was sent and not answered.
    ///
    /// # Errors
    /// [`Stop::Found`] where something is not as it has to be: there is nothing to go on from.
    pub(super) async fn search(&mut self, pending: Option<&Attempt>) -> Result<(), Stop> {
        let mut search = Search::default();
        if let Some(eyes) = self.eyes(&mut search).await? {
            self.search_photos(&eyes, pending, &mut search).await?;
            self.search_blobs(&eyes, &mut search).await?;
        }
        self.search_sessions(pending, &mut search).await?;
        self.search_documents(pending, &mut search).await?;
        self.search_album(pending, &mut search).await?;
        self.search_purged(pending, &mut search).await?;
        self.search_quota(pending, &mut search).await?;
        let lost = search.breaches.iter().filter(|missed| missed.breach == Breach::Lost);
        self.looks.push(Looked {
            after: self.after(),
            checked: search.checked,
            lost: lost.count(),
        });
        if search.breaches.is_empty() {
            return Ok(());
        }
        let during = pending.map(|attempt| format!("interrupted: {}", attempt.what));
        for missed in search.breaches {
            let told: Told = missed.told.into_iter().chain(during.clone()).collect();
            self.find(missed.breach, missed.harm, missed.expected, missed.observed, &told);
        }
        Err(Stop::Found)
    }

    /// After a write that the feed shows: takes the entry in, so that its number is known before any
    /// later kill.
    pub(super) async fn see(&mut self, attempt: &Attempt, answer: Option<&Answer>) -> Result<(), Stop> {
        let record = match &attempt.deed {
            Deed::Op(write) => write.link(),
            Deed::Append(chunk) => chunk.completes.as_ref().and_then(|write| write.link()),
            _ => return Ok(()),
        };
        let Some(record) = record else {
            return Ok(());
        };
        let said = answer.and_then(|answer| answer.json::<gauntlet_wire::json::OpAccepted>().ok());
        let mut disorder = self.phone.pull().await?.err();
        let seen = self.phone.pins.values().find(|pin| pin.head() == record);
        let numbers = [
            said.map(|accepted| accepted.sync_seq),
            seen.map(|pin| pin.entry.sync_seq),
        ];
        for number in numbers.into_iter().flatten() {
            disorder = disorder.or(self.book.number(record, number).err());
        }
        match disorder {
            None => Ok(()),
            Some(disorder) => {
                let expected = format!("{} is numbered once, and the feed reads on", attempt.what);
                self.find(Breach::Lost, Some(Harm::Rewritten), expected, disorder, &[]);
                Err(Stop::Found)
            }
        }
    }

    /// Every eye, having pulled; none where a feed does not read on.
    async fn eyes(&mut self, search: &mut Search) -> Result<Option<Eyes>, Stop> {
        let mut fresh = self.phone.newcomer();
        let mut disorder = None;
        for eye in [&mut self.phone, &mut self.laptop, &mut fresh] {
            let pulled = eye.pull().await?.err();
            disorder = disorder.or(pulled.map(|why| format!("{}: {why}", eye.line.actor())));
            for pin in eye.pins.values() {
                let numbered = self.book.number(pin.head(), pin.entry.sync_seq).err();
                disorder = disorder.or(numbered);
            }
        }
        if let Some(disorder) = disorder {
            let expected = "the feed reads on, in order, and no number shows two records";
            search.lost(Some(Harm::Rewritten), expected, disorder, &Told::new());
            return Ok(None);
        }
        Ok(Some(Eyes {
            phone: self.phone.clone(),
            laptop: self.laptop.clone(),
            fresh,
        }))
    }

    /// Photos: bytes, records, what the feed shows; and the record that was interrupted, wholly or not at
    /// all.
    async fn search_photos(
        &self,
        eyes: &Eyes,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let next = match pending {
            Some(attempt) => self.next_photo(attempt)?,
            None => None,
        };
        let landed = next.as_ref().is_some_and(|(asset, next)| shows(&eyes.fresh, *asset, next));
        for (asset, photo) in &self.book.photos {
            search.checked += photo.told.len();
            let is_next = next.as_ref().filter(|(other, _)| other == asset && landed);
            let shown = is_next.map_or(&photo.acknowledged, |(_, next)| next);
            self.search_photo(photo, shown, eyes, search).await?;
        }
        let Some((_, next)) = next else {
            return Ok(());
        };
        search.landed = Some(landed);
        if landed {
            for harm in audit(from_ref(&next), &eyes.all(), self.now).await? {
                search.half(harm.expected, harm.observed);
            }
            let hidden = eyes.all().into_iter().find_map(|eye| next.unseen_by(eye));
            if let Some(hidden) = hidden {
                search.half("the feed shows an interrupted write whole, or not at all", hidden);
            }
        }
        Ok(())
    }

    /// What an interrupted write makes of its photo, if it took effect.
    fn next_photo(&self, attempt: &Attempt) -> Result<Option<(AssetId, Acknowledged)>, Stop> {
        match &attempt.deed {
            Deed::Op(write) => match self.book.photos.get(&write.asset) {
                Some(photo) => Ok(Some((write.asset, photo.acknowledged.continued(write)?))),
                None => Ok(None),
            },
            Deed::Append(chunk) => match &chunk.completes {
                Some(write) => Ok(Some((write.asset, Acknowledged::of(write)?))),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// `shown` is what the feed has to show: the photo, or what the interrupted op made of it.
    async fn search_photo(
        &self,
        photo: &Photo,
        shown: &Acknowledged,
        eyes: &Eyes,
        search: &mut Search,
    ) -> Result<(), Stop> {
        for harm in audit(from_ref(&photo.acknowledged), &eyes.all(), self.now).await? {
            search.lost(Some(harm.harm), harm.expected, harm.observed, &photo.told);
        }
        for eye in eyes.all() {
            if let Some(hidden) = shown.unseen_by(eye) {
                let expected = format!("the feed shows the record {} as it was acknowledged", shown.link());
                let observed = format!("{}: {hidden}", eye.line.actor());
                search.lost(None, expected, observed, &photo.told);
            }
        }
        Ok(())
    }

    /// Blobs that were acknowledged whole, read by two eyes.
    async fn search_blobs(&self, eyes: &Eyes, search: &mut Search) -> Result<(), Stop> {
        for finished in &self.book.finished {
            search.checked += finished.told.len();
            let opening = finished.opening;
            for eye in [&eyes.fresh, &eyes.laptop] {
                if let Err(lost) = eye.fetch(&opening.hash).await? {
                    let expected = format!("the acknowledged {} {} reads back", opening.role, opening.hash);
                    let observed = format!("{}: {lost}", eye.line.actor());
                    search.lost(Some(Harm::Lost), expected, observed, &finished.told);
                }
            }
        }
        Ok(())
    }

    /// Sessions: none is gone or behind what was acknowledged, and none is there that nobody opened.
    async fn search_sessions(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let listed = sessions(&self.phone).await?;
        for (id, session) in &self.book.sessions {
            search.checked += session.told.len();
            let standing = self.standing(*id).await?;
            let deed = pending.map(|attempt| &attempt.deed);
            if let Some(Deed::Cancel(given_up)) = deed
                && given_up == id
            {
                search.landed = Some(standing.is_none());
                if standing.is_none() {
                    continue;
                }
            }
            let sent = match deed {
                Some(Deed::Append(chunk)) if chunk.session == *id => Some(chunk.end),
                _ => None,
            };
            let Some(standing) = standing else {
                let expected = format!("the session {id} is there");
                search.lost(Some(Harm::Silent), expected, "HEAD of it: no session", &session.told);
                continue;
            };
            self.judge_standing(&standing, session, sent, search).await?;
            if !standing.is_complete() && !listed.iter().any(|listed| listed.id == *id) {
                let expected = format!("the session {id} is listed");
                search.lost(None, expected, "it is not in the session list", &session.told);
            }
        }
        for (id, told) in &self.book.cancelled {
            search.checked += 1;
            if let Some(standing) = self.standing(*id).await? {
                let expected = format!("the session {id} stays given up");
                search.lost(None, expected, standing.to_string(), told);
            }
        }
        let known: BTreeSet<&UploadId> = self.book.sessions.keys().collect();
        let unknown = listed
            .iter()
            .filter(|listed| is_active(listed.status) && !known.contains(&listed.id));
        let unknown: Vec<_> = unknown.collect();
        let opened = match pending.map(|attempt| &attempt.deed) {
            Some(Deed::Open(opening)) => Some(opening),
            _ => None,
        };
        if opened.is_some() {
            search.landed = Some(!unknown.is_empty());
        }
        for (index, listed) in unknown.into_iter().enumerate() {
            let is_opened = opened.is_some_and(|opening| {
                (opening.asset, opening.role, opening.size)
                    == (listed.asset_id, listed.blob_role, listed.total_size)
            });
            if index > 0 || !is_opened || listed.received_bytes > 0 {
                let observed = format!("session {} for the {} of asset {}, with {} bytes", listed.id, listed.blob_role, listed.asset_id, listed.received_bytes);
                search.half("no session is listed that the author did not open", observed);
            }
        }
        Ok(())
    }

    /// One session that is there; `sent` is where the interrupted chunk of it would end.
    async fn judge_standing(
        &self,
        standing: &Standing,
        session: &super::book::Session,
        sent: Option<u64>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let opening = session.opening;
        if standing.is_failed() || standing.offset < session.received {
            let expected = format!(
                "{} bytes of the {} of asset {} are held, as was acknowledged",
                session.received, opening.role, opening.asset
            );
            search.lost(Some(Harm::Lost), expected, standing.to_string(), &session.told);
        } else if standing.offset != session.received && Some(standing.offset) != sent {
            let expected = "an interrupted chunk is there whole, or not at all";
            search.half(expected, standing.to_string());
        }
        if standing.is_complete()
            && let Err(lost) = self.laptop.fetch(&opening.hash).await?
        {
            search.half("a complete session's blob reads back", lost);
        }
        Ok(())
    }

    /// Documents: what was published last, byte for byte; or what was interrupted, byte for byte.
    async fn search_documents(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let sent: Option<&Document> = match pending.map(|attempt| &attempt.deed) {
            Some(Deed::Publish(document)) => Some(document),
            _ => None,
        };
        let kept: BTreeMap<&String, _> = self.book.documents.iter().collect();
        for (path, document) in kept {
            search.checked += document.told.len();
            let next = sent.filter(|sent| sent.path == *path);
            for eye in [&self.phone, &self.laptop] {
                let answer = eye.read(path).await?;
                let reads = |bytes: &[u8]| answer.is_success() && answer.body == bytes;
                if reads(&document.what.bytes) || next.is_some_and(|next| reads(&next.bytes)) {
                    continue;
                }
                let expected = format!("GET {path} gives what was published last");
                search.lost(Some(Harm::Rewritten), expected, described(eye, &answer), &document.told);
            }
        }
        if let Some(sent) = sent.filter(|sent| !self.book.documents.contains_key(&sent.path)) {
            let answer = self.laptop.read(&sent.path).await?;
            if answer.is_success() && answer.body != sent.bytes {
                let expected = format!("GET {} gives the interrupted document whole, or none", sent.path);
                search.half(expected, described(&self.laptop, &answer));
            }
        }
        Ok(())
    }

    /// The album: the request that opened it, sent again, opens nothing.
    async fn search_album(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let Some(album) = &self.book.album else {
            return Ok(());
        };
        if matches!(pending, Some(Attempt { deed: Deed::Album, .. })) {
            return Ok(());
        }
        search.checked += album.told.len();
        let answer = self.laptop.line.send(&album.what).await?;
        let created = answer.json::<AlbumCreated>().ok().map(|album| album.created);
        if !answer.is_success() || created != Some(false) {
            let expected = "the album is there: opened again, nothing is created";
            search.lost(Some(Harm::Silent), expected, described(&self.laptop, &answer), &album.told);
        }
        Ok(())
    }

    /// What was purged stays so; what was being purged is there whole, or not at all.
    async fn search_purged(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        for photo in self.book.photos.values().filter(|photo| photo.purged) {
            for hash in self.readable(photo).await? {
                let expected = format!("the purged blob {hash} is gone");
                search.lost(None, expected, "it reads back", &photo.told);
            }
        }
        if !matches!(pending, Some(Attempt { deed: Deed::Purge, .. })) {
            return Ok(());
        }
        for photo in self.book.due() {
            let left = self.readable(photo).await?.len();
            search.landed = Some(left == 0);
            if left > 0 && left < photo.purgeable.len() {
                let observed = format!("{left} of {} blobs read back", photo.purgeable.len());
                search.half("an interrupted purge takes all blobs of an asset, or none", observed);
            }
        }
        Ok(())
    }

    /// Which of the blobs that a purge takes can be read.
    async fn readable(&self, photo: &Photo) -> Result<Vec<Hash>, Stop> {
        let mut readable = Vec::new();
        for (hash, _) in &photo.purgeable {
            if self.laptop.blob(hash).await?.is_success() {
                readable.push(*hash);
            }
        }
        Ok(readable)
    }

    /// The account is charged for what it holds: with the interrupted write where that took effect.
    async fn search_quota(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let used = i128::from(quota(&self.phone).await?.used);
        let without = self.book.used;
        let with = without + pending.map_or(0, |attempt| attempt.deed.charge(&self.book));
        let is_right = match search.landed {
            Some(true) => used == with,
            Some(false) => used == without,
            None => used == without || used == with,
        };
        if !is_right {
            let expected = match search.landed {
                Some(true) => with,
                _ => without,
            };
            search.missed(
                Breach::Quota,
                None,
                format!("{expected} bytes are charged to the account"),
                format!("GET /quota: {used} bytes are used"),
                &Told::new(),
            );
        }
        Ok(())
    }
}

/// Whether a session of that status still takes chunks.
const fn is_active(status: UploadStatus) -> bool {
    matches!(status, UploadStatus::Pending | UploadStatus::Uploading)
}

/// Whether the feed shows the record of `next` as the newest of its asset.
fn shows(eye: &Eye, asset: AssetId, next: &Acknowledged) -> bool {
    eye.pins.get(&asset).is_some_and(|pin| pin.head() == next.link())
}

fn described(eye: &Eye, answer: &Answer) -> String {
    let body = Hash::of(&answer.body);
    format!("{}: {} with a body that hashes to {body}", eye.line.actor(), answer.summary())
}
