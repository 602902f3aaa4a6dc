//! Eyes: observers with credentials, connection, cursor and pins of their own.

use super::cast::authenticated;
use crate::{Answer, Line, Stop};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_simulator::{Method, Request};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::Change;
use gauntlet_wire::header;
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use gauntlet_wire::json::{SyncEntry, SyncPage};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::ProtocolVersion;
use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

/// Pages that one pull follows, against a feed without end.
const MAX_PAGES: usize = 1_000;
/// Entries that an eye remembers one by one: every honest feed is shorter.
const MAX_TIMELINE: usize = 1_000;
/// Bytes of pages that one pull reads: a thousand honest pages of a small account stay far below.
const MAX_FEED: usize = 128 << 20;

/// One observer.
#[derive(Debug, Clone)]
pub(crate) struct Eye {
    /// The eye's own way to the target.
    pub(crate) line: Line,
    version: ProtocolVersion,
    cursor: Option<String>,
    /// The album whose feed alone the eye reads.
    album: Option<AlbumId>,
    /// How many entries a page is asked to have, where the eye asks.
    page_size: Option<u32>,
    /// The newest sequence number seen.
    pub(crate) last_seq: u64,
    /// The newest entry of every asset seen, the eye's pins.
    pub(crate) pins: BTreeMap<AssetId, Pin>,
    /// The newest entries as they were shown, oldest first.
    pub(crate) timeline: VecDeque<Shown>,
    /// Why the last pull did not come to the feed's end.
    pub(crate) disorder: Option<String>,
}

/// One entry of the feed, as an eye was shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) seq: u64,
    pub(crate) asset: AssetId,
    pub(crate) change: Change,
    /// The chain link that was shown as the head.
    pub(crate) head: Hash,
}

/// What an eye has seen last of one asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    /// The feed's entry.
    pub(crate) entry: SyncEntry,
    /// The exact bytes of the record, as the feed gave them.
    pub(crate) record: Vec<u8>,
}

impl Pin {
    /// The chain link that the feed shows as the head.
    pub(crate) fn head(&self) -> Hash {
        Hash::of(&self.record)
    }
}

impl Eye {
    /// An eye that has seen nothing yet.
    pub(crate) fn new(line: Line, version: ProtocolVersion) -> Self {
        Self {
            line,
            version,
            cursor: None,
            album: None,
            page_size: None,
            last_seq: 0,
            pins: BTreeMap::new(),
            timeline: VecDeque::new(),
            disorder: None,
        }
    }

    /// An eye with the same credentials that has seen nothing yet.
    pub(crate) fn newcomer(&self) -> Self {
        Self::new(self.line.clone(), self.version)
    }

    /// One with the same credentials for the feed of one album, who has seen nothing yet.
    pub(crate) fn newcomer_to(&self, album: AlbumId) -> Self {
        Self {
            album: Some(album),
            ..self.newcomer()
        }
    }

    /// Takes in everything new of the feed.
    ///
    /// # Errors
    /// [`Stop::Error`] where the feed can't be read; a feed that breaks its own order is the text of
    /// the inner error.
    pub(crate) async fn pull(&mut self) -> Result<Result<(), String>, Stop> {
        let pulled = self.read_on().await?;
        self.disorder = pulled.as_ref().err().cloned();
        Ok(pulled)
    }

    async fn read_on(&mut self) -> Result<Result<(), String>, Stop> {
        let mut read = 0_usize;
        for _ in 0..MAX_PAGES {
            let answer = self.read(&self.next_page()).await?;
            if !answer.is_success() {
                return Ok(Err(format!("GET /sync answered {}", answer.summary())));
            }
            read = read.saturating_add(answer.body.len());
            if read > MAX_FEED {
                return Ok(Err(format!("the feed runs past {MAX_FEED} bytes")));
            }
            let page: SyncPage = match answer.json() {
                Ok(page) => page,
                Err(error) => return Ok(Err(format!("GET /sync: {error}"))),
            };
            let more = page.has_more;
            if let Err(disorder) = self.take_in(page.entries) {
                return Ok(Err(disorder));
            }
            self.cursor = Some(page.next_cursor);
            if !more {
                return Ok(Ok(()));
            }
        }
        Ok(Err(format!("the feed has no end after {MAX_PAGES} pages")))
    }

    /// Where the feed goes on, in pages of the size that the eye asks for.
    fn next_page(&self) -> String {
        let cursor = self
            .cursor
            .as_ref()
            .map(|cursor| format!("cursor={cursor}"));
        let size = self.page_size.map(|size| format!("page_size={size}"));
        let album = self.album.map(|album| format!("album_id={album}"));
        let query: Vec<String> = cursor.into_iter().chain(size).chain(album).collect();
        match query.as_slice() {
            [] => "/sync".to_owned(),
            some => format!("/sync?{}", some.join("&")),
        }
    }

    /// Asks for pages of `size` entries from now on.
    pub(crate) const fn turn_pages_of(&mut self, size: u32) {
        self.page_size = Some(size);
    }

    /// Client invariant 12: sequence numbers only rise.
    fn take_in(&mut self, entries: Vec<SyncEntry>) -> Result<(), String> {
        for entry in entries {
            if entry.sync_seq <= self.last_seq {
                return Err(format!(
                    "sync_seq {} of asset {} comes after {}; the feed must rise strictly",
                    entry.sync_seq, entry.asset_id, self.last_seq
                ));
            }
            self.last_seq = entry.sync_seq;
            let record = entry.manifest_cbor.as_deref().unwrap_or_default();
            let record = STANDARD
                .decode(record)
                .map_err(|error| format!("manifest_cbor of asset {}: {error}", entry.asset_id))?;
            if self.timeline.len() == MAX_TIMELINE {
                self.timeline.pop_front();
            }
            self.timeline.push_back(Shown {
                seq: entry.sync_seq,
                asset: entry.asset_id,
                change: entry.change,
                head: Hash::of(&record),
            });
            self.pins.insert(entry.asset_id, Pin { entry, record });
        }
        Ok(())
    }

    /// A GET with the handshake that every route asks for.
    ///
    /// # Errors
    /// [`Stop::Error`] without an answer, or where the credentials were refused.
    pub(crate) async fn read(&self, path: &str) -> Result<Answer, Stop> {
        self.ask(Request::new(Method::Get, path)).await
    }

    /// Downloads a part of a blob (RFC 9110 §14.2).
    pub(crate) async fn part(
        &self,
        hash: &Hash,
        range: &RangeInclusive<usize>,
    ) -> Result<Answer, Stop> {
        let range = format!("bytes={}-{}", range.start(), range.end());
        let request = Request::new(Method::Get, format!("/blob/{hash}"));
        self.ask(request.header("range", range)).await
    }

    async fn ask(&self, request: Request) -> Result<Answer, Stop> {
        let request = request.header(header::PROTOCOL, self.version.to_string());
        let answer = self.line.send(&request).await?;
        authenticated(self.line.actor(), &answer)?;
        Ok(answer)
    }

    /// Downloads a blob.
    pub(crate) async fn blob(&self, hash: &Hash) -> Result<Answer, Stop> {
        self.read(&format!("/blob/{hash}")).await
    }

    /// Downloads a blob and says in what way it is not the one that was acknowledged.
    pub(crate) async fn fetch(&self, hash: &Hash) -> Result<Result<Vec<u8>, String>, Stop> {
        let answer = self.blob(hash).await?;
        if !answer.is_success() {
            return Ok(Err(format!(
                "GET /blob/{hash} answered {}",
                answer.summary()
            )));
        }
        let found = Hash::of(&answer.body);
        if found == *hash {
            Ok(Ok(answer.body))
        } else {
            Ok(Err(format!(
                "GET /blob/{hash} gave bytes that hash to {found}"
            )))
        }
    }

    /// Whether the chain that ends in `head` holds `link`, by records fetched from their addresses.
    pub(crate) async fn descends(&self, head: &[u8], link: &Hash) -> Result<Descent, Stop> {
        let broken = |why: String| Ok(Descent::Broken(why));
        let mut record = head.to_vec();
        for _ in 0..MAX_PAGES {
            if Hash::of(&record) == *link {
                return Ok(Descent::Holds);
            }
            let prior = match Canonical::<ProvenanceRecord>::decode(&record) {
                Ok(decoded) => decoded.into_value().prior_provenance_hash,
                Err(error) => return broken(format!("a record of the chain: {error}")),
            };
            let Some(prior) = prior else {
                let passed = format!("the chain's root is reached without the record {link}");
                return Ok(Descent::Passed(passed));
            };
            record = match self.fetch(&prior).await? {
                Ok(bytes) => bytes,
                Err(lost) => return broken(lost),
            };
        }
        broken("the chain has no end".to_owned())
    }
}

/// What a walk along a chain comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Descent {
    /// The chain holds the record.
    Holds,
    /// The chain is whole, and goes past the record without it.
    Passed(String),
    /// The chain can't be walked.
    Broken(String),
}

impl Descent {
    /// Fails unless the chain holds the record.
    pub(crate) fn whole(self) -> Result<(), String> {
        match self {
            Self::Holds => Ok(()),
            Self::Passed(why) | Self::Broken(why) => Err(why),
        }
    }
}
