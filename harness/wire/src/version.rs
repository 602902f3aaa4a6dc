//! Protocol versions and suites (`formats.md` §1).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A protocol version: a calendar date, compared as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion([u8; 10]);

impl ProtocolVersion {
    /// Version A, the oldest that the reference accepts.
    pub const A: Self = Self(*b"2026-05-31");
    /// Version B, the newest.
    pub const B: Self = Self(*b"2026-11-01");
    /// What the old client class speaks: below every window.
    pub const BEFORE_MIN: Self = Self(*b"2026-01-01");
    /// What the new client class speaks: above every window.
    pub const AFTER_MAX: Self = Self(*b"2027-01-01");

    /// The formats that documents of this version use.
    #[must_use]
    pub fn formats(self) -> Formats {
        if self < Self::B {
            Formats::A
        } else {
            Formats::B
        }
    }

    /// The version as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII digits and hyphens get in, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProtocolVersion({self})")
    }
}

/// A text that is not a protocol version. It does not quote the text, which may be a secret out of its
/// place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a calendar date YYYY-MM-DD, found {0} bytes of something else")]
pub struct ParseVersionError(usize);

impl FromStr for ProtocolVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, ParseVersionError> {
        let refused = || ParseVersionError(text.len());
        let bytes: [u8; 10] = text.as_bytes().try_into().map_err(|_| refused())?;
        let date: jiff::civil::Date = text.parse().map_err(|_| refused())?;
        // The library reads other spellings of a date too; only the one that it writes counts.
        if date.to_string() == text {
            Ok(Self(bytes))
        } else {
            Err(refused())
        }
    }
}

impl Serialize for ProtocolVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProtocolVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Which of the two document formats applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Formats {
    /// What existing implementations write today.
    A,
    /// The contract's newest public form.
    B,
}

/// A crypto suite's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SuiteId(pub u16);

impl SuiteId {
    /// The whole inventory: hybrid Ed25519 + ML-DSA-65, AES-256-GCM, X-Wing.
    pub const ONE: Self = Self(0x0001);
    /// A fictive stronger suite, for downgrade attacks alone.
    pub const FICTIVE: Self = Self(0x0002);
}

impl fmt::Display for SuiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_real_calendar_date_in_one_spelling() {
        for good in ["2026-05-31", "2024-02-29", "1970-01-01"] {
            assert_eq!(good.parse::<ProtocolVersion>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "2026-5-31",
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "20260531",
            "2026-05-31 ",
            " 2026-05-31",
            "+2026-05-3",
            "2026/05/31",
            "2026-05-31T00:00:00Z",
            "２026-05-31",
        ] {
            assert!(bad.parse::<ProtocolVersion>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn versions_order_as_text_and_choose_their_formats() {
        use ProtocolVersion as V;
        assert!(V::BEFORE_MIN < V::A && V::A < V::B && V::B < V::AFTER_MAX);
        assert_eq!(V::A.formats(), Formats::A);
        assert_eq!("2026-10-31".parse::<V>().unwrap().formats(), Formats::A);
        assert_eq!(V::B.formats(), Formats::B);
    }
}
