//! What the contract promises of the lives of assets, and nothing of how it is kept.

use crate::world::album;
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What became of an asset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    Live,
    Trashed { until: Timestamp },
    Purged,
}

#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) album: AlbumId,
    pub(super) chain: Vec<Hash>,
    pub(super) state: State,
    pub(super) has_derivative: bool,
    /// Blobs that are lost with a purge, with their lengths.
    pub(super) blobs: BTreeMap<Hash, u64>,
    /// Blobs that are never lost.
    pub(super) records: BTreeMap<Hash, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ceremony {
    None,
    Live { until: Timestamp },
    Frozen,
}

/// What the contract promises of lives, and nothing of how it is kept.
pub(super) struct Model {
    pub(super) now: Timestamp,
    pub(super) lives: BTreeMap<AssetId, Life>,
    pub(super) ceremony: Ceremony,
    /// When each upload was left, and its length.
    pub(super) left: Vec<(Timestamp, u64, AlbumId)>,
    /// How many writes the feed shows.
    pub(super) shown: u64,
}

impl Model {
    pub(super) fn quiescent(&self, of: AlbumId) -> bool {
        of == album()
            && match self.ceremony {
                Ceremony::None => false,
                Ceremony::Live { until } => self.now < until,
                Ceremony::Frozen => true,
            }
    }

    pub(super) fn live_ceremony(&self) -> bool {
        matches!(self.ceremony, Ceremony::Live { until } if self.now < until)
    }

    /// A life whose chain can be written to, as far as its album goes.
    pub(super) fn writable(&self, asset: AssetId) -> Option<&Life> {
        let life = self.lives.get(&asset)?;
        (!life.chain.is_empty() && !self.quiescent(life.album)).then_some(life)
    }

    pub(super) fn admits(&self, asset: AssetId, action: Action, retention: i64) -> bool {
        let Some(life) = self.writable(asset) else {
            return false;
        };
        match (action, life.state) {
            (Action::Delete, State::Live) => retention >= 24,
            (Action::TrashRestore, State::Trashed { until }) => self.now < until,
            (Action::MetadataUpdate, State::Live) => true,
            (Action::DerivativeAdd, State::Live) => !life.has_derivative,
            (Action::DerivativeReplace, State::Live) => life.has_derivative,
            _ => false,
        }
    }

    pub(super) fn used(&self) -> u64 {
        let lives = self.lives.values();
        let held: BTreeMap<Hash, u64> = lives
            .flat_map(|life| life.blobs.iter().chain(&life.records))
            .map(|(hash, size)| (*hash, *size))
            .collect();
        held.values().sum::<u64>() + self.left.iter().map(|(_, size, _)| size).sum::<u64>()
    }

    pub(super) fn wait(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
        let day = SignedDuration::from_hours(24);
        let now = self.now;
        self.left
            .retain(|(since, ..)| now.duration_since(*since) < day);
    }

    pub(super) fn life(&mut self, asset: AssetId, album: AlbumId) -> &mut Life {
        self.lives.entry(asset).or_insert(Life {
            album,
            chain: Vec::new(),
            state: State::Live,
            has_derivative: false,
            blobs: BTreeMap::new(),
            records: BTreeMap::new(),
        })
    }
}
