//! Reads: feeds, blobs, directories, sessions by their state, the server's word on what it stores, and
//! who asks (`wire.md` §1.3).

use super::check::{Broken, require};
use super::{AlbumFacts, Check, Policy, Refusal, Rejection, judge};
use gauntlet_wire::bounds;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{AlbumId, AssetId, Hash, UserId};
use gauntlet_wire::json::{StorageVerify, parse_strict};
use gauntlet_wire::rule::Rule;
use jiff::{SignedDuration, Timestamp};

/// The longest life of an access token (`formats.md` §11).
pub const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// Entries of a page when none are asked for.
const DEFAULT_PAGE: usize = 100;
/// Hashes in one question, over all assets; also the most assets.
const MAX_HASHES: usize = 1_000;

/// What an access token says that this server signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenFacts {
    /// The server's clock.
    pub now: Timestamp,
    /// The account that it speaks for.
    pub user: UserId,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends.
    pub expiry: Timestamp,
}

/// The account that a request speaks for. `token` is `None` without exactly one token that this server
/// signed.
///
/// # Errors
/// [`Rule::Authenticated`], always with the same words: what is wrong with a token is no business of who
/// presents it.
pub fn authenticate(token: Option<&TokenFacts>) -> Result<UserId, Rejection> {
    let live = |token: &&TokenFacts| {
        token.now < token.expiry && token.expiry.duration_since(token.issued) <= TOKEN_LIFETIME
    };
    let live = token.filter(live);
    live.map(|token| token.user)
        .ok_or_else(|| Rejection::new(Rule::Authenticated, "a valid access token is required"))
}

/// What the server knows of a blob and of its reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlobAccess {
    /// The blob's length in bytes, if an asset of an album of the caller's refers to it.
    pub readable: Option<u64>,
    /// The length of its file, if it has one, whosever it is.
    pub stored: Option<u64>,
    /// Whether an upload of the caller's own of these bytes is not finished.
    pub pending: bool,
    /// Whether an asset of the caller's that held it was purged.
    pub given_up: bool,
}

/// The checks of a blob's reading, in order.
pub const READ_BLOB: &[Check<BlobAccess, ()>] = &[
    Check {
        rule: Rule::BlobFinished,
        holds: blob_finished,
    },
    Check {
        rule: Rule::BlobKept,
        holds: blob_kept,
    },
    Check {
        rule: Rule::BlobVisible,
        holds: blob_visible,
    },
];

/// Judges the reading of a blob by the contract; gives its length.
///
/// # Errors
/// The first rule of [`READ_BLOB`] that does not hold.
pub fn read_blob(access: &BlobAccess, policy: &Policy) -> Result<u64, Refusal> {
    read_blob_by(READ_BLOB, access, policy)
}

/// Judges the reading of a blob by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn read_blob_by(
    checks: &[Check<BlobAccess, ()>],
    access: &BlobAccess,
    policy: &Policy,
) -> Result<u64, Refusal> {
    judge(checks, access, &(), policy)?;
    let length = access.readable.or(access.stored);
    Ok(length.ok_or_else(|| invisible().by(Rule::BlobVisible))?)
}

fn blob_finished(access: &BlobAccess, (): &(), _: &Policy) -> Result<(), Broken> {
    require(access.readable.is_some() || !access.pending, || {
        "your upload of these bytes is not finished".to_owned()
    })
}

fn blob_kept(access: &BlobAccess, (): &(), _: &Policy) -> Result<(), Broken> {
    require(access.readable.is_some() || !access.given_up, || {
        "the asset that held the blob was purged".to_owned()
    })
}

fn blob_visible(access: &BlobAccess, (): &(), _: &Policy) -> Result<(), Broken> {
    access.readable.map(|_| ()).ok_or_else(invisible)
}

/// Absent and not readable look alike.
fn invisible() -> Broken {
    Broken::because("no such blob")
}

/// The album of a feed: none, where it is of all albums, or what is known of the one that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedFacts {
    /// The album that is named; absent and foreign ones look alike.
    pub album: Option<Option<AlbumFacts>>,
}

/// The checks of a feed's reading.
pub const READ_FEED: &[Check<FeedFacts, ()>] = &[Check {
    rule: Rule::FeedVisible,
    holds: feed_visible,
}];

/// Judges the reading of a feed by the contract.
///
/// # Errors
/// [`Rule::FeedVisible`] for the feed of an album that is absent or not the caller's.
pub fn read_feed(facts: &FeedFacts, policy: &Policy) -> Result<(), Refusal> {
    Ok(judge(READ_FEED, facts, &(), policy)?)
}

fn feed_visible(facts: &FeedFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let visible = match facts.album {
        None => true,
        Some(album) => album.is_some_and(|album| album.caller_may_write),
    };
    require(visible, || "the album is absent or not yours".to_owned())
}

/// How many entries a page is to have, of `page_size` as it was asked for.
///
/// # Errors
/// [`Rule::QueryWellFormed`] for what is no number from 1 to the largest page (`formats.md` §9).
pub fn page_size(text: Option<&str>) -> Result<usize, Rejection> {
    let Some(text) = text else {
        return Ok(DEFAULT_PAGE);
    };
    text.parse()
        .ok()
        .filter(|size: &usize| (1..=bounds::PAGE).contains(size) && size.to_string() == text)
        .ok_or_else(|| {
            let detail = format!("page_size: expected 1 to {}", bounds::PAGE);
            Rejection::new(Rule::QueryWellFormed, detail)
        })
}

/// The album whose feed is asked for, of `album_id` as it was asked for.
///
/// # Errors
/// [`Rule::QueryWellFormed`] for what is no UUID in its one spelling.
pub fn feed_album(text: Option<&str>) -> Result<Option<AlbumId>, Rejection> {
    let refused = |error| Rejection::new(Rule::QueryWellFormed, format!("album_id: {error}"));
    text.map(|text| text.parse().map_err(refused)).transpose()
}

/// The state whose sessions are listed, of `status` as it was asked for.
///
/// # Errors
/// [`Rule::StatusFilterKnown`] for what is no state's name.
pub fn status_filter(text: Option<&str>) -> Result<Option<UploadStatus>, Rejection> {
    let refused = |error| Rejection::new(Rule::StatusFilterKnown, format!("status: {error}"));
    text.map(|text| text.parse().map_err(refused)).transpose()
}

/// An album, as a path names it.
///
/// # Errors
/// [`Rule::AlbumIdWellFormed`] for what is no UUID in its one spelling.
pub fn album_named(text: &str) -> Result<AlbumId, Rejection> {
    text.parse()
        .map_err(|error| Rejection::new(Rule::AlbumIdWellFormed, format!("album_id: {error}")))
}

/// A question after stored bytes, with well-formed hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageQuestion {
    /// Assets, each with the hashes that are asked about.
    pub assets: Vec<(AssetId, Vec<Hash>)>,
    /// Whether the bytes are to be read again.
    pub deep: bool,
}

/// Reads the body of a question after stored bytes.
///
/// # Errors
/// [`Rule::QuestionWellFormed`] for what is no strict JSON, for a hash that is none, and past the bound.
pub fn read_question(body: &[u8]) -> Result<StorageQuestion, Rejection> {
    let invalid = |detail: String| Rejection::new(Rule::QuestionWellFormed, detail);
    let asked: StorageVerify = parse_strict(body).map_err(|error| invalid(error.to_string()))?;
    let hashes: usize = asked
        .assets
        .iter()
        .map(|asset| asset.blob_hashes.len())
        .sum();
    if asked.assets.len() > MAX_HASHES || hashes > MAX_HASHES {
        return Err(invalid(format!("at most {MAX_HASHES} assets and hashes")));
    }
    let mut assets = Vec::with_capacity(asked.assets.len());
    for asset in &asked.assets {
        let hashes: Result<Vec<Hash>, _> =
            asset.blob_hashes.iter().map(|text| text.parse()).collect();
        let hashes = hashes.map_err(|error| invalid(format!("blob_hashes: {error}")))?;
        assets.push((asset.asset_id, hashes));
    }
    Ok(StorageQuestion {
        assets,
        deep: asked.deep,
    })
}

/// The checks of a directory's reading; the facts are whether the user has published one.
pub const READ_DIRECTORY: &[Check<bool, ()>] = &[Check {
    rule: Rule::DirectoryFound,
    holds: directory_found,
}];

/// Judges the reading of a directory by the contract; `published` says whether its user has published one.
///
/// # Errors
/// [`Rule::DirectoryFound`].
pub fn read_directory(published: bool, policy: &Policy) -> Result<(), Refusal> {
    Ok(judge(READ_DIRECTORY, &published, &(), policy)?)
}

fn directory_found(published: &bool, (): &(), _: &Policy) -> Result<(), Broken> {
    require(*published, || {
        "the user has published no directory".to_owned()
    })
}
