//! The sentinel: honest writes after the attack by a co-device and by the bystander, which everyone has to
//! see.

use super::lab::Lab;
use super::snapshot::Snapshot;
use super::witness::Acknowledged;
use crate::Stop;
use gauntlet_simulator::Photo;
use gauntlet_wire::id::AssetId;

/// One account's honest write after the attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sentinel {
    /// It was accepted, and weighs so many bytes.
    Accepted(AssetId, u64),
    /// It was refused, which is told of; what it had begun is nobody's damage.
    Refused(AssetId),
}

impl Sentinel {
    /// The bytes that the account is charged for it.
    pub(super) fn weight(self) -> i128 {
        match self {
            Self::Accepted(_, bytes) => i128::from(bytes),
            Self::Refused(_) => 0,
        }
    }

    /// What its account would see without it.
    pub(super) fn taken_from(self, after: Snapshot) -> Snapshot {
        match self {
            Self::Accepted(asset, bytes) => after.without(asset, bytes),
            Self::Refused(asset) => after.without_unfinished(asset),
        }
    }
}

impl Lab {
    /// Honest writes after the attack by a co-device and by the bystander, seen by every eye. `attacked` is
    /// the asset that the attacked message is about.
    pub(super) async fn sentinel(
        &mut self,
        attacked: Option<AssetId>,
    ) -> Result<[Option<Sentinel>; 2], Stop> {
        let author = self.cast.laptop.upload(Photo::SMALL, self.now).await;
        let bystander = self.cast.bystander.upload(Photo::SMALL, self.now).await;
        if let Ok(write) = &author {
            self.newest = Some(write.clone());
        }
        let begun = [self.cast.laptop.begun, self.cast.bystander.begun];
        let mut sentinels = [None, None];
        let sides = [author, bystander]
            .into_iter()
            .zip(begun)
            .zip(&mut sentinels)
            .zip(&mut self.acknowledged);
        let mut refused = None;
        for (((written, begun), sentinel), acknowledged) in sides {
            match written {
                Ok(write) => {
                    *sentinel = Some(Sentinel::Accepted(write.asset, write.weight()));
                    acknowledged.push(Acknowledged::of(&write)?);
                }
                Err(Stop::Invalid(why)) => {
                    *sentinel = begun.map(Sentinel::Refused);
                    refused = Some(why);
                }
                Err(other) => return Err(other),
            }
        }
        if let Some(why) = refused {
            self.damage("an honest write after the attack is accepted", &why, true);
        }
        // Whatever was refused: what is testified later is what everyone has seen by then.
        if let Some(unseen) = self.unseen().await? {
            let of = match unseen.asset {
                None => "",
                Some(asset) if attacked == Some(asset) => "of what the attacked message is about: ",
                Some(asset) if self.elders.contains(&asset) => {
                    "of a write from before the attack: "
                }
                Some(_) => "of a write after the attack: ",
            };
            self.hidden(&format!("{of}{}", unseen.text));
        }
        Ok(sentinels)
    }
}
