//! RFC 3339 times, kept verbatim (`formats.md` §2 and §10).

use crate::bounds;
use jiff::Timestamp as Instant;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A time as it was written, with the instant that it names. Equality is of the text: two spellings
/// of one instant are signed as different bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Timestamp {
    text: String,
    instant: Instant,
}

impl Timestamp {
    /// The instant, for every comparison in time.
    #[must_use]
    pub const fn instant(&self) -> Instant {
        self.instant
    }

    /// The text, verbatim.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The time of `instant` in UTC, cut to milliseconds.
    #[must_use]
    pub fn from_instant(instant: Instant) -> Self {
        let instant = Instant::from_millisecond(instant.as_millisecond()).unwrap_or(instant);
        Self {
            text: format!("{instant:.3}"),
            instant,
        }
    }
}

/// A text that is not a time of the contract. It does not quote the text, which may be a secret out of its
/// place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an RFC 3339 time of the years 1970–9999 with an offset, at most 9 fraction digits and no leap second, found {0} bytes of something else"
)]
pub struct ParseTimeError(usize);

impl FromStr for Timestamp {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        let refused = || ParseTimeError(text.len());
        if !has_rfc_3339_shape(text.as_bytes()) {
            return Err(refused());
        }
        let instant = instant_of(text).ok_or_else(refused)?;
        if instant < Instant::UNIX_EPOCH {
            return Err(refused());
        }
        Ok(Self {
            text: text.to_owned(),
            instant,
        })
    }
}

/// The instant that a well-spelled time names. The library's instants end a day before the year 9999
/// does; the times of that last day are lawful, and compare as its last instant.
fn instant_of(text: &str) -> Option<Instant> {
    let named = text.parse().ok();
    named.or_else(|| {
        let date_time: jiff::civil::DateTime = text.get(..19)?.parse().ok()?;
        (date_time.date() >= jiff::civil::date(9999, 12, 30)).then_some(Instant::MAX)
    })
}

/// Whether `text` is spelled `YYYY-MM-DDTHH:MM:SS[.f{1,9}](Z|±HH:MM)` with seconds below 60; the
/// library then checks that the fields name a real instant. It accepts more spellings than RFC 3339.
fn has_rfc_3339_shape(text: &[u8]) -> bool {
    if text.len() > bounds::TIMESTAMP {
        return false;
    }
    let Some((date_time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let leap_second = date_time.ends_with(b"60");
    let fraction = match rest {
        [b'.', digits @ ..] => digits
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count(),
        _ => 0,
    };
    let (offset, fraction_fits) = match rest {
        [b'.', digits @ ..] => (digits.get(fraction..), (1..=9).contains(&fraction)),
        whole => (Some(whole), true),
    };
    let offset_fits = match offset {
        Some(b"Z") => true,
        Some(zone) => (fits(zone, b"+00:00") || fits(zone, b"-00:00")) && zone_in_range(zone),
        None => false,
    };
    fits(date_time, b"0000-00-00T00:00:00") && !leap_second && fraction_fits && offset_fits
}

/// Whether the hours and minutes of `±HH:MM` are those of a clock.
fn zone_in_range(zone: &[u8]) -> bool {
    matches!(zone, [_, h1, _, _, m1, _] if *h1 <= b'2' && *m1 <= b'5')
        && zone.get(1..3) <= Some(b"23")
}

/// Whether `text` has a digit wherever `shape` has one, and is the same elsewhere.
fn fits(text: &[u8], shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.iter().zip(shape).all(|(byte, want)| match want {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({})", self.text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lawful_times_are_kept_verbatim() {
        for good in [
            "1970-01-01T00:00:00Z",
            "2026-11-01T12:34:56.123456789Z",
            "2026-11-01T12:34:56.1+02:00",
            "9999-12-31T23:59:59.999Z",
        ] {
            assert_eq!(good.parse::<Timestamp>().unwrap().text(), good);
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for bad in [
            "",
            "2026-11-01",
            "2026-11-01T12:34:56",
            "2026-11-01t12:34:56Z",
            "2026-11-01 12:34:56Z",
            "2026-11-01T12:34:56z",
            "2026-11-01T12:34:60Z",
            "2026-11-01T12:34:56.Z",
            "2026-11-01T12:34:56.1234567890Z",
            "1969-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "2026-11-01T24:00:00Z",
            "2026-11-01T12:34Z",
            "2026-11-01T12:34:56+0200",
            "2026-11-01T12:34:56+02",
            "2026-11-01T12:34:56Z[UTC]",
            "+002026-11-01T12:34:56Z",
            "10000-01-01T00:00:00Z",
            "1970-01-01T00:00:00+00:01",
            "2026-11-01T12:34:56,5Z",
            "9999-12-32T00:00:00Z",
            "9999-12-31T24:00:00Z",
            "9999-12-31T00:00:00+99:00",
        ] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn two_spellings_of_one_instant_differ_as_text_only() {
        let utc: Timestamp = "2026-11-01T10:00:00Z".parse().unwrap();
        let local: Timestamp = "2026-11-01T12:00:00+02:00".parse().unwrap();
        assert_eq!(utc.instant(), local.instant());
        assert_ne!(utc, local);
    }

    #[test]
    fn an_instant_is_written_with_milliseconds_in_utc() {
        let instant = "2026-11-01T10:00:00.123456Z"
            .parse::<Timestamp>()
            .unwrap()
            .instant();
        let written = Timestamp::from_instant(instant);
        assert_eq!(written.text(), "2026-11-01T10:00:00.123Z");
        assert_eq!(written.text().parse::<Timestamp>().unwrap(), written);
    }
}
