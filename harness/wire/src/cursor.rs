//! Sync cursors (`formats.md` §10): base64url of canonical CBOR `{caller, album, seq, mac}`.

use crate::bounds;
use crate::cbor::{Bounds, Canonical, Document, Field, SchemaError, Value, map};
use crate::id::{AlbumId, UserId};
use crate::manifest::{optional, uuid};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a cursor is bound to, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorBody {
    /// The account that it was issued to.
    pub caller: UserId,
    /// The album of the feed, or the caller's whole feed.
    pub album: Option<AlbumId>,
    /// The last sequence number that was delivered.
    pub seq: u64,
}

/// A cursor with its MAC, genuine or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The body.
    pub body: CursorBody,
    /// HMAC-SHA256 over [`CursorBody::mac_input`].
    pub mac: [u8; 32],
}

/// A text that is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a sync cursor: {0}")]
pub struct ParseCursorError(String);

impl CursorBody {
    /// The canonical bytes that the MAC covers.
    #[must_use]
    pub fn mac_input(&self) -> Vec<u8> {
        map(self.entries()).encode()
    }

    fn entries(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("caller", (*self.caller.as_bytes()).into()),
            ("album", self.album.map(|album| *album.as_bytes()).into()),
            ("seq", self.seq.into()),
        ]
    }
}

impl Cursor {
    /// The opaque text that clients hold.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.to_value().encode())
    }

    /// Reads the text. The MAC is not checked here.
    ///
    /// # Errors
    /// Anything that [`Cursor::encode`] does not write.
    pub fn parse(text: &str) -> Result<Self, ParseCursorError> {
        if text.len() > bounds::CURSOR {
            return Err(ParseCursorError(format!(
                "longer than {} bytes",
                bounds::CURSOR
            )));
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|error| ParseCursorError(error.to_string()))?;
        Canonical::decode(&bytes)
            .map(Canonical::into_value)
            .map_err(|error| ParseCursorError(error.to_string()))
    }
}

impl Document for Cursor {
    const NAME: &'static str = "sync cursor";
    const BOUNDS: Bounds = Bounds {
        max_bytes: bounds::CURSOR,
        max_depth: 2,
        max_items: 4,
        max_string: 32,
    };

    fn to_value(&self) -> Value {
        let mut entries = self.body.entries();
        entries.push(("mac", self.mac.into()));
        map(entries)
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let mut fields = Field::root(value).fields()?;
        let cursor = Self {
            body: CursorBody {
                caller: uuid(&fields.take("caller")?, UserId::from_slice)?,
                album: optional(fields.take("album")?, |field| {
                    uuid(field, AlbumId::from_slice)
                })?,
                seq: fields.take("seq")?.u64()?,
            },
            mac: fields.take("mac")?.fixed()?,
        };
        fields.finish()?;
        Ok(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn cursor(album: Option<AlbumId>) -> Cursor {
        let caller = UserId::new(Uuid::from_u128(7));
        Cursor {
            body: CursorBody {
                caller,
                album,
                seq: 1 << 40,
            },
            mac: [3; 32],
        }
    }

    #[test]
    fn a_cursor_round_trips_with_and_without_an_album() {
        for album in [None, Some(AlbumId::new(Uuid::from_u128(9)))] {
            let text = cursor(album).encode();
            assert_eq!(Cursor::parse(&text).unwrap(), cursor(album));
        }
    }

    #[test]
    fn every_other_text_is_refused() {
        let text = cursor(None).encode();
        let mut padded = text.clone();
        padded.push('=');
        for bad in [
            "",
            "!",
            &padded,
            &text.to_lowercase(),
            &text[1..],
            &"A".repeat(300),
        ] {
            assert!(Cursor::parse(bad).is_err(), "{bad}");
        }
    }
}
