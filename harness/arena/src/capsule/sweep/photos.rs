//! The search for photos: blobs, records, what the feed shows, and what a purge took.

use super::book::{Attempt, Deed, Next, Photo, shows};
use super::script::Script;
use super::search::{Eyes, Search};
use crate::capsule::witness::{Acknowledged, audit};
use crate::{Harm, Stop};
use gauntlet_wire::id::Hash;
use std::slice::from_ref;

impl Script {
    /// Every photo with all of its records; and the record that was interrupted, wholly or not at all.
    pub(super) async fn search_photos(
        &self,
        eyes: &Eyes,
        next: Option<&Next>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let landed = next.filter(|(asset, next)| shows(&eyes.fresh, *asset, next));
        for (asset, photo) in &self.book.photos {
            search.checked += photo.told.len();
            let shown = match landed {
                Some((other, next)) if other == asset => next,
                _ => &photo.acknowledged,
            };
            self.search_photo(photo, shown, eyes, search).await?;
        }
        if next.is_some() {
            search.landed = Some(landed.is_some());
        }
        match landed {
            Some((_, next)) => self.search_landed(next, eyes, search).await,
            None => Ok(()),
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
        let harms = audit(
            from_ref(&photo.acknowledged),
            &eyes.all(),
            &eyes.all(),
            self.now,
        )
        .await?;
        let is_sound = harms.is_empty();
        for harm in harms {
            search.lost(Some(harm.harm), harm.expected, harm.observed, &photo.told);
        }
        // A write that is harmed is not shown either, most often: that is one loss.
        let looking = eyes.all().into_iter().filter(|_| is_sound);
        for eye in looking {
            if let Some(hidden) = shown.unseen_by(eye) {
                let link = shown.link();
                let expected = format!("the feed shows the record {link} as it was acknowledged");
                let observed = format!("{}: {hidden}", eye.line.actor());
                search.lost(None, expected, observed, &photo.told);
            }
        }
        Ok(())
    }

    /// A write that nobody acknowledged, and that the feed shows: all of it is there.
    async fn search_landed(
        &self,
        next: &Acknowledged,
        eyes: &Eyes,
        search: &mut Search,
    ) -> Result<(), Stop> {
        for harm in audit(from_ref(next), &eyes.all(), &eyes.all(), self.now).await? {
            search.half(harm.expected, harm.observed);
        }
        let hidden = eyes.all().into_iter().find_map(|eye| next.unseen_by(eye));
        if let Some(hidden) = hidden {
            let expected = "the feed shows an interrupted write whole, or not at all";
            search.half(expected, hidden);
        }
        Ok(())
    }

    /// Blobs that were acknowledged whole, read by two eyes.
    pub(super) async fn search_blobs(&self, eyes: &Eyes, search: &mut Search) -> Result<(), Stop> {
        for finished in &self.book.finished {
            search.checked += finished.told.len();
            let (role, hash) = (finished.opening.role, finished.opening.hash);
            for eye in [&eyes.fresh, &eyes.laptop] {
                if let Err(lost) = eye.fetch(&hash).await? {
                    let expected = format!("the acknowledged {role} {hash} reads back");
                    let observed = format!("{}: {lost}", eye.line.actor());
                    search.lost(Some(Harm::Lost), expected, observed, &finished.told);
                }
            }
        }
        Ok(())
    }

    /// What was purged stays so; what was being purged is there whole, or not at all.
    pub(super) async fn search_purged(
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
        if !pending.is_some_and(|attempt| matches!(attempt.deed, Deed::Purge)) {
            return Ok(());
        }
        for photo in self.book.due() {
            let (left, all) = (self.readable(photo).await?.len(), photo.purgeable.len());
            search.landed = Some(left == 0);
            if left > 0 && left < all {
                let expected = "an interrupted purge takes all blobs of an asset, or none";
                search.half(expected, format!("{left} of {all} blobs read back"));
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
}
