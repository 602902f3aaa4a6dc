//! The search for what an account has beside photos: documents, its album, its quota.

use super::book::{Attempt, Deed, Told};
use super::report::Breach;
use super::script::Script;
use super::search::{Search, described};
use crate::capsule::snapshot::quota;
use crate::{Harm, Stop};
use gauntlet_wire::json::AlbumCreated;

impl Script {
    /// Documents: what was published last, byte for byte; or what was interrupted, byte for byte.
    pub(super) async fn search_documents(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let sent = pending.and_then(|attempt| attempt.deed.document());
        for (path, document) in &self.book.documents {
            search.checked += document.told.len();
            let next = sent.filter(|sent| sent.path == *path);
            for eye in [&self.phone, &self.laptop] {
                let answer = eye.read(path).await?;
                let reads = |bytes: &[u8]| answer.is_success() && answer.body == bytes;
                if reads(&document.what.bytes) || next.is_some_and(|next| reads(&next.bytes)) {
                    continue;
                }
                let expected = format!("GET {path} gives what was published last");
                let observed = described(eye, &answer);
                search.lost(Some(Harm::Rewritten), expected, observed, &document.told);
            }
        }
        let first = sent.filter(|sent| !self.book.documents.contains_key(&sent.path));
        if let Some(first) = first {
            let answer = self.laptop.read(&first.path).await?;
            if answer.is_success() && answer.body != first.bytes {
                let path = &first.path;
                let expected = format!("GET {path} gives the interrupted document whole, or none");
                search.half(expected, described(&self.laptop, &answer));
            }
        }
        Ok(())
    }

    /// The album: the request that opened it, sent again, opens nothing.
    pub(super) async fn search_album(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let interrupted = pending.is_some_and(|attempt| matches!(attempt.deed, Deed::Album));
        let Some(album) = self.book.album.as_ref().filter(|_| !interrupted) else {
            return Ok(());
        };
        search.checked += album.told.len();
        let answer = self.laptop.line.send(&album.what).await?;
        let said = answer.json::<AlbumCreated>().ok();
        if !answer.is_success() || said.is_none_or(|said| said.created) {
            let expected = "the album is there: opened again, nothing is created";
            let observed = described(&self.laptop, &answer);
            search.lost(Some(Harm::Silent), expected, observed, &album.told);
        }
        Ok(())
    }

    /// The account is charged for what it holds: with the interrupted write where that took effect.
    pub(super) async fn search_quota(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let used = i128::from(quota(&self.phone).await?.used);
        let without = self.book.used;
        let with = without + pending.map_or(0, |attempt| attempt.deed.charge(&self.book));
        let admitted = match search.landed {
            Some(true) => [with, with],
            Some(false) => [without, without],
            None => [without, with],
        };
        if !admitted.contains(&used) {
            let [expected, _] = admitted;
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
