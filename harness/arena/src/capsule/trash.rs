//! The trash: emptied for good, it gives up what nobody else refers to, and no byte more.

use super::aftermath::{PAST_GRACE_SECONDS, Readers};
use super::cast::clock;
use super::lab::Lab;
use super::witness::Acknowledged;
use crate::{Source, Stop, Verdict};
use gauntlet_wire::id::{AssetId, Hash};
use std::collections::{BTreeMap, BTreeSet};

/// Past the end of a retention, in seconds.
const PAST_RETENTION_SECONDS: i64 = 3600;

/// `wire.md` §3, GC and quota.
const CREDIT: &str = "Dedup is global; purge credits back: what other photos refer to stays, and no byte is \
                      credited twice.";
/// `wire.md` §9, row 22.
const SHARED: &str = "After the purge of one photo, a shared blob is still 200 and retrievable = true for the \
                      other.";

impl Lab {
    /// Lets the time of everything in the trash pass, and the target purge it.
    pub(super) async fn empty_the_trash(&mut self) -> Result<(), Stop> {
        let photos = self.acknowledged.iter().flatten();
        let last = photos.filter_map(|photo| photo.until()).max();
        let left = last.map_or(0, |until| until.duration_since(self.now).as_secs().max(0));
        let seconds = u64::try_from(left + PAST_RETENTION_SECONDS).unwrap_or(0);
        self.age(seconds).await?;
        self.renew().await
    }

    /// Fresh credentials and the time of now, as a moved clock makes necessary.
    pub(super) async fn renew(&mut self) -> Result<(), Stop> {
        self.cast.renew(self.world.as_mut(), &self.recorder).await?;
        self.now = clock(self.cast.phone.line()).await?;
        Ok(())
    }

    /// Empties the trash for good, where the script is about it: what purged photos shared with others is
    /// still theirs.
    pub(super) async fn audit_after_the_trash(&mut self) -> Result<(), Stop> {
        if !self.attack.deviation.script.deed.is_shared() {
            return Ok(());
        }
        let lawful = self.lawful_credits();
        let before = self.used_after().await?;
        self.empty_the_trash().await?;
        self.age(PAST_GRACE_SECONDS).await?;
        self.renew().await?;
        self.audit_now("after the trash was emptied", Readers::Older)
            .await?;
        if let (Some(before), Some(after)) = (before, self.used_after().await?)
            && !lawful.contains(&(before - after))
        {
            let credited = before - after;
            let observed = format!("used fell by {credited} bytes; each once is one of {lawful:?}");
            self.find_against(CREDIT, Source::N, Verdict::TransientDamage, &observed);
        }
        for (asset, hash) in self.sharers.clone() {
            self.judge_sharer(asset, hash).await?;
        }
        Ok(())
    }

    /// By how many bytes `used` may fall when the trash is emptied.
    fn lawful_credits(&self) -> BTreeSet<i128> {
        let [authors, _] = &self.acknowledged;
        let is_trashed =
            |photo: &&Acknowledged| photo.until().is_some_and(|until| until > self.now);
        let trashed = authors.iter().filter(is_trashed);
        let given_up = trashed
            .flat_map(Acknowledged::given_up_by_a_purge)
            .collect();
        let shared = self.sharers.iter().map(|(_, hash)| *hash).collect();
        credits(&given_up, &shared)
    }

    async fn judge_sharer(&mut self, asset: AssetId, hash: Hash) -> Result<(), Stop> {
        let Some(observed) = self.denied(asset, &[hash]).await? else {
            return Ok(());
        };
        self.find_against(SHARED, Source::N, Verdict::Nonconforming, &observed);
        Ok(())
    }
}

/// Every sum that a purge may credit: what is given up counts once, and what a photo outside the trash
/// shares stays charged or is credited once as well.
fn credits(given_up: &BTreeMap<Hash, u64>, shared: &BTreeSet<Hash>) -> BTreeSet<i128> {
    let mut credits = BTreeSet::from([0]);
    for (hash, size) in given_up {
        let size = i128::from(*size);
        let with: BTreeSet<i128> = credits.iter().map(|credit| credit + size).collect();
        if shared.contains(hash) {
            credits.extend(with);
        } else {
            credits = with;
        }
    }
    credits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_purged_is_credited_once_and_what_is_shared_once_at_most() {
        let [own, other, third] = ["own", "shared", "shared, too"].map(|n| Hash::of(n.as_bytes()));
        let given_up = BTreeMap::from([(own, 10), (other, 100), (third, 100)]);
        let lawful = |shared: &[Hash]| -> Vec<i128> {
            let shared = shared.iter().copied().collect();
            credits(&given_up, &shared).into_iter().collect()
        };
        assert_eq!(lawful(&[]), [210]);
        assert_eq!(lawful(&[other]), [110, 210]);
        assert_eq!(lawful(&[other, third]), [10, 110, 210]);
        assert_eq!(credits(&BTreeMap::new(), &BTreeSet::new()), [0].into());
    }
}
