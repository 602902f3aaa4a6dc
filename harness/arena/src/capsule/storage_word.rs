//! The target's own word on what it keeps: a client lets go of its only copy by it.

use super::lab::Lab;
use super::witness::Acknowledged;
use crate::{Source, Stop, Verdict};
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::json::StorageVerdicts;

/// `wire.md` §1.3, storage verify.
const KEPT: &str = "Storage verify says of a photo that is kept that it is durable, and of each of its blobs that \
                    it is stored, indexed and retrievable.";

impl Lab {
    /// Asks about every photo of the author's that was acknowledged and is not in the trash; that its bytes read
    /// back is the audit's to see.
    pub(super) async fn judge_storage_word(&mut self) -> Result<(), Stop> {
        let [authors, _] = &self.acknowledged;
        let kept = authors.iter().filter(|photo| !photo.is_deleted());
        let kept: Vec<(AssetId, Vec<Hash>)> = kept.map(asked_about).collect();
        for (asset, hashes) in kept {
            if let Some(observed) = self.denied(asset, &hashes).await? {
                self.find_against(KEPT, Source::N, Verdict::Nonconforming, &observed);
            }
        }
        Ok(())
    }

    /// In what way the target denies that it keeps these blobs of an asset.
    pub(super) async fn denied(
        &self,
        asset: AssetId,
        hashes: &[Hash],
    ) -> Result<Option<String>, Stop> {
        let phone = &self.cast.phone;
        let texts: Vec<String> = hashes.iter().map(ToString::to_string).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let asked = phone.client.verify_storage(asset, &texts);
        let answer = phone.line().send(&asked).await?;
        let verdicts: Option<StorageVerdicts> = answer.json().ok();
        let Some(verdict) = verdicts.as_ref().and_then(|given| given.assets.first()) else {
            let given = answer.summary();
            return Ok(Some(format!(
                "storage verify answered {given} and no verdict"
            )));
        };
        let blobs = verdict.blobs.iter().zip(hashes);
        let denied = blobs.clone().find_map(|(blob, hash)| {
            let (stored, indexed, retrievable) = (blob.stored, blob.indexed, blob.retrievable);
            (!(stored && indexed && retrievable)).then(|| {
                format!(
                    "{hash}: stored = {stored}, indexed = {indexed}, retrievable = {retrievable}"
                )
            })
        });
        let missing = (blobs.len() < hashes.len()).then(|| "fewer verdicts than blobs".to_owned());
        let lasting = (!verdict.durable).then(|| "durable = false".to_owned());
        let said = denied.or(missing).or(lasting);
        Ok(said.map(|said| format!("storage verify says of asset {asset}: {said}")))
    }
}

fn asked_about(photo: &Acknowledged) -> (AssetId, Vec<Hash>) {
    let hashes = photo.blobs.iter().map(|(_, hash, _)| *hash);
    (photo.asset, hashes.collect())
}
