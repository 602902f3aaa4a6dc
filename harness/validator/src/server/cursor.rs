//! Sync cursors (invariant 22, `formats.md` §10).

use super::Rejection;
use super::check::{Broken, require};
use gauntlet_crypto::mac;
use gauntlet_wire::cursor::{Cursor, CursorBody};
use gauntlet_wire::id::{AlbumId, UserId};
use gauntlet_wire::rule::Rule;

/// What a cursor is held to.
pub struct CursorFacts<'a> {
    /// The server-only MAC key.
    pub key: &'a [u8; 32],
    /// Who presents it.
    pub caller: UserId,
    /// The album that the request is about, if it names one.
    pub album: Option<AlbumId>,
}

/// A cursor that stands after `seq` and is good for this caller and scope alone.
#[must_use]
pub fn issue_cursor(facts: &CursorFacts<'_>, seq: u64) -> String {
    let body = CursorBody {
        caller: facts.caller,
        album: facts.album,
        seq,
    };
    let mac = mac::hmac_sha256(facts.key, &body.mac_input());
    Cursor { body, mac }.encode()
}

/// Invariant 22: the sequence number that a cursor stands after, if this server issued the cursor to
/// this caller for this scope.
///
/// # Errors
/// [`Rule::CursorBound`] for anything else, always with the same detail, so that a forger learns
/// nothing of which part was wrong.
pub fn open_cursor(facts: &CursorFacts<'_>, text: &str) -> Result<u64, Rejection> {
    bound_cursor(facts, text).map_err(|broken| broken.by(Rule::CursorBound))
}

fn bound_cursor(facts: &CursorFacts<'_>, text: &str) -> Result<u64, Broken> {
    let refused = || "the cursor was not issued to you for this feed".to_owned();
    let cursor = Cursor::parse(text).map_err(|_| Broken::because(refused()))?;
    let genuine = mac::verify_hmac(facts.key, &cursor.body.mac_input(), &cursor.mac);
    let bound = cursor.body.caller == facts.caller && cursor.body.album == facts.album;
    require(genuine && bound, refused)?;
    Ok(cursor.body.seq)
}
